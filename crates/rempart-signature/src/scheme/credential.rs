use http::{HeaderMap, HeaderName};
use smallvec::SmallVec;

use super::timestamp::Time;
use super::{Extraction, Scheme, TimestampSource};
use crate::mac::Tag;
use crate::{Part, Rejection};

/// The signatures of a request; two fit in place, more take one allocation.
pub(crate) type Tags = SmallVec<[Tag; 2]>;

/// What a request shows for itself: everything of it that stands in headers.
pub(crate) struct Credential<'a> {
    pub(crate) tags: Tags,
    pub(crate) timestamp: Option<(&'a [u8], Time)>,
    pub(crate) id: &'a [u8],
}

impl Scheme {
    /// Reads the credential, strictly: each header once, nothing in it that is not of the scheme.
    pub(crate) fn credential<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> Result<Credential<'a>, Rejection> {
        let value = single(headers, &self.header)?;
        let mut tags = Tags::new();
        for signature in self.extraction.signatures(value) {
            if tags.len() == Self::MAX_SIGNATURES {
                return Err(Rejection::Malformed);
            }
            let tag = signature.and_then(|text| self.encoding.decode(text, self.algorithm));
            tags.push(tag.ok_or(Rejection::Malformed)?);
        }
        if tags.is_empty() {
            return Err(Rejection::Missing);
        }
        let timestamp = self.timestamp_text(headers, value)?;
        let id = match &self.id {
            Some(header) if self.template.has(&Part::Id) => self.signed_id(headers, header)?,
            _ => &[],
        };
        Ok(Credential { tags, timestamp, id })
    }

    fn timestamp_text<'a>(
        &'a self,
        headers: &'a HeaderMap,
        value: &'a [u8],
    ) -> Result<Option<(&'a [u8], Time)>, Rejection> {
        let Some(timestamp) = &self.timestamp else { return Ok(None) };
        let text = match timestamp.source() {
            TimestampSource::Header(header) => single(headers, header)?,
            TimestampSource::Element(key) => {
                let Extraction::Elements(elements) = &self.extraction else {
                    return Err(Rejection::Missing);
                };
                let mut values = elements.values(value, key);
                let text = values.next().ok_or(Rejection::Missing)?;
                if values.next().is_some() {
                    return Err(Rejection::Duplicated);
                }
                text
            }
        };
        let time = timestamp.counts().read(text).ok_or(Rejection::Malformed)?;
        Ok(Some((text, time)))
    }

    /// A signed id holds visible ASCII, and not the byte that ends it in what is signed.
    fn signed_id<'a>(
        &self,
        headers: &'a HeaderMap,
        header: &HeaderName,
    ) -> Result<&'a [u8], Rejection> {
        let id = single(headers, header)?;
        let end = self.template.after_id();
        let good = |byte: &u8| byte.is_ascii_graphic() && Some(*byte) != end;
        if id.is_empty() || !id.iter().all(good) {
            return Err(Rejection::Malformed);
        }
        Ok(id)
    }
}

/// The value of a header that must be there exactly once. Two lines are two opinions, even when
/// they agree: a proxy may have looked at the other one.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a [u8], Rejection> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(Rejection::Missing)?.as_bytes();
    if values.next().is_some() {
        return Err(Rejection::Duplicated);
    }
    if value.len() > Scheme::MAX_HEADER {
        return Err(Rejection::Malformed);
    }
    Ok(value)
}
