//! Signing is the counterpart of verifying.

use std::time::Duration;

use http::Method;
use rempart_keys::Secret;
use rempart_signature::{Message, Scheme, SignError};

use crate::support::{BODY, NOW, SECRET, header};

fn sign(scheme: &Scheme, message: &Message<'_>) -> Result<Vec<(String, String)>, SignError> {
    let headers = scheme.sign(&Secret::new(SECRET).unwrap(), message)?;
    let mut headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    Ok(headers)
}

#[test]
fn gives_every_header_of_the_scheme() {
    let message = Message::new(BODY, NOW).url("https://api.example.test/").id("msg_1");
    let names = |scheme: &Scheme| {
        let headers = sign(scheme, &message).unwrap();
        headers.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(names(&Scheme::vapi()), ["x-vapi-signature"]);
    assert_eq!(names(&Scheme::vapi_timestamped()), ["x-signature", "x-timestamp"]);
    assert_eq!(names(&Scheme::stripe()), ["stripe-signature"]);
    assert_eq!(names(&Scheme::github()), ["x-github-delivery", "x-hub-signature-256"]);
    let base64 = Secret::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
    let headers = Scheme::standard_webhooks().sign(&base64, &message).unwrap();
    assert_eq!(headers.len(), 3);
    assert_eq!(headers["webhook-timestamp"], "1700000000");
}

#[test]
fn refuses_what_its_counterpart_would_refuse() {
    let message = Message::new(BODY, NOW);
    let svix = Scheme::svix().with_secret_form(rempart_signature::SecretForm::Text);
    let url = "https://api.example.test/";
    let form = Message::new(b"a=1", NOW).url(url);
    let longest = "a".repeat(Scheme::MAX_HEADER);
    let longer = format!("{longest}a");
    #[rustfmt::skip]
    let rows = [
        ("no URL",              Scheme::twilio(), message.clone(),                          SignError::UrlMissing),
        ("no id",               svix.clone(),     message.clone(),                          SignError::IdMissing),
        ("an empty id",         svix.clone(),     message.clone().id(""),                   SignError::IdMalformed),
        ("an id with a dot",    svix.clone(),     message.clone().id("a.b"),                SignError::IdMalformed),
        ("an id with a break",  Scheme::github(), message.clone().id("a\r\nx: y"),          SignError::IdMalformed),
        ("an id too long",      svix.clone(),     message.clone().id(&longer),              SignError::IdMalformed),
        ("a secret in text",    Scheme::svix(),   message.clone().id("a"),                  SignError::SecretForm),
        ("an empty form",       Scheme::twilio(), Message::new(b"", NOW).url(url),          SignError::BodyNotCovered),
        ("a form of no byte",   Scheme::twilio(), Message::new(b"=&=", NOW).url(url),       SignError::BodyNotCovered),
        ("a GET with a body",   Scheme::twilio(), form.clone().method(Method::GET),         SignError::BodyNotCovered),
        ("a wrong digest",      Scheme::twilio(), form.clone().url("https://a/?bodySHA256=00"), SignError::Digest),
        ("the end of time",     Scheme::stripe(), Message::new(BODY, Duration::MAX),        SignError::Time),
    ];
    for (row, scheme, message, want) in rows {
        assert_eq!(sign(&scheme, &message), Err(want), "{row}");
    }
    assert_eq!(sign(&svix, &message.clone().id(&longest)).map(drop), Ok(()), "the longest id");
    let unfit = Scheme::github().with_id(Scheme::github().header().unwrap().clone());
    assert!(matches!(sign(&unfit, &message), Err(SignError::Scheme(_))));
}

#[test]
fn signs_a_url_whose_digest_is_that_of_the_body() {
    let digest = Scheme::digest_of(BODY);
    let url = format!("https://api.example.test/hooks?bodySHA256={digest}");
    let json = sign(&Scheme::twilio(), &Message::new(BODY, NOW).url(&url)).unwrap();
    // The URL alone is signed then.
    let get = Message::new(b"", NOW).url(&url).method(Method::GET);
    assert_eq!(json, sign(&Scheme::twilio(), &get).unwrap());
    let (name, _) = header("x-twilio-signature", "");
    assert_eq!(json[0].0, name.as_str());
}
