//! The tokens that a login gives: JWTs signed with HMAC-SHA-256, read strictly.
//!
//! Only the algorithm of the key is accepted, the header may hold nothing else ([RFC 8725 §3.1]),
//! and a token without an end, or with one further away than [`LIFE`], is refused.
//!
//! [RFC 8725 §3.1]: https://www.rfc-editor.org/rfc/rfc8725#section-3.1

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use rempart_core::Reason;
use rempart_keys::Secret;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::user::Role;

/// How long a token lives.
pub(crate) const LIFE: Duration = Duration::from_secs(3600);

/// Mints and verifies tokens with one key.
#[derive(Clone)]
pub(crate) struct Tokens {
    keyed: Hmac<Sha256>,
}

/// What a token says; all of it is required.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    /// The user's address.
    pub(crate) sub: String,
    pub(crate) role: Role,
    /// Seconds since 1970.
    pub(crate) iat: u64,
    /// Seconds since 1970.
    pub(crate) exp: u64,
}

/// The one header that is accepted. `crit`, `jwk`, `kid` and their like are unknown fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: Option<String>,
}

impl Tokens {
    /// Signs with this secret; `None` cannot happen with HMAC, which takes keys of any length.
    pub(crate) fn new(secret: &Secret) -> Option<Self> {
        Some(Self { keyed: Hmac::new_from_slice(secret.expose()).ok()? })
    }

    /// Makes a token for `sub` that lives for [`LIFE`] from `now`.
    pub(crate) fn mint(&self, sub: &str, role: Role, now: Duration) -> Option<String> {
        let (iat, exp) = (now.as_secs(), now.saturating_add(LIFE).as_secs());
        self.sign(&Claims { iss: ISSUER.to_owned(), sub: sub.to_owned(), role, iat, exp })
    }

    /// Signs any claims: the tour signs those that [`verify`](Self::verify) must refuse.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Option<String> {
        let mut token = URL_SAFE_NO_PAD.encode(HEADER);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims).ok()?, &mut token);
        let tag = self.keyed.clone().chain_update(&token).finalize().into_bytes();
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(tag, &mut token);
        Some(token)
    }

    /// Reads a token at this time since 1970. Nothing of it is believed before its signature is.
    pub(crate) fn verify(&self, token: &str, now: Duration) -> Result<Claims, Reason> {
        if token.len() > MOST {
            return Err(Reason::TooLarge);
        }
        let (signed, tag) = token.rsplit_once('.').ok_or(Reason::Malformed)?;
        let parted = signed.split_once('.').filter(|(_, claims)| !claims.contains('.'));
        let (header, claims) = parted.ok_or(Reason::Malformed)?;
        let header: Header = part(header)?;
        if header.alg != "HS256" {
            return Err(Reason::WrongAlgorithm);
        }
        if header.typ.is_some_and(|kind| !kind.eq_ignore_ascii_case("jwt")) {
            return Err(Reason::WrongType);
        }
        let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| Reason::Malformed)?;
        let mac = self.keyed.clone().chain_update(signed);
        mac.verify_slice(&tag).map_err(|_| Reason::Mismatch)?;
        let claims: Claims = part(claims)?;
        judge(&claims, now)?;
        Ok(claims)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

fn part<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, Reason> {
    let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| Reason::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| Reason::Malformed)
}

fn judge(claims: &Claims, now: Duration) -> Result<(), Reason> {
    let now = now.as_secs();
    if claims.iss != ISSUER {
        Err(Reason::WrongIssuer)
    } else if claims.exp <= now {
        Err(Reason::Expired)
    } else if claims.iat > now.saturating_add(SKEW) {
        Err(Reason::NotYetValid)
    } else if claims.exp.saturating_sub(claims.iat) > LIFE.as_secs() {
        Err(Reason::LifeTooLong)
    } else {
        Ok(())
    }
}

const ISSUER: &str = "drain-fortin";

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// Longer than any token made here; nothing longer is decoded.
const MOST: usize = 2048;

/// Seconds by which the clocks of two machines may differ.
const SKEW: u64 = 30;

#[cfg(test)]
mod tests;
