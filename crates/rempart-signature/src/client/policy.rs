use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rempart_core::{Faults, KeyId, Timer};
use rempart_keys::{Key, KeyRing};

use super::signer::{Ids, SchemeSigner, Signer, TokenSigner};
use crate::body::{LimitSettings, Limits};
use crate::key::SigningKey;
use crate::policy::{check_minimum, keys_in};
use crate::{
    Algorithm, BodyToken, ConfigError, ConfigErrors, MessageSigner, PublicUrl, Scheme, SecretForm,
};

/// A checked configuration of a sender: what is signed, by whose key. A clone bumps one reference
/// count.
///
/// ```
/// use rempart_core::Live;
/// use rempart_keys::{Key, KeyId, KeyRing, Secret};
/// use rempart_signature::{ConfigError, Scheme, SignPolicy};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let old = KeyId::new("2026-q3")?;
/// let ring = KeyRing::single(old, Secret::new("made-up-for-the-third-quarter")?);
/// let policy = SignPolicy::builder()
///     .scheme(Scheme::github())
///     .keys(ring.clone())
///     .dangerously_without_read_deadline()
///     .build()?;
/// assert_eq!(policy.key_id(), Some(old));
///
/// // What a ring that is followed calls when it turns: the next request is signed by the new key.
/// let live = Live::new(policy);
/// let new = KeyId::new("2026-q4")?;
/// let key = Key::new(new, Secret::new("made-up-for-the-fourth-quarter")?);
/// let ring = ring.add(key)?.promote(new, std::time::Duration::from_secs(1_800_000_000))?;
/// let changed = live.load().with_keys(ring)?;
/// live.store(changed);
/// assert_eq!(live.load().key_id(), Some(new));
///
/// // Every fault at once.
/// let faults = SignPolicy::builder().scheme(Scheme::github()).build().unwrap_err();
/// assert!(faults.iter().any(|fault| *fault == ConfigError::NoSigningKey));
/// assert_eq!(faults.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SignPolicy(Arc<Checked>);

#[derive(Clone)]
struct Checked {
    signer: Signer,
    limits: Limits,
    short_secrets: bool,
}

impl SignPolicy {
    /// Starts a policy.
    pub fn builder() -> SignPolicyBuilder {
        SignPolicyBuilder {
            scheme: None,
            message_signer: None,
            token: None,
            keys: None,
            ids: Ids::Random,
            public_url: None,
            limits: LimitSettings::default(),
            short_secrets: false,
        }
    }

    /// The name of the key that signs; `None` while the ring has no active one, and of a
    /// [`MessageSigner`], which has a key of its own.
    #[must_use]
    pub fn key_id(&self) -> Option<KeyId> {
        self.0.signer.key().map(Key::id)
    }

    /// The longest body that is signed, in bytes.
    #[must_use]
    pub fn body_limit(&self) -> u64 {
        self.0.limits.bytes
    }

    /// In how many pieces a body may come: 1,024, and one more for each 64 bytes of its limit.
    #[must_use]
    pub fn frame_limit(&self) -> usize {
        self.0.limits.frames
    }

    /// How long a body may take, counted from the first wait for it.
    #[must_use]
    pub fn read_deadline(&self) -> Option<Duration> {
        self.0.limits.deadline.as_ref().map(|(deadline, _)| *deadline)
    }

