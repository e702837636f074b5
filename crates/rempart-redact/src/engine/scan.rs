//! One reading of a text by everything that looks for values.

use std::ops::Range;

use super::span::Span;
use super::{edge, value};

/// How far before a number of a list a quote is looked for.
const NEAR: usize = 1024;

/// How far what is found is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// As far as its rule says.
    Rule,
    /// What goes on behind a marker, as far as any rule could take it.
    Word,
    /// To the end of the string, or of the line.
    String,
    /// To the end of the outermost string, in which there may be others, or of the line.
    Member,
}

/// What is found in one text, put right as it is found.
pub(super) struct Scan<'s> {
    pub(super) text: &'s [u8],
    /// Where the markers of an earlier reading stand.
    pub(super) markers: &'s [Range<usize>],
    pub(super) reach: Reach,
    pub(super) spans: &'s mut Vec<Span>,
}

impl Scan<'_> {
    /// Takes a range, without what is already hidden and without cutting anything in two.
    pub(super) fn found(&mut self, span: Span) {
        let text = self.text;
        let mut start = edge::character_from(text, edge::after_escape(text, span.start));
        let mut end = edge::character_from(text, self.end_of(&span).min(text.len()));
        let cut = edge::after_escape(text, end);
        // A backslash that is hidden takes with it what it escapes.
        if cut > end && end > start {
            end = edge::character_from(text, cut);
        }
        // One marker may follow another without a gap.
        while let Some(marker) = self.marker_at(start) {
            start = marker.end;
        }
        if let Some(marker) = self.marker_at(end).filter(|marker| marker.start < end) {
            end = marker.end;
        }
        if start < end {
            self.spans.push(Span { start, end, ..span });
        }
    }

    /// Where a span is to end. One whose marker gets quotes of its own ends where it does.
    fn end_of(&self, span: &Span) -> usize {
        let goes_on = || {
            let before = span.start.checked_sub(1);
            before.is_some_and(|at| self.marker_at(at).is_some())
                || self.marker_at(span.start).is_some()
        };
        let (text, end) = (self.text, span.end);
        match self.reach {
            Reach::Word if goes_on() => value::word_end(text, end),
            Reach::String if span.quotes.is_none() => value::string_end(text, end, u32::MAX),
            Reach::Member if span.quotes.is_none() => value::string_end(text, end, 0),
            _ => end,
        }
    }

    /// The marker of an earlier reading that stands at `at`.
    pub(super) fn marker_at(&self, at: usize) -> Option<&Range<usize>> {
        let place = self.markers.partition_point(|marker| marker.end <= at);
        self.markers.get(place).filter(|marker| marker.start <= at)
    }

    /// The backslashes before the quotes that a marker needs in place of a bare JSON number.
    pub(super) fn quotes_for_number(&self, start: usize, end: usize) -> Option<u8> {
        let number = self.text.get(start..end)?.iter().all(u8::is_ascii_digit);
        let after = self.text.get(end..)?.iter().find(|byte| !byte.is_ascii_whitespace());
        if !number || !matches!(after, Some(b',' | b'}' | b']')) {
            return None;
        }
        let before = self.text.get(..start)?.trim_ascii_end();
        let name = match before {
            [name @ .., b':'] if name.trim_ascii_end().ends_with(b"\"") => name.trim_ascii_end(),
            // In a list: the quotes of what stands before it are of the same depth.
            [list @ .., b'[' | b','] => {
                let near = list.get(list.len().saturating_sub(NEAR)..)?;
                let quote = near.iter().rposition(|byte| *byte == b'"');
                quote.and_then(|at| near.get(..=at)).unwrap_or(b"\"")
            }
            _ => return None,
        };
        let backslashes = name.iter().rev().skip(1).take_while(|byte| **byte == b'\\').count();
        u8::try_from(value::own_backslashes(value::depth(backslashes))).ok()
    }
}
