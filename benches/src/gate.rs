//! What a check fails on: allocations that differ from the record, instructions that rose above
//! it, and the ceilings of every case.

mod record;

use std::collections::BTreeMap;
use std::fmt;

pub use self::record::{Key, Record, Recorded};
use crate::measure::instructions::Callgrind;
use crate::measure::{Added, Disagreement, agree, allocations, time};
use crate::{Case, Ceiling};

/// Why the gate is shut.
#[derive(Clone, Debug)]
pub enum Fault {
    /// A ceiling is exceeded.
    Above {
        /// The case.
        case: &'static str,
        /// The ceiling.
        ceiling: Ceiling,
        /// What it came to, in the ceiling's measure.
        got: f64,
    },
    /// Allocations differ from the record: both ways, since a fall is to be recorded.
    Allocations {
        /// The case.
        case: &'static str,
        /// As recorded.
        recorded: f64,
        /// As counted.
        got: f64,
    },
    /// Both sides answered, and not the same.
    Disagreement(Disagreement),
    /// Callgrind gave no count.
    NoCount(String),
    /// A ceiling that is recorded as exceeded is kept: to be recorded.
    Paid {
        /// As [`Fault::debt`] named it.
        debt: String,
    },
    /// The record does not have this case.
    NotRecorded {
        /// The case.
        case: &'static str,
    },
    /// Instructions rose above the record.
    Rose {
        /// The case.
        case: &'static str,
        /// As recorded.
        recorded: f64,
        /// As counted.
        got: f64,
    },
}

impl Fault {
    /// The case and the ceiling, if it is one that is exceeded.
    #[must_use]
    pub fn debt(&self) -> Option<String> {
        match self {
            Self::Above { case, ceiling, .. } => Some(format!("{case}: {ceiling}")),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Above { case, ceiling, got } => write!(f, "{case}: {got:.2}, above {ceiling}"),
            Self::Allocations { case, recorded, got } => {
                write!(f, "{case}: {got} allocations, {recorded} in the record")
            }
            Self::Disagreement(Disagreement { case, ours, rival }) => {
                write!(f, "{case}: answers differ: {ours:?}, the rival's {rival:?}")
            }
            Self::NoCount(said) => write!(f, "callgrind gave no count: {said}"),
            Self::Paid { debt } => write!(f, "{debt}: kept now; see --record"),
            Self::NotRecorded { case } => write!(f, "{case}: not in the record; see --record"),
            Self::Rose { case, recorded, got } => {
                write!(f, "{case}: {got:.0} instructions, {recorded:.0} in the record")
            }
        }
    }
}

impl fmt::Display for Ceiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allocations(most) => write!(f, "{most} allocations"),
            Self::Instructions(most) => write!(f, "{most} instructions"),
            Self::InstructionsOf(other, times) => {
                write!(f, "{times} x the instructions of {other}")
            }
            Self::InstructionsOfRival(times) => write!(f, "{times} x the rival's instructions"),
            Self::InstructionsOverRival(more) => write!(f, "the rival's instructions + {more}"),
            Self::TimeOf(other, times) => write!(f, "{times} x the time of {other}"),
            Self::TimeOfRival(times) => write!(f, "{times} x the rival's time"),
        }
    }
}

/// What was counted.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// Allocations, by case.
    pub allocations: BTreeMap<&'static str, Added>,
    /// Instructions, by case; empty without callgrind.
    pub instructions: BTreeMap<&'static str, Added>,
}

/// Compares the answers and counts what can be counted.
#[must_use]
pub fn count(cases: &[Case], callgrind: Option<&Callgrind>) -> (Counted, Vec<Fault>) {
    let mut counted = Counted::default();
    let mut faults = Vec::new();
    for case in cases {
        if let Err(disagreement) = agree(case) {
            faults.push(Fault::Disagreement(disagreement));
        }
        counted.allocations.insert(case.name, allocations::measure(case));
        match callgrind.map(|callgrind| callgrind.measure(case)) {
            Some(Ok(added)) => {
                counted.instructions.insert(case.name, added);
            }
            Some(Err(said)) => faults.push(Fault::NoCount(said)),
            None => {}
        }
    }
    (counted, faults)
}

/// Holds the counts against the record. Its instructions count only if they were counted by the
/// same compiler and valgrind, on the same dependencies.
#[must_use]
pub fn against_record(counted: &Counted, record: &Record, same_key: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (&case, added) in &counted.allocations {
        let Some(recorded) = record.cases.get(case) else {
            faults.push(Fault::NotRecorded { case });
            continue;
        };
        let (recorded_allocations, got) = (recorded.allocations, added.ours);
        if (recorded_allocations - got).abs() > f64::EPSILON {
            faults.push(Fault::Allocations { case, recorded: recorded_allocations, got });
        }
        let instructions = counted.instructions.get(case).filter(|_| same_key);
        if let Some((recorded, got)) = recorded.instructions.zip(instructions.map(|it| it.ours))
            && got > recorded * (1.0 + TOLERANCE)
            && got > recorded + LEAST
        {
            faults.push(Fault::Rose { case, recorded, got });
        }
    }
    faults
}

