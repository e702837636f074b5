//! What is sent wrongly, and what it gets.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use rempart_core::{ManualClock, Reason};
use rempart_signature::Scheme;
use rempart_testing::Script;

use crate::support::{
    BODY, NOW, OTHER_SECRET, builder, header as pair, post, send, send_github, signed, signed_with,
};

const SIGNATURE: &str = "x-hub-signature-256";

fn good() -> String {
    let headers = signed(&Scheme::github(), BODY);
    headers[SIGNATURE].to_str().unwrap().to_owned()
}

fn with(values: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        let (name, value) = pair(SIGNATURE, value);
        headers.append(name, value);
    }
    headers
}

#[tokio::test]
async fn a_credential_that_is_missing_or_misshapen_costs_no_byte_of_the_body() {
    let good = good();
    let hex = good.strip_prefix("sha256=").unwrap();
    let upper = format!("sha256={}", hex.to_ascii_uppercase());
    let (short, odd) = (good[..good.len() - 2].to_owned(), good[..good.len() - 1].to_owned());
    let (long, padded) = (format!("{good}00"), format!(" {good}"));
    let not_hex = good.replace(|c: char| c.is_ascii_digit(), "g");
    let other_algorithm = format!("md5={hex}");
    let several = format!("{good}, {good}");
    let huge = format!("sha256={}", "0".repeat(1024 * 1024));
    #[rustfmt::skip]
    let rows: [(&str, &[&str], Reason); 18] = [
        ("no header",                       &[],                    Reason::Missing),
        ("an empty one",                    &[""],                  Reason::Malformed),
        ("the prefix alone",                &["sha256="],           Reason::Malformed),
        ("without the prefix",              &[hex],                 Reason::Malformed),
        ("another prefix",                  &[&other_algorithm],    Reason::Malformed),
        ("the prefix in upper case",        &["SHA256=00"],         Reason::Malformed),
        ("two digits too short",            &[&short],              Reason::Malformed),
        ("an odd number of digits",         &[&odd],                Reason::Malformed),
        ("two digits too long",             &[&long],               Reason::Malformed),
        ("a blank before it",               &[&padded],             Reason::Malformed),
        ("upper case",                      &[&upper],              Reason::Malformed),
        ("letters that are no digits",      &[&not_hex],            Reason::Malformed),
        ("two in one line",                 &[&several],            Reason::Malformed),
        ("a megabyte",                      &[&huge],               Reason::Malformed),
        ("twice the same",                  &[&good, &good],        Reason::Duplicated),
        ("a bad one, then the good one",    &["sha256=00", &good],  Reason::Duplicated),
        ("the good one, then a bad one",    &[&good, "sha256=00"],  Reason::Duplicated),
        ("the good one, then an empty one", &[&good, ""],           Reason::Duplicated),
    ];
    for (name, values, reason) in rows {
        let outcome = send_github(with(values), Script::new().data(BODY)).await;
        assert_eq!(outcome.status, StatusCode::UNAUTHORIZED, "{name}");
        assert_eq!(outcome.reason(), Some(reason), "{name}");
        assert_eq!(outcome.polls, 0, "{name}: the body was polled");
        assert!(outcome.handled.is_none(), "{name}");
    }
}

#[tokio::test]
async fn a_stale_request_costs_no_byte_of_the_body() {
    let clock = ManualClock::at(NOW);
    let scheme = Scheme::vapi_timestamped();
    #[rustfmt::skip]
    let rows = [
        ("300 s old",                    "1699999700", None),
        ("301 s old",                    "1699999699", Some(Reason::StaleTimestamp)),
        ("60 s early",                   "1700000060", None),
        ("61 s early",                   "1700000061", Some(Reason::FutureTimestamp)),
        ("the epoch",                    "0",          Some(Reason::StaleTimestamp)),
        ("the end of milliseconds",      "9999999999999", Some(Reason::FutureTimestamp)),
        ("negative",                     "-1700000000", Some(Reason::Malformed)),
        ("the least number of 64 bits",  "-9223372036854775808", Some(Reason::Malformed)),
        ("signed",                       "+1700000000", Some(Reason::Malformed)),
        ("a leading zero",               "01700000000", Some(Reason::Malformed)),
        ("a fraction",                   "1700000000.0", Some(Reason::Malformed)),
        ("an exponent",                  "17e8",       Some(Reason::Malformed)),
        ("a date",                       "2023-11-14T22:13:20Z", Some(Reason::Malformed)),
        ("nothing",                      "",           Some(Reason::Malformed)),
    ];
    for (name, timestamp, reason) in rows {
        let mut headers = signed(&scheme, BODY);
        let (time_header, value) = pair("x-timestamp", timestamp);
        headers.insert(time_header, value);
        let policy = builder(scheme.clone(), &clock).build().unwrap();
        let outcome = send(policy, post(headers, Script::new().data(BODY))).await;
        // A time within the window is another one than was signed.
        assert_eq!(outcome.reason(), Some(reason.unwrap_or(Reason::Mismatch)), "{name}");
        assert_eq!(outcome.polls == 0, reason.is_some(), "{name}");
        assert_eq!(outcome.status, StatusCode::UNAUTHORIZED, "{name}");
    }
}

