use std::time::Duration;

use rempart_core::KeyId;

use crate::decision::Apart;
use crate::{Head, Policy, Rejection, verify};

/// Longer bodies are not hashed again: a forged request is not to cost much more than its first
/// verification.
const LONGEST: usize = 64 * 1024;

/// Says which revoked key signed a request that was refused, if one did: somebody has a key that
/// should be nowhere.
///
/// For an event, never for a decision: what a revoked key signed stays refused. Only the latest
/// [`KeyRing::MAX_RECOGNISED`](rempart_keys::KeyRing::MAX_RECOGNISED) revoked keys are tried, and
/// only bodies of at most 64 KiB: each forged request pays for this too.
///
/// ```
/// use std::time::Duration;
/// use http::{HeaderMap, HeaderValue, Method, Uri};
/// use rempart_keys::{KeyId, KeyRing, Secret};
/// use rempart_signature::{Head, Policy, Rejection, Scheme, revoked_signer, verify};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let old = KeyId::new("2026-q3")?;
/// let ring = KeyRing::single(old, Secret::new("It's a Secret to Everybody")?);
/// let policy = Policy::builder("github")
///     .scheme(Scheme::github())
///     .keys(ring.clone())
///     .dangerously_without_read_deadline()
///     .build()?;
/// let policy = policy.with_keys(ring.revoke(old)?)?;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("x-hub-signature-256", HeaderValue::from_static(
///     "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
/// ));
/// let uri = Uri::from_static("/hooks");
/// let head = Head::new(&Method::POST, &uri, &headers);
/// let now = Duration::from_secs(1_800_000_000);
/// assert_eq!(verify(&policy, &head, b"Hello, World!", now), Err(Rejection::Mismatch));
/// assert_eq!(revoked_signer(&policy, &head, b"Hello, World!", now), Some(old));
/// assert_eq!(revoked_signer(&policy, &head, b"Hello, World?", now), None);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn revoked_signer(
    policy: &Policy,
    head: &Head<'_>,
    body: &[u8],
    now: Duration,
) -> Option<KeyId> {
    verify(trying(policy, body.len())?, head, body, now).ok().map(|verified| verified.key())
}

/// The same for a request whose signature is refused before its body.
pub(crate) fn signer_by_head(
    policy: &Policy,
    rejection: Rejection,
    head: &Head<'_>,
    now: Duration,
) -> Option<KeyId> {
    // A revoked key is one that the policy does not have.
    let unknown = matches!(rejection, Rejection::Mismatch | Rejection::UnknownKey);
    let revoked = policy.revoked().filter(|_| unknown)?;
    Apart::decide(revoked, head, now).ok()?.key()
}

/// What a body of this length is verified by again, if it is.
pub(crate) fn trying(policy: &Policy, length: usize) -> Option<&Policy> {
    policy.revoked().filter(|_| length <= LONGEST)
}
