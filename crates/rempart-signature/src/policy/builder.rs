use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rempart_core::{Faults, NameError, PolicyName, SharedTimer, Timer};
use rempart_keys::KeyRing;

use super::{Checked, Policy, PolicyKey, keys_of};
use crate::public_url::Origins;
use crate::{Challenge, ConfigError, ConfigErrors, Part, PublicUrl, Scheme};

/// Builds a [`Policy`].
#[derive(Clone)]
#[must_use = "nothing is built until `build` is called"]
pub struct PolicyBuilder {
    name: Result<PolicyName, NameError>,
    scheme: Option<Scheme>,
    keys: Option<KeyRing>,
    challenge: Option<Challenge>,
    public_urls: Vec<PublicUrl>,
    by_proxy: bool,
    body_limit: Option<u64>,
    deadline: Option<Duration>,
    timer: Option<SharedTimer>,
    short_secrets: bool,
}

impl PolicyBuilder {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: PolicyName::new(name),
            scheme: None,
            keys: None,
            challenge: None,
            public_urls: Vec::new(),
            by_proxy: false,
            body_limit: None,
            deadline: Some(Policy::READ_DEADLINE),
            timer: None,
            short_secrets: false,
        }
    }

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
    /// A request of which no trusted proxy says it, or that came to another name, is refused: the
    /// request's own `Host` is whatever its client says it is.
    pub fn public_urls(mut self, urls: impl IntoIterator<Item = PublicUrl>) -> Self {
        self.public_urls = urls.into_iter().collect();
        self.by_proxy = true;
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
            if scheme.template().has(&Part::Url) && self.public_urls.is_empty() {
                faults.push(ConfigError::PublicUrlMissing);
            }
            if let Some(challenge) = &self.challenge {
                challenge.check(scheme, self.short_secrets, &mut faults);
            }
        }
        let keys = self.keys_of(&mut faults);
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
        let (Some(name), Some(scheme), Some(ring)) = (name, self.scheme, self.keys) else {
            return Err(ConfigError::SchemeMissing.into());
        };
        let body_limit = self.body_limit.unwrap_or(scheme.body_limit());
        let pieces = usize::try_from(body_limit / 64).unwrap_or(usize::MAX);
        let origins = if scheme.template().has(&Part::Url) {
            Origins::new(&self.public_urls, scheme.url_form(), self.by_proxy)
        } else {
            Origins::none()
        };
        let rules = Checked {
            name,
            keys: Box::default(),
            revoked: None,
            challenge: self.challenge,
            origins,
            public_url: self.public_urls.into_iter().next(),
            body_limit,
            frame_limit: pieces.saturating_add(1024),
            deadline: self.deadline.zip(self.timer),
            short_secrets: self.short_secrets,
            scheme,
        };
        Ok(Policy(Arc::new(rules.with(keys, &ring))))
    }

    fn keys_of(&self, faults: &mut Faults<ConfigError>) -> Box<[PolicyKey]> {
        if self.keys.as_ref().is_none_or(|ring| ring.verifying().next().is_none()) {
            faults.push(ConfigError::NoKeys);
        }
        match (&self.scheme, &self.keys) {
            (Some(scheme), Some(ring)) => keys_of(scheme, ring, self.short_secrets, faults),
            _ => Box::default(),
        }
    }
}

impl fmt::Debug for PolicyBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyBuilder")
            .field("name", &self.name)
            .field("scheme", &self.scheme)
            .field("keys", &self.keys)
            .field("challenge", &self.challenge)
            .field("public_urls", &self.public_urls)
            .field("body_limit", &self.body_limit)
            .field("read_deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
