//! Why a signature failed: for development, by trying what people get wrong.

mod apart;
mod body;
mod explanation;
mod secret;
mod teller;
mod url;

use std::time::Duration;

use http::HeaderName;

use crate::scheme::{Headers, Place};
use crate::{Encoding, Extraction, Head, HexCase, Policy, Rejection, Scheme, TimeUnit, verify};

pub use self::explanation::{
    BodyChange, Explanation, KeyEnd, SecretChange, SignatureChange, UrlChange,
};
pub(crate) use self::teller::Teller;

/// Longer bodies are not tried: each guess is a MAC over the whole of it.
const LONGEST: usize = 64 * 1024;

/// What something may have been, if it could have been that.
type Guess = fn(&[u8]) -> Option<Vec<u8>>;

/// A request, and when it came.
type Arrived<'a> = (&'a Head<'a>, &'a [u8], Duration);

/// How many other schemes are named.
const NAMED: usize = 4;

/// Says why a request is refused, if one of the usual mistakes explains it; `None` if it is not
/// refused at all.
///
/// It tries what people get wrong, one thing at a time: at most some thirty verifications of a body
/// of 64 KiB or less. Nothing secret is in what it says.
///
/// ```
/// use std::time::Duration;
/// use http::{HeaderMap, Method, Uri};
/// use rempart_keys::{KeyId, KeyRing, Secret};
/// use rempart_signature::{BodyChange, Explanation, Head, Message, Policy, Scheme, explain};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new("made-up-for-the-documentation-only")?;
/// let now = Duration::from_secs(1_800_000_000);
/// let signed = Scheme::github().sign(&secret, &Message::new(br#"{"a":1}"#, now))?;
/// let policy = Policy::builder("github")
///     .scheme(Scheme::github())
///     .keys(KeyRing::single(KeyId::new("docs")?, secret))
///     .dangerously_without_read_deadline()
///     .build()?;
///
/// let uri = Uri::from_static("/hooks");
/// let head = Head::new(&Method::POST, &uri, &signed);
/// // A framework has parsed the body, and written it again.
/// let why = explain(&policy, &head, br#"{ "a": 1 }"#, now);
/// assert_eq!(why, Some(Explanation::Body(BodyChange::Json)));
/// assert_eq!(explain(&policy, &head, br#"{"a":1}"#, now), None);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn explain(
    policy: &Policy,
    head: &Head<'_>,
    body: &[u8],
    now: Duration,
) -> Option<Explanation> {
    let rejection = verify(policy, head, body, now).err()?;
    Some(of_head(policy, head, rejection, now).unwrap_or_else(|| of_body(policy, head, body, now)))
}

/// What the head alone explains; `None` where the body has to be looked at.
pub(crate) fn of_head(
    policy: &Policy,
    head: &Head<'_>,
    rejection: Rejection,
    now: Duration,
) -> Option<Explanation> {
    let Some(scheme) = policy.scheme() else { return apart::of_head(policy, head, rejection, now) };
    Some(match rejection {
        Rejection::DigestMismatch
        | Rejection::Mismatch
        | Rejection::RevokedKey
        | Rejection::UnknownKey => return None,
        Rejection::FutureTimestamp | Rejection::StaleTimestamp => time(scheme, head, now),
        Rejection::HostNotAllowed => Explanation::Url(UrlChange::NotForwarded),
        Rejection::Malformed => shape(scheme, head),
        Rejection::Missing => other_schemes(scheme.header(), head),
        _ => Explanation::Unexplained,
    })
}

/// What made the signature of a request whose head is good.
pub(crate) fn of_body(policy: &Policy, head: &Head<'_>, body: &[u8], now: Duration) -> Explanation {
    if body.len() > LONGEST {
        return Explanation::BodyTooLong;
    }
    // What no scheme says, says of itself what it is: its body alone may be another.
    let Some(scheme) = policy.scheme() else {
        let altered = body::altered(policy, head, body, now).map(Explanation::Body);
        return altered.unwrap_or(Explanation::Unexplained);
    };
    let request = (head, body, now);
    secret::gone(policy, scheme, request)
        .or_else(|| secret::read_otherwise(policy, scheme, request).map(Explanation::Secret))
        .or_else(|| body::altered(policy, head, body, now).map(Explanation::Body))
        .or_else(|| url::called_otherwise(policy, scheme, request).map(Explanation::Url))
        .unwrap_or(Explanation::Unexplained)
}

fn time(scheme: &Scheme, head: &Head<'_>, now: Duration) -> Explanation {
    let credential = scheme.credential(&Headers::of(scheme, head.headers)).ok();
    let sent = credential.and_then(|credential| credential.timestamp);
    let Some(((text, sent), timestamp)) = sent.zip(scheme.timestamp()) else {
        return Explanation::Unexplained;
    };
    let other = match timestamp.counts() {
        TimeUnit::Millis => TimeUnit::Seconds,
        TimeUnit::Seconds => TimeUnit::Millis,
        _ => return off(sent.since_epoch(), now),
    };
    let read = other.read(text).map(|sent| timestamp.accepted().judge(sent, now));
    match read {
        Some(Place::Within) => Explanation::TimeUnit { sent: other },
        _ => off(sent.since_epoch(), now),
    }
}

const fn off(sent: Duration, now: Duration) -> Explanation {
    let (ahead, by) = match sent.checked_sub(now) {
        Some(by) => (true, by),
        None => (false, now.saturating_sub(sent)),
    };
    Explanation::TimeOff { ahead, by }
}

/// Whether the credential would be one if it were written otherwise.
fn shape(scheme: &Scheme, head: &Head<'_>) -> Explanation {
    let reads = |scheme: &Scheme| scheme.credential(&Headers::of(scheme, head.headers)).is_ok();
    let bare = scheme.clone().with_extraction(Extraction::WHOLE);
    if *scheme.extraction() != Extraction::WHOLE && scheme.timestamp().is_none() && reads(&bare) {
        return Explanation::Signature(SignatureChange::Prefix);
    }
    for (encoding, change) in [
        (Encoding::Hex(HexCase::Any), SignatureChange::Hex),
        (Encoding::Base64, SignatureChange::Base64),
    ] {
        if encoding != scheme.encoding() && reads(&scheme.clone().with_encoding(encoding)) {
            return Explanation::Signature(change);
        }
    }
    Explanation::Unexplained
}

/// What else the request is signed by, but for what stands in our own header.
fn other_schemes(ours: Option<&HeaderName>, head: &Head<'_>) -> Explanation {
    let present = Scheme::presets().filter(|other| {
        let header = other.header().filter(|_| other.header() != ours);
        header.is_some_and(|header| head.headers.contains_key(header))
    });
    let schemes: Vec<String> = present.map(|other| other.name().to_owned()).take(NAMED).collect();
    if schemes.is_empty() { Explanation::NoSignature } else { Explanation::OtherScheme { schemes } }
}
