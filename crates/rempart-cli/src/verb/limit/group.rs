mod parse;

use std::fmt;

use thiserror::Error;

pub(super) use self::parse::{honest, hostile, span};

/// Clients that send alike, as they are written: `1000x0.5/s`, `rotate:50000/s steady`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) who: Who,
    /// That of each client, or of a source that has many addresses.
    pub(super) rate: Rate,
    pub(super) shape: Shape,
}

/// From which addresses requests come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// So many, each a client of its own that hammers.
    Flood(u32),
    /// One.
    Greedy,
    /// So many, each a client of its own.
    Honest(u32),
    /// Those of one IPv6 prefix of so many bits, a network of 64 bits after the other.
    Prefix(u32),
    /// Another one for each request.
    Rotate,
}

/// How many requests come in how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    /// In millionths of a request, so that `0.5` is a whole number.
    millionths: u64,
    unit: Unit,
}

/// What a rate is per: its name and its nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unit(&'static str, u64);

/// How requests come, at the same rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// By chance, so many at once.
    Burst(u32),
    /// By chance, each on its own.
    Poisson,
    /// At even intervals.
    Steady,
}

impl Group {
    /// The mean time from one arrival to the next, over all clients, in 2^-32 nanoseconds. A burst
    /// is one arrival.
    pub(super) fn gap(&self) -> u128 {
        let at_once = match self.shape {
            Shape::Burst(size) => size,
            Shape::Poisson | Shape::Steady => 1,
        };
        let Unit(_, nanoseconds) = self.rate.unit;
        let time = u128::from(nanoseconds).saturating_mul(MILLION) << 32;
        let requests = u128::from(self.rate.millionths).saturating_mul(self.who.senders().into());
        time.saturating_mul(at_once.into()).checked_div(requests).unwrap_or(u128::MAX)
    }

    /// About how many requests come in this time.
    pub(super) fn expected(&self, seconds: u64) -> u128 {
        let Unit(_, nanoseconds) = self.rate.unit;
        let requests = u128::from(self.rate.millionths).saturating_mul(self.who.senders().into());
        let time = u128::from(seconds).saturating_mul(1_000_000_000);
        let whole = u128::from(nanoseconds).saturating_mul(MILLION);
        requests.saturating_mul(time).checked_div(whole).unwrap_or(u128::MAX)
    }
}

impl Who {
    /// How many clients there are, or `None` if each request is of another one.
    pub(super) const fn clients(self) -> Option<u32> {
        match self {
            Self::Flood(clients) | Self::Honest(clients) => Some(clients),
            Self::Greedy => Some(1),
            Self::Prefix(bits) => 1_u32.checked_shl(64_u32.saturating_sub(bits)),
            Self::Rotate => None,
        }
    }

    /// How many send at the group's rate.
    const fn senders(self) -> u32 {
        match self {
            Self::Flood(clients) | Self::Honest(clients) => clients,
            Self::Greedy | Self::Prefix(_) | Self::Rotate => 1,
        }
    }

    /// Whether addresses are taken in turn, and not by chance.
    pub(super) const fn rotates(self) -> bool {
        matches!(self, Self::Prefix(_) | Self::Rotate)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.who {
            Who::Flood(clients) => write!(f, "flood:{clients}x")?,
            Who::Greedy => f.write_str("greedy:")?,
            Who::Honest(clients) => write!(f, "{clients}x")?,
            Who::Prefix(bits) => write!(f, "rotate/{bits}:")?,
            Who::Rotate => f.write_str("rotate:")?,
        }
        write!(f, "{}", self.rate)?;
        match self.shape {
            Shape::Burst(size) => write!(f, " burst {size}"),
            Shape::Poisson => Ok(()),
            Shape::Steady => f.write_str(" steady"),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:07}", self.millionths);
        let (whole, part) = digits.split_at(digits.len().saturating_sub(6));
        let (part, Unit(unit, _)) = (part.trim_end_matches('0'), self.unit);
        let point = if part.is_empty() { "" } else { "." };
        write!(f, "{whole}{point}{part}/{unit}")
    }
}

/// A text that is no group, and the byte at which it stops being one.
///
/// It says nothing of the text itself: the wrong argument may be a secret.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("byte {at}: {fault}")]
pub(super) struct GroupError {
    at: usize,
    #[source]
    fault: GroupFault,
}

/// What is wrong there.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(super) enum GroupFault {
    #[error("`m` may be a minute or a month: write `min`")]
    AmbiguousUnit,
    #[error("the second after `..` is not past the one before it")]
    Backwards,
    #[error("`:` and a rate are needed here, as in `greedy:200/s`")]
    NoColon,
    #[error("`..` is needed here, as in `20..30`")]
    NoDots,
    #[error("`greedy:`, `flood:`, `rotate:` or `rotate/48:` is needed here")]
    NoKind,
    #[error("a number is needed here")]
    NoNumber,
    #[error("`x` and the rate of each client are needed here, as in `1000x0.5/s`")]
    NoTimes,
    #[error("`/` and a unit of time are needed here, as in `0.5/s`")]
    NoUnit,
    #[error("a prefix has 44 to 64 bits: of a shorter one no network comes twice, as of `rotate:`")]
    Prefix,
    #[error("at most six decimals are counted")]
    TooFine,
    #[error("this number is too large")]
    TooLarge,
    #[error("at most 64 bytes are read")]
    TooLong,
    #[error("nothing may follow but `poisson`, `steady`, or `burst` and a number")]
    Trailing,
    #[error("s, min, h or d is needed here")]
    Unit,
    #[error("zero is nothing to simulate")]
    Zero,
}

const MILLION: u128 = 1_000_000;
