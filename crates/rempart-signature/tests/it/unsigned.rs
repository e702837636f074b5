//! What nobody signed is not handled, however near it comes.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use rempart_core::ManualClock;
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{Challenge, Coverage, Message, Policy, Scheme};
use rempart_testing::{Script, Step};

use crate::support::{NOW, builder, id, secrets_of, send};

const URL: &str = "https://api.example.test/hooks?a=1";

/// What is done to a request that was signed, beside giving it another body.
#[derive(Clone, Debug)]
enum Change {
    Append(Index, Vec<u8>),
    ContentType(&'static str),
    Cut(Index, Index),
    Flip(Index, Index, u8),
    Remove(Index),
    Twice(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let any = any::<Index>;
    prop_oneof![
        (any(), vec(0x20..=0x7e_u8, 0..80)).prop_map(|(nth, text)| Change::Append(nth, text)),
        select(vec![
            "application/json",
            "application/x-www-form-urlencoded",
            "text/plain",
            "application/grpc"
        ])
        .prop_map(Change::ContentType),
        (any(), any()).prop_map(|(nth, at)| Change::Cut(nth, at)),
        (any(), any(), 0..8_u8).prop_map(|(nth, at, bit)| Change::Flip(nth, at, bit)),
        any().prop_map(Change::Remove),
        any().prop_map(Change::Twice),
    ]
}

impl Change {
    fn apply(self, headers: &mut HeaderMap) {
        let names: Vec<HeaderName> = headers.keys().cloned().collect();
        let value = |headers: &HeaderMap, name| headers.get(name).unwrap().as_bytes().to_vec();
        let set = |headers: &mut HeaderMap, name: &HeaderName, bytes: Vec<u8>| {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                headers.insert(name, value);
            }
        };
        match self {
            Self::ContentType(text) => set(headers, &header::CONTENT_TYPE, text.into()),
            _ if names.is_empty() => {}
            Self::Append(nth, mut text) => {
                let name = nth.get(&names);
                text.splice(0..0, value(headers, name));
                headers.append(name, HeaderValue::from_bytes(&text).unwrap());
            }
            Self::Cut(nth, at) => {
                let name = nth.get(&names);
                let mut bytes = value(headers, name);
                bytes.truncate(at.index(bytes.len() + 1));
                set(headers, name, bytes);
            }
            Self::Flip(nth, at, bit) => {
                let name = nth.get(&names);
                let mut bytes = value(headers, name);
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] ^= 1 << bit;
                }
                set(headers, name, bytes);
            }
            Self::Remove(nth) => drop(headers.remove(nth.get(&names))),
            Self::Twice(nth) => {
                let name = nth.get(&names);
                let again = headers[name].clone();
                headers.append(name, again);
            }
        }
    }
}

fn challenge_of(scheme: &Scheme) -> Option<Challenge> {
    match scheme.name() {
        "slack" => Some(Challenge::slack()),
        "zoom" => Some(Challenge::zoom()),
        "dropbox" => Some(Challenge::dropbox()),
        "meta" => Some(Challenge::meta(Secret::new("a-made-up-verify-token").unwrap())),
        _ => None,
    }
}

fn policy(scheme: &Scheme) -> Policy {
    let (_, verifies) = secrets_of(scheme).unwrap();
    let policy = builder(scheme.clone(), &ManualClock::at(NOW));
    let policy = policy.keys(KeyRing::single(id("current"), verifies));
    let policy = policy.public_url("https://api.example.test".parse().unwrap()).body_limit(4096);
    match challenge_of(scheme) {
        Some(challenge) => policy.challenge(challenge).build().unwrap(),
        None => policy.build().unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_request_that_nobody_signed_is_never_handled(
        nth in any::<Index>(),
        method in select(vec!["GET", "HEAD", "POST", "PUT", "post", "OPTIONS"]),
        query in "[a-z.]{0,9}(=[%a-z0-9&=.]{0,9})?|challenge=[a-z<%0-9]{0,9}|hub.mode=subscribe",
        signed in "a=[a-z0-9{}\":,]{0,40}",
        sent in vec(vec(any::<u8>(), 0..30), 0..4),
        ending in select(vec!["ends", "is cut off", "waits"]),
        changes in vec(change(), 0..5),
    ) {
        // What covers less says nothing of a body, and one asks for a time in the body.
        let signs_any = |scheme: &Scheme| {
            scheme.coverage() == Coverage::Body && scheme.name() != "linear"
        };
        let schemes = Scheme::presets().filter(|scheme| secrets_of(scheme).is_some());
        let schemes: Vec<Scheme> = schemes.filter(signs_any).collect();
        let scheme = nth.get(&schemes);
        // Neither the body nor, where it is what is signed, the form in it.
        prop_assume!(sent.concat() != signed.as_bytes());
        prop_assume!(!(scheme.name() == "twilio" && matches!(method, "GET" | "HEAD")));

        let (signs, _) = secrets_of(scheme).unwrap();
        let message = Message::new(signed.as_bytes(), NOW).url(URL).id("msg_1");
        let mut headers = scheme.sign(&signs, &message).unwrap();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for change in changes {
            change.apply(&mut headers);
        }
        let body = sent.into_iter().fold(Script::new(), Script::data);
        let body = match ending {
            "ends" => body,
            "waits" => body.then(Step::Pending),
            _ => body.then(Step::Cut),
        };
        let uri = format!("/hooks?{query}");
        let Ok(mut request) = Request::builder().method(method).uri(uri).body(body) else {
            return Ok(());
        };
        *request.headers_mut() = headers;

        let is_get = request.method() == Method::GET;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let got = runtime.block_on(send(policy(scheme), request));
        prop_assert!(got.handled.is_none());
        let refused = matches!(got.status.as_u16(), 400 | 401 | 405 | 413 | 415);
        let in_grpc = got.headers.contains_key("grpc-status");
        let handshake = is_get && challenge_of(scheme).is_some() && got.status == 200;
        prop_assert!(refused || in_grpc || handshake, "{}", got.status);
        prop_assert_eq!(got.told.len(), 1);
    }
}
