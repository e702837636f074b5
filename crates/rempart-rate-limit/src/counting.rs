//! Which requests use up a quota.

use http::{HeaderMap, StatusCode};

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
    /// Those that fail: status 400 and above, or a gRPC status but `0`. For logins and webhooks,
    /// where guessing is to be slowed down and not the traffic.
    Failures,
    /// Those that succeed.
    Successes,
}

impl Counting {
    /// Whether a request with this response stays charged.
    pub(crate) fn counts(self, status: StatusCode, headers: &HeaderMap) -> bool {
        let failed = || {
            let grpc = headers.get("grpc-status").is_some_and(|code| code.as_bytes() != b"0");
            grpc || status.as_u16() >= 400
        };
        match self {
            Self::Requests => true,
            Self::Failures => failed(),
            Self::Successes => !failed(),
        }
    }
}
