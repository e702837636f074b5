//! Headers: their shape, their number, the lists in them.

use rempart_signature::{Extraction, Scheme, TimestampSource};

use super::signature::{element, forgeries};
use super::{Mutation, draft, signed, wire};
use crate::chance::Chance;
use crate::draft::{Signed, Wire};

#[rustfmt::skip]
pub(super) const ALL: &[Mutation] = &[
    signed("a forged signature stands first",          |signed, chance| insert(signed, 1, false, chance)),
    signed("a forged signature stands last",           |signed, chance| insert(signed, 1, true, chance)),
    signed("15 forged signatures stand first",         |signed, chance| insert(signed, 15, false, chance)),
    signed("16 forged signatures stand first",         |signed, chance| insert(signed, 16, false, chance)),
    signed("the signature stands twice in the list",   |signed, _| list(signed, |list| list.push(list[list.len() - 1].clone()))),
    signed("an empty signature stands last",           |signed, _| { let Some(empty) = element(signed, "") else { return false }; list(signed, |list| list.push(empty)) }),
    signed("the list is turned round",                 |signed, _| signed.elements.len() > 1 && list(signed, |list| list.reverse())),
    signed("an element of another key stands last",    |signed, _| other_key(signed, "w7", false)),
    signed("an element of another key stands first",   |signed, _| other_key(signed, "w7", true)),
    signed("the signature has another version alone",  |signed, _| { signed.separator().is_some() && key(signed, |_| "v9".to_owned()) }),
    signed("the signature's key is in upper case",     |signed, _| signed.separator().is_some() && key(signed, str::to_ascii_uppercase)),
    signed("blanks stand around the elements",         |signed, _| signed.separator().is_some_and(|separator| separator != ' ') && list(signed, |list| { list.last_mut().unwrap().insert(0, ' '); })),
    signed("the separator stands last",                |signed, _| list(signed, |list| list.push(String::new()))),
    signed("the separator stands twice",               |signed, _| list(signed, |list| list.insert(1, String::new()))),
    signed("an element is no pair",                    |signed, _| list(signed, |list| list.push("nonsense".to_owned()))),
    signed("the separator is another",                 |signed, _| signed.separator().is_some_and(|separator| { let all = signed.elements.join(if separator == ',' { ";" } else { "," }); signed.elements = vec![all]; true })),
    signed("the time stands twice, the second another", |signed, _| time_twice(signed, false)),
    signed("the time stands twice, the first another", |signed, _| time_twice(signed, true)),
    signed("the time is not in the list",              |signed, _| signed.elements.len() > 1 && list(signed, |list| { list.remove(0); })),
    signed("the signature is not in the list",         |signed, _| signed.elements.len() > 1 && list(signed, |list| { list.pop(); })),

    signed("the prefix is missing",                    |signed, _| prefix(signed, |_| String::new())),
    signed("the prefix is in upper case",              |signed, _| prefix(signed, str::to_ascii_uppercase)),
    signed("the prefix names another algorithm",       |signed, _| prefix(signed, |_| "md5=".to_owned())),
    signed("the prefix stands twice",                  |signed, _| prefix(signed, |prefix| format!("{prefix}{prefix}"))),
    signed("a second part stands after the signature", |signed, _| { signed.elements[0].push_str("=tail"); signed.separator().is_none() }),
    signed("a comma and more stand after the signature", |signed, _| { signed.elements[0].push_str(", v9=00"); signed.separator().is_none() }),

    draft("signed with an id that holds a dot",        |draft, _, _| id(draft, "msg.1")),
    draft("signed with an empty id",                   |draft, _, _| id(draft, "")),
    draft("signed with a blank in the id",             |draft, _, _| id(draft, "msg 1")),
    draft("signed with a comma in the id",             |draft, _, _| id(draft, "msg,1")),

    wire("the signature's header is missing",          |wire, scheme, _| remove(wire, scheme.header().unwrap().as_str())),
    wire("the signature's header is empty",            |wire, scheme, _| change(wire, scheme.header().unwrap().as_str(), Vec::clear)),
    wire("the signature's header comes twice",         |wire, scheme, _| repeat(wire, scheme.header().unwrap().as_str(), |_| {}, true)),
    wire("the signature's header comes twice, wrong first", |wire, scheme, _| repeat(wire, scheme.header().unwrap().as_str(), forge, false)),
    wire("the signature's header comes twice, wrong last", |wire, scheme, _| repeat(wire, scheme.header().unwrap().as_str(), forge, true)),
    wire("names of headers are in upper case",         |wire, _, _| { wire.headers.iter_mut().for_each(|(name, _)| *name = name.to_ascii_uppercase()); true }),
    wire("the time's header is missing",               |wire, scheme, _| time_header(scheme).is_some_and(|name| remove(wire, &name))),
    wire("the time's header comes twice",              |wire, scheme, _| time_header(scheme).is_some_and(|name| repeat(wire, &name, |_| {}, true))),
    wire("the id's header is missing",                 |wire, scheme, _| id_header(scheme).is_some_and(|name| remove(wire, &name))),
    wire("the id's header comes twice",                |wire, scheme, _| id_header(scheme).is_some_and(|name| repeat(wire, &name, |_| {}, true))),
    wire("the id is another",                          |wire, scheme, _| id_header(scheme).is_some_and(|name| change(wire, &name, |value| value.push(b'x')))),
];

