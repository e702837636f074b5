use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rempart_core::{Faults, KeyId, NameError, PolicyName, SharedTimer, Timer};
use rempart_keys::{Key, KeyRing};

use crate::mac::Mac;
use crate::{ConfigError, ConfigErrors, Part, PublicUrl, Scheme};

/// A checked configuration: whose signatures are good, and how bodies are read. A clone bumps one
/// reference count.
///
/// ```
/// use rempart_keys::{KeyId, KeyRing, Secret};
/// use rempart_signature::{ConfigError, Policy, Scheme};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new("made-up-for-the-documentation-only")?;
/// let policy = Policy::builder("github")
///     .scheme(Scheme::github())
///     .keys(KeyRing::single(KeyId::new("2026-q4")?, secret))
///     .dangerously_without_read_deadline()
///     .build()?;
/// assert_eq!(policy.name().as_str(), "github");
///
/// // Every fault at once.
/// let faults = Policy::builder("GitHub").scheme(Scheme::github()).build().unwrap_err();
/// assert!(faults.iter().any(|fault| *fault == ConfigError::NoKeys));
/// assert_eq!(faults.len(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Policy(Arc<Checked>);

struct Checked {
    name: PolicyName,
    scheme: Scheme,
    keys: Box<[PolicyKey]>,
    public_url: Option<PublicUrl>,
    /// The spellings of the public URL; one empty text if the scheme signs none.
    origins: Vec<String>,
    body_limit: u64,
    frame_limit: usize,
    deadline: Option<(Duration, SharedTimer)>,
    short_secrets: bool,
}

/// A key with the first block of both its hashes already computed.
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

impl Policy {
    /// How long a body may take to arrive by default.
    pub const READ_DEADLINE: Duration = Duration::from_secs(10);

