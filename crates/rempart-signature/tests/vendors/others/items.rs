//! Adyen's webhooks, of whose items each is signed for itself.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rempart_keys::{KeyId, KeyRing, Secret};
use rempart_signature::{Coverage, Head, ItemSignatures, Policy, Rejection, verify};
use sha2::Sha256;

use super::Way::{self, Draft as D, Wire as W};
use crate::chance::Chance;
use crate::draft::Wire;

/// `made-up-for-the-tests-only-no-01`.
const KEY: &str = "6D6164652D75702D666F722D7468652D74657374732D6F6E6C792D6E6F2D3031";
const STRANGERS: &str = "6E6F626F64792D676176652D746869732D6B65792D746F2D612D76656E646F72";

/// The fields that are signed, in their order.
const FIELDS: [&str; 8] = [
    "pspReference",
    "originalReference",
    "merchantAccountCode",
    "merchantReference",
    "value",
    "currency",
    "eventCode",
    "success",
];
const PSP: usize = 0;
const ORIGINAL: usize = 1;
const REFERENCE: usize = 3;
const VALUE: usize = 4;
const CURRENCY: usize = 5;
const SUCCESS: usize = 7;

/// What is about to be signed: items, and what stands around them.
struct Draft {
    items: Vec<Item>,
    tail: &'static str,
}

/// Of each field its JSON, or nothing, and what of it is signed.
#[derive(Clone)]
struct Item {
    fields: [Option<String>; 8],
    signed: [String; 8],
    key: &'static str,
    /// What is written of the signature.
    written: fn(String) -> String,
    more: &'static str,
}

