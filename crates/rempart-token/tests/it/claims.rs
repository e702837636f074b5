//! What claims may be, and how they are read.

use rempart_token::{Policy, Rejection};

use crate::support::*;

const TIMES: &str = r#""iat":1800000000,"exp":1800000900"#;

fn judged(claims: &str) -> Option<Rejection> {
    verdict(&with_claims(&format!("{{{claims},{TIMES}}}"))).err()
}

#[test]
fn issuer_and_audience_are_those_of_the_policy() {
    let rows = [
        (r#""iss":"auth","aud":"api""#, None),
        (r#""iss":"\u0061uth","aud":"\u0061pi""#, None),
        (r#""iss":"auth","aud":["api"]"#, None),
        (r#""iss":"auth","aud":["other","\u0061pi"]"#, None),
        (r#""iss":"auth","aud":[ "api" , "other" ]"#, None),
        (r#""iss":"auth","aud":[]"#, Some(Rejection::WrongAudience)),
        (r#""iss":"auth","aud":["other"]"#, Some(Rejection::WrongAudience)),
        (r#""iss":"auth","aud":"other""#, Some(Rejection::WrongAudience)),
        (r#""iss":"auth","aud":"API""#, Some(Rejection::WrongAudience)),
        (r#""iss":"auth","aud":"api ""#, Some(Rejection::WrongAudience)),
        (r#""iss":"auth","aud":"api,other""#, Some(Rejection::WrongAudience)),
        (r#""iss":"auth","aud":"""#, Some(Rejection::WrongAudience)),
        (r#""iss":"auth""#, Some(Rejection::WrongAudience)),
        (r#""iss":"auth/","aud":"api""#, Some(Rejection::WrongIssuer)),
        (r#""iss":"AUTH","aud":"api""#, Some(Rejection::WrongIssuer)),
        (r#""iss":"","aud":"api""#, Some(Rejection::WrongIssuer)),
        (r#""aud":"api""#, Some(Rejection::WrongIssuer)),
        (r#""iss":["auth"],"aud":"api""#, Some(Rejection::Malformed)),
        (r#""iss":null,"aud":"api""#, Some(Rejection::Malformed)),
        (r#""iss":"auth","aud":null"#, Some(Rejection::Malformed)),
        (r#""iss":"auth","aud":7"#, Some(Rejection::Malformed)),
        (r#""iss":"auth","aud":["api",7]"#, Some(Rejection::Malformed)),
        (r#""iss":"auth","aud":[["api"]]"#, Some(Rejection::Malformed)),
        (r#""iss":"auth","aud":{"api":true}"#, Some(Rejection::Malformed)),
    ];
    for (claims, rejection) in rows {
        assert_eq!(judged(claims), rejection, "{claims}");
    }
}

#[test]
fn several_issuers_and_audiences_can_be_good() {
    let policy = builder().issuer("elsewhere").audience("admin").build().unwrap();
    for (issuer, audience) in [("auth", "api"), ("elsewhere", "admin"), ("auth", "admin")] {
        let claims = format!(r#"{{"iss":"{issuer}","aud":"{audience}",{TIMES}}}"#);
        assert!(policy.verify(&with_claims(&claims), NOW).is_ok());
    }
    let none = format!("{{{TIMES}}}");
    assert!(lenient().verify(&with_claims(&none), NOW).is_ok(), "any is none too");
    let wrong = format!(r#"{{"iss":7,{TIMES}}}"#);
    assert_eq!(lenient().verify(&with_claims(&wrong), NOW), Err(Rejection::Malformed));
}

#[test]
fn claims_are_one_object_without_a_name_twice() {
    let good = r#""iss":"auth","aud":"api","iat":1800000000,"exp":1800000900"#;
    let rows = [
        (format!("{{{good}}}"), None),
        (format!(" {{ {good} }}\n"), None),
        (format!(r#"{{{good},"exp":1800000900}}"#), Some(Rejection::DuplicateMember)),
        (format!(r#"{{{good},"e\u0078p":1800000900}}"#), Some(Rejection::DuplicateMember)),
        (format!(r#"{{{good},"sub":"a","sub":"a"}}"#), Some(Rejection::DuplicateMember)),
        (format!(r#"{{{good},"x":{{"y":{{"z":1,"z":1}}}}}}"#), Some(Rejection::DuplicateMember)),
        (format!(r#"{{{good},"x":{{"exp":1}},"y":[{{"exp":1}}]}}"#), None),
        (format!(r#"{{{good},"a long name":1,"a long nama":1}}"#), None),
        (
            format!(r#"{{{good},"a long name":1,"a long name":1}}"#),
            Some(Rejection::DuplicateMember),
        ),
        (format!("[{{{good}}}]"), Some(Rejection::Malformed)),
        (format!("{{{good}}}x"), Some(Rejection::Malformed)),
        (format!("{{{good},}}"), Some(Rejection::Malformed)),
        (format!("{{{good}"), Some(Rejection::Malformed)),
        (format!("{{,{good}}}"), Some(Rejection::Malformed)),
        (format!("{{{good},\"x\"}}"), Some(Rejection::Malformed)),
        (format!("{{{good},\"x\":}}"), Some(Rejection::Malformed)),
        (format!("{{{good},\"x\":tru}}"), Some(Rejection::Malformed)),
        (format!("{{{good},x:1}}"), Some(Rejection::Malformed)),
        (format!("{{{good},\"x\":\"\t\"}}"), Some(Rejection::Malformed)),
        (format!("{{{good},\"x\":\"\\x41\"}}"), Some(Rejection::Malformed)),
        (format!("{{{good},\"x\":\"\\u00g0\"}}"), Some(Rejection::Malformed)),
        (format!("{{{good},\"x\":\"\\udc00\"}}"), Some(Rejection::Malformed)),
        (format!("{{{good},\"x\":\"\\ud83d\\ud83d\"}}"), Some(Rejection::Malformed)),
        (format!("{{{good},\"x\":\"\\ud83d\\ude00\"}}"), None),
        (format!("{{{good},\"x\":[1,-2.5e+3,true,false,null,{{}},[],\"\"]}}"), None),
        (format!("{{{good},\"x\":[1,]}}"), Some(Rejection::Malformed)),
        ("{}".to_owned(), Some(Rejection::LifeTooLong)),
        ("null".to_owned(), Some(Rejection::Malformed)),
        ("\"text\"".to_owned(), Some(Rejection::Malformed)),
    ];
    for (claims, rejection) in rows {
        assert_eq!(verdict(&with_claims(&claims)).err(), rejection, "{claims}");
    }
}

#[test]
fn texts_lists_and_objects_are_bounded() {
    let good = r#""iss":"auth","aud":"api""#;
    let text = |length| format!(r#"{good},"sub":"{}""#, "a".repeat(length));
    assert_eq!(judged(&text(Policy::MAX_TEXT)), None);
    assert_eq!(judged(&text(Policy::MAX_TEXT + 1)), Some(Rejection::Malformed));
    let audiences = |count| format!(r#""iss":"auth","aud":["api"{}]"#, ",\"x\"".repeat(count));
    assert_eq!(judged(&audiences(Policy::MAX_AUDIENCES - 1)), None);
    assert_eq!(judged(&audiences(Policy::MAX_AUDIENCES)), Some(Rejection::Malformed));
    let deep = |depth| format!(r#"{good},"x":{}{}"#, "[".repeat(depth), "]".repeat(depth));
    assert_eq!(judged(&deep(15)), None);
    assert_eq!(judged(&deep(16)), Some(Rejection::Malformed));
    assert_eq!(judged(&deep(2_900)), Some(Rejection::Malformed));
    let objects = r#"{"x":"#.repeat(16);
    assert_eq!(judged(&format!(r#"{good},"x":{objects}"#)), Some(Rejection::Malformed));
    // Four are there already.
    let members = |count: usize| {
        let members: Vec<_> = (4..count).map(|n| format!(r#","{n}":0"#)).collect();
        let members = members.concat();
        format!("{good}{members}")
    };
    assert_eq!(judged(&members(Policy::MAX_MEMBERS)), None);
    assert_eq!(judged(&members(Policy::MAX_MEMBERS + 1)), Some(Rejection::Malformed));
}

#[derive(serde::Deserialize)]
struct Session<'a> {
    tenant: u64,
    email: &'a str,
}

#[derive(Debug, serde::Deserialize)]
struct Other {
    #[expect(dead_code, reason = "it is not there")]
    role: u64,
}

#[test]
fn a_handler_reads_what_was_said() {
    let claims = r#"{"iss":"auth","aud":["other","api"],"sub":"ada","jti":"t-1","nbf":1799999999.5,
        "iat":1800000000,"exp":1800000900,"role":"agent","scope":"read  write","tenant":7,
        "email":"ada@example.test"}"#;
    let claims = verdict(&with_claims(claims)).unwrap();
    assert_eq!(claims.subject(), Some("ada"));
    assert_eq!(claims.issuer(), Some("auth"));
    assert_eq!(claims.audiences().collect::<Vec<_>>(), ["other", "api"]);
    assert_eq!(claims.id(), Some("t-1"));
    assert_eq!(claims.role(), Some("agent"));
    assert_eq!(claims.scopes().collect::<Vec<_>>(), ["read", "write"]);
    assert_eq!(claims.text("email"), Some("ada@example.test"));
    assert_eq!(claims.text("tenant"), None, "a number is no text");
    assert_eq!(claims.text("absent"), None);
    assert_eq!(claims.issued_at(), Some(NOW));
    assert_eq!(claims.not_before().unwrap().as_millis(), 1_799_999_999_500);
    assert_eq!(claims.expires_at().as_secs(), 1_800_000_900);
    assert_eq!((claims.key(), claims.policy().as_str()), (id("k1"), "api"));

    let session: Session<'_> = claims.decode().unwrap();
    assert_eq!((session.tenant, session.email), (7, "ada@example.test"));
    let fault = claims.decode::<Other>().unwrap_err();
    assert!(!format!("{fault} {fault:?}").contains("agent"), "no value in an error");

    // In one line: where the text ends that is no number.
    let claims = verdict(&with_claims(CLAIMS)).unwrap();
    let fault = claims.decode::<Other>().unwrap_err();
    let end = CLAIMS.find(r#""agent""#).unwrap() + r#""agent""#.len();
    assert_eq!(fault.column(), end);

    let shown = format!("{claims:?}");
    assert!(
        shown.contains("(api)") && shown.contains("(k1)") && !shown.contains("agent"),
        "{shown}"
    );
}

#[test]
fn escapes_are_read_as_what_they_mean() {
    let claims = r#"{"iss":"\u0061uth","aud":["x\\y","\u0061pi"],"sub":"DOMAIN\\ada","jti":"plain",
        "iat":1800000000,"exp":1800000900,"role":"\ud83d\ude00\n\t\r\b\f\/\"","scope":"re\u0061d",
        "https:\/\/example.test\/tenant":"seven","\u0065mail":"ada"}"#;
    let claims = verdict(&with_claims(claims)).unwrap();
    assert_eq!(claims.subject(), Some("DOMAIN\\ada"));
    assert_eq!(claims.issuer(), Some("auth"));
    assert_eq!(claims.audiences().collect::<Vec<_>>(), ["x\\y", "api"]);
    assert_eq!(claims.id(), Some("plain"));
    assert_eq!(claims.role(), Some("😀\n\t\r\u{8}\u{c}/\""));
    assert_eq!(claims.scopes().collect::<Vec<_>>(), ["read"]);
    assert_eq!(claims.text("https://example.test/tenant"), Some("seven"));
    assert_eq!(claims.text("email"), Some("ada"));
    assert_eq!(claims.text("\\u0065mail"), None);
}

#[test]
fn a_role_or_a_scope_that_is_no_text_is_none() {
    for value in ["7", "null", "[\"admin\"]", "{}", "true"] {
        let claims =
            format!(r#"{{"iss":"auth","aud":"api","role":{value},"scope":{value},{TIMES}}}"#);
        let claims = verdict(&with_claims(&claims)).unwrap();
        assert_eq!((claims.role(), claims.scopes().count()), (None, 0), "{value}");
    }
}

#[test]
fn a_forged_token_is_not_read() {
    // Whatever is wrong with its claims, the tag is looked at first.
    for claims in ["", "{", r#"{"exp":1}"#, r#"{"exp":1,"exp":2}"#, CLAIMS] {
        let forged = token_by(OTHER_SECRET, HEAD, claims);
        let rejection = verdict(&forged).unwrap_err();
        assert_eq!(rejection, Rejection::Mismatch, "{claims}");
    }
}
