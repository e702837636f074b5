//! What stands in place of a value, and how it is known again.

use std::ops::Range;

use crate::detector::Mask;

/// How every marker begins.
pub(super) const OPEN: &str = "[REDACTED:";
/// How the note about a text that was cut begins.
pub(super) const TRUNCATED: &str = "[TRUNCATED ";
/// The longest marker.
const LONGEST: usize = 400;
/// The longest note about a text that was cut.
const NOTE: usize = 48;

/// The markers that a policy can write.
#[derive(Debug)]
pub(super) struct Markers(Vec<(String, Mask)>);

impl Markers {
    pub(super) fn new(labels: impl IntoIterator<Item = (String, Mask)>) -> Self {
        let mut labels: Vec<_> = labels.into_iter().collect();
        labels.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Self(labels)
    }

    /// Whether one of them, written out, holds this text.
    pub(super) fn any_holds(&self, text: &[u8]) -> bool {
        let text = text.to_ascii_lowercase();
        let holds = |marker: String| {
            marker
                .to_ascii_lowercase()
                .as_bytes()
                .windows(text.len().max(1))
                .any(|part| part == text)
        };
        self.0.iter().any(|(label, _)| holds(format!("{OPEN}{label}]")))
            || holds(format!("{TRUNCATED} bytes]"))
    }

    /// Where markers of the policy stand in a text. What only looks like one is not among them, or
    /// a value could be passed off as hidden.
    pub(super) fn find_in(&self, text: &[u8], ranges: &mut Vec<Range<usize>>) {
        ranges.clear();
        for start in places(text, OPEN) {
            let from = start.saturating_add(OPEN.len());
            if let Some(inner) = until_bracket(text, from)
                && self.knows(inner)
            {
                ranges.push(start..from.saturating_add(inner.len()).saturating_add(1));
            }
        }
        // A text is cut once, and the note ends it: what stands after one is no part of it.
        let from = text.len().saturating_sub(NOTE);
        let start = places(text.get(from..).unwrap_or_default(), TRUNCATED).last();
        if let Some(start) = start.map(|at| from.saturating_add(at)) {
            let note = text.get(start.saturating_add(TRUNCATED.len())..).unwrap_or_default();
            let count = note.strip_suffix(b" bytes]");
            if count.is_some_and(|count| count.iter().all(u8::is_ascii_digit)) {
                ranges.push(start..text.len());
            }
        }
    }

    fn knows(&self, inner: &[u8]) -> bool {
        let listed = |label: &[u8]| {
            let place = self.0.binary_search_by(|(known, _)| known.as_bytes().cmp(label)).ok();
            place.and_then(|place| self.0.get(place))
        };
        if listed(inner).is_some() {
            return true;
        }
        let Some(slash) = inner.iter().position(|byte| *byte == b'/') else { return false };
        let (label, shown) = inner.split_at(slash);
        let shown = shown.get(1..).unwrap_or_default();
        listed(label).is_some_and(|(_, mask)| mask.could_show(shown))
    }
}

/// Where `word`, which begins with a bracket, stands in a text.
fn places<'t>(text: &'t [u8], word: &'static str) -> impl Iterator<Item = usize> + 't {
    let brackets = text.iter().enumerate().filter(|(_, byte)| **byte == b'[');
    brackets
        .map(|(at, _)| at)
        .filter(move |at| text.get(*at..).is_some_and(|rest| rest.starts_with(word.as_bytes())))
}

/// What stands between `from` and the next closing bracket, if that is near.
fn until_bracket(text: &[u8], from: usize) -> Option<&[u8]> {
    let rest = text.get(from..)?;
    let length = rest.iter().take(LONGEST).position(|byte| *byte == b']')?;
    rest.get(..length)
}
