//! HTTP message signatures through the layer: what is asked of one, rule by rule.

mod by_hand;
pub(crate) mod changes;
mod replays;
mod unread;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, StatusCode};
use rempart_core::{EventKind, ManualClock, Outcome, Reason};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    Algorithm, Component, Coverage, MessageSignatures, Policy, PolicyBuilder, SignedComponents,
    Verified, Window,
};
use rempart_testing::{Script, Step};

use self::by_hand::Sent;
use crate::support::{BODY, NOW, OTHER_SECRET, SECRET, id, key, ring, send};

const PLAIN: &str = r#"created=1700000000;keyid="current""#;
const ALL: [&str; 3] = ["@method", "@target-uri", "content-digest"];

fn wanted() -> MessageSignatures {
    MessageSignatures::new(Algorithm::HmacSha256)
}

fn building(wanted: MessageSignatures) -> PolicyBuilder {
    Policy::builder("test")
        .message_signatures(wanted)
        .keys(ring())
        .public_url("https://api.example.test".parse().unwrap())
        .timer(ManualClock::at(NOW))
}

fn policy() -> Policy {
    building(wanted()).build().unwrap()
}

fn good() -> Sent {
    Sent::new().signed("sig", &ALL, PLAIN)
}

#[tokio::test]
async fn what_is_signed_gets_to_the_handler() {
    let outcome = good().send(&policy()).await;
    assert_eq!(outcome.status, StatusCode::OK);
    let verified = outcome.verified();
    assert_eq!(verified.scheme(), "http-message-signatures");
    assert_eq!(verified.key(), id("current"));
    assert_eq!(verified.coverage(), Coverage::Body);
    assert_eq!(verified.timestamp(), Some(NOW));
    assert_eq!((verified.signed_id(), verified.unauthenticated_id()), (None, None));
    assert_eq!(outcome.handled.unwrap().frames, [BODY]);
}

#[tokio::test]
async fn only_what_was_signed_is_shown_as_signed() {
    let sent = Sent::new().header("x-role", "admin").header("x-user", "7");
    let components = ["@method", "@target-uri", "content-digest", "x-user"];
    let parameters = r#"created=1700000000;keyid="current";nonce="n-1";x=9"#;
    let sent = sent.signed("sig", &components, parameters);
    let outcome = sent.send(&policy()).await;
    let verified: &Verified = outcome.verified();
    let signed: &SignedComponents = verified.components().unwrap();
    let names: Vec<_> = signed.iter().map(|(name, _)| name.trim_matches('"')).collect();
    assert_eq!(names, components);
    assert_eq!(signed.get("x-user"), Some("7"));
    assert_eq!(signed.get("\"x-user\""), Some("7"));
    assert_eq!(signed.get("x-role"), None);
    assert_eq!(signed.get("host"), None);
    assert_eq!((signed.label(), signed.keyid()), ("sig", Some("current")));
    assert_eq!((signed.nonce(), signed.tag()), (Some("n-1"), None));
    assert_eq!((signed.created(), signed.expires()), (Some(NOW), None));
    assert_eq!(verified.signed_id(), Some("n-1"));
    assert_eq!(outcome.handled.as_ref().unwrap().components.as_ref(), Some(signed));
    assert!(!format!("{signed:?}").contains("api.example.test"));
}

/// Refused by the head alone: the body is not polled.
async fn refused_at_once(policy: &Policy, sent: &Sent) -> Reason {
    let outcome = sent.send(policy).await;
    assert_eq!(outcome.polls, 0);
    assert!(outcome.handled.is_none());
    assert_eq!(outcome.told[0].outcome, Outcome::Refused);
    outcome.told[0].reason.unwrap()
}

#[tokio::test]
async fn a_field_is_8_kib_long_at_most() {
    let input = |length: usize| {
        let bare = Sent::new().signed("sig", &ALL, &format!("{PLAIN};x=\"\""));
        let padding = "x".repeat(length - bare.inputs[0].len());
        Sent::new().signed("sig", &ALL, &format!("{PLAIN};x=\"{padding}\""))
    };
    let longest = input(8 * 1024);
    assert_eq!(longest.inputs[0].len(), MessageSignatures::MAX_HEADER);
    assert_eq!(longest.send(&policy()).await.status, StatusCode::OK);
    assert_eq!(refused_at_once(&policy(), &input(8 * 1024 + 1)).await, Reason::Malformed);
}

