//! Why a signature failed: each of the usual mistakes has its sentence.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Request, Response, Uri};
use http_body_util::Full;
use rempart_core::{ManualClock, RequestBody};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    BodyChange, Encoding, Explanation, Head, HexCase, KeyEnd, Message, Policy, Scheme,
    SecretChange, SecretForm, SignatureChange, SignatureLayer, TimeUnit, Timestamp, UrlChange,
    explain,
};
use rempart_testing::{Capture, Script, canary, strict};
use tower::{Layer, Service};

mod apart;

use crate::support::{BODY, NOW, SECRET, header, id, key, post, ring, signed, signed_with};

fn policy(scheme: Scheme, ring: KeyRing) -> Policy {
    let policy = Policy::builder("test").scheme(scheme).keys(ring).dangerously_short_secrets();
    let policy = policy.public_url("https://api.example.test".parse().unwrap());
    policy.dangerously_without_read_deadline().build().unwrap()
}

fn why(policy: &Policy, headers: &HeaderMap, body: &[u8]) -> Option<Explanation> {
    let uri = Uri::from_static("/hooks?a=1");
    explain(policy, &Head::new(&Method::POST, &uri, headers), body, NOW)
}

#[test]
fn a_good_signature_needs_no_explanation() {
    let policy = policy(Scheme::github(), ring());
    assert_eq!(why(&policy, &signed(&Scheme::github(), BODY), BODY), None);
}

#[test]
fn a_body_that_changed_on_its_way_is_recognised() {
    #[rustfmt::skip]
    let rows: [(&[u8], &[u8], Option<BodyChange>); 10] = [
        // signed              arrived                      what happened
        (b"{\"a\":1}",         b"{\"a\":1}\n",              Some(BodyChange::LineEndAdded)),
        (b"{\"a\":1}",         b"{\"a\":1}\r\n",            Some(BodyChange::LineEndAdded)),
        (b"{\"a\":1}\n",       b"{\"a\":1}",                Some(BodyChange::LineEndTaken)),
        (b"{\"a\":1}",         b"\xef\xbb\xbf{\"a\":1}",    Some(BodyChange::ByteOrderMark)),
        (b"a\nb\n",            b"a\r\nb\r\n",               Some(BodyChange::CrLf)),
        (b"a\r\nb\r\n",        b"a\nb\n",                   Some(BodyChange::Lf)),
        (b"{\"a b\":[1,2]}",   b"{\n  \"a b\": [1, 2]\n}",  Some(BodyChange::Json)),
        (b"{\"a\":1,\"b\":2}", b"{\"b\":2,\"a\":1}",        None),
        (b"{\"a\":1}",         b"{\"a\":2}",                None),
        (b"",                  b"{}",                       None),
    ];
    let policy = policy(Scheme::github(), ring());
    for (sent, arrived, change) in rows {
        let want = change.map_or(Explanation::Unexplained, Explanation::Body);
        let sent = signed(&Scheme::github(), sent);
        assert_eq!(why(&policy, &sent, arrived), Some(want), "{arrived:?}");
    }
}

#[test]
fn a_secret_that_is_read_otherwise_is_recognised() {
    let github = Scheme::github;
    let whsec = || github().with_secret_form(SecretForm::base64("whsec_"));
    #[rustfmt::skip]
    let rows = [
        // ours                                      the sender's key, as a text             we read it as       what the sender does
        ("bWFkZS11cC1mb3ItdGVzdHMtb25seSE=",         "made-up-for-tests-only!",              github(), SecretChange::Base64),
        ("whsec_bWFkZS11cC1mb3ItdGVzdHMtb25seSE=",   "made-up-for-tests-only!",              github(), SecretChange::Base64),
        ("v1,whsec_bWFkZS11cC1mb3ItdGVzdHMtb25seSE=", "made-up-for-tests-only!",             github(), SecretChange::Base64),
        ("whsec_bWFkZS11cC1mb3ItdGVzdHMtb25seSE=",   "whsec_bWFkZS11cC1mb3ItdGVzdHMtb25seSE=", whsec(), SecretChange::Verbatim),
        ("whsec_bWFkZS11cC1mb3ItdGVzdHMtb25seSE=",   "bWFkZS11cC1mb3ItdGVzdHMtb25seSE=",     github(), SecretChange::WithoutPrefix),
        ("bWFkZS11cC1mb3ItdGVzdHMtb25seSE=",         "whsec_bWFkZS11cC1mb3ItdGVzdHMtb25seSE=", github(), SecretChange::Prefix),
        ("6d6164652d75702d666f722d7465737473",       "made-up-for-tests",                    github(), SecretChange::Hex),
    ];
    for (ours, theirs, scheme, change) in rows {
        let policy = policy(scheme, KeyRing::single(id("a"), Secret::new(ours).unwrap()));
        let signed = signed_with(&github(), theirs, BODY);
        assert_eq!(why(&policy, &signed, BODY), Some(Explanation::Secret(change)), "{ours}");
    }
    let line = Secret::from_binary(format!("{SECRET}\n")).unwrap();
    let signed = github().sign(&line, &Message::new(BODY, NOW)).unwrap();
    let want = Explanation::Secret(SecretChange::LineEnd);
    assert_eq!(why(&policy(github(), ring()), &signed, BODY), Some(want));
}

