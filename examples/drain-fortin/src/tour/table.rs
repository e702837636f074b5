use std::fmt::{self, Write as _};

use super::Rule;
use crate::Part;

/// Whether a row asks for what the policy gives, or for what it forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The policy gives it.
    Good,
    /// The policy forbids it.
    Hostile,
}

/// What was asked, what should have come of it, and what did.
#[derive(Clone, Debug)]
pub struct Row {
    id: &'static str,
    kind: Kind,
    rule: Rule,
    parts: [Option<Part>; 3],
    request: &'static str,
    expected: &'static str,
    got: String,
}

impl Row {
    pub(super) fn good(id: &'static str, rule: Rule, request: &'static str) -> Self {
        Self::new(id, Kind::Good, rule, request)
    }

    pub(super) fn hostile(id: &'static str, rule: Rule, request: &'static str) -> Self {
        Self::new(id, Kind::Hostile, rule, request)
    }

    const fn new(id: &'static str, kind: Kind, rule: Rule, request: &'static str) -> Self {
        let parts = [rule.part(), None, None];
        Self { id, kind, rule, parts, request, expected: "", got: String::new() }
    }

    /// A further layer that the row cannot do without.
    pub(super) fn also(mut self, part: Part) -> Self {
        if let Some(free) = self.parts.iter_mut().find(|part| part.is_none()) {
            *free = Some(part);
        }
        self
    }

    /// Shows what the layer lets through, which would come through without it, too.
    pub(super) const fn regardless(mut self) -> Self {
        self.parts = [None; 3];
        self
    }

    pub(super) fn judge(mut self, expected: &'static str, got: impl Into<String>) -> Self {
        self.expected = expected;
        self.got = got.into();
        self
    }

    /// The row's name.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// Whether the row asks for what is forbidden.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The line of the policy.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// Whether what came is not what should have come.
    #[must_use]
    pub fn is_red(&self) -> bool {
        self.got != self.expected
    }

    /// Whether the row shows what this layer is for.
    #[must_use]
    pub fn needs(&self, part: Part) -> bool {
        self.parts.contains(&Some(part))
    }
}

/// The rows of a tour.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    pub(super) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// The rows, in the order of the tour.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }

    /// How many rows are red.
    #[must_use]
    pub fn red(&self) -> usize {
        self.rows().filter(|row| row.is_red()).count()
    }
}

impl fmt::Display for Table {
    /// A line for each row and, last, `N rows, M red`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = ["", "row", "rule", "request", "expected", "got"].map(ToOwned::to_owned);
        let cells = |row: &Row| {
            let mark = if row.is_red() { "RED" } else { "ok" };
            let kind = if row.kind == Kind::Hostile { "!" } else { " " };
            [
                mark.to_owned(),
                format!("{}{kind}", row.id),
                row.rule.to_string(),
                row.request.to_owned(),
                row.expected.to_owned(),
                row.got.clone(),
            ]
        };
        let lines: Vec<[String; 6]> =
            std::iter::once(heading).chain(self.rows().map(cells)).collect();
        let mut widths = [0; 6];
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = cell.chars().count().max(*width);
            }
        }
        for line in &lines {
            let mut padded = String::new();
            for (width, cell) in widths.iter().zip(line) {
                write!(padded, "{cell:width$}  ")?;
            }
            writeln!(f, "{}", padded.trim_end())?;
        }
        write!(f, "{} rows, {} red", self.rows.len(), self.red())
    }
}
