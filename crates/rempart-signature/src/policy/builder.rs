mod parts;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use rempart_core::{Faults, NameError, PolicyName, Timer};
use rempart_keys::KeyRing;

use super::{Checked, Methods, Policy, Rules, Tenancy};
use crate::body::LimitSettings;
use crate::budget::Budget;
use crate::replay::ReplaySettings;
use crate::{
    BodyToken, Challenge, ConfigError, ConfigErrors, Coverage, ItemSignatures, MessageSignatures,
    PublicUrl, ReplayStore, Scheme, Tenants,
};

/// Builds a [`Policy`].
#[derive(Clone)]
#[must_use = "nothing is built until `build` is called"]
pub struct PolicyBuilder {
    name: Result<PolicyName, NameError>,
    scheme: Option<Scheme>,
    messages: Option<MessageSignatures>,
    token: Option<BodyToken>,
    items: Option<ItemSignatures>,
    methods: Option<Vec<Method>>,
    keys: Option<KeyRing>,
    challenge: Option<Challenge>,
    public_urls: Vec<PublicUrl>,
    by_proxy: bool,
    limits: LimitSettings,
    short_secrets: bool,
    buffer_budget: Option<u64>,
    replay: ReplaySettings,
    coverage: Coverage,
    tenants: Option<Tenants>,
}

