use std::time::Duration;

use http::{StatusCode, header};
use rempart_core::{ManualClock, NameError, Reason};
use rempart_signature::certified::{CertifiedBuilder, CertifiedLayer};
use rempart_signature::sns::{Sns, SnsKind, SnsMessage, SnsTerms};
use rempart_signature::{ConfigError, Rejection, Window};
use rempart_testing::Script;
use serde_json::{Map, Value, json};

use super::{Always, CERTIFICATE, headers, send, signature, written};
use crate::support::NOW;

const TOPIC: &str = "arn:aws:sns:us-east-2:123456789012:orders";
const ID: &str = "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324";
const TIME: &str = "2023-11-14T22:13:20.000Z";
const URL: &str = "https://sns.us-east-2.amazonaws.com/SimpleNotificationService-made-up.pem";
const TOKEN: &str = "2336412f37made0up0token";

pub(super) fn builder(fetcher: &Always) -> CertifiedBuilder<SnsTerms> {
    builder_of("test", fetcher)
}

pub(super) fn builder_of(name: &str, fetcher: &Always) -> CertifiedBuilder<SnsTerms> {
    let clock = ManualClock::at(NOW);
    Sns::builder(name).topic(TOPIC).fetcher(fetcher.clone()).timer(clock)
}

fn sns() -> Sns {
    builder(&Always::new(CERTIFICATE)).build().unwrap()
}

/// The names in their order, with a line each for name and value.
fn to_sign(members: &Map<String, Value>) -> String {
    let names = [
        "Message",
        "MessageId",
        "Subject",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ];
    let lines = names.iter().filter_map(|name| {
        let value = members.get(*name)?.as_str()?;
        Some(format!("{name}\n{value}\n"))
    });
    lines.collect()
}

fn sign(mut members: Map<String, Value>) -> Map<String, Value> {
    let signature = signature(&to_sign(&members));
    members.insert("Signature".to_owned(), signature.into());
    members
}

fn members(value: Value) -> Map<String, Value> {
    let Value::Object(members) = value else { panic!("no object") };
    members
}

fn unsigned() -> Map<String, Value> {
    members(json!({
        "Type": "Notification",
        "MessageId": ID,
        "TopicArn": TOPIC,
        "Subject": "an order",
        "Message": "{\"order\": 1}\nwith a line, é and \"quotes\"",
        "Timestamp": TIME,
        "SignatureVersion": "2",
        "SigningCertURL": URL,
        "UnsubscribeURL": "https://sns.us-east-2.amazonaws.com/?Action=Unsubscribe",
        "MessageAttributes": {"colour": {"Type": "String", "Value": "red"}},
    }))
}

fn confirmation(kind: &str) -> Map<String, Value> {
    let host = "https://sns.us-east-2.amazonaws.com/";
    members(json!({
        "Type": kind,
        "MessageId": ID,
        "Token": TOKEN,
        "TopicArn": TOPIC,
        "Message": "You have chosen to subscribe",
        "SubscribeURL": format!("{host}?Action=ConfirmSubscription&TopicArn={TOPIC}&Token={TOKEN}"),
        "Timestamp": TIME,
        "SignatureVersion": "2",
        "SigningCertURL": URL,
    }))
}

pub(super) fn notification() -> Vec<u8> {
    body(sign(unsigned()))
}

/// The notification of this number.
pub(crate) fn message(nth: usize, at: Duration) -> (http::HeaderMap, Vec<u8>) {
    (kind("Notification"), named(&format!("22b80b92-fdea-4c2c-8f9d-{nth:012}"), at))
}

pub(super) fn named(id: &str, at: Duration) -> Vec<u8> {
    let mut members = unsigned();
    members.insert("MessageId".to_owned(), id.into());
    members.insert("Timestamp".to_owned(), written(at).into());
    body(sign(members))
}

fn body(members: Map<String, Value>) -> Vec<u8> {
    Value::Object(members).to_string().into_bytes()
}

