use thiserror::Error;

/// A text that is no quota, and the byte at which it stops being one.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("byte {at}: {fault}")]
pub struct QuotaError {
    at: usize,
    #[source]
    fault: QuotaFault,
}

impl QuotaError {
    pub(super) const fn new(at: usize, fault: QuotaFault) -> Self {
        Self { at, fault }
    }

    /// Where the fault is, in bytes from the start of the text.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.at
    }

    /// What is wrong there.
    #[must_use]
    pub const fn fault(&self) -> QuotaFault {
        self.fault
    }
}

/// What is wrong with the text of a quota.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuotaFault {
    /// `m` is read as a minute by some and as something else by others.
    #[error("`m` may be a minute, a month or a metre: write `min`")]
    AmbiguousUnit,
    /// Another quota is at least as strict at any time. Only of [`Quotas`](crate::Quotas).
    #[error("this one never binds: quota {beside} allows no more, at any time")]
    NeverBinds {
        /// Which quota is at least as strict, counted from 1.
        beside: usize,
    },
    /// The text ends, or something else stands, where a number is needed.
    #[error("a number is needed here")]
    NoNumber,
    /// Neither `per` nor `/` follows the limit.
    #[error("`per` or `/` is needed here")]
    NoPer,
    /// There is no quota at all. Only of [`Quotas`](crate::Quotas).
    #[error("at least one quota is needed")]
    NoQuota,
    /// No known unit of time stands where one is needed.
    #[error("a unit of time is needed here: ms, s, min, h or d")]
    NoUnit,
    /// The number is past what is counted here.
    #[error("this number is too large")]
    NumberTooLarge,
    /// The words are right, the rate cannot be counted.
    #[error("{0}")]
    Rate(RateError),
    /// Something else than `;` stands between two quotas. Only of [`Quotas`](crate::Quotas).
    #[error("`;` stands between two quotas")]
    Separator,
    /// The text is longer than any quota.
    #[error("a quota has at most 128 bytes")]
    TextTooLong,
    /// There are more quotas than hold together. Only of [`Quotas`](crate::Quotas).
    #[error("at most {} quotas hold together", crate::Quotas::MAX)]
    TooMany,
    /// Something follows the end of the quota.
    #[error("nothing may follow the quota but `burst` and a number")]
    Trailing,
    /// The number is zero: to allow nothing is not a rate.
    #[error("zero is no quota")]
    Zero,
}

/// A rate that cannot be counted.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateError {
    /// More than 128 requests, or a burst that is not the limit, cannot be kept in every window.
    #[error("a strict window allows at most 128 requests, and no other burst than that")]
    NoWindow,
    /// More than one request a microsecond.
    #[error("a rate above one request a microsecond cannot be counted")]
    TooFast,
    /// A whole burst would take more than 146 years to come back.
    #[error("the burst would take more than 146 years to come back")]
    TooLong,
    /// A burst of zero allows nothing.
    #[error("a burst of zero allows nothing")]
    ZeroBurst,
    /// A limit of zero allows nothing.
    #[error("a limit of zero allows nothing")]
    ZeroLimit,
    /// A period of zero is no period.
    #[error("a period of zero is no period")]
    ZeroPeriod,
}
