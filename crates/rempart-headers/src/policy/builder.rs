use std::collections::BTreeSet;
use std::sync::Arc;

use http::HeaderName;
use rempart_core::{Faults, NameError, PolicyName};

use super::sets::Sets;
use super::{ChannelRule, Checked, Policy, check};
use crate::{
    Channel, ConfigError, ConfigErrors, Csp, CspBuilder, EmbedderPolicy, FrameOptions, Hsts,
    OpenerPolicy, PermissionsPolicy, ReferrerPolicy, ResourcePolicy, SecurityHeader,
};

/// Builds a [`Policy`]. Setting a header again replaces it.
/// [`without`](Self::without) sends it no more.
#[derive(Clone, Debug)]
#[must_use = "nothing is built until `build` is called"]
pub struct PolicyBuilder {
    pub(super) name: Result<PolicyName, NameError>,
    pub(super) csp: Option<CspBuilder>,
    pub(super) report_only: Option<CspBuilder>,
    pub(super) hsts: Option<Hsts>,
    pub(super) nosniff: bool,
    pub(super) frame_options: Option<FrameOptions>,
    pub(super) referrer: Option<ReferrerPolicy>,
    pub(super) permissions: Option<PermissionsPolicy>,
    pub(super) opener: Option<OpenerPolicy>,
    pub(super) embedder: Option<EmbedderPolicy>,
    pub(super) resource: Option<ResourcePolicy>,
    pub(super) endpoints: Vec<(String, String)>,
    pub(super) no_store: bool,
    pub(super) enforced: BTreeSet<SecurityHeader>,
    pub(super) removed: Vec<HeaderName>,
    channel: ChannelRule,
}

