//! The ring of slots and the list of refusals against a list of everything that ever happened.

use std::time::Duration;

use http::StatusCode;
use proptest::collection::vec;
use proptest::prelude::*;
use rempart_core::{
    ClientAddr, Event, EventKind, ManualClock, Observer, Outcome, PolicyName, Reason,
};
use rempart_monitor::{Column, Figures, History, Snapshot, StatusClass};

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    /// The time of day is set; time goes on as before.
    Set(u64),
    Tell(Told),
    Answer(u16),
}

#[derive(Clone, Debug, PartialEq)]
struct Told {
    kind: EventKind,
    outcome: Outcome,
    policy: usize,
    reason: Option<Reason>,
    host: u8,
    elapsed: Option<u64>,
}

const START: u64 = 1_800_000_123_456_789_012;
const SLOT: u64 = 10_000_000_000;

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![
        6 => 0..SLOT,
        3 => 0..20 * SLOT,
        1 => 0..400 * SLOT,
    ];
    let reasons = prop_oneof![Just(Reason::Missing), Just(Reason::Mismatch), Just(Reason::Expired)];
    let told = (
        prop::sample::select(EventKind::ALL),
        prop::sample::select(Outcome::ALL),
        0..20_usize,
        prop::option::of(reasons),
        0..80_u8,
        prop::option::of(0..2_000_000_000_u64),
    );
    let told = told.prop_map(|(kind, outcome, policy, reason, host, elapsed)| Told {
        kind,
        outcome,
        policy,
        reason,
        host,
        elapsed,
    });
    prop_oneof![
        4 => wait.prop_map(Step::Wait),
        1 => (0..u64::MAX / 8).prop_map(Step::Set),
        12 => told.prop_map(Step::Tell),
        2 => (100..1000_u16).prop_map(Step::Answer),
    ]
}

/// Everything that happened, with the slot that it happened in.
#[derive(Default)]
struct List {
    told: Vec<(u64, Told)>,
    answered: Vec<(u64, u16)>,
    /// The newest last: what is told, how often, when last.
    refusals: Vec<(Told, u64, u64)>,
}

impl List {
    fn tell(&mut self, now: u64, told: &Told) {
        self.told.push((now / SLOT, told.clone()));
        let refusal = told.outcome != Outcome::Allowed || told.kind == EventKind::KeyRevokedUse;
        if refusal {
            let same = Told { elapsed: None, ..told.clone() };
            let known = self.refusals.iter().position(|(other, ..)| *other == same);
            let before = known.map_or(0, |at| self.refusals.remove(at).1);
            if known.is_none() {
                self.make_room(told.kind.is_critical());
            }
            self.refusals.push((same, before + 1, now));
        }
    }

    /// Whose client and kind hold most places gives way, the oldest of them.
    fn make_room(&mut self, critical: bool) {
        let held = |like: &dyn Fn(&Told) -> bool| {
            self.refusals.iter().filter(|(other, ..)| like(other)).count()
        };
        let crowded = critical && held(&|other| other.kind.is_critical()) >= 25;
        if !crowded && self.refusals.len() < History::REFUSALS {
            return;
        }
        let mut most = (0, 0);
        for (at, (told, ..)) in self.refusals.iter().enumerate() {
            let of_client = held(&|other| other.host == told.host);
            let holds = of_client + held(&|other| other.kind == told.kind);
            if told.kind.is_critical() == crowded && holds > most.0 {
                most = (holds, at);
            }
        }
        self.refusals.remove(most.1);
    }

    /// What is told of the policies of each kind, in the hour whose oldest slot is `oldest`.
    fn agrees_by_policy(
        &self,
        snapshot: &Snapshot,
        names: &[PolicyName],
        oldest: u64,
    ) -> Result<(), TestCaseError> {
        let kinds =
            [EventKind::Admin, EventKind::RateLimit, EventKind::Signature, EventKind::Token];
        // Those that have a place of their own, in the order of their places.
        let mut placed: Vec<(EventKind, usize)> = Vec::new();
        for (_, told) in self.told.iter().filter(|(_, told)| kinds.contains(&told.kind)) {
            if placed.len() < History::POLICIES && !placed.contains(&(told.kind, told.policy)) {
                placed.push((told.kind, told.policy));
            }
        }
        let hour = snapshot.last(History::SPAN);
        for kind in kinds {
            let mut told: Vec<(Option<PolicyName>, [u64; 4])> = Vec::new();
            let own = placed.iter().filter(|(its_kind, _)| *its_kind == kind);
            told.extend(own.map(|(_, policy)| (Some(names[*policy]), [0; 4])));
            let mut rest = [0; 4];
            for (_, event) in self.told.iter().filter(|(slot, _)| *slot >= oldest) {
                if event.kind == kind {
                    let name = Some(names[event.policy]);
                    let own = told.iter_mut().find(|(other, _)| *other == name);
                    let counts = own.map_or(&mut rest, |(_, counts)| counts);
                    counts[event.outcome.index()] += 1;
                }
            }
            if rest != [0; 4] {
                told.push((None, rest));
            }
            let read = snapshot.policies(kind).into_iter().map(|policy| {
                let counts = |outcome: &Outcome| hour.by_policy(policy, *outcome);
                let counts: Vec<_> = Outcome::ALL.iter().map(counts).collect();
                (policy.name().copied(), <[u64; 4]>::try_from(counts).unwrap())
            });
            prop_assert_eq!(read.collect::<Vec<_>>(), told);
        }
        Ok(())
    }

