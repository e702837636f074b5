//! A credential of Vapi, field by field.

use http::{HeaderMap, HeaderName, Method, Uri};
use rempart_core::ManualClock;
use rempart_keys::Secret;
use rempart_signature::{
    Algorithm, ConfigError, Encoding, Head, Message, Scheme, SecretForm, TemplateError, TimeUnit,
    Timestamp, VapiAlgorithm, VapiCredential, VapiEncoding, verify,
};

use crate::support::{BODY, NOW, builder, header, ring};

fn credential() -> VapiCredential {
    VapiCredential::default()
}

#[test]
fn what_is_not_said_is_as_vapi_has_it() {
    let scheme = credential().scheme().unwrap();
    assert_eq!(scheme, Scheme::vapi_timestamped().with_name("vapi"));
    let secret = Secret::new("vapi-test-secret").unwrap();
    let message = Message::new(br#"{"message":{"type":"status-update"}}"#, NOW);
    let headers = scheme.sign(&secret, &message).unwrap();
    assert_eq!(headers["x-timestamp"], "1700000000");
    assert_eq!(
        headers["x-signature"],
        "854b02b41aedb7f3688cbef04dc502b254bfbbe130f4c9d00992a0bef78675cc"
    );
}

#[test]
fn every_field_has_its_place_in_the_scheme() {
    let some = |text: &str| Some(text.to_owned());
    let scheme = |credential: VapiCredential| credential.scheme().unwrap();
    let algorithm = |algorithm| scheme(VapiCredential { algorithm, ..credential() }).algorithm();
    assert_eq!(algorithm(VapiAlgorithm::Sha1), Algorithm::HmacSha1);
    assert_eq!(algorithm(VapiAlgorithm::Sha256), Algorithm::HmacSha256);
    assert_eq!(algorithm(VapiAlgorithm::Sha512), Algorithm::HmacSha512);

    let named = VapiCredential {
        signature_header: "X-Vapi-Signature".to_owned(),
        timestamp_header: "X-Vapi-Timestamp".to_owned(),
        signature_prefix: some("sha256="),
        ..credential()
    };
    let signed =
        scheme(named).sign(&Secret::new("vapi-test-secret").unwrap(), &Message::new(BODY, NOW));
    let signed = signed.unwrap();
    assert!(signed["x-vapi-signature"].to_str().unwrap().starts_with("sha256="));
    assert_eq!(signed["x-vapi-timestamp"], "1700000000");

    let encoded = VapiCredential {
        signature_encoding: VapiEncoding::Base64,
        secret_is_base64: true,
        ..credential()
    };
    let encoded = scheme(encoded);
    assert_eq!(encoded.encoding(), Encoding::Base64);
    assert_eq!(encoded.secret_form(), &SecretForm::base64(""));

    let format = |format: &str, id: Option<&str>, include_timestamp| VapiCredential {
        payload_format: some(format),
        message_id_header: id.map(str::to_owned),
        include_timestamp,
        ..credential()
    };
    #[rustfmt::skip]
    let rows = [
        (format("{timestamp}.{body}", None, true),             "{timestamp}.{body}",      true,  None),
        (format("{svix-id}.{timestamp}.{body}", Some("svix-id"), true), "{id}.{timestamp}.{body}", true, Some("svix-id")),
        (format("{method}:{url}:{body}", None, false),         "{method}:{url}:{body}",   false, None),
        (format("{body}", Some("x-id"), true),                 "{body}",                  false, Some("x-id")),
        (VapiCredential { include_timestamp: false, ..credential() }, "{body}",           false, None),
    ];
    for (credential, template, timed, id) in rows {
        let scheme = scheme(credential);
        assert_eq!(scheme.template().to_string(), template);
        assert_eq!(scheme.timestamp().is_some(), timed, "{template}");
        assert_eq!(scheme.id().map(HeaderName::as_str), id, "{template}");
    }
}

#[test]
fn every_fault_is_told_at_once() {
    let credential = VapiCredential {
        signature_header: "x signature".to_owned(),
        timestamp_header: String::new(),
        message_id_header: Some("é".to_owned()),
        payload_format: Some("{timestamp}.{boddy}".to_owned()),
        ..credential()
    };
    let faults = credential.scheme().unwrap_err();
    let no_header = |name: &str| ConfigError::HeaderName { name: name.to_owned() };
    let want = [
        no_header("x signature"),
        no_header(""),
        no_header("é"),
        ConfigError::Template(TemplateError::UnknownPlaceholder { offset: 12 }),
    ];
    assert!(faults.iter().eq(&want), "{faults}");
}

#[test]
fn a_fault_of_its_format_is_told_by_its_place() {
    let format = |text: &str| {
        let credential = VapiCredential {
            payload_format: Some(text.to_owned()),
            message_id_header: Some("x-id".to_owned()),
            ..credential()
        };
        credential.scheme().map(drop).map_err(|faults| faults.into_iter().collect::<Vec<_>>())
    };
    let unknown =
        |offset| vec![ConfigError::Template(TemplateError::UnknownPlaceholder { offset })];
    #[rustfmt::skip]
    let rows = [
        ("{svix-id}.{timestamp}.{body}", Ok(())),
        ("{svix-id}.{body}{x}",          Err(unknown(16))),
        // Ours, and none of Vapi's.
        ("{id}.{body}",                  Err(unknown(0))),
        ("{body}{form}",                 Err(unknown(6))),
        ("{body}{header-names}",         Err(unknown(6))),
        ("{body",                        Err(vec![ConfigError::Template(TemplateError::Unclosed { offset: 0 })])),
        ("{body}{body}",                 Err(vec![ConfigError::BodyCoveredTwice])),
    ];
    for (text, want) in rows {
        assert_eq!(format(text), want, "{text}");
    }
    let timeless = VapiCredential {
        include_timestamp: false,
        payload_format: Some("{timestamp}{svix-id}.{body}".to_owned()),
        ..credential()
    };
    let want = [ConfigError::TimestampUndefined, ConfigError::IdUndefined];
    assert!(timeless.scheme().unwrap_err().iter().eq(&want));
}

#[test]
fn seconds_milliseconds_or_whichever_it_is() {
    let timed = |unit| {
        let time = Timestamp::header("x-timestamp".parse().unwrap()).unit(unit);
        credential().scheme().unwrap().with_timestamp(time)
    };
    let uri = Uri::from_static("/");
    let rows = [
        (TimeUnit::Seconds, [true, false]),
        (TimeUnit::Millis, [false, true]),
        (TimeUnit::Auto, [true, true]),
    ];
    for (unit, want) in rows {
        let policy = builder(timed(unit), &ManualClock::default()).keys(ring()).build().unwrap();
        for (sent, taken) in [TimeUnit::Seconds, TimeUnit::Millis].into_iter().zip(want) {
            let secret = Secret::new(crate::support::SECRET).unwrap();
            let headers = timed(sent).sign(&secret, &Message::new(BODY, NOW)).unwrap();
            let head = Head::new(&Method::POST, &uri, &headers);
            assert_eq!(verify(&policy, &head, BODY, NOW).is_ok(), taken, "{unit}, {sent} sent");
        }
    }
}

#[test]
fn a_time_that_is_not_signed_is_not_asked_for() {
    let credential = VapiCredential { payload_format: Some("{body}".to_owned()), ..credential() };
    let scheme = credential.scheme().unwrap();
    let policy = builder(scheme.clone(), &ManualClock::default()).build().unwrap();
    let secret = Secret::new(crate::support::SECRET).unwrap();
    let mut headers: HeaderMap = scheme.sign(&secret, &Message::new(BODY, NOW)).unwrap();
    headers.extend([header("x-timestamp", "1")]);
    let uri = Uri::from_static("/");
    let head = Head::new(&Method::POST, &uri, &headers);
    assert_eq!(verify(&policy, &head, BODY, NOW).unwrap().timestamp(), None);
}
