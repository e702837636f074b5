//! What the head of a token may say: RFC 7515 §4, RFC 8725 §3.

use rempart_token::{Policy, Rejection, TokenType};

use crate::support::*;

/// The verdict on a good token but for its head.
fn judged(head: &str) -> Option<Rejection> {
    verdict(&token(head, CLAIMS)).err()
}

#[test]
fn the_algorithm_is_the_keys_and_never_the_tokens() {
    let rows = [
        (r#"{"alg":"HS256"}"#, None),
        // RFC 8725 §2.1, in every case.
        (r#"{"alg":"none"}"#, Some(Rejection::WrongAlgorithm)),
        (r#"{"alg":"None"}"#, Some(Rejection::WrongAlgorithm)),
        (r#"{"alg":"NONE"}"#, Some(Rejection::WrongAlgorithm)),
        (r#"{"alg":"nOnE"}"#, Some(Rejection::WrongAlgorithm)),
        (r#"{"alg":"n\u006fne"}"#, Some(Rejection::WrongAlgorithm)),
        (r#"{"alg":""}"#, Some(Rejection::WrongAlgorithm)),
        // RFC 7515 §4.1.1: the name is case-sensitive.
        (r#"{"alg":"hs256"}"#, Some(Rejection::WrongAlgorithm)),
        (r#"{"alg":"HS256 "}"#, Some(Rejection::WrongAlgorithm)),
        (r#"{"alg":"HS384"}"#, Some(Rejection::WrongAlgorithm)),
        (r#"{"alg":"HS512"}"#, Some(Rejection::WrongAlgorithm)),
        (r#"{"alg":"RS256"}"#, Some(Rejection::WrongAlgorithm)),
        (r#"{"alg":"ES256"}"#, Some(Rejection::WrongAlgorithm)),
        (r#"{"alg":"PS256","kid":"k1"}"#, Some(Rejection::WrongAlgorithm)),
        (r#"{"alg":["HS256"]}"#, Some(Rejection::Malformed)),
        (r#"{"alg":null}"#, Some(Rejection::Malformed)),
        (r#"{"alg":256}"#, Some(Rejection::Malformed)),
        (r#"{"kid":"k1"}"#, Some(Rejection::Malformed)),
        (r"{}", Some(Rejection::Malformed)),
        (r#"{"ALG":"HS256"}"#, Some(Rejection::Malformed)),
    ];
    for (head, rejection) in rows {
        assert_eq!(judged(head), rejection, "{head}");
    }
}

#[test]
fn a_token_without_a_tag_is_refused_whatever_it_says() {
    for alg in ["none", "None", "HS256"] {
        let head = format!(r#"{{"alg":"{alg}"}}"#);
        let unsigned = format!("{}.{}.", base64(head), base64(CLAIMS));
        assert!(verdict(&unsigned).is_err(), "{alg}");
    }
}

#[test]
fn what_the_head_asks_for_is_not_done() {
    let rows = [
        // RFC 7515 §4.1.11: an extension that is not understood makes the token invalid.
        (r#""crit":["exp"]"#, Rejection::UnsupportedCritical),
        (r#""crit":[]"#, Rejection::UnsupportedCritical),
        (r#""crit":null"#, Rejection::UnsupportedCritical),
        (r#""crit":"b64""#, Rejection::UnsupportedCritical),
        (r#""cri\u0074":["exp"]"#, Rejection::UnsupportedCritical),
        // RFC 7797: with or without `crit`.
        (r#""b64":false"#, Rejection::UnsupportedCritical),
        (r#""b64":true"#, Rejection::UnsupportedCritical),
        // RFC 8725 §3.10: a key from the token, or from where the token says.
        (r#""jwk":{"kty":"oct","k":"AA"}"#, Rejection::KeyInToken),
        (r#""jku":"https://attacker.example/keys""#, Rejection::KeyInToken),
        (r#""x5u":"https://attacker.example/certificate""#, Rejection::KeyInToken),
        (r#""x5c":["AA=="]"#, Rejection::KeyInToken),
        (r#""jku":null"#, Rejection::KeyInToken),
        // RFC 7519 §5.2: a token within a token.
        (r#""cty":"JWT""#, Rejection::WrongType),
        (r#""cty":"json""#, Rejection::WrongType),
    ];
    for (member, rejection) in rows {
        let head = format!(r#"{{"alg":"HS256","kid":"k1",{member}}}"#);
        assert_eq!(judged(&head), Some(rejection), "{member}");
    }
    // RFC 7515 §4: the names that mean nothing here are ignored.
    assert_eq!(judged(r#"{"alg":"HS256","x5t":"AA","zip":"no","anything":{"a":[1]}}"#), None);
}

#[test]
fn types_are_compared_as_media_types_are() {
    let rows = [
        (None, "Untyped"),
        (Some("JWT"), "Jwt"),
        (Some("jwt"), "Jwt"),
        (Some("Jwt"), "Jwt"),
        (Some("application/jwt"), "Jwt"),
        (Some("APPLICATION/JWT"), "Jwt"),
        (Some(r"application\/jwt"), "Jwt"),
        (Some("at+jwt"), "AccessToken"),
        (Some("AT+JWT"), "AccessToken"),
        (Some("application/at+jwt"), "AccessToken"),
        (Some("dpop+jwt"), ""),
        (Some("logout+jwt"), ""),
        (Some("secevent+jwt"), ""),
        (Some("JWE"), ""),
        (Some(""), ""),
        (Some("JWT "), ""),
        (Some("application/application/jwt"), ""),
        (Some("text/jwt"), ""),
    ];
    let all = [TokenType::AccessToken, TokenType::Jwt, TokenType::Untyped];
    for (typ, is) in rows {
        let member = typ.map(|typ| format!(r#","typ":"{typ}""#)).unwrap_or_default();
        let token = token(&format!(r#"{{"alg":"HS256","kid":"k1"{member}}}"#), CLAIMS);
        assert_eq!(verdict(&token).is_ok(), !is.is_empty(), "{typ:?}");
        for allowed in all {
            let only = builder().types([allowed]).build().unwrap();
            let verdict = only.verify(&token, NOW);
            assert_eq!(verdict.is_ok(), format!("{allowed:?}") == is, "{typ:?} to {allowed:?}");
        }
    }
    assert_eq!(judged(r#"{"alg":"HS256","typ":7}"#), Some(Rejection::Malformed));
}

#[test]
fn a_head_is_one_object_without_a_name_twice() {
    let rows = [
        (r#"{"alg":"HS256","alg":"HS256"}"#, Rejection::DuplicateMember),
        (r#"{"alg":"none","alg":"HS256"}"#, Rejection::DuplicateMember),
        (r#"{"alg":"HS256","\u0061lg":"HS256"}"#, Rejection::DuplicateMember),
        (r#"{"alg":"HS256","x":{"a":1,"a":1}}"#, Rejection::DuplicateMember),
        (r#"{"alg":"HS256","x":[{"a":1,"\u0061":1}]}"#, Rejection::DuplicateMember),
        (r#"["HS256"]"#, Rejection::Malformed),
        (r#""HS256""#, Rejection::Malformed),
        ("", Rejection::Malformed),
        (r#"{"alg":"HS256"}}"#, Rejection::Malformed),
        (r#"{"alg":"HS256"}{}"#, Rejection::Malformed),
        (r#"{"alg":"HS256",}"#, Rejection::Malformed),
        (r#"{"alg":"HS256""#, Rejection::Malformed),
        ("\u{feff}{\"alg\":\"HS256\"}", Rejection::Malformed),
        (r"{'alg':'HS256'}", Rejection::Malformed),
        (r#"{"alg":"HS256"/**/}"#, Rejection::Malformed),
        ("{\"alg\":\"HS\u{0}256\"}", Rejection::Malformed),
        (r#"{"alg":"HS256","x":"\ud800"}"#, Rejection::Malformed),
    ];
    for (head, rejection) in rows {
        assert_eq!(judged(head), Some(rejection), "{head}");
    }
    let blanks = "\r\n\t {\t\"alg\" : \"HS256\" ,\n\"typ\":\"JWT\" } \n";
    assert_eq!(judged(blanks), None, "RFC 8259 §2: blanks mean nothing");
    let latin1 = format!("{}.{}", base64(b"{\"alg\":\"HS256\",\"x\":\"\xe9\"}"), base64(CLAIMS));
    assert_eq!(verdict(&sealed(SECRET, &latin1)), Err(Rejection::Malformed));
}

#[test]
fn a_head_is_bounded() {
    let padded = |more: usize| format!(r#"{{"alg":"HS256","x":"{}"}}"#, "a".repeat(more));
    let longest = Policy::MAX_HEAD / 4 * 3 - padded(0).len();
    assert_eq!(judged(&padded(longest)), None);
    assert_eq!(judged(&padded(longest + 1)), Some(Rejection::TooLarge));
    let deep = |depth: usize| {
        let (open, shut) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"alg":"HS256","x":{open}{shut}}}"#)
    };
    assert_eq!(judged(&deep(15)), None);
    assert_eq!(judged(&deep(16)), Some(Rejection::Malformed));
    let members = |count: usize| {
        let members: Vec<_> = (1..count).map(|n| format!(r#","{n}":0"#)).collect();
        let members = members.concat();
        format!(r#"{{"alg":"HS256"{members}}}"#)
    };
    assert_eq!(judged(&members(Policy::MAX_MEMBERS)), None);
    assert_eq!(judged(&members(Policy::MAX_MEMBERS + 1)), Some(Rejection::Malformed));
}
