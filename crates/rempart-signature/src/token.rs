//! Tokens that cover a body: JSON Web Tokens, one of whose claims is the body's digest.

mod check;
mod claims;
mod display;
mod jws;
mod preset;
mod sign;
mod verify;

use std::borrow::Cow;

use http::HeaderName;
use rempart_core::KeyId;

pub use self::check::TokenFault;
pub(crate) use self::verify::{Accepted, decide};
use crate::{Algorithm, Encoding, HexCase, Scheme, SecretForm, Window};

/// Says what a JSON Web Token that covers the body of a request must be ([RFC 7515], [RFC 7519]).
///
/// A value, as a [`Scheme`] is, and given to a policy in its place:
///
/// ```
/// use std::time::Duration;
/// use http::{Method, Uri};
/// use rempart_keys::{Key, KeyId, KeyRing, Secret};
/// use rempart_signature::{BodyToken, Head, Message, Policy, Rejection, verify};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let token = BodyToken::livekit("APImadeup");
/// let key = Key::new(KeyId::new("2026-q4")?, Secret::new("made-up-for-the-documentation-only")?);
/// let policy = Policy::builder("livekit")
///     .body_token(token.clone())
///     .keys(KeyRing::single(key.id(), key.secret().clone()))
///     .dangerously_without_read_deadline()
///     .build()?;
///
/// // The other side, with the same secret:
/// let now = Duration::from_secs(1_800_000_000);
/// let headers = token.sign(&key, &Message::new(br#"{"event":"room_started"}"#, now))?;
///
/// let uri = Uri::from_static("/hooks");
/// let head = Head::new(&Method::POST, &uri, &headers);
/// assert!(verify(&policy, &head, br#"{"event":"room_started"}"#, now).is_ok());
/// let other = verify(&policy, &head, br#"{"event":"room_finished"}"#, now);
/// assert_eq!(other, Err(Rejection::DigestMismatch));
/// # Ok(())
/// # }
/// ```
///
/// The algorithm is configuration: a token that names another is refused, and so is one with a
/// critical extension (`crit`), whatever it may be. What a token says of keys, but for a `kid`, is
/// passed over: they are the policy's. The signature is verified before a claim or a byte of the body
/// is read, and the body is hashed as it arrives.
///
/// Nothing is checked here: a [`Policy`](crate::Policy) checks it when it is built, and names every
/// part that does not fit.
///
/// [RFC 7515]: https://www.rfc-editor.org/rfc/rfc7515
/// [RFC 7519]: https://www.rfc-editor.org/rfc/rfc7519
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyToken {
    name: Cow<'static, str>,
    header: HeaderName,
    prefix: Cow<'static, str>,
    algorithm: Algorithm,
    secret_form: SecretForm,
    min_secret: usize,
    digest: Cow<'static, str>,
    encoding: Encoding,
    issuers: Vec<Cow<'static, str>>,
    time: TokenTime,
    names_key: bool,
    body_limit: u64,
}

/// Says by which claim a token is good for a short time only.
///
/// Whichever it is, a token that says when it ends (`exp`), or from when on it is good (`nbf`), is held
/// to it, and one that was issued in the future (`iat`) is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenTime {
    /// By `exp`, which must be there, and no further ahead than the window is wide in all: a replay
    /// has an end that is known.
    Expires(Window),
    /// By `iat`, which must be there, and within the window.
    Issued(Window),
    /// By none: a token is good as long as its key.
    Unsaid,
}

impl BodyToken {
    /// The most bytes of a token: 8 KiB.
    pub const MAX_TOKEN: usize = 8 * 1024;

    /// The most members of a token's header, and the most claims.
    pub const MAX_MEMBERS: usize = 64;