    /// What figures say of the slots from `first` to `last`.
    fn agrees(&self, figures: Figures<'_>, first: u64, last: u64) -> Result<(), TestCaseError> {
        let within = |slot: u64| (first..=last).contains(&slot);
        let told = || self.told.iter().filter(|(slot, _)| within(*slot)).map(|(_, told)| told);
        for kind in EventKind::ALL {
            for outcome in Outcome::ALL {
                let count = told().filter(|told| (told.kind, told.outcome) == (*kind, *outcome));
                prop_assert_eq!(figures.count(*kind, *outcome), count.count() as u64);
            }
        }
        let missing = told().filter(|told| {
            (told.kind, told.outcome) == (EventKind::Token, Outcome::Refused)
                && told.reason == Some(Reason::Missing)
        });
        prop_assert_eq!(figures.tokens_missing(), missing.count() as u64);
        let timed = told().filter(|told| told.kind == EventKind::Signature);
        let mut timed: Vec<u64> = timed.filter_map(|told| told.elapsed).collect();
        timed.sort_unstable();
        prop_assert_eq!(figures.signatures_timed(), timed.len() as u64);
        for hundredths in [0_u8, 50, 99, 100] {
            let rank = (timed.len() * usize::from(hundredths)).div_ceil(100).max(1);
            let exact = timed.get(rank - 1).map(|nanos| (*nanos).clamp(128, 1 << 30));
            let read = figures.signature_percentile(hundredths);
            let read = read.map(|read| u64::try_from(read.as_nanos()).unwrap());
            let close = match (read, exact) {
                (Some(read), Some(exact)) => exact < 256 || read.abs_diff(exact) * 16 <= exact,
                (read, exact) => read == exact,
            };
            prop_assert!(close, "p{} is {:?}, not {:?}", hundredths, read, exact);
        }
        let answered = || self.answered.iter().filter(|(slot, _)| within(*slot));
        for class in StatusClass::ALL {
            let of_class = |status: u16| StatusClass::of(StatusCode::from_u16(status).unwrap());
            let count = answered().filter(|(_, status)| of_class(*status) == class).count();
            prop_assert_eq!(figures.answered(class), count as u64);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn remembers_what_a_list_of_everything_would_tell(
        steps in vec(step(), 1..300),
        windows in vec((0..400_u64, 0..400_u64), 6),
    ) {
        let names: Vec<_> =
            (0..20).map(|nth| PolicyName::new(&format!("listed-{nth}")).unwrap()).collect();
        let clock = ManualClock::at(Duration::from_nanos(START));
        let history = History::new().clock(clock.clone());
        let (mut now, mut day) = (START, START);
        let mut list = List::default();
        for step in steps {
            match step {
                Step::Wait(nanos) => {
                    clock.advance(Duration::from_nanos(nanos));
                    (now, day) = (now + nanos, day + nanos);
                }
                Step::Set(nanos) => {
                    clock.set_unix(Duration::from_nanos(nanos));
                    day = nanos;
                }
                Step::Tell(told) => {
                    let mut event = Event::new(told.kind, told.outcome, &names[told.policy]);
                    event.reason = told.reason;
                    event.elapsed = told.elapsed.map(Duration::from_nanos);
                    let host = std::net::Ipv4Addr::new(203, 0, 113, told.host);
                    history.observe(&event.client(Some(ClientAddr::new(host.into()))));
                    list.tell(now, &told);
                }
                Step::Answer(status) => {
                    history.answered(StatusCode::from_u16(status).unwrap());
                    list.answered.push((now / SLOT, status));
                }
            }
        }
        let snapshot = history.snapshot();
        let slot = now / SLOT;
        let oldest = slot - 359;
        for (ago, span) in windows.into_iter().chain([(0, 360), (0, 1), (0, 6)]) {
            let figures = snapshot.window(Duration::from_nanos(ago * SLOT), Duration::from_nanos(span * SLOT));
            let last = slot - ago;
            let first = (last + 1).saturating_sub(span).max(oldest);
            list.agrees(figures, first, last)?;
        }
        list.agrees_by_policy(&snapshot, &names, oldest)?;
        for per in [1, 6, 30, 7] {
            let columns: Vec<Column<'_>> =
                snapshot.columns(Duration::from_nanos(per * SLOT)).collect();
            let newest = columns.last().unwrap();
            let into = now % SLOT + (slot - newest_slot(slot, per)) * SLOT;
            prop_assert_eq!(newest.start(), Duration::from_nanos(day.saturating_sub(into)));
            for (back, column) in columns.iter().rev().enumerate() {
                let first = newest_slot(slot, per) - back as u64 * per;
                prop_assert!(first >= oldest);
                list.agrees(column.figures(), first, first + per - 1)?;
            }
            let middle = columns.len() / 2;
            let first = newest_slot(slot, per) - (columns.len() - 1 - middle) as u64 * per;
            list.agrees(snapshot.join(&columns[middle], newest), first, slot)?;
            prop_assert!(newest_slot(slot, per) - (columns.len() as u64) * per < oldest);
        }
        let told: Vec<_> = snapshot.refusals().iter().map(|refusal| {
            let ago = u64::try_from(refusal.ago().as_nanos()).unwrap();
            (refusal.kind(), refusal.outcome(), *refusal.policy(), refusal.reason(), refusal.count(), now - ago)
        }).collect();
        let listed: Vec<_> = list.refusals.iter().rev().map(|(told, count, at)| {
            (told.kind, told.outcome, names[told.policy], told.reason, *count, *at)
        }).collect();
        prop_assert_eq!(told, listed);
    }
}

/// The first slot of the newest column. Columns are counted from the start of an hour.
fn newest_slot(slot: u64, per: u64) -> u64 {
    let start = START / SLOT / 360 * 360 - 360;
    start + (slot - start) / per * per
}