#[tokio::test]
async fn every_rule_is_kept_before_a_byte_of_the_body_is_read() {
    let with = |parameters: &str| Sent::new().signed("sig", &ALL, parameters);
    let plus = |more: &str| with(&format!("{PLAIN};{more}"));
    let covering = |components: &[&str]| Sent::new().signed("sig", components, PLAIN);
    let created = |at: i64| with(&format!("created={at};keyid=\"current\""));
    let line = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let more = |name: &str, value: &str| {
        let sent = Sent::new();
        let mut lines: Vec<_> =
            ALL.iter().map(|part| (format!("\"{part}\""), sent.value(part))).collect();
        lines.push(line(name, value));
        sent.signed_lines("sig", &lines, PLAIN)
    };
    let changed = |change: fn(&mut Sent)| {
        let mut sent = good();
        change(&mut sent);
        sent
    };
    let digest = good().value("content-digest");
    let now = NOW.as_secs().cast_signed();
    #[rustfmt::skip]
    let rows: Vec<(&str, Sent, Option<Reason>)> = vec![
        ("no signature",                    Sent::new(),                                          Some(Reason::Missing)),
        ("no input",                        changed(|sent| sent.inputs.clear()),                  Some(Reason::Missing)),
        ("an input alone",                  changed(|sent| sent.signatures.clear()),              Some(Reason::Missing)),
        ("another label",                   changed(|sent| sent.inputs[0].insert(0, 'a')),        Some(Reason::Malformed)),
        ("a signature more than inputs",    changed(|sent| sent.signatures.push("b=:AAAA:".into())), Some(Reason::Malformed)),
        ("an input more than signatures",   changed(|sent| sent.inputs.push("b=()".into())),      Some(Reason::Malformed)),
        ("a label twice",                   changed(|sent| { sent.inputs.push(sent.inputs[0].clone()); sent.signatures.push(sent.signatures[0].clone()); }), Some(Reason::Malformed)),
        ("no dictionary",                   changed(|sent| sent.inputs[0].push(',')),             Some(Reason::Malformed)),
        ("a signature that is no bytes",    changed(|sent| sent.signatures[0] = "sig=abc".into()), Some(Reason::Malformed)),
        ("a signature that is cut short",   changed(|sent| sent.signatures[0] = "sig=:AAAA:".into()), Some(Reason::Malformed)),
        ("an input that is no list",        changed(|sent| sent.inputs[0] = "sig=1".into()),      Some(Reason::Malformed)),
        ("five signatures",                 (0..5).fold(Sent::new(), |sent, n| sent.signed(&format!("s{n}"), &ALL, PLAIN)), Some(Reason::Malformed)),
        ("another signature",               changed(|sent| sent.signatures[0] = format!("sig=:{}:", STANDARD.encode([7; 32]))), Some(Reason::Mismatch)),
        ("another secret",                  Sent::new().by(OTHER_SECRET).signed("sig", &ALL, PLAIN), Some(Reason::Mismatch)),
        ("another method",                  Sent::new().signed_lines("sig", &[line("\"@method\"", "GET"), line("\"@target-uri\"", "https://api.example.test/hooks?a=1"), line("\"content-digest\"", &digest)], PLAIN), Some(Reason::Mismatch)),
        ("a target elsewhere",              Sent::new().signed_lines("sig", &[line("\"@method\"", "POST"), line("\"@target-uri\"", "https://evil.example.test/hooks?a=1"), line("\"content-digest\"", &digest)], PLAIN), Some(Reason::Mismatch)),
        ("no time",                         with("keyid=\"current\""),                            Some(Reason::Missing)),
        ("no key",                          with("created=1700000000"),                           Some(Reason::Missing)),
        ("a key that is unknown",           with("created=1700000000;keyid=\"other\""),           Some(Reason::UnknownKey)),
        ("a key of a long name",            with("created=1700000000;keyid=\"https://example.test/keys/1\""), Some(Reason::UnknownKey)),
        ("a key that is a token",           with("created=1700000000;keyid=current"),             Some(Reason::Malformed)),
        ("a time that is text",             with("created=\"1700000000\";keyid=\"current\""),     Some(Reason::Malformed)),
        ("a time before 1970",              created(-1),                                          Some(Reason::Malformed)),
        ("a time of 16 digits",             changed(|sent| sent.inputs[0] = sent.inputs[0].replace("1700000000", "1700000000000000")), Some(Reason::Malformed)),
        ("300 seconds old",                 created(now - 300),                                   None),
        ("301 seconds old",                 created(now - 301),                                   Some(Reason::StaleTimestamp)),
        ("60 seconds ahead",                created(now + 60),                                    None),
        ("61 seconds ahead",                created(now + 61),                                    Some(Reason::FutureTimestamp)),
        ("ends now",                        plus(&format!("expires={now}")),                      Some(Reason::Expired)),
        ("ends in a second",                plus(&format!("expires={}", now + 1)),                None),
        ("its algorithm",                   plus("alg=\"hmac-sha256\""),                          None),
        ("another algorithm",               plus("alg=\"ed25519\""),                              Some(Reason::WrongAlgorithm)),
        ("no algorithm",                    plus("alg=\"none\""),                                 Some(Reason::WrongAlgorithm)),
        ("another application's",           plus("tag=\"other\""),                                Some(Reason::Missing)),
        ("parameters nobody knows",         plus("x;y=\"z\";w=(1"),                               Some(Reason::Malformed)),
        ("parameters nobody knows, whole",  plus("x;y=\"z\";w=1.5"),                              None),
        ("a parameter twice",               plus("created=1700000000"),                           Some(Reason::Malformed)),
        ("nothing covered",                 covering(&[]),                                        Some(Reason::InsufficientCoverage)),
        ("no method",                       covering(&["@target-uri", "content-digest"]),         Some(Reason::InsufficientCoverage)),
        ("no target",                       covering(&["@method", "content-digest"]),             Some(Reason::InsufficientCoverage)),
        ("no host",                         covering(&["@method", "@path", "@query", "content-digest"]), Some(Reason::InsufficientCoverage)),
        ("no query",                        covering(&["@method", "@authority", "@path", "content-digest"]), Some(Reason::InsufficientCoverage)),
        ("a target in its parts",           covering(&["@method", "@authority", "@path", "@query", "content-digest"]), None),
        ("a target in two parts",           covering(&["@method", "@authority", "@request-target", "content-digest"]), None),
        ("everything",                      covering(&["@method", "@target-uri", "@authority", "@scheme", "@path", "@query", "@request-target", "host", "content-type", "content-digest"]), None),
        ("no digest",                       covering(&["@method", "@target-uri"]).header("content-length", "36"), Some(Reason::InsufficientCoverage)),
        ("a digest that is not there",      good().without("content-digest"),                     Some(Reason::Missing)),
        ("a digest that is none",           good().header("content-digest", "sha-256=x"),         Some(Reason::Malformed)),
        ("a digest of no worth",            good().header("content-digest", "md5=:AAAA:"),        Some(Reason::InsufficientCoverage)),
        ("a host that is none of ours",     Sent::new().header("host", "evil.example.test").signed("sig", &["@method", "@target-uri", "host", "content-digest"], PLAIN), Some(Reason::HostNotAllowed)),
        ("a field that is not there",       more("\"x-absent\"", ""),                             Some(Reason::Missing)),
        ("a component twice",               more("\"@method\"", "POST"),                          Some(Reason::Malformed)),
        ("a component nobody knows",        more("\"@nonsense\"", "POST"),                        Some(Reason::Malformed)),
        ("a status",                        more("\"@status\"", "200"),                           Some(Reason::Malformed)),
        ("the parameters themselves",       more("\"@signature-params\"", "x"),                   Some(Reason::Malformed)),
        ("a part of a request's request",   more("\"@method\";req", "POST"),                      Some(Reason::Malformed)),
        ("a trailer",                       more("\"expires\";tr", "x"),                          Some(Reason::Malformed)),
        ("a parameter of the query",        more("\"@query-param\";name=\"a\"", "1"),             None),
        ("one that is not there",           more("\"@query-param\";name=\"b\"", "1"),             Some(Reason::Missing)),
        ("a field in bytes",                more("\"content-type\";bs", ":YXBwbGljYXRpb24vanNvbg==:"), None),
        ("a member of the digest alone",    Sent::new().header("content-length", "36").signed_lines("sig", &[line("\"@method\"", "POST"), line("\"@target-uri\"", "https://api.example.test/hooks?a=1"), line("\"content-digest\";key=\"sha-256\"", digest.split_once('=').unwrap().1)], PLAIN), Some(Reason::InsufficientCoverage)),
        ("a body that is compressed",       good().header("content-encoding", "gzip"),            Some(Reason::Encoded)),
        ("a body that is too long",         good().header("content-length", "1048577"),           Some(Reason::TooLarge)),
        ("headers that are too long",       plus(&format!("x=\"{}\"", "a".repeat(8192))), Some(Reason::Malformed)),
    ];
    let policy = policy();
    for (row, sent, want) in rows {
        match want {
            None => assert_eq!(sent.send(&policy).await.status, StatusCode::OK, "{row}"),
            Some(reason) => assert_eq!(refused_at_once(&policy, &sent).await, reason, "{row}"),
        }
    }
}

