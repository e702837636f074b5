//! A scheme that covers less than the body is taken only by name, and says so to the handler.

use http::{HeaderMap, Method, Uri};
use rempart_core::{ManualClock, Reason};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{ConfigError, Coverage, Head, Message, Rejection, Scheme, verify};
use rempart_testing::Script;

use crate::support::{BODY, NOW, builder, header, id, post, secret_for, send, signed_with};

fn ring(scheme: &Scheme) -> KeyRing {
    KeyRing::single(id("current"), Secret::new(secret_for(scheme)).unwrap())
}

#[test]
fn less_than_the_body_is_dangerous() {
    let clock = ManualClock::default();
    let rows = [
        (Scheme::github(), Coverage::Body, true),
        (Scheme::github(), Coverage::None, true),
        (Scheme::mailgun(), Coverage::Body, false),
        (Scheme::mailgun(), Coverage::Fields, true),
        (Scheme::mailgun(), Coverage::None, true),
        (Scheme::gitlab(), Coverage::Body, false),
        (Scheme::gitlab(), Coverage::Fields, false),
        (Scheme::gitlab(), Coverage::None, true),
    ];
    for (scheme, accepted, taken) in rows {
        let name = scheme.name().to_owned();
        let coverage = scheme.coverage();
        let policy = builder(scheme, &clock).dangerously_accept_coverage(accepted);
        match policy.build() {
            Ok(_) => assert!(taken, "{name}, {accepted}"),
            Err(faults) => {
                assert!(!taken, "{name}, {accepted}: {faults}");
                assert!(faults.iter().eq([&ConfigError::BodyNotCovered { coverage }]));
            }
        }
    }
}

#[tokio::test]
async fn a_shared_secret_is_equal_or_it_is_not() {
    let clock = ManualClock::at(NOW);
    let shared = Scheme::presets().filter(|scheme| scheme.coverage() == Coverage::None);
    for scheme in shared {
        let secret = secret_for(&scheme);
        let policy = builder(scheme.clone(), &clock).keys(ring(&scheme));
        let policy = policy.dangerously_accept_coverage(Coverage::None).build().unwrap();
        let good = signed_with(&scheme, secret, BODY);
        let name = scheme.header().unwrap();
        let value = good[name].to_str().unwrap();

        let outcome = send(policy.clone(), post(good.clone(), Script::new().data(BODY))).await;
        assert_eq!(outcome.reason(), None, "{}", scheme.name());
        assert_eq!(outcome.verified().coverage(), Coverage::None);
        // Another body is as good: that is what the word `None` says.
        let outcome = send(policy.clone(), post(good.clone(), Script::new().data("x"))).await;
        assert_eq!(outcome.reason(), None);

        let flipped = if value.ends_with('x') { "y" } else { "x" };
        let rows = [
            (format!("{value}x"), Reason::Mismatch),
            (value[..value.len() - 1].to_owned(), Reason::Mismatch),
            ([&value[..value.len() - 1], flipped].concat(), Reason::Mismatch),
            (
                value.to_uppercase(),
                if value.contains(' ') { Reason::Malformed } else { Reason::Mismatch },
            ),
            (String::new(), Reason::Malformed),
        ];
        for (value, reason) in rows {
            let headers = [(name.clone(), value.parse().unwrap())].into_iter().collect();
            let outcome = send(policy.clone(), post(headers, Script::new().data(BODY))).await;
            assert_eq!(outcome.reason(), Some(reason), "{}: {value}", scheme.name());
        }
        let mut twice = good.clone();
        twice.append(name.clone(), good[name].clone());
        let outcome = send(policy.clone(), post(twice, Script::new().data(BODY))).await;
        assert_eq!(outcome.reason(), Some(Reason::Duplicated));
        let outcome = send(policy, post(HeaderMap::new(), Script::new().data(BODY))).await;
        assert_eq!((outcome.reason(), outcome.polls), (Some(Reason::Missing), 0));
    }
}

#[test]
fn a_name_and_a_password_are_one_secret() {
    let scheme = Scheme::postmark();
    let policy = builder(scheme.clone(), &ManualClock::default()).keys(ring(&scheme));
    let policy = policy.dangerously_accept_coverage(Coverage::None).build().unwrap();
    let uri = Uri::from_static("/");
    // `user:password`, and what it is not.
    let rows = [
        ("Basic YS1tYWRlLXVwLXVzZXI6YS1tYWRlLXVwLXBhc3N3b3Jk", Ok(())),
        ("Basic YS1tYWRlLXVwLXVzZXI6YS1tYWRlLXVwLXBhc3N3b3Jl", Err(Rejection::Mismatch)),
        ("basic YS1tYWRlLXVwLXVzZXI6YS1tYWRlLXVwLXBhc3N3b3Jk", Err(Rejection::Malformed)),
        ("Basic", Err(Rejection::Malformed)),
    ];
    for (value, want) in rows {
        let headers: HeaderMap = [header("authorization", value)].into_iter().collect();
        let head = Head::new(&Method::POST, &uri, &headers);
        assert_eq!(verify(&policy, &head, BODY, NOW).map(drop), want, "{value}");
    }
}

#[tokio::test]
async fn fields_in_the_body_are_what_is_verified() {
    let clock = ManualClock::at(NOW);
    // What stands before the fields in the template is signed once, as it is for a header.
    let prefixed = Scheme::mailgun().with_template("v0:{timestamp}.{id}".parse().unwrap());
    for scheme in [Scheme::mailgun(), prefixed] {
        let policy = builder(scheme.clone(), &clock).dangerously_accept_coverage(Coverage::Fields);
        let policy = policy.build().unwrap();
        let secret = Secret::new(secret_for(&scheme)).unwrap();
        let message = Message::new(br#"{"event-data":{"event":"opened"}}"#, NOW);
        let body = scheme.sign_body(&secret, &message.id("made-up-token")).unwrap();
        // In two pieces, of which the second is forged: the event is not covered.
        let altered = String::from_utf8(body.clone()).unwrap().replace("opened", "clicked");
        for body in [body, altered.into_bytes()] {
            let (front, back) = body.split_at(body.len() - 12);
            let script = Script::new().data(front.to_vec()).data(back.to_vec());
            let outcome = send(policy.clone(), post(HeaderMap::new(), script)).await;
            let verified = outcome.verified();
            assert_eq!(verified.coverage(), Coverage::Fields);
            assert_eq!(verified.timestamp(), Some(NOW));
            assert_eq!(verified.signed_id(), Some("made-up-token"));
            assert_eq!(outcome.handled.as_ref().unwrap().frames.concat(), body);
        }
    }
}
