use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use http::header;
use rempart_core::{Faults, NameError, PolicyName, SharedTimer, Timer};
use thiserror::Error;

use super::certificates::LookUp;
use super::{CertificateFetcher, Certificates, Showing, Shown};
use crate::body::Intake;
use crate::budget::Budget;
use crate::policy::frame_limit;
use crate::{Head, Policy, Rejection, Window};

/// Every fault of a configuration.
pub type CertifiedConfigErrors = rempart_core::ConfigErrors<CertifiedConfigError>;

/// One fault of the configuration of [`Sns`](crate::sns::Sns) or [`PayPal`](crate::paypal::PayPal).
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertifiedConfigError {
    /// The policy's name is none.
    #[error("name: {0}")]
    Name(#[from] NameError),
    /// Nothing fetches certificates.
    #[error("fetcher: not given")]
    FetcherMissing,
    /// Nothing measures how long a body and a certificate may take.
    #[error("timer: not given")]
    TimerMissing,
    /// Everybody with an account could have a topic that posts here.
    #[error("topics: not given")]
    TopicMissing,
    /// Not `arn:…:sns:REGION:ACCOUNT:NAME`.
    #[error("topics: `{topic}` is no topic's ARN")]
    Topic {
        /// What was given.
        topic: String,
    },
    /// The webhook's id is not given, or has characters that none has.
    #[error("webhook_id: not given, or not of letters and digits")]
    WebhookId,
    /// The signature does not cover the body, but a checksum of it.
    #[error(
        "coverage: the signature covers a checksum of the body, add `.dangerously_accept_checksum()`"
    )]
    ChecksumOnly,
    /// No time would lie in the window, or too many.
    #[error("window: is 0 in the past, or more than {:?}", Window::WIDEST)]
    Window,
    /// No body would ever be taken.
    #[error("body_limit: is 0")]
    BodyLimitZero,
}

/// What both have.
#[derive(Clone)]
pub(crate) struct Common {
    pub(crate) name: PolicyName,
    pub(crate) certificates: Arc<Certificates>,
    pub(crate) window: Window,
    pub(crate) body_limit: u64,
    budget: Budget,
    pub(crate) timer: SharedTimer,
    deadline: Option<(Duration, SharedTimer)>,
}

impl Common {
    /// Refuses a body that could not be read as it is, or that says of itself that it is too long.
    pub(crate) fn examine(&self, head: &Head<'_>) -> Result<(), Rejection> {
        let mut codings = head.headers.get_all(header::CONTENT_ENCODING).iter();
        if !codings.all(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity")) {
            return Err(Rejection::Encoded);
        }
        if head.declared_length() > self.body_limit { Err(Rejection::TooLarge) } else { Ok(()) }
    }

    /// Looks a certificate up, and waits for it. Without a timer: whoever calls has one.
    pub(crate) async fn verify(&self, showing: Showing, now: Duration) -> Result<Shown, Rejection> {
        self.judge(showing.proof.at, now)?;
        let url = &showing.proof.url;
        let found = match self.certificates.look_up(url, now) {
            LookUp::Done(found) => found,
            LookUp::Fetching(fetch) => {
                let found = poll_fn(|cx| fetch.poll(cx)).await;
                self.certificates.settle(url, &fetch, &found, now);
                found
            }
        };
        showing.judge(found, now)
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
}

impl fmt::Debug for Common {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Common")
            .field("name", &self.name)
            .field("certificates", &self.certificates)
            .field("window", &self.window)
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}

/// What is given of it.
pub(crate) struct CommonBuilder {
    pub(crate) name: Result<PolicyName, NameError>,
    pub(crate) fetcher: Option<Box<dyn CertificateFetcher>>,
    pub(crate) timer: Option<SharedTimer>,
    pub(crate) window: Window,
    pub(crate) body_limit: u64,
}

impl CommonBuilder {
    pub(crate) fn new(name: &str, window: Window) -> Self {
        Self {
            name: PolicyName::new(name),
            fetcher: None,
            timer: None,
            window,
            body_limit: crate::Scheme::BODY_LIMIT,
        }
    }

    pub(crate) fn timer(&mut self, timer: impl Timer + 'static) {
        self.timer = Some(Arc::new(timer));
    }

    pub(crate) fn build(self, faults: &mut Faults<CertifiedConfigError>) -> Option<Common> {
        let name = faults.take(self.name.map_err(CertifiedConfigError::from));
        if self.fetcher.is_none() {
            faults.push(CertifiedConfigError::FetcherMissing);
        }
        if self.timer.is_none() {
            faults.push(CertifiedConfigError::TimerMissing);
        }
        let widest = self.window.past().max(self.window.future());
        if self.window.past() == Duration::ZERO || widest > Window::WIDEST {
            faults.push(CertifiedConfigError::Window);
        }
        if self.body_limit == 0 {
            faults.push(CertifiedConfigError::BodyLimitZero);
        }
        let timer = self.timer?;
        let one = Budget::of_one(self.body_limit, frame_limit(self.body_limit));
        let budget = Policy::BUFFER_BUDGET.max(one);
        Some(Common {
            name: name?,
            certificates: Arc::new(Certificates::new(self.fetcher?)),
            window: self.window,
            body_limit: self.body_limit,
            budget: Budget::new(budget),
            deadline: Some((Policy::READ_DEADLINE, Arc::clone(&timer))),
            timer,
        })
    }
}

impl fmt::Debug for CommonBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommonBuilder")
            .field("name", &self.name)
            .field("window", &self.window)
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}

/// Counts what is read of a body.
pub(crate) struct Counted<'a> {
    pub(crate) common: &'a Common,
    pub(crate) received: &'a mut u64,
}

impl Intake for Counted<'_> {
    fn take(&mut self, frame: &[u8]) -> Result<(), Rejection> {
        let length = u64::try_from(frame.len()).unwrap_or(u64::MAX);
        *self.received = self.received.saturating_add(length);
        if *self.received > self.common.body_limit { Err(Rejection::TooLarge) } else { Ok(()) }
    }

    fn budget(&self) -> &Budget {
        &self.common.budget
    }

    fn frame_limit(&self) -> usize {
        frame_limit(self.common.body_limit)
    }

    fn deadline(&self) -> Option<&(Duration, SharedTimer)> {
        self.common.deadline.as_ref()
    }
}
