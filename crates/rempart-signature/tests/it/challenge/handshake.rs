//! Handshakes that nobody signs.

use http::{HeaderMap, Method, StatusCode};
use rempart_core::{EventKind, Outcome, Reason};
use rempart_keys::Secret;
use rempart_signature::{Challenge, Policy, Scheme};
use rempart_testing::{Script, Step};

use super::{VERIFY_TOKEN, assert_answered, policy, request};
use crate::support::{Outcomes, send, signed};

fn meta() -> Policy {
    policy(&Scheme::meta(), Challenge::meta(Secret::new(VERIFY_TOKEN).unwrap()))
}

fn dropbox() -> Policy {
    policy(&Scheme::dropbox(), Challenge::dropbox())
}

async fn get(policy: Policy, query: &str) -> Outcomes {
    let body = Script::new().data("never read").then(Step::Stall);
    let got = send(policy, request(Method::GET, query, HeaderMap::new(), body)).await;
    assert_eq!(got.polls, 0, "not a byte is read");
    assert!(got.handled.is_none());
    got
}

/// Each query, and what is echoed, or why not.
async fn check(policy: Policy, rows: &[(&str, &str, Result<&str, Reason>)]) {
    for (name, query, wanted) in rows {
        let got = get(policy.clone(), &format!("/hooks?{query}")).await;
        match wanted {
            Ok(echo) => assert_answered(&got, StatusCode::OK, "text/plain", echo),
            Err(reason) => {
                assert_eq!(got.status, StatusCode::UNAUTHORIZED, "{name}");
                assert_eq!(got.reason(), Some(*reason), "{name}");
                let told = got.told[0];
                assert_eq!((told.kind, told.outcome), (EventKind::Signature, Outcome::Refused));
            }
        }
    }
}

#[tokio::test]
async fn meta_is_answered_when_it_knows_the_token() {
    const TOKEN: &str = "hub.verify_token=a-made-up%2Fverify+token";
    let [fits, long] = [128, 129].map(|length| "7".repeat(length));
    let query = |challenge: &str| format!("hub.mode=subscribe&hub.challenge={challenge}&{TOKEN}");
    let (fits_query, long_query) = (query(&fits), query(&long));
    let huge_query = query(&"7".repeat(8192));
    let [good, space, tag, crlf, bytes, encoded, empty] =
        ["1158201444", "a+b", "%3Cb%3E", "a%0d%0ab", "%ff", "%31", ""].map(query);
    let many = format!("{}&{good}", "x=1&".repeat(900));
    let in_the_middle = good.replace('&', "&a=b&&c&=d&");
    #[rustfmt::skip]
    let rows = [
        ("as Meta sends it",             &*good,                                            Ok("1158201444")),
        ("with parameters of one's own", &*in_the_middle,                                   Ok("1158201444")),
        ("as long as may be",            &*fits_query,                                      Ok(&*fits)),
        ("percent-encoded",              &*encoded,                                         Ok("1")),
        ("one byte longer",              &*long_query,                                      Err(Reason::Malformed)),
        ("a query too long to look at",  &*huge_query,                                      Err(Reason::Missing)),
        ("900 parameters before it",     &*many,                                            Ok("1158201444")),
        ("a blank",                      &*space,                                           Err(Reason::Malformed)),
        ("a tag",                        &*tag,                                             Err(Reason::Malformed)),
        ("a line break",                 &*crlf,                                            Err(Reason::Malformed)),
        ("no UTF-8",                     &*bytes,                                           Err(Reason::Malformed)),
        ("empty",                        &*empty,                                           Err(Reason::Malformed)),
        ("no challenge",                 &format!("hub.mode=subscribe&{TOKEN}"),            Err(Reason::Missing)),
        ("no token",                     "hub.mode=subscribe&hub.challenge=1",              Err(Reason::Missing)),
        ("no mode",                      &format!("hub.challenge=1&{TOKEN}"),               Err(Reason::Missing)),
        ("the mode alone",               "hub.mode=subscribe",                              Err(Reason::Missing)),
        ("another mode",                 &good.replace("subscribe", "unsubscribe"),         Err(Reason::Malformed)),
        ("another token",                &good.replace("made", "Made"),                     Err(Reason::Mismatch)),
        ("a token that goes on",         &good.replace("+token", "+tokens"),                Err(Reason::Mismatch)),
        ("a token that ends early",      &good.replace("+token", "+toke"),                  Err(Reason::Mismatch)),
        ("an empty token",               "hub.mode=subscribe&hub.challenge=1&hub.verify_token=", Err(Reason::Mismatch)),
        ("a token of no UTF-8",          "hub.mode=subscribe&hub.challenge=1&hub.verify_token=%ff", Err(Reason::Mismatch)),
        ("the challenge twice",          &format!("{good}&hub.challenge=2"),                Err(Reason::Duplicated)),
        ("the same challenge twice",     &format!("{good}&hub.challenge=1158201444"),       Err(Reason::Duplicated)),
        ("twice in two spellings",       &format!("hub%2Echallenge=2&{good}"),              Err(Reason::Duplicated)),
        ("the token twice",              &format!("hub.verify_token=x&{good}"),             Err(Reason::Duplicated)),
        ("the mode twice",               &format!("{good}&hub.mode"),                       Err(Reason::Duplicated)),
        ("names in upper case",          &good.to_uppercase(),                              Err(Reason::Missing)),
        ("none of it",                   "a=b",                                             Err(Reason::Missing)),
        ("Dropbox's",                    "challenge=abc",                                   Err(Reason::Missing)),
    ];
    check(meta(), &rows).await;
}

