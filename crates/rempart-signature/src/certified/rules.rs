use std::fmt;
use std::future::poll_fn;
use std::time::Duration;

use http::{Method, header};
use rempart_core::{PolicyName, SharedTimer};

use super::certificates::{Found, LookUp};
use super::{Certificates, Proof};
use crate::body::{Intake, Limits};
use crate::budget::Budget;
use crate::replay::ReplayRules;
use crate::{Coverage, Head, Rejection, Verified, Window};

/// What the messages of a sender are held to: what holds for each sender, and its own terms.
#[derive(Debug)]
pub(crate) struct Rules<T> {
    pub(crate) common: Common,
    pub(crate) terms: T,
}

/// What holds for each sender.
pub(crate) struct Common {
    pub(crate) name: PolicyName,
    pub(crate) scheme: &'static str,
    pub(crate) certificates: Certificates,
    pub(crate) window: Window,
    pub(crate) limits: Limits,
    pub(crate) budget: Budget,
    pub(crate) timer: SharedTimer,
    pub(crate) replay: Option<ReplayRules>,
}

impl Common {
    /// None of them signs the whole body.
    pub(crate) const COVERAGE: Coverage = Coverage::Fields;

    /// Refuses a method that no such sender uses, a body that could not be read as it is, or that says
    /// of itself that it is too long.
    pub(crate) fn examine(&self, head: &Head<'_>) -> Result<(), Rejection> {
        if *head.method != Method::POST {
            return Err(Rejection::MethodNotAllowed);
        }
        let mut codings = head.headers.get_all(header::CONTENT_ENCODING).iter();
        if !codings.all(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity")) {
            return Err(Rejection::Encoded);
        }
        self.measure(head.declared_length())
    }

    /// Refuses a body of more bytes than are taken.
    pub(crate) fn measure(&self, bytes: u64) -> Result<(), Rejection> {
        if bytes > self.limits.bytes { Err(Rejection::TooLarge) } else { Ok(()) }
    }

    /// Refuses a signed time that is too far from now.
    pub(crate) fn judge(&self, sent: Duration, now: Duration) -> Result<(), Rejection> {
        if now.saturating_sub(sent) > self.window.past() {
            Err(Rejection::StaleTimestamp)
        } else if sent.saturating_sub(now) > self.window.future() {
            Err(Rejection::FutureTimestamp)
        } else {
            Ok(())
        }
    }

    /// Looks a certificate up, and waits for it. Without a timer: whoever calls has one.
    pub(crate) async fn verify(&self, proof: Proof, now: Duration) -> Result<Verified, Rejection> {
        self.judge(proof.at, now)?;
        let found = match self.certificates.look_up(&proof.url, now) {
            LookUp::Done(found) => found,
            LookUp::Fetching(fetch) => {
                let found = poll_fn(|cx| fetch.poll(cx)).await;
                self.certificates.settle(&proof.url, &fetch, &found, now);
                found
            }
        };
        self.conclude(proof, found, now)
    }

    /// What was verified, if this certificate is the signer's.
    pub(crate) fn conclude(
        &self,
        proof: Proof,
        found: Found,
        now: Duration,
    ) -> Result<Verified, Rejection> {
        let certificate = found.ok_or(Rejection::KeysUnavailable)?;
        certificate.verify(&proof, now)?;
        let replay_key =
            |rules: &ReplayRules| rules.identity("", Some(proof.id.as_bytes())).finish();
        Ok(Verified {
            policy: self.name,
            scheme: self.scheme.into(),
            key: certificate.id(),
            coverage: Self::COVERAGE,
            tenant: None,
            timestamp: Some(proof.at),
            replay_key: self.replay.as_ref().map(replay_key),
            id: Some(proof.id),
            id_signed: true,
            components: None,
            items: None,
        })
    }
}

impl fmt::Debug for Common {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Common")
            .field("name", &self.name)
            .field("certificates", &self.certificates)
            .field("window", &self.window)
            .field("limits", &self.limits)
            .field("buffer_budget", &self.budget.limit())
            .field("replay_ttl", &self.replay.as_ref().map(ReplayRules::ttl))
            .finish_non_exhaustive()
    }
}

/// Counts what is read of a body.
pub(super) struct Counted<'a> {
    pub(super) common: &'a Common,
    pub(super) received: &'a mut u64,
}

impl Intake for Counted<'_> {
    fn take(&mut self, frame: &[u8]) -> Result<(), Rejection> {
        let length = u64::try_from(frame.len()).unwrap_or(u64::MAX);
        *self.received = self.received.saturating_add(length);
        self.common.measure(*self.received)
    }

    fn budget(&self) -> &Budget {
        &self.common.budget
    }

    fn limits(&self) -> &Limits {
        &self.common.limits
    }
}
