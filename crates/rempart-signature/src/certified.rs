//! Messages whose signer shows a certificate: what SNS and `PayPal` have in common.
//!
//! Their layer is not the other one. Where the key is, only the message says; it is fetched from
//! there, and there is no ring of keys that an operator turns. What the layers share is what reads
//! a body, and how a refusal looks.

mod certificate;
mod certificates;
mod config;
pub(crate) mod date;
mod fetch;
mod future;
mod layer;
mod sender;
mod service;
mod url;

pub use self::certificate::MAX_CERTIFICATE;
pub(crate) use self::certificate::{Certificate, Digest};
pub(crate) use self::certificates::Certificates;
pub use self::config::{CertifiedConfigError, CertifiedConfigErrors};
pub(crate) use self::config::{Common, CommonBuilder};
pub use self::fetch::{CertificateFetcher, FetchError, FetchingCertificate};
pub use self::future::CertifiedFuture;
pub use self::layer::CertifiedLayer;
pub use self::sender::CertifiedSender;
pub(crate) use self::sender::{Proof, Showing, Shown};
pub use self::service::Certified;
pub use self::url::CertificateUrl;