fn list(signed: &mut Signed, change: impl FnOnce(&mut Vec<String>)) -> bool {
    let is_list = signed.separator().is_some();
    change(&mut signed.elements);
    is_list
}

fn insert(signed: &mut Signed, count: usize, last: bool, chance: &mut Chance) -> bool {
    let Some(forged) = forgeries(signed, count, chance) else { return false };
    list(signed, |list| {
        let at = if last { list.len() } else { list.len() - 1 };
        list.splice(at..at, forged);
    })
}

/// The key of an element and what follows it.
fn split(signed: &Signed, element: &str) -> Option<(String, char, String)> {
    let Extraction::Elements(elements) = signed.draft.scheme.extraction() else { return None };
    let assign = char::from(elements.assign());
    let (key, value) = element.split_once(assign)?;
    Some((key.to_owned(), assign, value.to_owned()))
}

fn other_key(signed: &mut Signed, name: &str, first: bool) -> bool {
    let Some((_, assign, _)) = split(signed, &signed.elements[0]) else { return false };
    let element = format!("{name}{assign}{}", signed.signature);
    list(signed, |list| list.insert(if first { 0 } else { list.len() }, element))
}

fn key(signed: &mut Signed, change: impl FnOnce(&str) -> String) -> bool {
    let Some((key, assign, value)) = split(signed, signed.elements.last().unwrap()) else {
        return false;
    };
    let changed = change(&key);
    *signed.elements.last_mut().unwrap() = format!("{changed}{assign}{value}");
    changed != key
}

fn time_twice(signed: &mut Signed, wrong_first: bool) -> bool {
    if signed.elements.len() < 2 {
        return false;
    }
    let Some((key, assign, value)) = split(signed, &signed.elements[0]) else { return false };
    let other = format!("{key}{assign}{}", value.parse::<u64>().unwrap() + 1);
    list(signed, |list| list.insert(usize::from(!wrong_first), other))
}

fn prefix(signed: &mut Signed, change: impl FnOnce(&str) -> String) -> bool {
    match signed.draft.scheme.extraction() {
        Extraction::Prefixed(prefix) if !prefix.is_empty() => {
            let changed = change(prefix);
            signed.elements[0] = format!("{changed}{}", signed.signature);
            true
        }
        _ => false,
    }
}

/// Where the id is signed; elsewhere nobody looks at it.
fn id(draft: &mut crate::draft::Draft, text: &str) -> bool {
    draft.id = Some(text.to_owned());
    id_header(&draft.scheme).is_some()
}

fn id_header(scheme: &Scheme) -> Option<String> {
    let signed = scheme.template().to_string().contains("{id}");
    scheme.id().filter(|_| signed).map(ToString::to_string)
}

fn time_header(scheme: &Scheme) -> Option<String> {
    match scheme.timestamp()?.source() {
        TimestampSource::Header(name) => Some(name.to_string()),
        _ => None,
    }
}

fn remove(wire: &mut Wire, header: &str) -> bool {
    wire.headers.retain(|(name, _)| name != header);
    true
}

fn change(wire: &mut Wire, header: &str, change: impl FnOnce(&mut Vec<u8>)) -> bool {
    let value = wire.headers.iter_mut().find(|(name, _)| name == header);
    value.map(|(_, value)| change(value)).is_some()
}

fn repeat(wire: &mut Wire, header: &str, change: fn(&mut [u8]), last: bool) -> bool {
    let at = wire.headers.iter().position(|(name, _)| name == header).unwrap();
    let (name, mut value) = wire.headers[at].clone();
    change(&mut value);
    wire.headers.insert(at + usize::from(last), (name, value));
    true
}

/// Another character in the middle of a value, where signatures are.
fn forge(value: &mut [u8]) {
    let at = value.len() - 8;
    value[at] = if value[at].is_ascii_digit() { b'a' } else { b'7' };
}
