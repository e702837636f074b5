use http::StatusCode;

/// The class of an answer's status ([RFC 9110 §15]).
///
/// [RFC 9110 §15]: https://www.rfc-editor.org/rfc/rfc9110#section-15
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatusClass {
    /// 1xx: the answer is still to come.
    Informational,
    /// 2xx: it was done.
    Successful,
    /// 3xx: it is elsewhere, or as it was.
    Redirection,
    /// 4xx: the request was turned away.
    ClientError,
    /// 5xx, and whatever no class is for: the service failed.
    ServerError,
}

impl StatusClass {
    /// Every class.
    pub const ALL: [Self; 5] = [
        Self::Informational,
        Self::Successful,
        Self::Redirection,
        Self::ClientError,
        Self::ServerError,
    ];

    /// The class of a status.
    #[must_use]
    pub fn of(status: StatusCode) -> Self {
        match status.as_u16() {
            0..200 => Self::Informational,
            200..300 => Self::Successful,
            300..400 => Self::Redirection,
            400..500 => Self::ClientError,
            _ => Self::ServerError,
        }
    }
}
