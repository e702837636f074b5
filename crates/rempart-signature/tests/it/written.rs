//! Schemes as text: what is written is read, and what is read is checked.

use std::time::Duration;

use http::HeaderName;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rempart_keys::Secret;
use rempart_signature::{
    Algorithm, Coverage, Elements, Encoding, Extraction, HexCase, Member, Message, Scheme,
    SecretForm, SignError, SignedHeaders, Template, TimeUnit, Timestamp, UrlForm, VapiAlgorithm,
    VapiCredential, VapiEncoding, Window,
};
use serde_json::{Value, json};

fn written(scheme: &Scheme) -> Value {
    serde_json::to_value(scheme).unwrap()
}

fn read(text: Value) -> Result<Scheme, String> {
    serde_json::from_value(text).map_err(|error| error.to_string())
}

#[test]
fn every_preset_is_read_as_it_is_written() {
    for scheme in Scheme::presets() {
        let text = serde_json::to_string(&scheme).unwrap();
        assert_eq!(serde_json::from_str::<Scheme>(&text).unwrap(), scheme, "{text}");
    }
}

#[test]
fn a_scheme_is_written_as_a_person_would() {
    let stripe = json!({
        "name": "stripe",
        "headers": ["stripe-signature"],
        "extraction": { "elements": { "separator": ",", "assign": "=", "signature": "v1" } },
        "encoding": "hex",
        "algorithm": "hmac-sha256",
        "secret": "text",
        "min-secret": 16,
        "template": "{timestamp}.{body}",
        "timestamp": {
            "source": { "element": "t" },
            "unit": "seconds",
            "window": { "past": "300s", "future": "60s" },
        },
        "body-limit": 1_048_576,
    });
    assert_eq!(written(&Scheme::stripe()), stripe);
    assert_eq!(read(stripe), Ok(Scheme::stripe()));
}

#[test]
fn what_is_left_out_is_as_a_new_scheme_has_it() {
    let scheme = Scheme::new("acme", HeaderName::from_static("x-acme"));
    assert_eq!(read(json!({ "name": "acme", "headers": ["X-Acme"] })), Ok(scheme.clone()));
    let timed = json!({
        "name": "acme",
        "headers": ["x-acme"],
        "template": "{timestamp}{body}",
        "timestamp": { "source": { "header": "x-time" } },
    });
    let time = Timestamp::header(HeaderName::from_static("x-time"));
    let scheme = scheme.with_template("{timestamp}{body}".parse().unwrap()).with_timestamp(time);
    assert_eq!(read(timed), Ok(scheme));
}

#[test]
fn what_does_not_fit_is_refused_in_the_words_of_the_builder() {
    let all = json!({
        "name": "acme",
        "headers": ["x acme", "x-acme"],
        "algorithm": "shared-secret",
        "template": "{timestamp}",
        "url": "decoded",
        "timestamp": {
            "source": { "header": "x-acme" },
            "window": { "past": "0s", "future": "25h" },
        },
    });
    let faults = read(all).unwrap_err();
    let want = "\
scheme: `x acme` is no name of a header
scheme: header `x-acme` has two meanings
scheme.algorithm: a shared secret is written plainly, and its template is empty
scheme.url_form: the template does not sign a URL
scheme.timestamp.window: reaches no time in the past
scheme.timestamp.window: 90000s is more than 86400s";
    assert_eq!(faults, want);

    let with = |key: &str, value: Value| {
        let mut text = json!({ "name": "acme", "headers": ["x-acme"] });
        text[key] = value;
        read(text).unwrap_err()
    };
    let rows = [
        ("template", json!("{boddy}"), "scheme.template: the placeholder at byte 0 is none of"),
        ("headers", json!([]), "scheme.header: a signature stands in headers or in the body"),
        (
            "encoding",
            json!("hexx"),
            "unknown variant `hexx`, expected one of `base64`, `base64-der`, `hex`",
        ),
        ("tolerance", json!(300), "unknown field `tolerance`"),
        ("id", json!({ "member": "a b" }), "scheme: `a b` names no member of a body"),
        ("id", json!({ "header": "a b" }), "scheme: `a b` is no name of a header"),
        ("secret", json!({ "base64": { "prefx": "" } }), "unknown field `prefx`"),
        (
            "timestamp",
            json!({ "source": { "element": "t" }, "window": { "past": "5", "future": "1s" } }),
            "`5` is no number of h, m, s, ms or ns, such as `300s`",
        ),
        (
            "extraction",
            json!({ "elements": { "separator": "é", "assign": "=", "signature": "a" } }),
            "invalid utf-8 sequence",
        ),
    ];
    for (key, value, want) in rows {
        let fault = with(key, value);
        assert!(fault.starts_with(want) || key == "extraction", "{fault}");
    }
    assert_eq!(read(json!({})), Err("missing field `name`".to_owned()));
}

