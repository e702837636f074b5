mod kept;

use std::str;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rempart_core::{
    ClientAddr, Event, EventKind, HttpMethod, IpPrefix, KeyId, Outcome, PolicyName, Reason,
};

pub(super) use self::kept::KEPT;
use self::kept::Kept;

/// The last refusals. One that is like another that is still kept is counted with it, so that an
/// attack does not push out everything else.
#[derive(Default)]
pub(super) struct Recent(Mutex<Kept>);

#[derive(Clone, Copy)]
struct Entry {
    same: Same,
    last: Last,
    /// The number of its client.
    client: usize,
    count: u64,
    turn: u64,
}

/// What is told of the last of those that are alike.
#[derive(Clone, Copy)]
struct Last {
    method: Option<HttpMethod>,
    client: Option<ClientAddr>,
    key: Option<KeyId>,
    ticks: u64,
}

/// What makes two refusals alike.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Same {
    client: Option<IpPrefix>,
    kind: EventKind,
    outcome: Outcome,
    reason: Option<Reason>,
    policy: PolicyName,
    route: Route,
}

impl Recent {
    pub(super) fn note(&self, ticks: u64, event: &Event<'_>) {
        let same = Same {
            client: event.client.map(ClientAddr::identity),
            kind: event.kind,
            outcome: event.outcome,
            reason: event.reason,
            policy: *event.policy,
            route: Route::new(event.route),
        };
        let &Event { method, client, key, .. } = event;
        self.lock().note(same, Last { method, client, key, ticks });
    }

    /// The newest first; `ticks` and `unix` are now.
    pub(super) fn newest_first(&self, ticks: u64, unix: Duration) -> Vec<RecentRefusal> {
        let mut entries: Vec<Entry> = self.lock().entries().collect();
        entries.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.turn));
        let told = |entry: Entry| {
            let ago = Duration::from_nanos(ticks.saturating_sub(entry.last.ticks));
            RecentRefusal { at: unix.saturating_sub(ago), ago, entry }
        };
        entries.into_iter().map(told).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing here can panic; if it could, an entry would at worst be counted once too often.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A refusal that is remembered, with how often it came.
///
/// Two are alike if they differ in nothing that is told of them but the time, the method, the key
/// and, in IPv6, the host within its /64.
#[derive(Clone, Copy)]
pub struct RecentRefusal {
    at: Duration,
    ago: Duration,
    entry: Entry,
}

impl RecentRefusal {
    /// When it came last, since 1970, by the clock as it stands now.
    #[must_use]
    pub const fn at(&self) -> Duration {
        self.at
    }

    /// How long ago that is.
    #[must_use]
    pub const fn ago(&self) -> Duration {
        self.ago
    }

    /// How often it came since it was first kept.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.entry.count
    }

    /// What was decided upon.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        self.entry.same.kind
    }

    /// How it was decided.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        self.entry.same.outcome
    }

    /// The name of the event, as in logs: `signature.rejected`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.entry.same.kind.event_name(self.entry.same.outcome)
    }

    /// Why.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        self.entry.same.reason
    }

    /// The policy that decided.
    #[must_use]
    pub const fn policy(&self) -> &PolicyName {
        &self.entry.same.policy
    }

    /// Who asked last, if the address is known.
    #[must_use]
    pub const fn client(&self) -> Option<ClientAddr> {
        self.entry.last.client
    }

    /// The method of the last request.
    #[must_use]
    pub const fn method(&self) -> Option<HttpMethod> {
        self.entry.last.method
    }

    /// The key that was used last, if one was.
    #[must_use]
    pub const fn key(&self) -> Option<KeyId> {
        self.entry.last.key
    }

    /// The route as it was declared, if a router has said it. One that is longer than 48 bytes is
    /// cut, and ends in `…`.
    #[must_use]
    pub fn route(&self) -> Option<&str> {
        self.entry.same.route.as_str()
    }
}

impl std::fmt::Debug for RecentRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecentRefusal")
            .field("at", &self.at())
            .field("count", &self.count())
            .field("name", &self.name())
            .field("reason", &self.reason())
            .field("policy", self.policy())
            .field("client", &self.client())
            .field("route", &self.route())
            .finish_non_exhaustive()
    }
}

/// The text of a route, in place.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Route {
    // Padded with zero bytes.
    bytes: [u8; ROUTE],
    /// 0 where no route is known: a declared one has a slash at least.
    length: u8,
}

impl Route {
    fn new(text: Option<&str>) -> Self {
        let text = text.unwrap_or_default();
        let mut bytes = [0; ROUTE];
        let length = if text.len() <= ROUTE {
            copy(&mut bytes, 0, text)
        } else {
            let room = ROUTE.saturating_sub(ELLIPSIS.len());
            let kept = text.char_indices().map(|(at, letter)| at.saturating_add(letter.len_utf8()));
            let end = kept.take_while(|end| *end <= room).last().unwrap_or_default();
            let end = copy(&mut bytes, 0, text.get(..end).unwrap_or_default());
            copy(&mut bytes, end, ELLIPSIS)
        };
        Self { bytes, length: u8::try_from(length).unwrap_or_default() }
    }

    fn as_str(&self) -> Option<&str> {
        let text = str::from_utf8(self.bytes.get(..usize::from(self.length))?).ok()?;
        (!text.is_empty()).then_some(text)
    }
}

/// Copies a text to a place, and answers where it ends.
fn copy(bytes: &mut [u8; ROUTE], at: usize, text: &str) -> usize {
    let end = at.saturating_add(text.len());
    match bytes.get_mut(at..end) {
        Some(place) => {
            place.copy_from_slice(text.as_bytes());
            end
        }
        None => at,
    }
}

const ROUTE: usize = 48;
const ELLIPSIS: &str = "…";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_a_route_between_two_letters() {
        let (long, wide) = ("/a".repeat(25), format!("/{}", "é".repeat(30)));
        #[rustfmt::skip]
        let rows = [
            (None,             None),
            (Some(""),         None),
            (Some("/calls"),   Some("/calls".to_owned())),
            (Some(&long[..48]), Some(long[..48].to_owned())),
            (Some(&long[..49]), Some(format!("{}…", &long[..45]))),
            (Some(&wide),      Some(format!("/{}…", "é".repeat(22)))),
        ];
        for (route, kept) in rows {
            assert_eq!(Route::new(route).as_str().map(str::to_owned), kept, "{route:?}");
        }
    }
}
