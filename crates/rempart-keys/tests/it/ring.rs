use std::time::Duration;

use rempart_keys::{Key, KeyId, KeyRing, KeyState, RingError, Secret};

const LATER: Duration = Duration::from_secs(2_000);

fn id(text: &str) -> KeyId {
    KeyId::new(text).unwrap()
}

fn key(name: &str) -> Key {
    Key::new(id(name), Secret::new(format!("made-up-secret-of-{name}")).unwrap())
}

fn single(name: &str) -> KeyRing {
    KeyRing::single(id(name), key(name).secret().clone())
}

fn names<'a>(keys: impl Iterator<Item = &'a Key>) -> Vec<String> {
    keys.map(|key| key.id().to_string()).collect()
}

/// One ring with a key in each state, named after it.
fn every_state() -> KeyRing {
    let ring = single("destroyed");
    let ring = ring.add(key("revoked")).unwrap().promote(id("revoked"), LATER).unwrap();
    let ring = ring.add(key("retiring")).unwrap().promote(id("retiring"), LATER).unwrap();
    let ring = ring.add(key("active")).unwrap().promote(id("active"), LATER).unwrap();
    let ring = ring.add(key("pending")).unwrap();
    let ring = ring.revoke(id("revoked")).unwrap().revoke(id("destroyed")).unwrap();
    ring.destroy(id("destroyed")).unwrap()
}

#[test]
fn one_key_signs_and_the_live_ones_verify() {
    let ring = every_state();
    assert_eq!(names(ring.signing().into_iter()), ["active"]);
    assert_eq!(names(ring.verifying()), ["retiring", "active", "pending"]);
    assert_eq!(ring.get(id("retiring")).map(Key::id), Some(id("retiring")));
    for gone in ["revoked", "destroyed", "never"] {
        assert!(ring.get(id(gone)).is_none(), "{gone}");
    }
}

#[test]
fn a_retiring_key_verifies_until_its_time() {
    let ring = every_state();
    let just_before = LATER.checked_sub(Duration::from_nanos(1)).unwrap();
    assert_eq!(names(ring.verifying_at(just_before)), ["retiring", "active", "pending"]);
    assert_eq!(names(ring.verifying_at(LATER)), ["active", "pending"]);
    assert_eq!(ring.get(id("retiring")).unwrap().until(), Some(LATER));
    assert_eq!(ring.get(id("active")).unwrap().until(), None);

    let expired = ring.expire(LATER);
    assert_eq!(expired.state(id("retiring")), Some(KeyState::Revoked));
    assert_eq!(ring.expire(just_before).state(id("retiring")), ring.state(id("retiring")));
}

/// Every transition from every state: what becomes of the key, or why not.
#[test]
fn states_change_by_the_table_and_no_other_way() {
    type Change = fn(&KeyRing, KeyId) -> Result<KeyRing, RingError>;
    const REVOKED: Result<KeyState, ()> = Ok(KeyState::Revoked);
    let promote: Change = |ring, id| ring.promote(id, LATER);
    let add: Change = |ring, id| {
        let secret = Secret::new("made-up-secret-of-another-key").unwrap();
        ring.add(Key::new(id, secret))
    };
    #[rustfmt::skip]
    let rows: [(&str, Change, [Result<KeyState, ()>; 5]); 4] = [
        //                  pending               active   retiring  revoked  destroyed
        ("promote", promote, [Ok(KeyState::Active), Err(()), Err(()), Err(()), Err(())]),
        ("revoke", KeyRing::revoke, [REVOKED,      REVOKED, REVOKED,  REVOKED, Err(())]),
        ("destroy", KeyRing::destroy,
            [Err(()), Err(()), Err(()), Ok(KeyState::Destroyed), Ok(KeyState::Destroyed)]),
        ("add",     add,     [Err(()),             Err(()), Err(()),  Err(()), Err(())]),
    ];
    let states = ["pending", "active", "retiring", "revoked", "destroyed"];
    for (name, change, wants) in rows {
        for (state, want) in states.into_iter().zip(wants) {
            let ring = every_state();
            let changed = change(&ring, id(state));
            let got = changed.as_ref().map(|ring| ring.state(id(state)).unwrap()).map_err(|_| ());
            assert_eq!(got, want, "{name} of a {state} key");
            assert_eq!(ring.state(id(state)).unwrap().to_string(), state, "the old ring stays");
            if let Err(error) = changed {
                assert!(error.to_string().contains(state), "{error}");
            }
        }
        if name != "add" {
            let unknown = change(&every_state(), id("never")).unwrap_err();
            assert_eq!(unknown, RingError::Unknown { id: id("never") }, "{name}");
        }
    }
}

#[test]
fn promoting_retires_the_active_key() {
    let ring = single("a").add(key("b")).unwrap().promote(id("b"), LATER).unwrap();
    assert_eq!(ring.state(id("a")), Some(KeyState::Retiring { until: LATER }));
    assert_eq!(ring.state(id("b")), Some(KeyState::Active));
}

