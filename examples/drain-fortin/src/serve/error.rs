use std::io;
use std::net::SocketAddr;

use rempart_core::NameError;
use thiserror::Error;

use crate::password::PasswordError;
use crate::routes::Undeclared;
use crate::store::{OpenError, StoreError};

/// Why the service did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// An address cannot be listened at.
    #[error("{option}: cannot listen at {address}: {error}")]
    Bind {
        /// The option.
        option: &'static str,
        /// What it says.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The CORS policy is at fault.
    #[error("the CORS policy: {0}")]
    Cors(#[from] rempart_cors::ConfigErrors),
    /// The database did not answer.
    #[error("the database did not answer: {0}")]
    Database(String),
    /// The headers are at fault.
    #[error("the headers: {0}")]
    Headers(#[from] rempart_headers::ConfigErrors),
    /// A key cannot be used.
    #[error("a key cannot be used")]
    Key,
    /// A limit is at fault.
    #[error("the limits: {0}")]
    Limit(#[from] rempart_rate_limit::ConfigErrors),
    /// A name is at fault.
    #[error("a name: {0}")]
    Name(#[from] NameError),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A password cannot be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The public origin is none.
    #[error("PUBLIC_URL is not an origin")]
    PublicUrl,
    /// The redaction is at fault.
    #[error("the redaction: {0}")]
    Redaction(#[from] rempart_redact::ConfigErrors),
    /// A route declares no class.
    #[error(transparent)]
    Undeclared(#[from] Undeclared),
    /// A signature policy is at fault.
    #[error("the signatures: {0}")]
    Signature(#[from] rempart_signature::ConfigErrors),
    /// A variable is missing.
    #[error("{0}")]
    Variable(#[from] rempart_keys::ConfigErrors),
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Database(error.to_string())
    }
}
