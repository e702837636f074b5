use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use super::error::RingFile;
use super::{KeyUsed, RingDirectory, Timestamp, file};
use crate::{KeyId, KeyRing};

/// What `used` says: a line `at TIME`, then `ID LAST COUNT` a key.
pub(crate) struct Used(Vec<(KeyId, KeyUsed)>);

impl Used {
    pub(crate) const fn new(keys: Vec<(KeyId, KeyUsed)>) -> Self {
        Self(keys)
    }

    /// What can be understood of the file: a key without a line has not been used as far as it
    /// is known.
    pub(crate) fn read(directory: &RingDirectory) -> Self {
        let path = directory.path().join(RingFile::Used.to_string());
        let text = file::read(&path).ok();
        let text = text.as_ref().and_then(|text| str::from_utf8(text.expose()).ok());
        let lines = text.unwrap_or_default().lines().skip(1);
        Self(lines.filter_map(parse).take(KeyRing::MAX_KEYS).collect())
    }

    pub(crate) fn of(&self, id: KeyId) -> Option<KeyUsed> {
        self.0.iter().find(|(known, _)| *known == id).map(|(_, used)| *used)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (KeyId, KeyUsed)> {
        self.0.iter().copied()
    }

    pub(crate) fn write(&self, directory: &RingDirectory, now: Duration) -> io::Result<()> {
        let mut text = format!("at {}\n", Timestamp::at(now));
        for (id, used) in &self.0 {
            // Writing to a text does not fail.
            let _ = writeln!(text, "{id} {} {}", Timestamp::at(used.last), used.count);
        }
        file::replace(&directory.path().join(RingFile::Used.to_string()), text.as_bytes())
    }
}

fn parse(line: &str) -> Option<(KeyId, KeyUsed)> {
    let mut words = line.split_ascii_whitespace();
    let id = KeyId::new(words.next()?).ok()?;
    let last = words.next()?.parse::<Timestamp>().ok()?.since_epoch();
    let count = words.next()?.parse().ok()?;
    words.next().is_none().then_some((id, KeyUsed { last, count }))
}
