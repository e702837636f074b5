use rempart_core::Reason;
use thiserror::Error;

/// Why a cross-origin request gets no CORS headers.
///
/// For the operator: a browser's console says only that a check failed, and the response discloses
/// nothing.
#[derive(Clone, Copy, Debug, Eq, Error, Hash, PartialEq)]
#[non_exhaustive]
pub enum Rejection {
    /// More than one `Origin` line: no browser sends two.
    #[error("more than one `Origin` line")]
    OriginDuplicated,
    /// Longer than any origin.
    #[error("the `Origin` is longer than any origin")]
    OriginMalformed,
    /// Not byte for byte one of the policy's.
    #[error("the origin is not on the list")]
    OriginNotAllowed,
    /// What says whom the request is for names no host of the service's own; where that is
    /// [enforced](crate::PolicyBuilder::enforce).
    #[error("the host is none of the service's own")]
    HostNotAllowed,
    /// More than one `Access-Control-Request-Method` line.
    #[error("more than one `Access-Control-Request-Method` line")]
    MethodDuplicated,
    /// Neither safelisted nor one of the policy's.
    #[error("the requested method is not on the list")]
    MethodNotAllowed,
    /// `Access-Control-Request-Headers` is over a limit: 4,096 bytes, 16 lines, 16 empty elements.
    #[error("the list of requested headers is too long")]
    HeadersTooLarge,
    /// `Access-Control-Request-Headers` is not a list of field names.
    #[error("the list of requested headers is not a list of field names")]
    HeadersMalformed,
    /// A name stands twice in `Access-Control-Request-Headers`.
    #[error("a requested header is named twice")]
    HeaderDuplicated,
    /// Not one of the policy's.
    #[error("a requested header is not on the list")]
    HeaderNotAllowed,
}

impl Rejection {
    /// The word for it in events and metrics.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::OriginDuplicated | Self::OriginMalformed => Reason::OriginMalformed,
            Self::OriginNotAllowed => Reason::OriginNotAllowed,
            Self::HostNotAllowed => Reason::HostNotAllowed,
            Self::MethodDuplicated | Self::MethodNotAllowed => Reason::MethodNotAllowed,
            Self::HeadersTooLarge | Self::HeadersMalformed | Self::HeaderDuplicated => {
                Reason::HeadersMalformed
            }
            Self::HeaderNotAllowed => Reason::HeaderNotAllowed,
        }
    }
}
