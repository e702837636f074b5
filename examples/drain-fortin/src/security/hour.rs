//! The hour by minutes, as all plots see it.

use std::ops::Range;
use std::time::Duration;

use rempart_monitor::{Column, Figures, Snapshot};

use super::plot::{Axis, MINUTES, Series, tallest};
use super::words::{minute, number};

pub(super) struct Hour<'a> {
    pub(super) snapshot: &'a Snapshot,
    columns: Vec<Column<'a>>,
    pub(super) axis: Axis,
}

impl<'a> Hour<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        let columns: Vec<_> = snapshot.columns(Duration::from_secs(60)).collect();
        let starts = columns.iter().map(Column::start).collect();
        let first_known = columns.iter().position(Column::is_known).unwrap_or(MINUTES);
        Self { snapshot, columns, axis: Axis { starts, first_known } }
    }

    /// Some of the minutes together.
    pub(super) fn figures(&self, minutes: Range<usize>) -> Option<Figures<'_>> {
        let columns = self.columns.get(minutes)?;
        Some(self.snapshot.join(columns.first()?, columns.last()?))
    }

    /// What is counted by the minute, under a name.
    pub(super) fn series(
        &self,
        key: &'static str,
        name: &'static str,
        count: impl Fn(Figures<'_>) -> u64,
    ) -> Series {
        let counts = self.columns.iter().map(|column| count(column.figures())).collect();
        Series { key, name, counts }
    }

    /// What a minute tells when it is pointed at: `14:03: 12 served, 3 refused`.
    pub(super) fn tip(&self, nth: usize, series: &[Series]) -> String {
        let counts = series.iter().map(|one| format!("{} {}", number(one.at(nth)), one.name));
        format!("{}: {}", self.minute(nth), counts.collect::<Vec<_>>().join(", "))
    }

    /// What there is to see in a plot of counts.
    pub(super) fn said(&self, series: &[Series], nothing: &str) -> String {
        let (nth, most) = tallest(series);
        if most == 0 {
            return nothing.to_owned();
        }
        let sums = series.iter().map(|one| format!("{} {}", number(one.sum()), one.name));
        let sums = sums.collect::<Vec<_>>().join(", ");
        let at = self.minute(nth);
        format!("In the last hour {sums}. Most in one minute: {} at {at}.", number(most))
    }

    /// When a minute began.
    pub(super) fn minute(&self, nth: usize) -> String {
        self.axis.starts.get(nth).copied().map(minute).unwrap_or_default()
    }
}

/// The last five minutes, the running one among them.
pub(super) const LATELY: Range<usize> = MINUTES - 5..MINUTES;

/// The last five minutes of all the series together.
pub(super) fn lately(series: &[Series]) -> u64 {
    series.iter().fold(0, |sum, one| sum.saturating_add(within(one, LATELY)))
}

pub(super) fn within(series: &Series, minutes: Range<usize>) -> u64 {
    let counts = series.counts.get(minutes).unwrap_or_default();
    counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
}
