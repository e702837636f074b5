mod builder;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use rempart_core::{KeyId, PolicyName};
use rempart_keys::KeyRing;

pub use self::builder::PolicyBuilder;
pub(crate) use self::builder::{AUDIENCE, ISSUER, Named, checked_secret};
use crate::mac::Mac;
use crate::{Claims, ConfigErrors, Rejection, Revocations, decision};

/// A checked configuration: whose tokens are good, for whom, and for how long. A clone bumps one
/// reference count.
///
/// ```
/// use std::time::Duration;
/// use rempart_keys::{KeyId, KeyRing, Secret};
/// use rempart_token::{ConfigError, Policy};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new("made-up-for-the-documentation-only")?;
/// let policy = Policy::builder("api")
///     .hs256(KeyRing::single(KeyId::new("2026-q4")?, secret))
///     .issuer("https://auth.example.com")
///     .audience("https://api.example.com")
///     .max_life(Duration::from_secs(3600))
///     .build()?;
/// assert_eq!(policy.name().as_str(), "api");
///
/// // Every fault at once.
/// let faults = Policy::builder("api").build().unwrap_err();
/// assert!(faults.iter().any(|fault| *fault == ConfigError::AudienceMissing));
/// assert_eq!(faults.len(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Policy(Arc<Checked>);

struct Checked {
    rules: Arc<Rules>,
    keys: Keys,
    /// The same rules with the keys that were revoked, if there are any.
    revoked: Option<Policy>,
}

/// All but the keys, which change more often.
struct Rules {
    name: PolicyName,
    issuers: Option<Box<[String]>>,
    audiences: Option<Box<[String]>>,
    required: Box<[String]>,
    types: Box<[TokenType]>,
    max_life: Duration,
    skew: Duration,
    revocations: Option<Revocations>,
    short_secrets: bool,
    /// For who sent nothing.
    bare_challenge: HeaderValue,
    /// For who sent a token that is no good.
    challenge: HeaderValue,
}

struct Keys {
    verifying: Box<[PolicyKey]>,
    /// Revoked and destroyed ones.
    gone: Box<[KeyId]>,
    known_heads: Box<[KnownHead]>,
}

/// A key with the first block of both its hashes already computed.
#[derive(Debug)]
pub(crate) struct PolicyKey {
    pub(crate) id: KeyId,
    pub(crate) mac: Mac,
    until: Option<Duration>,
}

impl PolicyKey {
    pub(crate) fn verifies_at(&self, now: Duration) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// A head as the minter writes it, which is read by comparing.
pub(crate) struct KnownHead {
    encoded: String,
    pub(crate) algorithm: crate::Algorithm,
    /// The place of the key that it names.
    pub(crate) key: Option<usize>,
}

/// What a token says it is: `typ` of its head, compared without case and with or without
/// `application/` before it ([RFC 7515 §4.1.9]).
///
/// [RFC 7515 §4.1.9]: https://www.rfc-editor.org/rfc/rfc7515#section-4.1.9
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenType {
    /// `at+jwt` ([RFC 9068 §2.1](https://www.rfc-editor.org/rfc/rfc9068#section-2.1)).
    AccessToken,
    /// `JWT`.
    Jwt,
    /// No `typ` at all.
    Untyped,
}

impl TokenType {
    /// The text of `typ`.
    #[must_use]
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::AccessToken => Some("at+jwt"),
            Self::Jwt => Some("JWT"),
            Self::Untyped => None,
        }
    }

    pub(crate) fn named(typ: &str) -> Option<Self> {
        const PREFIX: &str = "application/";
        let prefixed = typ.split_at_checked(PREFIX.len());
        let short = prefixed.filter(|(prefix, _)| prefix.eq_ignore_ascii_case(PREFIX));
        let short = short.map_or(typ, |(_, short)| short);
        [Self::AccessToken, Self::Jwt]
            .into_iter()
            .find(|known| known.as_str().is_some_and(|text| text.eq_ignore_ascii_case(short)))
    }
}

impl Policy {
    /// The longest token that is read, in bytes.
    pub const MAX_TOKEN: usize = 8 * 1024;

    /// The longest head of a token, in bytes of its encoding.
    pub const MAX_HEAD: usize = 1024;

    /// The most members of one object in a token.
    pub const MAX_MEMBERS: usize = 64;

