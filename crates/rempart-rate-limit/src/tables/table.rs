use std::sync::Arc;

use rempart_core::{Clock, PolicyName};

use crate::limit::Checked as Limit;
use crate::store::{self, InFlight, Key, Permit, Place, Seed};
use crate::{
    Admission, Busy, Receipt, Rule, Standing, Store, StrictWindow, Usage, Verdict, WhenFull,
    WindowStore,
};

/// Where one limit counts.
#[derive(Debug)]
pub(crate) enum Table {
    Gcra(Store),
    Windows(WindowStore),
    InFlight(Arc<InFlight>),
}

/// The line of a table that a request holds until it is decided.
pub(crate) enum Held<'a> {
    Gcra(store::Held<'a>),
    Windows(store::HeldLogs<'a>),
    InFlight(store::HeldRows<'a>),
}

/// What one limit says of a request.
pub(crate) enum Look {
    Gcra(store::Look),
    Window(store::LogsLook),
    InFlight(Result<Place, Busy>),
}

/// What is needed to give a charge back.
pub(crate) enum Charged {
    Owed(store::Owed),
    Admissions(Receipt),
    Permit(Permit),
}

/// A limit's answer, however it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Allowed,
    /// For so many nanoseconds.
    Denied(u64),
    NeverPossible,
    /// Until a request ends, and nobody knows when that is.
    Busy,
}

impl Table {
    pub(super) fn new(limit: &Limit, seed: &Seed) -> Self {
        let capacity = limit.capacity;
        match limit.rule {
            Rule::Gcra(_) => Self::Gcra(Store::sized(capacity, seed.clone())),
            Rule::StrictWindow(_) => {
                Self::Windows(WindowStore::sized(capacity, limit.largest(), seed.clone()))
            }
            Rule::Concurrency(_) => Self::InFlight(Arc::new(InFlight::sized(capacity))),
        }
    }

    /// The table for such a limit in place of another one: the same, if what is counted in it means
    /// something to its rule. Logs that are too short for a window move into longer ones; what is
    /// admitted by the old policy meanwhile, it may miss. Where the longer ones would take more than
    /// a table may, the window is kept as far as the short ones go: nobody is forgiven.
    pub(super) fn kept(this: &Arc<Self>, limit: &Limit) -> Option<Arc<Self>> {
        match (&**this, limit.rule) {
            (Self::Windows(store), Rule::StrictWindow(_)) if limit.largest() > store.limit() => {
                let longer = store.remembering(limit.largest()).map(Self::Windows);
                Some(longer.map_or_else(|_| Arc::clone(this), Arc::new))
            }
            (Self::Gcra(_), Rule::Gcra(_))
            | (Self::Windows(_), Rule::StrictWindow(_))
            | (Self::InFlight(_), Rule::Concurrency(_)) => Some(Arc::clone(this)),
            _ => None,
        }
    }

    pub(crate) fn hold(&self, key: Key) -> Held<'_> {
        match self {
            Self::Gcra(store) => Held::Gcra(store.hold(key)),
            Self::Windows(store) => Held::Windows(store.hold(key)),
            Self::InFlight(table) => Held::InFlight(table.hold(key)),
        }
    }

    /// Writes down what was allowed. `None` if it was not, or if the parts are not of one kind.
    pub(crate) fn commit(&self, held: Held<'_>, look: Look, now: u64) -> Option<Charged> {
        match (self, held, look) {
            (Self::Gcra(store), Held::Gcra(mut held), Look::Gcra(look)) if look.is_allowed() => {
                Some(Charged::Owed(store.commit(&mut held, look, now)))
            }
            (Self::Windows(store), Held::Windows(mut held), Look::Window(look)) => {
                store.commit(&mut held, &look).map(Charged::Admissions)
            }
            (Self::InFlight(_), Held::InFlight(held), Look::InFlight(Ok(place))) => {
                Some(Charged::Permit(held.commit(place)))
            }
            _ => None,
        }
    }

    /// Gives back what is left of a charge.
    pub(crate) fn refund(&self, rule: Rule, key: Key, cost: u32, charged: Charged, now: u64) {
        match (self, rule, charged) {
            (Self::Gcra(store), Rule::Gcra(gcra), Charged::Owed(owed)) => {
                store.give_back(key, &gcra, cost, owed, now);
            }
            (Self::Windows(store), _, Charged::Admissions(receipt)) => {
                store.refund(key, receipt.at_most(cost));
            }
            (_, _, Charged::Permit(permit)) => drop(permit),
            _ => {}
        }
    }

    /// Charges what a request has cost beyond what was charged before it, as far as there is room:
    /// of debts up to the longest that the rule lets anybody run up, of a log up to its limit.
    pub(crate) fn owe(
        &self,
        rule: Rule,
        key: Key,
        cost: u32,
        clock: &dyn Clock,
        when_full: WhenFull,
    ) {
        // Once more at most: who has charged meanwhile has used the room.
        match (self, rule) {
            (Self::Gcra(store), Rule::Gcra(gcra)) => {
                let gcra = gcra.of_settling();
                let charge = |cost| store.charge_by(key, &gcra, cost, || clock.ticks(), when_full);
                if let Verdict::Denied { debt, .. } = charge(cost.min(gcra.burst())) {
                    let room = gcra.standing(debt).remaining();
                    let _ = (room > 0).then(|| charge(room));
                }
            }
            (Self::Windows(store), Rule::StrictWindow(window)) => {
                let most = cost.min(window.limit()).min(store.limit());
                // It minds no thread that comes late by a thousandth of the period.
                let charge = |cost| store.reserve(key, &window, cost, clock.ticks(), when_full).0;
                if let Admission::Denied { standing, .. } = charge(most) {
                    let room = standing.remaining();
                    let _ = (room > 0).then(|| charge(room));
                }
            }
            _ => {}
        }
    }

    pub(crate) fn usage(&self, limit: PolicyName, rule: Rule, now: u64) -> Usage {
        match self {
            Self::Gcra(store) => Usage {
                limit,
                slots: store.slots(),
                bytes: store.bytes(),
                occupied: store.occupied(now),
                evicted: store.evicted(),
                inherited: store.inherited(),
                remembered: None,
            },
            Self::Windows(store) => Usage {
                limit,
                slots: store.slots(),
                bytes: store.bytes(),
                occupied: rule.window().map_or(0, |window| store.occupied(&window, now)),
                evicted: store.evicted(),
                inherited: store.inherited(),
                remembered: Some(store.limit()),
            },
            Self::InFlight(table) => Usage {
                limit,
                slots: table.slots(),
                bytes: table.bytes(),
                occupied: table.occupied(),
                evicted: 0,
                inherited: 0,
                remembered: None,
            },
        }
    }
}

