use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{BufMut, Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

/// What was read of a body, in one piece. A body of one frame is not copied.
#[derive(Default)]
pub(super) struct Held {
    only: Bytes,
    joined: BytesMut,
    trailers: Option<HeaderMap>,
    /// How long the body said that it is.
    exact: Option<u64>,
}

/// How reading a body came to its end.
pub(super) enum Read<E> {
    /// It is whole.
    Whole,
    /// It broke off.
    Broken(E),
    /// It is longer than the limit.
    TooLong,
}

impl Held {
    pub(super) fn new(exact: Option<u64>) -> Self {
        Self { exact, ..Self::default() }
    }

    /// Reads up to the end, or to the frame that passes the limit.
    pub(super) fn poll_read<B: Body<Data = Bytes>>(
        &mut self,
        mut body: Pin<&mut B>,
        limit: usize,
        cx: &mut Context<'_>,
    ) -> Poll<Read<B::Error>> {
        loop {
            let frame = match ready!(body.as_mut().poll_frame(cx)) {
                None => return Poll::Ready(Read::Whole),
                Some(Err(error)) => return Poll::Ready(Read::Broken(error)),
                Some(Ok(frame)) => frame,
            };
            match frame.into_data() {
                Ok(data) => self.push(data, limit),
                // Trailers are the last frame.
                Err(frame) => {
                    self.trailers = frame.into_trailers().ok();
                    return Poll::Ready(Read::Whole);
                }
            }
            if self.data().len() > limit {
                return Poll::Ready(Read::TooLong);
            }
        }
    }

    /// The bytes, in one piece.
    pub(super) fn data(&self) -> &[u8] {
        if self.joined.is_empty() { &self.only } else { &self.joined }
    }

    pub(super) const fn trailers(&self) -> Option<&HeaderMap> {
        self.trailers.as_ref()
    }

    /// The bytes, taken out.
    pub(super) fn take_data(&mut self) -> Bytes {
        if self.joined.is_empty() {
            mem::take(&mut self.only)
        } else {
            self.joined.split().freeze()
        }
    }

    /// The bytes, then the trailers.
    pub(super) fn next(&mut self) -> Option<Frame<Bytes>> {
        if self.data().is_empty() {
            return self.trailers.take().map(Frame::trailers);
        }
        Some(Frame::data(self.take_data()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.data().is_empty() && self.trailers.is_none()
    }

    /// Exact only where the service's own was: HTTP/1.1 sends trailers after chunks alone.
    pub(super) fn size_hint(&self, whole: bool) -> SizeHint {
        let left = u64::try_from(self.data().len()).unwrap_or(u64::MAX);
        if whole && self.exact.is_some() {
            return SizeHint::with_exact(left);
        }
        let mut hint = SizeHint::new();
        hint.set_lower(left);
        hint
    }

    fn push(&mut self, data: Bytes, limit: usize) {
        if data.is_empty() {
        } else if self.data().is_empty() {
            self.only = data;
        } else {
            if self.joined.is_empty() {
                let exact = self.exact.and_then(|exact| usize::try_from(exact).ok());
                self.joined.reserve(exact.unwrap_or_default().min(limit));
                self.joined.put(mem::take(&mut self.only));
            }
            self.joined.put(data);
        }
    }
}