    /// The longest `iss`, `sub`, `aud` and `jti`, in bytes as they are written.
    pub const MAX_TEXT: usize = 1024;

    /// The most claims that a policy can require by name.
    pub const MAX_REQUIRED: usize = 16;

    /// The most audiences of one token.
    pub const MAX_AUDIENCES: usize = 16;

    /// How long a token may live by default.
    pub const MAX_LIFE: Duration = Duration::from_secs(24 * 3600);

    /// The longest life that a policy can allow: a year.
    pub const LONGEST_LIFE: Duration = Duration::from_secs(366 * 24 * 3600);

    /// By how much the clocks of two machines may differ by default.
    pub const SKEW: Duration = Duration::from_secs(30);

    /// By how much they may differ at most.
    pub const WIDEST_SKEW: Duration = Duration::from_secs(300);

    /// Starts a policy of this name (`[a-z0-9-]{1,32}`).
    pub fn builder(name: &str) -> PolicyBuilder {
        PolicyBuilder::new(name)
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &PolicyName {
        &self.rules().name
    }

    /// How long a token may live.
    #[must_use]
    pub fn max_life(&self) -> Duration {
        self.rules().max_life
    }

    /// By how much a token may begin in the future.
    #[must_use]
    pub fn skew(&self) -> Duration {
        self.rules().skew
    }

    /// What was revoked before its time.
    #[must_use]
    pub fn revocations(&self) -> Option<&Revocations> {
        self.rules().revocations.as_ref()
    }

    /// The names of the keys that verify.
    pub fn key_ids(&self) -> impl Iterator<Item = KeyId> {
        self.keys().iter().map(|key| key.id)
    }

    /// The same policy with other keys: what a reload stores.
    ///
    /// A ring of which no key verifies is taken, and refuses every token: a revocation must not be
    /// put off because it leaves none.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with each secret that is too short.
    #[expect(clippy::needless_pass_by_value, reason = "a ring is a handle, as for the builder")]
    pub fn with_keys(&self, ring: KeyRing) -> Result<Self, ConfigErrors> {
        let rules = self.rules();
        let keys = builder::keys(&ring, &rules.types, rules.short_secrets)?;
        Ok(Self::of(Arc::clone(&self.0.rules), keys, &ring))
    }

    /// What the rules and the ring come to.
    fn of(rules: Arc<Rules>, keys: Keys, ring: &KeyRing) -> Self {
        let revoked = builder::revoked_keys(ring, &rules.types, rules.short_secrets);
        let revoked = revoked
            .map(|keys| Checked { rules: Arc::clone(&rules), keys, revoked: None })
            .map(|checked| Self(Arc::new(checked)));
        Self(Arc::new(Checked { rules, keys, revoked }))
    }

    /// Decides on a token at `now`, since the Unix epoch, without HTTP.
    ///
    /// ```
    /// use std::time::Duration;
    /// use rempart_keys::{KeyId, KeyRing, Secret};
    /// use rempart_token::{Lifetime, Minter, Policy, Rejection};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let secret = Secret::new("made-up-for-the-documentation-only")?;
    /// let ring = KeyRing::single(KeyId::new("2026-q4")?, secret);
    /// let minter = Minter::hs256(ring.clone()).issuer("auth").audience("api").build()?;
    /// let policy = Policy::builder("api").hs256(ring).issuer("auth").audience("api").build()?;
    ///
    /// let now = Duration::from_secs(1_800_000_000);
    /// let claims = serde_json::json!({ "sub": "ada", "role": "admin" });
    /// let token = minter.mint(&claims, Lifetime::minutes::<15>(), now)?;
    /// assert_eq!(policy.verify(token.as_str(), now)?.subject(), Some("ada"));
    ///
    /// let later = now + Duration::from_secs(900);
    /// assert_eq!(policy.verify(token.as_str(), later), Err(Rejection::Expired));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The [`Rejection`] that the layer would answer with.
    pub fn verify(&self, token: &str, now: Duration) -> Result<Claims, Rejection> {
        decision::verify(self, token.as_bytes(), now)
    }

    /// Decides on a token's head and tag alone, and gives what was signed, be it claims or not.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] of the head or the tag.
    ///
    /// # Security
    ///
    /// Who made it, for whom, and whether it is over: nothing of that is looked at. It is for
    /// signed texts that are no tokens ([RFC 7515](https://www.rfc-editor.org/rfc/rfc7515)), and
    /// for published vectors.
    pub fn dangerously_verify_signature(
        &self,
        token: &str,
        now: Duration,
    ) -> Result<Arc<[u8]>, Rejection> {
        decision::verify_signature(self, token.as_bytes(), now).map(|(_, signed)| signed)
    }

    /// Says which revoked key made a token that was refused, if one did, and the token is good but
    /// for that: somebody has a key that should be nowhere, or a token of its time.
    ///
    /// For an event, never for a decision. Only the latest
    /// [`KeyRing::MAX_RECOGNISED`] revoked keys are tried.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use rempart_keys::{KeyId, KeyRing, Secret};
    /// # use rempart_token::{Lifetime, Minter, Policy, Rejection};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let old = KeyId::new("2026-q3")?;
    /// # let ring = KeyRing::single(old, Secret::new("made-up-for-the-documentation-only")?);
    /// # let minter = Minter::hs256(ring.clone()).issuer("auth").audience("api").build()?;
    /// # let policy = Policy::builder("api").hs256(ring.clone()).issuer("auth").audience("api").build()?;
    /// # let now = Duration::from_secs(1_800_000_000);
    /// let token = minter.mint(&serde_json::json!({}), Lifetime::minutes::<15>(), now)?;
    /// let policy = policy.with_keys(ring.revoke(old)?)?;
    /// assert_eq!(policy.verify(token.as_str(), now), Err(Rejection::RevokedKey));
    /// assert_eq!(policy.revoked_signer(token.as_str(), now), Some(old));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn revoked_signer(&self, token: &str, now: Duration) -> Option<KeyId> {
        let claims = decision::verify(self.revoked()?, token.as_bytes(), now);
        claims.ok().map(|claims| claims.key())
    }

