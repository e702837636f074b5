use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Answer, Charge, Charges, Ruling};

/// Remembers denials, so that whoever asks again and again costs no round trip.
///
/// It holds a fixed number of them; a newcomer takes the place of the one that was there, whose
/// client is asked about once more. A denial is remembered for the very charges that were denied:
/// another cost, another tier, another quota after a reload are other charges.
pub(super) struct Denials {
    places: Box<[Mutex<Option<Denial>>]>,
    /// How often something of the clients there was given back: what was denied before says
    /// nothing after.
    changes: Box<[AtomicU64]>,
    hasher: RandomState,
    /// Nanoseconds.
    longest: u64,
}

struct Denial {
    charges: Charges,
    answers: Vec<Answer>,
    /// When the server was asked, and until when the answer is true.
    asked: u64,
    until: u64,
    changes: u64,
}

/// What had changed when a question was asked.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    now: u64,
    changes: u64,
}

impl Denials {
    /// The longest that a denial may be remembered: other instances do not hear of a refund.
    pub(super) const LONGEST: Duration = Duration::from_secs(1);

    pub(super) fn new(places: usize, longest: Duration) -> Self {
        Self {
            places: (0..places).map(|_| Mutex::default()).collect(),
            changes: (0..places).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
            longest: u64::try_from(longest.min(Self::LONGEST).as_nanos()).unwrap_or(0),
        }
    }

    /// To be called before the server is.
    pub(super) fn asked(&self, charges: &Charges, now: u64) -> Asked {
        Asked { now, changes: self.changes(charges) }
    }

    /// The answers to these charges, if they were denied lately and would be now.
    pub(super) fn recall(&self, charges: &Charges, now: u64) -> Option<Vec<Answer>> {
        let place = self.place(charges)?.lock().unwrap_or_else(PoisonError::into_inner);
        let denial = place.as_ref().filter(|denial| denial.charges == *charges)?;
        // A clock that stepped back is asked about, too.
        if !(denial.asked..denial.until).contains(&now) || denial.changes != self.changes(charges) {
            return None;
        }
        let passed = Duration::from_nanos(now.saturating_sub(denial.asked));
        Some(denial.answers.iter().map(|answer| later(answer, passed)).collect())
    }

    pub(super) fn remember(&self, charges: &Charges, answers: &[Answer], asked: Asked) {
        // As long as every limit that was violated still is.
        let denied =
            charges.iter().zip(answers).filter(|(charge, answer)| charge.is_denied(answer));
        let waits = denied.map(|(_, answer)| of_wait(answer));
        let Some(wait) = waits.min() else { return };
        let until = asked.now.saturating_add(wait.min(self.longest));
        if let Some(place) = self.place(charges) {
            let (charges, answers) = (charges.clone(), answers.to_vec());
            let denial =
                Denial { charges, answers, asked: asked.now, until, changes: asked.changes };
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(denial);
        }
    }

    /// To be called when something was given back.
    pub(super) fn forget<'a>(&self, charges: impl IntoIterator<Item = &'a Charge>) {
        for changed in charges.into_iter().filter_map(|charge| self.change(charge)) {
            changed.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn place(&self, charges: &Charges) -> Option<&Mutex<Option<Denial>>> {
        self.places.get(self.index(charges))
    }

    /// All changes to these clients; it only grows.
    fn changes(&self, charges: &Charges) -> u64 {
        let each = charges.iter().filter_map(|charge| self.change(charge));
        each.map(|changes| changes.load(Ordering::Relaxed)).fold(0, u64::wrapping_add)
    }

    fn change(&self, charge: &Charge) -> Option<&AtomicU64> {
        self.changes.get(self.index(&charge.account()))
    }

    fn index(&self, of: &impl Hash) -> usize {
        let hash = usize::try_from(self.hasher.hash_one(of) >> 16).unwrap_or(0);
        hash.checked_rem(self.places.len()).unwrap_or(0)
    }
}

/// The same answer so much later.
fn later(answer: &Answer, passed: Duration) -> Answer {
    let mut answer = *answer;
    answer.next = answer.next.saturating_sub(passed);
    if let Ruling::Denied { wait } = &mut answer.ruling {
        *wait = wait.saturating_sub(passed);
    }
    answer
}

fn of_wait(answer: &Answer) -> u64 {
    match answer.ruling {
        Ruling::Denied { wait } => u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX),
        Ruling::Allowed | Ruling::NeverPossible => u64::MAX,
    }
}
