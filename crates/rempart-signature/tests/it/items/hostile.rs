//! Items that somebody made to pass.

use http::{HeaderMap, HeaderValue, StatusCode};
use rempart_core::Reason;
use rempart_testing::Script;

use super::{ITEM, KEY, SIGNATURE, body, good, item, mac, policy, send_body};
use crate::support::{post, send};

#[tokio::test]
async fn no_signed_field_can_be_changed() {
    for (from, to) in [
        ("7914073381342284", "7914073381342285"),
        ("TestMerchant", "TestMerchanT"),
        ("TestPayment-1407325143704", "TestPayment-1407325143705"),
        ("1130", "1131"),
        ("EUR", "USD"),
        ("AUTHORISATION", "CAPTURE"),
        (r#""success":"true""#, r#""success":"false""#),
        (r#""eventCode""#, r#""originalReference":"1","eventCode""#),
    ] {
        let outcome = send_body(&policy(), &good().replace(from, to)).await;
        assert_eq!(outcome.reason(), Some(Reason::Mismatch), "{from}");
        assert_eq!(outcome.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn what_is_not_as_its_sender_writes_it_is_refused() {
    use Reason::{Duplicated, Malformed, Missing};
    let of = |from: &str, to: &str| {
        assert!(good().contains(from), "{from}");
        good().replacen(from, to, 1)
    };
    let signature = |text: &str| of(SIGNATURE, text);
    let deep = "[".repeat(200) + &"]".repeat(200);
    #[rustfmt::skip]
    let rows = [
        ("nothing",              String::new(),                                                  Malformed),
        ("no JSON",              "a=1".to_owned(),                                               Malformed),
        ("an array",             format!("[{}]", good()),                                        Malformed),
        ("something after it",   good() + "{}",                                                  Malformed),
        ("too deep",             of(r#""false""#, &deep),                                        Malformed),
        ("no items",             r#"{"live":"false"}"#.to_owned(),                               Missing),
        ("zero items",           body(&[]),                                                      Missing),
        ("items in an object",   r#"{"notificationItems":{"0":{}}}"#.to_owned(),                 Malformed),
        ("no items at all",      r#"{"notificationItems":null}"#.to_owned(),                     Malformed),
        ("items twice",          of(r#""live":"false""#, r#""notificationItems":[]"#),           Duplicated),
        ("items in disguise",    of(r#""live":"false""#, r#""notification\u0049tems":[]"#),      Duplicated),
        ("a null",               body(&["null".to_owned()]),                                     Malformed),
        ("a number",             body(&["7".to_owned()]),                                        Malformed),
        ("an item of no name",   body(&["{}".to_owned()]),                                       Missing),
        ("an array in its place", body(&[r#"{"NotificationRequestItem":[]}"#.to_owned()]),       Malformed),
        ("an unsigned one",      body(&[item(ITEM, SIGNATURE), "{}".to_owned()]),                Missing),
        ("an item's name twice", body(&[item(ITEM, SIGNATURE).replacen('{', r#"{"NotificationRequestItem":{},"#, 1)]), Duplicated),
        ("an item twice",        body(&[item(ITEM, SIGNATURE), item(ITEM, SIGNATURE)]),          Duplicated),
        ("no signature",         of("hmacSignature", "hmacSignatur"),                            Missing),
        ("no additional data",   of("additionalData", "additionalDatum"),                        Missing),
        ("an empty signature",   signature(""),                                                  Malformed),
        ("half a signature",     signature("coqCmt/IZ4E3CzPvMY8zTg=="),                          Malformed),
        ("without its padding",  signature(&SIGNATURE[..43]),                                    Malformed),
        ("stray bits",           signature(&SIGNATURE.replace("0=", "1=")),                      Malformed),
        ("a signature's number", of(&format!("\"{SIGNATURE}\""), "0"),                           Malformed),
        ("a list of them",       of(&format!("\"{SIGNATURE}\""), &format!("[\"{SIGNATURE}\"]")), Malformed),
        ("two signatures",       of(r#""hmacSignature":"#, r#""hmacSignature":"x","hmacSignature":"#), Duplicated),
        ("data twice",           of(r#""additionalData":"#, r#""additionalData":{},"additionalData":"#), Duplicated),
        ("a field twice",        of(r#""eventCode":"#, r#""eventCode":"CAPTURE","eventCode":"#), Duplicated),
        ("an amount twice",      of(r#""amount":"#, r#""amount":{},"amount":"#),                 Duplicated),
        ("a value twice",        of(r#""value":1130"#, r#""value":1,"value":1130"#),             Duplicated),
        ("no reference",         of("pspReference", "PspReference"),                             Missing),
        ("an empty reference",   of("7914073381342284", ""),                                     Malformed),
        ("no account",           of("merchantAccountCode", "x"),                                 Missing),
        ("no event",             of("eventCode", "x"),                                           Missing),
        ("no success",           of("success", "x"),                                             Missing),
        ("a success of another type", of(r#""success":"true""#, r#""success":true"#),            Malformed),
        ("another success",      of(r#""success":"true""#, r#""success":"TRUE""#),               Malformed),
        ("a value in a text",    of("1130", r#""1130""#),                                        Malformed),
        ("a value with a point", of("1130", "1130.0"),                                           Malformed),
        ("with an exponent",     of("1130", "113e1"),                                            Malformed),
        ("a zero below zero",    of("1130", "-0"),                                               Malformed),
        ("more than there is",   of("1130", "99999999999999999999"),                             Malformed),
        ("an amount of none",    of(r#"{"value":1130,"currency":"EUR"}"#, "null"),               Malformed),
        ("an amount alone",      of(r#"{"value":1130,"currency":"EUR"}"#, "1130"),               Malformed),
        ("a reference's number", of(r#""7914073381342284""#, "7914073381342284"),                Malformed),
        ("a null reference",     of(r#""eventCode""#, r#""originalReference":null,"eventCode""#), Malformed),
    ];
    for (row, text, reason) in rows {
        let outcome = send_body(&policy(), &text).await;
        assert_eq!(outcome.reason(), Some(reason), "{row}: {text}");
        assert_eq!(outcome.status, StatusCode::UNAUTHORIZED, "{row}");
        assert!(outcome.handled.is_none(), "{row}");
    }
}

/// Fields are joined by a mark that is escaped nowhere: it may stand in one of them alone.
#[tokio::test]
async fn what_was_signed_can_be_taken_apart_in_one_way() {
    let signed = "psp:1:Account:a:b:7:EUR:REFUND:true";
    let members = |psp: &str, original: &str, account: &str, reference: &str| {
        format!(
            r#""pspReference":"{psp}","originalReference":"{original}","merchantAccountCode":"{account}","merchantReference":"{reference}","amount":{{"value":7,"currency":"EUR"}},"eventCode":"REFUND","success":"true""#
        )
    };
    let of = |members: String| body(&[item(&members, &mac(signed, KEY))]);
    let good = send_body(&policy(), &of(members("psp", "1", "Account", "a:b"))).await;
    assert_eq!(
        good.verified().items().unwrap().iter().next().unwrap().get("merchantReference"),
        Some("a:b")
    );
    for (psp, original, account, reference) in [
        ("psp:1", "Account", "a", "b"),
        ("psp", "1:Account", "a", "b"),
        ("psp", "1", "Account:a", "b"),
        ("psp", "1", "Account\\u003aa", "b"),
    ] {
        let outcome = send_body(&policy(), &of(members(psp, original, account, reference))).await;
        assert_eq!(outcome.reason(), Some(Reason::Malformed), "{psp} {original} {account}");
    }
}

#[tokio::test]
async fn an_escape_is_what_it_stands_for() {
    let signed = "p::A:\u{e9}\"\\/:::E:false";
    let members = r#""pspReference":"\u0070","merchantAccountCode":"A","merchantReference":"\u00e9\"\\\/","eventCode":"E","success":"fals\u0065""#;
    let signature = mac(signed, KEY);
    for signature in [signature.clone(), signature.replace('/', "\\/")] {
        let outcome = send_body(&policy(), &body(&[item(members, &signature)])).await;
        assert_eq!(outcome.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_body_that_is_compressed_or_too_long_is_not_read() {
    let of = |name: &'static str, value: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        post(headers, Script::new().data(good()))
    };
    let encoded = send(policy(), of("content-encoding", "gzip")).await;
    assert_eq!((encoded.reason(), encoded.polls), (Some(Reason::Encoded), 0));
    let long = send(policy(), of("content-length", "65537")).await;
    assert_eq!((long.reason(), long.polls), (Some(Reason::TooLarge), 0));
    let longer = good() + &" ".repeat(65_536);
    let outcome = send_body(&policy(), &longer).await;
    assert_eq!(outcome.reason(), Some(Reason::TooLarge));
    let whole = format!("{}{}", good(), " ".repeat(65_536 - good().len()));
    assert_eq!(send_body(&policy(), &whole).await.status, StatusCode::OK);
}
