use std::fmt;
use std::time::Duration;

use http::{HeaderMap, Method};

/// What a sender is about to sign.
#[derive(Clone)]
#[must_use]
pub struct Message<'a> {
    pub(crate) body: &'a [u8],
    pub(super) method: Method,
    pub(super) url: Option<&'a str>,
    pub(crate) id: Option<&'a str>,
    pub(super) headers: Option<&'a HeaderMap>,
    pub(crate) at: Duration,
}

impl<'a> Message<'a> {
    /// A `POST` with this body, at this time since the Unix epoch.
    pub const fn new(body: &'a [u8], at: Duration) -> Self {
        Self { body, method: Method::POST, url: None, id: None, headers: None, at }
    }

    /// Has another method.
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Goes to this URL, whole; where the scheme signs it.
    pub const fn url(mut self, url: &'a str) -> Self {
        self.url = Some(url);
        self
    }

    /// Has this id; where the scheme knows one.
    pub const fn id(mut self, id: &'a str) -> Self {
        self.id = Some(id);
        self
    }

    /// Has these headers already; where the scheme signs headers, those that it requires.
    pub const fn headers(mut self, headers: &'a HeaderMap) -> Self {
        self.headers = Some(headers);
        self
    }
}

impl fmt::Debug for Message<'_> {
    /// Nothing of the body, and nothing of the URL, whose query may hold a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("method", &self.method)
            .field("body_length", &self.body.len())
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}
