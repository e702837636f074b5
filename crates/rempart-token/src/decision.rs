use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, header};
use memchr::{memchr, memrchr};
use rempart_core::KeyId;
use subtle::{Choice, ConditionallySelectable};

use crate::base64url::Canonical;
use crate::claims::{self, Claims};
use crate::head::{self, Signer};
use crate::mac::Tag;
use crate::policy::PolicyKey;
use crate::{Policy, Rejection};

/// Decides by a request's headers at `now`, since the Unix epoch: cheapest checks first, none of
/// the claims before the tag.
///
/// # Errors
///
/// The [`Rejection`] that the layer answers with.
pub fn decide(policy: &Policy, headers: &HeaderMap, now: Duration) -> Result<Claims, Rejection> {
    verify(policy, bearer(headers)?, now)
}

/// The revoked key that made the token of a request that was refused.
#[cold]
pub(crate) fn revoked_signer(
    policy: &Policy,
    headers: &HeaderMap,
    rejection: Rejection,
    now: Duration,
) -> Option<KeyId> {
    use Rejection::{Mismatch, RevokedKey, UnknownKey};
    if !matches!(rejection, Mismatch | RevokedKey | UnknownKey) {
        return None;
    }
    decide(policy.revoked()?, headers, now).ok().map(|claims| claims.key())
}

/// The token of `Authorization: Bearer` ([RFC 6750 §2.1]).
///
/// [RFC 6750 §2.1]: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
fn bearer(headers: &HeaderMap) -> Result<&[u8], Rejection> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(Rejection::Missing)?.as_bytes();
    if values.next().is_some() {
        return Err(Rejection::Duplicated);
    }
    let (scheme, token) = value.split_at_checked(SCHEME.len()).ok_or(Rejection::Missing)?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return Err(Rejection::Missing);
    }
    // Before the blanks are counted.
    if token.len() > Policy::MAX_TOKEN.saturating_add(MOST_BLANKS) {
        return Err(Rejection::TooLarge);
    }
    match token.iter().position(|byte| *byte != b' ') {
        // Of another scheme, whose name begins so.
        Some(0) => Err(Rejection::Missing),
        Some(blanks) if blanks <= MOST_BLANKS => token.get(blanks..).ok_or(Rejection::Malformed),
        _ => Err(Rejection::Malformed),
    }
}

/// Decides on a token.
pub(crate) fn verify(policy: &Policy, token: &[u8], now: Duration) -> Result<Claims, Rejection> {
    let (key, claims) = verify_signature(policy, token, now)?;
    claims::judge(policy, key, claims, now)
}

/// Decides on a token's head and tag; says whose tag it is, and what was signed.
#[inline]
pub(crate) fn verify_signature(
    policy: &Policy,
    token: &[u8],
    now: Duration,
) -> Result<(KeyId, Arc<[u8]>), Rejection> {
    let parts = Parts::of(token)?;
    let key = match head::signer(policy, parts.head)? {
        Signer::Key(key) if !key.verifies_at(now) => return Err(Rejection::RevokedKey),
        Signer::Key(key) => {
            let tag = parts.tag()?;
            let matches = key.mac.tag(parts.signed).matches(&tag);
            bool::from(matches).then_some(key)
        }
        Signer::Any(algorithm) => {
            let good = |key: &&PolicyKey| key.mac.algorithm() == algorithm && key.verifies_at(now);
            let keys = policy.keys().iter().filter(good);
            matching(keys, &parts)?
        }
    };
    let key = key.ok_or(Rejection::Mismatch)?.id;
    Ok((key, parts.claims()?))
}

/// The last key that made the tag. Every key is tried, whatever was found before.
fn matching<'p>(
    keys: impl Iterator<Item = &'p PolicyKey> + Clone,
    parts: &Parts<'_>,
) -> Result<Option<&'p PolicyKey>, Rejection> {
    let tag = parts.tag()?;
    let mut found = Choice::from(0);
    let mut place = 0;
    let mut tried: u8 = 0;
    for key in keys.clone() {
        let equal = key.mac.tag(parts.signed).matches(&tag);
        place.conditional_assign(&tried, equal);
        found |= equal;
        tried = tried.wrapping_add(1);
    }
    if tried == 0 {
        return Err(Rejection::UnknownKey);
    }
    Ok(keys.into_iter().nth(place.into()).filter(|_| found.into()))
}

/// A token in compact serialisation, taken apart ([RFC 7515 §3.1]).
///
/// [RFC 7515 §3.1]: https://www.rfc-editor.org/rfc/rfc7515#section-3.1
struct Parts<'a> {
    head: &'a [u8],
    claims: Canonical<'a>,
    tag: &'a [u8],
    /// Head and claims with the dot between them: what the tag is of.
    signed: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Exactly three, and what stands in the second could be decoded.
    fn of(token: &'a [u8]) -> Result<Self, Rejection> {
        if token.len() > Policy::MAX_TOKEN {
            return Err(Rejection::TooLarge);
        }
        let parts = || {
            let (first, last) = (memchr(b'.', token)?, memrchr(b'.', token)?);
            Some(Self {
                head: token.get(..first)?,
                claims: Canonical::new(token.get(first.checked_add(1)?..last)?)?,
                tag: token.get(last.checked_add(1)?..)?,
                signed: token.get(..last)?,
            })
        };
        parts().ok_or(Rejection::Malformed)
    }

    fn tag(&self) -> Result<Tag, Rejection> {
        let digits = Canonical::new(self.tag).filter(|digits| digits.bytes() == Tag::LEN);
        let mut tag = [0; Tag::LEN];
        digits.ok_or(Rejection::Malformed)?.decode(&mut tag);
        Ok(Tag(tag))
    }

    /// The claims, decoded where they stay.
    fn claims(&self) -> Result<Arc<[u8]>, Rejection> {
        let zeros = ZEROS.get(..self.claims.bytes()).ok_or(Rejection::Malformed)?;
        let mut claims: Arc<[u8]> = zeros.into();
        self.claims.decode(Arc::get_mut(&mut claims).ok_or(Rejection::Malformed)?);
        Ok(claims)
    }
}

const SCHEME: &[u8] = b"bearer";

/// Between the scheme and the token there may be more than one.
const MOST_BLANKS: usize = 16;

/// Room for the longest claims of a token.
const ZEROS: [u8; Policy::MAX_TOKEN / 4 * 3] = [0; Policy::MAX_TOKEN / 4 * 3];
