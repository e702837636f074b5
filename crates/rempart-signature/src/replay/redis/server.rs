use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError};

/// A server, and the one connection to it that all requests share.
pub(super) struct Server {
    client: Client,
    line: Mutex<Line>,
    /// Held while a connection is made: one attempt at a time.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Line {
    connection: Option<MultiplexedConnection>,
    /// Which of all connections there were it is.
    number: u64,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// The server may have done what it was asked.
    Unanswered,
    /// The server was not asked.
    Unsent,
}

impl Server {
    pub(super) fn new(url: &str) -> Option<Self> {
        let client = Client::open(url).ok()?;
        Some(Self { client, line: Mutex::default(), connecting: tokio::sync::Mutex::default() })
    }

    /// Asks, within the time that is given. A connection on which nobody answers is given up.
    pub(super) async fn ask<T: FromRedisValue>(
        &self,
        command: &Cmd,
        timeout: Duration,
    ) -> Result<T, Failed> {
        let mut used = None;
        let asking = async {
            let (number, mut connection) = self.connection().await.map_err(|_| Failed::Unsent)?;
            used = Some(number);
            match command.query_async(&mut connection).await {
                Ok(answer) => Ok(answer),
                Err(error) => {
                    if error.is_unrecoverable_error() || error.is_io_error() {
                        self.give_up(number);
                    }
                    Err(Failed::Unanswered)
                }
            }
        };
        match tokio::time::timeout(timeout, asking).await {
            Ok(answer) => answer,
            Err(_) => match used {
                Some(number) => {
                    self.give_up(number);
                    Err(Failed::Unanswered)
                }
                None => Err(Failed::Unsent),
            },
        }
    }

    async fn connection(&self) -> Result<(u64, MultiplexedConnection), RedisError> {
        if let Some(open) = self.line().open() {
            return Ok(open);
        }
        let _only_one = self.connecting.lock().await;
        if let Some(open) = self.line().open() {
            return Ok(open);
        }
        // Whoever asks measures the time of it all.
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let mut line = self.line();
        line.number = line.number.wrapping_add(1);
        line.connection = Some(connection.clone());
        Ok((line.number, connection))
    }

    fn give_up(&self, number: u64) {
        let mut line = self.line();
        if line.number == number {
            line.connection = None;
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Nothing that holds the lock can panic.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn open(&self) -> Option<(u64, MultiplexedConnection)> {
        Some((self.number, self.connection.clone()?))
    }
}
