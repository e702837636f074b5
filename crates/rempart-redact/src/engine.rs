//! The engine: what a policy compiles to, and how it reads a text.

mod build;
mod edge;
mod machine;
mod marker;
mod pairs;
mod registered;
mod render;
mod scan;
mod span;
mod value;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use regex_automata::util::pool::Pool;

pub(crate) use self::build::{BuildFault, Parts};
use self::machine::{Cache, Exhausted, Machine, Steps};
use self::marker::Markers;
use self::registered::Registered;
use self::scan::{Reach, Scan};
use self::span::{Kind, Span};
use crate::detector::{Anchor, Detector, Severity};
use crate::key_rules::KeyRules;
use crate::pseudonym::Pseudonyms;

/// How far each reading of a text takes what it finds: hiding one value can uncover another.
///
/// Were every reading like the first, two rules that end at different bytes would take a piece each,
/// turn by turn, for as long as whoever wrote the text likes.
const READINGS: [Reach; 5] = [Reach::Rule, Reach::Rule, Reach::Word, Reach::String, Reach::Member];
/// How often the rest of a text is given up that yields values all the same.
const CUTS: usize = 3;
/// What is left out at the end of a text that is too long: a value there may have lost its end.
const UNSURE: usize = 4096;

/// A policy, compiled.
pub(crate) struct Engine {
    detectors: Vec<Detector>,
    /// One for each detector; `None` for shapes, which are read side by side.
    machines: Vec<Option<Arc<Machine>>>,
    keywords: AhoCorasick,
    /// For each keyword, whose it is.
    owners: Vec<Vec<usize>>,
    shapes: Option<Machine>,
    /// For each pattern of `shapes`, whose it is.
    shape_owners: Vec<usize>,
    classes: [u8; 256],
    key_rules: KeyRules,
    registered: Registered,
    secret_names: Vec<String>,
    markers: Markers,
    pseudonyms: Option<Pseudonyms>,
    max_record: usize,
    scratch: Pool<Scratch, NewScratch>,
}

type NewScratch = Box<dyn Fn() -> Scratch + Send + Sync + UnwindSafe + RefUnwindSafe>;

/// What one thread needs to scan, kept between scans.
#[derive(Debug, Default)]
struct Scratch {
    caches: Vec<Option<Cache>>,
    shapes: Option<Cache>,
    /// For each detector, where its last match ended.
    done: Vec<usize>,
    ends: Vec<(usize, usize)>,
    markers: Vec<Range<usize>>,
    spans: Vec<Span>,
}

/// A byte at which a shape can begin.
const SHAPE: u8 = 1;
/// A byte with which a separator between a name and its value begins.
const SEPARATOR: u8 = 2;

impl Engine {
    pub(crate) const fn key_rules(&self) -> &KeyRules {
        &self.key_rules
    }

    pub(crate) const fn max_record(&self) -> usize {
        self.max_record
    }

