use http::{HeaderMap, HeaderName, HeaderValue, header};
use smallvec::SmallVec;

use super::timestamp::Time;
use super::{Elements, Extraction, HeaderFamily, IdSource, Scheme, Signatures, TimestampSource};
use crate::Rejection;

/// What a request shows for itself: everything of it that stands in headers.
pub(crate) struct Credential<'a> {
    pub(crate) timestamp: Option<(&'a [u8], Time)>,
    /// Only if it is signed, and stands in a header.
    pub(crate) id: Option<&'a HeaderValue>,
    /// The names of the headers that are signed, and the headers.
    pub(crate) signed_headers: Option<(&'a [u8], &'a HeaderMap)>,
}

/// What stands in the body of a request whose signature stands there too.
pub(crate) struct BodyCredential<'a> {
    pub(crate) signatures: Signatures,
    pub(crate) timestamp: Option<(&'a [u8], Time)>,
    pub(crate) id: Option<&'a [u8]>,
}

/// The headers that say whether a request was signed.
pub(crate) struct Headers<'a> {
    all: &'a HeaderMap,
    signature: Slot<'a>,
    further: Further<'a>,
    time: Slot<'a>,
    /// Only if it is signed.
    id: Slot<'a>,
    is_encoded: bool,
}

/// What stands in the headers of further signatures.
#[derive(Default)]
struct Further<'a> {
    values: SmallVec<[&'a HeaderValue; 2]>,
    /// One bit for each header that is there.
    seen: u16,
    repeated: bool,
}

impl<'a> Further<'a> {
    fn put(&mut self, nth: usize, value: &'a HeaderValue) {
        let bit = u32::try_from(nth).ok().and_then(|nth| 1_u16.checked_shl(nth)).unwrap_or(0);
        if self.seen & bit == 0 {
            self.values.push(value);
        } else {
            self.repeated = true;
        }
        self.seen |= bit;
    }
}

/// What the headers of a credential are called; where there is none, as no header is called.
struct Names<'s> {
    signature: &'s str,
    time: &'s str,
    id: &'s str,
}

impl<'s> Names<'s> {
    fn of(scheme: &'s Scheme) -> Self {
        let time = match scheme.time_source() {
            Some(TimestampSource::Header(header)) => header.as_str(),
            _ => "",
        };
        let id = match &scheme.id {
            Some(IdSource::Header(header)) if scheme.template.signs_id() => header.as_str(),
            _ => "",
        };
        Self { signature: text(scheme.header.as_ref()), time, id }
    }

    fn of_alternative(other: &'s HeaderFamily) -> Self {
        Self {
            signature: other.signature().as_str(),
            time: text(other.time()),
            id: text(other.message_id()),
        }
    }
}

fn text(header: Option<&HeaderName>) -> &str {
    header.map_or("", HeaderName::as_str)
}

impl<'a> Headers<'a> {
    /// In one pass over all of them; in a second one where they may have other names.
    pub(crate) fn of(scheme: &Scheme, headers: &'a HeaderMap) -> Self {
        let mut found = Self::none_of(headers);
        found.find(&Names::of(scheme), scheme);
        if let Some(other) = &scheme.alternative
            && found.signature.is_empty()
        {
            let mut others = Self::none_of(headers);
            others.find(&Names::of_alternative(other), scheme);
            if !others.signature.is_empty() {
                found = others;
            }
        }
        found
    }

    fn none_of(headers: &'a HeaderMap) -> Self {
        Self {
            all: headers,
            signature: Slot::Empty,
            further: Further::default(),
            time: Slot::Empty,
            id: Slot::Empty,
            is_encoded: false,
        }
    }

