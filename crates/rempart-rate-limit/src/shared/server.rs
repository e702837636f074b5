use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use redis::aio::ConnectionLike;
use redis::{Cmd, ErrorKind, RedisResult, ServerErrorKind, Value};
use rempart_core::SharedTimer;
use tokio::runtime::Handle;

use super::script::Known;

/// A server, and how long it may take.
pub(super) struct Server {
    line: Box<dyn Line>,
    timer: SharedTimer,
    deadline: Duration,
}

/// Any connection, behind one type.
pub(super) trait Line: Send + Sync {
    fn ask(&self, command: Cmd) -> Asking;
}

pub(super) type Asking = Pin<Box<dyn Future<Output = RedisResult<Value>> + Send>>;

impl<C: ConnectionLike + Clone + Send + Sync + 'static> Line for C {
    fn ask(&self, command: Cmd) -> Asking {
        let mut line = self.clone();
        Box::pin(async move { line.req_packed_command(&command).await })
    }
}

impl Server {
    pub(super) fn new(line: Box<dyn Line>, timer: SharedTimer, deadline: Duration) -> Self {
        Self { line, timer, deadline }
    }

    /// Runs a script; nothing if there is no answer in time, or an error in place of one. It may
    /// have been run all the same.
    pub(super) async fn run(&self, script: &Known, keys: &[String], args: &[u64]) -> Option<Value> {
        self.in_time(async {
            match self.line.ask(script.by_hash(keys, args)).await {
                answer if is_unknown(&answer) => self.line.ask(script.whole(keys, args)).await,
                answer => answer,
            }
        })
        .await
    }

    /// Asks for one command's answer, in time.
    pub(super) async fn tell(&self, command: Cmd) -> Option<Value> {
        self.in_time(self.line.ask(command)).await
    }

    async fn in_time(&self, asking: impl Future<Output = RedisResult<Value>>) -> Option<Value> {
        // The connection lives on Tokio's runtime, and so may the timer: without one both panic.
        Handle::try_current().ok()?;
        let mut asking = std::pin::pin!(asking);
        let mut sleep = self.timer.sleep(self.deadline);
        let answer = poll_fn(|cx| match asking.as_mut().poll(cx) {
            Poll::Ready(answer) => Poll::Ready(answer.ok()),
            Poll::Pending => sleep.as_mut().poll(cx).map(|()| None),
        });
        answer.await.filter(|answer| !matches!(answer, Value::ServerError(_)))
    }
}

/// Whether the server does not know the script: it is new, or was restarted.
fn is_unknown(answer: &RedisResult<Value>) -> bool {
    match answer {
        Ok(Value::ServerError(error)) => error.kind() == Some(ServerErrorKind::NoScript),
        Ok(_) => false,
        Err(error) => error.kind() == ErrorKind::Server(ServerErrorKind::NoScript),
    }
}
