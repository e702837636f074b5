//! Against the vendors' own libraries: the same requests, good and bad, given to theirs and to ours.
//!
//! They agree on every request, but for the classes of `testing/oracles/differences.json`, each
//! named, explained and counted there. `REMPART_ORACLES=record` writes the counts anew.

#![cfg(all(feature = "ecdsa", feature = "ed25519", feature = "sns"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::format_collect,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests"
)]

mod chance;
mod differences;
mod draft;
mod keys;
mod mutation;
mod oracle;
mod others;
mod rows;

use std::fs;

use rempart_keys::{KeyId, KeyRing, Secret};
use rempart_signature::{Head, Policy, PublicUrl, Rejection, Scheme, verify};

use self::chance::Chance;
use self::differences::{Difference, Differences};
use self::draft::Wire;
use self::others::{OTHERS, Other};
use self::rows::{ROWS, Row};

/// How many requests each scheme is asked about.
const REQUESTS: usize = 10_000;

#[test]
#[ignore = "needs node, python and their packages"]
fn ours_agrees_with_the_vendors_own() {
    let oracles = oracle::install();
    let mut differences = Differences::load();
    let asked: Vec<_> =
        ROWS.iter().map(Asked::of_scheme).chain(OTHERS.iter().map(Asked::of_other)).collect();
    let libraries = |asked: &Asked| asked.libraries.iter().copied();
    let questions: Vec<_> = asked
        .iter()
        .flat_map(|asked| libraries(asked).map(|library| (library, &asked.requests[..])))
        .collect();
    let mut answers = oracles.ask_all(&questions).into_iter();
    for Asked { libraries, requests, ours } in &asked {
        let accepted = ours.iter().filter(|verdict| verdict.is_ok()).count();
        // A test in which everything is refused shows nothing, nor does the opposite.
        assert!((REQUESTS / 5..REQUESTS / 5 * 4).contains(&accepted), "{libraries:?}: {accepted}");
        for (library, theirs) in libraries.iter().zip(&mut answers) {
            let mut count = 0;
            for (((mutation, wire), ours), theirs) in requests.iter().zip(ours).zip(theirs) {
                if ours.is_ok() != theirs.accepts() {
                    let ours = ours.as_ref().err().copied();
                    let difference = Difference { mutation, ours, theirs: &theirs, wire };
                    differences.count(library, &difference);
                    count += 1;
                }
            }
            println!("{library}: {REQUESTS} asked, {accepted} accepted, {count} differ");
        }
    }
    differences.conclude();
}

#[test]
fn every_sender_has_a_library_or_a_reason() {
    let readme = fs::read_to_string(oracle::sources().join("README.md")).unwrap();
    let (_, reasons) = readme.split_once("## Schemes without a library").unwrap();
    // The first column alone.
    let named = reasons.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let named: Vec<_> = named.flat_map(|list| list.split(", ")).collect();
    let excused = |name: &str| named.iter().filter(|text| text.trim_matches('`') == name).count();
    let schemes: Vec<_> = Scheme::presets().map(|scheme| scheme.name().to_owned()).collect();
    let senders = schemes.iter().map(String::as_str).chain(NO_SCHEMES);
    for name in senders.clone() {
        let rows = ROWS.iter().filter(|row| (row.scheme)().name() == name).count();
        let others = OTHERS.iter().filter(|other| other.name == name).count();
        assert_eq!(rows + others + excused(name), 1, "{name}");
    }
    assert_eq!(named.len() + ROWS.len() + OTHERS.len(), senders.count());
    // A token that joins these is noticed.
    let tokens = include_str!("../../src/token/preset.rs").lines().filter_map(|line| {
        line.trim_start().strip_prefix("pub ")?.split_once("fn ")?.1.split_once('(')
    });
    let tokens: Vec<_> = tokens.map(|(name, _)| name).collect();
    assert!(
        tokens.len() >= 4 && tokens.iter().all(|token| NO_SCHEMES.contains(token)),
        "{tokens:?}"
    );
}

/// The senders that the crate knows and no [`Scheme`] describes.
const NO_SCHEMES: [&str; 7] = ["adyen", "livekit", "netlify", "paypal", "plaid", "sns", "vonage"];

/// The requests to a scheme, each with what happened to it, and what ours says of them.
struct Asked {
    libraries: &'static [&'static str],
    requests: Vec<(&'static str, Wire)>,
    ours: Vec<Result<(), Rejection>>,
}

impl Asked {
    fn of_scheme(row: &'static Row) -> Self {
        let scheme = (row.scheme)();
        let mut chance = Chance::named(row.name());
        let request = |nth| mutation::request(row, &scheme, nth, &mut chance);
        let requests: Vec<_> = (0..REQUESTS).map(request).collect();
        let ours = requests.iter().map(|(_, wire)| verdict(&scheme, wire)).collect();
        Self { libraries: row.libraries, requests, ours }
    }

    fn of_other(other: &'static Other) -> Self {
        let mut chance = Chance::named(other.name);
        let requests: Vec<_> = (0..REQUESTS).map(|nth| (other.request)(nth, &mut chance)).collect();
        let ours = requests.iter().map(|(_, wire)| (other.verdict)(wire)).collect();
        Self { libraries: other.libraries, requests, ours }
    }
}

fn verdict(scheme: &Scheme, wire: &Wire) -> Result<(), Rejection> {
    let secret = Secret::new(wire.secret).unwrap();
    let policy = Policy::builder("vendors")
        .scheme(scheme.clone())
        .keys(KeyRing::single(KeyId::new("only").unwrap(), secret))
        .public_url(PublicUrl::origin_of(&wire.url.parse().unwrap()).unwrap())
        .dangerously_without_read_deadline()
        .build()
        .unwrap();
    let (method, url, headers) = wire.head();
    verify(&policy, &Head::new(&method, &url, &headers), &wire.body, wire.now).map(drop)
}