impl PolicyBuilder {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: PolicyName::new(name),
            scheme: None,
            messages: None,
            token: None,
            items: None,
            methods: None,
            keys: None,
            challenge: None,
            public_urls: Vec::new(),
            by_proxy: false,
            limits: LimitSettings::default(),
            short_secrets: false,
            buffer_budget: None,
            replay: ReplaySettings::default(),
            coverage: Coverage::Body,
            tenants: None,
        }
    }

    /// Verifies signatures of this scheme. Required, or [`message_signatures`], a [`body_token`] or
    /// [`item_signatures`] in its place.
    ///
    /// [`body_token`]: Self::body_token
    /// [`item_signatures`]: Self::item_signatures
    /// [`message_signatures`]: Self::message_signatures
    pub fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// Verifies HTTP message signatures, in place of a scheme.
    pub fn message_signatures(mut self, messages: MessageSignatures) -> Self {
        self.messages = Some(messages);
        self
    }

    /// Verifies a token that covers the body, in place of a scheme.
    pub fn body_token(mut self, token: BodyToken) -> Self {
        self.token = Some(token);
        self
    }

    /// Verifies the items of a body one by one, in place of a scheme.
    pub const fn item_signatures(mut self, items: ItemSignatures) -> Self {
        self.items = Some(items);
        self
    }

    /// Takes requests of these methods, and of no others: they are answered 405.
    ///
    /// Without this word `POST` alone, for few senders sign the method: of whoever has seen a signed
    /// `POST` nobody takes a `DELETE` to the same path. Besides, `GET` of Twilio, and every method
    /// where it is signed: by [message signatures](Self::message_signatures), which cover it unless
    /// they say otherwise, and by a scheme whose template has it.
    pub fn methods(mut self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.methods = Some(methods.into_iter().collect());
        self
    }

    /// Accepts what any of these keys signed: old and new together while they are rotated.
    /// Required, or [`tenants`](Self::tenants) in its place.
    pub fn keys(mut self, keys: KeyRing) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Answers the question by which the scheme's sender asks whose endpoint this is, in place of
    /// the service.
    pub fn challenge(mut self, challenge: Challenge) -> Self {
        self.challenge = Some(challenge);
        self
    }

    /// Says under which URL senders know the service. Required where the scheme signs it.
    pub fn public_url(mut self, url: PublicUrl) -> Self {
        self.public_urls = vec![url];
        self.by_proxy = false;
        self
    }

    /// Says under which URLs senders know a service that has several names, in place of
    /// [`public_url`](Self::public_url). Which of them a request came to is what a trusted proxy
    /// says: the [`ClientHost`](rempart_core::ClientHost) that
    /// [`TrustedProxies::with_forwarded_host`](rempart_core::TrustedProxies::with_forwarded_host)
    /// puts there, and the [`ClientScheme`](rempart_core::ClientScheme), if it is known.
    ///
    /// Each is at a host or a port of its own: no proxy says which path it has taken away.
    ///
    /// A request of which no trusted proxy says it, or that came to another name, is refused: the
    /// request's own `Host` is whatever its client says it is. Under message signatures, which sign
    /// the name, the `Host` may choose among them where there is no proxy.
    pub fn public_urls(mut self, urls: impl IntoIterator<Item = PublicUrl>) -> Self {
        self.public_urls = urls.into_iter().collect();
        self.by_proxy = true;
        self
    }

    /// Takes bodies of at most so many bytes; by default what the scheme says, mostly 1 MiB.
    pub const fn body_limit(mut self, bytes: u64) -> Self {
        self.limits.bytes = Some(bytes);
        self
    }

    /// Lets a body take so long to arrive; [`Policy::READ_DEADLINE`] by default.
    pub const fn read_deadline(mut self, deadline: Duration) -> Self {
        self.limits.deadline = Some(deadline);
        self
    }

    /// Lets a body take for ever.
    ///
    /// # Security
    ///
    /// For what reads no sockets: a tool, a test, a benchmark. In a server each slow client would
    /// hold a connection and what it has sent so far.
    pub const fn dangerously_without_read_deadline(mut self) -> Self {
        self.limits.deadline = None;
        self
    }

    /// Measures the read deadline. Required with one.
    pub fn timer(mut self, timer: impl Timer + 'static) -> Self {
        self.limits.set_timer(timer);
        self
    }

    /// Lets all bodies together take up so many bytes until they are verified;
    /// [`Policy::BUFFER_BUDGET`] by default. A frame counts for 96 bytes more than it has, since it
    /// is remembered too. What does not fit is answered 503.
    pub const fn buffer_budget(mut self, bytes: u64) -> Self {
        self.buffer_budget = Some(bytes);
        self
    }

    /// Calls the service once for each signed message, as far as this store remembers.
    ///
    /// A message that was handled is answered 200 without the service, one that is being handled
    /// 409, and 503 if the store cannot tell. It was handled if the service answered 2xx or 3xx;
    /// after any other answer its sender can send it again.
    ///
    /// ```
    /// use std::time::Duration;
    /// use rempart_core::TokioTimer;
    /// use rempart_signature::{MemoryReplayStore, Policy, Scheme};
    /// # use rempart_keys::{KeyId, KeyRing, Secret};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let secret = Secret::new("made-up-for-the-documentation-only")?;
    /// # let keys = KeyRing::single(KeyId::new("2026-q4")?, secret);
    /// let policy = Policy::builder("stripe")
    ///     .scheme(Scheme::stripe())
    ///     .keys(keys)
    ///     .timer(TokioTimer)
    ///     .replay(MemoryReplayStore::default())
    ///     .build()?;
    /// // A signed time is good for five minutes: twice that.
    /// assert_eq!(policy.replay_ttl(), Some(Duration::from_secs(600)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Security
    ///
    /// Where the scheme signs a time, a replay comes too late once the time to live is over. Where
    /// it signs none there is no default for [`replay_ttl`](Self::replay_ttl), and later replays
    /// are stopped by the application's unique key alone. Not for senders that make equal requests
    /// which are all meant, as Twilio does for calls.
    pub fn replay(mut self, store: impl ReplayStore + 'static) -> Self {
        self.replay.set_store(store);
        self
    }

    /// Claims a request for so long while it is handled; [`Policy::REPLAY_LEASE`] by default.
    ///
    /// A service that takes longer may be called a second time with the same message: give it a
    /// time-out below. A process that dies leaves its claims for so long.
    pub const fn replay_lease(mut self, lease: Duration) -> Self {
        self.replay.lease = Some(lease);
        self
    }

    /// Remembers requests that were handled for so long. By default for twice the window of the
    /// signed time; required where the scheme signs none.
    pub const fn replay_ttl(mut self, ttl: Duration) -> Self {
        self.replay.ttl = Some(ttl);
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

    /// Takes a scheme that covers so much of a message and no less; by default the whole body.
    ///
    /// # Security
    ///
    /// Whoever has seen one request can send another body with its credential: as long as the signed
    /// time is good, or for ever if there is none. For senders that have nothing better, over TLS,
    /// and a handler that fetches what it is told of from the sender.
    ///
    /// ```
    /// # use rempart_keys::{KeyId, KeyRing, Secret};
    /// use rempart_signature::{ConfigError, Coverage, Policy, Scheme};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let keys = KeyRing::single(KeyId::new("a")?, Secret::new("made-up-for-the-documentation")?);
    /// let policy = Policy::builder("gitlab")
    ///     .scheme(Scheme::gitlab())
    ///     .keys(keys)
    ///     .dangerously_without_read_deadline();
    /// let fault = ConfigError::BodyNotCovered { coverage: Coverage::None };
    /// assert!(policy.clone().build().unwrap_err().iter().eq([&fault]));
    /// assert!(policy.dangerously_accept_coverage(Coverage::None).build().is_ok());
    /// # Ok(())
    /// # }
    /// ```
    pub const fn dangerously_accept_coverage(mut self, coverage: Coverage) -> Self {
        self.coverage = coverage;
        self
    }

    /// Accepts of each tenant what its own keys signed. They are looked up once the head of a request
    /// gives no reason to refuse it, and before a byte of its body is read.
    pub fn tenants(mut self, tenants: Tenants) -> Self {
        self.tenants = Some(tenants);
        self
    }

    /// Checks the policy, and computes what does not change from request to request.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every fault there is.
    pub fn build(mut self) -> Result<Policy, ConfigErrors> {
        let mut faults = Faults::new();
        let name = faults.take(self.name.map_err(ConfigError::from));
        let rules = self.rules(&mut faults);
        if self.methods.as_ref().is_some_and(Vec::is_empty) {
            faults.push(ConfigError::NoMethods);
        }
        let keys = self.keys_of(rules.as_ref(), &mut faults);
        let usual = rules.as_ref().map_or(Scheme::BODY_LIMIT, Rules::body_limit);
        let limits = self.limits.limits(usual, &mut faults);
        let budget = Budget::of(&limits, self.buffer_budget, &mut faults);
        let replay = name.as_ref().zip(rules.as_ref());
        let replay =
            replay.and_then(|(name, rules)| self.replay.rules(name, &rules.subject(), &mut faults));
        faults.finish()?;
        // Both are there, or their absence was a fault.
        let (Some(name), Some(rules)) = (name, rules) else {
            return Err(ConfigError::SchemeMissing.into());
        };
        let origins = rules.origins(&self.public_urls, self.by_proxy);
        let checked = Checked {
            name,
            methods: Methods::new(self.methods, &rules),
            keys: Box::default(),
            revoked: None,
            challenge: self.challenge,
            origins,
            public_url: self.public_urls.into_iter().next(),
            limits,
            short_secrets: self.short_secrets,
            budget,
            replay,
            tenancy: Tenancy::Common,
            rules,
            #[cfg(feature = "explain")]
            ring: None,
        };
        match (self.tenants, self.limits.timer) {
            (None, _) => Ok(Policy(Arc::new(checked.with(keys, self.keys.as_ref())))),
            (Some(tenants), Some(timer)) => {
                Ok(Policy(Arc::new(checked)).with_tenants(tenants, timer))
            }
            (Some(_), None) => Err(ConfigError::TenantsWithoutTimer.into()),
        }
    }
}

impl fmt::Debug for PolicyBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyBuilder")
            .field("name", &self.name)
            .field("scheme", &self.scheme)
            .field("message_signatures", &self.messages)
            .field("body_token", &self.token)
            .field("item_signatures", &self.items)
            .field("methods", &self.methods)
            .field("keys", &self.keys)
            .field("challenge", &self.challenge)
            .field("tenants", &self.tenants)
            .field("public_urls", &self.public_urls)
            .field("limits", &self.limits)
            .field("buffer_budget", &self.buffer_budget)
            .field("replay", &self.replay)
            .finish_non_exhaustive()
    }
}
