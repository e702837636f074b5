use std::array;
use std::num::NonZeroU64;
use std::time::Duration;

use rempart_core::{Clock, Reason};

use super::Decision;
use crate::charges::{Charges, Keep};
use crate::limit::Checked as Limit;
use crate::policy::Violated;
use crate::store::Key;
use crate::tables::{Answer, Bound, Held, Look};
use crate::{Policy, Rejection, Standing};

/// A decision by all limits of a policy, and what of it is needed afterwards.
pub(crate) struct Joint {
    pub(crate) decision: Decision,
    /// Where the client stands with each limit, but for those on trial.
    pub(crate) standings: Standings,
    /// What may be given back.
    pub(crate) charges: Charges,
    /// Why a limit on trial would have refused, the first of them.
    pub(crate) shadowed: Option<Reason>,
    /// The client is refused for what it did itself, and not for what others did.
    pub(crate) is_own: bool,
}

/// One for each limit that clients are told of, in their order.
pub(crate) type Standings = [Option<Told>; Policy::MAX_LIMITS];

/// Where a client stands with a limit, and by which of its tiers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) standing: Standing,
    pub(crate) tier: u8,
    /// For whom it counts, if that is told.
    pub(crate) partition: Option<NonZeroU64>,
}

/// What a limit is asked.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    /// For whom.
    pub(crate) key: Key,
    pub(crate) cost: u32,
    /// By which of its rules.
    pub(crate) tier: u8,
    /// What clients are told of the key.
    pub(crate) partition: Option<NonZeroU64>,
}

/// What each limit is asked.
pub(crate) type AllTerms = [Option<Terms>; Policy::MAX_LIMITS];

/// Decides at once by all limits of a policy: all lines are held, all are asked, and then all are
/// written or none.
pub(crate) fn jointly(bound: &Bound, terms: &AllTerms, clock: &dyn Clock, keep: Keep) -> Joint {
    let mut held: [Option<Held<'_>>; Policy::MAX_LIMITS] = array::from_fn(|_| None);
    for (place, table) in bound.order() {
        if let (Some(slot), Some(Some(terms))) = (held.get_mut(place), terms.get(place)) {
            *slot = Some(table.hold(terms.key));
        }
    }
    // Read when all lines are held: no other thread writes a later time there first.
    let now = clock.ticks();
    let mut looks: [Option<Look>; Policy::MAX_LIMITS] = array::from_fn(|_| None);
    let mut refusal = Refusal::default();
    let places = looks.iter_mut().zip(&mut held).zip(terms).enumerate();
    for ((place, ((slot, held), terms)), (limit, _)) in places.zip(bound.limits()) {
        let rule = limit.rule(terms.map_or(0, |terms| terms.tier));
        if let (Some(held), Some(terms)) = (held, terms) {
            *slot = held.look(rule, terms.cost, now, limit.when_full);
        }
        // A limit that cannot be asked allows nothing.
        let answer = slot.as_ref().map_or(Answer::NeverPossible, Look::answer);
        refusal.ask(place, limit, answer, || match slot {
            Some(look) => (look.standing(rule), look.is_own()),
            None => (Standing::default(), false),
        });
    }
    let mut joint = Joint::default();
    let rejection = refusal.rejection();
    let mut told = joint.standings.iter_mut();
    let mut nearest: Option<Standing> = None;
    let charged = terms.iter().zip(bound.limits());
    for ((held, look), (terms, (limit, table))) in held.into_iter().zip(looks).zip(charged) {
        let (Some(mut held), Some(mut look), Some(terms)) = (held, look, terms) else { continue };
        let rule = limit.rule(terms.tier);
        if rejection.is_some() {
            // Where it stands without this request.
            let Some(peek) = held.look(rule, 0, now, limit.when_full) else { continue };
            look = peek;
        }
        if !limit.on_trial
            && let Some(told) = told.next()
        {
            let standing = look.standing(rule);
            nearest = Some(nearest.map_or(standing, |nearest| nearest.nearer(standing)));
            let Terms { tier, partition, .. } = *terms;
            *told = Some(Told { standing, tier, partition });
        }
        // A peek would take the slot of somebody who owes, if the client has none.
        let charged = if rejection.is_none() && terms.cost > 0 {
            table.commit(held, look, now)
        } else {
            None
        };
        // What costs nothing yet may be settled at more.
        let is_open = rejection.is_none() && terms.cost == 0 && keep == Keep::All;
        if (charged.is_some() && keep.wants(limit)) || is_open {
            joint.charges.add(limit, table, *terms, charged);
        }
    }
    joint.shadowed = refusal.shadowed();
    joint.is_own = refusal.is_own();
    joint.decision = match rejection {
        Some(rejection) => Decision::Refused(rejection),
        None => Decision::Allowed(nearest.unwrap_or(Standing::UNLIMITED)),
    };
    joint
}

impl Joint {
    /// Refused before any limit was asked.
    pub(crate) fn refused(rejection: Rejection) -> Self {
        Self { decision: Decision::Refused(rejection), ..Self::default() }
    }

    /// Allowed without any limit being asked.
    pub(crate) fn unlimited() -> Self {
        Self { decision: Decision::Allowed(Standing::UNLIMITED), ..Self::default() }
    }
}

impl Default for Joint {
    fn default() -> Self {
        Self {
            decision: Decision::Allowed(Standing::default()),
            standings: Standings::default(),
            charges: Charges::default(),
            shadowed: None,
            is_own: false,
        }
    }
}

/// What the limits that say no say together.
#[derive(Default)]
pub(crate) struct Refusal {
    violated: Violated,
    never: bool,
    /// The longest wait that any of them asks for, and where the client stands with that one.
    longest: Option<(u64, Standing)>,
    shadowed: Option<Reason>,
    is_own: bool,
}

impl Refusal {
    /// Takes in what the limit at this place answers. If it is in the way: where the client stands,
    /// and whether that is its own doing.
    pub(crate) fn ask(
        &mut self,
        place: usize,
        limit: &Limit,
        answer: Answer,
        stands: impl FnOnce() -> (Standing, bool),
    ) {
        if answer == Answer::Allowed {
            return;
        }
        if limit.on_trial {
            self.shadowed = self.shadowed.or(Some(match answer {
                Answer::NeverPossible => Reason::NeverPossible,
                Answer::Busy => Reason::ConcurrencyExceeded,
                Answer::Allowed | Answer::Denied(_) => Reason::QuotaExceeded,
            }));
            return;
        }
        self.violated.add(place);
        let (standing, is_own) = stands();
        self.is_own |= limit.by.is_of_one_client() && is_own;
        match answer {
            Answer::NeverPossible => self.never = true,
            Answer::Denied(wait) if self.longest.is_none_or(|(longest, _)| longest < wait) => {
                self.longest = Some((wait, standing));
            }
            _ => {}
        }
    }

    /// Why a limit on trial would have refused, the first of them.
    pub(crate) const fn shadowed(&self) -> Option<Reason> {
        self.shadowed
    }

    /// Whether any limit is in the way for what the client did itself.
    pub(crate) const fn is_own(&self) -> bool {
        self.is_own
    }

    pub(crate) fn rejection(&self) -> Option<Rejection> {
        let violated = self.violated;
        if violated.is_none() {
            return None;
        }
        Some(match self.longest {
            _ if self.never => Rejection::NeverPossible { violated },
            Some((wait, standing)) => {
                Rejection::Limited { standing, wait: Duration::from_nanos(wait), violated }
            }
            None => Rejection::Busy { violated },
        })
    }
}
