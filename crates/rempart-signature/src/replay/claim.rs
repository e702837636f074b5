use std::fmt;

use super::ReplayKey;

/// The right to handle one request, until its lease ends. It is spent by being settled.
///
/// Each holds a token of its own, drawn at random, by which its store tells it from the claims of
/// others on the same key.
pub struct Claim {
    key: ReplayKey,
    token: u128,
}

impl Claim {
    /// For a store of one's own, which draws the token.
    #[must_use]
    pub const fn new(key: ReplayKey, token: u128) -> Self {
        Self { key, token }
    }

    /// What is claimed.
    #[must_use]
    pub const fn key(&self) -> ReplayKey {
        self.key
    }

    /// What tells it from other claims.
    #[must_use]
    pub const fn token(&self) -> u128 {
        self.token
    }
}

impl fmt::Debug for Claim {
    /// Who knows the token can act for the claim.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claim(..)")
    }
}

/// What became of an attempt to claim a key.
#[derive(Debug)]
#[must_use = "a claim that is not settled stands until its lease ends"]
pub enum Claimed {
    /// The request was handled before.
    Done,
    /// Nobody was before: the request is the claimant's to handle.
    Fresh(Claim),
    /// An equal request is being handled.
    InFlight,
    /// The store cannot tell, or has no room left.
    Unavailable,
}

/// What became of a claim that was committed or released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Settled {
    /// It was done.
    Applied,
    /// The lease had ended: the key was nobody's by then, or another's, and was left alone.
    Lost,
    /// The store cannot tell.
    Unavailable,
}
