use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::held::Held;
use super::watch::Watch;

pin_project! {
    /// The body of a response that went out: as it comes, or once it was searched.
    ///
    /// The bytes and the trailers are those of the service, but for trailers that hold a secret:
    /// they are left out. A body that was searched may come in fewer frames.
    pub struct GuardedBody<B>
    where
        B: Body,
    {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<B>
    where
        B: Body,
    {
        Passed { #[pin] body: B, watch: Option<Watch> },
        Searched { held: Held, error: Option<B::Error> },
        // On the heap, as it was when it was read: a body that was polled cannot be moved.
        Resumed { head: Bytes, body: Pin<Box<B>>, watch: Option<Watch> },
    }
}

impl<B: Body> GuardedBody<B> {
    pub(super) const fn passed(body: B, watch: Option<Watch>) -> Self {
        Self { kind: Kind::Passed { body, watch } }
    }

    pub(super) const fn searched(held: Held, error: Option<B::Error>) -> Self {
        Self { kind: Kind::Searched { held, error } }
    }

    pub(super) const fn resumed(head: Bytes, body: Pin<Box<B>>, watch: Watch) -> Self {
        Self { kind: Kind::Resumed { head, body, watch: Some(watch) } }
    }
}

impl<B: Body + Default> Default for GuardedBody<B> {
    fn default() -> Self {
        Self::passed(B::default(), None)
    }
}

impl<B: Body<Data = Bytes>> Body for GuardedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let (frame, watch) = match self.project().kind.project() {
            KindProj::Passed { body, watch } => (ready!(body.poll_frame(cx)), watch),
            KindProj::Resumed { head, body, watch } => {
                if !head.is_empty() {
                    return Poll::Ready(Some(Ok(Frame::data(mem::take(head)))));
                }
                (ready!(body.as_mut().poll_frame(cx)), watch)
            }
            KindProj::Searched { held, error } => {
                let frame = held.next().map(Ok);
                return Poll::Ready(frame.or_else(|| error.take().map(Err)));
            }
        };
        let trailers = match &frame {
            Some(Ok(frame)) => frame.trailers_ref(),
            _ => None,
        };
        let exposed = match (trailers, watch) {
            (Some(trailers), Some(watch)) => watch.exposed_in(trailers),
            _ => false,
        };
        // Trailers are the last frame: without them the body ends here.
        Poll::Ready(frame.filter(|_| !exposed))
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Passed { body, .. } => body.is_end_stream(),
            Kind::Resumed { head, body, .. } => head.is_empty() && body.is_end_stream(),
            Kind::Searched { held, error } => held.is_empty() && error.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Passed { body, .. } => body.size_hint(),
            Kind::Resumed { head, body, .. } => after(head, &body.size_hint()),
            Kind::Searched { held, error } => held.size_hint(error.is_none()),
        }
    }
}

// By hand: a derive would ask for `B: Debug`, and a body's content has no place in a log.
impl<B: Body> fmt::Debug for GuardedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Passed { .. } => "GuardedBody(passed)",
            Kind::Resumed { .. } => "GuardedBody(resumed)",
            Kind::Searched { .. } => "GuardedBody(searched)",
        })
    }
}

/// The hint of a body that comes after these bytes.
fn after(head: &Bytes, rest: &SizeHint) -> SizeHint {
    let head = u64::try_from(head.len()).unwrap_or(u64::MAX);
    let mut hint = SizeHint::new();
    if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(head)) {
        hint.set_upper(upper);
    }
    hint.set_lower(rest.lower().saturating_add(head).min(hint.upper().unwrap_or(u64::MAX)));
    hint
}
