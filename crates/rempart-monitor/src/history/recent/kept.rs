use rempart_core::EventKind;

use super::{Entry, Last, Same};

/// The refusals that are kept, and whose they are.
pub(super) struct Kept {
    entries: [Option<Entry>; KEPT],
    /// How many places each client holds, by a number that all of its entries bear.
    clients: [u8; KEPT],
    /// How many places each kind holds.
    kinds: [u8; EventKind::ALL.len()],
    /// Grows with every refusal: the order in which they came.
    turn: u64,
}

impl Kept {
    /// Counts a refusal with the one that it is like, or gives it a place.
    pub(super) fn note(&mut self, same: Same, last: Last) {
        self.turn = self.turn.saturating_add(1);
        let turn = self.turn;
        let mut client = None;
        for entry in self.entries.iter_mut().flatten() {
            if entry.same.client == same.client {
                if entry.same == same {
                    let count = entry.count.saturating_add(1);
                    *entry = Entry { last, count, turn, ..*entry };
                    return;
                }
                client = Some(entry.client);
            }
        }
        let Some(place) = self.place(is_critical(&same)) else { return };
        self.forget(place);
        // A number that nobody bears: there are as many as places, and one place is free now.
        let unborne = || self.clients.iter().position(|held| *held == 0);
        let Some(client) = client.or_else(unborne) else { return };
        let entry = Entry { same, last, client, count: 1, turn };
        tally(&mut self.clients, client, |held| held.saturating_add(1));
        tally(&mut self.kinds, same.kind.index(), |held| held.saturating_add(1));
        if let Some(place) = self.entries.get_mut(place) {
            *place = Some(entry);
        }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.entries.into_iter().flatten()
    }

    /// Where the next goes: to a free place; or to that of the entry whose client and kind hold most
    /// places together, the oldest of them, so that nobody pushes out everybody else. What is critical
    /// gives way to what is critical alone, and takes half of the places at most.
    fn place(&self, critical: bool) -> Option<usize> {
        let (criticals, free) = self.room();
        let crowded = critical && criticals >= CRITICAL;
        if !crowded && free.is_some() {
            return free;
        }
        let mut first = None;
        // Most places first, and the oldest of equals.
        let mut most = (0, u64::MAX);
        for (at, entry) in self.entries.iter().enumerate() {
            let Some(Entry { same, client, turn, .. }) = entry else { continue };
            if is_critical(same) != crowded {
                continue;
            }
            let of_kind = self.kinds.get(same.kind.index()).copied().unwrap_or_default();
            let of_client = self.clients.get(*client).copied().unwrap_or_default();
            let places = of_kind.saturating_add(of_client);
            if places > most.0 || places == most.0 && *turn < most.1 {
                (first, most) = (Some(at), (places, *turn));
            }
        }
        first
    }

    /// How many places are held by what is critical, and one that is free.
    fn room(&self) -> (u8, Option<usize>) {
        let kinds = EventKind::ALL.iter().zip(self.kinds);
        let criticals = kinds.filter(|(kind, _)| kind.is_critical());
        let criticals = criticals.fold(0_u8, |sum, (_, held)| sum.saturating_add(held));
        let all = self.kinds.iter().fold(0, |sum: usize, held| sum.saturating_add((*held).into()));
        // Places are never given back: those that are held come first.
        (criticals, (all < KEPT).then_some(all))
    }

    fn forget(&mut self, place: usize) {
        if let Some(entry) = self.entries.get_mut(place).and_then(Option::take) {
            tally(&mut self.clients, entry.client, |held| held.saturating_sub(1));
            tally(&mut self.kinds, entry.same.kind.index(), |held| held.saturating_sub(1));
        }
    }
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            entries: [None; KEPT],
            clients: [0; KEPT],
            kinds: [0; EventKind::ALL.len()],
            turn: 0,
        }
    }
}

const fn is_critical(same: &Same) -> bool {
    same.kind.is_critical()
}

fn tally(held: &mut [u8], at: usize, change: fn(u8) -> u8) {
    if let Some(held) = held.get_mut(at) {
        *held = change(*held);
    }
}

/// How many different ones are kept.
pub(in crate::history) const KEPT: usize = 50;

/// How many of them are critical, at most.
const CRITICAL: u8 = 25;
