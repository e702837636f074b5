//! The questions by which senders ask whose endpoint this is, and the answers.

mod answer;
mod handshake;
mod question;
mod word;

use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, header};
use rempart_core::Faults;
use rempart_keys::Secret;

pub use self::answer::Answer;
use self::handshake::VerifyToken;
use crate::json::Object;
use crate::key::VerifyingKey;
use crate::{ConfigError, Encoding, Head, HexCase, Policy, Rejection, Scheme, Verified, body};

/// Answers the question by which a sender asks whether an endpoint belongs to its customer.
///
/// Senders ask before they send the first event, and some again and again. What is signed is
/// answered only once its signature has been verified; the handshakes that come unsigned, a `GET`,
/// echo one short word and nothing else.
///
/// | | the sender asks with | the answer |
/// |---|---|---|
/// | [`slack`](Self::slack) | a signed `url_verification` | its `challenge`, as text |
/// | [`twitch`](Self::twitch) | a signed `webhook_callback_verification` | its `challenge`, as text |
/// | [`zoom`](Self::zoom) | a signed `endpoint.url_validation` | its `plainToken`, and that signed |
/// | `discord`, by feature `ed25519` | a signed `PING` | `PONG`; an empty 204 for webhook events |
/// | [`meta`](Self::meta) | an unsigned `GET` with the verify token | its `hub.challenge`, as text |
/// | [`dropbox`](Self::dropbox) | an unsigned `GET` | its `challenge`, as text |
///
/// ```
/// use rempart_keys::{KeyId, KeyRing, Secret};
/// use rempart_signature::{Challenge, Policy, Scheme};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keys = KeyRing::single(KeyId::new("a")?, Secret::new("made-up-for-the-documentation")?);
/// let policy = Policy::builder("slack")
///     .scheme(Scheme::slack())
///     .challenge(Challenge::slack())
///     .keys(keys)
///     .dangerously_without_read_deadline()
///     .build()?;
/// assert!(policy.challenge().is_some());
/// # Ok(())
/// # }
/// ```
///
/// What asks and is not of the sender's form is refused, and never reaches the handler. What does
/// not ask goes on as without a challenge: a body that is no JSON object, that is not said to be
/// `application/json`, or that is longer than [`MAX_BODY`](Self::MAX_BODY).
#[derive(Clone, Debug)]
pub struct Challenge(Kind);

#[derive(Clone, Debug)]
enum Kind {
    #[cfg(feature = "ed25519")]
    Discord,
    Dropbox,
    Meta(VerifyToken),
    Slack,
    Twitch,
    Zoom,
}

impl Challenge {
    /// Longer bodies are no challenges, and are not looked at.
    pub const MAX_BODY: usize = 4096;

    /// The fewest bytes of the token that Meta is to show.
    pub const MIN_VERIFY_TOKEN: usize = Scheme::MIN_SECRET;

    /// Answers [`PING`](https://docs.discord.com/developers/interactions/overview) with `PONG`,
    /// and that of [webhook events](https://docs.discord.com/developers/events/webhook-events)
    /// with an empty 204.
    #[cfg(feature = "ed25519")]
    #[cfg_attr(docsrs, doc(cfg(feature = "ed25519")))]
    #[must_use]
    pub const fn discord() -> Self {
        Self(Kind::Discord)
    }

    /// Echoes the `challenge` of an unsigned `GET`, as
    /// [Dropbox](https://www.dropbox.com/developers/reference/webhooks#documentation) asks: a word
    /// of at most 128 bytes of `[A-Za-z0-9_-]`.
    ///
    /// Anybody may have such a word echoed; nobody can have a browser take it for anything but
    /// plain text.
    #[must_use]
    pub const fn dropbox() -> Self {
        Self(Kind::Dropbox)
    }

    /// Echoes the `hub.challenge` of an unsigned `GET` that knows this token, as
    /// [Meta](https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests)
    /// asks: a word of at most 128 bytes of `[A-Za-z0-9_-]`.
    ///
    /// The token is compared in a time that says nothing of it, its length included. Behind a
    /// proxy that logs queries it stands in the log: make one for this purpose alone.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "it is given away: nobody else needs it")]
    pub fn meta(verify_token: Secret) -> Self {
        Self(Kind::Meta(VerifyToken::new(&verify_token)))
    }

    /// Echoes the `challenge` of a signed
    /// [`url_verification`](https://docs.slack.dev/reference/events/url_verification).
    #[must_use]
    pub const fn slack() -> Self {
        Self(Kind::Slack)
    }

    /// Echoes the `challenge` of a signed
    /// [callback verification](https://dev.twitch.tv/docs/eventsub/handling-webhook-events/#responding-to-a-challenge-request).
    ///
    /// The body says that it is one: the header `Twitch-Eventsub-Message-Type` is not signed.
    #[must_use]
    pub const fn twitch() -> Self {
        Self(Kind::Twitch)
    }

    /// Signs the `plainToken` of a signed
    /// [`endpoint.url_validation`](https://developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint)
    /// with the key that verified it.
    ///
    /// # Security
    ///
    /// The answer is a MAC by the key that signs events, over a text that somebody else has chosen.
    /// So that it is never the signature of an event, which begins with `v0:`, the token must be
    /// at most 64 bytes of `[A-Za-z0-9_-]`.
    #[must_use]
    pub const fn zoom() -> Self {
        Self(Kind::Zoom)
    }

