use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use rempart_core::ResponseBody;

use crate::charges::Charges;

pin_project! {
    /// The body of a response behind a limit: the service's own, or a refusal's.
    ///
    /// Behind a limit of concurrency it keeps the request counted until it ends or is dropped.
    pub struct LimitedBody<B> {
        #[pin]
        body: ResponseBody<B>,
        held: Option<Box<Charges>>,
    }
}

impl<B> LimitedBody<B> {
    pub(crate) const fn new(body: ResponseBody<B>) -> Self {
        Self { body, held: None }
    }

    pub(crate) fn holding(body: ResponseBody<B>, charges: Charges) -> Self {
        Self { body, held: (!charges.is_empty()).then(|| Box::new(charges)) }
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
        if !matches!(frame, Some(Ok(_))) {
            *this.held = None;
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
        f.debug_struct("LimitedBody").field("held", &self.held).finish_non_exhaustive()
    }
}
