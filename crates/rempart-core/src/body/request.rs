use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::response::exactly;

pin_project! {
    /// The body of a request as a layer hands it on: passed through, or replayed once it was read.
    ///
    /// A replay gives the same bytes in the same frames, and the trailers if there were any.
    pub struct RequestBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<B> {
        Inner { #[pin] body: B },
        Replay { frames: VecDeque<Bytes>, left: usize, trailers: Option<HeaderMap> },
    }
}

impl<B> RequestBody<B> {
    /// Passes the client's body through.
    pub const fn inner(body: B) -> Self {
        Self { kind: Kind::Inner { body } }
    }

    /// Replays what was read. Empty frames are left out.
    pub fn replay(frames: impl Into<VecDeque<Bytes>>, trailers: Option<HeaderMap>) -> Self {
        let mut frames = frames.into();
        frames.retain(|frame| !frame.is_empty());
        let left = frames.iter().map(Bytes::len).fold(0, usize::saturating_add);
        Self { kind: Kind::Replay { frames, left, trailers } }
    }
}

impl<B: Default> Default for RequestBody<B> {
    fn default() -> Self {
        Self::inner(B::default())
    }
}

impl<B: Body<Data = Bytes>> Body for RequestBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().kind.project() {
            KindProj::Inner { body } => body.poll_frame(cx),
            KindProj::Replay { frames, left, trailers } => Poll::Ready(match frames.pop_front() {
                Some(frame) => {
                    *left = left.saturating_sub(frame.len());
                    Some(Ok(Frame::data(frame)))
                }
                None => trailers.take().map(|trailers| Ok(Frame::trailers(trailers))),
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Inner { body } => body.is_end_stream(),
            Kind::Replay { frames, trailers, .. } => frames.is_empty() && trailers.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Inner { body } => body.size_hint(),
            Kind::Replay { left, .. } => exactly(*left),
        }
    }
}

// By hand: a derive would ask for `B: Debug`, and a body's content has no place in a log.
impl<B> fmt::Debug for RequestBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Inner { .. } => "RequestBody(inner)",
            Kind::Replay { .. } => "RequestBody(replay)",
        })
    }
}
