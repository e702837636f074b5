//! The three instruments.

pub mod allocations;
pub mod instructions;
pub mod time;

use crate::Case;

/// What the sides of a case cost, over its bare service.
#[derive(Clone, Copy, Debug)]
pub struct Added {
    /// Ours.
    pub ours: f64,
    /// The rival's, if there is one.
    pub rival: Option<f64>,
}

impl Added {
    /// Ours in parts of the rival's.
    #[must_use]
    pub fn ratio(self) -> Option<f64> {
        self.rival.map(|rival| self.ours / rival)
    }
}

/// Answers of both sides that are not the same, where they should be.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// The case.
    pub case: &'static str,
    /// What we answered.
    pub ours: String,
    /// What the rival answered.
    pub rival: String,
}

/// The answer of both sides, which must be the same in what is compared.
///
/// # Errors
///
/// [`Disagreement`] if it is not.
pub fn agree(case: &Case) -> Result<String, Disagreement> {
    let ours = case.ours.start().answer();
    let rival = case.rival.as_ref().map(|rival| rival.start().answer());
    match rival {
        Some(rival) if rival != ours => Err(Disagreement { case: case.name, ours, rival }),
        _ => Ok(ours),
    }
}
