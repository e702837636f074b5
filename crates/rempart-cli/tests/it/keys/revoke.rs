use std::fs;

use super::folder::{Folder, ago};

/// A ring whose key `old` is retiring; the services last wrote down its use so many seconds ago.
fn folder() -> Folder {
    let folder = Folder::new();
    for id in ["old", "new"] {
        folder.done(&["add", "webhook", "--id", id]);
        folder.done(&["promote", "webhook", id]);
    }
    folder
}

fn used(folder: &Folder, at: u64, old: u64) {
    let text = format!("at {} since {}\nold {} 7\n", ago(at), ago(9000), ago(old));
    folder.write("webhook", "used", &text);
}

/// Runs `revoke`; gives its exit code and why it did not.
fn revoke(folder: &Folder, arguments: &[&str]) -> (i32, String) {
    let run = folder.keys(&[&["revoke", "webhook"], arguments].concat());
    assert_eq!(run.code == 0, !run.stdout.is_empty(), "{arguments:?}: {}", run.stderr);
    (run.code, run.stderr)
}

fn is_revoked(folder: &Folder, id: &str) -> bool {
    folder.status("webhook", id, &[])["state"] == "revoked"
}

#[test]
fn refuses_while_a_key_is_in_use_or_nobody_knows() {
    let folder = folder();
    let refused = |key: &str, why: &str| {
        let (code, told) = revoke(&folder, &[key]);
        let want = format!("rempart: webhook {key}: {why} (--force revokes it all the same)\n");
        assert_eq!((code, told), (1, want));
        assert!(!is_revoked(&folder, key));
    };
    let nobody = "nobody knows whether it is in use:";
    refused("old", &format!("{nobody} no service has kept a record of use here"));
    used(&folder, 3600, 7200);
    refused("old", &format!("{nobody} the record of use was last written 1h ago"));
    used(&folder, 0, 90);
    refused("old", "is in use, it last verified something 1m ago");
    refused("new", "is the active key: promote another first");
    let text = format!("at {} since {}\n", ago(0), ago(60));
    folder.write("webhook", "used", &text);
    refused("old", &format!("{nobody} its use has been watched for 1m only"));
}

#[test]
fn revokes_a_key_that_is_out_of_use() {
    let folder = folder();
    used(&folder, 0, 1900);
    assert_eq!(revoke(&folder, &["old"]), (0, String::new()));
    assert!(is_revoked(&folder, "old"));
    let revoked = fs::read_to_string(folder.file("webhook", "revoked")).unwrap();
    assert!(revoked.starts_with("old "), "{revoked}");
    assert_eq!(revoke(&folder, &["old"]).0, 0, "again changes nothing");
    assert_eq!(fs::read_to_string(folder.file("webhook", "revoked")).unwrap(), revoked);
}

#[test]
fn idle_may_be_shorter() {
    let folder = folder();
    used(&folder, 0, 5);
    assert_eq!(revoke(&folder, &["old", "--idle", "1m"]).0, 1);
    assert_eq!(revoke(&folder, &["old", "--idle", "3s"]).0, 0);
}

#[test]
fn force_revokes_whatever_is_known() {
    let folder = folder();
    for key in ["old", "new", "env"] {
        let run = folder.keys(&["revoke", "webhook", key, "--force", "--json"]);
        let want = format!("{{\"key\":\"{key}\",\"ring\":\"webhook\",\"state\":\"revoked\"}}\n");
        assert_eq!((run.code, run.stdout), (0, want), "{}", run.stderr);
        assert!(is_revoked(&folder, key));
    }
}

#[test]
fn all_are_revoked_in_an_incident_and_only_by_force() {
    let folder = folder();
    assert_eq!(revoke(&folder, &["--all"]).0, 2);
    assert_eq!(revoke(&folder, &["--all", "old", "--force"]).0, 2);
    assert_eq!(revoke(&folder, &[]).0, 2);
    assert!(!is_revoked(&folder, "old"));
    assert_eq!(
        folder.done(&["revoke", "webhook", "--all", "--force"]),
        "webhook: every key is revoked\n"
    );
    for key in ["old", "new", "env"] {
        assert!(is_revoked(&folder, key), "{key}");
    }
}

#[test]
fn a_broken_ring_keeps_nobody_from_revoking() {
    let folder = folder();
    folder.write("webhook", "ring", "garbage, made-up-canary\n");
    let (code, told) = revoke(&folder, &["old"]);
    assert_eq!(code, 2, "what is in use cannot be known");
    assert!(told.contains("ring: line 1") && !told.contains("canary"), "{told}");
    assert_eq!(revoke(&folder, &["old", "--force"]), (0, String::new()));
    let revoked = fs::read_to_string(folder.file("webhook", "revoked")).unwrap();
    assert!(revoked.starts_with("old "), "{revoked}");
}

#[test]
fn a_key_that_is_not_there_is_not_revoked() {
    let folder = folder();
    for arguments in [&["other"][..], &["other", "--force"]] {
        let (code, told) = revoke(&folder, arguments);
        assert_eq!(code, 2, "{told}");
    }
    let (code, told) = revoke(&folder, &["made-up canary"]);
    assert_eq!((code, told.contains("canary")), (2, false), "{told}");
    assert!(!folder.file("webhook", "revoked").exists());
}

#[test]
fn destroy_removes_the_bytes_of_a_revoked_key() {
    let folder = folder();
    let run = folder.keys(&["destroy", "webhook", "old"]);
    assert_eq!((run.code, &*run.stderr), (2, "rempart: ring webhook: key `old`: is retiring\n"));
    folder.done(&["revoke", "webhook", "old", "--force"]);
    assert!(folder.file("webhook", "old.key").exists());
    assert_eq!(folder.done(&["destroy", "webhook", "old"]), "webhook old: destroyed\n");
    assert!(!folder.file("webhook", "old.key").exists());
    assert_eq!(folder.status("webhook", "old", &[])["state"], "destroyed");
    let run = folder.keys(&["add", "webhook", "--id", "old"]);
    assert!(run.stderr.contains("the name is taken"), "{}", run.stderr);
}
