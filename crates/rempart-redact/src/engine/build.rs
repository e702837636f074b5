//! Compiling a policy.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex_automata::util::pool::Pool;
use rempart_keys::Secret;

use super::machine::{Fault, Machine};
use super::marker::Markers;
use super::registered::{MIN_BYTES, Registered};
use super::{Engine, NewScratch, SEPARATOR, SHAPE, Scratch};
use crate::detector::{Anchor, Detector, Mask, catalog};
use crate::key_rules::KeyRules;
use crate::pseudonym::Pseudonyms;

/// What an engine is made of.
pub(crate) struct Parts {
    pub(crate) detectors: Vec<Detector>,
    pub(crate) secrets: Vec<(String, Secret)>,
    pub(crate) key_rules: KeyRules,
    pub(crate) pseudonyms: Option<Pseudonyms>,
    pub(crate) max_record: usize,
}

/// Why a part is none.
#[derive(Debug)]
pub(crate) enum BuildFault {
    /// A detector's pattern.
    Pattern { id: &'static str, message: String },
    /// A detector's pattern matches nothing at all.
    EmptyMatch { id: &'static str },
    /// A secret that innocent texts hold.
    Commonplace { name: String },
    /// A secret too short to be told from innocent texts.
    ShortSecret { name: String, length: usize },
    /// Too many keywords in all.
    Keywords(String),
}

/// Values that stand in examples and in innocent texts.
const COMMONPLACE: &[&str] = &[
    "bearer",
    "changeme",
    "database",
    "default",
    "development",
    "dummy-secret",
    "example",
    "example.com",
    "localhost",
    "password",
    "placeholder",
    "postgres",
    "production",
    "staging",
    "supabase",
    "testing",
    "twilio",
    "undefined",
    "username",
    "127.0.0.1",
    "http://localhost",
];

impl Engine {
    /// Compiles what can be compiled, and reports all that cannot.
    pub(crate) fn build(parts: Parts) -> Result<Self, Vec<BuildFault>> {
        let Parts { detectors, secrets, key_rules, pseudonyms, max_record } = parts;
        let mut faults = Vec::new();
        let mut machines = Vec::with_capacity(detectors.len());
        let (mut shape_patterns, mut shape_owners) = (Vec::new(), Vec::new());
        for (place, detector) in detectors.iter().enumerate() {
            // Shapes are compiled alone as well, so that a fault names its detector.
            match machine(detector.pattern) {
                Ok(_) if detector.anchor == Anchor::Shape => {
                    shape_patterns.push(detector.pattern);
                    shape_owners.push(place);
                    machines.push(None);
                }
                Ok(machine) => machines.push(Some(machine)),
                Err(fault) => {
                    faults.push(named(detector.id, fault));
                    machines.push(None);
                }
            }
        }
        let shapes = match shape_patterns.as_slice() {
            [] => None,
            patterns => {
                Machine::all(patterns).map_err(|fault| faults.push(named("shapes", fault))).ok()
            }
        };
        let labels = detectors.iter().map(|detector| (detector.id.to_owned(), detector.mask));
        let fixed = ["key", "header", "too_hard"].map(|label| (label.to_owned(), Mask::Marker));
        let secret_labels =
            secrets.iter().map(|(name, _)| (format!("secret/{name}"), Mask::Marker));
        let markers = Markers::new(labels.chain(fixed).chain(secret_labels));
        for (name, secret) in &secrets {
            check_secret(name, secret.expose(), &markers, &mut faults);
        }
        let (keywords, owners) = match keywords(&detectors) {
            Ok(found) => found,
            Err(message) => {
                faults.push(BuildFault::Keywords(message));
                return Err(faults);
            }
        };
        if !faults.is_empty() {
            return Err(faults);
        }
        let registered = Registered::new(secrets.iter().map(|(_, secret)| secret.expose()));
        let new: NewScratch = Box::new(Scratch::default);
        Ok(Self {
            classes: classes(shapes.as_ref()),
            detectors,
            machines,
            keywords,
            owners,
            shapes,
            shape_owners,
            key_rules,
            registered,
            secret_names: secrets.into_iter().map(|(name, _)| name).collect(),
            markers,
            pseudonyms,
            max_record,
            scratch: Pool::new(new),
        })
    }
}

/// The machine of a pattern. Those of the crate are compiled once: a policy is built anew each time
/// that a key is rotated.
fn machine(pattern: &'static str) -> Result<Arc<Machine>, Fault> {
    static CATALOG: LazyLock<HashMap<&str, Arc<Machine>>> = LazyLock::new(|| {
        let compiled = catalog::all().filter_map(|detector| {
            let machine = Machine::first(detector.pattern).ok()?;
            Some((detector.pattern, Arc::new(machine)))
        });
        compiled.collect()
    });
    match CATALOG.get(pattern) {
        Some(machine) => Ok(Arc::clone(machine)),
        None => Machine::first(pattern).map(Arc::new),
    }
}

fn named(id: &'static str, fault: Fault) -> BuildFault {
    match fault {
        Fault::Pattern(message) => BuildFault::Pattern { id, message },
        Fault::Empty => BuildFault::EmptyMatch { id },
    }
}

fn check_secret(name: &str, value: &[u8], markers: &Markers, faults: &mut Vec<BuildFault>) {
    let name = name.to_owned();
    let listed = COMMONPLACE.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()));
    if value.len() < MIN_BYTES {
        faults.push(BuildFault::ShortSecret { name, length: value.len() });
    } else if listed || markers.any_holds(value) {
        faults.push(BuildFault::Commonplace { name });
    }
}

/// One automaton for the keywords of all detectors, and for each keyword whose it is.
fn keywords(detectors: &[Detector]) -> Result<(AhoCorasick, Vec<Vec<usize>>), String> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let (mut texts, mut owners) = (Vec::<String>::new(), Vec::<Vec<usize>>::new());
    for (detector, keyword) in detectors.iter().enumerate().flat_map(|(place, detector)| {
        detector.keywords.iter().map(move |keyword| (place, keyword.to_ascii_lowercase()))
    }) {
        let place = *places.entry(keyword.clone()).or_insert_with(|| {
            texts.push(keyword);
            owners.push(Vec::new());
            owners.len().saturating_sub(1)
        });
        if let Some(owners) = owners.get_mut(place)
            && !owners.contains(&detector)
        {
            owners.push(detector);
        }
    }
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(&texts)
        .map_err(|error| error.to_string())?;
    Ok((automaton, owners))
}

fn classes(shapes: Option<&Machine>) -> [u8; 256] {
    let first = shapes.map_or([false; 256], Machine::first_bytes);
    let mut classes = [0; 256];
    for ((byte, class), shape) in (0..=u8::MAX).zip(&mut classes).zip(first) {
        if matches!(byte, b':' | b'=' | b'%') {
            *class |= SEPARATOR;
        }
        if shape {
            *class |= SHAPE;
        }
    }
    classes
}
