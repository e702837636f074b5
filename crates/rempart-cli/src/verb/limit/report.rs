use rempart::rate_limit::WhenFull;
use serde::Serialize;

use super::ledger::Ledger;
use super::local::Local;
use super::plan::Plan;
use super::rule::Rule;
use super::shared::Shared;

/// What came of a run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) quota: String,
    pub(super) strict_window: bool,
    pub(super) seconds: u64,
    pub(super) seed: u64,
    pub(super) groups: Vec<GroupReport>,
    pub(super) store: StoreReport,
    #[serde(flatten)]
    pub(super) bound: Bound,
}

#[derive(Debug, Serialize)]
pub(super) struct GroupReport {
    pub(super) side: &'static str,
    pub(super) group: String,
    /// `None` if each request is another's.
    pub(super) clients: Option<u32>,
    pub(super) sent: u64,
    pub(super) served: u64,
    pub(super) refused: u64,
    pub(super) allowed: u64,
    pub(super) above: u64,
}

/// The store, or those of all instances together.
#[derive(Debug, Default, Serialize)]
pub(super) struct StoreReport {
    pub(super) slots: usize,
    pub(super) bytes: usize,
    pub(super) occupied_peak: usize,
    pub(super) occupied_end: usize,
    pub(super) evicted: u64,
    pub(super) inherited: u64,
}

/// What is promised, and whether it was kept.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Bound {
    Local(LocalReport),
    Shared(SharedReport),
}

/// One limiter: all clients together are served so many quotas.
#[derive(Debug, Serialize)]
pub(super) struct LocalReport {
    pub(super) strict: bool,
    pub(super) served: u64,
    pub(super) at_most: u64,
}

/// One quota of several instances: each client is served so much above it.
#[derive(Debug, Default, Serialize)]
pub(super) struct SharedReport {
    pub(super) instances: u32,
    pub(super) lease: Option<u32>,
    /// From which second to which one the shared store was away.
    pub(super) store_down: Option<[u64; 2]>,
    pub(super) round_trips: u64,
    pub(super) failed_trips: u64,
    pub(super) from_leases: u64,
    pub(super) from_denials: u64,
    pub(super) alone: u64,
    /// What was leased and not spent in time.
    pub(super) unspent: u64,
    pub(super) keys_peak: usize,
    pub(super) above: u64,
    pub(super) above_at_most: u64,
}

impl Report {
    pub(super) fn local(plan: &Plan, ledger: &Ledger, local: &Local) -> Self {
        let strict = plan.when_full == WhenFull::Strict;
        let store = local.report();
        let slots = u64::try_from(store.slots).unwrap_or(u64::MAX);
        // A line that gives fresh starts forgives as much again as it can hold.
        let times = if strict { 1 } else { 2 };
        let at_most = plan.rule.most(plan.end()).saturating_mul(slots).saturating_mul(times);
        let served = ledger.groups().iter().map(|tally| tally.served);
        let served = served.fold(0, u64::saturating_add);
        Self::new(plan, ledger, store, Bound::Local(LocalReport { strict, served, at_most }))
    }

    pub(super) fn shared(plan: &Plan, ledger: &Ledger, shared: &Shared) -> Self {
        let stores = shared.locals().map(Local::report);
        let store = stores.fold(StoreReport::default(), |sum, store| sum.with(&store));
        let report = SharedReport::new(plan, ledger, shared);
        Self::new(plan, ledger, store, Bound::Shared(report))
    }

    fn new(plan: &Plan, ledger: &Ledger, store: StoreReport, bound: Bound) -> Self {
        let groups = plan.groups.iter().zip(ledger.groups()).zip(0_usize..);
        let groups = groups.map(|((group, tally), nth)| GroupReport {
            side: if nth < plan.honest { "honest" } else { "hostile" },
            group: group.to_string(),
            clients: group.who.clients(),
            sent: tally.sent,
            served: tally.served,
            refused: tally.sent.saturating_sub(tally.served),
            allowed: tally.allowed,
            above: tally.above,
        });
        Self {
            quota: plan.quota.to_string(),
            strict_window: matches!(plan.rule, Rule::Window(_)),
            seconds: plan.seconds,
            seed: plan.seed,
            groups: groups.collect(),
            store,
            bound,
        }
    }

    /// Whether no more was served than is promised.
    pub(super) fn holds(&self) -> bool {
        match &self.bound {
            Bound::Local(local) => {
                // Where debts are inherited, nobody is ever counted too low.
                let above = local.strict && self.groups.iter().any(|group| group.above > 0);
                local.served <= local.at_most && !above
            }
            Bound::Shared(shared) => shared.above <= shared.above_at_most,
        }
    }

    pub(super) fn json(&self) -> String {
        // Nothing here has keys that are no text, which is all that can fail.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}

impl SharedReport {
    fn new(plan: &Plan, ledger: &Ledger, shared: &Shared) -> Self {
        let (tally, sharing) = (shared.tally(), shared.sharing());
        let above = ledger.groups().iter().map(|tally| tally.above).max();
        Self {
            instances: sharing.instances,
            lease: sharing.lease,
            store_down: sharing.down.as_ref().map(|down| [down.start, down.end]),
            round_trips: tally.round_trips,
            failed_trips: tally.failed_trips,
            from_leases: tally.from_leases,
            from_denials: tally.from_denials,
            alone: tally.alone,
            unspent: tally.leased.saturating_sub(tally.from_leases),
            keys_peak: shared.engine().peak(),
            above: above.unwrap_or_default(),
            above_at_most: sharing.above_at_most(&plan.rule),
        }
    }
}

impl StoreReport {
    /// Both together. Their peaks need not be those of one moment, but each is full for its own
    /// clients.
    fn with(self, other: &Self) -> Self {
        Self {
            slots: self.slots.saturating_add(other.slots),
            bytes: self.bytes.saturating_add(other.bytes),
            occupied_peak: self.occupied_peak.saturating_add(other.occupied_peak),
            occupied_end: self.occupied_end.saturating_add(other.occupied_end),
            evicted: self.evicted.saturating_add(other.evicted),
            inherited: self.inherited.saturating_add(other.inherited),
        }
    }
}
