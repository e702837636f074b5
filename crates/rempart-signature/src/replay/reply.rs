use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What a store replies: at once and without an allocation, or later and in a box.
///
/// ```
/// use rempart_signature::{Reply, Settled};
///
/// # async fn reply() {
/// assert_eq!(Reply::now(Settled::Applied).await, Settled::Applied);
/// assert_eq!(Reply::later(async { Settled::Lost }).await, Settled::Lost);
/// # }
/// # let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
/// # assert!(std::pin::pin!(reply()).poll(&mut cx).is_ready());
/// ```
///
/// Polled again after it is done, it is pending for ever.
#[must_use = "futures do nothing unless polled"]
pub struct Reply<T>(Kind<T>);

enum Kind<T> {
    Now(Option<T>),
    Later(Pin<Box<dyn Future<Output = T> + Send>>),
}

impl<T> Reply<T> {
    /// Says it now.
    pub const fn now(value: T) -> Self {
        Self(Kind::Now(Some(value)))
    }

    /// Says it when `future` is done.
    pub fn later(future: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Kind::Later(Box::pin(future)))
    }
}

// A value that is said now is moved out, never pinned.
impl<T> Unpin for Reply<T> {}

impl<T> Future for Reply<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let value = match &mut self.0 {
            Kind::Now(value) => value.take(),
            Kind::Later(future) => match future.as_mut().poll(cx) {
                Poll::Ready(value) => Some(value),
                Poll::Pending => return Poll::Pending,
            },
        };
        self.0 = Kind::Now(None);
        value.map_or(Poll::Pending, Poll::Ready)
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Kind::Now(_) => "Reply(now)",
            Kind::Later(_) => "Reply(later)",
        })
    }
}
