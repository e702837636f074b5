use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metrics::{Counter, Gauge, Unit};
use rempart_core::{EventKind, PolicyName};

use super::Metrics;
use super::places::Places;
use super::recorder::Registrar;

/// What is read where it is, when somebody asks for it.
pub(super) struct Gauges {
    config_stale: Mutex<Named>,
    observer_panics: Counter,
    secret_ages: Mutex<Named>,
    /// By kind.
    suppressed: Box<[Counter]>,
    top_request_rate: Gauge,
    tracked_keys: Mutex<Named>,
}

/// The gauges of one metric, by what their label holds.
type Named = Vec<(String, Gauge)>;

impl Gauges {
    pub(super) fn new(registrar: &Registrar) -> Self {
        let help =
            "1 while a configuration's last reading failed: what was in force before still is.";
        registrar.describe_gauge(CONFIG_STALE, Unit::Count, help);
        let help = "Observers that panicked, in the whole process.";
        registrar.describe_counter(OBSERVER_PANICS, help);
        let help = "Events that the log left out, by kind: it has a cap for each kind and reason.";
        registrar.describe_counter(SUPPRESSED, help);
        let help = "How old a secret is at the least, by the name of its variable or ring.";
        registrar.describe_gauge(SECRET_AGE, Unit::Seconds, help);
        let help = "Requests a second of the busiest client.";
        registrar.describe_gauge(TOP_REQUEST_RATE, Unit::CountPerSecond, help);
        let help = "Clients that a limit remembers since they are in its debt.";
        registrar.describe_gauge(TRACKED_KEYS, Unit::Count, help);
        let suppressed =
            |kind: &EventKind| registrar.counter(SUPPRESSED, &[("kind", kind.as_str().to_owned())]);
        Self {
            config_stale: Mutex::default(),
            observer_panics: registrar.counter(OBSERVER_PANICS, &[]),
            secret_ages: Mutex::default(),
            suppressed: EventKind::ALL.iter().map(suppressed).collect(),
            top_request_rate: registrar.gauge(TOP_REQUEST_RATE, &[]),
            tracked_keys: Mutex::default(),
        }
    }

    pub(super) fn config_stale(
        &self,
        registrar: &Registrar,
        places: &Places,
        stale: impl IntoIterator<Item = (PolicyName, bool)>,
    ) {
        let stale = stale.into_iter().map(|(policy, stale)| {
            (Places::label(places.of(&policy), &policy), f64::from(u8::from(stale)))
        });
        // Of those that share a series, one is enough to be alarmed about.
        set(&self.config_stale, stale, f64::max, |policy| {
            registrar.gauge(CONFIG_STALE, &[("policy", policy.to_owned())])
        });
    }

    pub(super) fn secret_ages<'a>(
        &self,
        registrar: &Registrar,
        ages: impl IntoIterator<Item = (&'a str, Duration)>,
    ) {
        let ages = ages.into_iter().map(|(name, age)| (name.to_owned(), age.as_secs_f64()));
        // Of those that share a series, the oldest is the one to be alarmed about.
        set(&self.secret_ages, ages, f64::max, |name| {
            registrar.gauge(SECRET_AGE, &[("secret", name.to_owned())])
        });
    }

    pub(super) fn tracked_keys(
        &self,
        registrar: &Registrar,
        places: &Places,
        keys: impl IntoIterator<Item = (PolicyName, usize)>,
    ) {
        let keys = keys.into_iter().map(|(policy, keys)| {
            let keys = u32::try_from(keys).unwrap_or(u32::MAX);
            (Places::label(places.of(&policy), &policy), f64::from(keys))
        });
        set(
            &self.tracked_keys,
            keys,
            |one, other| one + other,
            |policy| registrar.gauge(TRACKED_KEYS, &[("policy", policy.to_owned())]),
        );
    }

    pub(super) fn top_request_rate(&self, per_second: f64) {
        self.top_request_rate.set(per_second);
    }

    pub(super) fn log_suppressed(&self, kind: EventKind, so_far: u64) {
        if let Some(suppressed) = self.suppressed.get(kind.index()) {
            suppressed.absolute(so_far);
        }
    }

    pub(super) fn observer_panics(&self, so_far: u64) {
        self.observer_panics.absolute(so_far);
    }
}

/// Sets the gauges of these names, each to what `join` makes of its values; those of other names
/// to zero.
fn set(
    gauges: &Mutex<Named>,
    values: impl IntoIterator<Item = (String, f64)>,
    join: fn(f64, f64) -> f64,
    register: impl Fn(&str) -> Gauge,
) {
    // A thread that panicked here left a list of gauges, each of them whole.
    let mut gauges = gauges.lock().unwrap_or_else(PoisonError::into_inner);
    let mut sums: Vec<f64> = vec![0.0; gauges.len()];
    for (name, value) in values {
        let known = |gauges: &Named, name: &str| gauges.iter().position(|known| known.0 == name);
        let at = known(&gauges, &name).unwrap_or_else(|| {
            let name = if gauges.len() < Metrics::MAX_LABELS { name.as_str() } else { "other" };
            known(&gauges, name).unwrap_or_else(|| {
                gauges.push((name.to_owned(), register(name)));
                sums.push(0.0);
                gauges.len().saturating_sub(1)
            })
        });
        if let Some(sum) = sums.get_mut(at) {
            *sum = join(*sum, value);
        }
    }
    for ((_, gauge), sum) in gauges.iter().zip(sums) {
        gauge.set(sum);
    }
}

const CONFIG_STALE: &str = "rempart_config_stale";
const OBSERVER_PANICS: &str = "rempart_observer_panics_total";
const SECRET_AGE: &str = "rempart_secret_age_seconds";
const SUPPRESSED: &str = "rempart_log_suppressed_total";
const TOP_REQUEST_RATE: &str = "rempart_client_top_request_rate";
const TRACKED_KEYS: &str = "rempart_rate_limit_tracked_keys";
