//! Connections whose clients must take what they are sent.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

pin_project! {
    /// A connection that fails once its client has taken nothing for [`TAKEN_WITHIN`]: who asks
    /// and never reads would keep the place of a connection for ever.
    #[derive(Debug)]
    pub(super) struct Patience<S> {
        #[pin]
        stream: S,
        // While the client takes nothing. In a box: it is rare, and connections are moved.
        wait: Option<Pin<Box<Sleep>>>,
    }
}

impl<S> Patience<S> {
    pub(super) const fn new(stream: S) -> Self {
        Self { stream, wait: None }
    }
}

impl<S: AsyncRead> AsyncRead for Patience<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.project().stream.poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite> AsyncWrite for Patience<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let written = this.stream.poll_write(cx, bytes);
        within(this.wait, cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let written = this.stream.poll_write_vectored(cx, parts);
        within(this.wait, cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let flushed = this.stream.poll_flush(cx);
        within(this.wait, cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let closed = this.stream.poll_shutdown(cx);
        within(this.wait, cx, closed)
    }
}

/// What came of writing, or that it has taken too long.
fn within<T>(
    wait: &mut Option<Pin<Box<Sleep>>>,
    cx: &mut Context<'_>,
    written: Poll<io::Result<T>>,
) -> Poll<io::Result<T>> {
    if written.is_ready() {
        *wait = None;
        return written;
    }
    let wait = wait.get_or_insert_with(|| Box::pin(sleep(TAKEN_WITHIN)));
    wait.as_mut().poll(cx).map(|()| Err(ErrorKind::TimedOut.into()))
}

/// How long a client may take nothing of an answer.
const TAKEN_WITHIN: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_left() {
        let (_client, server) = duplex(8);
        let begun = Instant::now();
        let ended = Patience::new(server).write_all(&[0; 9]).await;
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(begun.elapsed() >= TAKEN_WITHIN && begun.elapsed() < TAKEN_WITHIN * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_is_slow_is_waited_for() {
        let (mut client, server) = duplex(8);
        let mut server = Patience::new(server);
        let sent = tokio::spawn(async move { server.write_all(&[0; 64]).await });
        let mut taken = [0; 8];
        for _ in 0..8 {
            sleep(TAKEN_WITHIN / 2).await;
            client.read_exact(&mut taken).await.unwrap();
        }
        sent.await.unwrap().unwrap();
    }
}
