//! Ten secrets looked for in a response of 1 MiB: in every form, beside the ten alone by a rival.

use aho_corasick::AhoCorasick;
use rempart_keys::Secret;
use rempart_token::egress::Policy;

use crate::drive::Xorshift;
use crate::{Case, Ceiling, Runner, Side};

const LENGTH: usize = 1 << 20;
const RIVAL: &str = "aho-corasick 1.1, the ten as they are";

fn secrets() -> Vec<String> {
    let mut random = Xorshift::new();
    let digit = |number| char::from_digit(number, 36).expect("a digit");
    (0..10).map(|_| (0..40).map(|_| digit(random.below(36))).collect()).collect()
}

fn policy() -> Policy {
    let secrets: Vec<_> =
        secrets().into_iter().map(|text| Secret::new(text).expect("not empty")).collect();
    let named = secrets.iter().enumerate().map(|(nth, secret)| (format!("SECRET-{nth}"), secret));
    Policy::builder("bench").secrets(named).build().expect("a policy without a fault")
}

/// Calls, as a service lists them.
fn json() -> Vec<u8> {
    let call = |nth| {
        format!(
            "{{\"id\":\"call-{nth:08x}\",\"from\":\"+1514555{:04}\",\"text\":\"Bonjour, j'appelle \
             au sujet de la maison\",\"at\":\"2026-11-22T08:{:02}:45Z\"}},",
            nth % 10_000,
            nth % 60
        )
        .into_bytes()
    };
    (0_u32..).flat_map(call).take(LENGTH).collect()
}

/// The same, with an escape in every tenth.
fn escaped() -> Vec<u8> {
    let mut text = json();
    for at in (0..LENGTH - 2).step_by(1_200) {
        text[at..at + 2].copy_from_slice(b"\\/");
    }
    text
}

fn case(name: &'static str, text: fn() -> Vec<u8>, ceilings: Vec<Ceiling>) -> Case {
    Case {
        name,
        bare: Side::nothing(),
        ours: Side::new("rempart-token", move || {
            let (policy, text) = (policy(), text());
            Runner::new(move || policy.find(&text).is_some(), |found| format!("found: {found}"))
        }),
        rival: Some(Side::new(RIVAL, move || {
            let (rival, text) = (AhoCorasick::new(secrets()).expect("few and short"), text());
            Runner::new(move || rival.is_match(&text), |found| format!("found: {found}"))
        })),
        projection: "whether a secret is found",
        ceilings,
    }
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("token/egress/1MiB", json, vec![Ceiling::TimeOfRival(1.0), Ceiling::Allocations(0.0)]),
        case("token/egress/1MiB/escaped", escaped, vec![Ceiling::Allocations(1.0)]),
    ]
}