#[test]
fn a_key_that_is_good_no_more_is_named() {
    let turned = || {
        let ring = ring().add(key("next", "made-up-and-32-bytes-long-as-well")).unwrap();
        ring.promote(id("next"), NOW).unwrap()
    };
    let rows =
        [(turned(), KeyEnd::Retired), (turned().revoke(id("current")).unwrap(), KeyEnd::Revoked)];
    for (ring, end) in rows {
        let policy = policy(Scheme::github(), ring);
        let why = why(&policy, &signed(&Scheme::github(), BODY), BODY).unwrap();
        assert_eq!(why, Explanation::Key { key: id("current"), end });
        assert!(why.to_string().contains("`current`"));
    }
}

#[test]
fn a_time_in_another_unit_is_told_from_one_that_is_far_away() {
    let slack = Scheme::slack();
    let time = Timestamp::header(HeaderName::from_static("x-slack-request-timestamp"));
    let millis = slack.clone().with_timestamp(time.unit(TimeUnit::Millis));
    let at = |scheme: &Scheme, at: Duration| {
        scheme.sign(&Secret::new(SECRET).unwrap(), &Message::new(BODY, at)).unwrap()
    };
    let hour = Duration::from_secs(3600);
    #[rustfmt::skip]
    let rows = [
        (at(&millis, NOW),       &slack,  Explanation::TimeUnit { sent: TimeUnit::Millis }),
        (at(&slack, NOW),        &millis, Explanation::TimeUnit { sent: TimeUnit::Seconds }),
        (at(&slack, NOW.checked_sub(hour).unwrap()), &slack,  Explanation::TimeOff { ahead: false, by: hour }),
        (at(&slack, NOW + hour), &slack,  Explanation::TimeOff { ahead: true, by: hour }),
    ];
    for (headers, scheme, want) in rows {
        let policy = policy(scheme.clone(), ring());
        assert_eq!(why(&policy, &headers, BODY), Some(want));
    }
}

#[test]
fn another_url_is_recognised() {
    let own = "https://api.example.test";
    let host = |value: &str| [header("host", value)].into_iter().collect::<HeaderMap>();
    #[rustfmt::skip]
    let rows = [
        // signed                                   the request's Host      what differs
        ("http://api.example.test/hooks?a=1",       HeaderMap::new(),       Some(UrlChange::Scheme)),
        ("wss://api.example.test/hooks?a=1",        HeaderMap::new(),       Some(UrlChange::Scheme)),
        ("https://api.example.test/hooks/?a=1",     HeaderMap::new(),       Some(UrlChange::Slash)),
        ("https://api.example.test/hooks",          HeaderMap::new(),       Some(UrlChange::Query)),
        ("https://old.example.test/hooks?a=1",      host("old.example.test"), Some(UrlChange::Host)),
        ("https://old.example.test/hooks?a=1",      host("api.example.test"), None),
        ("https://api.example.test/other?a=1",      HeaderMap::new(),       None),
    ];
    for scheme in [Scheme::twilio(), Scheme::square()] {
        let form = "a=1&b=2";
        let policy = policy(scheme.clone(), ring());
        assert_eq!(policy.public_url().unwrap().as_str(), own);
        for (signed, more, change) in rows.clone() {
            let message = Message::new(form.as_bytes(), NOW).url(signed);
            let mut headers = scheme.sign(&Secret::new(SECRET).unwrap(), &message).unwrap();
            headers.extend(more);
            headers.extend([header("content-type", "application/x-www-form-urlencoded")]);
            let want = change.map_or(Explanation::Unexplained, Explanation::Url);
            assert_eq!(why(&policy, &headers, form.as_bytes()), Some(want), "{signed}");
        }
    }
}