    /// Hides what is found; the same text again if nothing is. `lost` bytes of the text never came.
    pub(crate) fn hide<'t>(&self, text: &'t str, lost: usize) -> Cow<'t, str> {
        let mut scratch = self.scratch.get();
        let cut = edge::character_to(text.as_bytes(), self.max_record);
        let seen = text.get(..cut).unwrap_or_default();
        let [first, again @ ..] = READINGS;
        self.read(seen, first, &mut scratch);
        if scratch.spans.is_empty() && cut == text.len() && lost == 0 {
            return Cow::Borrowed(text);
        }
        let mut hidden = self.render(text, cut, lost, &scratch.spans);
        for reach in again {
            self.read(&hidden, reach, &mut scratch);
            if scratch.spans.is_empty() {
                return Cow::Owned(hidden);
            }
            hidden = self.render(&hidden, hidden.len(), 0, &scratch.spans);
        }
        self.cut(&mut hidden, &mut scratch);
        Cow::Owned(hidden)
    }

    /// Hides the rest of a text that goes on yielding values; what stands before the first of them,
    /// such as the time of a line of the log, stays.
    fn cut(&self, hidden: &mut String, scratch: &mut Scratch) {
        for _ in 0..CUTS {
            self.read(hidden, Reach::Rule, scratch);
            let Some(first) = scratch.spans.first() else { return };
            hidden.truncate(first.start);
            hidden.push_str(&self.marker(Kind::Exhausted));
        }
        self.read(hidden, Reach::Rule, scratch);
        if !scratch.spans.is_empty() {
            *hidden = self.marker(Kind::Exhausted);
        }
    }

    /// The marker for the value of a header that is hidden by its name.
    pub(crate) fn header_marker(&self) -> String {
        self.marker(Kind::Header)
    }

    /// The marker for the value of a name that is hidden.
    pub(crate) fn key_marker(&self) -> String {
        self.marker(Kind::Key)
    }

    /// How many bytes the searches of one text read, for tests of linear time.
    pub(crate) fn steps(&self, text: &str) -> usize {
        let mut scratch = self.scratch.get();
        let whole = Steps::for_text(text.len()).left();
        let left = self.read(text, Reach::Rule, &mut scratch);
        left.iter().map(|left| whole.saturating_sub(*left)).sum()
    }

    /// Fills the scratch with what is found. Returns what each pass left of its reading.
    fn read(&self, text: &str, reach: Reach, scratch: &mut Scratch) -> [usize; 2] {
        let text = text.as_bytes();
        let Scratch { caches, shapes, done, ends, markers, spans } = scratch;
        spans.clear();
        self.markers.find_in(text, markers);
        let mut scan = Scan { text, markers, reach, spans };
        self.registered.scan(&mut scan);
        done.clear();
        done.resize(self.detectors.len(), 0);
        caches.resize_with(self.detectors.len(), || None);

        let mut steps = Steps::for_text(text.len());
        let limit = self.by_keyword(&mut scan, caches, done, &mut steps);
        let mut shape_steps = Steps::for_text(text.len());
        if limit < text.len() {
            Self::give_up(&mut scan, limit);
        }
        let last = self.by_place(&mut scan, limit, shapes, ends, &mut shape_steps);
        if last < limit {
            Self::give_up(&mut scan, last);
        }
        span::join(scan.spans);
        [steps.left(), shape_steps.left()]
    }

    /// Hides the rest of a text that wakes more searches than a text may.
    fn give_up(scan: &mut Scan<'_>, from: usize) {
        let end = scan.text.len();
        let (kind, severity) = (Kind::Exhausted, Severity::Critical);
        scan.found(Span { start: from, end, kind, severity, quotes: None, alone: true });
    }

    /// Looks where keywords stand. Returns how far the text was searched.
    fn by_keyword(
        &self,
        scan: &mut Scan<'_>,
        caches: &mut [Option<Cache>],
        done: &mut [usize],
        steps: &mut Steps,
    ) -> usize {
        for hit in self.keywords.find_overlapping_iter(scan.text) {
            let owners = self.owners.get(hit.pattern().as_usize());
            for owner in owners.into_iter().flatten() {
                if self.confirm(scan, *owner, hit.start(), caches, done, steps).is_err() {
                    return hit.start();
                }
            }
        }
        scan.text.len()
    }

    /// Lets the detector look whose keyword stands at `hit`.
    fn confirm(
        &self,
        scan: &mut Scan<'_>,
        owner: usize,
        hit: usize,
        caches: &mut [Option<Cache>],
        done: &mut [usize],
        steps: &mut Steps,
    ) -> Result<(), Exhausted> {
        let found = (self.detectors.get(owner), self.machines.get(owner));
        let (Some(detector), Some(Some(machine))) = found else { return Ok(()) };
        let (Some(cache), Some(done)) = (caches.get_mut(owner), done.get_mut(owner)) else {
            return Ok(());
        };
        let text = scan.text;
        let start = match detector.anchor {
            Anchor::Word if !edge::begins_word(text, hit) => return Ok(()),
            Anchor::Token if !edge::begins_token(text, hit) => return Ok(()),
            Anchor::Parameter if !edge::begins_parameter(text, hit) => return Ok(()),
            Anchor::Before(bytes) => match hit.checked_sub(bytes) {
                Some(start) => start,
                None => return Ok(()),
            },
            Anchor::Mailbox => mailbox_start(text, hit),
            _ => hit,
        };
        if start < *done {
            return Ok(());
        }
        let cache = cache.get_or_insert_with(|| machine.new_cache());
        let Some(end) = machine.end_from(cache, text, start, steps)? else { return Ok(()) };
        let (from, to) = machine.value(cache, text, (start, end), steps)?;
        if !text.get(from..to).is_some_and(|value| detector.validator.accepts(value)) {
            return Ok(());
        }
        if detector.anchor == Anchor::Mailbox && is_userinfo(text, hit) {
            return Ok(());
        }
        *done = end;
        if detector.named && pairs::is_exempt(text, &self.key_rules, start, from) {
            return Ok(());
        }
        self.take(scan, owner, from, to);
        Ok(())
    }

    /// Looks at separators for names, and at the beginnings of words for shapes. Returns how far.
    fn by_place(
        &self,
        scan: &mut Scan<'_>,
        limit: usize,
        cache: &mut Option<Cache>,
        ends: &mut Vec<(usize, usize)>,
        steps: &mut Steps,
    ) -> usize {
        let mut next = 0;
        let text = scan.text;
        for (at, byte) in text.iter().enumerate().take(limit) {
            let class = self.classes.get(usize::from(*byte)).copied().unwrap_or_default();
            if class == 0 || at < next {
                continue;
            }
            if class & SEPARATOR != 0
                && let Some(end) = pairs::look(scan, &self.key_rules, at)
            {
                next = end;
            } else if class & SHAPE != 0
                && let Some(shapes) = &self.shapes
                && edge::begins_shape(text, at)
            {
                let cache = cache.get_or_insert_with(|| shapes.new_cache());
                ends.clear();
                let read = shapes.ends_from(cache, text, at, steps, |pattern, end| {
                    ends.push((end, pattern));
                });
                if read.is_err() {
                    return at;
                }
                next = self.longest_shape(scan, at, ends).unwrap_or(next);
            }
        }
        limit
    }

    /// Takes the longest match that counts. Returns its end.
    fn longest_shape(
        &self,
        scan: &mut Scan<'_>,
        start: usize,
        ends: &mut [(usize, usize)],
    ) -> Option<usize> {
        let text = scan.text;
        ends.sort_unstable_by(|a, b| b.cmp(a));
        let counts = |(end, pattern): &(usize, usize)| {
            let owner = *self.shape_owners.get(*pattern)?;
            let detector = self.detectors.get(owner)?;
            let value = text.get(start..*end)?;
            let counts = edge::ends_shape(text, *end) && detector.validator.accepts(value);
            counts.then_some((owner, *end))
        };
        let (owner, end) = ends.iter().find_map(counts)?;
        self.take(scan, owner, start, end);
        Some(end)
    }

    fn take(&self, scan: &mut Scan<'_>, owner: usize, start: usize, end: usize) {
        let severity = self.detectors.get(owner).map_or(Severity::Critical, |found| found.severity);
        let quotes = scan.quotes_for_number(start, end);
        scan.found(Span { start, end, kind: Kind::Detector(owner), severity, quotes, alone: true });
    }
}

