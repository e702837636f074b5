use http::{HeaderMap, Method, header};
use sha2::{Digest, Sha256};

use super::apart::Apart;
use crate::key::Tag;
use crate::scheme::decode_hex;
use crate::{Head, HexCase, Rejection, Scheme};

/// How the body of a request is covered.
#[derive(Debug, Default)]
pub(super) enum Content {
    /// As rules say that are none of a scheme's.
    Apart(Box<Apart>),
    /// Byte by byte.
    Bytes,
    /// By its digest, which stands in the signed URL.
    Digest(Box<BodyDigest>),
    /// By its sorted parameters.
    Form,
    /// Not at all: what is signed are members of it, and they hold the signature too.
    Members,
    /// There is none.
    #[default]
    Nothing,
    /// Not at all.
    Uncovered,
    /// Byte by byte, by an algorithm that cannot take them as they come.
    Whole,
}

/// In a box, for it is rare and large.
#[derive(Debug)]
pub(super) struct BodyDigest {
    pub(super) hasher: Sha256,
    pub(super) signed: Tag,
}

impl Content {
    pub(super) fn of(scheme: &Scheme, head: &Head<'_>) -> Result<Self, Rejection> {
        if scheme.template().signs_body() {
            let whole = scheme.algorithm().needs_whole();
            return Ok(if whole { Self::Whole } else { Self::Bytes });
        }
        if scheme.is_in_body() {
            return Ok(Self::Members);
        }
        if !scheme.template().signs_form() {
            return Ok(Self::Uncovered);
        }
        // The parameters are in the URL then, and it is signed.
        if matches!(*head.method, Method::GET | Method::HEAD) {
            return Ok(Self::Nothing);
        }
        if is_form(head.headers) {
            return Ok(Self::Form);
        }
        let parameter = scheme.digest_parameter().ok_or(Rejection::UncoveredContentType)?;
        let digest = signed_digest(head.uri.query().unwrap_or_default(), parameter)?;
        let signed = digest.ok_or(Rejection::UncoveredContentType)?;
        Ok(Self::Digest(Box::new(BodyDigest { hasher: Sha256::new(), signed })))
    }
}

/// The digest in a query, which must say it once.
pub(crate) fn signed_digest(query: &str, parameter: &str) -> Result<Option<Tag>, Rejection> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut digests = pairs.filter(|(name, _)| *name == parameter).map(|(_, digits)| digits);
    let Some(digits) = digests.next() else { return Ok(None) };
    if digests.next().is_some() {
        return Err(Rejection::Duplicated);
    }
    let digest = decode_hex(digits.as_bytes(), Sha256::output_size(), HexCase::Any);
    digest.ok_or(Rejection::Malformed).map(Some)
}

fn is_form(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}