#[test]
fn a_credential_of_another_shape_is_recognised() {
    let github = Scheme::github();
    let bare = Scheme::vapi().with_header(github.header().unwrap().clone());
    let base64 = github.clone().with_encoding(Encoding::Base64);
    let upper = signed(&github, BODY)["x-hub-signature-256"].to_str().unwrap().to_uppercase();
    let upper = upper.replace("SHA256=", "sha256=");
    #[rustfmt::skip]
    let rows = [
        (signed(&bare, BODY),                    &github, Explanation::Signature(SignatureChange::Prefix)),
        (signed(&base64, BODY),                  &github, Explanation::Signature(SignatureChange::Base64)),
        (signed(&github, BODY),                  &base64, Explanation::Signature(SignatureChange::Hex)),
        ([header("x-hub-signature-256", &upper)].into_iter().collect(), &github, Explanation::Signature(SignatureChange::Hex)),
        (signed(&Scheme::stripe(), BODY),        &github, Explanation::OtherScheme { schemes: vec!["stripe".to_owned()] }),
        (HeaderMap::new(),                       &github, Explanation::NoSignature),
    ];
    for (headers, scheme, want) in rows {
        assert_eq!(why(&policy(scheme.clone(), ring()), &headers, BODY), Some(want));
    }
    assert_eq!(github.encoding(), Encoding::Hex(HexCase::Lower));
}

#[test]
fn a_large_body_is_not_tried() {
    let policy = policy(Scheme::github(), ring());
    let signed = signed(&Scheme::github(), BODY);
    let body = |length| vec![b'a'; length];
    assert_eq!(why(&policy, &signed, &body(64 * 1024)), Some(Explanation::Unexplained));
    assert_eq!(why(&policy, &signed, &body(64 * 1024 + 1)), Some(Explanation::BodyTooLong));
}

#[test]
fn a_layer_explains_one_a_second_and_only_if_it_is_told_to() {
    let clock = ManualClock::at(NOW);
    let policy = Policy::builder("test").scheme(Scheme::github()).keys(ring());
    let policy = policy.timer(clock.clone()).build().unwrap();
    let quiet = SignatureLayer::new(policy).clock(clock.clone()).observer(());
    let spaced = [BODY, b"\n"].concat();
    let ask = |layer: &SignatureLayer, headers: HeaderMap, body: &[u8]| {
        let answer =
            |_: Request<RequestBody<Script>>| async { Response::new(Full::<Bytes>::default()) };
        let mut service = layer.layer(strict(answer));
        let request = post(headers, Script::new().data(body.to_vec()));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(service.poll_ready(&mut cx).is_ready());
        assert!(Box::pin(service.call(request)).as_mut().poll(&mut cx).is_ready());
    };
    let good = signed(&Scheme::github(), BODY);
    let heard = |layer: &SignatureLayer, times: usize| {
        let capture = Capture::default();
        capture.within(|| (0..times).for_each(|_| ask(layer, good.clone(), &spaced)));
        capture.text()
    };
    let lines = |text: &str| text.matches("signature.explained").count();
    assert_eq!(lines(&heard(&quiet, 3)), 0);

    let loud = quiet.dangerously_explain();
    let text = heard(&loud, 3);
    assert_eq!(lines(&text), 1, "{text}");
    assert!(text.contains("a line end was added") && text.contains("mismatch"), "{text}");
    let signature = good["x-hub-signature-256"].to_str().unwrap();
    for secret in [SECRET.as_bytes(), BODY, &signature.as_bytes()[7..]] {
        canary::assert_absent(&text, secret);
    }
    clock.advance(Duration::from_millis(999));
    assert_eq!(lines(&heard(&loud, 1)), 0);
    clock.advance(Duration::from_millis(1));
    assert_eq!(lines(&heard(&loud, 1)), 1);

    // What is refused by its head is explained as well; what is accepted, is not.
    clock.advance(Duration::from_secs(1));
    let capture = Capture::default();
    capture.within(|| {
        ask(&loud, good.clone(), BODY);
        ask(&loud, signed(&Scheme::stripe(), BODY), BODY);
    });
    let text = capture.text();
    assert_eq!(lines(&text), 1);
    assert!(text.contains("another scheme: stripe"), "{text}");
}

#[test]
fn a_body_that_was_written_anew_is_told_of_a_token_too() {
    let token = rempart_signature::BodyToken::vonage();
    let policy = Policy::builder("test").body_token(token.clone()).keys(ring());
    let policy = policy.dangerously_without_read_deadline().build().unwrap();
    let signed = Message::new(br#"{"a":1}"#, NOW);
    let headers = token.sign(&key("current", SECRET), &signed).unwrap();
    let uri = Uri::from_static("/hooks");
    let head = Head::new(&Method::POST, &uri, &headers);
    let why = |body: &[u8]| explain(&policy, &head, body, NOW);
    assert_eq!(why(br#"{ "a": 1 }"#), Some(Explanation::Body(BodyChange::Json)));
    assert_eq!(why(br#"{"a":2}"#), Some(Explanation::Unexplained));
    assert_eq!(why(br#"{"a":1}"#), None);
}
