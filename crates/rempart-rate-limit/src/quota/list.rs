use std::str::FromStr;
use std::{fmt, slice};

use rempart_core::{ConfigErrors, Faults};
use thiserror::Error;

use super::{Quota, QuotaFault};
use crate::Gcra;
#[cfg(feature = "serde")]
use crate::as_text;

/// Several quotas that hold together: `100/hour; 1000/day`.
///
/// ```
/// use rempart_rate_limit::{Quota, Quotas};
///
/// let quotas: Quotas = "100/hour; 1000/day".parse()?;
/// assert_eq!(quotas.as_slice(), [Quota::per_hour(100), Quota::per_day(1000)]);
/// assert_eq!(quotas.to_string(), "100 requests per hour; 1000 requests per day");
///
/// // Every fault is reported, with its place in the whole text.
/// let faults = "10/m; 1000/day; 50/year".parse::<Quotas>().unwrap_err();
/// let texts: Vec<_> = faults.iter().map(|fault| fault.to_string()).collect();
/// assert_eq!(texts[0], "quota 1, byte 3: `m` may be a minute, a month or a metre: write `min`");
/// assert_eq!(texts[1], "quota 3, byte 19: a unit of time is needed here: ms, s, min, h or d");
/// # Ok::<(), rempart_core::ConfigErrors<rempart_rate_limit::QuotasError>>(())
/// ```
///
/// # The semicolon
///
/// One to [`Quotas::MAX`] quotas, in the grammar of [`Quota`], with a `;` between two of them and
/// none at the end. Elsewhere `,` and `|` may stand there too; here they are faults that say so: a
/// comma may be part of a number (`5/s burst 1,500/day`), and a bar is read as *or* by as many as
/// read it as *and*.
///
/// # A quota that never binds
///
/// All of them hold at any time, so one that allows whatever another one allows does nothing: the
/// hourly one in `1000/hour; 100/day`. That is nearly always a slip of the pen, and a file in which
/// it stands looks as if it protected something; so it is a fault, [`QuotaFault::NeverBinds`]. The
/// same quota twice is one too.
///
/// It is refused only if it never binds in either way of counting, by bursts and rates or in strict
/// windows: not `10/min; 16 per 90 s`, for 90 seconds can hold two minutes' requests.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Quotas(Box<[Quota]>);

impl Quotas {
    /// How many quotas hold together at most.
    pub const MAX: usize = 8;

    /// Takes quotas one by one.
    ///
    /// # Errors
    ///
    /// Every fault at once: no quota, too many of them, one that cannot be counted, one that never
    /// binds.
    pub fn new(quotas: impl IntoIterator<Item = Quota>) -> Result<Self, ConfigErrors<QuotasError>> {
        Self::checked(quotas.into_iter().map(|quota| {
            let fault = |error| Misfit { at: None, fault: QuotaFault::Rate(error) };
            Gcra::new(quota).map_err(fault).map(|gcra| Member { at: None, quota, gcra })
        }))
    }

    /// The quotas, in the order in which they were written.
    #[must_use]
    pub fn as_slice(&self) -> &[Quota] {
        &self.0
    }

    /// The quotas, one by one.
    pub fn iter(&self) -> slice::Iter<'_, Quota> {
        self.0.iter()
    }

    /// How many quotas there are, from 1 to [`Quotas::MAX`].
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    fn checked(
        members: impl Iterator<Item = Result<Member, Misfit>>,
    ) -> Result<Self, ConfigErrors<QuotasError>> {
        let mut faults = Faults::new();
        let mut counted: Vec<(usize, Member)> = Vec::new();
        // One more than there may be, to see that there is one.
        for (nth, member) in (1..).zip(members.take(Self::MAX.saturating_add(1))) {
            let member = match member {
                Ok(Member { at, .. }) | Err(Misfit { at, .. }) if nth > Self::MAX => {
                    Err(Misfit { at, fault: QuotaFault::TooMany })
                }
                member => member,
            };
            let named = member.map_err(|Misfit { at, fault }| QuotasError { nth, at, fault });
            counted.extend(faults.take(named).map(|member| (nth, member)));
        }
        if counted.is_empty() && faults.is_empty() {
            faults.push(QuotasError { nth: 1, at: None, fault: QuotaFault::NoQuota });
        }
        for (nth, Member { at, .. }, beside) in idle(&counted) {
            faults.push(QuotasError { nth, at, fault: QuotaFault::NeverBinds { beside } });
        }
        faults.finish()?;
        Ok(Self(counted.into_iter().map(|(_, member)| member.quota).collect()))
    }
}

