//! Against the vendors' own libraries: the same requests, good and bad, given to theirs and to ours.
//!
//! They agree on every request, but for the classes of `testing/oracles/differences.json`, each
//! named, explained and counted there. `REMPART_ORACLES=record` writes the counts anew.

#![cfg(all(feature = "ecdsa", feature = "ed25519"))]
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
mod rows;

use std::fs;

use rempart_keys::{KeyId, KeyRing, Secret};
use rempart_signature::{Head, Policy, PublicUrl, Rejection, Scheme, verify};

use self::chance::Chance;
use self::differences::{Difference, Differences};
use self::draft::Wire;
use self::rows::{ROWS, Row};

/// How many requests each scheme is asked about.
const REQUESTS: usize = 10_000;

#[test]
#[ignore = "needs node, python and their packages"]
fn ours_agrees_with_the_vendors_own() {
    let oracles = oracle::install();
    let mut differences = Differences::load();
    let asked: Vec<_> = ROWS.iter().map(Asked::new).collect();
    let libraries = |asked: &'static Row| asked.libraries.iter().copied();
    let questions: Vec<_> = asked
        .iter()
        .flat_map(|asked| libraries(asked.row).map(|library| (library, &asked.requests[..])))
        .collect();
    let mut answers = oracles.ask_all(&questions).into_iter();
    for Asked { row, requests, ours } in &asked {
        let accepted = ours.iter().filter(|verdict| verdict.is_ok()).count();
        // A test in which everything is refused shows nothing, nor does the opposite.
        assert!((REQUESTS / 5..REQUESTS / 5 * 4).contains(&accepted), "{}: {accepted}", row.name());
        for (library, theirs) in row.libraries.iter().zip(&mut answers) {
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
fn every_preset_has_a_library_or_a_reason() {
    let readme = fs::read_to_string(oracle::sources().join("README.md")).unwrap();
    let (_, reasons) = readme.split_once("## Schemes without a library").unwrap();
    // The first column alone.
    let named = reasons.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let named: Vec<_> = named.flat_map(|list| list.split(", ")).collect();
    let excused = |name: &str| named.iter().filter(|text| text.trim_matches('`') == name).count();
    for scheme in Scheme::presets() {
        let rows = ROWS.iter().filter(|row| (row.scheme)().name() == scheme.name()).count();
        assert_eq!(rows + excused(scheme.name()), 1, "{}", scheme.name());
    }
    assert_eq!(named.len() + ROWS.len(), Scheme::presets().count());
}

/// The requests to a scheme, each with what happened to it, and what ours says of them.
struct Asked {
    row: &'static Row,
    requests: Vec<(&'static str, Wire)>,
    ours: Vec<Result<(), Rejection>>,
}

impl Asked {
    fn new(row: &'static Row) -> Self {
        let scheme = (row.scheme)();
        let mut chance = Chance::named(row.name());
        let request = |nth| mutation::request(row, &scheme, nth, &mut chance);
        let requests: Vec<_> = (0..REQUESTS).map(request).collect();
        let ours = requests.iter().map(|(_, wire)| verdict(&scheme, wire)).collect();
        Self { row, requests, ours }
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