    /// Starts with the commonest token: HS256, alone in `header`, the body's SHA-256 in lower-case
    /// hexadecimal in the claim `digest`, issued at most five minutes ago.
    #[must_use]
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        header: HeaderName,
        digest: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            name: name.into(),
            header,
            prefix: Cow::Borrowed(""),
            algorithm: Algorithm::HmacSha256,
            secret_form: SecretForm::Text,
            min_secret: Scheme::MIN_SECRET,
            digest: digest.into(),
            encoding: Encoding::Hex(HexCase::Lower),
            issuers: Vec::new(),
            time: TokenTime::Issued(Window::DEFAULT),
            names_key: false,
            body_limit: Scheme::BODY_LIMIT,
        }
    }

    /// Looks for the token behind these characters: `Bearer `, with its blank. Without them it is
    /// misshapen.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<Cow<'static, str>>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Takes tokens by another algorithm, and by no other. Keys that are one half of a pair are read as
    /// [`SecretForm::PublicKey`].
    #[must_use]
    pub fn with_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        if !algorithm.is_mac() {
            self.secret_form = SecretForm::PublicKey;
        } else if self.secret_form == SecretForm::PublicKey {
            self.secret_form = SecretForm::Text;
        }
        self
    }

    /// Makes keys of secrets in another way.
    #[must_use]
    pub fn with_secret_form(mut self, form: SecretForm) -> Self {
        self.secret_form = form;
        self
    }

    /// Asks for secrets of at least so many bytes; [`Scheme::MIN_SECRET`] otherwise, and
    /// fewer only with [`dangerously_short_secrets`](crate::PolicyBuilder::dangerously_short_secrets).
    #[must_use]
    pub const fn with_min_secret(mut self, bytes: usize) -> Self {
        self.min_secret = bytes;
        self
    }

    /// Reads the body's digest as it is written so: in hexadecimal, or in Base64.
    #[must_use]
    pub const fn with_encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Takes tokens of this issuer (`iss`), and of others that are named. Without one the claim is
    /// passed over: whoever has a key is an issuer.
    #[must_use]
    pub fn with_issuer(mut self, issuer: impl Into<Cow<'static, str>>) -> Self {
        self.issuers.push(issuer.into());
        self
    }

    /// Says by which claim a token is good for a short time only.
    #[must_use]
    pub const fn with_time(mut self, time: TokenTime) -> Self {
        self.time = time;
        self
    }

    /// Asks for the name of a key (`kid`), and verifies with the keys of [that name](Self::key_id)
    /// alone. It only chooses among the policy's own.
    #[must_use]
    pub const fn with_key_names(mut self) -> Self {
        self.names_key = true;
        self
    }

    /// Passes a `kid` over: any key of the policy may have made the token.
    #[must_use]
    pub const fn without_key_names(mut self) -> Self {
        self.names_key = false;
        self
    }

    /// Takes bodies of at most so many bytes, unless the policy says otherwise.
    #[must_use]
    pub const fn with_body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The name under which these tokens go in [`Verified`](crate::Verified).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The header that carries the token.
    #[must_use]
    pub const fn header(&self) -> &HeaderName {
        &self.header
    }

    /// By which claim a token is good for a short time only.
    #[must_use]
    pub const fn time(&self) -> TokenTime {
        self.time
    }

    /// The longest body, unless the policy says otherwise.
    #[must_use]
    pub const fn body_limit(&self) -> u64 {
        self.body_limit
    }

    /// The name in a ring that a `kid` stands for: itself, or its first 16 characters. A sender's
    /// names are mostly longer than ours may be; the signature says whether it was that key.
    ///
    /// ```
    /// use rempart_signature::BodyToken;
    ///
    /// let name = BodyToken::key_id("bfbd5111-8e33-4643-8ced-b2e642a72f3c");
    /// assert_eq!(name.unwrap().as_str(), "bfbd5111-8e33-46");
    /// assert_eq!(BodyToken::key_id("../../etc/passwd"), None);
    /// ```
    #[must_use]
    pub fn key_id(kid: &str) -> Option<KeyId> {
        KeyId::new(kid.get(..LONGEST_NAME).unwrap_or(kid)).ok()
    }

    /// How keys are read: for what, of which form, and how long at least.
    pub(crate) const fn reading(&self) -> (Algorithm, &SecretForm, usize) {
        (self.algorithm, &self.secret_form, self.min_secret)
    }

    pub(crate) const fn name_shared(&self) -> &Cow<'static, str> {
        &self.name
    }
}

impl TokenTime {
    /// For how long a token is good at most.
    pub(crate) const fn window(self) -> Option<Window> {
        match self {
            Self::Expires(window) | Self::Issued(window) => Some(window),
            Self::Unsaid => None,
        }
    }
}

/// The most characters of a [`KeyId`].
const LONGEST_NAME: usize = 16;
