//! Secrets on their way out: found in every form, at every place, however the body is cut.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails in these ways has failed, as it should"
)]

use std::future::ready;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use rempart_keys::Secret;
use rempart_testing::{Script, Step, strict};
use rempart_token::egress::{EgressGuardLayer, Policy, Streams};
use tower::{Layer, ServiceExt};

/// How a test writes a secret; the choices byte by byte, or character by character, are `mix`.
#[derive(Clone, Copy, Debug)]
enum Form {
    Raw,
    LowerHex,
    UpperHex,
    Base64 { alphabet: usize, ahead: usize },
    Percent,
    Json,
    JsonOfPercent,
    PercentOfJson,
    JsonOfJson,
}

fn any_form() -> impl Strategy<Value = Form> {
    prop_oneof![
        Just(Form::Raw),
        Just(Form::LowerHex),
        Just(Form::UpperHex),
        (0..4_usize, 0..6_usize).prop_map(|(alphabet, ahead)| Form::Base64 { alphabet, ahead }),
        Just(Form::Percent),
        Just(Form::Json),
        Just(Form::JsonOfPercent),
        Just(Form::PercentOfJson),
        Just(Form::JsonOfJson),
    ]
}

fn any_secret() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[A-Za-z0-9]{8,64}".prop_map(String::into_bytes),
        "sb_secret_[A-Za-z0-9_]{8,40}".prop_map(String::into_bytes),
        "[A-Za-z0-9+/]{20,60}={0,2}".prop_map(String::into_bytes),
        "[!-~]{8,300}".prop_map(String::into_bytes),
        "[!-~][ -~]{6,80}[!-~]".prop_map(String::into_bytes),
        "[!-~]{3}\\PC{5,40}[!-~]".prop_map(String::into_bytes),
        vec(any::<u8>(), 8..100),
    ]
}

fn percent(bytes: &[u8], mix: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for (byte, how) in bytes.iter().zip(mix.iter().cycle()) {
        match how % 4 {
            0 | 1 if *byte != b'%' => text.push(*byte),
            2 => text.extend(format!("%{byte:02x}").into_bytes()),
            _ => text.extend(format!("%{byte:02X}").into_bytes()),
        }
    }
    text
}

fn json(text: &str, mix: &[u8]) -> String {
    let mut escaped = String::new();
    for (c, how) in text.chars().zip(mix.iter().cycle()) {
        let must = c.is_control() || matches!(c, '"' | '\\');
        match (how % 4, c) {
            (0 | 1, c) if !must => escaped.push(c),
            (2, '"' | '\\' | '/') => escaped.extend(['\\', c]),
            (3, c) => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                escaped.extend([format!("\\u{unit:04X}")]);
            }),
            (_, c) => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                escaped.extend([format!("\\u{unit:04x}")]);
            }),
        }
    }
    escaped
}

/// `None` where the form has no way of writing it: JSON holds text.
fn write(secret: &[u8], form: Form, mix: &[u8]) -> Option<Vec<u8>> {
    let text = || str::from_utf8(secret).ok();
    Some(match form {
        Form::Raw => secret.to_vec(),
        Form::LowerHex => secret.iter().flat_map(|b| format!("{b:02x}").into_bytes()).collect(),
        Form::UpperHex => secret.iter().flat_map(|b| format!("{b:02X}").into_bytes()).collect(),
        Form::Base64 { alphabet, ahead } => {
            let engine = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD][alphabet];
            let bytes = [&mix[..ahead], secret, &mix[ahead..][..mix.len() % 4]].concat();
            engine.encode(bytes).into()
        }
        Form::Percent => percent(secret, mix),
        Form::Json => json(text()?, mix).into(),
        Form::JsonOfPercent => json(str::from_utf8(&percent(secret, mix)).ok()?, &mix[1..]).into(),
        Form::PercentOfJson => percent(json(text()?, mix).as_bytes(), &mix[1..]),
        Form::JsonOfJson => json(&json(text()?, mix), &mix[1..]).into(),
    })
}

/// The secret that is looked for is one of several.
fn policy(secret: &[u8]) -> Policy {
    let others = ["another-made-up-one", "made-up-too-0123456789"].map(|s| Secret::new(s).unwrap());
    Policy::builder("egress")
        .secrets([("ONE", &others[0]), ("TWO", &others[1])])
        .secret("WANTED", &Secret::from_binary(secret).unwrap())
        .streams(Streams::Hold)
        .build()
        .unwrap()
}

