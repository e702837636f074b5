use rempart_core::{Event, EventKind, Outcome, Reason};

/// How many kinds there are.
const KINDS: usize = EventKind::ALL.len();

/// The points of a refusal, by its kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Points([u8; KINDS]);

impl Points {
    pub(super) fn set(&mut self, kind: EventKind, points: u8) {
        if let Some(of_kind) = self.0.get_mut(kind.index()) {
            *of_kind = points;
        }
    }

    /// Refusals alone: what a policy on trial would have refused was served, and what failed is
    /// the service's own fault.
    pub(super) fn of(&self, event: &Event<'_>) -> u32 {
        if event.outcome != Outcome::Refused {
            return 0;
        }
        let points = self.0.get(event.kind.index()).copied().unwrap_or_default();
        let points = if is_slip(event) { points.min(1) } else { points };
        points.into()
    }
}

impl Default for Points {
    fn default() -> Self {
        let mut points = Self([0; KINDS]);
        for kind in EventKind::ALL {
            points.set(*kind, of_kind(*kind));
        }
        points
    }
}

/// What honest clients do too: a page whose session has ended asks for several things at once, and
/// a sender that waits too long for its answer sends again. One point at most.
const fn is_slip(event: &Event<'_>) -> bool {
    matches!(
        (event.kind, event.reason),
        (EventKind::Token, Some(Reason::Missing | Reason::Expired))
            | (EventKind::Replay, Some(Reason::InFlight))
    )
}

const fn of_kind(kind: EventKind) -> u8 {
    match kind {
        EventKind::Admin | EventKind::Authorization | EventKind::Signature => 5,
        EventKind::Replay | EventKind::Token => 3,
        EventKind::CorsActual
        | EventKind::CorsPreflight
        | EventKind::FetchMetadata
        | EventKind::RateLimit => 2,
        // Honest senders are cut off, and browsers report what their extensions did.
        EventKind::Body | EventKind::Report => 1,
        // The service's own doings; and the use of a revoked key is told beside the refusal of
        // its signature or token, which counts already.
        _ => 0,
    }
}
