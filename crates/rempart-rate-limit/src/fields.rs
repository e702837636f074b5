//! The header fields in which a client is told of its quota.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use rempart_core::PolicyName;

use crate::{Gcra, Standing};

/// Which revision of the IETF's `RateLimit` header fields is spoken.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revision {
    /// [draft-ietf-httpapi-ratelimit-headers-10]: a list of named policies in `RateLimit-Policy`,
    /// and where each stands in `RateLimit`.
    ///
    /// [draft-ietf-httpapi-ratelimit-headers-10]: https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10
    #[default]
    Draft10,
}

/// The fields of one policy, rendered as far as they can be before a request is seen.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    /// `"api";q=100;w=60`
    policy: HeaderValue,
    /// `"api";r=`
    limit: Box<str>,
}

impl Fields {
    pub(crate) fn new(revision: Revision, name: PolicyName, gcra: &Gcra) -> Self {
        match revision {
            Revision::Draft10 => {
                // The window is a whole number of seconds, so that one of 100 ms reads as 1 s:
                // slower than the truth, never faster.
                let (quota, window) = (gcra.burst(), whole_seconds(gcra.window()));
                let policy = format!("\"{name}\";q={quota};w={window}");
                Self { policy: shared(policy), limit: format!("\"{name}\";r=").into() }
            }
        }
    }

    /// Adds both fields to a response, or to the lists that the layers inside have sent.
    pub(crate) fn announce(&self, headers: &mut HeaderMap, standing: Standing) {
        let listed = put(headers, RATELIMIT_POLICY, self.policy.clone());
        let limit = self.limit(standing);
        if limit.is_some_and(|limit| put(headers, RATELIMIT, limit)) || listed {
            merge(headers, &RATELIMIT_POLICY);
            merge(headers, &RATELIMIT);
        }
    }

    /// `"api";r=99;t=1`
    #[inline]
    fn limit(&self, standing: Standing) -> Option<HeaderValue> {
        let (mut remaining, mut next) = (itoa::Buffer::new(), itoa::Buffer::new());
        let parts = [
            self.limit.as_bytes(),
            remaining.format(standing.remaining()).as_bytes(),
            b";t=",
            next.format(whole_seconds(standing.next())).as_bytes(),
        ];
        joined(&parts)
    }
}

/// The value of `Retry-After` ([RFC 9110 §10.2.3]): rounded up, so that whoever obeys it is served.
///
/// [RFC 9110 §10.2.3]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
pub(crate) fn retry_after(wait: Duration) -> HeaderValue {
    number(whole_seconds(wait).max(1))
}

/// The value of gRPC's `grpc-retry-pushback-ms`, rounded up.
pub(crate) fn pushback(wait: Duration) -> HeaderValue {
    let milliseconds = wait.as_nanos().div_ceil(1_000_000).max(1);
    // The proposal has it a 32-bit number; 24 days are as good as never.
    number(i32::try_from(milliseconds).unwrap_or(i32::MAX))
}

/// A negative push-back: do not retry ([gRPC proposal A6]).
///
/// [gRPC proposal A6]: https://github.com/grpc/proposal/blob/master/A6-client-retries.md
pub(crate) const NO_RETRY: HeaderValue = HeaderValue::from_static("-1");

pub(crate) const GRPC_RETRY_PUSHBACK_MS: HeaderName =
    HeaderName::from_static("grpc-retry-pushback-ms");

/// A value whose clones allocate nothing: the first clone of a `Bytes` makes it countable.
fn shared(text: String) -> HeaderValue {
    let bytes = Bytes::from(text);
    drop(bytes.clone());
    // A policy's name needs no escape and numbers are numbers: it is never refused.
    HeaderValue::from_maybe_shared(bytes).unwrap_or(const { HeaderValue::from_static("") })
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

/// Adds a member to the list of this name, on a line of its own; says whether it is not the first.
pub(crate) fn put(headers: &mut HeaderMap, name: HeaderName, member: HeaderValue) -> bool {
    // Refused only at `http`'s own size limit, where `append` would panic.
    matches!(headers.try_append(name, member), Ok(true))
}

/// Makes one line of the lines of this name, since many clients read only the first; several are
/// the same list ([RFC 9651 §4.2]), so one that would be too long stays as it is.
///
/// [RFC 9651 §4.2]: https://www.rfc-editor.org/rfc/rfc9651#section-4.2
#[cold]
fn merge(headers: &mut HeaderMap, name: &HeaderName) {
    let mut list = Vec::new();
    // A blank line between two others would be a member that says nothing, and no list at all.
    let said = |line: &&HeaderValue| !line.as_bytes().trim_ascii().is_empty();
    for line in headers.get_all(name).iter().filter(said) {
        if !list.is_empty() {
            list.extend_from_slice(b", ");
        }
        list.extend_from_slice(line.as_bytes());
    }
    if list.len() <= MAX_LIST
        && let Ok(list) = HeaderValue::from_bytes(&list)
    {
        let _ = headers.try_insert(name, list);
    }
}

fn number(number: impl itoa::Integer) -> HeaderValue {
    // Digits are never refused.
    HeaderValue::from_str(itoa::Buffer::new().format(number))
        .unwrap_or(const { HeaderValue::from_static("1") })
}

/// One value of all these parts, in one allocation.
fn joined(parts: &[&[u8]]) -> Option<HeaderValue> {
    let length = parts.iter().map(|part| part.len()).fold(0, usize::saturating_add);
    let mut value = Vec::with_capacity(length);
    for part in parts {
        value.extend_from_slice(part);
    }
    HeaderValue::from_maybe_shared(Bytes::from(value)).ok()
}

const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The longest list that is made one line: room for some 150 policies.
const MAX_LIST: usize = 8 * 1024;
