//! What the command has revoked in the database, taken over by the service beside it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rempart_core::{Event, EventKind, NameError, Observers, Outcome, PolicyName, Reason};
use tokio::sync::Mutex;

use crate::store::{Store, StoreError};

/// Reads the revocations again, and tells when that begins to fail and when it is over: a
/// revocation that is not taken over is none.
pub(crate) struct Revocations {
    store: Store,
    observers: Observers,
    name: PolicyName,
    /// Whether the last reading failed. It changes while `read` is held.
    stale: AtomicBool,
    /// The version of the database that was read last; held while it is read.
    read: Mutex<Option<i64>>,
}

impl Revocations {
    pub(crate) fn new(store: Store, observers: Observers) -> Result<Self, NameError> {
        let (stale, read) = (AtomicBool::new(false), Mutex::default());
        Ok(Self { store, observers, name: PolicyName::new(REVOCATIONS)?, stale, read })
    }

    pub(crate) const fn name(&self) -> PolicyName {
        self.name
    }

    /// Whether the last reading failed, and what was known before is all that is.
    pub(crate) fn is_stale(&self) -> bool {
        self.stale.load(Ordering::Relaxed)
    }

    /// Reads them if another program has written to the database, as a timetable asks for it: a
    /// failure is told once, until it is over.
    pub(crate) async fn follow(&self, now: Duration) {
        let mut read = self.read.lock().await;
        let was_stale = self.is_stale();
        let result = match self.store.version().await {
            // What could not be read is there to be read still.
            Ok(version) if *read == Some(version) && !was_stale => return,
            Ok(version) => self.store.read_revocations(now).await.map(|()| *read = Some(version)),
            Err(error) => Err(error),
        };
        self.tell(result.is_err(), !was_stale);
        if let Err(error) = result
            && !was_stale
        {
            tracing::warn!(%error, "revocations could not be read");
        }
    }

    /// Reads them now, as an operator asks for it: a failure is told each time.
    pub(crate) async fn reload(&self, now: Duration) -> Result<(), StoreError> {
        let _read = self.read.lock().await;
        let result = self.store.read_revocations(now).await;
        self.tell(result.is_err(), true);
        result
    }

    fn tell(&self, stale: bool, is_news: bool) {
        let was_stale = self.stale.swap(stale, Ordering::Relaxed);
        let event = |outcome| Event::new(EventKind::ConfigReload, outcome, &self.name);
        if stale && is_news {
            self.observers.emit(&event(Outcome::Error).reason(Reason::BackendUnavailable));
        } else if was_stale && !stale {
            self.observers.emit(&event(Outcome::Allowed));
        }
    }
}

/// The name that their reading is told under.
pub(crate) const REVOCATIONS: &str = "revocations";

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::{Arc, Mutex};

    use rempart_core::Observer;
    use tempfile::TempDir;

    use super::*;

    type News = (EventKind, Outcome, Option<Reason>);

    const FAILED: News =
        (EventKind::ConfigReload, Outcome::Error, Some(Reason::BackendUnavailable));
    const OVER: News = (EventKind::ConfigReload, Outcome::Allowed, None);
    const NOW: Duration = Duration::from_secs(1_800_000_000);

    #[derive(Clone, Default)]
    struct Told(Arc<Mutex<Vec<News>>>);

    impl Told {
        fn take(&self) -> Vec<News> {
            std::mem::take(&mut self.0.lock().unwrap())
        }
    }

    impl Observer for Told {
        fn observe(&self, event: &Event<'_>) {
            assert_eq!(event.policy.as_str(), REVOCATIONS);
            self.0.lock().unwrap().push((event.kind, event.outcome, event.reason));
        }
    }

    async fn opened() -> (TempDir, Revocations, Told) {
        let (folder, told) = (tempfile::tempdir().unwrap(), Told::default());
        let store = Store::open(folder.path()).unwrap();
        let revocations = Revocations::new(store, Observers::from(told.clone())).unwrap();
        revocations.follow(NOW).await;
        assert_eq!((told.take(), revocations.is_stale()), (vec![], false));
        (folder, revocations, told)
    }

    fn file(folder: &TempDir) -> std::path::PathBuf {
        folder.path().join("drain-fortin.db")
    }

    fn rename(folder: &TempDir, from: &str, to: &str) {
        let other = rusqlite::Connection::open(file(folder)).unwrap();
        other.execute_batch(&format!("ALTER TABLE {from} RENAME TO {to}")).unwrap();
    }

    /// A timetable tells once that it fails, a caller each time, and either that it is over.
    async fn fails_until(revocations: &Revocations, told: &Told, mend: impl FnOnce()) {
        for news in [vec![FAILED], vec![], vec![]] {
            revocations.follow(NOW).await;
            assert_eq!((told.take(), revocations.is_stale()), (news, true));
        }
        for _ in 0..2 {
            assert!(revocations.reload(NOW).await.is_err());
            assert_eq!((told.take(), revocations.is_stale()), (vec![FAILED], true));
        }
        mend();
        for news in [vec![OVER], vec![], vec![]] {
            revocations.follow(NOW).await;
            assert_eq!((told.take(), revocations.is_stale()), (news, false));
        }
    }

    #[tokio::test]
    async fn a_table_that_cannot_be_read_is_told_of_until_it_can() {
        for table in ["revoked", "signed_out"] {
            let (folder, revocations, told) = opened().await;
            rename(&folder, table, "aside");
            fails_until(&revocations, &told, || rename(&folder, "aside", table)).await;
        }
    }

    #[tokio::test]
    async fn a_database_that_cannot_be_asked_is_told_of_until_it_can() {
        let (folder, revocations, told) = opened().await;
        let (file, aside) = (file(&folder), folder.path().join("aside.db"));
        let rename = |from: &Path, to: &Path| std::fs::rename(from, to).unwrap();
        rename(&file, &aside);
        fails_until(&revocations, &told, || rename(&aside, &file)).await;
    }

    /// Nothing has been written since the last version that was read.
    #[tokio::test]
    async fn what_a_caller_could_not_read_the_timetable_reads_again() {
        let (folder, revocations, told) = opened().await;
        rename(&folder, "revoked", "aside");
        assert!(revocations.reload(NOW).await.is_err());
        revocations.follow(NOW).await;
        assert_eq!((told.take(), revocations.is_stale()), (vec![FAILED], true));
        rename(&folder, "aside", "revoked");
        assert!(revocations.reload(NOW).await.is_ok());
        assert_eq!((told.take(), revocations.is_stale()), (vec![OVER], false));
        assert!(revocations.reload(NOW).await.is_ok());
        assert_eq!(told.take(), []);
    }
}
