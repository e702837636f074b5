use thiserror::Error;

use crate::body::BoxError;
use crate::{MessageSignError, SignError};

/// Why a request was not signed, and therefore not sent.
///
/// [`Sign`](crate::Sign) gives it boxed, among the errors of the service that it calls.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SignRequestError {
    /// The body ended in an error.
    #[error("the body to be signed ended in an error")]
    Body(#[source] BoxError),
    /// The body is longer than the policy takes.
    #[error("the body to be signed has more than {limit} bytes")]
    BodyTooLarge {
        /// How long it may be.
        limit: u64,
    },
    /// The body came too slowly.
    #[error("the body to be signed came too slowly")]
    BodyTooSlow,
    /// The request has a message id more than once.
    #[error("the request has more than one message id")]
    IdRepeated,
    /// The message cannot be signed as RFC 9421 says.
    #[error(transparent)]
    Message(#[from] MessageSignError),
    /// The ring has no active key: none was promoted, or it was revoked.
    #[error("no key of the ring signs")]
    NoSigningKey,
    /// The operating system had no randomness for a message id.
    #[error("no message id could be drawn")]
    NoRandomness,
    /// The message lacks what the scheme signs.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The body came in too many pieces.
    #[error("the body to be signed came in more than {limit} pieces")]
    TooManyFrames {
        /// In how many it may come.
        limit: usize,
    },
    /// The request has as many headers as there can be.
    #[error("the request has no room for the headers of a signature")]
    TooManyHeaders,
    /// The scheme signs the URL, and nobody knows it.
    #[error("the scheme signs the URL, and the request's is relative or holds a user name")]
    UrlUnknown,
}
