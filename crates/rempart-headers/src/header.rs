use std::fmt;

use http::{HeaderName, header};

/// Names a header that a [`Policy`](crate::Policy) sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SecurityHeader {
    /// `Cache-Control`
    CacheControl,
    /// `Content-Security-Policy`
    ContentSecurityPolicy,
    /// `Content-Security-Policy-Report-Only`
    ContentSecurityPolicyReportOnly,
    /// `Cross-Origin-Embedder-Policy`
    CrossOriginEmbedderPolicy,
    /// `Cross-Origin-Opener-Policy`
    CrossOriginOpenerPolicy,
    /// `Cross-Origin-Resource-Policy`
    CrossOriginResourcePolicy,
    /// `Permissions-Policy`
    PermissionsPolicy,
    /// `Referrer-Policy`
    ReferrerPolicy,
    /// `Reporting-Endpoints`
    ReportingEndpoints,
    /// `Strict-Transport-Security`
    StrictTransportSecurity,
    /// `X-Content-Type-Options`
    XContentTypeOptions,
    /// `X-Frame-Options`
    XFrameOptions,
}

impl SecurityHeader {
    /// Every one.
    pub(crate) const ALL: [Self; 12] = [
        Self::CacheControl,
        Self::ContentSecurityPolicy,
        Self::ContentSecurityPolicyReportOnly,
        Self::CrossOriginEmbedderPolicy,
        Self::CrossOriginOpenerPolicy,
        Self::CrossOriginResourcePolicy,
        Self::PermissionsPolicy,
        Self::ReferrerPolicy,
        Self::ReportingEndpoints,
        Self::StrictTransportSecurity,
        Self::XContentTypeOptions,
        Self::XFrameOptions,
    ];

    /// The name as `http` knows it.
    #[must_use]
    pub const fn name(self) -> HeaderName {
        match self {
            Self::CacheControl => header::CACHE_CONTROL,
            Self::ContentSecurityPolicy => header::CONTENT_SECURITY_POLICY,
            Self::ContentSecurityPolicyReportOnly => header::CONTENT_SECURITY_POLICY_REPORT_ONLY,
            Self::CrossOriginEmbedderPolicy => {
                HeaderName::from_static("cross-origin-embedder-policy")
            }
            Self::CrossOriginOpenerPolicy => HeaderName::from_static("cross-origin-opener-policy"),
            Self::CrossOriginResourcePolicy => {
                HeaderName::from_static("cross-origin-resource-policy")
            }
            Self::PermissionsPolicy => HeaderName::from_static("permissions-policy"),
            Self::ReferrerPolicy => header::REFERRER_POLICY,
            Self::ReportingEndpoints => HeaderName::from_static("reporting-endpoints"),
            Self::StrictTransportSecurity => header::STRICT_TRANSPORT_SECURITY,
            Self::XContentTypeOptions => header::X_CONTENT_TYPE_OPTIONS,
            Self::XFrameOptions => header::X_FRAME_OPTIONS,
        }
    }
}

impl fmt::Display for SecurityHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name().as_str())
    }
}
