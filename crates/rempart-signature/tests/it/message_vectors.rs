//! The examples of RFC 9421 and RFC 9530, through what this crate gives its users.

use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, Uri};
use rempart_core::ManualClock;
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    Algorithm, Component, ContentDigest, Head, MessageSignatures, MessageSigner, Policy, PublicUrl,
    Rejection, ResponseHead, Verified, verify, verify_response,
};
use rempart_testing::vectors::{Digest, SignedMessage};

use crate::support::id;

fn uri(text: &str) -> Uri {
    text.parse().unwrap()
}

fn policy(case: &SignedMessage, algorithm: Algorithm) -> Policy {
    let ring = KeyRing::single(id("vector"), Secret::from_binary(case.key.clone()).unwrap());
    let wanted = MessageSignatures::new(Algorithm::HmacSha256)
        .with_sender(&case.keyid, algorithm, ring)
        .dangerously_without_required_components()
        .dangerously_without_content_digest()
        .with_label(&case.label);
    let wanted = match &case.tag {
        Some(tag) => wanted.with_tag(tag),
        None => wanted,
    };
    Policy::builder("vectors")
        .message_signatures(wanted)
        .public_url(PublicUrl::origin_of(&uri(&case.url)).unwrap())
        .timer(ManualClock::default())
        .build()
        .unwrap()
}

fn verdict(case: &SignedMessage, algorithm: Algorithm) -> Result<Verified, Rejection> {
    let policy = policy(case, algorithm);
    let (headers, at) = (case.headers(), Duration::from_secs(case.at));
    let Some(status) = case.status else {
        let method = Method::from_bytes(case.method.as_bytes()).unwrap();
        let target = uri(uri(&case.url).path_and_query().unwrap().as_str());
        return verify(&policy, &Head::new(&method, &target, &headers), &case.body, at);
    };
    let response = ResponseHead::new(StatusCode::from_u16(status).unwrap(), &headers);
    let Some(request) = &case.request else {
        return verify_response(&policy, &response, &case.body, at);
    };
    let method = Method::from_bytes(request.method.as_bytes()).unwrap();
    let (target, headers) = (uri(&request.url), request.headers());
    let head = Head::new(&method, &target, &headers);
    verify_response(&policy, &response.answering(head), &case.body, at)
}

/// Those whose algorithm this build has.
fn cases() -> Vec<(SignedMessage, Algorithm)> {
    let cases = SignedMessage::all().into_iter();
    let known = cases.filter_map(|case| Some((Algorithm::named(&case.algorithm)?, case)));
    known.map(|(algorithm, case)| (case, algorithm)).collect()
}

#[test]
fn every_vector_has_its_result() {
    let cases = cases();
    for (case, algorithm) in &cases {
        let got = verdict(case, *algorithm);
        let got = got.map(drop).map_err(|rejection| rejection.to_string());
        let want = case.reason.clone().map_or(Ok(()), Err);
        assert_eq!(got, want, "{}: {}", case.id, case.comment);
    }
    #[cfg(all(feature = "ecdsa", feature = "ed25519", feature = "ring"))]
    assert_eq!(cases.len(), 18);
}

#[test]
fn what_is_shown_as_signed_is_what_was_signed() {
    for (case, algorithm) in cases() {
        let Ok(verified) = verdict(&case, algorithm) else { continue };
        let signed = verified.components().unwrap();
        let lines: Vec<_> = signed.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let base: Vec<_> = case.base.lines().collect();
        let (last, shown) = base.split_last().unwrap();
        assert_eq!(lines, shown, "{}", case.id);
        assert!(last.starts_with("\"@signature-params\": "));
        assert_eq!(signed.keyid(), Some(case.keyid.as_str()));
    }
}

#[test]
fn a_vector_is_good_for_its_key_and_its_time_alone() {
    for (mut case, algorithm) in cases() {
        if verdict(&case, algorithm).is_err() {
            continue;
        }
        let at = case.at;
        case.at = at + 301;
        let late = verdict(&case, algorithm).err();
        assert!(matches!(late, Some(Rejection::StaleTimestamp)), "{}", case.id);
        case.at = at;
        case.keyid.push('x');
        assert_eq!(verdict(&case, algorithm).err(), Some(Rejection::UnknownKey), "{}", case.id);
    }
}

/// The list of components of a vector, as it was signed.
fn components(case: &SignedMessage) -> Vec<Component> {
    let lines = case.base.lines().filter(|line| !line.starts_with("\"@signature-params\""));
    lines.map(|line| line.split_once(": ").unwrap().0.parse().unwrap()).collect()
}

/// Signs the vector anew; what was signed before is taken away.
fn signed_anew(case: &SignedMessage, algorithm: Algorithm, secret: &Secret) -> HeaderMap {
    let signer = MessageSigner::new(&case.keyid, algorithm, secret).unwrap();
    let signer = signer.with_label(&case.label).with_components(components(case));
    let mut headers = case.headers();
    headers.remove("signature");
    headers.remove("signature-input");
    let mut request = http::Request::new(());
    *request.method_mut() = Method::from_bytes(case.method.as_bytes()).unwrap();
    *request.uri_mut() = uri(&case.url);
    *request.headers_mut() = headers;
    signer.sign_request(&mut request, &case.body, Duration::from_secs(case.at)).unwrap();
    request.headers().clone()
}

fn assert_reproduced(id: &str, secret: &Secret) {
    let Some((case, algorithm)) = cases().into_iter().find(|(case, _)| case.id == id) else {
        return;
    };
    let (ours, theirs) = (signed_anew(&case, algorithm, secret), case.headers());
    for name in ["signature-input", "signature"] {
        assert_eq!(ours[name], theirs[name], "{id}");
    }
}

#[test]
fn signatures_without_chance_are_made_again() {
    let (shared, _) = cases().into_iter().find(|(case, _)| case.id == "b-2-5").unwrap();
    assert_reproduced("b-2-5", &Secret::from_binary(shared.key).unwrap());
    // The published test key of appendix B.1.4.
    let seed = Secret::new("n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU=").unwrap();
    assert_reproduced("b-2-6", &seed);
    assert_reproduced("b-4-original", &seed);
}

#[test]
fn every_digest_has_its_result() {
    for case in Digest::all() {
        let mut headers = HeaderMap::new();
        headers.insert("content-digest", case.content_digest.parse().unwrap());
        let result = ContentDigest::of(&headers).and_then(|mut digest| {
            case.body.chunks(5).for_each(|chunk| digest.update(chunk));
            digest.finish()
        });
        let want = case.reason.clone().map_or(Ok(()), Err);
        let got = result.map_err(|rejection| rejection.to_string());
        assert_eq!(got, want, "{}: {}", case.id, case.comment);
    }
    assert_eq!(ContentDigest::of(&HeaderMap::new()).err(), Some(Rejection::Missing));
}
