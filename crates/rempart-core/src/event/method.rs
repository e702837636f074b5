use http::Method;

use super::vocabulary::vocabulary;

vocabulary! {
    /// The method of a request; a client cannot add to the set ([RFC 9110 §9.3], [RFC 5789]).
    ///
    /// [RFC 9110 §9.3]: https://www.rfc-editor.org/rfc/rfc9110#section-9.3
    /// [RFC 5789]: https://www.rfc-editor.org/rfc/rfc5789
    pub enum HttpMethod {
        /// `CONNECT`
        Connect = "CONNECT",
        /// `DELETE`
        Delete = "DELETE",
        /// `GET`
        Get = "GET",
        /// `HEAD`
        Head = "HEAD",
        /// `OPTIONS`
        Options = "OPTIONS",
        /// `PATCH`
        Patch = "PATCH",
        /// `POST`
        Post = "POST",
        /// `PUT`
        Put = "PUT",
        /// `TRACE`
        Trace = "TRACE",
        /// Any other; the text is the one that OpenTelemetry gives it.
        Other = "_OTHER",
    }
}

impl HttpMethod {
    /// The method of a request.
    #[must_use]
    pub fn of(method: &Method) -> Self {
        match *method {
            Method::CONNECT => Self::Connect,
            Method::DELETE => Self::Delete,
            Method::GET => Self::Get,
            Method::HEAD => Self::Head,
            Method::OPTIONS => Self::Options,
            Method::PATCH => Self::Patch,
            Method::POST => Self::Post,
            Method::PUT => Self::Put,
            Method::TRACE => Self::Trace,
            _ => Self::Other,
        }
    }
}
