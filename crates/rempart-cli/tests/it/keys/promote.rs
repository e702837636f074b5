use std::fs;

use serde_json::Value;

use super::folder::Folder;

#[test]
fn the_first_key_takes_over_from_the_variables() {
    let folder = Folder::new();
    folder.done(&["add", "webhook", "--id", "first"]);
    assert!(
        folder.done(&["list"]).contains("webhook  env    active"),
        "{}",
        folder.done(&["list"])
    );
    let promoted = folder.done(&["promote", "webhook", "first", "--overlap", "1h"]);
    assert!(
        promoted.starts_with("webhook first: active\nwebhook env: verifies until 20"),
        "{promoted}"
    );
    let list = folder.done(&["list", "webhook"]);
    assert!(
        list.contains("webhook  first  active") && list.contains("webhook  env    retiring"),
        "{list}"
    );
}

#[test]
fn the_one_that_was_active_verifies_for_the_overlap() {
    let folder = Folder::new();
    for id in ["first", "second"] {
        folder.done(&["add", "webhook", "--id", id]);
    }
    folder.done(&["promote", "webhook", "first"]);
    let text = folder.done(&["promote", "webhook", "second", "--overlap", "48h", "--json"]);
    let promoted: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&promoted["key"], &promoted["state"]), (&"second".into(), &"active".into()));
    let until = promoted["retiring_until"]["first"].as_str().unwrap();
    let until: rempart::keys::Timestamp = until.parse().unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap();
    let left = until.since_epoch().checked_sub(now).unwrap().as_secs();
    assert!((172_700..=172_800).contains(&left), "{left}");
}

#[test]
fn only_a_pending_key_that_is_there_is_promoted() {
    let folder = Folder::new();
    folder.done(&["add", "webhook", "--id", "first"]);
    folder.done(&["promote", "webhook", "first"]);
    for (arguments, want) in [
        (["promote", "webhook", "first"], "key `first`: is active"),
        (["promote", "webhook", "env"], "key `env`: is retiring"),
        (["promote", "webhook", "made-up-canary"], "the ring has no key of this name"),
        (["promote", "webhook", "made up canary"], "a key's name is 1 to 16"),
        (["promote", "canary", "first"], "no ring of this name, only webhook"),
    ] {
        let run = folder.keys(&arguments);
        assert_eq!((run.code, &*run.stdout), (2, ""), "{arguments:?}");
        assert!(run.stderr.contains(want), "{arguments:?}: {}", run.stderr);
        assert!(!run.stderr.contains("canary"), "{arguments:?}: {}", run.stderr);
    }
    let run = folder.keys(&["promote", "webhook", "first", "--overlap", "made-up-canary"]);
    assert!(run.stderr.contains("--overlap <SPAN> (try --help)"), "{}", run.stderr);
    let nowhere = Folder::new();
    let run = nowhere.keys(&["promote", "webhook", "first"]);
    assert_eq!((run.code, &*run.stderr), (2, "rempart: the key directory: entity not found\n"));
}

#[test]
fn a_ring_that_cannot_be_read_is_left_alone() {
    let folder = Folder::new();
    folder.done(&["add", "webhook", "--id", "first"]);
    let broken = "first pending\nmade-up-canary-of-a-broken-file\n";
    folder.write("webhook", "ring", broken);
    for verb in [&["promote", "webhook", "first"][..], &["add", "webhook"], &["list"], &["status"]]
    {
        let run = folder.keys(verb);
        assert_eq!((run.code, &*run.stdout), (2, ""), "{verb:?}");
        assert!(run.stderr.contains("ring: line 1: "), "{verb:?}: {}", run.stderr);
        assert!(run.stderr.contains("ring: line 2: "), "{verb:?}: {}", run.stderr);
        assert!(!run.stderr.contains("canary"), "{verb:?}: {}", run.stderr);
    }
    assert_eq!(fs::read_to_string(folder.file("webhook", "ring")).unwrap(), broken);
}
