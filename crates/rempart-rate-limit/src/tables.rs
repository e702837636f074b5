//! What is counted: a table for each limit of a policy.

mod table;

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use rempart_core::Source;

pub(crate) use self::table::{Answer, Charged, Held, Look, Table};
use crate::gate::Gate;
use crate::hints::MADE;
use crate::limit::Checked as Limit;
use crate::store::Seed;
use crate::{Policy, Rule, WhenFull};

/// The tables of a limiter. A policy that replaces another one finds its tables by the names of
/// its limits, so that nobody is forgiven by a reload.
pub(crate) struct Tables {
    seed: Seed,
    /// Of the policy that was there at first.
    first: Bound,
    /// There will never be another.
    is_only: bool,
    later: ArcSwapOption<Bound>,
    binding: Mutex<()>,
    gate: Gate,
}

/// A policy, and the table of each of its limits.
pub(crate) struct Bound {
    policy: Policy,
    tables: Box<[Arc<Table>]>,
    /// In which the tables are held: the same for all policies, so that no two requests wait for
    /// one another.
    order: Box<[usize]>,
    alone: Option<Alone>,
}

/// A limit that is the only one, counts by client, and of which nothing is needed afterwards: the
/// common case, with what its decision needs close together.
pub(crate) struct Alone {
    pub(crate) rule: Rule,
    pub(crate) when_full: WhenFull,
    pub(crate) table: Arc<Table>,
}

/// A [`Bound`], wherever it is kept.
pub(crate) enum Binding<'a> {
    First(&'a Bound),
    Later(Arc<Bound>),
}

impl Deref for Binding<'_> {
    type Target = Bound;

    fn deref(&self) -> &Bound {
        match self {
            Self::First(bound) => bound,
            Self::Later(bound) => bound,
        }
    }
}

impl Tables {
    pub(crate) fn new(source: &Source<Policy>, seed: Seed) -> Self {
        let tables = Self {
            first: Bound::new(source.get().clone(), None, &seed),
            is_only: source.fixed().is_some(),
            later: ArcSwapOption::empty(),
            binding: Mutex::default(),
            gate: Gate::new(seed.clone()),
            seed,
        };
        tables.gate.make_room(&tables.first.policy);
        MADE.one_more(tables.first.policy.name());
        tables
    }

    pub(crate) const fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(crate) fn seed(&self) -> &Seed {
        &self.seed
    }

    /// If there is one limit, by client, and will never be another.
    #[inline]
    pub(crate) fn only(&self) -> Option<(&Policy, &Alone)> {
        self.first.alone.as_ref().filter(|_| self.is_only).map(|alone| (&self.first.policy, alone))
    }

    /// The tables of the policy of this moment.
    pub(crate) fn of(&self, source: &Source<Policy>) -> Binding<'_> {
        if self.is_only {
            return Binding::First(&self.first);
        }
        match &*self.later.load() {
            Some(bound) if source.get().is(&bound.policy) => Binding::Later(Arc::clone(bound)),
            // Not if it comes back: its tables may not be those that were counted in meanwhile.
            None if source.get().is(&self.first.policy) => Binding::First(&self.first),
            _ => self.bind(source),
        }
    }

    /// Once for each policy that comes.
    #[cold]
    fn bind(&self, source: &Source<Policy>) -> Binding<'_> {
        let _one = self.binding.lock().unwrap_or_else(PoisonError::into_inner);
        // Of now, and not of before the lock: tables are never bound to an older policy again.
        let policy = source.get().clone();
        let last = self.later.load_full();
        match &last {
            Some(bound) if bound.policy.is(&policy) => return Binding::Later(Arc::clone(bound)),
            None if self.first.policy.is(&policy) => return Binding::First(&self.first),
            _ => {}
        }
        self.gate.make_room(&policy);
        let last = last.as_deref().unwrap_or(&self.first);
        let bound = Arc::new(Bound::new(policy, Some(last), &self.seed));
        self.later.store(Some(Arc::clone(&bound)));
        Binding::Later(bound)
    }
}

impl Bound {
    fn new(policy: Policy, last: Option<&Self>, seed: &Seed) -> Self {
        let limits = policy.checked();
        let table = |limit: &Limit| {
            let kept = last.and_then(|last| last.table(limit));
            kept.unwrap_or_else(|| Arc::new(Table::new(limit, seed)))
        };
        let tables: Box<[_]> = limits.iter().map(table).collect();
        let mut order: Vec<usize> = (0..tables.len()).collect();
        order.sort_by_key(|place| tables.get(*place).map(Arc::as_ptr));
        let alone = match (limits, &*tables) {
            ([limit], [table])
                if limit.is_plain() && policy.is_limits_alone() && policy.is_plain() =>
            {
                Some(Alone {
                    rule: limit.rule,
                    when_full: limit.when_full,
                    table: Arc::clone(table),
                })
            }
            _ => None,
        };
        Self { tables, order: order.into(), alone, policy }
    }

    /// The table of a limit of this name that counts in the same way.
    fn table(&self, limit: &Limit) -> Option<Arc<Table>> {
        let (_, table) = self.limits().find(|(other, _)| other.name == limit.name)?;
        Table::kept(table, limit)
    }

    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(crate) fn limits(&self) -> impl Iterator<Item = (&Limit, &Arc<Table>)> {
        self.policy.checked().iter().zip(&self.tables)
    }

    #[inline]
    pub(crate) const fn alone(&self) -> Option<&Alone> {
        self.alone.as_ref()
    }

    /// The places of the tables, in the order in which they are to be held.
    pub(crate) fn order(&self) -> impl Iterator<Item = (usize, &Arc<Table>)> {
        self.order.iter().filter_map(|place| Some((*place, self.tables.get(*place)?)))
    }
}
