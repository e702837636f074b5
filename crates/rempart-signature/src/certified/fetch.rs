use std::error::Error;
use std::pin::Pin;

use bytes::Bytes;

use super::CertificateUrl;

/// Fetches certificates: this crate opens no connection.
///
/// A closure from a [`CertificateUrl`] to a future is one.
///
/// ```
/// use bytes::Bytes;
/// use rempart_signature::certified::{CertificateFetcher, CertificateUrl, FetchError};
///
/// fn fetcher() -> impl CertificateFetcher {
///     |url: CertificateUrl| async move {
///         // With an HTTP client of yours:
///         // client.get(url.as_str()).send().await?.error_for_status()?.bytes().await
///         Err::<Bytes, FetchError>(format!("{url}: no client in the documentation").into())
///     }
/// }
/// # let _ = fetcher();
/// ```
///
/// # Security
///
/// The whole trust is in this request. It is to be made over TLS whose certificate is verified, and
/// to follow **no redirect**: the rules hold for the URL that is given, and for no other. An answer
/// other than 200 is an error. The client should stop reading after [`MAX_CERTIFICATE`] bytes; what
/// is longer is refused.
///
/// [`MAX_CERTIFICATE`]: super::MAX_CERTIFICATE
pub trait CertificateFetcher: Send + Sync {
    /// Begins to fetch what stands there: certificates in PEM, the signer's first.
    fn fetch(&self, url: CertificateUrl) -> FetchingCertificate;
}

/// A certificate on its way.
pub type FetchingCertificate = Pin<Box<dyn Future<Output = Result<Bytes, FetchError>> + Send>>;

/// Why a certificate could not be fetched.
pub type FetchError = Box<dyn Error + Send + Sync>;

impl<F, R> CertificateFetcher for F
where
    F: Fn(CertificateUrl) -> R + Send + Sync,
    R: Future<Output = Result<Bytes, FetchError>> + Send + 'static,
{
    fn fetch(&self, url: CertificateUrl) -> FetchingCertificate {
        Box::pin(self(url))
    }
}
