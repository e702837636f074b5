//! The table of a case a line: ours, the rival's, and how they compare.

use serde::Serialize;

use crate::Case;
use crate::measure::instructions::Callgrind;
use crate::measure::{Added, Disagreement, agree, allocations, time};

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// The case.
    pub name: &'static str,
    /// The rival, if there is one.
    pub rival: Option<&'static str>,
    /// Which parts of the answers were compared.
    pub compared: &'static str,
    /// What both answered there.
    pub answer: String,
    /// Nanoseconds of CPU time.
    pub nanoseconds: Both,
    /// Allocations.
    pub allocations: Both,
    /// Instructions, where valgrind is installed.
    pub instructions: Option<Both>,
}

/// What both sides add to the bare service.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Both {
    /// Ours.
    pub ours: f64,
    /// The rival's.
    pub rival: Option<f64>,
    /// Ours in parts of the rival's.
    pub ratio: Option<f64>,
}

impl From<Added> for Both {
    fn from(added: Added) -> Self {
        Self { ours: added.ours, rival: added.rival, ratio: added.ratio() }
    }
}

/// Compares the answers of a case, then measures it.
///
/// # Errors
///
/// [`Disagreement`] if the answers differ: what is not the same is not compared.
pub fn compare(
    case: &Case,
    rounds: usize,
    callgrind: Option<&Callgrind>,
) -> Result<Line, Disagreement> {
    let answer = agree(case)?;
    let nanoseconds = time::measure(&[case], rounds);
    let nanoseconds = nanoseconds.first().copied().unwrap_or(Added { ours: f64::NAN, rival: None });
    let instructions = callgrind.and_then(|callgrind| {
        let counted = callgrind.measure(case);
        counted.inspect_err(|error| eprintln!("no instructions: {error}")).ok()
    });
    Ok(Line {
        name: case.name,
        rival: case.rival.as_ref().map(|rival| rival.name),
        compared: case.projection,
        answer,
        nanoseconds: nanoseconds.into(),
        allocations: allocations::measure(case).into(),
        instructions: instructions.map(Both::from),
    })
}

/// The heads of the columns.
#[must_use]
pub fn heading() -> String {
    format!(
        "{:<28} {:>10} {:>10} {:>6}  {:>6} {:>6}  {:>9} {:>9} {:>6}",
        "over the bare service",
        "ns",
        "rival's",
        "ratio",
        "allocs",
        "rival's",
        "instr",
        "rival's",
        "ratio",
    )
}

impl Line {
    /// The line as text, under [`heading`].
    #[must_use]
    pub fn to_text(&self) -> String {
        let show = |value: Option<f64>, decimals: usize| {
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
        };
        let instructions = self.instructions;
        let ours = instructions.map(|both| both.ours);
        let rival = instructions.and_then(|both| both.rival);
        let ratio = instructions.and_then(|both| both.ratio);
        format!(
            "{:<28} {:>10} {:>10} {:>6}  {:>6} {:>6}  {:>9} {:>9} {:>6}",
            self.name,
            show(Some(self.nanoseconds.ours), 1),
            show(self.nanoseconds.rival, 1),
            show(self.nanoseconds.ratio, 2),
            show(Some(self.allocations.ours), 0),
            show(self.allocations.rival, 0),
            show(ours, 0),
            show(rival, 0),
            show(ratio, 2),
        )
    }

    /// What was compared before it was measured, as text.
    #[must_use]
    pub fn answer_text(&self) -> String {
        let rival = self.rival.map(|rival| format!(" as {rival} does")).unwrap_or_default();
        let answer = if self.answer.is_empty() { "nothing" } else { &self.answer };
        format!("{:<28} answers{rival} ({}): {answer}", self.name, self.compared)
    }
}
