mod book;

use std::collections::VecDeque;

use self::book::Book;
use super::rule;
use crate::verb::limit::arrivals::Arrival;
use crate::verb::limit::group::Group;
use crate::verb::limit::plan::Sharing;
use crate::verb::limit::rule::Rule;

/// The shared store: a key for each client of whom something counts.
pub(in crate::verb::limit) struct Engine {
    sharing: Sharing,
    /// Of each group.
    books: Vec<Book>,
    /// Until when the keys of strangers are kept, the soonest first: all are kept as long.
    strangers: VecDeque<u64>,
    peak: usize,
}

/// What the shared store says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The request is served, and this instance may serve so many more.
    Allowed { leased: u32 },
    /// So many nanoseconds later it would be.
    Denied { wait: u64 },
}

impl Engine {
    pub(super) fn new(counted: Rule, sharing: &Sharing, groups: &[Group]) -> Self {
        let book = |group: &Group| Book::new(counted, group.who.clients().unwrap_or_default());
        Self {
            sharing: sharing.clone(),
            books: groups.iter().map(book).collect(),
            strangers: VecDeque::new(),
            peak: 0,
        }
    }

    /// The most keys that were ever seen there.
    pub(in crate::verb::limit) const fn peak(&self) -> usize {
        self.peak
    }

    /// Decides on a request, of an instance that has room for a lease or has not.
    pub(super) fn decide(&mut self, arrival: &Arrival, has_room: bool) -> Answer {
        let Arrival { at: now, group, client, .. } = *arrival;
        let client = client.and_then(|client| usize::try_from(client).ok());
        let Some(book) = self.books.get_mut(group) else { return Answer::Denied { wait: 0 } };
        let left = match book.look(client, now) {
            Ok(left) => left,
            Err(wait) => return Answer::Denied { wait },
        };
        let leased = if has_room { rule::leased(&self.sharing, left) } else { 0 };
        let until = book.charge(client, now, leased.saturating_add(1));
        if client.is_none() {
            self.forget(now);
            self.strangers.push_back(until);
        }
        Answer::Allowed { leased }
    }

    pub(super) fn look(&mut self, now: u64) {
        self.forget(now);
        let known = self.books.iter().map(|book| book.keys(now)).fold(0, usize::saturating_add);
        self.peak = self.peak.max(known.saturating_add(self.strangers.len()));
    }

    /// Lets go of strangers of whom nothing counts any more. Those with a lease stay a little
    /// longer, and keep the ones after them until then.
    fn forget(&mut self, now: u64) {
        while self.strangers.front().is_some_and(|until| *until <= now) {
            self.strangers.pop_front();
        }
    }
}
