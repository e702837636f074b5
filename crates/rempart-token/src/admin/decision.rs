use rempart_core::ClientAddr;

use super::{Policy, Rejection};
use crate::Claims;

/// Decides on an access to the administration, by who asks and from where.
///
/// # Errors
///
/// Why it is turned away. What the token says comes before the address: `AddressDenied` tells of
/// somebody who has the role, and is where nobody with that role should be.
pub fn decide(
    policy: &Policy,
    claims: Option<&Claims>,
    client: Option<ClientAddr>,
) -> Result<(), Rejection> {
    let claims = claims.ok_or(Rejection::MissingClaims)?;
    if policy.prefixes().is_some() && client.is_none() {
        return Err(Rejection::UnknownClient);
    }
    if !policy.suffices(claims) {
        return Err(Rejection::InsufficientScope);
    }
    match client {
        Some(client) if !policy.admits(client) => Err(Rejection::AddressDenied),
        _ => Ok(()),
    }
}
