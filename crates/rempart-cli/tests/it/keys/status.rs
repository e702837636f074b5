use serde_json::{Value, json};

use super::folder::{Folder, ago};

/// A ring with a key of each state: `old` retiring, `new` active, `next` pending, `gone` revoked.
fn folder() -> Folder {
    let folder = Folder::new();
    for id in ["gone", "old", "new", "next"] {
        folder.done(&["add", "webhook", "--id", id]);
    }
    folder.done(&["promote", "webhook", "gone"]);
    folder.done(&["promote", "webhook", "old"]);
    folder.done(&["promote", "webhook", "new"]);
    folder.done(&["revoke", "webhook", "gone", "--force"]);
    folder.done(&["revoke", "webhook", "env", "--force"]);
    folder
}

fn used(folder: &Folder, at: u64, since: u64, lines: &[(&str, u64, u64)]) {
    let lines = lines.iter().map(|(id, last, count)| format!("{id} {} {count}\n", ago(*last)));
    let text = format!("at {} since {}\n{}", ago(at), ago(since), lines.collect::<String>());
    folder.write("webhook", "used", &text);
}

fn words(text: &str, key: &str) -> String {
    let line = text.lines().find(|line| line.split_whitespace().nth(1) == Some(key));
    line.unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn tells_the_use_of_each_key_and_which_can_go() {
    let folder = folder();
    used(&folder, 1, 9000, &[("old", 7200, 4711), ("new", 3, 12)]);
    let text = folder.done(&["status"]);
    assert_eq!(
        text.lines().next().unwrap().split_whitespace().collect::<Vec<_>>().join(" "),
        "RING KEY STATE AGE ROTATION LAST USED COUNT VERDICT"
    );
    for (key, before, after) in [
        ("old", "webhook old retiring ", " - 2h ago 4711 safe to revoke: 0 uses in 30m"),
        ("new", "webhook new active ", " due in 89d 3s ago 12 signs"),
        ("next", "webhook next pending ", " - never 0 safe to revoke: 0 uses in 30m"),
        ("gone", "webhook gone revoked ", " - never 0 gone"),
    ] {
        let line = words(&text, key);
        let line = line.replace(" 4s ago", " 3s ago").replace("due in 90d", "due in 89d");
        assert!(line.starts_with(before) && line.ends_with(after), "{line}");
    }
    let old = folder.status("webhook", "old", &[]);
    assert_eq!((&old["verdict"], &old["uses"]), (&json!("safe_to_revoke"), &json!(4711)));
    assert!((7198..=7200).contains(&old["unused_seconds"].as_u64().unwrap()), "{old}");
    let new = folder.status("webhook", "new", &[]);
    assert_eq!((&new["verdict"], &new["overdue"]), (&json!("signs"), &json!(false)));
}

#[test]
fn a_key_whose_time_is_over_can_go() {
    let folder = Folder::new();
    for id in ["old", "new"] {
        folder.done(&["add", "webhook", "--id", id]);
        folder.done(&["promote", "webhook", id, "--overlap", "0s"]);
    }
    let text = folder.done(&["status"]);
    assert!(words(&text, "old").ends_with("safe to revoke: its time is over"), "{text}");
    assert_eq!(folder.done(&["revoke", "webhook", "old"]), "webhook old: revoked\n");
}

#[test]
fn what_idle_means_is_asked_for() {
    let folder = folder();
    used(&folder, 0, 9000, &[("old", 60, 1)]);
    for (idle, want) in [("30s", "safe_to_revoke"), ("59s", "safe_to_revoke"), ("2m", "in_use")] {
        assert_eq!(folder.status("webhook", "old", &["--idle", idle])["verdict"], want, "{idle}");
    }
}

#[test]
fn says_when_nobody_knows() {
    let folder = folder();
    let text = folder.done(&["status", "webhook"]);
    assert!(text.ends_with("webhook: no service has kept a record of use here\n"), "{text}");
    assert!(words(&text, "old").ends_with("? ? nobody knows"), "{text}");
    let rings: Value = serde_json::from_str(&folder.done(&["status", "--json"])).unwrap();
    assert_eq!((&rings[0]["record"], &rings[0]["recorded"]), (&json!("missing"), &Value::Null));

    used(&folder, 300, 9000, &[("old", 7200, 4711)]);
    let text = folder.done(&["status", "webhook"]);
    assert!(text.ends_with("webhook: the record of use was last written 5m ago\n"), "{text}");
    assert_eq!(folder.status("webhook", "old", &[])["verdict"], "unknown");
    let rings: Value = serde_json::from_str(&folder.done(&["status", "--json"])).unwrap();
    assert_eq!(rings[0]["record"], "stale");

    // A service that has just begun to write it down has not seen who calls once an hour.
    used(&folder, 0, 120, &[("new", 1, 1)]);
    let text = folder.done(&["status", "webhook"]);
    assert!(words(&text, "old").ends_with("never 0 watched for 2m only"), "{text}");
    assert_eq!(folder.status("webhook", "old", &[])["verdict"], "unknown");

    folder.write("webhook", "used", "at 9999-01-01T00:00:00Z since 2026-01-01T00:00:00Z\n");
    assert_eq!(folder.status("webhook", "old", &[])["verdict"], "unknown");
    assert!(folder.done(&["status"]).contains("ahead of this machine's clock"));

    folder.write("webhook", "used", "\0\u{1f980} no record\n");
    assert_eq!(folder.status("webhook", "old", &[])["verdict"], "unknown");
}

#[test]
fn says_which_key_is_due() {
    let folder = Folder::new();
    folder.write("webhook", "old.key", "made-up-key-of-an-earlier-quarter\n");
    let created = ago(113 * 86_400);
    folder.write("webhook", "ring", &format!("old active {created}\n"));
    let text = folder.done(&["status"]);
    assert!(words(&text, "old").starts_with("webhook old active 113d overdue by 23d"), "{text}");
    let old = folder.status("webhook", "old", &[]);
    assert_eq!(old["overdue"], true);
    assert!(old["age_seconds"].as_u64().unwrap() >= 113 * 86_400);
    let old = folder.status("webhook", "old", &["--rotation", "365d"]);
    assert_eq!(old["overdue"], false);
    #[cfg(unix)]
    assert!(text.contains("webhook: others than the owner may read old.key\n"), "{text}");
}

#[test]
fn lists_every_ring_or_one() {
    let folder = folder();
    folder.done(&["add", "tokens", "--id", "first"]);
    let all = folder.done(&["list"]);
    let rings: Vec<_> =
        all.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
    assert!(rings.is_sorted() && rings.contains(&"tokens") && rings.contains(&"webhook"), "{all}");
    assert!(!folder.done(&["list", "tokens"]).contains("webhook"));
    let keys: Value = serde_json::from_str(&folder.done(&["list", "webhook", "--json"])).unwrap();
    let old = keys.as_array().unwrap().iter().find(|key| key["key"] == "old").unwrap();
    assert_eq!((&old["ring"], &old["state"]), (&json!("webhook"), &json!("retiring")));
    let stamp = |member: &str| old[member].as_str().unwrap().parse::<rempart::keys::Timestamp>();
    assert!(stamp("created").unwrap() < stamp("until").unwrap());
}

/// As Kubernetes mounts a secret.
#[cfg(unix)]
#[test]
fn a_mounted_directory_is_shown_and_not_changed() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new();
    folder.write("webhook/..2026", "first.key", "made-up-key-of-a-mounted-directory");
    folder.write("webhook/..2026", "ring", "first active 2026-11-01T00:00:00Z\n");
    symlink("..2026", folder.file("webhook", "..data")).unwrap();
    for name in ["first.key", "ring"] {
        symlink(format!("..data/{name}"), folder.file("webhook", name)).unwrap();
    }
    assert!(folder.done(&["list"]).contains("webhook  first  active  2026-11-01T00:00:00Z"));
    assert_eq!(folder.status("webhook", "first", &[])["state"], "active");
    for verb in [&["add", "webhook"][..], &["revoke", "webhook", "first", "--force"]] {
        let run = folder.keys(verb);
        assert_eq!((run.code, &*run.stdout), (2, ""), "{verb:?}");
        assert!(run.stderr.contains("the directory is a mounted volume"), "{}", run.stderr);
    }
}

#[test]
fn the_option_goes_before_the_variable() {
    let (folder, other) = (Folder::new(), Folder::new());
    folder.done(&["add", "webhook", "--id", "first"]);
    let dir = other.path().to_str().unwrap().to_owned();
    other.done(&["add", "webhook", "--id", "second"]);
    // `KEYS_DIR` is the first folder's; the option may stand before the verb or after it.
    for arguments in [["list", "--dir", &*dir], ["--dir", &*dir, "list"]] {
        let list = folder.done(&arguments);
        assert!(list.contains("second") && !list.contains("first"), "{list}");
    }
}
