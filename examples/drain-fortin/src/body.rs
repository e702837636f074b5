//! Bodies of requests: read whole, within the limits of their route.

use std::error::Error;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::fault::Fault;

/// The most bytes that a body may have.
pub(crate) const MOST: usize = 1 << 20;

/// How long a body may take to arrive.
const WITHIN: Duration = Duration::from_secs(10);

/// A body that is JSON, and says so: a form that another site's page can send is not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        let (parts, body) = request.into_parts();
        json(&parts.headers, body).await.map(Self)
    }
}

/// Reads a body that says it is JSON.
pub(crate) async fn json<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Fault> {
    if !is_json(headers) {
        return Err(Fault::UnsupportedMediaType);
    }
    serde_json::from_slice(&read(body).await?).map_err(|_| Fault::Malformed)
}

/// Reads a body to its end, within [`WITHIN`]; a layer outside bounds its length.
pub(crate) async fn read(body: Body) -> Result<Bytes, Fault> {
    match timeout(WITHIN, body.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) => Err(reason(&error)),
        Err(_) => Err(Fault::TooSlow),
    }
}

fn reason(error: &(dyn Error + 'static)) -> Fault {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return Fault::TooLarge;
        }
        cause = error.source();
    }
    // The connection broke off: most likely nobody hears the answer.
    Fault::Malformed
}

/// The media type of a request, without its parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split_once(';').map_or(text, |(media_type, _)| media_type).trim())
}

fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers)
        .is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http_body::Frame;

    use super::*;

    struct Endless;

    impl http_body::Body for Endless {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_end_in_time_is_too_slow() {
        let begun = tokio::time::Instant::now();
        assert_eq!(read(Body::new(Endless)).await, Err(Fault::TooSlow));
        assert!(begun.elapsed() >= WITHIN);
    }
}
