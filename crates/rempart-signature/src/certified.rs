//! Messages whose signer shows a certificate: what SNS and `PayPal` have in common.
//!
//! Their layer is not the other one. Where the key is, only the message says; it is fetched from
//! there, and there is no ring of keys that an operator turns. What the layers share is what reads
//! a body, what is done with a message that is good, and how a refusal looks.

mod arrival;
mod builder;
mod certificate;
mod certificates;
pub(crate) mod date;
mod fetch;
mod future;
mod layer;
mod rules;
mod sender;
mod service;
mod url;

pub use self::builder::CertifiedBuilder;
pub use self::certificate::MAX_CERTIFICATE;
pub(crate) use self::certificate::{Certificate, Digest};
pub(crate) use self::certificates::Certificates;
pub use self::fetch::{CertificateFetcher, FetchError, FetchingCertificate};
pub use self::future::CertifiedFuture;
pub use self::layer::CertifiedLayer;
pub(crate) use self::rules::{Common, Rules};
pub use self::sender::CertifiedSender;
pub(crate) use self::sender::{Proof, Sender, Showing};
pub use self::service::Certified;
pub use self::url::CertificateUrl;
