//! Headers that are signed, and named in the signature's own.

use super::{Mutation, draft, signed, wire};
use crate::draft::{Draft, Signed, Wire};

#[rustfmt::skip]
pub(super) const ALL: &[Mutation] = &[
    draft("signed with a header that is empty",        |draft, _, _| named(draft, |list| list[1].1.clear())),
    draft("signed with its headers turned round",      |draft, _, _| named(draft, |list| list.reverse())),
    draft("signed with one header alone",              |draft, _, _| named(draft, |list| list.truncate(1))),
    draft("signed with a header named twice",          |draft, _, _| named(draft, |list| list.push(list[0].clone()))),
    draft("signed with no header",                     |draft, _, _| named(draft, Vec::clear)),
    draft("signed with a header beyond ASCII",         |draft, _, _| named(draft, |list| list[1].1.push('é'))),

    signed("a header more is named",                   |signed, _| names(signed, |text| format!("{text} x-more"))),
    signed("a header less is named",                   |signed, _| names(signed, |text| text.split(' ').next().unwrap().to_owned())),
    signed("a header is named twice",                  |signed, _| names(signed, |text| format!("{text} x-event-id"))),
    signed("headers are named in another order",       |signed, _| names(signed, |text| text.split(' ').rev().collect::<Vec<_>>().join(" "))),
    signed("headers are named in upper case",          |signed, _| names(signed, str::to_uppercase)),
    signed("two blanks stand between names",           |signed, _| names(signed, |text| text.replace(' ', "  "))),
    signed("no header is named",                       |signed, _| names(signed, |_| String::new())),
    signed("the names are not in the list",            |signed, _| !signed.draft.named.is_empty() && { signed.elements.remove(1); true }),

    wire("a signed header is another",                 |wire, _, _| header(wire, |value| value.push(b'x'))),
    wire("a signed header is empty",                   |wire, _, _| header(wire, Vec::clear)),
    wire("a signed header is missing",                 |wire, _, _| { let some = header(wire, |_| {}); wire.headers.retain(|(name, _)| name != "x-event-type"); some }),
    wire("a signed header comes twice",                |wire, _, _| twice(wire)),
    wire("the end of a header moves into the next",    |wire, _, _| moved(wire)),
];

fn named(draft: &mut Draft, change: impl FnOnce(&mut Vec<(&'static str, String)>)) -> bool {
    let has = !draft.named.is_empty();
    if has {
        change(&mut draft.named);
    }
    has
}

fn names(signed: &mut Signed, change: impl FnOnce(&str) -> String) -> bool {
    if signed.draft.named.is_empty() {
        return false;
    }
    let (key, names) = signed.elements[1].split_once('=').unwrap();
    signed.elements[1] = format!("{key}={}", change(names));
    true
}

fn header(wire: &mut Wire, change: impl FnOnce(&mut Vec<u8>)) -> bool {
    let value = wire.headers.iter_mut().find(|(name, _)| name == "x-event-type");
    value.map(|(_, value)| change(value)).is_some()
}

fn twice(wire: &mut Wire) -> bool {
    let line = wire.headers.iter().find(|(name, _)| name == "x-event-type").cloned();
    wire.headers.extend(line.clone());
    line.is_some()
}

/// `a` and `b.c` are joined as `a.b` and `c` are.
fn moved(wire: &mut Wire) -> bool {
    let all = [("x-event-id", "evt_1.a"), ("x-event-type", "b.c")];
    let was = wire.headers.iter().any(|(name, _)| name == "x-event-type");
    let first = wire.headers.iter_mut().find(|(name, _)| name == all[0].0);
    let Some((_, value)) = first.filter(|_| was) else { return false };
    value.extend_from_slice(b".a");
    header(wire, |value| *value = b"b.c".to_vec())
}
