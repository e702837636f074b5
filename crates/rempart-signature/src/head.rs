use std::fmt;

use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Uri, Version, header};
use http_body::Body;
use rempart_core::{ClientHost, ClientScheme};

use crate::scheme::{Credential, Fields};
use crate::{Scheme, UrlForm};

/// What of a request is looked at before its body.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    extensions: Option<&'a Extensions>,
    length: Length,
    /// Whether the target was written as a path, whatever the URI says: HTTP/2 has no such line.
    pub(crate) origin_form: bool,
}

/// How long a body will be, as far as its framing says.
#[derive(Clone, Copy, Debug)]
enum Length {
    /// At least so long, and perhaps longer.
    AtLeast(u64),
    /// So long.
    Known(u64),
}

impl<'a> Head<'a> {
    /// Looks at these; of the URI, only path and query count.
    #[must_use]
    pub const fn new(method: &'a Method, uri: &'a Uri, headers: &'a HeaderMap) -> Self {
        let length = Length::AtLeast(0);
        Self { method, uri, headers, extensions: None, length, origin_form: false }
    }

    /// Says how long the body is. Without this word `Content-Length` is asked.
    #[must_use]
    pub const fn length(mut self, bytes: u64) -> Self {
        self.length = Length::Known(bytes);
        self
    }

    /// Says what layers outside have found out: where the client is asked for by its
    /// [`ClientHost`], it stands there.
    #[must_use]
    pub const fn extensions(mut self, extensions: &'a Extensions) -> Self {
        self.extensions = Some(extensions);
        self
    }

    /// Looks at a request, and at what its body says of its own length.
    #[must_use]
    pub fn of<B: Body>(request: &'a Request<B>) -> Self {
        let hint = request.body().size_hint();
        let head = Self::new(request.method(), request.uri(), request.headers());
        let head = head.extensions(request.extensions());
        let head = Self { origin_form: request.version() >= Version::HTTP_2, ..head };
        match hint.exact() {
            Some(exact) => head.length(exact),
            None => Self { length: Length::AtLeast(hint.lower()), ..head },
        }
    }

    pub(crate) const fn of_parts(parts: &'a Parts) -> Self {
        Self::new(&parts.method, &parts.uri, &parts.headers).extensions(&parts.extensions)
    }

    pub(crate) fn fields(&self, scheme: &Scheme, credential: &Credential<'a>) -> Fields<'a> {
        Fields {
            headers: credential.signed_headers,
            id: credential.id.map_or(&[], HeaderValue::as_bytes),
            method: self.method,
            timestamp: credential.timestamp.map_or(&[], |(text, _)| text),
            url_decoded: scheme.url_form() == UrlForm::Decoded,
        }
    }

    /// The same under another URL.
    #[cfg(feature = "explain")]
    pub(crate) const fn at<'b>(self, uri: &'b Uri) -> Head<'b>
    where
        'a: 'b,
    {
        let head: Head<'b> = self;
        Head { uri, ..head }
    }

    pub(crate) fn path_and_query(&self) -> &'a str {
        self.uri.path_and_query().map_or("/", |text| text.as_str())
    }

    /// The host that a trusted proxy forwards, and the scheme, if it says that too.
    pub(crate) fn forwarded(&self) -> Option<(&'a ClientHost, Option<ClientScheme>)> {
        let extensions = self.extensions?;
        Some((ClientHost::of(extensions)?, ClientScheme::of(extensions)))
    }

    pub(crate) fn declared_length(&self) -> u64 {
        match self.length {
            Length::Known(bytes) => bytes,
            Length::AtLeast(bytes) => {
                let header = self.headers.get(header::CONTENT_LENGTH);
                let header = header.and_then(|value| value.to_str().ok()?.parse().ok());
                bytes.max(header.unwrap_or(0))
            }
        }
    }
}

impl fmt::Debug for Head<'_> {
    /// Names of headers, and neither their values nor the query: a credential may stand in either.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("method", self.method)
            .field("path", &self.uri.path())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("length", &self.length)
            .finish()
    }
}

/// Whether a body is compressed, or says so.
pub(crate) fn is_encoded(headers: &HeaderMap) -> bool {
    let identity =
        |coding: &HeaderValue| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity");
    !headers.get_all(header::CONTENT_ENCODING).iter().all(identity)
}
