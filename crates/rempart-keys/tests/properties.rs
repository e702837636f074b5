//! No secret is ever shown, whichever way it goes wrong; the ring and the parser against naive
//! models.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may fail loudly"
)]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use rempart_keys::{
    Key, KeyId, KeyRing, KeyState, Kind, Loader, Profile, Schema, Secret, Variable, dotenv,
};
use rempart_testing::canary;

/// Shows a value in every way that a program or a test might.
fn shown(value: &(impl Debug + ?Sized)) -> String {
    format!("{value:?} {value:#?}")
}

/// A random text that no message holds by chance.
fn secret_text() -> impl Strategy<Value = String> {
    "[!-~]{12,48}"
}

const KINDS: [Kind; 9] = [
    Kind::E164,
    Kind::HTTPS,
    Kind::Jwt,
    Kind::Origin,
    Kind::Prefix("vapi_sk_"),
    Kind::Text,
    Kind::TwilioSid,
    Kind::TwilioToken,
    Kind::Uuid,
];

/// Everything that loading `value` can say, be it refused or taken.
fn said(value: &str, kind: Kind, profile: Profile, dotenv_text: &str) -> String {
    let folder = tempfile(dotenv_text);
    let schema = Schema::new([Variable::new("A", kind), Variable::new("B", Kind::Text)]).unwrap();
    let environment = |pairs: &[(&str, &str)]| {
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let sources = Loader::new(&schema, profile).environment(pairs).dotenv(&folder);
        let mut said = shown(&sources);
        match sources.load() {
            Ok(loaded) => {
                said += &shown(&loaded);
                for entry in loaded.entries() {
                    said += &shown(&entry);
                }
                for warning in loaded.warnings() {
                    said += &warning.to_string();
                    said += &shown(warning);
                }
                for (_, secret) in loaded.server_only() {
                    said += &shown(secret);
                }
                said += &loaded.required("NEVER").unwrap_err().to_string();
            }
            Err(errors) => {
                said += &errors.to_string();
                said += &shown(&errors);
            }
        }
        said
    };
    [
        environment(&[("A", value)]),
        environment(&[("A_FILE", value)]),
        environment(&[("A", value), ("A_FILE", value)]),
        environment(&[("A", value), ("A", value)]),
        environment(&[("B", &format!(" {value}"))]),
        environment(&[]),
    ]
    .concat()
}

fn tempfile(content: &str) -> std::path::PathBuf {
    let name = format!("properties-{}.env", std::process::id());
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn check_absent(output: &str, secret: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(canary::found(output.as_bytes(), secret.as_bytes()), None);
    Ok(())
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn no_error_and_no_debug_shows_a_byte_of_a_secret(
        value in secret_text(),
        kind in prop::sample::select(KINDS.to_vec()),
        production in any::<bool>(),
        line in prop::sample::select(vec!["A=", "A='", "A=\"", "A= ", "A =", "", "A=b ", "A_FILE="]),
    ) {
        let profile = if production { Profile::Production } else { Profile::Development };
        let output = said(&value, kind, profile, &format!("{line}{value}\n{line}{value}\n"));
        check_absent(&output, &value)?;

        let secret = Secret::new(value.as_str()).unwrap();
        let key = Key::new(KeyId::new("k").unwrap(), secret.clone());
        let ring = KeyRing::single(KeyId::new("r").unwrap(), secret.clone());
        let twin = ring.add(key.clone()).unwrap_err();
        let revoked = ring.revoke_all();
        let short = secret.clone().at_least(64).unwrap_err();
        let entries: Vec<_> = ring.entries().chain(revoked.entries()).collect();
        let output = [
            shown(&secret), shown(&key), shown(&ring), shown(&revoked), shown(&entries),
            shown(&twin), twin.to_string(), shown(&short), short.to_string(),
        ];
        check_absent(&output.concat(), &value)?;
    }

}

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

#[test]
fn the_scan_finds_a_planted_leak() {
    #[derive(Debug)]
    #[expect(dead_code, reason = "what `Debug` reads counts for nothing")]
    struct Leaky {
        secret: Vec<u8>,
    }
    let value = "made-up-planted-leak";
    assert!(
        canary::found(shown(&Leaky { secret: value.into() }).as_bytes(), value.as_bytes())
            .is_some()
    );
    assert!(canary::found(format!("is not a URL: {value}").as_bytes(), value.as_bytes()).is_some());
}
