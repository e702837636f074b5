#[cfg(feature = "explain")]
mod altered;
mod builder;
mod keys;
mod methods;
mod rules;
mod tenancy;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method};
use rempart_core::{Faults, KeyId, PolicyName};
use rempart_keys::KeyRing;

pub use self::builder::PolicyBuilder;
pub(crate) use self::keys::{PolicyKey, check_minimum, keys_in, keys_of};
use self::methods::Methods;
pub(crate) use self::rules::Rules;
use self::tenancy::Tenancy;
use crate::body::Limits;
use crate::budget::Budget;
use crate::message::MessageRules;
use crate::public_url::Origins;
use crate::replay::ReplayRules;
use crate::{
    BodyToken, Challenge, ConfigError, ConfigErrors, ItemSignatures, MessageSignatures, PublicUrl,
    Scheme,
};

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
    rules: Rules,
    methods: Methods,
    keys: Box<[PolicyKey]>,
    /// The same policy with the keys that were revoked, if there are any.
    revoked: Option<Policy>,
    challenge: Option<Challenge>,
    public_url: Option<PublicUrl>,
    origins: Origins,
    limits: Limits,
    short_secrets: bool,
    budget: Budget,
    replay: Option<ReplayRules>,
    tenancy: Tenancy,
    #[cfg(feature = "explain")]
    ring: Option<KeyRing>,
}

impl Policy {
    /// How long a body may take to arrive by default.
    pub const READ_DEADLINE: Duration = Duration::from_secs(10);

    /// How many bytes of all bodies together wait for their verification at most, by default:
    /// 64 MiB, or what one body takes if that is more.
    pub const BUFFER_BUDGET: u64 = 64 * 1024 * 1024;

    /// How long a request that is being handled is claimed by default.
    pub const REPLAY_LEASE: Duration = Duration::from_secs(60);

    /// The longest lease that a policy takes.
    pub const LONGEST_REPLAY_LEASE: Duration = Duration::from_secs(60 * 60);

    /// The longest that a policy has requests remembered: a year, the leap day included.
    pub const LONGEST_REPLAY_TTL: Duration = Duration::from_secs(366 * 24 * 60 * 60);

    /// How many keys may verify.
    pub const MAX_KEYS: usize = 8;

