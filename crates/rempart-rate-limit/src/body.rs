use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::{fmt, mem};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use rempart_core::{ResponseBody, SharedClock};

use crate::charges::Charges;

pin_project! {
    /// The body of a response behind a limit: the service's own, or a refusal's.
    ///
    /// Behind a limit of concurrency it keeps the request counted until it ends or is dropped, and
    /// where the trailers say what a request is charged, it reads them.
    pub struct LimitedBody<B> {
        #[pin]
        body: ResponseBody<B>,
        held: Option<Box<Unsettled>>,
    }
}

impl<B> LimitedBody<B> {
    pub(crate) const fn new(body: ResponseBody<B>) -> Self {
        Self { body, held: None }
    }

    pub(crate) const fn holding(body: ResponseBody<B>, held: Option<Box<Unsettled>>) -> Self {
        Self { body, held }
    }
}

/// What the head of a response has not settled.
pub(crate) struct Unsettled {
    charges: Charges,
    clock: SharedClock,
}

impl Unsettled {
    pub(crate) fn new(charges: Charges, clock: SharedClock) -> Option<Box<Self>> {
        (!charges.is_empty()).then(|| Box::new(Self { charges, clock }))
    }

    #[cold]
    fn settle(&mut self, trailers: &HeaderMap) {
        let charges = mem::take(&mut self.charges);
        self.charges = charges.settle_with(&*self.clock, trailers);
    }
}

impl Drop for Unsettled {
    /// The trailers that would have said more never came.
    fn drop(&mut self) {
        mem::take(&mut self.charges).stand(&*self.clock);
    }
}

impl<B: Default> Default for LimitedBody<B> {
    fn default() -> Self {
        Self::new(ResponseBody::default())
    }
}

impl<B: Body<Data = Bytes>> Body for LimitedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.body.poll_frame(cx));
        match (&frame, this.held.as_mut()) {
            (Some(Ok(frame)), Some(held)) => {
                frame.trailers_ref().into_iter().for_each(|trailers| held.settle(trailers));
            }
            (Some(Ok(_)), None) => {}
            _ => *this.held = None,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

// By hand: a derive would ask for `B: Debug`, and a body's content has no place in a log.
impl<B> fmt::Debug for LimitedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.held.as_ref().map(|held| &held.charges);
        f.debug_struct("LimitedBody").field("held", &held).finish_non_exhaustive()
    }
}