impl Held<'_> {
    /// Decides. `None` if the line and the rule are not of one kind, which tables see to.
    pub(crate) fn look(
        &mut self,
        rule: &Rule,
        cost: u32,
        now: u64,
        when_full: WhenFull,
    ) -> Option<Look> {
        Some(match (self, rule) {
            (Self::Gcra(held), Rule::Gcra(gcra)) => {
                Look::Gcra(held.look(gcra, cost, now, when_full))
            }
            (Self::Windows(held), Rule::StrictWindow(window)) => {
                Look::Window(held.look(window, cost, now, when_full))
            }
            (Self::InFlight(held), Rule::Concurrency(most)) => {
                Look::InFlight(held.look(*most, cost))
            }
            _ => return None,
        })
    }
}

impl Look {
    pub(crate) fn answer(&self) -> Answer {
        match self {
            Self::Gcra(look) => match look.verdict {
                Verdict::Allowed { .. } => Answer::Allowed,
                Verdict::Denied { wait, .. } => Answer::Denied(wait),
                Verdict::NeverPossible => Answer::NeverPossible,
            },
            Self::Window(look) => match look.admission {
                Admission::Allowed(_) => Answer::Allowed,
                Admission::Denied { wait, .. } => {
                    Answer::Denied(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX))
                }
                Admission::NeverPossible => Answer::NeverPossible,
            },
            Self::InFlight(Ok(_)) => Answer::Allowed,
            Self::InFlight(Err(Busy::NeverPossible)) => Answer::NeverPossible,
            Self::InFlight(Err(_)) => Answer::Busy,
        }
    }

    /// Whether what it says is the client's own doing: not if the table is full of others, who would
    /// leave it their debts or no room.
    pub(crate) fn is_own(&self) -> bool {
        match self {
            Self::Gcra(look) => look.is_own(),
            Self::Window(look) => look.is_own(),
            Self::InFlight(look) => !matches!(look, Err(Busy::TableFull)),
        }
    }

    /// Where the client stands, with this request if it is allowed.
    pub(crate) fn standing(&self, rule: &Rule) -> Standing {
        match (self, rule) {
            (Self::Gcra(look), Rule::Gcra(gcra)) => gcra.standing(look.debt()),
            (Self::Window(look), _) => match look.admission {
                Admission::Allowed(standing) | Admission::Denied { standing, .. } => standing,
                Admission::NeverPossible => Standing::counted(0, 0),
            },
            (Self::InFlight(look), Rule::Concurrency(most)) => {
                let in_flight = match look {
                    Ok(place) => place.in_flight(),
                    Err(Busy::Limited { in_flight }) => *in_flight,
                    Err(_) => *most,
                };
                Standing::counted(most.saturating_sub(in_flight), 0)
            }
            _ => Standing::counted(0, 0),
        }
    }
}

impl Rule {
    const fn window(self) -> Option<StrictWindow> {
        match self {
            Self::StrictWindow(window) => Some(window),
            _ => None,
        }
    }
}