    /// Starts a policy of this name (`[a-z0-9-]{1,32}`).
    pub fn builder(name: &str) -> PolicyBuilder {
        PolicyBuilder::new(name)
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &PolicyName {
        &self.0.name
    }

    /// The scheme, if there is one.
    #[must_use]
    pub fn scheme(&self) -> Option<&Scheme> {
        match &self.0.rules {
            Rules::Scheme(scheme) => Some(scheme),
            _ => None,
        }
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.0.rules
    }

    /// What a token that covers the body must be, where there are such tokens.
    #[must_use]
    pub fn body_token(&self) -> Option<&BodyToken> {
        match &self.0.rules {
            Rules::Token(token) => Some(token),
            _ => None,
        }
    }

    /// How the items of a body are signed, where they are one by one.
    #[must_use]
    pub fn item_signatures(&self) -> Option<&ItemSignatures> {
        match &self.0.rules {
            Rules::Items(items) => Some(items),
            _ => None,
        }
    }

    /// What HTTP message signatures must be, where messages say themselves what was signed.
    #[must_use]
    pub fn message_signatures(&self) -> Option<&MessageSignatures> {
        self.message_rules().map(|rules| &rules.wanted)
    }

    pub(crate) fn message_rules(&self) -> Option<&MessageRules> {
        match &self.0.rules {
            Rules::Messages(rules) => Some(rules),
            _ => None,
        }
    }

    /// The public URL, if one was given; of several the first.
    #[must_use]
    pub fn public_url(&self) -> Option<&PublicUrl> {
        self.0.public_url.as_ref()
    }

    /// The methods that are taken; `None` for every one.
    #[must_use]
    pub fn methods(&self) -> Option<&[Method]> {
        self.0.methods.list()
    }

    pub(crate) fn takes(&self, method: &Method) -> bool {
        self.0.methods.take(method)
    }

    pub(crate) fn allow(&self) -> Option<HeaderValue> {
        self.0.methods.allow()
    }

    /// The longest body that is taken, in bytes.
    #[must_use]
    pub fn body_limit(&self) -> u64 {
        self.0.limits.bytes
    }

    /// In how many pieces a body may come: 1,024, and one more for each 64 bytes of its limit. What
    /// is remembered of the pieces is then never more than half of what they hold.
    #[must_use]
    pub fn frame_limit(&self) -> usize {
        self.0.limits.frames
    }

    /// How long a body may take to arrive, counted from the first wait for it.
    #[must_use]
    pub fn read_deadline(&self) -> Option<Duration> {
        self.0.limits.deadline.as_ref().map(|(deadline, _)| *deadline)
    }

    /// How many bytes of all bodies together may wait for their verification.
    #[must_use]
    pub fn buffer_budget(&self) -> u64 {
        self.0.budget.limit()
    }

    /// How many bytes wait for their verification now; for an operator's gauge.
    #[must_use]
    pub fn buffered(&self) -> u64 {
        self.0.budget.taken()
    }

    /// How long a request that is being handled is claimed, if replays are looked for.
    #[must_use]
    pub fn replay_lease(&self) -> Option<Duration> {
        self.replay().map(ReplayRules::lease)
    }

    /// How long a request that was handled is remembered, if replays are looked for.
    #[must_use]
    pub fn replay_ttl(&self) -> Option<Duration> {
        self.replay().map(ReplayRules::ttl)
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
    /// [`ConfigError::SecretForm`], [`ConfigError::PublicKeyForm`] and their kin, one for each key
    /// that the scheme has no use for.
    #[expect(clippy::needless_pass_by_value, reason = "as `PolicyBuilder::keys`; it is a count")]
    pub fn with_keys(&self, ring: KeyRing) -> Result<Self, ConfigErrors> {
        let mut faults = Faults::new();
        if !matches!(self.0.tenancy, Tenancy::Common) {
            faults.push(ConfigError::KeysAndTenants);
        }
        let keys = self.0.rules.keys(&ring, self.0.short_secrets, &mut faults);
        faults.finish()?;
        Ok(Self(Arc::new(self.0.with(keys, Some(&ring)))))
    }

    /// The names of the keys that verify.
    pub fn key_ids(&self) -> impl Iterator<Item = KeyId> {
        self.all_keys().map(|key| key.id)
    }

    /// What verifies what a revoked key has signed, if there is such a key.
    pub(crate) fn revoked(&self) -> Option<&Self> {
        self.0.revoked.as_ref()
    }

    pub(crate) fn challenge_shared(&self) -> Option<&Challenge> {
        self.0.challenge.as_ref()
    }

    /// Those of the ring, and those of senders that name them themselves.
    fn all_keys(&self) -> impl Iterator<Item = &PolicyKey> {
        let others = self.message_rules().into_iter().flat_map(MessageRules::sender_keys);
        self.0.keys.iter().chain(others)
    }

    pub(crate) fn keys(&self) -> &[PolicyKey] {
        &self.0.keys
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.0.budget
    }

    pub(crate) fn replay(&self) -> Option<&ReplayRules> {
        self.0.replay.as_ref()
    }

    pub(crate) fn origins(&self) -> &Origins {
        &self.0.origins
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Whether the time counts once more when the body is there.
    pub(crate) fn asks_the_time_again(&self) -> bool {
        self.scheme().is_some_and(|scheme| scheme.time_member().is_some())
            || self.all_keys().any(|key| key.until.is_some())
    }

    /// Whether a key that verified under an earlier policy still does: the same key, not only one
    /// of its name.
    pub(crate) fn still_verifies(&self, earlier: &Self, key: KeyId, now: Duration) -> bool {
        let named = |policy: &Self| {
            let named = policy.all_keys().find(|known| known.id == key)?;
            named.verifies_at(now).then_some(named.fingerprint)
        };
        self.is(earlier) || named(self).is_some_and(|known| named(earlier) == Some(known))
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Checked {
    /// The same with these keys, and with what the ring remembers of revoked ones.
    fn with(&self, keys: Box<[PolicyKey]>, ring: Option<&KeyRing>) -> Self {
        let (algorithm, form, minimum) = self.rules.reading(self.short_secrets);
        let revoked = ring.into_iter().flat_map(KeyRing::revoked);
        let revoked = revoked.map(|key| keys_in(algorithm, form, minimum, key));
        // One that the scheme has no use for never signed anything.
        let revoked: Box<[_]> = revoked.filter_map(Result::ok).flatten().collect();
        let revoked = (!revoked.is_empty()).then(|| Policy(Arc::new(self.copy(revoked, None))));
        Self {
            #[cfg(feature = "explain")]
            ring: ring.cloned(),
            ..self.copy(keys, revoked)
        }
    }

    fn copy(&self, keys: Box<[PolicyKey]>, revoked: Option<Policy>) -> Self {
        Self {
            name: self.name,
            rules: self.rules.clone(),
            methods: self.methods.clone(),
            keys,
            revoked,
            challenge: self.challenge.clone(),
            public_url: self.public_url.clone(),
            origins: self.origins.clone(),
            limits: self.limits.clone(),
            short_secrets: self.short_secrets,
            budget: self.budget.clone(),
            replay: self.replay.clone(),
            tenancy: Tenancy::Common,
            #[cfg(feature = "explain")]
            ring: None,
        }
    }
}

impl fmt::Debug for Policy {
    /// Names of keys, and nothing of their bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("name", &self.0.name)
            .field("scheme", &self.scheme())
            .field("message_signatures", &self.message_signatures())
            .field("body_token", &self.body_token())
            .field("item_signatures", &self.item_signatures())
            .field("keys", &self.key_ids().collect::<Vec<_>>())
            .field("challenge", &self.0.challenge)
            .field("public_url", &self.0.public_url)
            .field("body_limit", &self.body_limit())
            .field("read_deadline", &self.read_deadline())
            .field("buffer_budget", &self.buffer_budget())
            .field("replay_ttl", &self.replay_ttl())
            .finish_non_exhaustive()
    }
}
