//! The embedded database: one file, one connection, one thread that owns it.
//!
//! Handlers send it work and wait for the answer; SQLite never blocks a thread that serves
//! requests. What was answered with success is on the disk (WAL, `synchronous = FULL`), and each
//! piece of work is one statement or one transaction: there is no half of it.

mod calls;
mod error;
mod file;
mod leads;
mod messages;
mod page;
mod revocations;
mod schema;
mod seconds;
mod sessions;
mod users;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use rusqlite::Connection;
use tokio::sync::{Mutex, mpsc, oneshot};

pub use self::error::OpenError;
pub(crate) use self::error::StoreError;
use self::file::File;
pub(crate) use self::leads::NewLead;
pub(crate) use self::page::{Page, Span};
pub(crate) use self::sessions::{Access, NewSession, NotMinted, Refreshed};
pub(crate) use self::users::{Added, NewUser, User};
use crate::session::Revoked;

/// A handle on the database; clones share it.
#[derive(Clone)]
pub(crate) struct Store {
    jobs: mpsc::Sender<Job>,
    ping: Arc<Mutex<()>>,
    revocations: Revoked,
}

type Work = dyn FnOnce(Result<&mut Connection, StoreError>) + Send;

/// Work, which hears of a database that is not there, or the end.
enum Job {
    Run(Box<Work>),
    Close(oneshot::Sender<()>),
}

impl Store {
    /// Opens the database in this folder; the folder and the file are made if they are missing.
    pub(crate) fn open(folder: &Path) -> Result<Self, OpenError> {
        let revocations = Revoked::new().map_err(OpenError::Revocations)?;
        let (file, connection) = File::open(folder)?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        let worker = thread::Builder::new().name("store".to_owned());
        worker
            .spawn(move || work(&file, connection, queue))
            .map_err(|error| OpenError::Folder { path: folder.to_owned(), error })?;
        Ok(Self { jobs, ping: Arc::default(), revocations })
    }

    /// The tokens that were revoked, as far as the database has been read.
    pub(crate) fn revocations(&self) -> &Revoked {
        &self.revocations
    }

    /// Finishes the work that was handed in, then closes the file. Later work is refused.
    pub(crate) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.jobs.send(Job::Close(done)).await.is_ok() {
            // An error says that the thread has ended, which is what is being waited for.
            let _ = closed.await;
        }
    }

    /// Whether the database answers. One asks at a time: nothing limits how often this is asked,
    /// and together they could leave no place in the queue for anything else.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        let _turn = self.ping.lock().await;
        self.run(|connection| connection.query_row("SELECT 1", [], |_| Ok(()))).await
    }

    /// Runs `work` on the connection.
    async fn run<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (answer, wait) = oneshot::channel();
        let job = Job::Run(Box::new(move |connection| {
            // Whoever gave up waiting was told that nothing is certain, and will send it again.
            if !answer.is_closed() {
                let _ = answer.send(connection.and_then(|open| Ok(work(open)?)));
            }
        }));
        self.jobs.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })?;
        wait.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// The thread of the database.
fn work(file: &File, mut connection: Connection, mut queue: mpsc::Receiver<Job>) {
    while let Some(job) = queue.blocking_recv() {
        match job {
            Job::Run(run) => run(file.check().map(|()| &mut connection)),
            Job::Close(done) => {
                queue.close();
                drop(connection);
                let _ = done.send(());
                return;
            }
        }
    }
}

/// Requests that may wait for the database at once; one more is told to come back.
const QUEUE: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn questions_whether_it_answers_leave_room_for_work() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let work = |work: Box<dyn FnOnce() + Send>| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .run(move |_| {
                        work();
                        Ok(())
                    })
                    .await
            })
        };
        let slow = work(Box::new(move || wait.recv().unwrap()));
        let asked: Vec<_> = (0..QUEUE * 2)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.ping().await })
            })
            .collect();
        // One thread runs the tasks in turn: all have asked when it is this one's turn again.
        tokio::task::yield_now().await;
        let other = work(Box::new(|| {}));
        tokio::task::yield_now().await;
        go.send(()).unwrap();
        assert!(other.await.unwrap().is_ok());
        assert!(slow.await.unwrap().is_ok());
        for answer in asked {
            assert!(answer.await.unwrap().is_ok());
        }
    }
}
