use http::HeaderName;

/// Names other headers in which the same may stand: all of it, or none of it.
///
/// A request is read in these headers if it has this one's signature and not the scheme's own. No
/// request is read half in the one and half in the other: what a proxy took for the time of a
/// message would not be the time that was signed.
///
/// ```
/// use http::HeaderName;
/// use rempart_signature::{HeaderFamily, Scheme};
///
/// let scheme = Scheme::standard_webhooks().with_alternative(
///     HeaderFamily::new(HeaderName::from_static("acme-signature"))
///         .timestamp(HeaderName::from_static("acme-timestamp"))
///         .id(HeaderName::from_static("acme-id")),
/// );
/// # let _ = scheme;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "kebab-case"))]
pub struct HeaderFamily {
    #[cfg_attr(feature = "serde", serde(with = "super::written::header"))]
    signature: HeaderName,
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "super::written::optional_header"
        )
    )]
    timestamp: Option<HeaderName>,
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "super::written::optional_header"
        )
    )]
    id: Option<HeaderName>,
}

impl HeaderFamily {
    /// Signatures stand in this header.
    #[must_use]
    pub const fn new(signature: HeaderName) -> Self {
        Self { signature, timestamp: None, id: None }
    }

    /// The time stands in this one.
    #[must_use]
    pub fn timestamp(mut self, header: HeaderName) -> Self {
        self.timestamp = Some(header);
        self
    }

    /// The message's id stands in this one.
    #[must_use]
    pub fn id(mut self, header: HeaderName) -> Self {
        self.id = Some(header);
        self
    }

    /// The header of the signature.
    #[must_use]
    pub const fn signature(&self) -> &HeaderName {
        &self.signature
    }

    pub(super) const fn time(&self) -> Option<&HeaderName> {
        self.timestamp.as_ref()
    }

    pub(super) const fn message_id(&self) -> Option<&HeaderName> {
        self.id.as_ref()
    }
}
