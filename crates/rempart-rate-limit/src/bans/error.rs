use std::fmt;

use thiserror::Error;

/// One fault of a [`BanRule`](crate::BanRule), and where it stands if there was a text.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("{}{fault}", Place(*at))]
pub struct BanRuleError {
    at: Option<usize>,
    #[source]
    fault: BanRuleFault,
}

impl BanRuleError {
    pub(super) const fn new(at: Option<usize>, fault: BanRuleFault) -> Self {
        Self { at, fault }
    }

    /// Where the fault is, in bytes from the start of the text; none if there was no text.
    #[must_use]
    pub const fn position(&self) -> Option<usize> {
        self.at
    }

    /// What is wrong there.
    #[must_use]
    pub const fn fault(&self) -> BanRuleFault {
        self.fault
    }
}

/// What is wrong with a [`BanRule`](crate::BanRule).
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BanRuleFault {
    /// `m` is read as a minute by some and as something else by others.
    #[error("`m` may be a minute, a month or a metre: write `min`")]
    AmbiguousUnit,
    /// Bans would become shorter, not longer.
    #[error("the longest ban is shorter than the first")]
    CapBelowFirst,
    /// This word of the rule is missing.
    #[error("`{0}` is needed here")]
    Missing(&'static str),
    /// The text ends, or something else stands, where a number is needed.
    #[error("a number is needed here")]
    NoNumber,
    /// No known unit of time stands where one is needed.
    #[error("a unit of time is needed here: ms, s, min, h or d")]
    NoUnit,
    /// The number is past what is counted here.
    #[error("this number is too large")]
    NumberTooLarge,
    /// The text is longer than any rule.
    #[error("a rule of bans has at most 256 bytes")]
    TextTooLong,
    /// A time that nobody will live to see.
    #[error("{0} is more than 146 years")]
    TooLong(BanRulePart),
    /// Something follows the end of the rule.
    #[error("nothing may follow the rule but `up to` and a time")]
    Trailing,
    /// A part is zero, or was never said.
    #[error("{0} is zero")]
    Zero(BanRulePart),
}

/// A part of a [`BanRule`](crate::BanRule).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BanRulePart {
    /// How long a ban becomes at most.
    Cap,
    /// How many denials lead to a ban.
    Denials,
    /// How long the first ban is.
    First,
    /// Within how long the denials come.
    Window,
}

impl fmt::Display for BanRulePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cap => "the longest ban",
            Self::Denials => "the number of denials",
            Self::First => "the first ban",
            Self::Window => "the time of the denials",
        })
    }
}

/// `byte 14: `
struct Place(Option<usize>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |at| write!(f, "byte {at}: "))
    }
}
