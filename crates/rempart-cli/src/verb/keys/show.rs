//! What is known of the keys of a ring, as a table or as JSON.

use std::fmt::Write as _;
use std::time::Duration;

use rempart::keys::{DirectoryEntry, KeyId, KeyState, Timestamp, UseRecord};
use serde::Serialize;

use super::judge::{Ignorance, Judgement, Known, Rotation};
use super::ring::Ring;
use super::{Done, Store, Told, line};
use crate::args::StatusArgs;
use crate::failure::Failure;
use crate::stamp::{coarse, now};
use crate::table::Table;

/// Shows the keys of a ring, or of all rings.
pub(super) fn list(store: &Store, ring: Option<&str>, as_json: bool) -> Done {
    let mut keys = Vec::new();
    for ring in store.rings(ring)? {
        keys.extend(ring.entries()?.into_iter().map(|entry| Listed::new(&ring, &entry)));
    }
    if as_json {
        return Told::good(line(&keys));
    }
    let mut table = Table::new(["RING", "KEY", "STATE", "CREATED", "UNTIL"]);
    for key in keys {
        let stamp = |stamp: Option<String>| stamp.unwrap_or_else(|| "-".to_owned());
        table.row([key.ring, key.key, key.state, stamp(key.created), stamp(key.until)]);
    }
    Told::good(table.render())
}

#[derive(Serialize)]
struct Listed {
    ring: String,
    key: String,
    state: String,
    created: Option<String>,
    until: Option<String>,
}

impl Listed {
    fn new(ring: &Ring, entry: &DirectoryEntry) -> Self {
        let stamp = |time: Duration| Timestamp::at(time).to_string();
        let until = match entry.state {
            KeyState::Retiring { until } => Some(stamp(until)),
            _ => None,
        };
        Self {
            ring: ring.name.to_string(),
            key: entry.id.to_string(),
            state: entry.state.to_string(),
            created: entry.created.map(stamp),
            until,
        }
    }
}

/// Says of each key how old it is, when it last verified something, and whether it can go.
pub(super) fn status(store: &Store, args: &StatusArgs, as_json: bool) -> Done {
    let mut rings = Vec::new();
    for ring in store.rings(args.ring.as_deref())? {
        rings.push(Shown::read(&ring, args.idle.idle, now())?);
    }
    if as_json {
        let rings: Vec<_> = rings.iter().map(|ring| ring.json(args.rotation)).collect();
        return Told::good(line(&rings));
    }
    let headings = ["RING", "KEY", "STATE", "AGE", "ROTATION", "LAST USED", "COUNT", "VERDICT"];
    let mut table = Table::new(headings);
    // Writing to a text does not fail.
    let mut notes = String::new();
    for ring in &rings {
        for key in &ring.keys {
            table.row(key.row(ring, args.rotation));
        }
        let open = ring.keys.iter().filter(|key| key.entry.open_to_others);
        for key in open {
            let id = key.entry.id;
            let _ = writeln!(notes, "{}: others than the owner may read {id}.key", ring.name);
        }
        if let Err(why) = ring.record {
            let _ = writeln!(notes, "{}: {why}", ring.name);
        }
    }
    Told::good(table.render() + &notes)
}

/// The keys of a ring, each with what is known of its use.
pub(super) struct Shown {
    name: String,
    record: Result<UseRecord, Ignorance>,
    keys: Vec<Judged>,
    now: Duration,
}

/// A key, and what is known of its use.
struct Judged {
    entry: DirectoryEntry,
    verdict: Judgement,
}

impl Shown {
    pub(super) fn read(ring: &Ring, idle: Duration, now: Duration) -> Result<Self, Failure> {
        let record = ring.record(now);
        let judged = |entry: DirectoryEntry| {
            let known = match &record {
                Err(why) => Known::Nothing(*why),
                Ok(record) => match entry.used {
                    Some(used) => Known::Used { idle: record.at.saturating_sub(used.last) },
                    None => Known::Never { watched: record.at.saturating_sub(record.since) },
                },
            };
            let verdict = Judgement::of(entry.state, known, idle, now);
            Judged { entry, verdict }
        };
        let keys = ring.entries()?.into_iter().map(judged).collect();
        Ok(Self { name: ring.name.to_string(), record, keys, now })
    }