    /// The same policy with the active key of another ring.
    ///
    /// A ring without one is taken, unlike by [`SignPolicyBuilder::build`]: in an incident it may be
    /// revoked before its successor is there, and then nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ConfigError::SchemeMissing`] for a policy of a [`MessageSigner`]: see
    /// [`with_message_signer`](Self::with_message_signer). [`ConfigError::SecretForm`], [`ConfigError::SecretTooShort`] or one of their kin if the
    /// scheme has no use for the key.
    #[expect(clippy::needless_pass_by_value, reason = "as `SignPolicyBuilder::keys`")]
    pub fn with_keys(&self, ring: KeyRing) -> Result<Self, ConfigErrors> {
        let mut changed = Checked::clone(&self.0);
        let mut faults = Faults::new();
        match &mut changed.signer {
            Signer::Message(_) => faults.push(ConfigError::SchemeMissing),
            Signer::Scheme(signer) => {
                signer.key = ring.signing().cloned();
                let key = signer.key.as_ref();
                check_key(reading(&signer.scheme), key, changed.short_secrets, &mut faults);
            }
            Signer::Token(signer) => {
                signer.key = ring.signing().cloned();
                let key = signer.key.as_ref();
                check_key(signer.token.reading(), key, changed.short_secrets, &mut faults);
            }
        }
        faults.finish()?;
        Ok(Self(Arc::new(changed)))
    }

    /// The same policy with another signer of HTTP messages: with another key.
    #[must_use]
    pub fn with_message_signer(&self, signer: MessageSigner) -> Self {
        let signer = Signer::Message(Box::new(signer));
        Self(Arc::new(Checked { signer, ..Checked::clone(&self.0) }))
    }

    pub(super) fn signer(&self) -> &Signer {
        &self.0.signer
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.0.limits
    }
}

impl fmt::Debug for SignPolicy {
    /// The name of the key, and nothing of its bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignPolicy")
            .field("signer", &self.0.signer)
            .field("key", &self.key_id())
            .field("body_limit", &self.body_limit())
            .field("read_deadline", &self.read_deadline())
            .finish_non_exhaustive()
    }
}

/// Builds a [`SignPolicy`].
#[derive(Clone)]
#[must_use = "nothing is built until `build` is called"]
pub struct SignPolicyBuilder {
    scheme: Option<Scheme>,
    message_signer: Option<MessageSigner>,
    token: Option<BodyToken>,
    keys: Option<KeyRing>,
    ids: Ids,
    public_url: Option<PublicUrl>,
    limits: LimitSettings,
    short_secrets: bool,
}

impl SignPolicyBuilder {
    /// Signs by this scheme. Required, or [`message_signer`](Self::message_signer) or
    /// [`body_token`](Self::body_token).
    pub fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// Signs HTTP messages, as RFC 9421 says, with the signer's own key; in place of a scheme and its
    /// keys. Each message has a nonce of its own.
    pub fn message_signer(mut self, signer: MessageSigner) -> Self {
        self.message_signer = Some(signer);
        self
    }

    /// Sends a token that covers the body, in place of a scheme. Each has an id of its own.
    pub fn body_token(mut self, token: BodyToken) -> Self {
        self.token = Some(token);
        self
    }

    /// Signs with the active key of this ring. Required with a scheme or a token.
    pub fn keys(mut self, keys: KeyRing) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Draws the ids of messages here, where the scheme has them, and those of tokens; by default 128 random bits in
    /// hexadecimal. A request that has an id keeps it.
    pub fn ids(mut self, ids: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.ids = Ids::Made(Arc::new(ids));
        self
    }

    /// Says under which URL the receiver knows itself, where the scheme signs it and it is not the
    /// one that is called; by default the request's own.
    pub fn public_url(mut self, url: PublicUrl) -> Self {
        self.public_url = Some(url);
        self
    }

    /// Signs bodies of at most so many bytes; by default what the scheme says, mostly 1 MiB.
    pub const fn body_limit(mut self, bytes: u64) -> Self {
        self.limits.bytes = Some(bytes);
        self
    }

    /// Lets a body take so long to be whole; [`Policy::READ_DEADLINE`](crate::Policy::READ_DEADLINE) by default.
    pub const fn read_deadline(mut self, deadline: Duration) -> Self {
        self.limits.deadline = Some(deadline);
        self
    }

