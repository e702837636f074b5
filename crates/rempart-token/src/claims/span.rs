use std::ops::Range;

use crate::json::{Fault, Text};

/// Where a text stands in the claims; a token is short enough for two bytes each.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u16,
    end: u16,
}

impl Span {
    pub(super) fn of(text: &Text<'_>) -> Result<Self, Fault> {
        let start = u16::try_from(text.at).map_err(|_| Fault::Syntax)?;
        let length = u16::try_from(text.raw.len()).map_err(|_| Fault::Syntax)?;
        Ok(Self { start, end: start.checked_add(length).ok_or(Fault::Syntax)? })
    }

    pub(super) fn behind(self, at: usize) -> Result<Self, Fault> {
        let shift = |place: u16| u16::try_from(at).ok()?.checked_add(place);
        match (shift(self.start), shift(self.end)) {
            (Some(start), Some(end)) => Ok(Self { start, end }),
            _ => Err(Fault::Syntax),
        }
    }

    pub(super) fn range(self) -> Range<usize> {
        self.start.into()..self.end.into()
    }
}
