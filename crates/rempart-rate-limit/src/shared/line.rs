use redis::aio::ConnectionLike;
use redis::{Cmd, ErrorKind, RedisResult, ServerErrorKind, Value};

use super::job::Job;
use super::script;
use super::server::{Engine, Running};

/// A connection to a Redis or Valkey server, on which scripts do the jobs.
pub(super) struct Scripted<C>(pub(super) C);

impl<C: ConnectionLike + Clone + Send + Sync + 'static> Engine for Scripted<C> {
    fn run(&self, job: Job) -> Running<'_> {
        Box::pin(async move {
            let mut line = self.0.clone();
            script::numbers(&answer(&mut line, &job).await.ok()?)
        })
    }
}

async fn answer(line: &mut (impl ConnectionLike + Send), job: &Job) -> RedisResult<Value> {
    let Some((script, args)) = script::of(job) else {
        let mut command = Cmd::new();
        command.arg("DEL").arg(&job.keys);
        return line.req_packed_command(&command).await;
    };
    let answer = line.req_packed_command(&script.by_hash(&job.keys, &args)).await;
    if !is_unknown(&answer) {
        return answer;
    }
    line.req_packed_command(&script.whole(&job.keys, &args)).await
}

/// Whether the server does not know the script: it is new, or was restarted.
fn is_unknown(answer: &RedisResult<Value>) -> bool {
    match answer {
        Ok(Value::ServerError(error)) => error.kind() == Some(ServerErrorKind::NoScript),
        Ok(_) => false,
        Err(error) => error.kind() == ErrorKind::Server(ServerErrorKind::NoScript),
    }
}
