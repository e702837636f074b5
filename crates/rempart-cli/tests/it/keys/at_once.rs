use std::collections::BTreeSet;
use std::thread;

use serde_json::Value;

use super::folder::Folder;

#[test]
fn tools_that_add_at_once_lose_no_key() {
    let folder = Folder::new();
    let added: BTreeSet<String> = thread::scope(|scope| {
        let adding: Vec<_> = (0..7)
            .map(|_| {
                scope.spawn(|| {
                    let run = folder.keys(&["add", "webhook", "--json"]);
                    assert_eq!(run.code, 0, "{}", run.stderr);
                    let added: Value = serde_json::from_str(&run.stdout).unwrap();
                    added["key"].as_str().unwrap().to_owned()
                })
            })
            .collect();
        adding.into_iter().map(|adding| adding.join().unwrap()).collect()
    });
    assert_eq!(added.len(), 7, "each has a name of its own: {added:?}");
    let keys: Value = serde_json::from_str(&folder.done(&["list", "--json"])).unwrap();
    let listed = keys.as_array().unwrap().iter().filter(|key| key["state"] == "pending");
    assert_eq!(
        listed.map(|key| key["key"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(),
        added
    );
    let bytes: BTreeSet<_> = added.iter().map(|id| folder.key("webhook", id)).collect();
    assert_eq!(bytes.len(), 7, "and bytes of its own");
}

#[test]
fn one_of_two_promotions_and_every_revocation_is_kept() {
    for _ in 0..5 {
        let folder = Folder::new();
        for id in ["one", "two", "bad", "worse"] {
            folder.done(&["add", "webhook", "--id", id]);
        }
        let verbs: [&[&str]; 4] = [
            &["promote", "webhook", "one"],
            &["promote", "webhook", "two"],
            &["revoke", "webhook", "bad", "--force"],
            &["revoke", "webhook", "worse", "--force"],
        ];
        thread::scope(|scope| {
            for verb in verbs {
                let folder = &folder;
                scope.spawn(move || folder.done(verb));
            }
        });
        let state = |id| folder.status("webhook", id, &[])["state"].as_str().unwrap().to_owned();
        assert_eq!((&*state("bad"), &*state("worse")), ("revoked", "revoked"));
        let mut states = [state("one"), state("two")];
        states.sort_unstable();
        assert_eq!(states, ["active", "retiring"]);
    }
}
