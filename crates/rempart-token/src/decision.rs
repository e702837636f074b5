use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, header};
use rempart_core::KeyId;
use subtle::{Choice, ConditionallySelectable};

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
    claims: &'a [u8],
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
            let first = token.iter().position(|byte| *byte == b'.')?;
            let last = token.iter().rposition(|byte| *byte == b'.')?;
            Some(Self {
                head: token.get(..first)?,
                claims: token.get(first.checked_add(1)?..last)?,
                tag: token.get(last.checked_add(1)?..)?,
                signed: token.get(..last)?,
            })
        };
        parts().filter(|parts| is_base64url(parts.claims)).ok_or(Rejection::Malformed)
    }

    fn tag(&self) -> Result<Tag, Rejection> {
        // The decoder asks for room of whole groups.
        let mut tag = [0; Tag::LEN + 1];
        let length = URL_SAFE_NO_PAD.decode_slice(self.tag, &mut tag);
        match (length, tag.first_chunk()) {
            (Ok(Tag::LEN), Some(tag)) => Ok(Tag(*tag)),
            _ => Err(Rejection::Malformed),
        }
    }

    /// The claims, decoded where they stay.
    fn claims(&self) -> Result<Arc<[u8]>, Rejection> {
        let (groups, rest) = self.claims.as_chunks::<4>();
        let length = groups.len().saturating_mul(3).saturating_add(rest.len().saturating_sub(1));
        let mut claims: Arc<[u8]> = ZEROS.get(..length).ok_or(Rejection::Malformed)?.into();
        let room = Arc::get_mut(&mut claims).ok_or(Rejection::Malformed)?;
        match URL_SAFE_NO_PAD.decode_slice_unchecked(self.claims, room) {
            Ok(decoded) if decoded == length => Ok(claims),
            _ => Err(Rejection::Malformed),
        }
    }
}

/// Whether these are whole bytes in base64url, without padding and with the unused bits zero.
fn is_base64url(text: &[u8]) -> bool {
    // Without a branch, so that many bytes are looked at together.
    let strange = text.iter().fold(0, |so_far, byte| {
        let is_letter = u8::from((byte | 0x20).wrapping_sub(b'a') < 26);
        let is_decimal = u8::from(byte.wrapping_sub(b'0') < 10);
        let is_other = u8::from(*byte == b'-') | u8::from(*byte == b'_');
        so_far | (1 ^ (is_letter | is_decimal | is_other))
    });
    let unused = match text.len() % 4 {
        0 => 0,
        2 => 0b1111,
        3 => 0b11,
        _ => return false,
    };
    strange == 0 && text.last().is_none_or(|last| sextet(*last) & unused == 0)
}

/// What a digit of base64url stands for.
const fn sextet(digit: u8) -> u8 {
    match digit {
        b'A'..=b'Z' => digit.wrapping_sub(b'A'),
        b'a'..=b'z' => digit.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => digit.wrapping_sub(b'0').wrapping_add(52),
        b'-' => 62,
        _ => 63,
    }
}

const SCHEME: &[u8] = b"bearer";

/// Between the scheme and the token there may be more than one.
const MOST_BLANKS: usize = 16;

/// Room for the longest claims of a token.
const ZEROS: [u8; Policy::MAX_TOKEN / 4 * 3] = [0; Policy::MAX_TOKEN / 4 * 3];