async fn verdict(sns: &Sns, body: &[u8]) -> Result<SnsMessage, Rejection> {
    sns.verify(body, NOW).await.map(|(message, _)| message)
}

#[tokio::test]
async fn a_message_of_the_topic_is_taken() {
    let message = verdict(&sns(), &notification()).await.unwrap();
    assert_eq!(message.kind(), SnsKind::Notification);
    assert_eq!((message.id(), message.topic()), (ID, TOPIC));
    assert_eq!(message.subject(), Some("an order"));
    assert_eq!(message.message(), "{\"order\": 1}\nwith a line, é and \"quotes\"");
    assert_eq!((message.timestamp(), message.subscribe_url()), (NOW, None));
    let mut without = unsigned();
    without.remove("Subject");
    let message = verdict(&sns(), &body(sign(without))).await.unwrap();
    assert_eq!(message.subject(), None);
}

#[tokio::test]
async fn a_subscribe_url_is_handed_out_that_confirms_the_signed_topic() {
    for kind in [SnsKind::SubscriptionConfirmation, SnsKind::UnsubscribeConfirmation] {
        let good = confirmation(kind.as_str());
        let message = verdict(&sns(), &body(sign(good.clone()))).await.unwrap();
        assert_eq!(message.kind(), kind);
        assert_eq!(message.subscribe_url(), good["SubscribeURL"].as_str());
        let text = format!("{message:?} {message:#?}");
        assert!(!text.contains(TOKEN) && !text.contains("chosen"), "{text}");
        let url = good["SubscribeURL"].as_str().unwrap();
        let bad = [
            url.replace("sns.us-east-2.amazonaws.com", "evil.example"),
            url.replace("ConfirmSubscription", "DeleteTopic"),
            url.replace("orders", "others"),
            url.replace("https", "http"),
            url.replace(TOKEN, "other"),
        ];
        for bad in bad {
            let mut members = good.clone();
            members.insert("SubscribeURL".to_owned(), bad.into());
            // Even signed.
            let verdict = verdict(&sns(), &body(sign(members))).await;
            assert_eq!(verdict, Err(Rejection::Malformed));
        }
    }
}

#[tokio::test]
async fn no_signed_member_can_be_changed() {
    for good in [sign(unsigned()), sign(confirmation("SubscriptionConfirmation"))] {
        for (name, other) in [
            ("Message", "another"),
            ("MessageId", "00000000-fdea-4c2c-8f9d-bdfb0c7bf324"),
            ("Subject", "another"),
            ("Timestamp", "2023-11-14T22:13:21.000Z"),
        ] {
            if !good.contains_key(name) {
                continue;
            }
            let mut changed = good.clone();
            changed.insert(name.to_owned(), other.into());
            assert_eq!(verdict(&sns(), &body(changed)).await, Err(Rejection::Mismatch), "{name}");
            let mut gone = good.clone();
            gone.remove(name);
            let want = if name == "Subject" { Rejection::Mismatch } else { Rejection::Malformed };
            assert_eq!(verdict(&sns(), &body(gone)).await, Err(want), "{name}");
        }
    }
}

