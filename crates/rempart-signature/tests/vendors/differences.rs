//! Where theirs and ours do not say the same: by class, and counted.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write;
use std::fs;

use rempart_signature::Rejection;
use serde::{Deserialize, Serialize};

use crate::draft::Wire;
use crate::oracle::{Verdict, sources};

/// One request on which they differ.
pub(crate) struct Difference<'a> {
    pub(crate) mutation: &'static str,
    /// Why ours refuses; `None` if it accepts.
    pub(crate) ours: Option<Rejection>,
    pub(crate) theirs: &'a Verdict,
    pub(crate) wire: &'a Wire,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Class {
    name: String,
    who: Who,
    why: String,
    /// Why ours refuses, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rejection: Option<String>,
    /// What happened to such requests.
    mutations: Vec<String>,
    /// Of this library, so many.
    counts: BTreeMap<String, usize>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Who {
    /// We refuse what they accept.
    WeAreStricter,
    /// They refuse what was signed as their own documentation says.
    TheirFault,
    /// We accept what they refuse, and say why that lets nobody in.
    WeTakeMore,
}

pub(crate) struct Differences {
    classes: Vec<Class>,
    counted: Vec<BTreeMap<String, usize>>,
    /// What happened to the requests of each class.
    seen: Vec<BTreeSet<&'static str>>,
    /// Those that no class explains: how many, and the first of them.
    unexplained: BTreeMap<String, (usize, String)>,
}

impl Differences {
    pub(crate) fn load() -> Self {
        let text = fs::read_to_string(sources().join("differences.json")).unwrap();
        let classes: Vec<Class> = serde_json::from_str(&text).unwrap();
        let counted = vec![BTreeMap::new(); classes.len()];
        let seen = vec![BTreeSet::new(); classes.len()];
        Self { classes, counted, seen, unexplained: BTreeMap::new() }
    }

    pub(crate) fn count(&mut self, library: &str, difference: &Difference<'_>) {
        let Difference { mutation, ours, theirs, wire } = difference;
        let rejection = ours.map(|rejection| rejection.to_string());
        let place = self.classes.iter().position(|class| {
            let stricter = class.who == Who::WeAreStricter;
            stricter == ours.is_some()
                && class.rejection == rejection
                && class.mutations.iter().any(|known| known == mutation)
                && (stricter || class.counts.contains_key(library))
        });
        if let Some(place) = place {
            self.seen[place].insert(mutation);
            *self.counted[place].entry(library.to_owned()).or_default() += 1;
            return;
        }
        let key = format!("{library}: {mutation}: ours {rejection:?}");
        let first = || {
            let headers = wire.headers.iter();
            let headers = headers.map(|(n, v)| format!("{n}: {}", String::from_utf8_lossy(v)));
            let body = String::from_utf8_lossy(&wire.body).chars().take(200).collect::<String>();
            let headers = headers.collect::<Vec<_>>();
            format!("{theirs:?}\n  {} {headers:#?}\n  {body}", wire.url)
        };
        self.unexplained.entry(key).or_insert_with(|| (0, first())).0 += 1;
    }

    /// Every difference has its class, every class its count.
    pub(crate) fn conclude(mut self) {
        let mut report = String::new();
        for (what, (count, first)) in &self.unexplained {
            writeln!(report, "{count} x {what}\n  first: {first}").unwrap();
        }
        assert!(report.is_empty(), "no class explains these:\n{report}");
        let recording = env::var("REMPART_ORACLES").is_ok_and(|value| value == "record");
        let mut faults = Vec::new();
        for ((class, counted), seen) in self.classes.iter_mut().zip(self.counted).zip(self.seen) {
            let idle = class.mutations.iter().filter(|known| !seen.contains(known.as_str()));
            faults.extend(idle.map(|idle| format!("{}: not where {idle}", class.name)));
            if recording {
                class.counts = counted;
            } else if class.counts != counted {
                faults.push(format!("{}: {counted:?}", class.name));
            }
        }
        assert!(faults.is_empty(), "{faults:#?}");
        if recording {
            let text = serde_json::to_string_pretty(&self.classes).unwrap();
            fs::write(sources().join("differences.json"), text + "\n").unwrap();
        }
    }
}
