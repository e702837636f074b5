use super::job::Spent;
use super::log::{DIGITS, at, entries, value};
use super::number::number;
use super::rule::Kind;
use super::write::Change;

/// Gives back what charges still hold, and no more: what `refund.lua` does, for stores that run no
/// scripts. Returns how many gave something back, and what is to be written.
pub(super) fn refund<H: AsRef<[u8]>>(
    spent: &[Spent],
    now: u64,
    held: impl Iterator<Item = Option<H>>,
) -> (Vec<u64>, Vec<Option<Change>>) {
    let give = |(spent, held): (&Spent, Option<H>)| match spent.terms.kind {
        Kind::Gcra => debt(spent, now, held?.as_ref()),
        Kind::Window => window(spent, now, held?.as_ref()),
    };
    let changes: Vec<_> = spent.iter().zip(held).map(give).collect();
    let given = changes.iter().flatten().fold(0_u64, |given, _| given.saturating_add(1));
    (vec![given], changes)
}

fn debt(spent: &Spent, now: u64, held: &[u8]) -> Option<Change> {
    let Spent { terms, mark } = spent;
    let until = number(held)?.min(now.saturating_add(terms.horizon));
    // Debts are paid in the order in which they were run up: what came later stays owed.
    let left = terms.price().min(mark.saturating_sub(now));
    if until <= now || left == 0 {
        return None;
    }
    let rest = until.saturating_sub(left);
    Some(match rest.saturating_sub(now) {
        0 => Change::Delete,
        owed => Change::set(rest.to_string().into(), owed),
    })
}

fn window(spent: &Spent, now: u64, held: &[u8]) -> Option<Change> {
    let Spent { terms, mark } = spent;
    let log = entries(held)?;
    if mark.saturating_add(terms.horizon) <= now {
        return None;
    }
    // What is no whole entry at the end stays where it is, as it does in the script.
    let (whole, cut_off) = log.as_chunks::<DIGITS>();
    let of_then = at(*mark);
    let (mut found, mut kept) = (0_u64, Vec::with_capacity(whole.len()));
    for entry in whole.iter().rev() {
        if found < terms.cost && *entry == of_then {
            found = found.saturating_add(1);
        } else {
            kept.push(entry);
        }
    }
    if found == 0 {
        return None;
    }
    let log: Vec<_> = kept.into_iter().rev().flatten().chain(cut_off).copied().collect();
    let Some(newest) = log.last_chunk::<DIGITS>() else { return Some(Change::Delete) };
    let newest = number(newest).unwrap_or(now).min(now);
    Some(Change::set(value(&log), newest.saturating_add(terms.horizon).saturating_sub(now)))
}
