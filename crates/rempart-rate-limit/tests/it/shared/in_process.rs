//! A store that is part of the tests, whose clock they set and whose faults they choose.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rempart_rate_limit::shared::{
    Backend, BackendError, Builder, Decided, SharedStore, Transaction, Write,
};

use super::rig::{SECRET, START};

/// A value, and for how long it was written.
pub(super) type Row = (Vec<u8>, Duration);

pub(super) struct InProcess {
    pub(super) rows: Mutex<HashMap<String, Row>>,
    pub(super) now: AtomicU64,
    pub(super) mode: Mutex<Mode>,
    /// How many transactions were asked for, and how many decisions came to nothing.
    pub(super) asked: AtomicU64,
    pub(super) retried: AtomicU64,
    version: AtomicU64,
    /// What was decided last.
    before: Mutex<Option<Decided>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// One transaction at a time.
    Locked,
    /// Reads, decides, and begins anew if somebody else has written meanwhile.
    Optimistic,
    /// Decides by rows that are not there before it decides by those that are.
    Twice,
    Fails,
    Hangs,
    /// Its clock stands at the beginning of all times, or at their end.
    Timeless(Duration),
    /// Hands back what it decided for the transaction before.
    Mistaken,
}

impl InProcess {
    pub(super) fn new(mode: Mode) -> Arc<Self> {
        Arc::new(Self {
            rows: Mutex::default(),
            now: AtomicU64::new(START),
            mode: Mutex::new(mode),
            asked: AtomicU64::new(0),
            retried: AtomicU64::new(0),
            version: AtomicU64::new(0),
            before: Mutex::default(),
        })
    }

    pub(super) fn builder(self: &Arc<Self>) -> Builder {
        let deadline = Duration::from_secs(10);
        SharedStore::on(Arc::clone(self)).secret(SECRET).instances(1).deadline(deadline)
    }

    pub(super) fn set(&self, now: u64) {
        self.now.store(now, Ordering::Relaxed);
    }

    pub(super) fn be(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    pub(super) fn rows(&self) -> HashMap<String, Row> {
        self.rows.lock().unwrap().clone()
    }

    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    fn decide(
        &self,
        transaction: &Transaction,
        rows: &HashMap<String, Row>,
    ) -> Result<Decided, BackendError> {
        let now = Duration::from_micros(self.now.load(Ordering::Relaxed));
        transaction.decide(now, |key| rows.get(key).map(|(value, _)| value))
    }

    /// Writes, if nobody has written since that version.
    fn commit(&self, decided: &Decided, version: Option<u64>) -> bool {
        let mut rows = self.rows.lock().unwrap();
        let fresh = version.is_none_or(|read| read == self.version.load(Ordering::Relaxed));
        if fresh {
            write(&mut rows, decided);
            self.version.fetch_add(1, Ordering::Relaxed);
        }
        fresh
    }

    async fn optimistic(&self, transaction: &Transaction) -> Result<Decided, BackendError> {
        loop {
            let (rows, version) = {
                let rows = self.rows.lock().unwrap();
                (rows.clone(), self.version.load(Ordering::Relaxed))
            };
            let decided = self.decide(transaction, &rows)?;
            tokio::task::yield_now().await;
            if self.commit(&decided, Some(version)) {
                return Ok(decided);
            }
            self.retried.fetch_add(1, Ordering::Relaxed);
        }
    }
}

pub(super) fn write(rows: &mut HashMap<String, Row>, decided: &Decided) {
    for write in decided.writes() {
        match write {
            Write::Set { key, value, life } => {
                assert!(value.len() <= Write::LONGEST && !life.is_zero());
                rows.insert(key.to_owned(), (value.to_vec(), life));
            }
            Write::Delete { key } => assert!(rows.remove(key).is_some()),
        }
    }
}

impl Backend for InProcess {
    async fn transact(&self, transaction: Transaction) -> Result<Decided, BackendError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mode = *self.mode.lock().unwrap();
        match mode {
            Mode::Locked | Mode::Twice => {
                let mut rows = self.rows.lock().unwrap();
                if mode == Mode::Twice {
                    let _ = self.decide(&transaction, &HashMap::new())?;
                }
                let decided = self.decide(&transaction, &rows)?;
                write(&mut rows, &decided);
                Ok(decided)
            }
            Mode::Optimistic => self.optimistic(&transaction).await,
            Mode::Fails => Err(BackendError::new("made-up-password")),
            Mode::Hangs => std::future::pending().await,
            Mode::Timeless(now) => transaction.decide(now, |_| None::<&[u8]>),
            Mode::Mistaken => {
                let decided = self.decide(&transaction, &HashMap::new())?;
                let before = self.before.lock().unwrap().replace(decided);
                before.ok_or_else(|| BackendError::new("the first"))
            }
        }
    }
}