    pub(crate) fn revoked(&self) -> Option<&Self> {
        self.0.revoked.as_ref()
    }

    pub(crate) fn keys(&self) -> &[PolicyKey] {
        &self.0.keys.verifying
    }

    /// The key that a token names.
    pub(crate) fn key(&self, id: KeyId) -> Result<&PolicyKey, Rejection> {
        let gone = if self.0.keys.gone.contains(&id) {
            Rejection::RevokedKey
        } else {
            Rejection::UnknownKey
        };
        self.keys().iter().find(|key| key.id == id).ok_or(gone)
    }

    pub(crate) fn known_head(&self, encoded: &[u8]) -> Option<&KnownHead> {
        self.0.keys.known_heads.iter().find(|head| head.encoded.as_bytes() == encoded)
    }

    pub(crate) fn takes_type(&self, token_type: TokenType) -> bool {
        self.rules().types.contains(&token_type)
    }

    pub(crate) fn takes_issuer(&self, issuer: &str) -> bool {
        takes(self.rules().issuers.as_deref(), issuer)
    }

    pub(crate) fn takes_audience(&self, audience: &str) -> bool {
        takes(self.rules().audiences.as_deref(), audience)
    }

    /// The claims that every token must have.
    pub(crate) fn required(&self) -> &[String] {
        &self.rules().required
    }

    pub(crate) fn any_issuer(&self) -> bool {
        self.rules().issuers.is_none()
    }

    pub(crate) fn any_audience(&self) -> bool {
        self.rules().audiences.is_none()
    }

    pub(crate) fn challenge(&self, rejection: Rejection) -> &HeaderValue {
        match rejection {
            Rejection::Missing => &self.rules().bare_challenge,
            _ => &self.rules().challenge,
        }
    }

    fn rules(&self) -> &Rules {
        &self.0.rules
    }
}

/// `None` takes any.
fn takes(allowed: Option<&[String]>, text: &str) -> bool {
    allowed.is_none_or(|allowed| allowed.iter().any(|one| one == text))
}

impl fmt::Debug for Policy {
    /// Names of keys, and nothing of their bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.rules();
        f.debug_struct("Policy")
            .field("name", &rules.name)
            .field("keys", &self.key_ids().collect::<Vec<_>>())
            .field("issuers", &rules.issuers)
            .field("audiences", &rules.audiences)
            .field("required", &rules.required)
            .field("types", &rules.types)
            .field("max_life", &rules.max_life)
            .field("skew", &rules.skew)
            .field("revocations", &rules.revocations)
            .finish_non_exhaustive()
    }
}
