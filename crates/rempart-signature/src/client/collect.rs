use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::Body;
use pin_project_lite::pin_project;
use rempart_core::{RequestBody, Sleep};

use super::{SignPolicy, SignRequestError};
use crate::body::BoxError;

pin_project! {
    /// Takes a body whole, within the bounds of a policy, and keeps its frames as they came.
    pub(super) struct Collector<B> {
        #[pin]
        body: B,
        frames: VecDeque<Bytes>,
        length: u64,
        seen: usize,
        trailers: Option<HeaderMap>,
        // Armed at the first wait: a body that is there needs no timer.
        sleep: Option<Sleep>,
    }
}

impl<B> Collector<B> {
    pub(super) const fn new(body: B) -> Self {
        let frames = VecDeque::new();
        Self { body, frames, length: 0, seen: 0, trailers: None, sleep: None }
    }

    pub(super) const fn frames(&self) -> &VecDeque<Bytes> {
        &self.frames
    }

    /// What was taken, unchanged.
    pub(super) fn replay(self: Pin<&mut Self>) -> RequestBody<B> {
        let this = self.project();
        RequestBody::replay(std::mem::take(this.frames), this.trailers.take())
    }
}

impl<B> Collector<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    pub(super) fn poll_collect(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        policy: &SignPolicy,
    ) -> Poll<Result<(), SignRequestError>> {
        let mut this = self.project();
        let limits = policy.limits();
        let limit = limits.bytes;
        if this.body.size_hint().lower() > limit {
            return Poll::Ready(Err(SignRequestError::BodyTooLarge { limit }));
        }
        while let Poll::Ready(next) = this.body.as_mut().poll_frame(cx) {
            let frame = match next {
                None => return Poll::Ready(Ok(())),
                Some(Err(error)) => return Poll::Ready(Err(SignRequestError::Body(error.into()))),
                Some(Ok(frame)) => frame,
            };
            *this.seen = this.seen.saturating_add(1);
            if *this.seen > limits.frames {
                let limit = limits.frames;
                return Poll::Ready(Err(SignRequestError::TooManyFrames { limit }));
            }
            match frame.into_data() {
                Ok(data) => {
                    let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
                    *this.length = this.length.saturating_add(length);
                    if *this.length > limit {
                        return Poll::Ready(Err(SignRequestError::BodyTooLarge { limit }));
                    }
                    if !data.is_empty() {
                        this.frames.push_back(data);
                    }
                }
                Err(frame) => {
                    if let Ok(trailers) = frame.into_trailers() {
                        *this.trailers = Some(trailers);
                    }
                }
            }
        }
        let Some((deadline, timer)) = &limits.deadline else { return Poll::Pending };
        let sleep = this.sleep.get_or_insert_with(|| timer.sleep(*deadline));
        sleep.as_mut().poll(cx).map(|()| Err(SignRequestError::BodyTooSlow))
    }
}
