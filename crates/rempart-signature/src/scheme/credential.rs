use http::{HeaderMap, HeaderName, HeaderValue};
use smallvec::SmallVec;

use super::timestamp::Time;
use super::{Elements, Extraction, Scheme, TimestampSource};
use crate::Rejection;
use crate::mac::Tag;

/// The signatures of a request; two fit in place, more take one allocation.
pub(crate) type Tags = SmallVec<[Tag; 2]>;

/// What a request shows for itself: everything of it that stands in headers.
pub(crate) struct Credential<'a> {
    pub(crate) tags: Tags,
    pub(crate) timestamp: Option<(&'a [u8], Time)>,
    /// Only if it is signed.
    pub(crate) id: Option<&'a HeaderValue>,
}

impl Scheme {
    /// Reads the credential, strictly: each header once, nothing in it that is not of the scheme.
    pub(crate) fn credential<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> Result<Credential<'a>, Rejection> {
        let value = single(headers, &self.header)?.as_bytes();
        let (tags, element) = match &self.extraction {
            Extraction::Elements(elements) => self.listed(elements, value)?,
            Extraction::Prefixed(prefix) => {
                let text = value.strip_prefix(prefix.as_bytes()).ok_or(Rejection::Malformed)?;
                (Tags::from_iter([self.tag(text)?]), None)
            }
        };
        let text = match self.time_source() {
            Some(TimestampSource::Header(header)) => Some(single(headers, header)?.as_bytes()),
            Some(TimestampSource::Element(_)) => Some(element.ok_or(Rejection::Missing)?),
            None => None,
        };
        let timestamp = match self.timestamp.as_ref().zip(text) {
            Some((timestamp, text)) => {
                Some((text, timestamp.counts().read(text).ok_or(Rejection::Malformed)?))
            }
            None => None,
        };
        let id = match &self.id {
            Some(header) if self.template.signs_id() => Some(self.signed_id(headers, header)?),
            _ => None,
        };
        Ok(Credential { tags, timestamp, id })
    }

    /// The signatures in a list, and the time if it stands there.
    fn listed<'a>(
        &self,
        elements: &Elements,
        value: &'a [u8],
    ) -> Result<(Tags, Option<&'a [u8]>), Rejection> {
        let time_key = match self.time_source() {
            Some(TimestampSource::Element(key)) => Some(key.as_bytes()),
            _ => None,
        };
        let mut tags = Tags::new();
        let mut time = None;
        for element in elements.split(value) {
            let (key, text) = element.ok_or(Rejection::Malformed)?;
            if key == elements.signature().as_bytes() {
                if tags.len() == Self::MAX_SIGNATURES {
                    return Err(Rejection::Malformed);
                }
                tags.push(self.tag(text)?);
            } else if Some(key) == time_key && time.replace(text).is_some() {
                return Err(Rejection::Duplicated);
            }
        }
        if tags.is_empty() {
            return Err(Rejection::Missing);
        }
        Ok((tags, time))
    }

    fn tag(&self, text: &[u8]) -> Result<Tag, Rejection> {
        self.encoding.decode(text, self.algorithm).ok_or(Rejection::Malformed)
    }

    fn signed_id<'a>(
        &self,
        headers: &'a HeaderMap,
        header: &HeaderName,
    ) -> Result<&'a HeaderValue, Rejection> {
        let id = single(headers, header)?;
        if self.is_id(id.as_bytes()) { Ok(id) } else { Err(Rejection::Malformed) }
    }

    /// A signed id holds visible ASCII, and not the byte that ends it in what is signed.
    pub(super) fn is_id(&self, text: &[u8]) -> bool {
        let end = self.template.after_id().unwrap_or(b' ');
        // Without a way out of the loop, which the compiler turns into vector instructions.
        let visible =
            text.iter().fold(true, |all, byte| all & byte.is_ascii_graphic() & (*byte != end));
        visible && !text.is_empty()
    }
}

/// The value of a header that must be there exactly once. Two lines are two opinions, even when
/// they agree: a proxy may have looked at the other one.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a HeaderValue, Rejection> {
    let value = headers.get(name).ok_or(Rejection::Missing)?;
    // Where no name has a second value, this one has none: the second look-up is rare.
    let repeats = headers.len() != headers.keys_len();
    if repeats && headers.get_all(name).iter().nth(1).is_some() {
        return Err(Rejection::Duplicated);
    }
    if value.len() > Scheme::MAX_HEADER {
        return Err(Rejection::Malformed);
    }
    Ok(value)
}