#[tokio::test]
async fn dropbox_is_answered_with_a_word_and_nothing_else() {
    let [fits, long] = [128, 129].map(|length| "a".repeat(length));
    let (fits_query, long_query) = (format!("challenge={fits}"), format!("challenge={long}"));
    #[rustfmt::skip]
    let rows = [
        ("as Dropbox sends it",     "challenge=eV-dZ_8Qm",              Ok("eV-dZ_8Qm")),
        ("beside one's own",        "tenant=7&challenge=abc",           Ok("abc")),
        ("as long as may be",       &*fits_query,                       Ok(&*fits)),
        ("one byte longer",         &*long_query,                       Err(Reason::Malformed)),
        ("a script",                "challenge=%3Cscript%3E",           Err(Reason::Malformed)),
        ("a header",                "challenge=a%0d%0aset-cookie:b",    Err(Reason::Malformed)),
        ("a URL",                   "challenge=https://a.test",         Err(Reason::Malformed)),
        ("a zero byte",             "challenge=a%00",                   Err(Reason::Malformed)),
        ("no UTF-8",                "challenge=%c3%28",                 Err(Reason::Malformed)),
        ("letters of elsewhere",    "challenge=%C3%A9",                 Err(Reason::Malformed)),
        ("a broken escape",         "challenge=%4",                     Err(Reason::Malformed)),
        ("empty",                   "challenge=",                       Err(Reason::Malformed)),
        ("without a value",         "challenge",                        Err(Reason::Malformed)),
        ("twice",                   "challenge=a&challenge=b",          Err(Reason::Duplicated)),
        ("twice in two spellings",  "challenge=a&ch%61llenge=a",        Err(Reason::Duplicated)),
        ("as an array",             "challenge[]=a",                    Err(Reason::Missing)),
        ("in upper case",           "CHALLENGE=a",                      Err(Reason::Missing)),
        ("behind a semicolon",      "a=b;challenge=c",                  Err(Reason::Missing)),
        ("none",                    "",                                 Err(Reason::Missing)),
    ];
    check(dropbox(), &rows).await;
}

#[tokio::test]
async fn only_a_get_is_a_handshake() {
    let uri = "/hooks?challenge=abc";
    for method in ["HEAD", "POST", "PUT", "OPTIONS", "get", "CONNECT"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let head = method == Method::HEAD;
        let got = send(dropbox(), request(method, uri, HeaderMap::new(), Script::new())).await;
        assert_eq!(got.status, StatusCode::UNAUTHORIZED);
        assert_eq!((got.reason(), got.polls), (Some(Reason::Missing), 0));
        assert_eq!(got.body.is_empty(), head);
    }
}

/// A handshake proves nothing of whoever sends it: it opens no way to the handler.
#[tokio::test]
async fn a_handshake_never_reaches_the_handler() {
    let headers = signed(&Scheme::dropbox(), b"");
    let get = |query: &str| {
        let uri = format!("/hooks?{query}");
        send(dropbox(), request(Method::GET, &uri, headers.clone(), Script::new()))
    };
    let got = get("challenge=abc").await;
    assert_answered(&got, StatusCode::OK, "text/plain", "abc");
    let got = get("challenge=%3Cb%3E").await;
    assert!(got.handled.is_none());
    // Without a challenge it is a request like any other, and Dropbox posts those.
    let got = get("a=b").await;
    assert_eq!((got.status, got.polls), (StatusCode::METHOD_NOT_ALLOWED, 0));
    let request = request(Method::POST, "/hooks?a=b", headers.clone(), Script::new());
    assert!(send(dropbox(), request).await.handled.is_some());
}

#[tokio::test]
async fn no_policy_answers_a_handshake_that_it_was_not_told_of() {
    for scheme in [Scheme::dropbox(), Scheme::meta()] {
        let clock = rempart_core::ManualClock::at(crate::support::NOW);
        let policy = crate::support::builder(scheme, &clock).build().unwrap();
        let query = format!("/?challenge=a&hub.challenge=a&hub.verify_token={VERIFY_TOKEN}");
        let got = get(policy, &query.replace(' ', "+")).await;
        assert_eq!(got.reason(), Some(Reason::Missing));
    }
}
