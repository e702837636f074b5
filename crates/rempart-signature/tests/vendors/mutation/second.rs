//! A second header for a second key.

use rempart_signature::Scheme;

use super::{Mutation, wire};
use crate::draft::Wire;

#[rustfmt::skip]
pub(super) const ALL: &[Mutation] = &[
    wire("the signature stands in the second header too", |wire, scheme, _| second(wire, scheme, |_, _| {})),
    wire("the signature stands in the second header alone", |wire, scheme, _| { let has = second(wire, scheme, |_, _| {}); if has { wire.headers.remove(0); } has }),
    wire("the second header holds a wrong one",        |wire, scheme, _| second(wire, scheme, |_, other| forge(other))),
    wire("the first header holds a wrong one, the second a good one", |wire, scheme, _| second(wire, scheme, |first, _| forge(first))),
    wire("both headers hold wrong ones",               |wire, scheme, _| second(wire, scheme, |first, other| { forge(first); forge(other); })),
    wire("the second header is empty",                 |wire, scheme, _| second(wire, scheme, |_, other| other.clear())),
];

/// Adds the second header, with what the first one holds.
fn second(
    wire: &mut Wire,
    scheme: &Scheme,
    change: impl FnOnce(&mut Vec<u8>, &mut Vec<u8>),
) -> bool {
    // By the vendors' documentation, and not by what our preset knows of it.
    let name = match scheme.name() {
        "box" => "box-signature-secondary",
        "hookdeck" => "x-hookdeck-signature-2",
        _ => return false,
    };
    let mut value = wire.headers[0].1.clone();
    change(&mut wire.headers[0].1, &mut value);
    wire.headers.push((name.to_owned(), value));
    true
}

fn forge(value: &mut [u8]) {
    value[4] = if value[4] == b'A' { b'B' } else { b'A' };
}
