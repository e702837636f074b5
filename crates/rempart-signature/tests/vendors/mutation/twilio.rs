//! What Twilio signs: URLs, forms, digests of bodies; and what becomes of them.

use std::time::Duration;

use rempart_signature::Scheme;

use super::body::json;
use super::{Mutation, draft, wire};
use crate::chance::Chance;
use crate::draft::{Draft, Wire};
use crate::keys;
use crate::rows::{Content, Row};

const FORM: &str = "application/x-www-form-urlencoded";

#[rustfmt::skip]
pub(super) const ALL: &[Mutation] = &[
    draft("signed with the port",                      |draft, row, _| url(draft, row, |url| url.replace(".test/", ".test:443/"))),
    draft("signed with another port",                  |draft, row, _| url(draft, row, |url| url.replace(".test/", ".test:8443/"))),
    draft("signed as http",                            |draft, row, _| url(draft, row, |url| url.replace("https:", "http:"))),
    draft("signed with a quote in the query",          |draft, row, _| { draft.called.push_str("&q=it's"); url(draft, row, |url| format!("{url}&q=it's")) }),
    draft("signed with a repeated pair",               |draft, _, _| form(draft, |form| form.push_str("&Digits=1&Digits=2&Digits=1"))),
    draft("signed with an empty value",                |draft, _, _| form(draft, |form| form.push_str("&Empty=&Bare"))),
    draft("signed with names that UTF-16 sorts otherwise", |draft, _, _| form(draft, |form| form.push_str("&%EF%BF%A6=1&%F0%9F%98%80=2"))),
    draft("signed with a value that is no UTF-8",      |draft, _, _| form(draft, |form| form.push_str("&Odd=%ff%fe"))),
    draft("signed with half an escape",                |draft, _, _| form(draft, |form| form.push_str("&Half=100%&Less=%4"))),
    draft("signed with a name like a property",        |draft, _, _| form(draft, |form| form.push_str("&__proto__=1&constructor=2"))),

    wire("it is called with the port",                 |wire, _, _| call(wire, |url| url.replace(".test/", ".test:443/"))),
    wire("it is called at another path",               |wire, _, _| call(wire, |url| url.replace("/in", "/on"))),
    wire("it is called with more of a query",          |wire, _, _| call(wire, |url| format!("{url}&z=9"))),
    wire("it is called with its query turned round",   |wire, _, _| call(wire, |url| url.replace("a=1&b=x%20y", "b=x%20y&a=1"))),
    wire("an escape of the query is written otherwise", |wire, _, _| call(wire, |url| url.replace("x%20y", "x+y"))),
    wire("the form is turned round",                   |wire, _, _| pairs(wire, |pairs| pairs.reverse())),
    wire("a pair of the form is sent twice",           |wire, _, _| pairs(wire, |pairs| pairs.push(pairs[0].clone()))),
    wire("a pair of the form is taken out",            |wire, _, _| pairs(wire, |pairs| { pairs.pop(); })),
    wire("a pair is put into the form",                |wire, _, _| pairs(wire, |pairs| pairs.push("Extra=1".to_owned()))),
    wire("blank pairs are put into the form",          |wire, _, _| pairs(wire, |pairs| pairs.insert(1, String::new()))),
    wire("a value moves into its name",                |wire, _, _| pairs(wire, |pairs| pairs[0] = pairs[0].replace("=CA", "C=A"))),
    wire("blanks are escaped otherwise",               |wire, _, _| pairs(wire, |pairs| pairs.iter_mut().for_each(|pair| *pair = pair.replace('+', "%20")))),
    wire("the form says it is JSON",                   |wire, _, _| is_form(wire) && content_type(wire, "application/json")),
    wire("the form says a character set",              |wire, _, _| is_form(wire) && content_type(wire, "application/x-www-form-urlencoded; charset=UTF-8")),
    wire("JSON says it is a form",                     |wire, _, _| !is_form(wire) && wire.method == "POST" && content_type(wire, FORM)),
    wire("the digest is in upper case",                |wire, _, _| digest(wire, &str::to_ascii_uppercase)),
    wire("the digest is another",                      |wire, _, _| digest(wire, &|_| "0".repeat(64))),
    wire("the digest is cut short",                    |wire, _, _| digest(wire, &|text| text[..62].to_owned())),
    wire("the URL of a GET is called with a body",     |wire, _, _| wire.method == "GET" && { wire.method = "POST"; wire.body = b"{\"forged\":true}".to_vec(); content_type(wire, "application/json") }),
    wire("the URL of a GET is called with a form",     |wire, _, _| wire.method == "GET" && { wire.method = "POST"; wire.body = b"Forged=1".to_vec(); content_type(wire, FORM) }),
    wire("the URL of a GET is called with an empty form", |wire, _, _| wire.method == "GET" && { wire.method = "POST"; content_type(wire, FORM) }),
];

