use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{Policy, Rejection, Streams};

/// What becomes of a response, by its head and what its body says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<'a> {
    /// It goes out as it is: there is no body, or none that is searched.
    Pass,
    /// The body is read to its end, then searched, then sent.
    Read,
    /// As [`Read`](Self::Read), of a body that may turn out to be longer than the limit.
    Hold,
    /// It does not go out.
    Refuse(Rejection<'a>),
}

/// How much body there is, as far as it says so itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// There is none, nor trailers.
    None,
    /// So many bytes.
    Exact(u64),
    /// Nobody knows.
    Unknown,
}

/// Decides on a response by what is known before its body is read.
#[must_use]
pub fn decide<'a>(
    policy: &'a Policy,
    status: StatusCode,
    headers: &HeaderMap,
    length: Length,
) -> Decision<'a> {
    if let Some(secret) = policy.find_in_headers(headers) {
        return Decision::Refuse(Rejection::Exposed { secret });
    }
    let streams = policy.streams();
    let stream = length == Length::Unknown && is_event_stream(headers);
    if status == StatusCode::SWITCHING_PROTOCOLS || stream {
        // They have no end to wait for.
        return match streams {
            Streams::Refuse => Decision::Refuse(Rejection::Streamed),
            Streams::Hold | Streams::Pass => Decision::Pass,
        };
    }
    if length != Length::None && is_encoded(headers) {
        return if policy.passes_encoded() {
            Decision::Pass
        } else {
            Decision::Refuse(Rejection::Encoded)
        };
    }
    match length {
        Length::None => Decision::Pass,
        Length::Unknown => match streams {
            Streams::Hold => Decision::Hold,
            Streams::Pass => Decision::Pass,
            Streams::Refuse => Decision::Refuse(Rejection::Streamed),
        },
        Length::Exact(bytes) => {
            if usize::try_from(bytes).is_ok_and(|bytes| bytes <= policy.body_limit()) {
                Decision::Read
            } else if policy.refuses_longer() {
                Decision::Refuse(Rejection::TooLarge)
            } else {
                Decision::Pass
            }
        }
    }
}

/// Whether anything but `identity` was done to the body (RFC 9110 §8.4).
fn is_encoded(headers: &HeaderMap) -> bool {
    let identity = |coding: &[u8]| coding.trim_ascii().eq_ignore_ascii_case(b"identity");
    !headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .all(|codings| codings.as_bytes().split(|byte| *byte == b',').all(identity))
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let media_type = |value: &HeaderValue| {
        let name = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
        name.trim_ascii().eq_ignore_ascii_case(b"text/event-stream")
    };
    headers.get_all(CONTENT_TYPE).iter().any(media_type)
}
