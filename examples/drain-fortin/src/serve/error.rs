use std::fmt::Display;
use std::io;
use std::net::SocketAddr;

use rempart_core::NameError;
use rempart_rate_limit::shared;
use thiserror::Error;

use crate::keys::{HiddenError, Purpose};
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
    /// The guard on the administration is at fault.
    #[error("the guard on the administration: {0}")]
    Admin(#[from] rempart_token::admin::ConfigErrors),
    /// The guard on what browsers bear is at fault.
    #[error("the guard on what browsers bear: {0}")]
    Browser(#[from] rempart_token::browser::ConfigErrors),
    /// The CORS policy is at fault.
    #[error("the CORS policy: {0}")]
    Cors(#[from] rempart_cors::ConfigErrors),
    /// The database did not answer.
    #[error("the database did not answer: {0}")]
    Database(String),
    /// The guard on what leaves is at fault.
    #[error("the guard on what leaves: {0}")]
    Egress(#[from] rempart_token::egress::ConfigErrors),
    /// The server of shared limits cannot be asked where they stand.
    #[error("the shared limits cannot be asked about")]
    Greeting,
    /// The headers are at fault.
    #[error("the headers: {0}")]
    Headers(#[from] rempart_headers::ConfigErrors),
    /// A key cannot be used.
    #[error("a key cannot be used")]
    Key,
    /// A limit is at fault.
    #[error("the limits: {0}")]
    Limit(#[from] rempart_rate_limit::ConfigErrors),
    /// The policy on how clients behave is at fault.
    #[error("the watch on clients: {0}")]
    Monitor(#[from] rempart_monitor::ConfigErrors),
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
    /// The server of shared limits cannot be connected to, ever.
    #[error("REDIS_URL: {0}")]
    Redis(#[from] shared::ConnectError),
    /// A ring of keys cannot be read.
    #[error("the ring `{ring}`: {faults}")]
    Ring {
        /// Its name.
        ring: &'static str,
        /// What is wrong with it.
        faults: rempart_keys::DirectoryErrors,
    },
    /// A ring of keys does not do for what it is for.
    #[error("the ring `{ring}`: {why}")]
    RingRefused {
        /// Its name.
        ring: &'static str,
        /// Why not.
        why: String,
    },
    /// What limits are counted with is at fault.
    #[error("the shared limits: {0}")]
    Sharing(#[from] shared::BuildErrors),
    /// A limit cannot be shared.
    #[error("the shared limits: {0}")]
    Unshared(#[from] shared::SharingErrors),
    /// The policy of tokens is at fault.
    #[error("the tokens: {0}")]
    Token(#[from] rempart_token::ConfigErrors),
    /// A route declares no class.
    #[error(transparent)]
    Undeclared(#[from] Undeclared),
    /// A signature policy is at fault.
    #[error("the signatures: {0}")]
    Signature(#[from] rempart_signature::ConfigErrors),
    /// The folders of the rings cannot be watched.
    #[error("the rings cannot be watched: {0}")]
    Watch(io::Error),
    /// A variable is missing.
    #[error("{0}")]
    Variable(#[from] rempart_keys::ConfigErrors),
}

impl StartError {
    /// The keys of a ring are no good for what they are for.
    pub(crate) fn refused(purpose: Purpose, why: &dyn Display) -> Self {
        Self::RingRefused { ring: purpose.ring(), why: why.to_string() }
    }
}

impl From<HiddenError> for StartError {
    fn from(error: HiddenError) -> Self {
        match error {
            HiddenError::Browser(faults) => Self::Browser(faults),
            HiddenError::Egress(faults) => Self::Egress(faults),
            HiddenError::Redaction(faults) => Self::Redaction(faults),
        }
    }
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Database(error.to_string())
    }
}
