//! Counters of every decision, by labels that no client can add to.

#[cfg(feature = "prometheus")]
mod exporter;
mod family;
mod gauges;
mod key_uses;
mod places;
mod recorder;
mod series;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ::metrics::Recorder;
use rempart_core::{Event, EventKind, Observer, PolicyName, observer_panics};

#[cfg(feature = "prometheus")]
pub use self::exporter::Exporter;
use self::gauges::Gauges;
pub use self::key_uses::KeyUseState;
use self::key_uses::KeyUses;
use self::places::Places;
use self::recorder::{Installed, Registrar};
use self::series::{About, Series};

/// Counts every decision, over the `metrics` facade; clones count together.
///
/// An event adds one to one counter: which one is in the table of the crate's page. Labels hold
/// words of closed sets and names of the configuration, of these at most 64, then `other`: no
/// client can add a series. A handle is made when the first event needs it and kept: counting
/// looks no text up, takes no lock and allocates nothing.
///
/// ```
/// use metrics_exporter_prometheus::PrometheusBuilder;
/// use rempart_core::{Event, EventKind, Observers, Outcome, PolicyName, Reason};
/// use rempart_monitor::Metrics;
///
/// let recorder = PrometheusBuilder::new().build_recorder();
/// let exporter = recorder.handle();
/// let metrics = Metrics::new(recorder);
/// let vapi = PolicyName::new("vapi")?;
/// metrics.declare(EventKind::Signature, [vapi]);
///
/// // What a layer's `.observer(…)` takes.
/// let observers = Observers::from(metrics);
/// let event = Event::new(EventKind::Signature, Outcome::Refused, &vapi);
/// observers.emit(&event.reason(Reason::Mismatch));
/// let line = "rempart_signature_verifications_total\
///     {policy=\"vapi\",outcome=\"rejected\",reason=\"mismatch\"} 1\n";
/// assert!(exporter.render().contains(line));
/// # Ok::<(), rempart_core::NameError>(())
/// ```
#[derive(Clone)]
#[must_use = "metrics count nothing until a layer tells them"]
pub struct Metrics(Arc<Shared>);

struct Shared {
    registrar: Registrar,
    places: Places,
    /// By the place of the policy, and by kind within it.
    series: Box<[OnceLock<Series>]>,
    key_uses: KeyUses,
    gauges: Gauges,
}

impl Metrics {
    /// The histogram: how long verifications took.
    pub const HISTOGRAM: &'static str = "rempart_signature_verification_duration_seconds";

    /// Upper bounds of the histogram's buckets in seconds, from 1 µs to 100 ms. One is 5 ms, where
    /// the alert in `ops/` rings: a quantile is known no better than by its bucket.
    ///
    /// An exporter must be told of them: by default that of Prometheus makes a summary of what it
    /// is not told to be a histogram, and then an alert on quantiles by buckets never fires.
    /// `Exporter`, with the feature `prometheus`, needs no telling.
    pub const BUCKETS: [f64; 13] = [
        0.000_001,
        0.000_002_5,
        0.000_005,
        0.000_010,
        0.000_025,
        0.000_050,
        0.000_100,
        0.000_250,
        0.000_500,
        0.001,
        0.005,
        0.010,
        0.100,
    ];

    /// How many policies, and how many secrets, are told apart; the others are `other`.
    pub const MAX_LABELS: usize = 64;

    /// Registers the metrics with this recorder, and describes them.
    pub fn new(recorder: impl Recorder + Send + Sync + 'static) -> Self {
        let registrar = Registrar::new(recorder);
        for family in family::ALL {
            registrar.describe_counter(family.name, family.help);
        }
        let help = "How long it took to verify a signature, without waiting for the body.";
        registrar.describe_histogram(Self::HISTOGRAM, help);
        let series = Places::COUNT.saturating_mul(EventKind::ALL.len());
        Self(Arc::new(Shared {
            gauges: Gauges::new(&registrar),
            places: Places::new(),
            series: (0..series).map(|_| OnceLock::new()).collect(),
            key_uses: KeyUses::new(),
            registrar,
        }))
    }

