//! A request in the making: what is signed, what it is signed with, and what is sent.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use rempart_keys::Secret;
use rempart_signature::{Extraction, Message, Part, Scheme, TimeUnit, Timestamp, TimestampSource};

use crate::keys::{self, Keys};

/// What a sender is about to sign.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) scheme: Scheme,
    pub(crate) keys: &'static Keys,
    pub(crate) method: &'static str,
    /// The URL as it is signed.
    pub(crate) url: String,
    /// The URL as it is called, and configured: a proxy may stand between.
    pub(crate) called: String,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
    /// As text: a sender may write what no sender should.
    pub(crate) timestamp: Option<String>,
    pub(crate) id: Option<String>,
    /// The headers that are signed by name, and what they hold.
    pub(crate) named: Vec<(&'static str, String)>,
    /// When it is sent, and when it arrives.
    pub(crate) sent: Duration,
    pub(crate) now: Duration,
}

/// A signed request, in its parts.
pub(crate) struct Signed {
    pub(crate) draft: Draft,
    /// Encoded, and nothing around it.
    pub(crate) signature: String,
    /// What the signature's header lists; one element, if it is no list.
    pub(crate) elements: Vec<String>,
}

/// A request as it arrives.
pub(crate) struct Wire {
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    /// What the vendor shows.
    pub(crate) secret: &'static str,
    pub(crate) now: Duration,
}

impl Draft {
    /// Time and id are literals of a template that is this request's own: so anything can be signed
    /// that a thief of the key could sign.
    fn sign(&self, private: &str) -> String {
        let text = |part: &Part| match part {
            Part::Literal(text) => text.clone().into_owned(),
            Part::Id => self.id.clone().unwrap(),
            Part::Timestamp => self.timestamp.clone().unwrap(),
            Part::Body => "{body}".to_owned(),
            Part::Form => "{form}".to_owned(),
            Part::Method => "{method}".to_owned(),
            Part::Url => "{url}".to_owned(),
            Part::HeaderNames => self.names(),
            Part::HeaderValues => self.values(),
            part => panic!("{part:?}"),
        };
        let template = self.scheme.template().parts().iter().map(text).collect::<String>();
        let mut bare = Scheme::new("bare", BARE)
            .with_algorithm(self.scheme.algorithm())
            .with_encoding(self.scheme.encoding())
            .with_secret_form(self.scheme.secret_form().clone())
            .with_template(template.parse().unwrap());
        if let Some(name) = self.scheme.digest_parameter() {
            bare = bare.with_digest_parameter(name.to_owned());
        }
        let method = Method::from_bytes(self.method.as_bytes()).unwrap();
        let message = Message::new(&self.body, self.now).url(&self.url).method(method);
        let signed = bare.sign(&Secret::new(private).unwrap(), &message).unwrap();
        signed[BARE].to_str().unwrap().to_owned()
    }

    fn names(&self) -> String {
        self.named.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
    }

    fn values(&self) -> String {
        self.named.iter().map(|(_, value)| &**value).collect::<Vec<_>>().join(".")
    }

    /// Writes another time, wherever it stands.
    pub(crate) fn stamp(&mut self, text: &str) {
        let old = self.timestamp.replace(text.to_owned()).unwrap();
        let source = self.scheme.timestamp().map(Timestamp::source);
        if let (Some(TimestampSource::Member(_)), Ok(body)) = (source, str::from_utf8(&self.body)) {
            self.body = body.replacen(&old, text, 1).into();
        }
    }

    pub(crate) fn signed(self) -> Signed {
        let signature = self.sign(self.keys.private);
        let elements = match self.scheme.extraction() {
            Extraction::Prefixed(prefix) => vec![format!("{prefix}{signature}")],
            Extraction::Elements(elements) => {
                let assign = char::from(elements.assign());
                let time = match self.scheme.timestamp().map(Timestamp::source) {
                    Some(TimestampSource::Element(key)) => {
                        Some(format!("{key}{assign}{}", self.timestamp.as_ref().unwrap()))
                    }
                    _ => None,
                };
                let names = self.scheme.signed_headers();
                let names =
                    names.map(|headers| format!("{}{assign}{}", headers.key(), self.names()));
                let signature = format!("{}{assign}{signature}", elements.signature());
                time.into_iter().chain(names).chain([signature]).collect()
            }
            extraction => panic!("{extraction:?}"),
        };
        Signed { signature, elements, draft: self }
    }
}

const BARE: HeaderName = HeaderName::from_static("x-bare");

impl Signed {
    /// The same with a key that is nobody's.
    pub(crate) fn forged(&self) -> String {
        self.draft.sign(keys::strangers(&self.draft.scheme))
    }

    pub(crate) fn separator(&self) -> Option<char> {
        match self.draft.scheme.extraction() {
            Extraction::Elements(elements) => Some(char::from(elements.separator())),
            _ => None,
        }
    }

    pub(crate) fn wire(self) -> Wire {
        let separator = self.separator().map_or(String::new(), String::from);
        let Draft { scheme, keys, method, called, content_type, body, .. } = self.draft;
        let Draft { timestamp, id, named, now, .. } = self.draft;
        let value = self.elements.join(&separator);
        let mut headers = vec![(scheme.header().unwrap().to_string(), value.into_bytes())];
        let source = scheme.timestamp().map(Timestamp::source);
        if let (Some(TimestampSource::Header(name)), Some(text)) = (source, timestamp) {
            headers.push((name.to_string(), text.into_bytes()));
        }
        if let (Some(name), Some(id)) = (scheme.id(), id) {
            headers.push((name.to_string(), id.into_bytes()));
        }
        for (name, value) in named {
            // One that is named twice is there once.
            if headers.iter().all(|(known, _)| known != name) {
                headers.push((name.to_owned(), value.into()));
            }
        }
        if !content_type.is_empty() {
            headers.push(("content-type".to_owned(), content_type.into()));
        }
        Wire { method, url: called, headers, body, secret: keys.public, now }
    }
}

impl Wire {
    pub(crate) fn head(&self) -> (Method, Uri, HeaderMap) {
        let method = Method::from_bytes(self.method.as_bytes()).unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        (method, self.url.parse().unwrap(), headers)
    }
}

/// A time as the scheme's sender writes it.
pub(crate) fn stamp(scheme: &Scheme, at: Duration) -> Option<String> {
    scheme.timestamp().map(|timestamp| match timestamp.counts() {
        TimeUnit::Millis => at.as_millis().to_string(),
        TimeUnit::Rfc3339 => {
            let signed =
                scheme.sign(&Secret::new("made-up-for-a-date").unwrap(), &Message::new(b"", at));
            let TimestampSource::Header(name) = timestamp.source() else { panic!("{timestamp:?}") };
            signed.unwrap()[name].to_str().unwrap().to_owned()
        }
        _ => at.as_secs().to_string(),
    })
}