#[tokio::test]
async fn a_body_that_is_not_the_one_that_was_signed_is_refused() {
    let scripts = [
        ("another", Script::new().data(&b"another"[..]), Reason::DigestMismatch),
        ("none", Script::new(), Reason::DigestMismatch),
        ("a byte more", Script::new().data(BODY).data(&b" "[..]), Reason::DigestMismatch),
        ("cut off", Script::new().data(&BODY[..9]).then(Step::Cut), Reason::CutOff),
    ];
    for (row, script, want) in scripts {
        let outcome = send(policy(), good().request(script)).await;
        assert_eq!(outcome.reason(), Some(want), "{row}");
        assert!(outcome.handled.is_none());
    }
    let pieces = Script::new().data(&BODY[..7]).then(Step::Pending).data(&BODY[7..]);
    assert_eq!(send(policy(), good().request(pieces)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_a_digest_there_is_no_body() {
    let sent = Sent::new().without("content-digest").signed("sig", &ALL[..2], PLAIN);
    let outcome = send(policy(), sent.request(Script::new())).await;
    assert_eq!(outcome.status, StatusCode::OK);
    assert_eq!(outcome.verified().coverage(), Coverage::Body);
    let outcome = send(policy(), sent.request(Script::new().data(BODY))).await;
    assert_eq!(outcome.reason(), Some(Reason::InsufficientCoverage));
    assert!(outcome.handled.is_none());

    let loose = building(wanted().dangerously_without_content_digest()).build().unwrap();
    let outcome = send(loose.clone(), sent.request(Script::new().data(BODY))).await;
    assert_eq!(outcome.verified().coverage(), Coverage::Fields);
    // One that is covered is compared all the same.
    let outcome = send(loose, good().request(Script::new().data(&b"x"[..]))).await;
    assert_eq!(outcome.reason(), Some(Reason::DigestMismatch));
}

#[tokio::test]
async fn a_label_a_tag_and_components_are_chosen() {
    let required = |names: &[&str]| {
        let components: Vec<Component> = names.iter().map(|name| name.parse().unwrap()).collect();
        wanted().with_required(components)
    };
    let both = good().signed("other", &ALL, &format!("{PLAIN};tag=\"app\""));
    let stale = Sent::new().signed("old", &ALL, "created=1;keyid=\"current\"");
    let foreign = Sent::new().by(OTHER_SECRET).signed("proxy", &ALL, PLAIN).by(SECRET);
    #[rustfmt::skip]
    let rows = [
        ("the label",               wanted().with_label("sig"),   both.clone(), Ok("sig")),
        ("another label",           wanted().with_label("no"),    both.clone(), Err(Reason::Missing)),
        ("the tag",                 wanted().with_tag("app"),     both.clone(), Ok("other")),
        ("another tag",             wanted().with_tag("no"),      both.clone(), Err(Reason::Missing)),
        ("label and tag disagree",  wanted().with_tag("app").with_label("sig"), both.clone(), Err(Reason::Missing)),
        ("no tag",                  wanted(),                     both,         Ok("sig")),
        ("behind a stale one",      wanted(),                     stale.signed("sig", &ALL, PLAIN), Ok("sig")),
        ("behind a proxy's",        wanted(),                     foreign.signed("sig", &ALL, PLAIN), Ok("sig")),
        ("one component more",      required(&["@method", "content-type"]), good(), Err(Reason::InsufficientCoverage)),
        ("a component less",        required(&["@method"]),       Sent::new().signed("sig", &["@method", "content-digest"], PLAIN), Ok("sig")),
    ];
    for (row, wanted, sent, want) in rows {
        let policy = building(wanted).build().unwrap();
        match want {
            Ok(label) => {
                let outcome = sent.send(&policy).await;
                assert_eq!(outcome.verified().components().unwrap().label(), label, "{row}");
            }
            Err(reason) => assert_eq!(refused_at_once(&policy, &sent).await, reason, "{row}"),
        }
    }
}

#[tokio::test]
async fn a_sender_names_its_keys_as_it_likes() {
    let url = "https://sender.example.test/keys/2026#main";
    let theirs = KeyRing::single(id("theirs"), Secret::new(OTHER_SECRET).unwrap());
    let wanted = wanted().with_sender(url, Algorithm::HmacSha256, theirs.clone());
    let policy = building(wanted.clone()).build().unwrap();
    let parameters = format!("created=1700000000;keyid=\"{url}\"");
    let sent = Sent::new().by(OTHER_SECRET).signed("sig", &ALL, &parameters);
    let outcome = sent.send(&policy).await;
    assert_eq!(outcome.verified().key(), id("theirs"));
    assert_eq!(good().send(&policy).await.verified().key(), id("current"));
    // The secret of the one does not sign for the other.
    let crossed = Sent::new().signed("sig", &ALL, &parameters);
    assert_eq!(refused_at_once(&policy, &crossed).await, Reason::Mismatch);
    let names: Vec<_> = policy.key_ids().collect();
    assert_eq!(names, [id("current"), id("theirs")]);

    // Old and new while they are rotated; and no ring of one's own is needed.
    let rotated = theirs.add(key("theirs-2", SECRET)).unwrap();
    let wanted = self::wanted().with_sender(url, Algorithm::HmacSha256, rotated);
    let only = Policy::builder("test")
        .message_signatures(wanted)
        .public_url("https://api.example.test".parse().unwrap())
        .timer(ManualClock::at(NOW))
        .build()
        .unwrap();
    assert_eq!(sent.send(&only).await.verified().key(), id("theirs"));
    assert_eq!(crossed.send(&only).await.verified().key(), id("theirs-2"));
    assert_eq!(refused_at_once(&only, &good()).await, Reason::UnknownKey);
}

#[tokio::test]
async fn among_several_origins_the_host_chooses_and_is_not_believed() {
    let urls = ["https://api.example.test", "https://second.example.test"];
    let urls = urls.map(|url| url.parse().unwrap());
    let policy = building(wanted()).public_urls(urls).build().unwrap();
    assert_eq!(good().send(&policy).await.status, StatusCode::OK);
    let at = |host: &str| good().header("host", host);
    // Signed for the first, sent to the second.
    let moved = at("second.example.test");
    assert_eq!(refused_at_once(&policy, &moved).await, Reason::Mismatch);
    let unknown = at("evil.example.test");
    assert_eq!(refused_at_once(&policy, &unknown).await, Reason::HostNotAllowed);
    // Of one origin there is nothing to choose: a proxy may rewrite the host.
    assert_eq!(at("10.0.0.7:8080").send(&self::policy()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_401_asks_for_a_signature_if_it_is_to() {
    let asking = building(wanted().with_accept_signature().with_tag("app")).build().unwrap();
    let asked = r#"sig=("@method" "@target-uri" "content-digest");created;tag="app""#;
    for sent in [Sent::new(), good(), good().without("content-digest")] {
        let outcome = sent.send(&asking).await;
        assert_eq!(outcome.status, StatusCode::UNAUTHORIZED);
        assert_eq!(outcome.headers["accept-signature"], asked);
    }
    let parameters = format!("{PLAIN};tag=\"app\"");
    let encoded = Sent::new().header("content-encoding", "br").signed("sig", &ALL, &parameters);
    let outcome = encoded.send(&asking).await;
    assert_eq!(outcome.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(!outcome.headers.contains_key("accept-signature"));
    assert!(!Sent::new().send(&policy()).await.headers.contains_key("accept-signature"));
}

#[tokio::test]
async fn every_refusal_for_the_signature_looks_the_same() {
    let policy = policy();
    let first = Sent::new().send(&policy).await;
    let others = [
        Sent::new().by(OTHER_SECRET).signed("sig", &ALL, PLAIN),
        Sent::new().signed("sig", &ALL, "created=1;keyid=\"current\""),
        Sent::new().signed("sig", &ALL, "created=1700000000;keyid=\"nobody\""),
        Sent::new().signed("sig", &["@method"], PLAIN),
        good().header("content-digest", "sha-256=:AAAA:"),
    ];
    for sent in others {
        let outcome = sent.send(&policy).await;
        assert_eq!((outcome.status, &outcome.headers), (first.status, &first.headers));
        assert_eq!(outcome.body, first.body);
    }
}

#[tokio::test]
async fn the_use_of_a_revoked_key_is_told() {
    let old = ring().add(key("next", OTHER_SECRET)).unwrap().revoke(id("current")).unwrap();
    let policy = building(wanted()).keys(old).build().unwrap();
    let outcome = good().send(&policy).await;
    assert_eq!((outcome.status, outcome.polls), (StatusCode::UNAUTHORIZED, 0));
    let told: Vec<_> = outcome.told.iter().map(|told| (told.kind, told.reason, told.key)).collect();
    let (reason, key) = (Some(Reason::RevokedKey), Some(id("current")));
    let want = [EventKind::Signature, EventKind::KeyRevokedUse].map(|kind| (kind, reason, key));
    assert_eq!(told, want);
    // Who has only its name is one of many who guess.
    let guessed = Sent::new().by("a-made-up-secret-that-nobody-had").signed("sig", &ALL, PLAIN);
    assert_eq!(guessed.send(&policy).await.reason(), Some(Reason::UnknownKey));
}

#[tokio::test]
async fn a_window_is_what_it_is_set_to() {
    let minute = Window::symmetric(Duration::from_secs(60));
    let policy = building(wanted().with_window(minute)).build().unwrap();
    for (age, want) in [(60, true), (61, false), (-60, true), (-61, false)] {
        let created = NOW.as_secs().cast_signed() - age;
        let parameters = format!("created={created};keyid=\"current\"");
        let outcome = Sent::new().signed("sig", &ALL, &parameters).send(&policy).await;
        assert_eq!(outcome.status == StatusCode::OK, want, "{age}");
    }
}

#[test]
fn a_header_of_the_signature_may_come_in_lines() {
    let other = Sent::new().by(OTHER_SECRET).signed("proxy", &ALL, PLAIN);
    let mut request = good().request(());
    for (name, value) in [("signature-input", &other.inputs), ("signature", &other.signatures)] {
        let name = HeaderName::from_static(name);
        request.headers_mut().append(name, HeaderValue::from_str(&value[0]).unwrap());
    }
    let head = rempart_signature::Head::new(request.method(), request.uri(), request.headers());
    assert!(rempart_signature::verify(&policy(), &head, BODY, NOW).is_ok());
}
