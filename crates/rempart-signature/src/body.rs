mod limits;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::{fmt, iter, mem};

use bytes::Bytes;
use http::HeaderMap;
use http_body::Body;
use http_body_util::LengthLimitError;
use pin_project_lite::pin_project;
use rempart_core::{RequestBody, Sleep};

pub(crate) use self::limits::{LimitSettings, Limits};
use crate::budget::{Budget, Share};
use crate::{Rejection, Verification};

/// After so many bytes a poll gives way to the other tasks of its thread: about a third of a
/// millisecond of hashing with two keys.
const BYTES_A_POLL: usize = 256 * 1024;

/// How far the causes of an error are followed.
const CAUSES: usize = 16;

/// What an error of a body has to become, for its causes to be looked at; hyper and axum ask for
/// the same.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// What takes a body, frame by frame, and says what may be read.
pub(crate) trait Intake {
    fn take(&mut self, frame: &[u8]) -> Result<(), Rejection>;

    /// What its bytes are taken from until it is verified.
    fn budget(&self) -> &Budget;

    /// What the body may be.
    fn limits(&self) -> &Limits;
}

impl Intake for Verification {
    fn take(&mut self, frame: &[u8]) -> Result<(), Rejection> {
        self.update(frame)
    }

    fn budget(&self) -> &Budget {
        self.policy().budget()
    }

    fn limits(&self) -> &Limits {
        self.policy().limits()
    }
}

pin_project! {
    /// Reads a body to its end, feeding a verification, and keeps its frames as they came.
    pub(crate) struct Reader<B> {
        #[pin]
        body: B,
        frames: VecDeque<Bytes>,
        seen: usize,
        trailers: Option<HeaderMap>,
        // What the frames have taken of the policy's budget.
        share: Share,
        // Armed at the first wait: a body that is there needs no timer.
        sleep: Option<Sleep>,
    }
}

impl<B> Reader<B> {
    pub(crate) fn new(body: B) -> Self {
        let share = Share::default();
        Self { body, frames: VecDeque::new(), seen: 0, trailers: None, share, sleep: None }
    }

    pub(crate) const fn frames(&self) -> &VecDeque<Bytes> {
        &self.frames
    }

    /// What was read, for whoever comes next.
    pub(crate) fn replay(self: Pin<&mut Self>) -> RequestBody<B> {
        let this = self.project();
        RequestBody::replay(mem::take(this.frames), this.trailers.take())
    }

    /// What its frames have taken of the budget, for whoever keeps them unverified.
    #[cfg(any(feature = "paypal", feature = "sns"))]
    pub(crate) fn share(self: Pin<&mut Self>) -> Share {
        mem::take(self.project().share)
    }
}

impl<B> Reader<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    pub(crate) fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        intake: &mut impl Intake,
    ) -> Poll<Result<(), Rejection>> {
        let mut this = self.project();
        let mut hashed = 0_usize;
        loop {
            let Poll::Ready(next) = this.body.as_mut().poll_frame(cx) else { break };
            let frame = match next {
                None => return Poll::Ready(Ok(())),
                Some(Err(error)) => return Poll::Ready(Err(rejection(&*error.into()))),
                Some(Ok(frame)) => frame,
            };
            *this.seen = this.seen.saturating_add(1);
            if *this.seen > intake.limits().frames {
                return Poll::Ready(Err(Rejection::TooManyFrames));
            }
            match frame.into_data() {
                Ok(data) => {
                    if !this.share.take(intake.budget(), data.len()) {
                        return Poll::Ready(Err(Rejection::OverBudget));
                    }
                    hashed = hashed.saturating_add(data.len());
                    intake.take(&data)?;
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
            // Not a wait of the client's: the timer stays as it is.
            if hashed >= BYTES_A_POLL && !this.body.is_end_stream() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        let Some((deadline, timer)) = &intake.limits().deadline else { return Poll::Pending };
        let sleep = this.sleep.get_or_insert_with(|| timer.sleep(*deadline));
        sleep.as_mut().poll(cx).map(|()| Err(Rejection::TooSlow))
    }
}

impl<B> fmt::Debug for Reader<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("frames", &self.frames.len()).finish_non_exhaustive()
    }
}

/// A body that ends in an error was cut off: by its sender, or at the limit of a layer outside.
fn rejection(error: &(dyn Error + 'static)) -> Rejection {
    let mut causes = iter::successors(Some(error), |&error| error.source()).take(CAUSES);
    if causes.any(<dyn Error>::is::<LengthLimitError>) {
        Rejection::TooLarge
    } else {
        Rejection::CutOff
    }
}

/// A body in one piece; copied only if it came in several.
pub(crate) fn whole(frames: &VecDeque<Bytes>) -> Cow<'_, [u8]> {
    match frames.as_slices() {
        ([], []) => Cow::Borrowed(&[]),
        ([frame], []) | ([], [frame]) => Cow::Borrowed(frame),
        (front, back) => Cow::Owned([front, back].concat().concat()),
    }
}