    /// Why this key is not to be revoked yet.
    pub(super) fn objection(&self, id: KeyId) -> Option<String> {
        let key = self.keys.iter().find(|key| key.entry.id == id)?;
        match key.verdict {
            Judgement::Gone | Judgement::Over | Judgement::Safe(_) => None,
            Judgement::InUse(idle) => {
                Some(format!("is in use, it last verified something {} ago", coarse(idle)))
            }
            Judgement::Signs => Some("is the active key: promote another first".to_owned()),
            Judgement::Unknown(why) => Some(format!("nobody knows whether it is in use: {why}")),
            Judgement::Watched(span) => Some(format!(
                "nobody knows whether it is in use: its use has been watched for {} only",
                coarse(span)
            )),
        }
    }

    fn json(&self, period: Duration) -> ShownJson {
        let stamp = |time: Duration| Timestamp::at(time).to_string();
        let known = self.record.as_ref().ok();
        let keys = self.keys.iter().map(|key| {
            let age = key.age(self.now);
            JudgedJson {
                key: key.entry.id.to_string(),
                state: key.entry.state.to_string(),
                age_seconds: age.map(|age| age.as_secs()),
                overdue: key.rotation(self.now, period).map(Rotation::is_overdue),
                last_used: known.and(key.entry.used).map(|used| stamp(used.last)),
                uses: known.map(|_| key.entry.used.map_or(0, |used| used.count)),
                unused_seconds: key.unused(known).map(|span| span.as_secs()),
                verdict: key.verdict.word(),
            }
        });
        let record = match &self.record {
            Ok(_) => "fresh",
            Err(why) => why.word(),
        };
        ShownJson {
            ring: self.name.clone(),
            record,
            recorded: known.map(|record| stamp(record.at)),
            keys: keys.collect(),
        }
    }
}

impl Judged {
    fn age(&self, now: Duration) -> Option<Duration> {
        self.entry.created.map(|created| now.saturating_sub(created))
    }

    /// How long the key had verified nothing when the record was last written.
    fn unused(&self, record: Option<&UseRecord>) -> Option<Duration> {
        record.zip(self.entry.used).map(|(record, used)| record.at.saturating_sub(used.last))
    }

    /// Of the key that signs: the others are on their way already.
    fn rotation(&self, now: Duration, period: Duration) -> Option<Rotation> {
        let age = self.age(now).filter(|_| self.entry.state == KeyState::Active)?;
        Some(Rotation::of(age, period))
    }

    fn row(&self, ring: &Shown, period: Duration) -> [String; 8] {
        let none = || "-".to_owned();
        let (last_used, uses) = match (&ring.record, self.entry.used) {
            (Err(_), _) => ("?".to_owned(), "?".to_owned()),
            (Ok(_), None) => ("never".to_owned(), "0".to_owned()),
            (Ok(_), Some(used)) => {
                let ago = coarse(ring.now.saturating_sub(used.last));
                (format!("{ago} ago"), used.count.to_string())
            }
        };
        [
            ring.name.clone(),
            self.entry.id.to_string(),
            self.entry.state.to_string(),
            self.age(ring.now).map_or_else(none, coarse),
            self.rotation(ring.now, period).map_or_else(none, |rotation| rotation.to_string()),
            last_used,
            uses,
            self.verdict.to_string(),
        ]
    }
}

#[derive(Serialize)]
struct ShownJson {
    ring: String,
    record: &'static str,
    recorded: Option<String>,
    keys: Vec<JudgedJson>,
}

#[derive(Serialize)]
struct JudgedJson {
    key: String,
    state: String,
    age_seconds: Option<u64>,
    overdue: Option<bool>,
    last_used: Option<String>,
    uses: Option<u64>,
    unused_seconds: Option<u64>,
    verdict: &'static str,
}
