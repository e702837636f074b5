use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use serde::Deserialize;

use super::place;
use crate::Algorithm;
use crate::certified::{Digest, Proof, date};

/// What SNS has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SnsKind {
    /// A message of the topic.
    Notification,
    /// Somebody wants the topic's messages to come here.
    SubscriptionConfirmation,
    /// The topic's messages come here no more.
    UnsubscribeConfirmation,
}

impl SnsKind {
    /// Every one of them.
    pub const ALL: &'static [Self] =
        &[Self::Notification, Self::SubscriptionConfirmation, Self::UnsubscribeConfirmation];

    /// The word that SNS has for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::SubscriptionConfirmation => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }
}

/// A message of SNS that was verified: all that its signature covers, and nothing else.
///
/// Only this crate makes one.
#[derive(Clone, PartialEq, Eq)]
pub struct SnsMessage {
    kind: SnsKind,
    id: String,
    topic: String,
    subject: Option<String>,
    message: String,
    at: Duration,
    subscribe_url: Option<String>,
}

impl SnsMessage {
    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> SnsKind {
        self.kind
    }

    /// Its id, the same however often it is sent: what to store once.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The topic, which is one of those that the policy names.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The subject, if the publisher gave one.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// What was published.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// When it was published, since the Unix epoch.
    #[must_use]
    pub const fn timestamp(&self) -> Duration {
        self.at
    }

    /// What to visit to confirm the subscription, or to take the confirmed end of one back. It
    /// leads to SNS and confirms a subscription to [`topic`](Self::topic).
    #[must_use]
    pub fn subscribe_url(&self) -> Option<&str> {
        self.subscribe_url.as_deref()
    }
}

impl fmt::Debug for SnsMessage {
    /// Nothing of what was published, nothing of the URL, whose token confirms a subscription.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnsMessage")
            .field("kind", &self.kind)
            .field("id", &self.id)
            .field("topic", &self.topic)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// What SNS posts, as far as it is signed or signs. A member that is there twice is refused.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Envelope {
    #[serde(rename = "Type")]
    kind: String,
    message_id: String,
    topic_arn: String,
    subject: Option<String>,
    message: String,
    timestamp: String,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    token: Option<String>,
}

impl Envelope {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// What it says of itself; `None` if SNS would not say so.
    pub(super) fn show(self, accepts_sha1: bool) -> Option<(SnsMessage, Proof)> {
        let digest = match self.signature_version.as_str() {
            "1" if accepts_sha1 => Digest::Sha1,
            "2" => Digest::Sha256,
            _ => return None,
        };
        let signature = STANDARD.decode(&self.signature).ok()?;
        let url = place::certificate(&self.signing_cert_url)?;
        let kind = *SnsKind::ALL.iter().find(|kind| kind.as_str() == self.kind)?;
        let fits = Algorithm::RsaPkcs1Sha256.takes(signature.len());
        let message = fits.then(|| self.signed(kind))??;
        let at = date::read(&self.timestamp)?;
        let id = id(&self.message_id)?;
        let shown = SnsMessage {
            kind,
            at,
            id: self.message_id,
            topic: self.topic_arn,
            subject: self.subject,
            message: self.message,
            subscribe_url: self.subscribe_url,
        };
        Some((shown, Proof { url, digest, message, signature, at, id }))
    }

    /// The lines that are signed: names and values in turn, in the order of the names.
    ///
    /// A value with a line break could pass for more members than it is: of one signature, two
    /// messages. Only the message itself may have one, for its end is found from behind.
    fn signed(&self, kind: SnsKind) -> Option<Vec<u8>> {
        let middle: Vec<(&str, &str)> = match (kind, &self.subscribe_url, &self.token) {
            (SnsKind::Notification, None, None) => {
                self.subject.iter().map(|subject| ("Subject", subject.as_str())).collect()
            }
            (SnsKind::Notification, ..) => return None,
            (_, Some(url), Some(token)) if self.subject.is_none() => {
                place::confirms(url, &self.topic_arn, token).then_some(())?;
                vec![("SubscribeURL", url)]
            }
            _ => return None,
        };
        let token = self.token.iter().map(|token| ("Token", token.as_str()));
        let lines = [("MessageId", self.message_id.as_str())]
            .into_iter()
            .chain(middle)
            .chain([("Timestamp", self.timestamp.as_str())])
            .chain(token)
            .chain([("TopicArn", self.topic_arn.as_str()), ("Type", self.kind.as_str())]);
        let mut signed = format!("Message\n{}\n", self.message);
        for (name, value) in lines {
            if value.chars().any(char::is_control) {
                return None;
            }
            signed.extend([name, "\n", value, "\n"]);
        }
        Some(signed.into_bytes())
    }
}

/// Those of SNS have 36 letters, digits and hyphens.
fn id(text: &str) -> Option<HeaderValue> {
    let fits = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    HeaderValue::from_str(text).ok().filter(|_| fits)
}