#[test]
fn promoting_one_of_two_leaves_the_other_pending() {
    let ring = single("a").add(key("b")).unwrap().add(key("c")).unwrap();
    let ring = ring.promote(id("c"), LATER).unwrap();
    assert_eq!(ring.state(id("b")), Some(KeyState::Pending));
    assert_eq!(ring.state(id("c")), Some(KeyState::Active));
}

#[test]
fn an_incident_may_leave_no_key_that_signs() {
    let ring = single("a").revoke(id("a")).unwrap();
    assert!(ring.signing().is_none());
    assert_eq!(ring.verifying().count(), 0);
    let ring = ring.add(key("b")).unwrap().promote(id("b"), LATER).unwrap();
    assert_eq!(names(ring.signing().into_iter()), ["b"]);
    assert_eq!(ring.state(id("a")), Some(KeyState::Revoked));

    let none = every_state().revoke_all();
    assert_eq!((none.verifying().count(), none.signing().is_none()), (0, true));
    assert_eq!(none.state(id("destroyed")), Some(KeyState::Destroyed));
}

#[test]
fn a_revoked_key_is_recognised_until_it_is_destroyed() {
    let secret = Secret::new("made-up-secret-to-revoke").unwrap();
    let revoked = |ring: &KeyRing| ring.revoked().map(Key::id).collect::<Vec<_>>();
    let ring = KeyRing::single(id("old"), secret.clone());
    assert_eq!(revoked(&ring), [], "not while it is live");
    let ring = ring.revoke(id("old")).unwrap();
    assert_eq!(revoked(&ring), [id("old")]);
    assert!(ring.revoked().all(|key| key.secret().ct_eq(secret.expose())));
    let entry = ring.entries().next().unwrap();
    assert_eq!(entry.fingerprint, Some(secret.fingerprint()));
    let ring = ring.destroy(id("old")).unwrap();
    assert_eq!(revoked(&ring), []);
    assert_eq!(ring.entries().next().unwrap().fingerprint, None);
}

#[test]
fn the_latest_revoked_keys_are_recognised_and_no_more_than_four() {
    let names = ["a", "b", "c", "d", "e"];
    let secret = |name: &str| Secret::new(format!("made-up-secret-of-key-{name}")).unwrap();
    let first = KeyRing::single(id("a"), secret("a"));
    let ring = names[1..]
        .iter()
        .fold(first, |ring, name| ring.add(Key::new(id(name), secret(name))).unwrap());
    let ids: Vec<_> = ring.revoke_all().revoked().map(Key::id).collect();
    assert_eq!(ids, ["e", "d", "c", "b"].map(id));
    assert_eq!(ids.len(), KeyRing::MAX_RECOGNISED);
}

#[test]
fn the_same_bytes_do_not_enter_under_two_names() {
    let again = |name| Key::new(id(name), key("a").secret().clone());
    let taken = RingError::DuplicateSecret { id: id("b"), other: id("a") };
    let ring = single("a");
    assert_eq!(ring.add(again("b")).unwrap_err(), taken);
    let ring = ring.revoke(id("a")).unwrap();
    assert_eq!(ring.add(again("b")).unwrap_err(), taken, "not after revocation either");
}

#[test]
fn at_most_eight_keys_are_live_and_sixty_four_remembered() {
    let mut ring = single("0");
    for n in 1..8 {
        ring = ring.add(key(&n.to_string())).unwrap();
    }
    assert_eq!(ring.add(key("8")).unwrap_err(), RingError::Full { id: id("8") });
    assert_eq!(ring.verifying().count(), KeyRing::MAX_LIVE);

    ring = ring.revoke_all();
    for n in 8..64 {
        ring = ring.add(key(&n.to_string())).unwrap().revoke_all();
    }
    assert_eq!(ring.entries().count(), KeyRing::MAX_KEYS);
    assert_eq!(ring.add(key("64")).unwrap_err(), RingError::Full { id: id("64") });
    let ring = ring.destroy(id("9")).unwrap().destroy(id("5")).unwrap();
    let ring = ring.add(key("64")).unwrap();
    assert_eq!(ring.entries().count(), KeyRing::MAX_KEYS);
    assert_eq!(ring.state(id("5")), None, "the destroyed key that was added first is forgotten");
    assert_eq!(ring.state(id("9")), Some(KeyState::Destroyed));
}

#[test]
fn a_key_taken_from_one_ring_enters_another_as_new() {
    let retiring = every_state().get(id("retiring")).unwrap().clone();
    let ring = single("other").add(retiring).unwrap();
    assert_eq!(ring.state(id("retiring")), Some(KeyState::Pending));
    assert_eq!(ring.get(id("retiring")).unwrap().until(), None);
}

#[test]
fn debug_names_keys_and_states() {
    let shown = format!("{:?}", every_state());
    for part in ["pending", "active", "retiring", "revoked", "destroyed", "Active", "Revoked"] {
        assert!(shown.contains(part), "{shown}");
    }
    assert!(!shown.contains("made-up"), "{shown}");
}
