use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use rempart_core::SharedTimer;
use tokio::runtime::Handle;

use super::job::Job;

/// Whoever keeps the counts, and how long that may take.
pub(super) struct Server {
    engine: Box<dyn Engine>,
    timer: SharedTimer,
    deadline: Duration,
}

/// Does jobs, each as a whole and apart from all others.
pub(super) trait Engine: Send + Sync {
    /// The numbers that the scripts say; nothing if it failed. It may have been done all the same.
    fn run(&self, job: Job) -> Running<'_>;
}

pub(super) type Running<'a> = Pin<Box<dyn Future<Output = Option<Vec<u64>>> + Send + 'a>>;

impl Server {
    pub(super) fn new(engine: Box<dyn Engine>, timer: SharedTimer, deadline: Duration) -> Self {
        Self { engine, timer, deadline }
    }

    /// Has a job done; nothing if there is no answer in time, or an error in place of one.
    pub(super) async fn run(&self, job: Job) -> Option<Vec<u64>> {
        // A connection lives on Tokio's runtime, and so may the timer: without one both panic.
        Handle::try_current().ok()?;
        let mut running = self.engine.run(job);
        let mut sleep = self.timer.sleep(self.deadline);
        let answer = poll_fn(|cx| match running.as_mut().poll(cx) {
            Poll::Ready(answer) => Poll::Ready(answer),
            Poll::Pending => sleep.as_mut().poll(cx).map(|()| None),
        });
        answer.await
    }
}