#[tokio::test]
async fn what_sns_would_not_send_is_refused_and_nothing_is_fetched_for_it() {
    let fetcher = Always::new(CERTIFICATE);
    let sns = builder(&fetcher).build().unwrap();
    let with = |name: &str, value: Value| {
        let mut members = unsigned();
        members.insert(name.to_owned(), value);
        body(sign(members))
    };
    let twice = String::from_utf8(notification()).unwrap();
    let twice = twice.replacen('{', "{\"Message\":\"another\",", 1).into_bytes();
    let other_topic = TOPIC.replace("orders", "theirs");
    let rows = [
        ("no JSON", b"hello".to_vec(), Rejection::Malformed),
        ("no object", b"[]".to_vec(), Rejection::Malformed),
        ("a member twice", twice, Rejection::Malformed),
        (
            "nested too deeply",
            [vec![b'['; 100_000], vec![b']'; 100_000]].concat(),
            Rejection::Malformed,
        ),
        ("another topic", with("TopicArn", other_topic.into()), Rejection::UnknownTopic),
        ("version 1", with("SignatureVersion", "1".into()), Rejection::Malformed),
        ("version 3", with("SignatureVersion", "3".into()), Rejection::Malformed),
        ("a version that is a number", with("SignatureVersion", 2.into()), Rejection::Malformed),
        ("another type", with("Type", "Notice".into()), Rejection::Malformed),
        ("a token", with("Token", TOKEN.into()), Rejection::Malformed),
        ("a URL to subscribe", with("SubscribeURL", URL.into()), Rejection::Malformed),
        ("a subject of two lines", with("Subject", "a\nb".into()), Rejection::Malformed),
        ("an id of two lines", with("MessageId", "a\nb".into()), Rejection::Malformed),
        (
            "another's certificate",
            with("SigningCertURL", "https://evil.example/a.pem".into()),
            Rejection::Malformed,
        ),
        (
            "a certificate without TLS",
            with("SigningCertURL", URL.replace("https", "http").into()),
            Rejection::Malformed,
        ),
        ("no date", with("Timestamp", "today".into()), Rejection::Malformed),
        (
            "an hour and a second ago",
            with("Timestamp", "2023-11-14T21:13:19.000Z".into()),
            Rejection::StaleTimestamp,
        ),
        (
            "in a minute and a second",
            with("Timestamp", "2023-11-14T22:14:21.000Z".into()),
            Rejection::FutureTimestamp,
        ),
    ];
    for (name, body, want) in rows {
        assert_eq!(verdict(&sns, &body).await, Err(want), "{name}");
    }
    let mut short = sign(unsigned());
    short.insert("Signature".to_owned(), "AAAA".into());
    assert_eq!(verdict(&sns, &body(short)).await, Err(Rejection::Malformed));
    assert_eq!(fetcher.asked(), 0);
    for time in ["2023-11-14T21:13:20.000Z", "2023-11-14T22:14:20.000Z"] {
        assert!(verdict(&sns, &with("Timestamp", time.into())).await.is_ok(), "{time}");
    }
    assert_eq!(fetcher.asked(), 1);
}

/// A publisher who chooses the message chooses the lines that are signed. What it has signed must
/// not be good for another split of the same lines.
#[tokio::test]
async fn one_signature_is_not_good_for_two_messages() {
    let mut published = unsigned();
    published.remove("Subject");
    let message = format!("buy\nMessageId\nanother-id\nSubject\nsell\nTimestamp\n{TIME}");
    published.insert("Message".to_owned(), message.into());
    let signed = sign(published);
    assert!(verdict(&sns(), &body(signed.clone())).await.is_ok());
    let lines = to_sign(&signed);
    // The same lines, read as the message `buy` of another id; what is left over has to go into
    // a member of its own, with its line breaks.
    let mut split = signed.clone();
    split.insert("Message".to_owned(), "buy".into());
    split.insert("MessageId".to_owned(), "another-id".into());
    let rest = format!("sell\nTimestamp\n{TIME}\nMessageId\n{ID}");
    split.insert("Subject".to_owned(), rest.into());
    assert_eq!(to_sign(&split), lines);
    assert_eq!(verdict(&sns(), &body(split)).await, Err(Rejection::Malformed));
}

#[tokio::test]
async fn version_1_is_taken_by_whoever_asks_for_it() {
    let sha1 = include_str!("../../keys/sns-sha1.txt").trim();
    let mut members = unsigned();
    members.remove("Subject");
    members.insert("Message".to_owned(), "hello".into());
    members.insert("SignatureVersion".to_owned(), "1".into());
    members.insert("Signature".to_owned(), sha1.into());
    let old = body(members.clone());
    assert_eq!(verdict(&sns(), &old).await, Err(Rejection::Malformed));
    let both = builder(&Always::new(CERTIFICATE)).dangerously_accept_sha1().build().unwrap();
    assert_eq!(verdict(&both, &old).await.unwrap().message(), "hello");
    assert!(verdict(&both, &notification()).await.is_ok());
    // Neither version's signature is the other's.
    members.insert("SignatureVersion".to_owned(), "2".into());
    assert_eq!(verdict(&both, &body(members)).await, Err(Rejection::Mismatch));
    let mut new = sign(unsigned());
    new.insert("SignatureVersion".to_owned(), "1".into());
    assert_eq!(verdict(&both, &body(new)).await, Err(Rejection::Mismatch));
}