    fn find(&mut self, names: &Names<'_>, scheme: &Scheme) {
        // As texts, which mostly differ in length already.
        for (name, value) in self.all {
            let name = name.as_str();
            if name == names.signature {
                self.signature.put(value);
            } else if name == names.time {
                self.time.put(value);
            } else if name == names.id {
                self.id.put(value);
            } else if name == header::CONTENT_ENCODING.as_str() {
                let coding = value.as_bytes().trim_ascii();
                self.is_encoded |= !coding.eq_ignore_ascii_case(b"identity");
            } else if let Some(nth) =
                scheme.further.iter().position(|further| further.as_str() == name)
            {
                self.further.put(nth, value);
            }
        }
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

    const fn is_empty(self) -> bool {
        matches!(self, Self::Empty)
    }

    fn value(self) -> Result<&'a HeaderValue, Rejection> {
        match self {
            Self::Empty => Err(Rejection::Missing),
            Self::Once(value) => bounded(value),
            Self::Repeated => Err(Rejection::Duplicated),
        }
    }
}

fn bounded(value: &HeaderValue) -> Result<&HeaderValue, Rejection> {
    if value.len() > Scheme::MAX_HEADER { Err(Rejection::Malformed) } else { Ok(value) }
}

/// What a list holds beside signatures.
#[derive(Default)]
struct Listed<'a> {
    time: Option<&'a [u8]>,
    headers: Option<&'a [u8]>,
}

