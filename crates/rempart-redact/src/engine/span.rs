//! What was found, and where.

use std::cmp::Reverse;

use crate::detector::Severity;

/// A range of a text that is to be hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: Kind,
    pub(super) severity: Severity,
    /// The quotes that the marker needs to take the place of a JSON number or a nested value: so
    /// many backslashes before each.
    pub(super) quotes: Option<u8>,
    /// Whether nobody else found any of it: only then may its mask show a part.
    pub(super) alone: bool,
}

/// Who found it: the marker says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A detector, by its place in the policy.
    Detector(usize),
    /// A key rule.
    Key,
    /// The name of a header.
    Header,
    /// A registered secret, by its place in the policy.
    Secret(usize),
    /// The text woke more searches than a text may.
    Exhausted,
}

impl Span {
    pub(super) const fn len(&self) -> usize {
        self.end.saturating_sub(self.start)
    }
}

/// Sorts, and joins what overlaps. The most severe names the whole, the longest of those.
pub(super) fn join(spans: &mut Vec<Span>) {
    spans.sort_unstable_by_key(|span| (span.start, Reverse(span.end)));
    spans.dedup_by(|next, kept| {
        if next.start >= kept.end {
            return false;
        }
        let end = kept.end.max(next.end);
        // Quotes only make sense around all that they were worked out for.
        let whole = |span: &Span| (span.start, span.end) == (kept.start, end);
        let quotes = [*kept, *next].iter().filter(|span| whole(span)).find_map(|span| span.quotes);
        let outranks = (next.severity, next.len()) > (kept.severity, kept.len());
        let named = if outranks { *next } else { *kept };
        *kept = Span { start: kept.start, end, quotes, alone: false, ..named };
        true
    });
}