#[test]
fn a_credential_of_vapi_is_read_as_its_api_writes_it() {
    let text = json!({
        "secretKey": "made-up-secret-of-a-credential",
        "algorithm": "sha512",
        "signatureHeader": "svix-signature",
        "timestampHeader": "svix-timestamp",
        "signaturePrefix": "v1,",
        "includeTimestamp": true,
        "payloadFormat": "{svix-id}.{timestamp}.{body}",
        "messageIdHeader": "svix-id",
        "signatureEncoding": "base64",
        "secretIsBase64": true,
    });
    let credential: VapiCredential = serde_json::from_value(text.clone()).unwrap();
    assert_eq!(credential.algorithm, VapiAlgorithm::Sha512);
    assert_eq!(credential.signature_encoding, VapiEncoding::Base64);
    let secret = credential.secret_key.as_ref().map(Secret::expose);
    assert_eq!(secret, Some(&b"made-up-secret-of-a-credential"[..]));
    // What is written again lacks the secret, and nothing else.
    let mut without = text;
    without.as_object_mut().unwrap().remove("secretKey");
    assert_eq!(serde_json::to_value(&credential).unwrap(), without);

    let default: VapiCredential = serde_json::from_str("{}").unwrap();
    assert_eq!(default.scheme().unwrap(), VapiCredential::default().scheme().unwrap());
    for bad in
        [r#"{"algorithm":"md5"}"#, r#"{"secretKey":""}"#, r#"{"secretKey":" a"}"#, r#"{"x":1}"#]
    {
        assert!(serde_json::from_str::<VapiCredential>(bad).is_err(), "{bad}");
    }
}

#[test]
fn parts_are_text_too() {
    let parts = [
        (serde_json::to_value(Coverage::Fields).unwrap(), json!("fields")),
        (serde_json::to_value(Template::BODY).unwrap(), json!("{body}")),
        (
            serde_json::to_value(Window::DEFAULT).unwrap(),
            json!({ "past": "300s", "future": "60s" }),
        ),
        (serde_json::to_value(Encoding::Hex(HexCase::Any)).unwrap(), json!("hex-any-case")),
        (serde_json::to_value(Extraction::prefixed("v0=")).unwrap(), json!({ "prefixed": "v0=" })),
        (serde_json::to_value(SecretForm::hex("")).unwrap(), json!({ "hex": { "prefix": "" } })),
        (serde_json::to_value(TimeUnit::Rfc3339).unwrap(), json!("rfc3339")),
    ];
    for (part, want) in parts {
        assert_eq!(part, want);
    }
}

fn header() -> impl Strategy<Value = HeaderName> {
    "[a-z][a-z0-9-]{0,12}".prop_map(|name| HeaderName::try_from(name).unwrap())
}

fn window() -> impl Strategy<Value = Window> {
    let span = || (0..86_400_u64, select(vec![0, 1, 1_000_000, 500_000_000]));
    (span(), span()).prop_map(|((past, nanos), (future, more))| {
        Window::new(Duration::new(past, nanos), Duration::new(future, more))
    })
}

/// Anything that can be said, whether it fits together or not.
fn any_scheme() -> impl Strategy<Value = Scheme> {
    let template = vec(
        select(vec!["{timestamp}", "{method}", "{id}", "{url}", "{body}", "v0:", ".", "é"]),
        0..5,
    );
    let extraction = prop_oneof![
        "[ -~]{0,8}".prop_map(|prefix| Extraction::Prefixed(prefix.into())),
        (0..128_u8, 0..128_u8).prop_map(|(a, b)| Extraction::Elements(Elements::new(a, b, "v1"))),
        "[a-z.]{0,9}".prop_map(|path| Extraction::Member(Member::new(path))),
    ];
    let form = prop_oneof![
        Just(SecretForm::Text),
        Just(SecretForm::Basic),
        "[a-z_]{0,6}".prop_map(|prefix| SecretForm::Base64 { prefix: prefix.into() }),
        "[a-z_]{0,6}".prop_map(|prefix| SecretForm::Base64List { prefix: prefix.into() }),
        "[a-z_]{0,6}".prop_map(|prefix| SecretForm::Hex { prefix: prefix.into() }),
    ];
    let source = prop_oneof![
        header().prop_map(Timestamp::header),
        Just(Timestamp::element("t")),
        "[a-z]{1,9}".prop_map(|path| Timestamp::member(Member::new(path))),
    ];
    let unit = select(vec![TimeUnit::Auto, TimeUnit::Millis, TimeUnit::Rfc3339, TimeUnit::Seconds]);
    let time = (source, unit, window());
    let time =
        proptest::option::of(time.prop_map(|(time, unit, window)| time.unit(unit).window(window)));
    let algorithm = select(vec![
        Algorithm::HmacSha1,
        Algorithm::HmacSha256,
        Algorithm::HmacSha512,
        Algorithm::SharedSecret,
    ]);
    let encoding = select(vec![
        Encoding::Base64,
        Encoding::Hex(HexCase::Any),
        Encoding::Hex(HexCase::Lower),
        Encoding::Plain,
    ]);
    let headers = (vec(header(), 1..4), proptest::option::of(vec(header(), 0..3)));
    let url = select(vec![UrlForm::AsConfigured, UrlForm::Decoded, UrlForm::WithAndWithoutPort]);
    let first = (headers, template, extraction, form, time);
    let second = (algorithm, encoding, url, any::<bool>(), 0..99_usize, any::<u64>());
    (first, second).prop_map(|(first, second)| {
        let ((headers, signed), template, extraction, form, time) = first;
        let (algorithm, encoding, url, member, min, limit) = second;
        let mut headers = headers.into_iter();
        let mut scheme = Scheme::new("any", headers.next().unwrap())
            .with_template(template.concat().parse().unwrap())
            .with_extraction(extraction)
            .with_secret_form(form)
            .with_algorithm(algorithm)
            .with_encoding(encoding)
            .with_url_form(url)
            .with_min_secret(min)
            .with_body_limit(limit);
        scheme = headers.fold(scheme, Scheme::with_further_header);
        if let Some(time) = time {
            scheme = scheme.with_timestamp(time);
        }
        if let Some(signed) = signed {
            let rule = SignedHeaders::element("h");
            scheme =
                scheme.with_signed_headers(signed.into_iter().fold(rule, SignedHeaders::require));
        }
        if member { scheme.with_id_member(Member::new("data.id")) } else { scheme }
    })
}

proptest! {
    #[test]
    fn a_scheme_is_read_as_it_is_written_or_refused_as_when_it_is_built(scheme in any_scheme()) {
        let text = serde_json::to_string(&scheme).unwrap();
        let again = serde_json::from_str::<Scheme>(&text);
        let unfit = scheme.sign(&Secret::new("a").unwrap(), &Message::new(b"", Duration::ZERO));
        if let Err(SignError::Scheme(faults)) = unfit {
            let error = again.unwrap_err().to_string();
            // A part that is refused by itself is refused in the same words, alone.
            let same = error.starts_with(&faults.to_string());
            let alone = error.lines().next().is_some_and(|line| {
                faults.iter().any(|fault| line.starts_with(&fault.to_string()))
            });
            prop_assert!(same || alone, "{}\n{}", error, faults);
        } else {
            prop_assert_eq!(again.unwrap(), scheme);
        }
    }
}
