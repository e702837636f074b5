use std::fmt;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use rempart_core::ResponseBody;

use super::word::Word;

/// The answer to a [`Challenge`](crate::Challenge).
///
/// It is never cached, and browsers do not guess at what it might be.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    status: StatusCode,
    content_type: HeaderValue,
    body: Bytes,
}

impl Answer {
    pub(super) fn text(word: &Word<'_>) -> Self {
        let body = Bytes::copy_from_slice(word.as_str().as_bytes());
        Self { content_type: HeaderValue::from_static("text/plain"), ..Self::json(body) }
    }

    pub(super) fn json(body: impl Into<Bytes>) -> Self {
        let content_type = HeaderValue::from_static("application/json");
        Self { status: StatusCode::OK, content_type, body: body.into() }
    }

    #[cfg(feature = "ed25519")]
    pub(super) fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, ..Self::json(Bytes::new()) }
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// What the body is.
    #[must_use]
    pub const fn content_type(&self) -> &HeaderValue {
        &self.content_type
    }

    /// The body.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// The response, whole.
    pub fn response<B>(&self) -> Response<ResponseBody<B>> {
        let mut response = Response::new(ResponseBody::full(self.body.clone()));
        *response.status_mut() = self.status;
        let headers = [
            (header::CONTENT_TYPE, self.content_type.clone()),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        response.headers_mut().extend(headers);
        response
    }
}

impl fmt::Debug for Answer {
    /// Nothing of the body: one of them is made with a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("length", &self.body.len())
            .finish()
    }
}
