//! Messages of AWS SNS, whose key stands in a certificate.

use std::future::ready;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rempart_core::ManualClock;
use rempart_signature::Rejection;
use rempart_signature::certified::{CertificateUrl, FetchError};
use rempart_signature::sns::Sns;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::Value;
use x509_cert::der::DateTime;

use super::Way::{self, Draft as D};
use crate::chance::Chance;
use crate::draft::Wire;

const CERTIFICATE: &str = include_str!("../../keys/signer.crt.pem");
const KEY: &str = include_str!("../../keys/rsa.pem");
const TOPIC: &str = "arn:aws:sns:us-east-2:123456789012:orders";
const HOST: &str = "https://sns.us-east-2.amazonaws.com";
const TOKEN: &str = "2336412f37made0up0token";

/// What is about to be signed: members in their order, and what becomes of the signature.
struct Draft {
    members: Vec<(&'static str, Value)>,
    /// In front of the others.
    first: &'static str,
    /// What is signed of the lines.
    signs: fn(String) -> String,
    /// What is not signed.
    leaves_out: Option<&'static str>,
    written: fn(String) -> String,
    sent: Duration,
    now: Duration,
}

#[rustfmt::skip]
const WAYS: &[Way<Draft>] = &[
    D("another text was signed",                   |draft, _| { draft.signs = |text| format!("{text}
"); true }),
    D("a character of the signature is another",   |draft, _| written(draft, |text| text.replacen(|c: char| c.is_ascii_alphabetic(), "7", 1))),
    D("the signature is empty",                    |draft, _| written(draft, |_| String::new())),
    D("the signature is cut in half",              |draft, _| written(draft, |text| text[..text.len() / 2].to_owned())),
    D("the signature lacks its last character",    |draft, _| written(draft, |text| text[..text.len() - 1].to_owned())),
    D("the signature lacks its last two",          |draft, _| written(draft, |text| text[..text.len() - 2].to_owned())),
    D("= is put after the signature",              |draft, _| written(draft, |text| format!("{text}="))),
    D("letters are put after the signature",       |draft, _| written(draft, |text| format!("{text}zz"))),
    D("a blank is put into the signature",         |draft, _| written(draft, |text| format!("{} {}", &text[..8], &text[8..]))),
    D("a blank is put before the signature",       |draft, _| written(draft, |text| format!(" {text}"))),
    D("something that is no digit is put into the signature", |draft, _| written(draft, |text| format!("{}!{}", &text[..8], &text[8..]))),
    D("the signature is in the alphabet of URLs",  |draft, _| written(draft, |text| text.replace('+', "-").replace('/', "_"))),

    D("the version is 1",                          |draft, _| set(draft, "SignatureVersion", "1")),
    D("the version is 3",                          |draft, _| set(draft, "SignatureVersion", "3")),
    D("the version is a number",                   |draft, _| put(draft, "SignatureVersion", 2.into())),
    D("the version is missing",                    |draft, _| remove(draft, "SignatureVersion")),
    D("the certificate is missing",                |draft, _| remove(draft, "SigningCertURL")),
    D("the certificate is somebody's",             |draft, _| set(draft, "SigningCertURL", "https://evil.example/a.pem")),
    D("the certificate's host begins as theirs",   |draft, _| set(draft, "SigningCertURL", "https://sns.us-east-2.amazonaws.com.evil.example/a.pem")),
    D("the certificate's host is their user",      |draft, _| set(draft, "SigningCertURL", "https://sns.us-east-2.amazonaws.com@evil.example/a.pem")),
    D("the certificate is another service's",      |draft, _| set(draft, "SigningCertURL", "https://bucket.s3.us-east-2.amazonaws.com/a.pem")),
    D("the certificate's host has a port",         |draft, _| set(draft, "SigningCertURL", "https://sns.us-east-2.amazonaws.com:8443/a.pem")),
    D("the certificate comes in the clear",        |draft, _| set(draft, "SigningCertURL", "http://sns.us-east-2.amazonaws.com/a.pem")),
    D("the certificate is no certificate",         |draft, _| set(draft, "SigningCertURL", "https://sns.us-east-2.amazonaws.com/a.crt")),
    D("the certificate's URL has a query",         |draft, _| set(draft, "SigningCertURL", "https://sns.us-east-2.amazonaws.com/made-up.pem?a=.pem")),
    D("the certificate's URL has an escape",       |draft, _| set(draft, "SigningCertURL", "https://sns.us-east-2.amazonaws.com/made-up%2epem.pem")),

    D("signed for another topic",                  |draft, _| set(draft, "TopicArn", "arn:aws:sns:us-east-2:123456789012:others")),
    D("signed with a subject that is null",        |draft, _| put(draft, "Subject", Value::Null)),
    D("signed with a subject that is empty",       |draft, _| is_notification(draft) && set(draft, "Subject", "")),
    D("signed with a number for a subject",        |draft, _| is_notification(draft) && put(draft, "Subject", 17.into())),
    D("signed with a line's end in the subject",   |draft, _| is_notification(draft) && set(draft, "Subject", "a\nb")),
    D("signed with no message",                    |draft, _| remove(draft, "Message")),
    D("signed with an empty message",              |draft, _| set(draft, "Message", "")),
    D("signed with lines in the message",          |draft, _| set(draft, "Message", "{\"a\": 1}\nMessageId\nmade up\r\n")),
    D("signed with no id",                         |draft, _| remove(draft, "MessageId")),
    D("signed with an empty id",                   |draft, _| set(draft, "MessageId", "")),
    D("signed with a blank in the id",             |draft, _| set(draft, "MessageId", "made up")),
    D("signed with another kind",                  |draft, _| set(draft, "Type", "Invented")),
    D("signed with a day alone",                   |draft, _| set(draft, "Timestamp", "2023-11-14")),
    D("signed with a date that says no offset",    |draft, _| { let at = date(draft.sent); set(draft, "Timestamp", at.trim_end_matches('Z')) }),
    D("signed with an offset of hours",            |draft, _| { let at = date(draft.sent); set(draft, "Timestamp", &at.replace('Z', "+00:00")) }),
    D("signed with thousandths",                   |draft, _| { let at = date(draft.sent); set(draft, "Timestamp", &at.replace('Z', ".250Z")) }),
    D("it arrives an hour late",                   |draft, _| { draft.now = draft.sent + Duration::from_secs(3601); true }),
    D("it arrives a minute early",                 |draft, _| { draft.now = draft.sent.saturating_sub(Duration::from_secs(60)); true }),
    D("it arrives two minutes early",              |draft, _| { draft.now = draft.sent.saturating_sub(Duration::from_secs(120)); true }),
    D("the certificate's time is over",            |draft, _| { draft.sent = Duration::from_secs(1_704_067_260); draft.now = draft.sent; let at = date(draft.sent); set(draft, "Timestamp", &at) }),
    D("the certificate's time has not begun",      |draft, _| { draft.sent = Duration::from_secs(1_672_531_140); draft.now = draft.sent; let at = date(draft.sent); set(draft, "Timestamp", &at) }),

    D("signed with a token that nobody needs",     |draft, _| is_notification(draft) && set(draft, "Token", TOKEN)),
    D("signed with a link that nobody needs",      |draft, _| is_notification(draft) && set(draft, "SubscribeURL", "https://evil.example/")),
    D("signed without the token",                  |draft, _| { draft.leaves_out = Some("Token"); !is_notification(draft) }),
    D("it is a farewell",                          |draft, _| farewell(draft)),
    D("a farewell is signed without its token",    |draft, _| { draft.leaves_out = Some("Token"); farewell(draft) }),
    D("signed with no link",                       |draft, _| remove(draft, "SubscribeURL")),
    D("signed with a link to somebody",            |draft, _| !is_notification(draft) && set(draft, "SubscribeURL", "https://evil.example/")),
    D("signed with a link that does something else", |draft, _| !is_notification(draft) && set(draft, "SubscribeURL", &link().replace("ConfirmSubscription", "DeleteTopic"))),
    D("signed with an escaped link",               |draft, _| !is_notification(draft) && set(draft, "SubscribeURL", &link().replace("arn:aws", "arn%3Aaws"))),
    D("signed with a subject of a confirmation",   |draft, _| !is_notification(draft) && set(draft, "Subject", "a subject")),

    D("a member stands twice",                     |draft, _| { draft.first = r#""Message":"another","#; true }),
    D("a member stands twice, once in disguise",   |draft, _| { draft.first = r#""Mess\u0061ge":"another","#; true }),
    D("members as Lambda has them",                |draft, _| { let url = format!("{HOST}/made-up.pem"); remove(draft, "SigningCertURL") && set(draft, "SigningCertUrl", &url) }),
];

fn date(at: Duration) -> String {
    DateTime::from_unix_duration(at).unwrap().to_string()
}

fn link() -> String {
    format!("{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token={TOKEN}")
}

fn is_notification(draft: &Draft) -> bool {
    draft.members.iter().any(|(name, value)| *name == "Type" && value == "Notification")
}

/// The library leaves the token out of what signs it, so that few are agreed upon.
fn farewell(draft: &mut Draft) -> bool {
    !is_notification(draft) && set(draft, "Type", "UnsubscribeConfirmation")
}

fn set(draft: &mut Draft, name: &'static str, text: &str) -> bool {
    put(draft, name, text.into())
}

fn put(draft: &mut Draft, name: &'static str, value: Value) -> bool {
    draft.members.retain(|(known, _)| *known != name);
    draft.members.push((name, value));
    true
}

fn remove(draft: &mut Draft, name: &str) -> bool {
    let before = draft.members.len();
    draft.members.retain(|(known, _)| *known != name);
    before != draft.members.len()
}

fn written(draft: &mut Draft, written: fn(String) -> String) -> bool {
    draft.written = written;
    true
}

fn sent(chance: &mut Chance) -> Draft {
    let later = |chance: &mut Chance, below| {
        Duration::from_secs(u64::try_from(chance.below(below)).unwrap())
    };
    let sent = Duration::from_secs(1_690_000_000) + later(chance, 10_000_000);
    let now = sent + later(chance, 3600);
    let id = format!("22b80b92-fdea-4c2c-8f9d-{}", chance.text(12));
    let words = ["", "plain", "é", "\u{1f600} ok", "{\"order\": 1}\nwith a line", "١٢", "\u{fffd}"];
    let mut members = vec![
        ("MessageId", id.into()),
        ("TopicArn", TOPIC.into()),
        ("Message", format!("{}{}", chance.one_of(&words), chance.text(8)).into()),
        ("Timestamp", date(sent).into()),
        ("SignatureVersion", "2".into()),
        ("SigningCertURL", format!("{HOST}/made-up.pem").into()),
    ];
    if chance.below(3) == 0 {
        let kind = "SubscriptionConfirmation";
        members.extend([
            ("Type", kind.into()),
            ("Token", TOKEN.into()),
            ("SubscribeURL", link().into()),
        ]);
    } else {
        members.push(("Type", "Notification".into()));
        if chance.below(2) == 0 {
            members.push(("Subject", "an order".into()));
        }
    }
    Draft {
        members,
        first: "",
        signs: |text| text,
        leaves_out: None,
        written: |text| text,
        sent,
        now,
    }
}

impl Draft {
    /// The lines that the documentation has signed: names and values of what is there, in the order
    /// of the names.
    fn to_sign(&self) -> String {
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
        let line = |name: &&str| {
            let (_, value) = self.members.iter().find(|(known, _)| known == name)?;
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (self.leaves_out != Some(name)).then(|| format!("{name}\n{value}\n"))
        };
        names.iter().filter_map(line).collect()
    }
}

static PAIR: LazyLock<RsaKeyPair> = LazyLock::new(|| {
    let der: String = KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap()
});

fn wire(draft: &Draft) -> Wire {
    let mut signature = vec![0; PAIR.public().modulus_len()];
    let signed = (draft.signs)(draft.to_sign());
    PAIR.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    let signature = (draft.written)(STANDARD.encode(signature));
    let members = draft.members.iter().map(|(name, value)| format!("\"{name}\":{value}"));
    let members = members.collect::<Vec<_>>().join(",");
    let body = format!(r#"{{{}{members},"Signature":"{signature}"}}"#, draft.first);
    Wire {
        method: "POST",
        url: "https://hooks.example.test/sns".to_owned(),
        headers: vec![("content-type".to_owned(), b"text/plain; charset=UTF-8".to_vec())],
        body: body.into(),
        secret: CERTIFICATE,
        now: draft.now,
    }
}

pub(super) fn request(nth: usize, chance: &mut Chance) -> (&'static str, Wire) {
    super::request(nth, chance, WAYS, sent, wire)
}

static POLICY: LazyLock<Sns> = LazyLock::new(|| {
    let fetcher =
        |_: CertificateUrl| ready(Ok::<_, FetchError>(Bytes::from_static(CERTIFICATE.as_bytes())));
    let builder = Sns::builder("vendors").topic(TOPIC).fetcher(fetcher);
    builder.timer(ManualClock::at(Duration::ZERO)).build().unwrap()
});

pub(super) fn verdict(wire: &Wire) -> Result<(), Rejection> {
    // The certificate is there at once.
    let verifying = pin!(POLICY.verify(&wire.body, wire.now));
    match verifying.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(verified) => verified.map(drop),
        Poll::Pending => panic!("there is nothing to wait for"),
    }
}
