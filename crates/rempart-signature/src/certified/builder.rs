use std::fmt;
use std::time::Duration;

use rempart_core::{Faults, NameError, PolicyName, Timer};

use super::{CertificateFetcher, Certificates, Common, Rules};
use crate::body::LimitSettings;
use crate::budget::Budget;
use crate::replay::{ReplaySettings, ReplaySubject};
use crate::{ConfigError, ConfigErrors, ReplayStore, Scheme, Window};

/// Builds an [`Sns`](crate::sns::Sns) or a [`PayPal`](crate::paypal::PayPal): what each is told, and
/// what one of them alone is (`T`).
#[must_use = "nothing is built until `build` is called"]
pub struct CertifiedBuilder<T> {
    name: Result<PolicyName, NameError>,
    fetcher: Option<Box<dyn CertificateFetcher>>,
    window: Window,
    limits: LimitSettings,
    buffer_budget: Option<u64>,
    replay: ReplaySettings,
    pub(crate) terms: T,
}

impl<T> CertifiedBuilder<T> {
    pub(crate) fn new(name: &str, window: Window, terms: T) -> Self {
        Self {
            name: PolicyName::new(name),
            fetcher: None,
            window,
            limits: LimitSettings::default(),
            buffer_budget: None,
            replay: ReplaySettings::default(),
            terms,
        }
    }

    /// Fetches certificates. Required.
    pub fn fetcher(mut self, fetcher: impl CertificateFetcher + 'static) -> Self {
        self.fetcher = Some(Box::new(fetcher));
        self
    }

    /// Measures how long a body and a certificate may take. Required.
    pub fn timer(mut self, timer: impl Timer + 'static) -> Self {
        self.limits.set_timer(timer);
        self
    }

    /// Takes messages that were signed so long ago; an hour by default, and a minute ahead.
    pub const fn window(mut self, window: Window) -> Self {
        self.window = window;
        self
    }

    /// Takes bodies of at most so many bytes; 1 MiB by default.
    pub const fn body_limit(mut self, bytes: u64) -> Self {
        self.limits.bytes = Some(bytes);
        self
    }

    /// Lets all bodies together take up so many bytes until they are verified, as
    /// [`PolicyBuilder::buffer_budget`](crate::PolicyBuilder::buffer_budget) does; 64 MiB by
    /// default.
    pub const fn buffer_budget(mut self, bytes: u64) -> Self {
        self.buffer_budget = Some(bytes);
        self
    }

    /// Calls the service once for each message, as far as this store remembers: by its id, which is
    /// signed. Everything else is as [`PolicyBuilder::replay`](crate::PolicyBuilder::replay) has it.
    ///
    /// ```
    /// # use bytes::Bytes;
    /// # use rempart_core::TokioTimer;
    /// use std::time::Duration;
    /// use rempart_signature::MemoryReplayStore;
    /// use rempart_signature::certified::{CertificateUrl, CertifiedSender, FetchError};
    /// use rempart_signature::sns::Sns;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let fetcher = |_: CertificateUrl| async { Ok::<Bytes, FetchError>(Bytes::new()) };
    /// let sns = Sns::builder("orders")
    ///     .topic("arn:aws:sns:us-east-2:123456789012:orders")
    ///     .replay(MemoryReplayStore::default())
    ///     .fetcher(fetcher)
    ///     .timer(TokioTimer)
    ///     .build()?;
    /// // A signed time is good for an hour: twice that.
    /// assert_eq!(CertifiedSender::from(sns).replay_ttl(), Some(Duration::from_secs(7200)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn replay(mut self, store: impl ReplayStore + 'static) -> Self {
        self.replay.set_store(store);
        self
    }

    /// Claims a message for so long while it is handled;
    /// [`Policy::REPLAY_LEASE`](crate::Policy::REPLAY_LEASE) by default.
    pub const fn replay_lease(mut self, lease: Duration) -> Self {
        self.replay.lease = Some(lease);
        self
    }

    /// Remembers messages that were handled for so long; by default for twice the window.
    pub const fn replay_ttl(mut self, ttl: Duration) -> Self {
        self.replay.ttl = Some(ttl);
        self
    }

    /// Checks all of it, the terms by `check`.
    pub(crate) fn rules(
        self,
        scheme: &'static str,
        check: impl FnOnce(&T, &mut Faults<ConfigError>),
    ) -> Result<Rules<T>, ConfigErrors> {
        let mut faults = Faults::new();
        let name = faults.take(self.name.map_err(ConfigError::from));
        if self.fetcher.is_none() {
            faults.push(ConfigError::FetcherMissing);
        }
        let widest = self.window.past().max(self.window.future());
        if self.window.past() == Duration::ZERO || widest > Window::WIDEST {
            faults.push(ConfigError::Window);
        }
        let limits = self.limits.limits(Scheme::BODY_LIMIT, &mut faults);
        let budget = Budget::of(&limits, self.buffer_budget, &mut faults);
        let subject =
            ReplaySubject { scheme, coverage: Common::COVERAGE, window: Some(self.window) };
        let replay = name.and_then(|name| self.replay.rules(&name, &subject, &mut faults));
        check(&self.terms, &mut faults);
        faults.finish()?;
        // All are there, or their absence was a fault.
        let (Some(name), Some(fetcher), Some(timer)) = (name, self.fetcher, self.limits.timer)
        else {
            return Err(ConfigError::FetcherMissing.into());
        };
        let certificates = Certificates::new(fetcher);
        let window = self.window;
        let common = Common { name, scheme, certificates, window, limits, budget, timer, replay };
        Ok(Rules { common, terms: self.terms })
    }
}

impl<T: fmt::Debug> fmt::Debug for CertifiedBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertifiedBuilder")
            .field("name", &self.name)
            .field("window", &self.window)
            .field("limits", &self.limits)
            .field("buffer_budget", &self.buffer_budget)
            .field("replay", &self.replay)
            .field("terms", &self.terms)
            .finish_non_exhaustive()
    }
}
