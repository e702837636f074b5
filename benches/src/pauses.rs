//! The longest that one decision takes while a table fills with a million keys, and then with a
//! million others: what a mean does not show.
//!
//! The tables are the same in each run, hashes included. So whatever a table makes a request wait
//! for comes at the same operation in every run, and what the machine does comes anywhere: what an
//! operation took is the least that it took in any run.

mod tables;

use serde::Serialize;

use self::tables::Table;
use crate::measure::time::now;

/// What the operations on one table took, in microseconds of the thread's CPU time.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Pauses {
    /// The table, and whose it is.
    pub name: &'static str,
    /// It is ours.
    pub ours: bool,
    /// All but one of ten thousand took no longer than this.
    pub most: f64,
    /// The longest of all.
    pub longest: f64,
    /// How many took longer than [`LONGEST`] in the run in which the fewest did: with what the
    /// machine does.
    pub disturbed: usize,
}

/// What no decision of ours may take longer than, in microseconds.
pub const LONGEST: f64 = 100.0;

impl Pauses {
    /// Runs through a million keys twice, and often enough to tell the table from the machine.
    #[must_use]
    pub fn measure() -> Vec<Self> {
        tables::ALL.iter().map(Self::of).collect()
    }

    /// Whether an operation of ours takes longer than it may.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.ours && self.longest > LONGEST
    }

    fn of(table: &Table) -> Self {
        let mut least = vec![f64::INFINITY; table.operations];
        let mut disturbed = usize::MAX;
        for _ in 0..RUNS {
            let mut operation = (table.make)();
            let mut above = 0;
            for (nth, least) in (0..).zip(&mut least) {
                let start = now();
                operation(nth);
                let took = (now() - start) / 1e3;
                above += usize::from(took > LONGEST);
                *least = least.min(took);
            }
            disturbed = disturbed.min(above);
        }
        least.sort_by(f64::total_cmp);
        let ten_thousandth = table.operations / 10_000;
        let mut from_the_top = least.into_iter().rev();
        let longest = from_the_top.next().unwrap_or(f64::NAN);
        let most = from_the_top.nth(ten_thousandth).unwrap_or(longest);
        let (name, ours) = (table.name, table.ours);
        Self { name, ours, most, longest, disturbed }
    }

    /// A line of the table.
    #[must_use]
    pub fn to_text(self) -> String {
        let Self { name, most, longest, disturbed, .. } = self;
        format!("{name:<36} {most:>12.1} {longest:>12.1} {disturbed:>12}")
    }
}

/// The first line of the table.
#[must_use]
pub fn heading() -> String {
    let (longest, above) = ("longest, us", "above 100 us");
    format!("{:<36} {:>12} {longest:>12} {above:>12}", "", "99.99 %, us")
}

const RUNS: usize = 5;