impl<'a> IntoIterator for &'a Quotas {
    type Item = &'a Quota;
    type IntoIter = slice::Iter<'a, Quota>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromStr for Quotas {
    type Err = ConfigErrors<QuotasError>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut end = 0_usize;
        Self::checked(text.split(SEPARATOR).map(|piece| {
            let start = end;
            end = start.saturating_add(piece.len()).saturating_add(SEPARATOR.len_utf8());
            Member::read(piece, start)
        }))
    }
}

impl fmt::Display for Quotas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, quota) in self.iter().enumerate() {
            let separator = if nth == 0 { "" } else { "; " };
            write!(f, "{separator}{quota}")?;
        }
        Ok(())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Quotas {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Quotas {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        as_text::deserialize(deserializer, "quotas such as \"100/hour; 1000/day\"")
    }
}

/// One fault of several quotas: which of them, where, and what is wrong.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("quota {nth}{}: {fault}", Place(*at))]
pub struct QuotasError {
    nth: usize,
    at: Option<usize>,
    #[source]
    fault: QuotaFault,
}

impl QuotasError {
    /// Which quota it is, counted from 1.
    #[must_use]
    pub const fn nth(&self) -> usize {
        self.nth
    }

    /// Where the fault is, in bytes from the start of the whole text; none if there was no text.
    #[must_use]
    pub const fn position(&self) -> Option<usize> {
        self.at
    }

    /// What is wrong there.
    #[must_use]
    pub const fn fault(&self) -> QuotaFault {
        self.fault
    }
}

/// `, byte 14`
struct Place(Option<usize>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |at| write!(f, ", byte {at}"))
    }
}

/// A quota that can be counted, and where it starts.
#[derive(Clone, Copy)]
struct Member {
    at: Option<usize>,
    quota: Quota,
    gcra: Gcra,
}

/// What is no quota.
struct Misfit {
    at: Option<usize>,
    fault: QuotaFault,
}

impl Member {
    /// Reads the piece of the text that starts there.
    fn read(piece: &str, start: usize) -> Result<Self, Misfit> {
        let blanks = piece.len().saturating_sub(piece.trim_start_matches([' ', '\t']).len());
        let counted = piece.parse().map(|quota| (quota, Gcra::new(quota)));
        let (within, fault) = match counted {
            Ok((quota, Ok(gcra))) => {
                return Ok(Self { at: Some(start.saturating_add(blanks)), quota, gcra });
            }
            Ok((_, Err(error))) => (blanks, QuotaFault::Rate(error)),
            Err(error) => match (error.position(), error.fault()) {
                (_, fault @ QuotaFault::Rate(_)) => (blanks, fault),
                (at, QuotaFault::Trailing) if starts_with_another_separator(piece, at) => {
                    (at, QuotaFault::Separator)
                }
                fault => fault,
            },
        };
        Err(Misfit { at: Some(start.saturating_add(within)), fault })
    }

    /// Whether `other` allows whatever this one does, so that it does nothing beside this one.
    fn covers(&self, other: &Self) -> bool {
        let by_rates = self.gcra.burst() <= other.gcra.burst()
            && self.gcra.interval() >= other.gcra.interval();
        // A window of the other touches so many of this one's that follow one another.
        let (own, others) = (self.quota.period().as_nanos(), other.quota.period().as_nanos());
        let windows =
            others.checked_add(own.saturating_sub(1)).and_then(|sum| sum.checked_div(own));
        let most = windows.map(|windows| windows.saturating_mul(self.quota.limit().into()));
        by_rates && most.is_some_and(|most| most <= other.quota.limit().into())
    }
}

/// Those that never bind, each with the first one that covers it.
fn idle(members: &[(usize, Member)]) -> impl Iterator<Item = (usize, Member, usize)> {
    members.iter().filter_map(|(nth, member)| {
        let by = members.iter().find(|(other, stricter)| {
            // Of two that are the same, the second is idle.
            let first = other < nth || !member.covers(stricter);
            other != nth && stricter.covers(member) && first
        });
        by.map(|(by, _)| (*nth, *member, *by))
    })
}

fn starts_with_another_separator(piece: &str, at: usize) -> bool {
    piece.get(at..).is_some_and(|rest| rest.starts_with([',', '|']))
}

const SEPARATOR: char = ';';