/// A form, JSON under its digest, or a GET.
pub(super) fn sent(scheme: &Scheme, chance: &mut Chance) -> Draft {
    let mut url = "https://hooks.example.test/in?a=1&b=x%20y".to_owned();
    let (method, content_type, body) = match chance.below(8) {
        0 => ("GET", "", String::new()),
        1 | 2 => {
            let body = json(chance);
            url.push_str("&bodySHA256=");
            url.push_str(&Scheme::digest_of(body.as_bytes()));
            ("POST", "application/json", body)
        }
        _ => {
            let texts = ["Hello", "a+b", "%C3%A9t%C3%A9", "%F0%9F%98%80", "1%2B1%3D2", "%26%3D%25"];
            let sid = chance.text(32);
            let text = chance.one_of(&texts);
            ("POST", FORM, format!("CallSid=CA{sid}&To=%2B18005551212&Body={text}&From="))
        }
    };
    Draft {
        scheme: scheme.clone(),
        keys: keys::of(scheme, chance),
        method,
        called: url.clone(),
        url,
        content_type,
        body: body.into(),
        timestamp: None,
        id: None,
        named: Vec::new(),
        sent: Duration::from_secs(1_700_000_000),
        now: Duration::from_secs(1_700_000_000),
    }
}

/// The URL that is signed; the one that is called stays, which is what a proxy does.
fn url(draft: &mut Draft, row: &Row, change: impl FnOnce(&str) -> String) -> bool {
    draft.url = change(&draft.url);
    row.content == Content::Signed
}

fn form(draft: &mut Draft, change: impl FnOnce(&mut String)) -> bool {
    let mut text = String::from_utf8(draft.body.clone()).unwrap();
    change(&mut text);
    draft.body = text.into();
    draft.content_type == FORM
}

fn call(wire: &mut Wire, change: impl FnOnce(&str) -> String) -> bool {
    let changed = change(&wire.url);
    let differs = changed != wire.url;
    wire.url = changed;
    differs
}

fn is_form(wire: &Wire) -> bool {
    wire.headers.iter().any(|(_, value)| value == FORM.as_bytes())
}

fn pairs(wire: &mut Wire, change: impl FnOnce(&mut Vec<String>)) -> bool {
    let Ok(text) = std::str::from_utf8(&wire.body) else { return false };
    let mut pairs: Vec<String> = text.split('&').map(str::to_owned).collect();
    change(&mut pairs);
    let changed = pairs.join("&").into_bytes();
    let differs = changed != wire.body;
    wire.body = changed;
    differs && is_form(wire)
}

fn content_type(wire: &mut Wire, value: &str) -> bool {
    wire.headers.retain(|(name, _)| name != "content-type");
    wire.headers.push(("content-type".to_owned(), value.into()));
    wire.headers.iter().any(|(name, _)| name == "x-twilio-signature")
}

fn digest(wire: &mut Wire, change: &dyn Fn(&str) -> String) -> bool {
    let Some((before, digest)) = wire.url.split_once("bodySHA256=") else { return false };
    wire.url = format!("{before}bodySHA256={}", change(digest));
    true
}
