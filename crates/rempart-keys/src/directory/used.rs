use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use super::error::RingFile;
use super::{KeyUsed, RingDirectory, Timestamp};
use crate::{KeyId, KeyRing, file};

/// What `used` says: a line `at TIME since TIME`, then `ID LAST COUNT` a key.
pub(crate) struct Used {
    record: Option<UseRecord>,
    keys: Vec<(KeyId, KeyUsed)>,
}

impl Used {
    pub(crate) const fn new(record: UseRecord, keys: Vec<(KeyId, KeyUsed)>) -> Self {
        Self { record: Some(record), keys }
    }

    /// What can be understood of the file: a key without a line has not been used as far as it
    /// is known.
    pub(crate) fn read(directory: &RingDirectory) -> Self {
        let path = directory.path().join(RingFile::Used.to_string());
        let text = file::read(&path).ok();
        let text = text.as_ref().and_then(|text| str::from_utf8(text.expose()).ok());
        let mut lines = text.unwrap_or_default().lines();
        let record = lines.next().and_then(parse_record);
        let keys = lines.filter_map(parse).take(KeyRing::MAX_KEYS).collect();
        Self { record, keys }
    }

    pub(crate) const fn record(&self) -> Option<UseRecord> {
        self.record
    }

    pub(crate) fn of(&self, id: KeyId) -> Option<KeyUsed> {
        self.keys.iter().find(|(known, _)| *known == id).map(|(_, used)| *used)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (KeyId, KeyUsed)> {
        self.keys.iter().copied()
    }

    pub(crate) fn write(&self, directory: &RingDirectory) -> io::Result<()> {
        let UseRecord { at, since } = self.record.unwrap_or_default();
        let mut text = format!("at {} since {}\n", Timestamp::at(at), Timestamp::at(since));
        for (id, used) in &self.keys {
            // Writing to a text does not fail.
            let _ = writeln!(text, "{id} {} {}", Timestamp::at(used.last), used.count);
        }
        file::replace(&directory.path().join(RingFile::Used.to_string()), text.as_bytes())
    }
}

/// What stands above the keys in a record of their use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UseRecord {
    /// When it was last written, since the Unix epoch. A service writes it now and then also while
    /// no key is used: where this is minutes ago, no service is writing.
    pub at: Duration,
    /// When it was begun, since the Unix epoch: of what came before, nothing is known.
    pub since: Duration,
}

/// A line that does not say since when is of a record that has just begun.
fn parse_record(line: &str) -> Option<UseRecord> {
    let mut words = line.split_ascii_whitespace();
    let mut time = |name| {
        let is_named = words.next() == Some(name);
        let time = words.next()?.parse::<Timestamp>().ok()?;
        is_named.then_some(time.since_epoch())
    };
    let at = time("at")?;
    Some(UseRecord { at, since: time("since").unwrap_or(at).min(at) })
}

fn parse(line: &str) -> Option<(KeyId, KeyUsed)> {
    let mut words = line.split_ascii_whitespace();
    let id = KeyId::new(words.next()?).ok()?;
    let last = words.next()?.parse::<Timestamp>().ok()?.since_epoch();
    let count = words.next()?.parse().ok()?;
    words.next().is_none().then_some((id, KeyUsed { last, count }))
}