impl PolicyBuilder {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: PolicyName::new(name),
            csp: None,
            report_only: None,
            hsts: None,
            nosniff: true,
            frame_options: None,
            referrer: None,
            permissions: None,
            opener: None,
            embedder: None,
            resource: None,
            endpoints: Vec::new(),
            no_store: false,
            enforced: ENFORCED.into(),
            removed: Vec::new(),
            channel: ChannelRule::ClientScheme,
        }
    }

    pub(super) fn page(name: &str) -> Self {
        Self::new(name)
            .csp(Csp::page())
            .hsts(Hsts::subdomains(Hsts::TWO_YEARS))
            .frame_options(FrameOptions::Deny)
            .referrer_policy(ReferrerPolicy::StrictOriginWhenCrossOrigin)
            .permissions(PermissionsPolicy::deny_powerful())
            .opener_policy(OpenerPolicy::SameOrigin)
            .resource_policy(ResourcePolicy::SameOrigin)
    }

    pub(super) fn api(name: &str) -> Self {
        Self::new(name)
            .csp(Csp::api())
            .hsts(Hsts::subdomains(Hsts::TWO_YEARS))
            .frame_options(FrameOptions::Deny)
            .referrer_policy(ReferrerPolicy::StrictOriginWhenCrossOrigin)
            .resource_policy(ResourcePolicy::SameOrigin)
            .no_store()
    }

    /// Enforces this `Content-Security-Policy`.
    pub fn csp(mut self, csp: impl Into<CspBuilder>) -> Self {
        self.csp = Some(csp.into());
        self
    }

    /// Tries this policy out beside the enforced one: violations are reported and nothing is
    /// blocked (`Content-Security-Policy-Report-Only`). Both name the same nonce.
    pub fn csp_report_only(mut self, csp: impl Into<CspBuilder>) -> Self {
        self.report_only = Some(csp.into());
        self
    }

    /// Sends this header no more; what the handler sets for it stands.
    pub fn without(mut self, header: SecurityHeader) -> Self {
        match header {
            SecurityHeader::CacheControl => self.no_store = false,
            SecurityHeader::ContentSecurityPolicy => self.csp = None,
            SecurityHeader::ContentSecurityPolicyReportOnly => self.report_only = None,
            SecurityHeader::CrossOriginEmbedderPolicy => self.embedder = None,
            SecurityHeader::CrossOriginOpenerPolicy => self.opener = None,
            SecurityHeader::CrossOriginResourcePolicy => self.resource = None,
            SecurityHeader::PermissionsPolicy => self.permissions = None,
            SecurityHeader::ReferrerPolicy => self.referrer = None,
            SecurityHeader::ReportingEndpoints => self.endpoints.clear(),
            SecurityHeader::StrictTransportSecurity => self.hsts = None,
            SecurityHeader::XContentTypeOptions => self.nosniff = false,
            SecurityHeader::XFrameOptions => self.frame_options = None,
        }
        self
    }

    /// Sends `Strict-Transport-Security`, over https alone ([RFC 6797 §7.2]).
    ///
    /// [RFC 6797 §7.2]: https://www.rfc-editor.org/rfc/rfc6797#section-7.2
    pub fn hsts(mut self, hsts: Hsts) -> Self {
        self.hsts = Some(hsts);
        self
    }

    /// Sends `X-Frame-Options`.
    pub fn frame_options(mut self, options: FrameOptions) -> Self {
        self.frame_options = Some(options);
        self
    }

    /// Sends `Referrer-Policy`.
    pub fn referrer_policy(mut self, policy: ReferrerPolicy) -> Self {
        self.referrer = Some(policy);
        self
    }

    /// Sends `Permissions-Policy`.
    pub fn permissions(mut self, permissions: PermissionsPolicy) -> Self {
        self.permissions = Some(permissions);
        self
    }

    /// Sends `Cross-Origin-Opener-Policy`.
    pub fn opener_policy(mut self, policy: OpenerPolicy) -> Self {
        self.opener = Some(policy);
        self
    }

    /// Sends `Cross-Origin-Embedder-Policy`.
    pub fn embedder_policy(mut self, policy: EmbedderPolicy) -> Self {
        self.embedder = Some(policy);
        self
    }

    /// Sends `Cross-Origin-Resource-Policy`.
    pub fn resource_policy(mut self, policy: ResourcePolicy) -> Self {
        self.resource = Some(policy);
        self
    }

    /// Declares where reports of this name go: `https://…`, or a path of the page's own origin
    /// (`Reporting-Endpoints`). A policy whose `report-to` names no endpoint is not built.
    pub fn endpoint(mut self, name: &str, url: &str) -> Self {
        self.endpoints.push((name.to_owned(), url.to_owned()));
        self
    }

    /// Sends `Cache-Control: no-store` where the handler says nothing about caching.
    pub const fn no_store(mut self) -> Self {
        self.no_store = true;
        self
    }

    /// Lets what the handler set for this header stand.
    pub fn keep(mut self, header: SecurityHeader) -> Self {
        self.enforced.remove(&header);
        self
    }

    /// Replaces whatever the handler set for this header.
    pub fn enforce(mut self, header: SecurityHeader) -> Self {
        self.enforced.insert(header);
        self
    }

    /// Lets whatever the handler set stand.
    pub fn keep_all(mut self) -> Self {
        self.enforced.clear();
        self
    }

    /// Replaces whatever the handler set, except for `Cache-Control`: for services that pass on
    /// what others answered.
    pub fn enforce_all(mut self) -> Self {
        let all = SecurityHeader::ALL.into_iter();
        self.enforced = all.filter(|header| *header != SecurityHeader::CacheControl).collect();
        self
    }

    /// Removes this header from every response, as `server` or `x-powered-by`.
    pub fn remove(mut self, header: HeaderName) -> Self {
        if !self.removed.contains(&header) {
            self.removed.push(header);
        }
        self
    }

    /// Says that the listener itself speaks TLS: what no proxy says came otherwise, came over
    /// https.
    pub const fn listener_is_tls(mut self) -> Self {
        self.channel = ChannelRule::Secure;
        self
    }

    /// Believes the scheme of the request's own address where no proxy says how it came.
    ///
    /// # Security
    ///
    /// A client writes that address as it likes, in HTTP/1.1 (`GET https://…`) as in HTTP/2
    /// (`:scheme`). Right only behind a server that sets it.
    pub const fn dangerously_believe_request_uri(mut self) -> Self {
        self.channel = ChannelRule::RequestUri;
        self
    }

    /// Checks the policy and renders every header once.
    ///
    /// # Errors
    ///
    /// Every [`ConfigError`](crate::ConfigError) there is.
    pub fn build(self) -> Result<Policy, ConfigErrors> {
        let mut faults = Faults::new();
        if let Err(fault) = self.name {
            faults.push(fault.into());
        }
        let (csp, report_only) = check::check(&self, &mut faults);
        let sets = Sets::new(&self, csp.as_ref(), report_only.as_ref());
        let secure = sets.set(Channel::Secure, &mut faults);
        // Says a part of what the other says, so it has no faults of its own.
        let clear = sets.set(Channel::Clear, &mut Faults::new());
        faults.finish()?;
        let name = self.name.map_err(ConfigError::Name)?;
        Ok(Policy(Arc::new(Checked {
            name,
            csp,
            report_only,
            channel: self.channel,
            clear,
            secure,
        })))
    }
}

/// What a handler's own value does not replace: the first has one useful value, the second must
/// stand once and is the host's matter, not a page's.
const ENFORCED: [SecurityHeader; 2] =
    [SecurityHeader::XContentTypeOptions, SecurityHeader::StrictTransportSecurity];
