use http::HeaderName;
use thiserror::Error;

use crate::{ConfigErrors, Member};

/// Why a message cannot be signed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// The scheme does not fit together.
    #[error(transparent)]
    Scheme(#[from] ConfigErrors),
    /// The operating system has no randomness to give, and the algorithm needs some.
    #[error("the operating system has no randomness to give")]
    Randomness,
    /// The secret is not of the scheme's form.
    #[error("the secret is not of the form that the scheme asks for")]
    SecretForm,
    /// The scheme signs the URL.
    #[error("the scheme signs the URL, and none was given")]
    UrlMissing,
    /// The scheme signs an id.
    #[error("the scheme signs a message id, and none was given")]
    IdMissing,
    /// The id may not stand in its header, or in what is signed.
    #[error("the message id holds a character that it may not")]
    IdMalformed,
    /// The time is too far away to be written.
    #[error("the time is too far away to be written")]
    Time,
    /// The signature would not cover the body.
    #[error("the scheme covers a form with parameters, or a body whose digest is in the URL")]
    BodyNotCovered,
    /// The digest in the URL is not that of the body, or is there twice.
    #[error("the digest in the URL is not that of the body")]
    Digest,
    /// The scheme signs headers.
    #[error("the scheme signs the header `{header}`, which has to be there once")]
    HeaderMissing {
        /// The header.
        header: HeaderName,
    },
    /// The signature belongs into the body: that is what `sign_body` is for.
    #[error("the signature of this scheme stands in the body")]
    InBody,
    /// The signature belongs into headers: that is what `sign` is for.
    #[error("the signature of this scheme stands in headers")]
    InHeaders,
    /// The body has no place for what the scheme writes into it, or lacks what it reads there.
    #[error("the body is no JSON object with {member} once")]
    Member {
        /// The member.
        member: Member,
    },
}
