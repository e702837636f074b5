//! Bodies: what is signed, and what becomes of it on its way.

use rempart_signature::{Scheme, Timestamp, TimestampSource};

use super::{Mutation, draft, time, wire};
use crate::chance::Chance;
use crate::draft::{Draft, Wire};
use crate::keys;
use crate::rows::{Content, Row};

#[rustfmt::skip]
pub(crate) const ALL: &[Mutation] = &[
    draft("signed with an empty body",                 |draft, row, _| sign(draft, row, Vec::new())),
    draft("signed with a body of one byte",            |draft, row, _| sign(draft, row, b"0".to_vec())),
    draft("signed with a body that is a form",         |draft, row, _| sign(draft, row, b"payload=%7B%22a%22%3A1%7D&text=a+b".to_vec())),
    draft("signed with a body that ends a line",       |draft, row, _| sign(draft, row, b"[{\"event\":\"open\"}]\r\n".to_vec())),
    draft("signed with a body that begins with a BOM", |draft, row, _| sign(draft, row, "\u{feff}{\"a\":1}".into())),
    draft("signed with zero bytes in the body",        |draft, row, _| sign(draft, row, b"{\"a\":\"\0\0\"}\0".to_vec())),
    draft("signed with a replacement character",       |draft, row, _| sign(draft, row, "{\"a\":\"\u{fffd}\"}".into())),
    draft("signed with a body that is no UTF-8",       |draft, row, chance| sign(draft, row, no_text(chance))),
    draft("signed with a body of 256 KiB",             |draft, row, chance| {
        // They are dear, and one is much as another.
        chance.below(8) == 0 && sign(draft, row, chance.text(256 * 1024).into())
    }),

    wire("a bit of the body is flipped",               |wire, _, chance| place(wire, chance).is_some_and(|at| { wire.body[at] ^= 1 << chance.below(8); true })),
    wire("a byte is put into the body",                |wire, _, chance| place(wire, chance).is_some_and(|at| { wire.body.insert(at, b' '); true })),
    wire("a byte is taken out of the body",            |wire, _, chance| place(wire, chance).is_some_and(|at| { wire.body.remove(at); true })),
    wire("the body is cut off",                        |wire, _, chance| place(wire, chance).is_some_and(|at| { wire.body.truncate(at); true })),
    wire("the body is gone",                           |wire, _, _| place_first(wire, Vec::clear)),
    wire("a line's end is put after the body",         |wire, _, _| place_first(wire, |body| body.push(b'\n'))),
    wire("a BOM is put before the body",               |wire, _, _| place_first(wire, |body| { body.splice(..0, *b"\xef\xbb\xbf"); })),
    wire("the body is sent twice",                     |wire, _, _| place_first(wire, |body| body.extend_from_within(..))),
    wire("a zero byte is put after the body",          |wire, _, _| place_first(wire, |body| body.push(0))),
    wire("a character becomes its escape",             |wire, _, _| swap(wire, "é", "\\u00e9")),
    wire("an escape becomes its character",            |wire, _, _| swap(wire, "\\u00e9", "é")),
    wire("a character is composed otherwise",          |wire, _, _| swap(wire, "é", "e\u{301}")),
    wire("a replacement character was no UTF-8",       |wire, _, _| {
        let Some(at) = wire.body.windows(3).position(|bytes| bytes == "\u{fffd}".as_bytes()) else { return false };
        wire.body.splice(at..at + 3, [0xff]);
        true
    }),
];

const URL: &str = "https://hooks.example.test/in?a=1";

/// What such a vendor sends.
pub(super) fn sent(row: &Row, scheme: &Scheme, chance: &mut Chance) -> Draft {
    let (timestamp, sent, now) = time::in_time(scheme, row.past, chance);
    let mut body = match row.content {
        Content::Event => event(chance),
        _ => json(chance),
    };
    if let (Some(TimestampSource::Member(member)), Some(text)) =
        (scheme.timestamp().map(Timestamp::source), &timestamp)
    {
        body = body.replacen('{', &format!(r#"{{"{member}":{text},"#), 1);
    }
    let named = scheme.signed_headers().map(|_| {
        vec![
            ("x-event-id", format!("evt_{}", chance.text(8))),
            ("x-event-type", "a.b.c".to_owned()),
        ]
    });
    Draft {
        scheme: scheme.clone(),
        keys: keys::of(scheme, chance),
        method: "POST",
        url: URL.to_owned(),
        called: URL.to_owned(),
        content_type: "application/json",
        body: body.into(),
        timestamp,
        id: Some(format!("msg_{}", chance.text(20))),
        named: named.unwrap_or_default(),
        sent,
        now,
    }
}

pub(crate) fn json(chance: &mut Chance) -> String {
    let words =
        ["", "plain", "é", "\u{fffd}", "\u{1f600} ok", "a\\nb", "\\u00e9", "<&'+%20>", "١٢"];
    let length = if chance.below(32) == 0 { 16 * 1024 } else { 300 };
    let length = chance.below(length);
    format!(
        r#"{{"id":"evt_{}", "object":"event","text":"{}","n":{},"data":"{}"}}"#,
        chance.text(14),
        chance.one_of(&words),
        chance.below(1000),
        chance.text(length),
    )
}

/// As JavaScript writes it: a vendor whose library writes the body anew sends nothing else.
fn event(chance: &mut Chance) -> String {
    let words = ["", "plain", "é", "\u{fffd}", "\u{1f600} ok", "a\\nb", "<&'+%20>", "١٢"];
    let length = chance.below(300);
    format!(
        r#"{{"event":"message:send","id":"evt_{}","text":"{}","n":{},"data":"{}"}}"#,
        chance.text(14),
        chance.one_of(&words),
        chance.below(1000),
        chance.text(length),
    )
}

/// Twilio's bodies are forms, and its own affair.
fn sign(draft: &mut Draft, row: &Row, body: Vec<u8>) -> bool {
    draft.body = body;
    row.content != Content::Signed
}

fn no_text(chance: &mut Chance) -> Vec<u8> {
    let mut body: Vec<u8> = (0..chance.below(64)).map(|_| chance.byte()).collect();
    body.push(0xff);
    body
}

fn place(wire: &Wire, chance: &mut Chance) -> Option<usize> {
    (!wire.body.is_empty()).then(|| chance.below(wire.body.len()))
}

fn place_first(wire: &mut Wire, change: impl FnOnce(&mut Vec<u8>)) -> bool {
    change(&mut wire.body);
    true
}

fn swap(wire: &mut Wire, from: &str, to: &str) -> bool {
    let Ok(text) = std::str::from_utf8(&wire.body) else { return false };
    let swapped = text.replacen(from, to, 1).into_bytes();
    let changed = swapped != wire.body;
    wire.body = swapped;
    changed
}
