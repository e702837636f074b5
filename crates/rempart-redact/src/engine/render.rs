//! Writing a text again, with markers in place of what was found.

use std::fmt::Write;

use super::marker::{OPEN, TRUNCATED};
use super::span::{Kind, Span};
use super::{Engine, UNSURE, edge};

/// Room for the note about what was cut.
const NOTE: usize = 48;

impl Engine {
    /// The marker of a kind, nothing of the value in it.
    pub(super) fn marker(&self, kind: Kind) -> String {
        let mut out = String::new();
        self.write_marker(&mut out, kind);
        out
    }

    /// Writes `text` with `spans` hidden. What lies past `seen` was not looked at, nor were the
    /// `lost` bytes that never came: they are left out, with the last bytes before them, since a
    /// value may have been cut in two there.
    pub(super) fn render(&self, text: &str, seen: usize, lost: usize, spans: &[Span]) -> String {
        let unsure = UNSURE.min(self.max_record / 4).max(self.registered.longest());
        let whole = seen >= text.len() && lost == 0;
        let keep = if whole {
            seen
        } else {
            edge::character_to(text.as_bytes(), seen.saturating_sub(unsure))
        };
        // The result is no longer than a text may be, or a second reading would cut it again.
        let most = self.max_record.saturating_sub(NOTE);
        let mut out = String::with_capacity(keep.saturating_add(NOTE).min(self.max_record));
        let mut at: usize = 0;
        let mut full = false;
        for span in spans.iter().take_while(|span| span.start < keep) {
            full = !push(&mut out, text, at, span.start, most);
            if full {
                break;
            }
            let before = out.len();
            self.write_span(&mut out, text, span);
            if out.len() > most {
                out.truncate(before);
                full = true;
                break;
            }
            at = span.end;
        }
        if !full {
            full = !push(&mut out, text, at, keep.max(at), most);
            at = keep.max(at);
        }
        if full || lost > 0 || at < text.len() {
            let dropped = text.len().saturating_sub(at).saturating_add(lost);
            // Writing to a string cannot fail.
            let _ = write!(out, "{TRUNCATED}{dropped} bytes]");
        }
        out
    }

    fn write_span(&self, out: &mut String, text: &str, span: &Span) {
        let Some(backslashes) = span.quotes else { return self.write_value(out, text, span) };
        let quote = |out: &mut String| {
            (0..backslashes).for_each(|_| out.push('\\'));
            out.push('"');
        };
        quote(out);
        self.write_value(out, text, span);
        quote(out);
    }

    fn write_value(&self, out: &mut String, text: &str, span: &Span) {
        let shown = self.detector(span).zip(text.get(span.start..span.end)).and_then(
            |(detector, value)| {
                let mask = detector.mask;
                mask.shown(detector.id, value, self.pseudonyms.as_ref())
            },
        );
        self.write_marker(out, span.kind);
        if let Some(shown) = shown {
            out.pop();
            let _ = write!(out, "/{shown}]");
        }
    }

    /// The detector that found a value, if nobody else found any of it.
    fn detector(&self, span: &Span) -> Option<&crate::Detector> {
        match span.kind {
            Kind::Detector(place) if span.alone => self.detectors.get(place),
            _ => None,
        }
    }

    fn write_marker(&self, out: &mut String, kind: Kind) {
        out.push_str(OPEN);
        match kind {
            Kind::Detector(place) => {
                out.push_str(self.detectors.get(place).map_or("value", |detector| detector.id));
            }
            Kind::Key => out.push_str("key"),
            Kind::Header => out.push_str("header"),
            Kind::Secret(place) => {
                out.push_str("secret/");
                out.push_str(self.secret_names.get(place).map_or("unnamed", String::as_str));
            }
            Kind::Exhausted => out.push_str("too_hard"),
        }
        out.push(']');
    }
}

/// Appends a part of `text`, or as much of it as there is room for.
fn push(out: &mut String, text: &str, from: usize, to: usize, most: usize) -> bool {
    let part = text.get(from..to).unwrap_or_default();
    let room = most.saturating_sub(out.len());
    let cut = edge::character_to(part.as_bytes(), room);
    out.push_str(part.get(..cut).unwrap_or_default());
    cut == part.len()
}