impl Scheme {
    /// Reads the credential, strictly: each header once, nothing in it that is not of the scheme.
    pub(crate) fn credential<'a>(
        &self,
        headers: &Headers<'a>,
    ) -> Result<Credential<'a>, Rejection> {
        self.credential_and(&mut Signatures::of(self.algorithm), headers)
    }

    /// The same; the signatures go to where they stay.
    #[expect(clippy::inline_always, reason = "what it gives is large, and read in the next lines")]
    #[inline(always)]
    pub(crate) fn credential_and<'a>(
        &self,
        signatures: &mut Signatures,
        headers: &Headers<'a>,
    ) -> Result<Credential<'a>, Rejection> {
        let mut listed = Listed::default();
        if !self.is_in_body() {
            if !headers.signature.is_empty() || headers.further.seen == 0 {
                self.read(headers.signature.value()?, signatures, &mut listed)?;
            }
            if headers.further.repeated {
                return Err(Rejection::Duplicated);
            }
            for value in &headers.further.values {
                self.read(bounded(value)?, signatures, &mut listed)?;
            }
        }
        let text = match self.time_source() {
            Some(TimestampSource::Header(_)) => Some(headers.time.value()?.as_bytes()),
            Some(TimestampSource::Element(_)) => Some(listed.time.ok_or(Rejection::Missing)?),
            Some(TimestampSource::Member(_)) | None => None,
        };
        let timestamp = match self.timestamp.as_ref().zip(text) {
            Some((timestamp, text)) => {
                Some((text, timestamp.counts().read(text).ok_or(Rejection::Malformed)?))
            }
            None => None,
        };
        let id = match &self.id {
            Some(IdSource::Header(_)) if self.template.signs_id() => {
                let id = headers.id.value()?;
                Some(self.is_id(id.as_bytes()).then_some(id).ok_or(Rejection::Malformed)?)
            }
            _ => None,
        };
        let signed_headers = match &self.signed_headers {
            Some(rule) => {
                let names = listed.headers.ok_or(Rejection::Missing)?;
                rule.check(names, headers.all)?;
                Some((names, headers.all))
            }
            None => None,
        };
        Ok(Credential { timestamp, id, signed_headers })
    }

    /// Reads the credential of a scheme whose signature stands in the body.
    pub(crate) fn body_credential<'a>(
        &self,
        body: &'a [u8],
    ) -> Result<BodyCredential<'a>, Rejection> {
        let Extraction::Member(member) = &self.extraction else {
            return Err(Rejection::Missing);
        };
        let mut signatures = Signatures::of(self.algorithm);
        signatures.read(self.encoding, self.algorithm, member.text_in(body)?)?;
        let id = match &self.id {
            Some(IdSource::Member(_)) => self.body_id(body)?,
            _ => None,
        };
        Ok(BodyCredential { signatures, timestamp: self.body_time(body)?, id })
    }

    /// The time that stands in the body, if the scheme has it there.
    pub(crate) fn body_time<'a>(
        &self,
        body: &'a [u8],
    ) -> Result<Option<(&'a [u8], Time)>, Rejection> {
        let Some((timestamp, member)) = self.timestamp.as_ref().zip(self.time_member()) else {
            return Ok(None);
        };
        let text = member.text_in(body)?;
        let time = timestamp.counts().read(text).ok_or(Rejection::Malformed)?;
        Ok(Some((text, time)))
    }

    /// The id that stands in the body, if the scheme has it there.
    pub(crate) fn body_id<'a>(&self, body: &'a [u8]) -> Result<Option<&'a [u8]>, Rejection> {
        let Some(member) = self.id_member() else { return Ok(None) };
        let id = member.text_in(body)?;
        if self.is_id(id) { Ok(Some(id)) } else { Err(Rejection::Malformed) }
    }

    /// The signatures of one header, and what is listed with them.
    fn read<'a>(
        &self,
        value: &'a HeaderValue,
        signatures: &mut Signatures,
        listed: &mut Listed<'a>,
    ) -> Result<(), Rejection> {
        let value = value.as_bytes();
        match &self.extraction {
            Extraction::Elements(elements) => self.read_list(elements, value, signatures, listed),
            Extraction::Prefixed(prefix) => {
                let text = value.strip_prefix(prefix.as_bytes()).ok_or(Rejection::Malformed)?;
                signatures.read(self.encoding, self.algorithm, text)
            }
            Extraction::Member(_) => Err(Rejection::Malformed),
        }
    }

    /// The signatures in a list, and the time and the names of headers if they stand there.
    fn read_list<'a>(
        &self,
        elements: &Elements,
        value: &'a [u8],
        signatures: &mut Signatures,
        listed: &mut Listed<'a>,
    ) -> Result<(), Rejection> {
        // Mostly there is one element, and nothing to be taken apart.
        if let Some(text) = elements.alone(value)
            && signatures.read(self.encoding, self.algorithm, text).is_ok()
        {
            return Ok(());
        }
        let time_key = match self.time_source() {
            Some(TimestampSource::Element(key)) => Some(key.as_bytes()),
            _ => None,
        };
        let headers_key = self.signed_headers.as_ref().map(|rule| rule.key().as_bytes());
        let mut found = false;
        for element in elements.split(value) {
            let (key, text) = element.ok_or(Rejection::Malformed)?;
            if key == elements.signature().as_bytes() {
                signatures.read(self.encoding, self.algorithm, text)?;
                found = true;
            } else if Some(key) == time_key {
                if listed.time.replace(text).is_some() {
                    return Err(Rejection::Duplicated);
                }
            } else if Some(key) == headers_key && listed.headers.replace(text).is_some() {
                return Err(Rejection::Duplicated);
            }
        }
        if found { Ok(()) } else { Err(Rejection::Missing) }
    }

    /// A signed id holds visible ASCII, and not the byte that ends it in what is signed.
    pub(super) fn is_id(&self, text: &[u8]) -> bool {
        let end = self.template.mark_of_id().unwrap_or(b' ');
        // Without a branch, and without a way out of the loop: the compiler makes vector
        // instructions of it, of sixteen bytes each. The last sixteen may overlap others.
        let good = |bytes: &[u8]| {
            let bad = |byte: &u8| u8::from(!byte.is_ascii_graphic()) | u8::from(*byte == end);
            bytes.iter().fold(0, |seen, byte| seen | bad(byte)) == 0
        };
        match text.last_chunk::<16>() {
            Some(last) => good(last) && text.as_chunks::<16>().0.iter().all(|bytes| good(bytes)),
            None => good(text) && !text.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_visible_ascii_and_never_the_byte_that_ends_it() {
        // `id.timestamp.body`: a point within the id would move what is signed.
        let scheme = Scheme::standard_webhooks();
        assert!(!scheme.is_id(b""));
        for length in 1..=50 {
            let mut id = vec![b'a'; length];
            for place in 0..length {
                for byte in 0..=u8::MAX {
                    id[place] = byte;
                    let good = byte.is_ascii_graphic() && byte != b'.';
                    assert_eq!(scheme.is_id(&id), good, "{byte:#x} at {place} of {length}");
                }
                id[place] = b'a';
            }
        }
    }
}
