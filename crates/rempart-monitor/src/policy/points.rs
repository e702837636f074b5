use rempart_core::{Event, EventKind, Outcome, Reason};

/// How many kinds there are.
const KINDS: usize = EventKind::ALL.len();

/// The points of a refusal, by its kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Points {
    kinds: [u8; KINDS],
    /// No slip counts for more.
    slip: u8,
}

impl Points {
    pub(super) fn set(&mut self, kind: EventKind, points: u8) {
        if let Some(of_kind) = self.kinds.get_mut(kind.index()) {
            *of_kind = points;
        }
    }

    /// Overlooks what a page of anybody's can have a browser do.
    pub(super) fn overlook_provoked(&mut self) {
        self.slip = 0;
        EventKind::ALL
            .iter()
            .filter(|kind| is_provoked(**kind))
            .for_each(|kind| self.set(*kind, 0));
    }

    /// Refusals alone: what a policy on trial would have refused was served, and what failed is
    /// the service's own fault.
    pub(super) fn of(&self, event: &Event<'_>) -> u32 {
        if event.outcome != Outcome::Refused {
            return 0;
        }
        let points = self.kinds.get(event.kind.index()).copied().unwrap_or_default();
        let points = if is_slip(event) { points.min(self.slip) } else { points };
        points.into()
    }
}

impl Default for Points {
    fn default() -> Self {
        let mut points = Self { kinds: [0; KINDS], slip: 1 };
        for kind in EventKind::ALL {
            points.set(*kind, of_kind(*kind));
        }
        points
    }
}

/// What honest clients do too. A page whose session has ended asks for several things at once, a
/// scraper whose token has ended scrapes on, and a sender that waits too long for its answer sends
/// again. And whoever visits a hostile page asks for whatever its images name, without credentials.
/// One point at most.
const fn is_slip(event: &Event<'_>) -> bool {
    matches!(
        (event.kind, event.reason),
        (EventKind::Signature, Some(Reason::Missing))
            | (
                EventKind::Admin | EventKind::Authorization | EventKind::Token,
                Some(Reason::Missing | Reason::Expired)
            )
            | (EventKind::Admin, Some(Reason::CrossSite))
            | (EventKind::Replay, Some(Reason::InFlight))
    )
}

/// What a page of anybody's can have the browser of its visitor do, beside asking for things without
/// credentials: send too much, to too many places, too often.
const fn is_provoked(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Body
            | EventKind::CorsActual
            | EventKind::CorsPreflight
            | EventKind::FetchMetadata
            | EventKind::RateLimit
            | EventKind::Report
    )
}

const fn of_kind(kind: EventKind) -> u8 {
    match kind {
        EventKind::Admin | EventKind::Authorization | EventKind::Signature => 5,
        EventKind::Replay | EventKind::Token => 3,
        // Honest senders are cut off as well, and browsers report what their extensions did.
        kind if is_provoked(kind) => 1,
        // The service's own doings; and the use of a revoked key is told beside the refusal of
        // its signature or token, which counts already.
        _ => 0,
    }
}
