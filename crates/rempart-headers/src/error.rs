use http::HeaderName;
use rempart_core::NameError;
use thiserror::Error;

use crate::{CspError, FrameOptions, PermissionsError, SecurityHeader};

/// Every fault of a policy.
pub type ConfigErrors = rempart_core::ConfigErrors<ConfigError>;

/// One fault of a policy.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A content security policy is wrong.
    #[error("{header}: {fault}")]
    Csp {
        /// The enforced one or the one that only reports.
        header: SecurityHeader,
        /// What is wrong.
        fault: CspError,
    },
    /// Two endpoints have one name.
    #[error("reporting-endpoints: {name:?} stands twice")]
    DuplicateEndpoint {
        /// The name.
        name: String,
    },
    /// No browser takes this name for an endpoint.
    #[error("reporting-endpoints: {name:?} is no name: a-z, then a-z 0-9 _ - . up to 32 bytes")]
    EndpointName {
        /// The name.
        name: String,
    },
    /// Reports go to `https://…` or to a path of the page's own origin.
    #[error("reporting-endpoints: {url:?} is neither an https address nor a path")]
    EndpointUrl {
        /// The address.
        url: String,
    },
    /// `frame-ancestors` and `X-Frame-Options` disagree, so browsers do.
    #[error("x-frame-options: {options} disagrees with frame-ancestors {ancestors}")]
    FramingDisagrees {
        /// What browsers without `frame-ancestors` are told.
        options: FrameOptions,
        /// What the others are told.
        ancestors: String,
    },
    /// The policy's name is no name.
    #[error("name: {0}")]
    Name(#[from] NameError),
    /// The directive does nothing in a policy that only reports.
    #[error("{header}: `{directive}` does nothing in a policy that only reports")]
    NotInReportOnly {
        /// The header.
        header: SecurityHeader,
        /// The directive.
        directive: crate::Directive,
    },
    /// A permissions policy is wrong.
    #[error("permissions-policy: {0}")]
    Permissions(#[from] PermissionsError),
    /// The preload list refuses less than a year.
    #[error(
        "strict-transport-security: {seconds} seconds are too short to preload, less than a year"
    )]
    PreloadTooShort {
        /// The seconds.
        seconds: u64,
    },
    /// A header is to be sent and to be removed.
    #[error("{header}: it is sent, and it is to be removed")]
    RemovesWhatItSends {
        /// The header.
        header: HeaderName,
    },
    /// A policy that only reports says nowhere to report to.
    #[error("{header}: it only reports, and says nowhere to report to")]
    ReportsNowhere {
        /// The header.
        header: SecurityHeader,
    },
    /// A header is longer than servers and proxies take.
    #[error("{header}: {length} bytes are more than {max}")]
    TooLong {
        /// The header.
        header: SecurityHeader,
        /// How long it is, in bytes.
        length: usize,
        /// The longest allowed, in bytes.
        max: usize,
    },
    /// `report-to` names an endpoint that nobody declared.
    #[error("{header}: report-to names {name:?}, which is no endpoint of the policy")]
    UnknownEndpoint {
        /// The header.
        header: SecurityHeader,
        /// The name.
        name: String,
    },
    /// A value holds a byte that no header may carry.
    #[error("{header}: the value may not stand in a header")]
    Unsendable {
        /// The header.
        header: SecurityHeader,
    },
}
