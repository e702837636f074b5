use super::job::{Terms, Wish};
use super::log::Log;
use super::number::number;
use super::rule::Kind;
use super::write::Change;

/// Decides on all limits of one request, and charges all of them or none: what `decide.lua` does,
/// for stores that run no scripts. Returns the numbers that it says, and what is to be written.
pub(super) fn decide<H: AsRef<[u8]>>(
    part: u64,
    wishes: &[Wish],
    now: u64,
    held: impl Iterator<Item = Option<H>>,
) -> (Vec<u64>, Vec<Option<Change>>) {
    let look = |(wish, held): (&Wish, Option<H>)| {
        Seen::look(&wish.terms, now, held.as_ref().map(AsRef::as_ref))
    };
    let seen: Vec<_> = wishes.iter().zip(held).map(look).collect();
    let in_the_way = |(wish, seen): (&Wish, &Seen)| seen.is_denied() && !wish.on_trial;
    let fits = !wishes.iter().zip(&seen).any(in_the_way);
    let mut numbers = vec![now, fits.into()];
    let mut changes = Vec::with_capacity(wishes.len());
    for (wish, seen) in wishes.iter().zip(&seen) {
        // What a limit on trial would deny, it does not charge.
        let charged = fits && !seen.is_denied();
        let leased = if charged { seen.lease(wish, part) } else { 0 };
        let cost = if charged { wish.terms.cost.saturating_add(leased) } else { 0 };
        numbers.extend([seen.used, seen.wait, seen.oldest, leased]);
        changes.push((cost > 0 || seen.cut).then(|| seen.charge(&wish.terms, now, cost)));
    }
    (numbers, changes)
}

/// What a limit finds.
struct Seen {
    /// Debt or admissions, before the request.
    used: u64,
    wait: u64,
    /// Until the oldest admission is over.
    oldest: u64,
    /// Whether something was there that nobody can owe.
    cut: bool,
    /// The log of a window, and how many of it count in no tier any more.
    log: Option<(Log, usize)>,
}

impl Seen {
    fn look(terms: &Terms, now: u64, held: Option<&[u8]>) -> Self {
        match terms.kind {
            Kind::Gcra => Self::debt(terms, now, held),
            Kind::Window => Self::window(terms, now, held),
        }
    }

    /// What nobody can owe is no debt: the clock stepped back, or the quota was made smaller.
    fn debt(terms: &Terms, now: u64, held: Option<&[u8]>) -> Self {
        let owed = held.and_then(number).unwrap_or(now).saturating_sub(now);
        let used = owed.min(terms.horizon);
        let wait = used.saturating_add(terms.price()).saturating_sub(terms.burst());
        Self { used, wait, oldest: 0, cut: owed > terms.horizon, log: None }
    }

    fn window(terms: &Terms, now: u64, held: Option<&[u8]>) -> Self {
        let mut log = Log::read(held);
        let cut = log.end_at(now);
        let over = log.past(terms.step, now);
        // What no longer counts here may count in another tier.
        let gone = if terms.horizon > terms.step { log.past(terms.horizon, now) } else { over };
        let counting = log.len().saturating_sub(over);
        let used = u64::try_from(counting).unwrap_or(u64::MAX);
        let over_in = |nth: usize| {
            let time = log.time(over.saturating_add(nth));
            time.saturating_add(terms.step).saturating_sub(now)
        };
        let too_many = used.saturating_add(terms.cost).saturating_sub(terms.size);
        let wait = match usize::try_from(too_many).unwrap_or(usize::MAX) {
            0 => 0,
            too_many if too_many > counting => terms.step,
            too_many => over_in(too_many.saturating_sub(1)),
        };
        let oldest = if used > 0 { over_in(0) } else { 0 };
        Self { used, wait, oldest, cut, log: Some((log, gone)) }
    }

    const fn is_denied(&self) -> bool {
        self.wait > 0
    }

    /// How many requests more are charged, for the instance to admit without asking.
    fn lease(&self, wish: &Wish, part: u64) -> u64 {
        let left = wish.terms.burst().saturating_sub(self.used);
        let free = left.checked_div(wish.terms.step).unwrap_or(0).saturating_sub(wish.terms.cost);
        free.checked_div(part).unwrap_or(0).min(wish.lease)
    }

    fn charge(&self, terms: &Terms, now: u64, cost: u64) -> Change {
        if let Some((log, gone)) = &self.log {
            return Change::set(log.value(*gone, now, cost), terms.horizon);
        }
        let owed = self.used.saturating_add(terms.step.saturating_mul(cost));
        Change::set(now.saturating_add(owed).to_string().into(), owed)
    }
}
