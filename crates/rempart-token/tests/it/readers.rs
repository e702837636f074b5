//! A token says to this crate what it says to any other reader of JSON, or it is refused.

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use rempart_core::ManualClock;
use rempart_testing::strict;
use rempart_token::{Rejection, TokenLayer};
use tower::{Layer, ServiceExt};

use crate::support::{
    CLAIMS, HEAD, NOW, SECRET, base64, builder, good, policy, sealed, token, verdict, with_claims,
};

#[test]
fn a_character_of_any_plane_is_read_as_what_it_is() {
    let subjects = [
        (r"\u0061", "a"),
        (r"\uffff", "\u{ffff}"),
        (r"\ud800\udc00", "\u{10000}"),
        (r"\ud83d\ude00", "\u{1f600}"),
        // From the third plane on, the tens of the two halves carry.
        (r"\ud840\udc00", "\u{20000}"),
        (r"\udbff\udfff", "\u{10ffff}"),
        ("\u{20000}", "\u{20000}"),
    ];
    for (written, meant) in subjects {
        let claims = CLAIMS.replace("ada", written);
        assert_eq!(verdict(&with_claims(&claims)).unwrap().subject(), Some(meant), "{written}");
    }
}

#[test]
fn a_number_that_other_readers_cannot_hold_is_none() {
    let long = "9".repeat(400);
    let numbers = [
        ("1e308", true),
        ("1e-400", true),
        ("1e309", false),
        ("-1e400", false),
        (&long[..300], true),
        (&long[..], false),
    ];
    for (number, is_good) in numbers {
        let claims = CLAIMS.replace(r#""ada""#, &format!(r#""ada","other":{number}"#));
        let others = serde_json::from_str::<serde_json::Value>(&claims);
        assert_eq!(others.is_ok(), is_good, "{number}");
        let ours = verdict(&with_claims(&claims));
        assert_eq!(ours.map(drop), is_good.then_some(()).ok_or(Rejection::Malformed), "{number}");
    }
}

#[test]
fn bytes_of_any_length_are_decoded_to_what_was_encoded() {
    for length in 0..=260_u16 {
        // The first digits change with the length, so that each digit stands at each place.
        let bytes: Vec<u8> = (0..length).map(|at| at.wrapping_mul(167).to_le_bytes()[0]).collect();
        let bytes = [&length.to_be_bytes(), &bytes[..]].concat();
        let token = sealed(SECRET, &format!("{}.{}", base64(HEAD), base64(&bytes)));
        let signed = policy().dangerously_verify_signature(&token, NOW).unwrap();
        assert_eq!(*signed, bytes, "{length}");
    }
}

#[test]
fn a_long_text_ends_where_it_does_for_other_readers() {
    for place in 0..200 {
        let (before, behind) = ("a".repeat(place), "b".repeat(150));
        for inside in ["\\n", "\n", "\u{1f}", "\u{7f}", "\u{e9}", "\\", "\""] {
            let claims = CLAIMS.replace("ada", &format!("{before}{inside}{behind}"));
            let theirs = serde_json::from_str::<serde_json::Value>(&claims);
            let theirs = theirs.ok().map(|claims| claims["sub"].as_str().unwrap().to_owned());
            let ours = verdict(&with_claims(&claims));
            let ours = ours.as_ref().ok().and_then(|claims| claims.subject());
            assert_eq!(ours, theirs.as_deref(), "{inside:?} at {place}");
        }
    }
}

#[test]
fn what_is_registered_for_a_head_is_of_its_type() {
    for name in ["enc", "nonce", "url", "x5t", "x5t#S256", "zip"] {
        for (value, want) in [(r#""text""#, Ok(())), ("5", Err(Rejection::Malformed))] {
            let head = format!(r#"{{"alg":"HS256","{name}":{value}}}"#);
            assert_eq!(verdict(&token(&head, CLAIMS)).map(drop), want, "{head}");
        }
    }
}

#[test]
fn a_claim_that_is_required_twice_is_required() {
    let policy = builder().require("role").require("role").build().unwrap();
    assert!(policy.verify(&good(), NOW).is_ok());
}

#[tokio::test]
async fn a_handler_that_prints_its_request_prints_no_token() {
    let print = |request: Request<()>| async move {
        Response::new(Full::new(Bytes::from(format!("{request:?}"))))
    };
    let layer = TokenLayer::new(policy()).clock(ManualClock::at(NOW));
    let bearer = format!("Bearer {}", good());
    let request = Request::get("/").header(header::AUTHORIZATION, bearer).body(()).unwrap();
    let response = layer.layer(strict(print)).oneshot(request).await.unwrap();
    let printed = response.into_body().collect().await.unwrap().to_bytes();
    let printed = String::from_utf8_lossy(&printed);
    assert!(printed.contains("Sensitive"), "{printed}");
    assert!(!printed.contains("eyJ"), "{printed}");
}
