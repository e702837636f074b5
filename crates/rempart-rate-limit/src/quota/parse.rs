//! The grammar of a quota, read left to right in one pass.

use super::{Quota, QuotaError, QuotaFault};
use crate::words::{Misread, Words, Wrong};

/// Reads the words; whether the rate can be counted is asked elsewhere.
pub(super) fn quota(text: &str) -> Result<Quota, QuotaError> {
    if text.len() > MAX_TEXT {
        return Err(QuotaError::new(MAX_TEXT, QuotaFault::TextTooLong));
    }
    let mut words = Words::new(text);
    let limit = words.number()?;
    words.one_of(&["requests", "request", "req", "r"]);
    if !words.slash() && words.one_of(&["per"]).is_none() {
        return Err(QuotaError::new(words.next(), QuotaFault::NoPer));
    }
    let period = words.period()?;
    let quota = Quota::per_period(limit, period);
    let quota = match words.one_of(&["burst"]) {
        Some(_) => quota.with_burst(words.number()?),
        None => quota,
    };
    if words.is_empty() {
        Ok(quota)
    } else {
        Err(QuotaError::new(words.next(), QuotaFault::Trailing))
    }
}

impl From<Misread> for QuotaError {
    fn from(Misread { at, what }: Misread) -> Self {
        let fault = match what {
            Wrong::AmbiguousUnit => QuotaFault::AmbiguousUnit,
            Wrong::NoNumber => QuotaFault::NoNumber,
            Wrong::NoUnit => QuotaFault::NoUnit,
            Wrong::NumberTooLarge => QuotaFault::NumberTooLarge,
            Wrong::Zero => QuotaFault::Zero,
        };
        Self::new(at, fault)
    }
}

/// Far above the longest sensible quota; keeps the work and the positions small.
pub(super) const MAX_TEXT: usize = 128;