#[tokio::test]
async fn all_401s_look_the_same() {
    let good = good();
    let stranger = signed_with(&Scheme::github(), OTHER_SECRET, BODY);
    let forged = stranger[SIGNATURE].to_str().unwrap();
    let mut seen = Vec::new();
    for values in [&[][..], &["sha256=00"], &[&good, &good], &[forged]] {
        let outcome = send_github(with(values), Script::new().data(BODY)).await;
        assert_eq!(outcome.headers[header::WWW_AUTHENTICATE], "Signature");
        assert_eq!(outcome.headers[header::CONTENT_TYPE], "application/problem+json");
        seen.push((outcome.status, outcome.headers, outcome.body));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
}

/// What is sent, its credential, its further headers, its body; and what it gets.
type Row<'a> = (&'a str, HeaderMap, Vec<(HeaderName, HeaderValue)>, &'a [u8], Reason, StatusCode);

#[tokio::test]
async fn checks_come_in_their_order() {
    let length = |length: &str| pair("content-length", length);
    let gzip = || pair("content-encoding", "gzip");
    let good = good();
    let last = if good.ends_with('0') { "1" } else { "0" };
    let wrong = format!("{}{last}", &good[..good.len() - 1]);
    let too_long = "27262976";
    #[rustfmt::skip]
    let rows: [Row; 7] = [
        ("unsigned, compressed, too long", with(&[]),        vec![gzip(), length(too_long)], BODY, Reason::Missing,   StatusCode::UNAUTHORIZED),
        ("misshapen, compressed",          with(&["x"]),     vec![gzip()],                        BODY, Reason::Malformed, StatusCode::UNAUTHORIZED),
        ("wrong, compressed, too long",    with(&[&wrong]),  vec![gzip(), length(too_long)], BODY, Reason::Encoded,   StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("good, compressed",               with(&[&good]),   vec![gzip()],                        BODY, Reason::Encoded,   StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("wrong, too long",                with(&[&wrong]),  vec![length(too_long)],         BODY, Reason::TooLarge,  StatusCode::PAYLOAD_TOO_LARGE),
        ("wrong",                          with(&[&wrong]),  vec![],                              BODY, Reason::Mismatch,  StatusCode::UNAUTHORIZED),
        ("the wrong body",                 with(&[&good]),   vec![],                              b"x", Reason::Mismatch,  StatusCode::UNAUTHORIZED),
    ];
    for (name, mut headers, more, body, reason, status) in rows {
        headers.extend(more);
        let outcome = send_github(headers, Script::new().data(body)).await;
        assert_eq!(outcome.reason(), Some(reason), "{name}");
        assert_eq!(outcome.status, status, "{name}");
        assert_eq!(outcome.polls > 0, reason == Reason::Mismatch, "{name}");
    }
}

#[tokio::test]
async fn a_body_is_identity_encoded_or_refused() {
    #[rustfmt::skip]
    let rows: [(&[&str], bool); 8] = [
        (&[],                       true),
        (&["identity"],             true),
        (&["Identity"],             true),
        (&["identity", "identity"], true),
        (&["gzip"],                 false),
        (&["identity, gzip"],       false),
        (&["identity", "br"],       false),
        (&[""],                     false),
    ];
    for (codings, taken) in rows {
        let mut headers = with(&[&good()]);
        for coding in codings {
            let (name, value) = pair("content-encoding", coding);
            headers.append(name, value);
        }
        let outcome = send_github(headers, Script::new().data(BODY)).await;
        assert_eq!(outcome.handled.is_some(), taken, "{codings:?}");
        assert_eq!(outcome.status == StatusCode::UNSUPPORTED_MEDIA_TYPE, !taken, "{codings:?}");
    }
}

#[tokio::test]
async fn five_thousand_signatures_are_refused_by_their_number() {
    let clock = ManualClock::at(NOW);
    let scheme = Scheme::stripe();
    let good = signed(&scheme, BODY)["stripe-signature"].to_str().unwrap().to_owned();
    let bad = format!(",v1={}", "0".repeat(64));
    for (more, reason) in
        [(15, None), (16, Some(Reason::Malformed)), (5000, Some(Reason::Malformed))]
    {
        let headers = [pair("stripe-signature", &format!("{good}{}", bad.repeat(more)))];
        let policy = builder(scheme.clone(), &clock).build().unwrap();
        let request = post(headers.into_iter().collect(), Script::new().data(BODY));
        let outcome = send(policy, request).await;
        assert_eq!(outcome.reason(), reason, "{more} more");
        assert_eq!(outcome.polls == 0, reason.is_some(), "{more} more");
    }
}

#[tokio::test]
async fn a_good_signature_counts_wherever_it_stands() {
    let clock = ManualClock::at(NOW);
    let scheme = Scheme::stripe();
    let good = signed(&scheme, BODY)["stripe-signature"].to_str().unwrap().to_owned();
    let (time, good) = good.split_once(',').unwrap();
    let bad = format!("v1={}", "0".repeat(64));
    for place in 0..16 {
        let mut elements = vec![bad.as_str(); 15];
        elements.insert(place, good);
        elements.insert(place % 7, time);
        let headers = [pair("stripe-signature", &elements.join(","))].into_iter().collect();
        let policy = builder(scheme.clone(), &clock).build().unwrap();
        let outcome = send(policy, post(headers, Script::new().data(BODY))).await;
        assert_eq!(outcome.status, StatusCode::OK, "{place}");
    }
}

#[tokio::test]
async fn a_signed_id_cannot_be_cut_elsewhere() {
    let clock = ManualClock::at(NOW);
    let scheme = Scheme::standard_webhooks().with_secret_form(rempart_signature::SecretForm::Text);
    let mut headers = signed(&scheme, b"1700000000.{}");
    let policy = builder(scheme, &clock).build().unwrap();
    // `msg_1` `.` `1700000000` `.` `1700000000.{}` are also the bytes of this id and a shorter body.
    let (name, value) = pair("webhook-id", "msg_1.1700000000");
    headers.insert(name, value);
    let outcome = send(policy, post(headers, Script::new().data(&b"{}"[..]))).await;
    assert_eq!(outcome.reason(), Some(Reason::Malformed));
    assert_eq!(outcome.polls, 0);
}
