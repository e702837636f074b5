//! The presets whose senders have a pair of keys.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};
use rempart_keys::Secret;
use rempart_signature::{ConfigError, HeaderFamily, Message, Rejection, Scheme};
use rempart_testing::vectors::Signed;

use super::{ED25519, ED25519_PUBLIC, P256, P256_PUBLIC, fault, policy, secret, sign, verdict};
use crate::support::{BODY, NOW};
use crate::vectors;

#[test]
fn every_vector_has_its_result() {
    for case in ["sendgrid", "standard-webhooks-v1a"].iter().flat_map(|file| Signed::of(file)) {
        let got = vectors::verdict(&case).map(drop).map_err(|rejection| rejection.to_string());
        let want = case.reason().map_or(Ok(()), |reason| Err(reason.to_owned()));
        assert_eq!(got, want, "{}: {}", case.id, case.comment);
    }
}

#[test]
fn a_vector_changed_by_one_bit_of_its_body_is_refused() {
    for file in ["sendgrid", "standard-webhooks-v1a"] {
        let mut case = Signed::of(file).remove(0);
        for at in (0..case.body.len()).step_by(3) {
            case.body[at] ^= 1;
            assert_eq!(vectors::verdict(&case), Err(Rejection::Mismatch), "{file}, byte {at}");
            case.body[at] ^= 1;
        }
    }
}

#[test]
fn signing_with_the_private_key_of_the_example_gives_its_signature() {
    let case = Signed::of("standard-webhooks-v1a").remove(0);
    let private = Secret::new("whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=").unwrap();
    let message = Message::new(&case.body, std::time::Duration::from_secs(case.at));
    let message = message.id("msg_p5jXN8AQM9LWM0D4loKWxJek");
    let ours = Scheme::standard_webhooks_v1a().sign(&private, &message).unwrap();
    assert_eq!(ours, vectors::headers(&case));
}

#[test]
fn each_preset_signs_in_the_headers_of_its_vendor() {
    let rows: [(Scheme, &str, &str, &[&str]); 3] = [
        (
            Scheme::discord(),
            ED25519,
            ED25519_PUBLIC,
            &["x-signature-ed25519", "x-signature-timestamp"],
        ),
        (
            Scheme::telnyx(),
            ED25519,
            ED25519_PUBLIC,
            &["telnyx-signature-ed25519", "telnyx-timestamp"],
        ),
        (
            Scheme::sendgrid(),
            P256,
            P256_PUBLIC,
            &["x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"],
        ),
    ];
    for (scheme, private, public, names) in rows {
        let headers = sign(&scheme, private, BODY);
        let by_name: BTreeMap<_, _> =
            headers.iter().map(|(name, value)| (name.as_str(), value)).collect();
        assert!(by_name.keys().eq(names), "{}", scheme.name());
        let digits = NOW.as_secs().to_string();
        assert_eq!(by_name[names[1]], &*digits, "{}", scheme.name());
        let policy = policy(scheme.clone(), public);
        assert_eq!(verdict(&policy, &headers, BODY), Ok(()), "{}", scheme.name());
        assert_eq!(verdict(&policy, &headers, b"{}"), Err(Rejection::Mismatch));
    }
    // What is signed before the body is nothing but the digits, and a bar where it is Telnyx.
    assert_eq!(Scheme::discord().template().to_string(), "{timestamp}{body}");
    assert_eq!(Scheme::sendgrid().template().to_string(), "{timestamp}{body}");
    assert_eq!(Scheme::telnyx().template().to_string(), "{timestamp}|{body}");
}

/// The same headers under another first word.
fn renamed(headers: &http::HeaderMap, from: &str, to: &str) -> http::HeaderMap {
    let renamed = headers.iter().map(|(name, value)| {
        let name = name.as_str().replacen(from, to, 1);
        (HeaderName::try_from(name).unwrap(), value.clone())
    });
    renamed.collect()
}

#[test]
fn two_families_of_headers_are_never_mixed() {
    let private = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let message = Message::new(BODY, NOW).id("msg_1");
    let svix = Scheme::svix().sign(&secret(private), &message).unwrap();
    let standard = renamed(&svix, "svix-", "webhook-");
    let policy = policy(Scheme::svix(), private);
    assert_eq!(verdict(&policy, &svix, BODY), Ok(()));
    assert_eq!(verdict(&policy, &standard, BODY), Ok(()));
    // Both whole: the scheme's own are read, whatever the others say.
    let mut both = standard.clone();
    both.extend(svix.clone());
    both.insert("webhook-signature", HeaderValue::from_static("v1,forged"));
    assert_eq!(verdict(&policy, &both, BODY), Ok(()));
    both.insert("svix-timestamp", HeaderValue::from(NOW.as_secs() + 1));
    assert_eq!(verdict(&policy, &both, BODY), Err(Rejection::Mismatch));
    for part in ["id", "timestamp", "signature"] {
        for (whole, from, to) in [(&svix, "svix", "webhook"), (&standard, "webhook", "svix")] {
            let mut mixed = whole.clone();
            let value = mixed.remove(format!("{from}-{part}")).unwrap();
            mixed.insert(HeaderName::try_from(format!("{to}-{part}")).unwrap(), value.clone());
            assert_eq!(verdict(&policy, &mixed, BODY), Err(Rejection::Missing), "{part} {to}");
        }
        let mut twice = standard.clone();
        twice.append(
            HeaderName::try_from(format!("webhook-{part}")).unwrap(),
            standard[&format!("webhook-{part}")].clone(),
        );
        assert_eq!(verdict(&policy, &twice, BODY), Err(Rejection::Duplicated), "{part}");
    }
}

#[test]
fn another_family_names_what_the_scheme_has() {
    let family = || HeaderFamily::new(HeaderName::from_static("acme-signature"));
    let name = HeaderName::from_static;
    let whole = || family().timestamp(name("acme-timestamp")).id(name("acme-id"));
    let standard = || Scheme::standard_webhooks();
    let private = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let incomplete = ConfigError::AlternativeIncomplete;
    policy(standard().with_alternative(whole()), private);
    for part in [family().id(name("acme-id")), family().timestamp(name("acme-timestamp"))] {
        assert_eq!(fault(standard().with_alternative(part), private), incomplete);
    }
    let github = Scheme::github().with_alternative(whole().id(name("acme-other")));
    assert_eq!(fault(github, private), incomplete);
    let reused = whole().id(name("webhook-id"));
    let want = ConfigError::HeaderReused { header: name("webhook-id") };
    assert_eq!(fault(standard().with_alternative(reused), private), want);
}