    /// Lets a body take for ever.
    ///
    /// # Security
    ///
    /// For bodies that are in memory. One that is read from somewhere could hold up a request, and
    /// what it has given so far, for as long as it likes.
    pub const fn dangerously_without_read_deadline(mut self) -> Self {
        self.limits.deadline = None;
        self
    }

    /// Measures the read deadline. Required with one.
    pub fn timer(mut self, timer: impl Timer + 'static) -> Self {
        self.limits.set_timer(timer);
        self
    }

    /// Signs with a secret shorter than the scheme's minimum.
    ///
    /// # Security
    ///
    /// For published test vectors. A short secret can be guessed from a single signed request.
    pub const fn dangerously_short_secrets(mut self) -> Self {
        self.short_secrets = true;
        self
    }

    /// Checks the policy.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every fault there is.
    pub fn build(self) -> Result<SignPolicy, ConfigErrors> {
        let mut faults = Faults::new();
        match (&self.scheme, &self.message_signer, &self.token) {
            (None, None, None) => faults.push(ConfigError::SchemeMissing),
            (Some(scheme), None, None) => scheme.check(&mut faults),
            (None, Some(_), None) => {}
            (None, None, Some(token)) => token.check(&mut faults),
            _ => faults.push(ConfigError::SeveralSchemes),
        }
        let key = self.keys.as_ref().and_then(KeyRing::signing).cloned();
        if key.is_none() && self.message_signer.is_none() {
            faults.push(ConfigError::NoSigningKey);
        }
        let read = self.scheme.as_ref().map(reading);
        if let Some(reading) = read.or(self.token.as_ref().map(BodyToken::reading)) {
            if !self.short_secrets {
                check_minimum(reading, &mut faults);
            }
            check_key(reading, key.as_ref(), self.short_secrets, &mut faults);
        }
        let usual = self.scheme.as_ref().map(Scheme::body_limit);
        let usual = usual.or(self.token.as_ref().map(BodyToken::body_limit));
        let usual = usual.unwrap_or(Scheme::BODY_LIMIT);
        let limits = self.limits.limits(usual, &mut faults);
        faults.finish()?;
        // It is there, or its absence was a fault.
        let (ids, public_url) = (self.ids, self.public_url);
        let signer = match (self.scheme, self.message_signer, self.token) {
            (Some(scheme), _, _) => {
                Signer::Scheme(Box::new(SchemeSigner { scheme, key, ids, public_url }))
            }
            (None, Some(signer), _) => Signer::Message(Box::new(match &public_url {
                Some(url) => signer.with_origin(url),
                None => signer,
            })),
            (None, None, Some(token)) => Signer::Token(Box::new(TokenSigner { token, key, ids })),
            (None, None, None) => return Err(ConfigError::SchemeMissing.into()),
        };
        Ok(SignPolicy(Arc::new(Checked { signer, limits, short_secrets: self.short_secrets })))
    }
}

impl fmt::Debug for SignPolicyBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignPolicyBuilder")
            .field("scheme", &self.scheme)
            .field("message_signer", &self.message_signer)
            .field("body_token", &self.token)
            .field("keys", &self.keys)
            .field("public_url", &self.public_url)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// How keys are read: for what, of which form, and how long at least.
type Reading<'a> = (Algorithm, &'a SecretForm, usize);

const fn reading(scheme: &Scheme) -> Reading<'_> {
    (scheme.algorithm(), scheme.secret_form(), scheme.min_secret())
}

fn check_key(
    (algorithm, form, minimum): Reading<'_>,
    key: Option<&Key>,
    short_secrets: bool,
    faults: &mut Faults<ConfigError>,
) {
    let Some(key) = key else { return };
    if algorithm.is_mac() {
        let minimum = if short_secrets { 0 } else { minimum };
        faults.take(keys_in(algorithm, form, minimum, key));
    } else if SigningKey::read(algorithm, form, key.secret()).is_none() {
        faults.push(ConfigError::PrivateKeyForm { key: key.id() });
    }
}
