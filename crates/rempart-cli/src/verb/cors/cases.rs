use std::io::Read;

use rempart::cors::corpus::Case;

use crate::failure::Failure;
use crate::lines::{Line, Lines};

/// A case, or why its line holds none; with the line's number.
type Numbered = (usize, Result<Case, String>);

/// The cases of a table, line by line.
pub(super) struct Cases<R> {
    lines: Lines<R>,
    limit: usize,
    number: usize,
}

impl<R: Read> Cases<R> {
    /// No line is longer than `limit`.
    pub(super) fn new(input: R, limit: usize) -> Self {
        Self { lines: Lines::new(input, limit), limit, number: 0 }
    }

    /// Whether reading on may have to wait.
    pub(super) fn may_wait(&self) -> bool {
        self.lines.may_wait()
    }

    /// How many lines were read.
    pub(super) const fn lines(&self) -> usize {
        self.number
    }

    /// The next one.
    pub(super) fn next(&mut self) -> Result<Option<Numbered>, Failure> {
        loop {
            let Some((line, _)) = self.lines.next()? else { return Ok(None) };
            self.number = self.number.saturating_add(1);
            let case = match line {
                Line::Cut(..) => Err(format!("has more than {} bytes", self.limit)),
                Line::Whole(bytes) => match str::from_utf8(bytes) {
                    Err(_) => Err("is not UTF-8".to_owned()),
                    Ok(text) if text.trim().is_empty() => continue,
                    Ok(text) if self.number == 1 && text.starts_with("id\t") => continue,
                    Ok(text) => text.parse::<Case>().map_err(|fault| fault.to_string()),
                },
            };
            return Ok(Some((self.number, case)));
        }
    }
}