/// Holds the counts against the ceilings.
#[must_use]
pub fn against_ceilings(cases: &[Case], counted: &Counted) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (case, ceiling) in ceilings(cases) {
        let instructions = counted.instructions.get(case.name);
        let (got, most) = match ceiling {
            Ceiling::Allocations(most) => {
                (counted.allocations.get(case.name).map(|added| added.ours), most)
            }
            Ceiling::Instructions(most) => (instructions.map(|added| added.ours), most),
            Ceiling::InstructionsOf(other, times) => {
                let other = counted.instructions.get(other);
                (instructions.zip(other).map(|(added, other)| added.ours / other.ours), times)
            }
            Ceiling::InstructionsOfRival(times) => {
                (instructions.and_then(|added| added.ratio()), times)
            }
            Ceiling::InstructionsOverRival(more) => {
                (instructions.and_then(|added| Some(added.ours - added.rival?)), more)
            }
            Ceiling::TimeOf(..) | Ceiling::TimeOfRival(_) => continue,
        };
        if let Some(got) = got.filter(|got| *got > most) {
            faults.push(Fault::Above { case: case.name, ceiling, got });
        }
    }
    faults
}

/// Parts the faults into those that shut the gate and those that the record owns to. Of the
/// latter, one that is exceeded no more shuts it too, unless it is one of time, which varies, or
/// was not looked at.
#[must_use]
pub fn without_debts(
    faults: Vec<Fault>,
    record: &Record,
    cases: &[Case],
    counted: &Counted,
) -> (Vec<Fault>, Vec<Fault>) {
    let is_owed = |fault: &Fault| fault.debt().is_some_and(|debt| record.owed.contains(&debt));
    let (owed, mut faults): (Vec<_>, Vec<_>) = faults.into_iter().partition(is_owed);
    for (case, ceiling) in ceilings(cases) {
        let instructions_of = |case| counted.instructions.contains_key(case);
        let looked_at = match ceiling {
            Ceiling::Allocations(_) => counted.allocations.contains_key(case.name),
            Ceiling::InstructionsOf(other, _) => {
                instructions_of(case.name) && instructions_of(other)
            }
            Ceiling::Instructions(_)
            | Ceiling::InstructionsOfRival(_)
            | Ceiling::InstructionsOverRival(_) => instructions_of(case.name),
            Ceiling::TimeOf(..) | Ceiling::TimeOfRival(_) => false,
        };
        let debt = format!("{}: {ceiling}", case.name);
        let still = owed.iter().any(|fault| fault.debt().as_ref() == Some(&debt));
        if looked_at && !still && record.owed.contains(&debt) {
            faults.push(Fault::Paid { debt });
        }
    }
    (faults, owed)
}

/// Times what has a ceiling on its time. Noise only adds, and falls on one side at a time, so a
/// ceiling counts as exceeded when it was in every one of three runs, `slack` times over.
#[must_use]
pub fn against_times(cases: &[Case], rounds: usize, slack: f64) -> Vec<Fault> {
    let timed = |case: &Case| {
        let on_time = |it: &Ceiling| matches!(it, Ceiling::TimeOf(..) | Ceiling::TimeOfRival(_));
        case.ceilings.iter().any(on_time)
    };
    let compared_with = |case: &Case| {
        ceilings(cases).any(|(_, it)| matches!(it, Ceiling::TimeOf(other, _) if other == case.name))
    };
    let mut pending: Vec<_> =
        cases.iter().filter(|case| timed(case) || compared_with(case)).collect();
    let mut faults = Vec::new();
    for _ in 0..RUNS {
        let taken = time::measure(&pending, rounds);
        let taken = pending.iter().map(|case| case.name).zip(taken).collect();
        faults = exceeded(&pending, &taken, slack);
        let again: Vec<_> = pending
            .iter()
            .copied()
            .filter(|case| faults.iter().any(|fault| concerns(fault, case.name)))
            .collect();
        if again.is_empty() {
            return Vec::new();
        }
        pending = again;
    }
    faults
}

fn exceeded(cases: &[&Case], taken: &BTreeMap<&'static str, Added>, slack: f64) -> Vec<Fault> {
    let mut faults = Vec::new();
    for case in cases {
        let Some(added) = taken.get(case.name) else { continue };
        for &ceiling in &case.ceilings {
            let (got, most) = match ceiling {
                Ceiling::TimeOf(other, times) => {
                    (taken.get(other).map(|other| added.ours / other.ours), times)
                }
                Ceiling::TimeOfRival(times) => (added.ratio(), times),
                _ => continue,
            };
            if let Some(got) = got.filter(|got| *got > most * slack) {
                faults.push(Fault::Above { case: case.name, ceiling, got });
            }
        }
    }
    faults
}

/// Whether a case must be timed again because of a fault: its own, or what it is compared with.
fn concerns(fault: &Fault, name: &str) -> bool {
    match fault {
        Fault::Above { case, ceiling: Ceiling::TimeOf(other, _), .. } => {
            *case == name || *other == name
        }
        Fault::Above { case, .. } => *case == name,
        _ => false,
    }
}

fn ceilings(cases: &[Case]) -> impl Iterator<Item = (&Case, Ceiling)> {
    cases.iter().flat_map(|case| case.ceilings.iter().map(move |ceiling| (case, *ceiling)))
}

/// How far instructions may rise above the record: two in a hundred, …
const TOLERANCE: f64 = 0.02;
/// … and no less than this, since hash seeds and the digits of the time move small counts.
const LEAST: f64 = 40.0;
/// How far a ratio of times rises on a machine that others never leave quiet.
pub const TIME_SLACK: f64 = 1.25;
const RUNS: usize = 3;
