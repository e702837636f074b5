use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use tracing::Level;

use super::{Explanation, LONGEST, of_body, of_head};
use crate::layer::Shared;
use crate::{Head, Policy, Rejection, body};

/// Writes explanations into the log, one a second at most.
#[derive(Debug, Default)]
pub(crate) struct Teller {
    /// The tick from which on the next one may be told.
    next: AtomicU64,
}

impl Teller {
    const PAUSE: u64 = 1_000_000_000;

    /// Whether one may be told now; then it is this one. What is not told is not looked for either.
    fn is_due(&self, ticks: u64) -> bool {
        let next = self.next.load(Ordering::Relaxed);
        let after = ticks.saturating_add(Self::PAUSE);
        ticks >= next
            && self.next.compare_exchange(next, after, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl Shared {
    /// Explains a request that was refused by its head alone.
    pub(crate) fn explain_head(&self, policy: &Policy, rejection: Rejection, head: &Head<'_>) {
        if self.explains(rejection)
            && let Some(explanation) = of_head(policy, head, rejection, self.clock.unix())
        {
            tell(policy, rejection, &explanation);
        }
    }

    /// Explains a request whose body is there.
    pub(crate) fn explain_body(
        &self,
        policy: &Policy,
        rejection: Rejection,
        parts: &Parts,
        frames: &VecDeque<Bytes>,
    ) {
        if !self.explains(rejection) {
            return;
        }
        let (head, now) = (Head::of_parts(parts), self.clock.unix());
        let length = frames.iter().fold(0_usize, |sum, frame| sum.saturating_add(frame.len()));
        let explanation = match of_head(policy, &head, rejection, now) {
            Some(explanation) => explanation,
            None if length > LONGEST => Explanation::BodyTooLong,
            None => of_body(policy, &head, &body::whole(frames), now),
        };
        tell(policy, rejection, &explanation);
    }

    fn explains(&self, rejection: Rejection) -> bool {
        rejection.status() == StatusCode::UNAUTHORIZED
            && self.explaining.as_ref().is_some_and(|teller| teller.is_due(self.clock.ticks()))
    }
}

fn tell(policy: &Policy, rejection: Rejection, explanation: &Explanation) {
    tracing::event!(
        target: "rempart",
        Level::WARN,
        event.name = "signature.explained",
        policy = policy.name().as_str(),
        reason = rejection.reason().as_str(),
        explanation = %explanation,
    );
}