    /// Registers the metrics with the recorder of the process, which is to be installed before: a
    /// counter that was made without one counts for nobody.
    pub fn global() -> Self {
        Self::new(Installed)
    }

    /// Counts from zero what these policies will tell of a kind: every reason that this
    /// workspace's layers give. Without, a series begins with its first event, and an increase
    /// from nothing is none: the alert stays silent until the second.
    pub fn declare(&self, kind: EventKind, policies: impl IntoIterator<Item = PolicyName>) {
        for policy in policies {
            let place = self.0.places.of(&policy);
            for (outcome, reason) in family::told(kind) {
                let about = About { place, policy: &policy, kind, outcome, reason };
                if let Some(series) = self.0.series(place, kind) {
                    series.counter(&self.0.registrar, about);
                    series.duration(&self.0.registrar, about);
                }
            }
            if kind == EventKind::KeyRevokedUse {
                for state in KeyUseState::ALL {
                    self.0.key_uses.counter(&self.0.registrar, place, &policy, state);
                }
            }
        }
    }

    /// Counts a use of a key that is in this state. That of a revoked one is an event of its own,
    /// and counted; of the others, events say the key alone, and its ring knows the state.
    pub fn key_used(&self, policy: &PolicyName, state: KeyUseState) {
        let place = self.0.places.of(policy);
        if let Some(uses) = self.0.key_uses.counter(&self.0.registrar, place, policy, state) {
            uses.increment(1);
        }
    }

    /// Sets how old secrets are, by the names of their variables or rings; those that were told
    /// before and are missing now have age 0. To be called before each scrape, as the following.
    pub fn secret_ages<'a>(&self, ages: impl IntoIterator<Item = (&'a str, Duration)>) {
        self.0.gauges.secret_ages(&self.0.registrar, ages);
    }

    /// Sets whether the last reading of each policy's configuration failed, so that what was in
    /// force before still is. The failure itself is an event; this stays until it is over.
    pub fn config_stale(&self, stale: impl IntoIterator<Item = (PolicyName, bool)>) {
        self.0.gauges.config_stale(&self.0.registrar, &self.0.places, stale);
    }

    /// Sets how many clients each limit remembers.
    pub fn tracked_keys(&self, keys: impl IntoIterator<Item = (PolicyName, usize)>) {
        self.0.gauges.tracked_keys(&self.0.registrar, &self.0.places, keys);
    }

    /// Sets how often the busiest client asks, in requests a second.
    pub fn top_request_rate(&self, per_second: f64) {
        self.0.gauges.top_request_rate(per_second);
    }

    /// Sets how many events of a kind the log left out so far.
    pub fn log_suppressed(&self, kind: EventKind, so_far: u64) {
        self.0.gauges.log_suppressed(kind, so_far);
    }

    /// Takes over what nobody tells of: the panics of observers.
    pub fn refresh(&self) {
        self.0.gauges.observer_panics(observer_panics());
    }
}

impl Observer for Metrics {
    fn observe(&self, event: &Event<'_>) {
        self.0.count(event);
    }
}

impl Shared {
    #[inline]
    fn count(&self, event: &Event<'_>) {
        let place = self.places.of(event.policy);
        let about = About::event(place, event);
        let Some(series) = self.series(place, event.kind) else { return };
        if let Some(counter) = series.counter(&self.registrar, about) {
            counter.increment(1);
        }
        if let Some(elapsed) = event.elapsed
            && let Some(duration) = series.duration(&self.registrar, about)
        {
            duration.record(elapsed.as_secs_f64());
        }
    }

    #[inline]
    fn series(&self, place: usize, kind: EventKind) -> Option<&Series> {
        let at = place.saturating_mul(EventKind::ALL.len()).saturating_add(kind.index());
        Some(self.series.get(at)?.get_or_init(|| Series::new(kind)))
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
