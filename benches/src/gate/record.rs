use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::{fs, io};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Counted, Fault};
use crate::measure::instructions::Callgrind;

/// What was counted when somebody last said so, and by what.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Record {
    /// By what.
    pub key: Key,
    /// What, by case.
    pub cases: BTreeMap<String, Recorded>,
    /// Ceilings that are known to be exceeded, as [`Fault::debt`](super::Fault::debt) names them:
    /// told at each run, and no reason to fail until one of them is paid or another one joins.
    pub owed: BTreeSet<String>,
}

/// What decides how many instructions the same source takes.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Key {
    /// The compiler.
    pub rustc: String,
    /// The valgrind.
    pub valgrind: String,
    /// The first digits of the SHA-256 of the lock file's packages: names, versions, checksums.
    pub lock: String,
}

/// What a case of ours adds to its bare service.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Recorded {
    /// Allocations.
    pub allocations: f64,
    /// Instructions, if valgrind was there.
    pub instructions: Option<f64>,
}

impl Key {
    /// The key of this build and this machine.
    #[must_use]
    pub fn here(callgrind: Option<&Callgrind>) -> Self {
        let rustc = Command::new("rustc").arg("--version").output();
        let rustc = rustc.ok().and_then(|output| String::from_utf8(output.stdout).ok());
        Self {
            rustc: rustc.unwrap_or_default().trim().to_owned(),
            valgrind: callgrind.map_or_else(String::new, |it| it.version().to_owned()),
            lock: packages(&fs::read_to_string(LOCK).unwrap_or_default()),
        }
    }
}

/// Read when it is asked about, as the compiler's version is: a package has none beside it.
const LOCK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");

/// A digest of what others wrote: which crate of ours uses which of them does not matter here.
fn packages(lock: &str) -> String {
    let others = lock.split("\n\n").filter(|package| package.contains("\nsource = "));
    let lines = others.flat_map(str::lines).filter(|line| {
        ["name = ", "version = ", "checksum = "].iter().any(|start| line.starts_with(start))
    });
    let digest = lines.fold(Sha256::new(), Digest::chain_update);
    let digest = digest.finalize();
    let start = digest.first_chunk().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(start))
}

impl Record {
    /// Reads a record.
    ///
    /// # Errors
    ///
    /// If there is none, or it is none.
    pub fn read(path: &str) -> io::Result<Self> {
        serde_json::from_str(&fs::read_to_string(path)?).map_err(io::Error::from)
    }

    /// Writes it.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn write(&self, path: &str) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(io::Error::from)?;
        fs::write(path, text + "\n")
    }

    /// This record with what was counted, under a new key. Instructions of cases that were not
    /// counted this time were counted under another key and are dropped.
    #[must_use]
    pub fn renewed(mut self, key: Key, counted: &Counted, faults: &[Fault]) -> Self {
        if self.key != key {
            self.cases.values_mut().for_each(|recorded| recorded.instructions = None);
        }
        self.key = key;
        let counted_now = |debt: &String| {
            counted.allocations.keys().any(|case| debt.starts_with(&format!("{case}: ")))
        };
        self.owed.retain(|debt| !counted_now(debt));
        self.owed.extend(faults.iter().filter_map(Fault::debt));
        for (case, added) in &counted.allocations {
            let instructions = counted.instructions.get(case).map(|it| it.ours.round());
            let recorded = Recorded { allocations: added.ours, instructions };
            self.cases.insert((*case).to_owned(), recorded);
        }
        self
    }
}