pub(super) fn kind(kind: &str) -> http::HeaderMap {
    headers(&[("x-amz-sns-message-type", kind), ("content-type", "text/plain; charset=UTF-8")])
}

#[tokio::test]
async fn the_layer_hands_on_the_body_and_the_message() {
    let whole = notification();
    let (front, back) = whole.split_at(100);
    let script = Script::new().data(front.to_vec()).data(back.to_vec());
    let outcome =
        send::<SnsMessage>(CertifiedLayer::new(sns()), kind("Notification"), script).await;
    assert_eq!(outcome.status, StatusCode::OK);
    assert_eq!(outcome.frames.concat(), whole);
    assert_eq!(outcome.verified.unwrap().id(), ID);
    assert_eq!(outcome.reasons, [None]);
}

#[tokio::test]
async fn the_layer_reads_no_body_that_sns_did_not_announce() {
    let mut twice = kind("Notification");
    twice.append("x-amz-sns-message-type", "Notification".parse().unwrap());
    let mut encoded = kind("Notification");
    encoded.insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
    let mut long = kind("Notification");
    long.insert(header::CONTENT_LENGTH, "1048577".parse().unwrap());
    let rows = [
        (headers(&[]), StatusCode::UNAUTHORIZED, Reason::Missing),
        (kind("Notice"), StatusCode::UNAUTHORIZED, Reason::Malformed),
        (twice, StatusCode::UNAUTHORIZED, Reason::Duplicated),
        (encoded, StatusCode::UNSUPPORTED_MEDIA_TYPE, Reason::Encoded),
        (long, StatusCode::PAYLOAD_TOO_LARGE, Reason::TooLarge),
    ];
    for (headers, status, reason) in rows {
        let script = Script::new().data(notification());
        let outcome = send::<SnsMessage>(CertifiedLayer::new(sns()), headers, script).await;
        assert_eq!((outcome.status, outcome.polls), (status, 0), "{reason:?}");
        assert_eq!(outcome.reasons, [Some(reason)]);
        assert!(outcome.verified.is_none());
    }
    // The header is not signed, and has to say what the body says.
    let script = Script::new().data(notification());
    let other = kind("SubscriptionConfirmation");
    let outcome = send::<SnsMessage>(CertifiedLayer::new(sns()), other, script).await;
    assert_eq!(outcome.reasons, [Some(Reason::Malformed)]);
    let script = Script::new().data(vec![b' '; 700_000]).data(vec![b' '; 700_000]);
    let outcome =
        send::<SnsMessage>(CertifiedLayer::new(sns()), kind("Notification"), script).await;
    assert_eq!(outcome.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[test]
fn a_configuration_says_all_that_it_lacks() {
    let faults = Sns::builder("SNS").topic("orders").window(Window::symmetric(NOW)).body_limit(0);
    let want = [
        ConfigError::Name(NameError::InvalidByte { offset: 0 }),
        ConfigError::FetcherMissing,
        ConfigError::Window,
        ConfigError::BodyLimitZero,
        ConfigError::DeadlineWithoutTimer,
        ConfigError::Topic { topic: "orders".to_owned() },
    ];
    assert!(faults.build().unwrap_err().iter().eq(&want));
    let faults = Sns::builder("sns").fetcher(Always::nothing()).timer(ManualClock::default());
    assert!(faults.build().unwrap_err().iter().eq(&[ConfigError::TopicMissing]));
}
