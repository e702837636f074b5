//! The ring, the parser and the readers of roles against naive models.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may fail loudly"
)]

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use rempart_keys::{Key, KeyId, KeyRing, KeyState, Secret, SupabaseRole, dotenv};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn what_is_quoted_for_the_dialect_is_read_back(value in "\\PC{0,40}", tail in "( #[ -~]{0,9})?") {
        let escaped: String = value.chars().map(|c| match c {
            '"' | '\\' | '$' => format!("\\{c}"),
            other => other.to_string(),
        }).collect();
        let text = format!("A=\"{escaped}\"{tail}\n");
        let entries = dotenv::parse(text.as_bytes()).unwrap();
        prop_assert_eq!(entries[0].expose(), value.as_bytes());
        if !value.contains('\'') {
            let text = format!("A='{value}'{tail}\n");
            let entries = dotenv::parse(text.as_bytes()).unwrap();
            prop_assert_eq!(entries[0].expose(), value.as_bytes());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused_at_a_place_inside_them(
        input in prop::collection::vec(prop_oneof![
            Just(b'A'), Just(b'='), Just(b'\''), Just(b'"'), Just(b'\\'), Just(b'\n'), Just(b'\r'),
            Just(b' '), Just(b'#'), Just(b'$'), any::<u8>(),
        ], 0..60),
    ) {
        match dotenv::parse(&input) {
            Ok(entries) => {
                let mut names: Vec<_> = entries.iter().map(dotenv::Entry::name).collect();
                let count = names.len();
                names.sort_unstable();
                names.dedup();
                prop_assert_eq!(names.len(), count);
            }
            Err(errors) => {
                let lines = input.split(|byte| *byte == b'\n').count();
                for error in &errors {
                    prop_assert!(error.offset <= input.len());
                    prop_assert!((1..=lines).contains(&error.line));
                }
            }
        }
    }

    #[test]
    fn a_role_is_read_where_another_reader_of_json_reads_it_once(
        (mut payload, slip) in (json_object(), prop::option::of((any::<prop::sample::Index>(), slip()))),
    ) {
        if let Some((at, slip)) = slip {
            let places: Vec<_> = (0..=payload.len()).filter(|at| payload.is_char_boundary(*at)).collect();
            payload.insert_str(places[at.index(places.len())], slip);
        }
        let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(&payload));
        prop_assert_eq!(SupabaseRole::of(&token), naive_role(payload.as_bytes()), "{}", payload);
    }

    #[test]
    fn any_bytes_have_the_role_that_another_reader_sees(
        payload in prop::collection::vec(any::<u8>(), 0..200),
        part in "[A-Za-z0-9_=+/.-]{0,60}",
    ) {
        let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(&payload));
        prop_assert_eq!(SupabaseRole::of(&token), naive_role(&payload));
        let decoded = URL_SAFE_NO_PAD.decode(&part).ok();
        let want = decoded.and_then(|payload| naive_role(&payload));
        prop_assert_eq!(SupabaseRole::of(&format!("e30.{part}.c2ln")), want);
    }

    #[test]
    fn a_ring_does_what_a_naive_one_does(steps in prop::collection::vec((0_u8..7, 0_u8..12), 0..60)) {
        let mut naive = Naive(BTreeMap::from([(0, (0, KeyState::Active))]), 1);
        let mut ring = KeyRing::single(id(0), secret(0));
        for (time, (step, n)) in steps.into_iter().enumerate() {
            let now = Duration::from_secs(u64::try_from(time).unwrap());
            let until = now + Duration::from_secs(3);
            let changed = match step {
                0 | 1 => ring.add(Key::new(id(n), secret(n))),
                2 => ring.promote(id(n), until),
                3 => ring.revoke(id(n)),
                4 => ring.destroy(id(n)),
                5 => Ok(ring.expire(now)),
                _ => if n == 0 { Ok(ring.revoke_all()) } else { Ok(ring.clone()) },
            };
            let want = naive.step(step, n, now, until);
            prop_assert_eq!(changed.is_ok(), want, "step {} of {}", step, n);
            if let Ok(changed) = changed {
                ring = changed;
            }
            for n in 0..12 {
                let state = naive.0.get(&n).map(|(_, state)| *state);
                prop_assert_eq!(ring.state(id(n)), state);
            }
            prop_assert!(ring.verifying().count() <= KeyRing::MAX_LIVE);
            let active = |entry: &rempart_keys::RingEntry| entry.state == KeyState::Active;
            prop_assert!(ring.entries().filter(active).count() <= 1);
            prop_assert_eq!(ring.signing().is_some(), ring.entries().any(|entry| active(&entry)));
        }
    }
}

