//! What listens to the layers: the log, the metrics, the detector and the last hour.

mod declared;
mod key_states;
mod scrape;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rempart_core::{Observers, SharedClock};
use rempart_monitor::{self as monitor, AnomalyDetector, EventLog, Exporter, History, Metrics};

use self::key_states::KeyStates;
pub(crate) use self::scrape::metrics;
use crate::keys::Keys;
use crate::part::Part;
use crate::policy::Names;
use crate::serve::StartError;

/// The observers of one service. Each service of a process has its own; clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Monitor {
    pub(crate) log: Arc<EventLog>,
    pub(crate) metrics: Metrics,
    /// It watches and tells, and bans nobody.
    pub(crate) detector: AnomalyDetector,
    pub(crate) history: History,
    exporter: Exporter,
    /// When it was made: a secret of which nobody knows better is as old at least.
    since: Duration,
}

impl Monitor {
    pub(crate) fn new(clock: &SharedClock) -> Result<Self, StartError> {
        let log = Arc::new(EventLog::new(Arc::clone(clock)));
        let exporter = Exporter::new();
        let metrics = Metrics::new(exporter.clone());
        let history = History::new().clock(Arc::clone(clock));
        let detector = AnomalyDetector::new(monitor::Policy::new(CLIENTS)?);
        let detector = detector.clock(Arc::clone(clock));
        let detector = detector.observer((Arc::clone(&log), metrics.clone(), history.clone()));
        declared::declare(&metrics, &Names::new()?)?;
        Ok(Self { log, metrics, detector, history, exporter, since: clock.unix() })
    }

    /// Who is told by the layers.
    pub(crate) fn observers(
        &self,
        keys: &Keys,
        without: Option<Part>,
    ) -> Result<Observers, StartError> {
        let log = (without != Some(Part::Log)).then(|| Arc::clone(&self.log));
        let all = (log, self.metrics.clone(), self.detector.clone(), self.history.clone());
        let of_keys = (keys.uses(), KeyStates::new(keys.clone(), self.metrics.clone())?);
        Ok(Observers::from((all, of_keys)))
    }

    /// How old each secret is at the least, by its name.
    pub(crate) fn ages(&self, keys: &Keys) -> BTreeMap<&'static str, Duration> {
        keys.ages(self.since)
    }
}

/// The name of the policy on how clients behave.
const CLIENTS: &str = "clients";
