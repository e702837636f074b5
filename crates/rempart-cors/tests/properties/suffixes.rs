//! Where patterns end: the walk of the policy against one that asks of each name by itself whether it
//! is a public suffix.

use http::{HeaderMap, HeaderValue, header};
use proptest::prelude::*;
use rempart_cors::{ConfigError, ConfigErrors, Policy};

use crate::dice::Dice;

/// Names on the list of public suffixes, and names between, above and under them.
const HOSTS: [&str; 18] = [
    "com",
    "amazonaws.com",
    "s3.amazonaws.com",
    "mine.s3.amazonaws.com",
    "eu-west-1.amazonaws.com",
    "s3.eu-west-1.amazonaws.com",
    "compute.amazonaws.com",
    "x.compute.amazonaws.com",
    "kobe.jp",
    "city.kobe.jp",
    "x.kobe.jp",
    "co.uk",
    "example.co.uk",
    "blogspot.com",
    "example.com",
    "tenants.example.com",
    "localhost",
    "intranet.test",
];

fn origin(dice: &mut Dice) -> String {
    let under = dice.pick(&["", "", "a.", "b.", "a.b."]);
    ["https://", under, dice.pick(&HOSTS)].concat()
}

fn entry(dice: &mut Dice) -> String {
    match dice.below(2) {
        0 => format!("https://*.{}", dice.pick(&HOSTS)),
        _ => origin(dice),
    }
}

/// The names of a host that end where it does, the longest first.
fn names(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |name| name.split_once('.').map(|(_, above)| above))
}

fn is_public_suffix(name: &str) -> bool {
    psl::suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known() && suffix == name)
}

/// Whether a pattern before the name would allow what no one site owns, by asking of a name under it.
fn is_nobodys(entry: &str) -> bool {
    match entry.strip_prefix("https://*.") {
        Some(above) => {
            let under = format!("any.{above}");
            !above.contains('.') && above != "localhost"
                || names(&under).take(2).any(is_public_suffix)
        }
        None => is_public_suffix(entry.strip_prefix("https://").unwrap()),
    }
}

/// The whole of matching, for https without a port.
fn is_covered(origin: &str, entry: &str) -> bool {
    let Some(above) = entry.strip_prefix("https://*.") else { return origin == entry };
    let host = origin.strip_prefix("https://").unwrap();
    let mut between = names(host).take_while(|name| *name != above);
    host.ends_with(&format!(".{above}")) && !between.any(is_public_suffix)
}

fn build(listed: &[String]) -> Result<Policy, ConfigErrors> {
    Policy::anonymous("p").origins(listed).build()
}

fn allows(policy: &Policy, origin: &str) -> bool {
    let mut headers = HeaderMap::new();
    headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
    policy.grant(&headers).is_allowed()
}

/// The list without those that no site owns, and without those that it says twice.
fn sound(mut listed: Vec<String>) -> Vec<String> {
    while let Err(faults) = build(&listed) {
        let is_suffix = |fault: &&ConfigError| matches!(fault, ConfigError::PublicSuffix { .. });
        let first = faults.iter().find(is_suffix).or(faults.iter().next());
        let (index, is_redundant) = match first.unwrap() {
            ConfigError::PublicSuffix { index, .. } => (*index, false),
            ConfigError::CoveredOrigin { index, .. }
            | ConfigError::DuplicateOrigin { index, .. } => (*index, true),
            ConfigError::NoOrigins => break,
            other => panic!("{other}"),
        };
        let entry = listed.remove(index);
        let one = entry.replace("*.", "a.");
        let is_right = if is_redundant {
            listed.iter().any(|other| is_covered(&one, other))
        } else {
            is_nobodys(&entry)
        };
        assert!(is_right, "{:?} of {listed:?}", faults.iter().next());
    }
    assert!(!listed.iter().any(|entry| is_nobodys(entry)), "{listed:?}");
    listed
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn a_pattern_ends_at_every_public_suffix(seed in 1..u64::MAX) {
        let mut dice = Dice(seed);
        let listed = sound((0..=dice.below(6)).map(|_| entry(&mut dice)).collect());
        let Ok(policy) = build(&listed) else { return Ok(()) };
        for _ in 0..50 {
            let origin = origin(&mut dice);
            let expected = listed.iter().any(|entry| is_covered(&origin, entry));
            prop_assert_eq!(allows(&policy, &origin), expected, "{} in {:?}", origin, listed);
        }
    }
}