/// A small object in JSON, with `role` in it somewhere, often enough.
fn json_object() -> impl Strategy<Value = String> {
    let texts = [
        r#""role""#,
        r#""r\u006fle""#,
        r#""anon""#,
        r#""service_role""#,
        r#""service\u005frole""#,
        r#""a\\""#,
        r#""\ud83d\ude00""#,
        r#""h\u00e9""#,
        "\"\u{e9}\"",
        r#""""#,
    ];
    let text = prop::sample::select(texts.to_vec());
    let leaf = prop_oneof![
        text.clone().prop_map(str::to_owned),
        prop::sample::select(vec!["0", "-1.5e+3", "true", "false", "null", "[]", "{}", " 12 "])
            .prop_map(str::to_owned),
    ];
    let object = move |value: BoxedStrategy<String>| {
        let member = (text.clone(), value).prop_map(|(name, value)| format!("{name}:{value}"));
        let members = prop::collection::vec(member, 0..4);
        members.prop_map(|members| format!("{{{}}}", members.join(" ,\n")))
    };
    let inner = object.clone();
    let value = leaf.prop_recursive(3, 12, 3, move |value| {
        let list = prop::collection::vec(value.clone(), 0..3);
        prop_oneof![list.prop_map(|list| format!("[{}]", list.join(","))), inner(value.boxed())]
    });
    object(value.boxed())
}

/// What turns JSON into something else, or into other JSON.
fn slip() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "0",
        "-",
        ".",
        "e",
        "\t",
        "\0",
        "\u{a0}",
        "\\u0072",
        "\\ud800",
        "/**/",
        "role",
        "\"role\":\"anon\",",
        "\u{feff}",
    ])
}

/// The text of the one member `role`, as a reader sees it that knows all of JSON.
fn naive_role(payload: &[u8]) -> Option<SupabaseRole> {
    let Members(members) = serde_json::from_slice(payload).ok()?;
    let roles: Vec<_> = members.into_iter().filter(|(name, _)| name == "role").collect();
    let [(_, Value::String(role))] = &roles[..] else { return None };
    [SupabaseRole::Anon, SupabaseRole::ServiceRole].into_iter().find(|r| r.as_str() == role)
}

/// The members of an object, also those that have a name twice.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        from.deserialize_map(InOrder)
    }
}

fn cases(cases: u32) -> ProptestConfig {
    let persistence = FileFailurePersistence::WithSource("regressions");
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(persistence)),
        ..ProptestConfig::default()
    }
}

fn id(n: u8) -> KeyId {
    KeyId::new(&n.to_string()).unwrap()
}

fn secret(n: u8) -> Secret {
    Secret::new(format!("made-up-{n}")).unwrap()
}

/// Name to order of entry and state.
struct Naive(BTreeMap<u8, (usize, KeyState)>, usize);

impl Naive {
    fn step(&mut self, step: u8, n: u8, now: Duration, until: Duration) -> bool {
        let live = |state: KeyState| !matches!(state, KeyState::Revoked | KeyState::Destroyed);
        let state = self.0.get(&n).map(|(_, state)| *state);
        match (step, state) {
            (0 | 1, None) => {
                let room = self.0.values().filter(|(_, state)| live(*state)).count() < 8;
                if room {
                    self.0.insert(n, (self.1, KeyState::Pending));
                    self.1 += 1;
                }
                room
            }
            (2, Some(KeyState::Pending)) => {
                for (_, state) in self.0.values_mut() {
                    if *state == KeyState::Active {
                        *state = KeyState::Retiring { until };
                    }
                }
                self.0.get_mut(&n).unwrap().1 = KeyState::Active;
                true
            }
            (3, Some(state)) if state != KeyState::Destroyed => {
                self.0.get_mut(&n).unwrap().1 = KeyState::Revoked;
                true
            }
            (4, Some(KeyState::Revoked | KeyState::Destroyed)) => {
                self.0.get_mut(&n).unwrap().1 = KeyState::Destroyed;
                true
            }
            (5, _) => {
                for (_, state) in self.0.values_mut() {
                    if matches!(state, KeyState::Retiring { until } if *until <= now) {
                        *state = KeyState::Revoked;
                    }
                }
                true
            }
            (6, _) => {
                for (_, state) in self.0.values_mut() {
                    if n == 0 && live(*state) {
                        *state = KeyState::Revoked;
                    }
                }
                true
            }
            _ => false,
        }
    }
}
