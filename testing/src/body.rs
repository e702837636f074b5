use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};

/// What a scripted body does when it is polled.
#[derive(Debug)]
pub enum Step {
    /// Gives a frame of data.
    Data(Bytes),
    /// Gives the trailers.
    Trailers(HeaderMap),
    /// Breaks off, as a connection does.
    Cut,
    /// Has nothing yet; wakes at once, so that a deadline can be looked at again.
    Pending,
    /// Never has anything again, and never wakes.
    Stall,
}

/// A body that follows a script, and counts how often it was polled.
#[derive(Debug, Default)]
pub struct Script {
    steps: VecDeque<Step>,
    polls: Arc<AtomicUsize>,
}

impl Script {
    /// Starts with nothing to give.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a step.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }

    /// Adds a frame of data.
    #[must_use]
    pub fn data(self, bytes: impl Into<Bytes>) -> Self {
        self.then(Step::Data(bytes.into()))
    }

    /// How often the body is polled; read it after the body has gone into a request.
    pub fn polls(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.polls)
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.polls.fetch_add(1, Ordering::SeqCst);
        match self.steps.pop_front() {
            None => Poll::Ready(None),
            Some(Step::Data(bytes)) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Some(Step::Trailers(trailers)) => Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
            Some(Step::Cut) => Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
            Some(Step::Pending) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Stall) => {
                self.steps.push_front(Step::Stall);
                Poll::Pending
            }
        }
    }
}