    /// The name of the sender, which is that of its scheme.
    #[must_use]
    pub const fn sender(&self) -> &'static str {
        match self.0 {
            #[cfg(feature = "ed25519")]
            Kind::Discord => "discord",
            Kind::Dropbox => "dropbox",
            Kind::Meta(_) => "meta",
            Kind::Slack => "slack",
            Kind::Twitch => "twitch",
            Kind::Zoom => "zoom",
        }
    }

    /// Adds what does not fit together with the policy's scheme.
    pub(crate) fn check(
        &self,
        scheme: &Scheme,
        short_secrets: bool,
        faults: &mut Faults<ConfigError>,
    ) {
        if !self.belongs_to(scheme) {
            let (challenge, scheme) = (self.sender(), scheme.name().to_owned());
            faults.push(ConfigError::ForeignChallenge { challenge, scheme });
        }
        if let Kind::Meta(token) = &self.0 {
            let (length, minimum) = (token.length(), Self::MIN_VERIFY_TOKEN);
            if length < minimum && !short_secrets {
                faults.push(ConfigError::VerifyTokenTooShort { length, minimum });
            }
        }
    }

    /// Whether the scheme is the sender's own, altered in nothing that an answer relies on.
    fn belongs_to(&self, scheme: &Scheme) -> bool {
        Scheme::preset(self.sender()).is_some_and(|own| {
            scheme.name() == own.name()
                && scheme.header() == own.header()
                && scheme.template() == own.template()
                && scheme.algorithm() == own.algorithm()
        })
    }
}

impl Policy {
    /// The challenge that is answered, if one is.
    #[must_use]
    pub fn challenge(&self) -> Option<&Challenge> {
        self.challenge_shared()
    }

    /// Answers the handshake of a sender that does not sign it: before [`decide`](crate::decide).
    ///
    /// `Ok(None)` for a request that is none, to be decided upon like any other.
    ///
    /// ```
    /// use http::{HeaderMap, Method, Uri};
    /// use rempart_keys::{KeyId, KeyRing, Secret};
    /// use rempart_signature::{Challenge, Head, Policy, Rejection, Scheme};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let keys = KeyRing::single(KeyId::new("a")?, Secret::new("made-up-for-the-documentation")?);
    /// let policy = Policy::builder("meta")
    ///     .scheme(Scheme::meta())
    ///     .challenge(Challenge::meta(Secret::new("a-made-up-verify-token")?))
    ///     .keys(keys)
    ///     .dangerously_without_read_deadline()
    ///     .build()?;
    /// let headers = HeaderMap::new();
    /// let asks = |query: &str| {
    ///     let uri: Uri = format!("/hooks?hub.mode=subscribe&{query}").parse()?;
    ///     let answer = policy.handshake(&Head::new(&Method::GET, &uri, &headers));
    ///     Ok::<_, http::uri::InvalidUri>(answer)
    /// };
    /// let answer = asks("hub.challenge=1158201444&hub.verify_token=a-made-up-verify-token")?;
    /// assert_eq!(answer?.unwrap().body(), "1158201444");
    /// let answer = asks("hub.challenge=1158201444&hub.verify_token=another-verify-token")?;
    /// assert_eq!(answer, Err(Rejection::Mismatch));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The [`Rejection`] that the layer would answer with.
    pub fn handshake(&self, head: &Head<'_>) -> Result<Option<Answer>, Rejection> {
        match self.challenge().map(|challenge| &challenge.0) {
            _ if *head.method != Method::GET => Ok(None),
            Some(Kind::Dropbox) => handshake::dropbox(head.uri),
            Some(Kind::Meta(token)) => handshake::meta(head.uri, token),
            _ => Ok(None),
        }
    }

    /// Answers a challenge that this policy has verified: before the request would be handled.
    ///
    /// `Ok(None)` for a request that is none.
    ///
    /// # Errors
    ///
    /// [`Rejection::InvalidChallenge`] for one that is not of the sender's form.
    pub fn answer(
        &self,
        verified: &Verified,
        head: &Head<'_>,
        body: &[u8],
    ) -> Result<Option<Answer>, Rejection> {
        let Some(Challenge(kind)) = self.challenge() else { return Ok(None) };
        let ours = verified.policy() == *self.name();
        if !ours || *head.method != Method::POST || body.len() > Challenge::MAX_BODY {
            return Ok(None);
        }
        if !is_json(head) {
            return Ok(None);
        }
        let Some(object) = Object::parse(body) else { return Ok(None) };
        match kind {
            #[cfg(feature = "ed25519")]
            Kind::Discord => question::discord(object),
            Kind::Dropbox | Kind::Meta(_) => Ok(None),
            Kind::Slack => question::slack(object),
            Kind::Twitch => question::twitch(object),
            Kind::Zoom => question::zoom(object, |token| self.signed(verified, token)),
        }
    }

    /// [`answer`](Self::answer), of a body as it came.
    pub(crate) fn answer_frames(
        &self,
        verified: &Verified,
        parts: &Parts,
        frames: &VecDeque<Bytes>,
    ) -> Result<Option<Answer>, Rejection> {
        let length = frames.iter().fold(0_usize, |sum, frame| sum.saturating_add(frame.len()));
        // Before the pieces are put together.
        if self.challenge().is_none() || length > Challenge::MAX_BODY {
            return Ok(None);
        }
        self.answer(verified, &Head::of_parts(parts), &body::whole(frames))
    }

    /// A text, signed in hexadecimal by the key that verified the request.
    fn signed(&self, verified: &Verified, text: &str) -> Option<String> {
        let key = self.keys().iter().find(|key| key.id == verified.key())?;
        let VerifyingKey::Mac(key) = &key.verifying else { return None };
        let mut mac = key.begin();
        mac.update(text.as_bytes());
        Some(Encoding::Hex(HexCase::Lower).encode(&mac.finish_long()))
    }
}

/// Whether the body is said to be JSON, once.
fn is_json(head: &Head<'_>) -> bool {
    let mut values = head.headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

impl fmt::Display for Challenge {
    /// The sender.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.sender())
    }
}