#[rustfmt::skip]
const WAYS: &[Way<Draft>] = &[
    D("signed with another secret",                    |draft, chance| item(draft, chance, |item| item.key = STRANGERS)),
    D("a character of the signature is another",       |draft, chance| written(draft, chance, |text| text.replacen(|c: char| c.is_ascii_alphabetic(), "7", 1))),
    D("the signature is empty",                        |draft, chance| written(draft, chance, |_| String::new())),
    D("the signature is cut in half",                  |draft, chance| written(draft, chance, |text| text[..text.len() / 2].to_owned())),
    D("the signature lacks its last character",        |draft, chance| written(draft, chance, |text| text[..text.len() - 1].to_owned())),
    D("the signature lacks its last two",              |draft, chance| written(draft, chance, |text| text[..text.len() - 2].to_owned())),
    D("= is put after the signature",                  |draft, chance| written(draft, chance, |text| format!("{text}="))),
    D("letters are put after the signature",           |draft, chance| written(draft, chance, |text| format!("{text}zz"))),
    D("a blank is put into the signature",             |draft, chance| written(draft, chance, |text| format!("{} {}", &text[..8], &text[8..]))),
    D("a blank is put before the signature",           |draft, chance| written(draft, chance, |text| format!(" {text}"))),
    D("something that is no digit is put into the signature", |draft, chance| written(draft, chance, |text| format!("{}!{}", &text[..8], &text[8..]))),
    D("the signature is in the alphabet of URLs",      |draft, chance| written(draft, chance, |text| text.replace('+', "-").replace('/', "_"))),
    D("the signature has its slashes escaped",         |draft, chance| written(draft, chance, |text| text.replace('/', "\\/"))),
    D("the signature is in upper case",                |draft, chance| written(draft, chance, |text| text.to_ascii_uppercase())),

    D("an item is not signed",                         |draft, chance| item(draft, chance, |item| item.more = "unsigned")),
    D("an item says its signature twice",              |draft, chance| item(draft, chance, |item| item.more = "twice")),
    D("an item says a field twice",                    |draft, chance| item(draft, chance, |item| item.more = r#","eventCode":"REFUND""#)),
    D("an item says a field twice, once in disguise",  |draft, chance| item(draft, chance, |item| item.more = r#","event\u0043ode":"REFUND""#)),
    D("there is no item",                              |draft, _| { draft.items.clear(); true }),
    D("an item is there twice",                        |draft, _| { draft.items.push(draft.items[0].clone()); true }),
    D("there are 33 items",                            |draft, chance| { draft.items = (0..33).map(|_| sent_item(chance)).collect(); true }),
    D("there are 32 items",                            |draft, chance| { draft.items = (0..32).map(|_| sent_item(chance)).collect(); true }),
    D("the list of items is there twice",              |draft, _| { draft.tail = r#","notificationItems":[]"#; true }),
    D("there is more after the items",                 |draft, _| { draft.tail = r#","more":{"a":[1,2e3,null,"\u00e9"]}"#; true }),
    D("there is half an object",                       |draft, _| { draft.tail = r#","more""#; true }),

    D("signed with a colon in the reference",          |draft, chance| signed(draft, chance, REFERENCE, r#""a:b""#, "a:b")),
    D("signed with a colon in another field",          |draft, chance| signed(draft, chance, PSP, r#""a:b""#, "a:b")),
    D("signed with a backslash in the reference",      |draft, chance| signed(draft, chance, REFERENCE, r#""a\\b""#, "a\\b")),
    D("signed with an escape in the reference",        |draft, chance| signed(draft, chance, REFERENCE, r#""\u00e9\ud83d\ude00\/""#, "é\u{1f600}/")),
    D("signed with half a character in the reference", |draft, chance| signed(draft, chance, REFERENCE, r#""a\ud83d""#, "a\u{fffd}")),
    D("signed with a zero byte in the reference",      |draft, chance| signed(draft, chance, REFERENCE, r#""a\u0000b""#, "a\0b")),
    D("signed with an empty reference",                |draft, chance| signed(draft, chance, REFERENCE, r#""""#, "")),
    D("signed with no reference",                      |draft, chance| { item(draft, chance, |item| { item.fields[REFERENCE] = None; item.signed[REFERENCE].clear(); }) }),
    D("signed with null for a field",                  |draft, chance| signed(draft, chance, ORIGINAL, "null", "")),
    D("signed with a number for a field",              |draft, chance| signed(draft, chance, REFERENCE, "17", "17")),
    D("signed with a list for a field",                |draft, chance| signed(draft, chance, REFERENCE, r#"["a"]"#, "a")),
    D("signed with no reference of the vendor's",      |draft, chance| { item(draft, chance, |item| { item.fields[PSP] = None; item.signed[PSP].clear(); }) }),
    D("signed with a success that is no text",         |draft, chance| signed(draft, chance, SUCCESS, "true", "true")),
    D("signed with another success",                   |draft, chance| signed(draft, chance, SUCCESS, r#""TRUE""#, "TRUE")),
    D("signed with an amount in quotation marks",      |draft, chance| signed(draft, chance, VALUE, r#""1130""#, "1130")),
    D("signed with a fraction for an amount",          |draft, chance| signed(draft, chance, VALUE, "11.5", "11.5")),
    D("signed with an amount that ends in .0",         |draft, chance| signed(draft, chance, VALUE, "11.0", "11")),
    D("signed with an amount with an exponent",        |draft, chance| signed(draft, chance, VALUE, "1e3", "1000")),
    D("signed with a negative amount",                 |draft, chance| signed(draft, chance, VALUE, "-11", "-11")),
    D("signed with an amount of nothing",              |draft, chance| signed(draft, chance, VALUE, "0", "0")),
    D("signed with an amount of minus nothing",        |draft, chance| signed(draft, chance, VALUE, "-0", "0")),
    D("signed with an amount of 2^53 + 1",             |draft, chance| signed(draft, chance, VALUE, "9007199254740993", "9007199254740993")),
    D("signed with no amount",                         |draft, chance| item(draft, chance, |item| for at in [VALUE, CURRENCY] { item.fields[at] = None; item.signed[at].clear(); })),

    W("a field is changed",                            |wire, _| replace(wire, "\"EUR\"", "\"USD\"")),
    W("success is changed",                            |wire, _| replace(wire, "\"success\":\"false\"", "\"success\":\"true\"")),
    W("an amount gets a zero more",                    |wire, _| replace(wire, "\"value\":1", "\"value\":10")),
    W("a field that nobody signed is changed",         |wire, _| replace(wire, "\"live\":\"false\"", "\"live\":\"true\"")),
    W("a field is renamed",                            |wire, _| replace(wire, "\"pspReference\"", "\"pspreference\"")),
];

/// What Adyen sends.
fn sent(chance: &mut Chance) -> Draft {
    let items = if chance.below(8) == 0 { 1 + chance.below(4) } else { 1 };
    Draft { items: (0..items).map(|_| sent_item(chance)).collect(), tail: "" }
}

fn sent_item(chance: &mut Chance) -> Item {
    let references = ["", "plain", "é", "\u{1f600} ok", "a:b", "١٢", "<&'+%20>", "\u{fffd}"];
    let text = |text: &str| (Some(format!("\"{text}\"")), text.to_owned());
    let value = (1 + chance.below(100_000)).to_string();
    let all = [
        text(&chance.text(16)),
        if chance.below(3) == 0 { text(&chance.text(16)) } else { (None, String::new()) },
        text("MadeUpMerchant"),
        text(&format!("{}{}", chance.one_of(&references), chance.text(4))),
        (Some(value.clone()), value),
        text(chance.one_of(&["EUR", "CAD", "JPY"])),
        text(chance.one_of(&["AUTHORISATION", "CAPTURE", "REFUND"])),
        text(chance.one_of(&["true", "false"])),
    ];
    let (fields, signed) = (all.clone().map(|(json, _)| json), all.map(|(_, signed)| signed));
    Item { fields, signed, key: KEY, written: |text| text, more: "" }
}

fn item(draft: &mut Draft, chance: &mut Chance, alter: impl FnOnce(&mut Item)) -> bool {
    let at = chance.below(draft.items.len());
    alter(&mut draft.items[at]);
    true
}

fn written(draft: &mut Draft, chance: &mut Chance, written: fn(String) -> String) -> bool {
    item(draft, chance, |item| item.written = written)
}

fn signed(draft: &mut Draft, chance: &mut Chance, at: usize, json: &str, signed: &str) -> bool {
    item(draft, chance, |item| {
        item.fields[at] = Some(json.to_owned());
        signed.clone_into(&mut item.signed[at]);
    })
}

fn replace(wire: &mut Wire, from: &str, to: &str) -> bool {
    let Ok(text) = std::str::from_utf8(&wire.body) else { return false };
    let replaced = text.replacen(from, to, 1).into_bytes();
    let changed = replaced != wire.body;
    wire.body = replaced;
    changed
}

impl Item {
    fn json(&self) -> String {
        let member =
            |at: usize| self.fields[at].as_ref().map(|json| format!("\"{}\":{json}", FIELDS[at]));
        let amount: Vec<_> = [VALUE, CURRENCY].into_iter().filter_map(member).collect();
        let amount = (!amount.is_empty()).then(|| format!("\"amount\":{{{}}}", amount.join(",")));
        let others = (0..FIELDS.len()).filter(|at| ![VALUE, CURRENCY].contains(at));
        let members: Vec<_> = others.filter_map(member).chain(amount).collect();
        let signature = (self.written)(mac(self.key, &self.signed.join(":")));
        let signature = match self.more {
            "unsigned" => String::new(),
            "twice" => format!(r#""hmacSignature":"","hmacSignature":"{signature}""#),
            _ => format!(r#""hmacSignature":"{signature}""#),
        };
        let more = if self.more.starts_with(',') { self.more } else { "" };
        format!(
            r#"{{"NotificationRequestItem":{{"additionalData":{{{signature}}},{}{more}}}}}"#,
            members.join(",")
        )
    }
}

fn mac(key: &str, text: &str) -> String {
    let digits = key.as_bytes().as_chunks::<2>().0;
    let key: Vec<u8> = digits
        .iter()
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn wire(draft: &Draft) -> Wire {
    let items: Vec<_> = draft.items.iter().map(Item::json).collect();
    let body =
        format!(r#"{{"live":"false","notificationItems":[{}]{}}}"#, items.join(","), draft.tail);
    Wire {
        method: "POST",
        url: "https://hooks.example.test/in".to_owned(),
        headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
        body: body.into(),
        secret: KEY,
        now: Duration::from_secs(1_700_000_000),
    }
}

pub(super) fn request(nth: usize, chance: &mut Chance) -> (&'static str, Wire) {
    super::request(nth, chance, WAYS, sent, wire)
}

pub(super) fn verdict(wire: &Wire) -> Result<(), Rejection> {
    let policy = Policy::builder("vendors")
        .item_signatures(ItemSignatures::adyen())
        .dangerously_accept_coverage(Coverage::Fields)
        .keys(KeyRing::single(KeyId::new("only").unwrap(), Secret::new(wire.secret).unwrap()))
        .dangerously_without_read_deadline()
        .build()
        .unwrap();
    let (method, url, headers) = wire.head();
    verify(&policy, &Head::new(&method, &url, &headers), &wire.body, wire.now).map(drop)
}