/// Cuts a body at these places.
fn script(body: &[u8], cuts: &[Index]) -> Script {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
    cuts.sort_unstable();
    let mut script = Script::new();
    let mut from = 0;
    for cut in cuts {
        script = script.data(body[from..cut].to_vec()).then(Step::Pending);
        from = cut;
    }
    script.data(body[from..].to_vec())
}

fn send(policy: Policy, body: Script) -> (StatusCode, Vec<u8>, Option<HeaderMap>) {
    let mut body = Some(body);
    let service = EgressGuardLayer::new(policy)
        .observer(())
        .layer(strict(move |_: Request<()>| ready(Response::new(body.take().unwrap()))));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        // A strict service is no clone: it is asked once.
        let response = service.oneshot(Request::new(())).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap();
        let trailers = body.trailers().cloned();
        (status, body.to_bytes().to_vec(), trailers)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn finds_every_secret_in_every_form_at_every_place(
        secret in any_secret(),
        form in any_form(),
        mix in vec(any::<u8>(), 8..40),
        before in "[ -$&-\\[\\]-~]{0,300}",
        after in "[ -$&-\\[\\]-~]{0,300}",
        sign in select(vec!["=", "\"", " ", "\n", ""]),
    ) {
        let Some(written) = write(&secret, form, &mix) else { return Ok(()) };
        // What stands before base64 is no digit of it.
        let sign = if matches!(form, Form::Base64 { .. }) && sign.is_empty() { "=" } else { sign };
        let text = [before.as_bytes(), sign.as_bytes(), &written, after.as_bytes()].concat();
        let policy = policy(&secret);
        prop_assert_eq!(policy.find(&text), Some("WANTED"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn holds_a_secret_back_however_the_body_is_cut(
        secret in any_secret(),
        form in any_form(),
        mix in vec(any::<u8>(), 8..40),
        before in "[a-zA-Z0-9 ]{0,2000}",
        cuts in vec(any::<Index>(), 0..12),
    ) {
        let Some(written) = write(&secret, form, &mix) else { return Ok(()) };
        let body = [before.as_bytes(), b"\"", &written, b"\""].concat();
        let (status, sent, _) = send(policy(&secret), script(&body, &cuts));
        prop_assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        prop_assert!(sent.starts_with(b"{\"type\""), "nothing of the body");
    }

    #[test]
    fn passes_everything_else_byte_for_byte_with_its_trailers(
        secret in any_secret(),
        body in prop_oneof![
            vec(any::<u8>(), 0..5000),
            "[%\\\\ux0-9a-f/\"]{0,3000}".prop_map(String::into_bytes),
        ],
        cuts in vec(any::<Index>(), 0..12),
        trailer in proptest::option::of("[!-~]{0,40}"),
    ) {
        let trailers = trailer.map(|value| {
            HeaderMap::from_iter([(http::HeaderName::from_static("x-sum"), value.parse().unwrap())])
        });
        let mut steps = script(&body, &cuts);
        if let Some(trailers) = trailers.clone() {
            steps = steps.then(Step::Trailers(trailers));
        }
        let (status, sent, sent_trailers) = send(policy(&secret), steps);
        prop_assert_eq!(status, StatusCode::OK);
        prop_assert_eq!(sent, body);
        prop_assert_eq!(sent_trailers, trailers);
    }

    #[test]
    fn nobody_prints_a_secret(secret in "[!-~]{8,200}") {
        let builder = Policy::builder("egress").secret("WANTED", &Secret::new(secret.clone()).unwrap());
        let policy = builder.clone().build().unwrap();
        let layer = EgressGuardLayer::new(policy.clone());
        for text in [format!("{builder:?}"), format!("{policy:#?}"), format!("{layer:?}")] {
            prop_assert_eq!(policy.find(text.as_bytes()), None);
        }
    }
}

#[test]
fn finds_a_secret_wherever_it_lies_in_a_long_escaped_text() {
    let secret = b"made-up/for+the=test";
    let policy = policy(secret);
    let wanted = percent(secret, &[0, 2, 1]);
    // A window is looked at after about 16 KiB of what was unescaped, and every 16 KiB from there.
    for filler in ["%41", "\\n", "\\u0041"] {
        for place in (16_300..17_000).chain(32_700..33_400).step_by(5) {
            let mut text = filler.repeat(place).into_bytes();
            text.push(b'=');
            text.extend(&wanted);
            text.extend(filler.repeat(20).bytes());
            assert_eq!(policy.find(&text), Some("WANTED"), "{filler} at {place}");
        }
    }
    assert_eq!(policy.find("%41".repeat(400_000).as_bytes()), None);
}