/// Where the local part of a mail address before `hit` begins.
fn mailbox_start(text: &[u8], hit: usize) -> usize {
    let before = text.get(..hit).unwrap_or_default();
    let allowed = |byte: &&u8| {
        byte.is_ascii_alphanumeric()
            || !byte.is_ascii()
            || matches!(
                byte,
                b'.' | b'_' | b'%' | b'+' | b'-' | b'!' | b'#' | b'$' | b'^' | b'~' | b'*'
            )
    };
    let run = before.iter().rev().take(64).take_while(allowed).count();
    edge::after_escape(text, hit.saturating_sub(run)).min(hit)
}

/// Whether the `@` at `hit` parts a URL's user from its host: no mail address, and the host is to
/// stay readable. Bounded as the detector of passwords in URLs is not: past it an address is seen.
fn is_userinfo(text: &[u8], hit: usize) -> bool {
    const REACH: usize = 320;
    let before = text.get(hit.saturating_sub(REACH)..hit).unwrap_or_default();
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"/?#\"'<>\\".contains(byte);
    text.get(hit) == Some(&b'@')
        && before
            .iter()
            .rposition(ends)
            .is_some_and(|at| before.get(..=at).is_some_and(|before| before.ends_with(b"://")))
}

// By hand: the automata and the forms of secrets are nobody's business.
impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("detectors", &self.detectors.len())
            .field("registered", &self.registered)
            .field("max_record", &self.max_record)
            .finish_non_exhaustive()
    }
}