    /// Starts a policy of this name (`[a-z0-9-]{1,32}`).
    pub fn builder(name: &str) -> PolicyBuilder {
        PolicyBuilder {
            name: PolicyName::new(name),
            scheme: None,
            keys: None,
            public_url: None,
            body_limit: None,
            deadline: Some(Self::READ_DEADLINE),
            timer: None,
            short_secrets: false,
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &PolicyName {
        &self.0.name
    }

    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        &self.0.scheme
    }

    /// The public URL, if one was given.
    #[must_use]
    pub fn public_url(&self) -> Option<&PublicUrl> {
        self.0.public_url.as_ref()
    }

    /// The longest body that is taken, in bytes.
    #[must_use]
    pub fn body_limit(&self) -> u64 {
        self.0.body_limit
    }

    /// In how many pieces a body may come: 1,024, and one more for each 64 bytes of its limit. What
    /// is remembered of the pieces is then never more than half of what they hold.
    #[must_use]
    pub fn frame_limit(&self) -> usize {
        self.0.frame_limit
    }

    /// How long a body may take to arrive, counted from the first wait for it.
    #[must_use]
    pub fn read_deadline(&self) -> Option<Duration> {
        self.0.deadline.as_ref().map(|(deadline, _)| *deadline)
    }

    /// The same policy with other keys: what a ring that is followed calls when it changes.
    ///
    /// A ring in which no key verifies is taken, unlike by [`PolicyBuilder::build`]: in an incident
    /// every key may be revoked at once, and then every request is refused.
    ///
    /// ```
    /// use rempart_core::Live;
    /// # use rempart_keys::{KeyId, KeyRing, Secret};
    /// # use rempart_signature::{Policy, Scheme};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let secret = Secret::new("made-up-for-the-documentation-only")?;
    /// # let ring = KeyRing::single(KeyId::new("2026-q4")?, secret);
    /// # let builder = Policy::builder("github").scheme(Scheme::github());
    /// # let policy = builder.keys(ring.clone()).dangerously_without_read_deadline().build()?;
    /// // `SignatureLayer::new(live.clone())`, and `ring.on_change(…)` of a `LiveRing`:
    /// let live = Live::new(policy);
    /// let changed = live.load().with_keys(ring.revoke_all())?;
    /// live.store(changed);
    /// assert_eq!(live.load().key_ids().count(), 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError::SecretForm`] and [`ConfigError::SecretTooShort`], one for each key that the
    /// scheme has no use for.
    #[expect(clippy::needless_pass_by_value, reason = "as `PolicyBuilder::keys`; it is a count")]
    pub fn with_keys(&self, ring: KeyRing) -> Result<Self, ConfigErrors> {
        let policy = &*self.0;
        let mut faults = Faults::new();
        let keys = policy_keys(&policy.scheme, &ring, policy.short_secrets, &mut faults);
        faults.finish()?;
        Ok(Self(Arc::new(Checked {
            name: policy.name,
            scheme: policy.scheme.clone(),
            keys,
            public_url: policy.public_url.clone(),
            origins: policy.origins.clone(),
            body_limit: policy.body_limit,
            frame_limit: policy.frame_limit,
            deadline: policy.deadline.clone(),
            short_secrets: policy.short_secrets,
        })))
    }

    /// The names of the keys that verify.
    pub fn key_ids(&self) -> impl Iterator<Item = KeyId> {
        self.0.keys.iter().map(|key| key.id)
    }

    pub(crate) fn keys(&self) -> &[PolicyKey] {
        &self.0.keys
    }

    pub(crate) fn origins(&self) -> &[String] {
        &self.0.origins
    }

    pub(crate) fn deadline(&self) -> Option<&(Duration, SharedTimer)> {
        self.0.deadline.as_ref()
    }

    pub(crate) fn has_retiring_keys(&self) -> bool {
        self.0.keys.iter().any(|key| key.until.is_some())
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Policy {
    /// Names of keys, and nothing of their bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("name", &self.0.name)
            .field("scheme", &self.0.scheme)
            .field("keys", &self.key_ids().collect::<Vec<_>>())
            .field("public_url", &self.0.public_url)
            .field("body_limit", &self.0.body_limit)
            .field("read_deadline", &self.read_deadline())
            .finish_non_exhaustive()
    }
}

/// Builds a [`Policy`].
#[derive(Clone)]
#[must_use = "nothing is built until `build` is called"]
pub struct PolicyBuilder {
    name: Result<PolicyName, NameError>,
    scheme: Option<Scheme>,
    keys: Option<KeyRing>,
    public_url: Option<PublicUrl>,
    body_limit: Option<u64>,
    deadline: Option<Duration>,
    timer: Option<SharedTimer>,
    short_secrets: bool,
}

impl PolicyBuilder {
    /// Verifies signatures of this scheme. Required.
    pub fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// Accepts what any of these keys signed: old and new together while they are rotated.
    /// Required.
    pub fn keys(mut self, keys: KeyRing) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Says under which URL senders know the service. Required where the scheme signs it.
    pub fn public_url(mut self, url: PublicUrl) -> Self {
        self.public_url = Some(url);
        self
    }

    /// Takes bodies of at most so many bytes; by default what the scheme says, mostly 1 MiB.
    pub const fn body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    /// Lets a body take so long to arrive; [`Policy::READ_DEADLINE`] by default.
    pub const fn read_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Lets a body take for ever.
    ///
    /// # Security
    ///
    /// For what reads no sockets: a tool, a test, a benchmark. In a server each slow client would
    /// hold a connection and what it has sent so far.
    pub const fn dangerously_without_read_deadline(mut self) -> Self {
        self.deadline = None;
        self
    }

    /// Measures the read deadline. Required with one.
    pub fn timer(mut self, timer: impl Timer + 'static) -> Self {
        self.timer = Some(Arc::new(timer));
        self
    }

    /// Takes secrets shorter than the scheme's minimum.
    ///
    /// # Security
    ///
    /// For published test vectors. A short secret can be guessed from a single signed request.
    pub const fn dangerously_short_secrets(mut self) -> Self {
        self.short_secrets = true;
        self
    }

    /// Checks the policy, and computes what does not change from request to request.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every fault there is.
    pub fn build(self) -> Result<Policy, ConfigErrors> {
        let mut faults = Faults::new();
        let name = faults.take(self.name.map_err(ConfigError::from));
        if self.scheme.is_none() {
            faults.push(ConfigError::SchemeMissing);
        }
        if let Some(scheme) = &self.scheme {
            scheme.check(&mut faults);
            if scheme.template().has(&Part::Url) && self.public_url.is_none() {
                faults.push(ConfigError::PublicUrlMissing);
            }
        }
        let keys = self.policy_keys(&mut faults);
        if self.body_limit == Some(0) {
            faults.push(ConfigError::BodyLimitZero);
        }
        if self.deadline == Some(Duration::ZERO) {
            faults.push(ConfigError::DeadlineZero);
        }
        if self.deadline.is_some() && self.timer.is_none() {
            faults.push(ConfigError::DeadlineWithoutTimer);
        }
        faults.finish()?;
        // Both are there, or their absence was a fault.
        let (Some(name), Some(scheme)) = (name, self.scheme) else {
            return Err(ConfigError::SchemeMissing.into());
        };
        let body_limit = self.body_limit.unwrap_or(scheme.body_limit());
        let pieces = usize::try_from(body_limit / 64).unwrap_or(usize::MAX);
        let origins = self.public_url.as_ref().filter(|_| scheme.template().has(&Part::Url));
        Ok(Policy(Arc::new(Checked {
            name,
            keys,
            origins: origins
                .map_or_else(|| vec![String::new()], |url| url.spellings(scheme.url_form())),
            public_url: self.public_url,
            body_limit,
            frame_limit: pieces.saturating_add(1024),
            deadline: self.deadline.zip(self.timer),
            short_secrets: self.short_secrets,
            scheme,
        })))
    }

    fn policy_keys(&self, faults: &mut Faults<ConfigError>) -> Box<[PolicyKey]> {
        if self.keys.as_ref().is_none_or(|ring| ring.verifying().next().is_none()) {
            faults.push(ConfigError::NoKeys);
        }
        match (&self.scheme, &self.keys) {
            (Some(scheme), Some(ring)) => policy_keys(scheme, ring, self.short_secrets, faults),
            _ => Box::default(),
        }
    }
}

fn policy_keys(
    scheme: &Scheme,
    ring: &KeyRing,
    short_secrets: bool,
    faults: &mut Faults<ConfigError>,
) -> Box<[PolicyKey]> {
    let keys = ring.verifying().map(|key| policy_key(scheme, key, short_secrets));
    keys.filter_map(|key| faults.take(key)).collect()
}

fn policy_key(scheme: &Scheme, key: &Key, short_secrets: bool) -> Result<PolicyKey, ConfigError> {
    let unfit = ConfigError::SecretForm { key: key.id() };
    let secret = scheme.secret_form().key(key.secret()).ok_or(unfit.clone())?;
    let (length, minimum) = (secret.len(), scheme.min_secret());
    if length < minimum && !short_secrets {
        return Err(ConfigError::SecretTooShort { key: key.id(), length, minimum });
    }
    let mac = Mac::new(scheme.algorithm(), secret.expose()).ok_or(unfit)?;
    Ok(PolicyKey { id: key.id(), mac, until: key.until() })
}

impl fmt::Debug for PolicyBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyBuilder")
            .field("name", &self.name)
            .field("scheme", &self.scheme)
            .field("keys", &self.keys)
            .field("public_url", &self.public_url)
            .field("body_limit", &self.body_limit)
            .field("read_deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
