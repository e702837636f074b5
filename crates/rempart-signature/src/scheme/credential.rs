use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::timestamp::Time;
use super::{Elements, Extraction, Scheme, Signatures, TimestampSource};
use crate::Rejection;

/// What a request shows for itself: everything of it that stands in headers.
pub(crate) struct Credential<'a> {
    pub(crate) signatures: Signatures,
    pub(crate) timestamp: Option<(&'a [u8], Time)>,
    /// Only if it is signed.
    pub(crate) id: Option<&'a HeaderValue>,
}

/// The headers that say whether a request was signed, found in one pass over all of them.
#[derive(Default)]
pub(crate) struct Headers<'a> {
    signature: Slot<'a>,
    time: Slot<'a>,
    /// Only if it is signed.
    id: Slot<'a>,
    is_encoded: bool,
}

impl<'a> Headers<'a> {
    pub(crate) fn of<'s>(scheme: &'s Scheme, headers: &'a HeaderMap) -> Self {
        // No header's name is empty.
        let time = match scheme.time_source() {
            Some(TimestampSource::Header(header)) => header.as_str(),
            _ => "",
        };
        let id = scheme.id.as_ref().filter(|_| scheme.template.signs_id());
        let own = (scheme.header.as_str(), time, id.map_or("", HeaderName::as_str));
        let other = scheme.alternative.as_ref().filter(|other| {
            !headers.contains_key(&scheme.header) && headers.contains_key(other.signature())
        });
        let (signature, time, id) = other.map_or(own, |other| {
            let name = |header: Option<&'s HeaderName>| header.map_or("", HeaderName::as_str);
            (other.signature().as_str(), name(other.time()), name(other.message_id()))
        });
        let mut found = Self::default();
        // As texts, which mostly differ in length already.
        for (name, value) in headers {
            let name = name.as_str();
            if name == signature {
                found.signature.put(value);
            } else if name == time {
                found.time.put(value);
            } else if name == id {
                found.id.put(value);
            } else if name == header::CONTENT_ENCODING.as_str() {
                let coding = value.as_bytes().trim_ascii();
                found.is_encoded |= !coding.eq_ignore_ascii_case(b"identity");
            }
        }
        found
    }

    /// Whether the body is compressed, or coded in another way.
    pub(crate) const fn is_encoded(&self) -> bool {
        self.is_encoded
    }
}

/// A header that must be there exactly once. Two lines are two opinions, even when they agree: a
/// proxy may have looked at the other one.
#[derive(Clone, Copy, Default)]
enum Slot<'a> {
    #[default]
    Empty,
    Once(&'a HeaderValue),
    Repeated,
}

impl<'a> Slot<'a> {
    const fn put(&mut self, value: &'a HeaderValue) {
        *self = match self {
            Self::Empty => Self::Once(value),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        };
    }

    fn value(self) -> Result<&'a HeaderValue, Rejection> {
        match self {
            Self::Empty => Err(Rejection::Missing),
            Self::Once(value) if value.len() > Scheme::MAX_HEADER => Err(Rejection::Malformed),
            Self::Once(value) => Ok(value),
            Self::Repeated => Err(Rejection::Duplicated),
        }
    }
}

impl Scheme {
    /// Reads the credential, strictly: each header once, nothing in it that is not of the scheme.
    pub(crate) fn credential<'a>(
        &self,
        headers: &Headers<'a>,
    ) -> Result<Credential<'a>, Rejection> {
        let value = headers.signature.value()?.as_bytes();
        let (signatures, element) = match &self.extraction {
            Extraction::Elements(elements) => self.listed(elements, value)?,
            Extraction::Prefixed(prefix) => {
                let text = value.strip_prefix(prefix.as_bytes()).ok_or(Rejection::Malformed)?;
                let mut signatures = Signatures::of(self.algorithm);
                signatures.read(self.encoding, self.algorithm, text)?;
                (signatures, None)
            }
        };
        let text = match self.time_source() {
            Some(TimestampSource::Header(_)) => Some(headers.time.value()?.as_bytes()),
            Some(TimestampSource::Element(_)) => Some(element.ok_or(Rejection::Missing)?),
            None => None,
        };
        let timestamp = match self.timestamp.as_ref().zip(text) {
            Some((timestamp, text)) => {
                Some((text, timestamp.counts().read(text).ok_or(Rejection::Malformed)?))
            }
            None => None,
        };
        let id = if self.template.signs_id() {
            let id = headers.id.value()?;
            Some(self.is_id(id.as_bytes()).then_some(id).ok_or(Rejection::Malformed)?)
        } else {
            None
        };
        Ok(Credential { signatures, timestamp, id })
    }

    /// The signatures in a list, and the time if it stands there.
    fn listed<'a>(
        &self,
        elements: &Elements,
        value: &'a [u8],
    ) -> Result<(Signatures, Option<&'a [u8]>), Rejection> {
        let time_key = match self.time_source() {
            Some(TimestampSource::Element(key)) => Some(key.as_bytes()),
            _ => None,
        };
        let mut signatures = Signatures::of(self.algorithm);
        let mut time = None;
        for element in elements.split(value) {
            let (key, text) = element.ok_or(Rejection::Malformed)?;
            if key == elements.signature().as_bytes() {
                signatures.read(self.encoding, self.algorithm, text)?;
            } else if Some(key) == time_key && time.replace(text).is_some() {
                return Err(Rejection::Duplicated);
            }
        }
        if signatures.is_empty() {
            return Err(Rejection::Missing);
        }
        Ok((signatures, time))
    }

    /// A signed id holds visible ASCII, and not the byte that ends it in what is signed.
    pub(super) fn is_id(&self, text: &[u8]) -> bool {
        let end = self.template.after_id().unwrap_or(b' ');
        // Without a branch, and without a way out of the loop: the compiler makes vector
        // instructions of it.
        let bad = text
            .iter()
            .fold(0, |bad, byte| bad | u8::from(!byte.is_ascii_graphic()) | u8::from(*byte == end));
        bad == 0 && !text.is_empty()
    }
}
