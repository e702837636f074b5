//! What is measured: one request, by us, by a rival, and by nobody.

use std::fmt;
use std::hint::black_box;

/// One thing that both sides do.
#[derive(Debug)]
pub struct Case {
    /// `crate/what/size`
    pub name: &'static str,
    /// What is subtracted from both: mostly the inner service alone.
    pub bare: Side,
    /// Ours.
    pub ours: Side,
    /// Theirs, if somebody else does the same.
    pub rival: Option<Side>,
    /// Which parts of the answers must be the same.
    pub projection: &'static str,
    /// What it may cost.
    pub ceilings: Vec<Ceiling>,
}

/// What a case may cost at most, over the bare service. A check fails above it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ceiling {
    /// So many allocations.
    Allocations(f64),
    /// So many instructions.
    Instructions(f64),
    /// So many times the instructions of another case of ours.
    InstructionsOf(&'static str, f64),
    /// So many times the rival's instructions.
    InstructionsOfRival(f64),
    /// So many instructions more than the rival.
    InstructionsOverRival(f64),
    /// So many times the time of another case of ours, in the same run.
    TimeOf(&'static str, f64),
    /// So many times the rival's time, in the same run.
    TimeOfRival(f64),
}

/// One side of a case, made anew for each measurement.
pub struct Side {
    /// Who or what it is, with its version.
    pub name: &'static str,
    make: Box<dyn Fn() -> Runner>,
}

impl Side {
    /// Names what `make` sets up.
    pub fn new(name: &'static str, make: impl Fn() -> Runner + 'static) -> Self {
        Self { name, make: Box::new(make) }
    }

    /// Does nothing at all.
    #[must_use]
    pub fn nothing() -> Self {
        Self::new("nothing", || Runner::new(|| (), |()| String::new()))
    }

    /// Sets it up and warms it.
    #[must_use]
    pub fn start(&self) -> Runner {
        let mut runner = (self.make)();
        for _ in 0..WARMING {
            runner.run();
        }
        runner
    }

    /// The same, with an allocation that nobody asked for: what the gate must find.
    #[must_use]
    pub fn with_planted_allocation(self) -> Self {
        let Self { name, make } = self;
        Self::new(name, move || {
            let mut runner = make();
            Runner(Box::new(move |seen| {
                drop(black_box(Box::new(0_u8)));
                (runner.0)(seen);
            }))
        })
    }
}

impl fmt::Debug for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Side").field(&self.name).finish()
    }
}

/// Something set up, to be done again and again.
pub struct Runner(Box<Step>);

/// Does it once, and shows the answer to whoever asks.
type Step = dyn FnMut(Option<&mut String>);

impl Runner {
    /// Does `answer`; `project` shows the parts of the answer that are compared.
    pub fn new<A>(
        mut answer: impl FnMut() -> A + 'static,
        project: impl Fn(&A) -> String + 'static,
    ) -> Self {
        Self(Box::new(move |seen| {
            let answer = black_box(answer());
            if let Some(seen) = seen {
                *seen = project(&answer);
            }
        }))
    }

    /// Does it once.
    pub fn run(&mut self) {
        (self.0)(None);
    }

    /// Does it once, and shows the answer.
    pub fn answer(&mut self) -> String {
        let mut seen = String::new();
        (self.0)(Some(&mut seen));
        seen
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner").finish_non_exhaustive()
    }
}

/// Enough that caches, tables and lazily made things are there.
const WARMING: u32 = 20;
