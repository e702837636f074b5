//! Which requests use up a quota.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};

/// Which requests use up a quota, by what became of them.
///
/// Every request is charged before it is served and the charge given back after it, once: attempts
/// that are made all at once are not all let through because none of them has failed yet. A
/// client that goes away before the response is charged, or it would guess for nothing and hang
/// up; so is a request whose service fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Counting {
    /// All.
    #[default]
    Requests,
    /// Those that fail: status 400 and above, or a gRPC status but `0`, in the head of the response
    /// or in its trailers. For logins and webhooks, where guessing is to be slowed down and not the
    /// traffic.
    ///
    /// A gRPC response whose trailers never come stays charged. The trailers of gRPC-web are part of
    /// a body, which nobody reads here: a limit belongs inside of what translates it.
    Failures,
    /// Those that succeed.
    Successes,
}

impl Counting {
    /// Whether a request with this response stays charged; `None` if its trailers will say.
    pub(crate) fn counts(self, status: StatusCode, headers: &HeaderMap) -> Option<bool> {
        if self == Self::Requests {
            return Some(true);
        }
        let grpc = grpc_failed(headers);
        if grpc.is_none() && status.as_u16() < 400 && is_grpc(headers) {
            return None;
        }
        let failed = status.as_u16() >= 400 || grpc == Some(true);
        Some(failed == (self == Self::Failures))
    }

    /// The same, of a gRPC response with these trailers.
    pub(crate) fn counts_with(self, trailers: &HeaderMap) -> Option<bool> {
        if self == Self::Requests {
            return Some(true);
        }
        grpc_failed(trailers).map(|failed| failed == (self == Self::Failures))
    }
}

fn grpc_failed(headers: &HeaderMap) -> Option<bool> {
    headers.get("grpc-status").map(|code| code.as_bytes() != b"0")
}

/// Whether it is gRPC, and not gRPC-web.
fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let rest = kind.strip_prefix(b"application/grpc");
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}
