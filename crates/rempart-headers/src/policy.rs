mod builder;
mod check;
mod sets;

use std::sync::Arc;

use http::{HeaderName, HeaderValue, Uri};
use rempart_core::{ClientScheme, PolicyName};

pub use self::builder::PolicyBuilder;
pub(crate) use self::sets::HeaderSet;
use crate::{Channel, Csp};

/// Checked set of security headers. A clone bumps one reference count.
///
/// ```
/// use rempart_headers::{Channel, Policy};
///
/// let policy = Policy::api("api").build()?;
/// let sent: Vec<_> = policy.headers(Channel::Clear).map(|(name, _)| name.as_str()).collect();
/// assert!(sent.contains(&"content-security-policy"));
/// assert!(!sent.contains(&"strict-transport-security"));
/// # Ok::<(), rempart_headers::ConfigErrors>(())
/// ```
#[derive(Clone, Debug)]
pub struct Policy(Arc<Checked>);

#[derive(Debug)]
struct Checked {
    name: PolicyName,
    csp: Option<Csp>,
    report_only: Option<Csp>,
    channel: ChannelRule,
    clear: HeaderSet,
    secure: HeaderSet,
}

/// How a policy knows that a request came over https.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChannelRule {
    /// By the [`ClientScheme`] alone.
    ClientScheme,
    /// By the [`ClientScheme`], else by the scheme of the request's address.
    RequestUri,
    /// By the [`ClientScheme`], else it did.
    Secure,
}

impl Policy {
    /// Starts with `nosniff` alone.
    pub fn builder(name: &str) -> PolicyBuilder {
        PolicyBuilder::new(name)
    }

    /// Starts with everything that a page wants; see the table in the crate's documentation.
    pub fn page(name: &str) -> PolicyBuilder {
        PolicyBuilder::page(name)
    }

    /// Starts with everything that an API wants; see the table in the crate's documentation.
    pub fn api(name: &str) -> PolicyBuilder {
        PolicyBuilder::api(name)
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &PolicyName {
        &self.0.name
    }

    /// The enforced content security policy.
    #[must_use]
    pub fn csp(&self) -> Option<&Csp> {
        self.0.csp.as_ref()
    }

    /// The content security policy that only reports.
    #[must_use]
    pub fn csp_report_only(&self) -> Option<&Csp> {
        self.0.report_only.as_ref()
    }

    /// Whether a response may carry a nonce.
    #[must_use]
    pub fn uses_nonce(&self) -> bool {
        self.set(Channel::Clear).uses_nonce()
    }

    /// What a response without a nonce is sent with.
    pub fn headers(&self, channel: Channel) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.set(channel).fixed().iter()
    }

    /// How a request came, as far as this policy believes it; what is unknown came in the clear.
    #[must_use]
    pub fn channel(&self, scheme: Option<ClientScheme>, uri: &Uri) -> Channel {
        let secure = match (scheme, self.0.channel) {
            (Some(scheme), _) => scheme == ClientScheme::Https,
            (None, ChannelRule::ClientScheme) => false,
            (None, ChannelRule::RequestUri) => uri.scheme() == Some(&http::uri::Scheme::HTTPS),
            (None, ChannelRule::Secure) => true,
        };
        if secure { Channel::Secure } else { Channel::Clear }
    }

    pub(crate) fn set(&self, channel: Channel) -> &HeaderSet {
        match channel {
            Channel::Clear => &self.0.clear,
            Channel::Secure => &self.0.secure,
        }
    }
}
