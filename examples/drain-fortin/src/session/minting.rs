use std::time::Duration;

use rempart_core::Live;
use rempart_keys::KeyRing;
use rempart_token::{ConfigErrors, Lifetime, Minter, Policy};
use serde::Serialize;

use super::{Revoked, life};
use crate::keys::{Keys, Purpose, stand_in};
use crate::serve::StartError;
use crate::store::{Access, NotMinted};
use crate::user::{DEV_ADMIN, Email, Role};

/// Makes the access tokens, with the active key of a ring.
#[derive(Clone, Debug)]
pub(crate) struct Minting {
    minter: Minter,
    production: bool,
}

#[derive(Serialize)]
struct Claims<'a> {
    /// The user's address.
    sub: &'a str,
    role: Role,
}

impl Minting {
    /// Follows the ring; while it has no active key nothing is minted.
    pub(crate) fn new(keys: &Keys, production: bool) -> Result<Self, StartError> {
        let ring = Live::new(stand_in()?);
        let minter = Minter::hs256(ring.clone()).issuer(ISSUER).audience(AUDIENCE);
        let minter = if production { minter } else { minter.dangerously_short_secrets() };
        let minter = minter.build()?;
        // Then only: the ring may have no key, after an incident, and the service starts.
        keys.follow_ring(Purpose::Tokens, &ring)?;
        Ok(Self { minter, production })
    }

    /// The user of development is nobody in production, whatever the database holds.
    pub(crate) fn may_sign_in(&self, email: &Email) -> bool {
        !(self.production && email.as_str() == DEV_ADMIN)
    }

    /// An access token for this user.
    pub(crate) fn mint(
        &self,
        email: &Email,
        role: Role,
        now: Duration,
    ) -> Result<(String, Access), NotMinted> {
        if !self.may_sign_in(email) {
            return Err(NotMinted::Nobody);
        }
        let claims = Claims { sub: email.as_str(), role };
        let token = self.minter.mint(&claims, ACCESS, now).map_err(|error| {
            // The names of keys at most; an operator has to do something about it.
            tracing::error!(%error, "no access token was made");
            NotMinted::NoKey
        })?;
        let id = token.id().ok_or(NotMinted::NoKey)?.to_owned();
        let access = Access { id, ends: token.expires_at() };
        Ok((token.as_str().to_owned(), access))
    }
}

/// What verifies the tokens that are made here; its keys are those of `ring` at first.
pub(crate) fn verifying(
    ring: KeyRing,
    revoked: &Revoked,
    production: bool,
) -> Result<Policy, ConfigErrors> {
    let policy = Policy::builder(Purpose::Tokens.policy())
        .hs256(ring)
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .max_life(life::ACCESS)
        // By these two it is taken back.
        .require("jti")
        .require("sub")
        .revocations(revoked.revocations())
        .realm("drain-fortin");
    if production { policy.build() } else { policy.dangerously_short_secrets().build() }
}

const ISSUER: &str = "drain-fortin";

const AUDIENCE: &str = "drain-fortin-api";

const ACCESS: Lifetime = Lifetime::minutes::<15>();
