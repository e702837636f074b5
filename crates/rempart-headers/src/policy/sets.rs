use http::{HeaderMap, HeaderName, HeaderValue};
use rempart_core::Faults;

use super::PolicyBuilder;
use crate::csp::{Form, Template};
use crate::reporting::render_endpoints;
use crate::{Channel, ConfigError, Csp, SecurityHeader};

/// What the responses of one channel are sent with, rendered when the policy is built.
#[derive(Debug)]
pub(crate) struct HeaderSet {
    fixed: HeaderMap,
    nonced: Box<[(HeaderName, Template)]>,
    enforced: Box<[HeaderName]>,
    removed: Box<[HeaderName]>,
}

impl HeaderSet {
    /// What a response without a nonce is sent with.
    pub(crate) const fn fixed(&self) -> &HeaderMap {
        &self.fixed
    }

    /// The headers that name the nonce; their values for a response without one are among the
    /// fixed.
    pub(crate) const fn nonced(&self) -> &[(HeaderName, Template)] {
        &self.nonced
    }

    pub(crate) const fn uses_nonce(&self) -> bool {
        !self.nonced.is_empty()
    }

    /// Whether the policy's value replaces the handler's.
    pub(crate) fn enforces(&self, name: &HeaderName) -> bool {
        self.enforced.contains(name)
    }

    /// What no response keeps.
    pub(crate) const fn removed(&self) -> &[HeaderName] {
        &self.removed
    }
}

/// The values of a policy while it is built.
pub(super) struct Sets<'a> {
    builder: &'a PolicyBuilder,
    csps: [(SecurityHeader, Option<&'a Csp>); 2],
}

impl<'a> Sets<'a> {
    pub(super) const fn new(
        builder: &'a PolicyBuilder,
        csp: Option<&'a Csp>,
        report_only: Option<&'a Csp>,
    ) -> Self {
        let csps = [
            (SecurityHeader::ContentSecurityPolicy, csp),
            (SecurityHeader::ContentSecurityPolicyReportOnly, report_only),
        ];
        Self { builder, csps }
    }

    pub(super) fn set(&self, channel: Channel, faults: &mut Faults<ConfigError>) -> HeaderSet {
        let secure = channel == Channel::Secure;
        let texts = self.texts(secure);
        let enforced = self.builder.enforced.iter().map(|header| header.name()).collect();
        let mut removed = self.builder.removed.clone();
        let hsts = SecurityHeader::StrictTransportSecurity;
        if !secure && self.builder.hsts.is_some() && self.builder.enforced.contains(&hsts) {
            // A handler's own may not go out in the clear either.
            removed.push(hsts.name());
        }
        for header in removed.iter().filter(|_| secure) {
            if texts.iter().any(|(sent, _)| sent.name() == *header) {
                faults.push(ConfigError::RemovesWhatItSends { header: header.clone() });
            }
        }
        // With room for what handlers set, so that the copy in each response does not hash all
        // of it again.
        let mut fixed = HeaderMap::with_capacity(texts.len().saturating_add(ROOM));
        for (header, text) in texts {
            if text.len() > MAX_VALUE {
                let length = text.len();
                faults.push(ConfigError::TooLong { header, length, max: MAX_VALUE });
            }
            match HeaderValue::try_from(text) {
                Ok(value) => {
                    fixed.insert(header.name(), value);
                }
                Err(_) => faults.push(ConfigError::Unsendable { header }),
            }
        }
        let csps = self.csps.iter().filter_map(|(header, csp)| csp.map(|csp| (header, csp)));
        let nonced = csps
            .filter(|(_, csp)| csp.uses_nonce())
            .map(|(header, csp)| (header.name(), csp.template(Form { nonce: true, secure })));
        HeaderSet { fixed, nonced: nonced.collect(), enforced, removed: removed.into() }
    }

    /// What is sent without a nonce, as text.
    fn texts(&self, secure: bool) -> Vec<(SecurityHeader, String)> {
        let builder = self.builder;
        let endpoints = builder.endpoints.iter().map(|(name, url)| (&**name, &**url));
        let permissions = builder.permissions.as_ref().filter(|it| !it.is_empty());
        let word = |word: &'static str| Some(word.to_owned());
        let texts = [
            (SecurityHeader::XContentTypeOptions, word("nosniff").filter(|_| builder.nosniff)),
            (SecurityHeader::XFrameOptions, builder.frame_options.and_then(|it| word(it.as_str()))),
            (SecurityHeader::ReferrerPolicy, builder.referrer.and_then(|it| word(it.as_str()))),
            (
                SecurityHeader::StrictTransportSecurity,
                builder.hsts.filter(|_| secure).map(|it| it.to_string()),
            ),
            (SecurityHeader::PermissionsPolicy, permissions.map(ToString::to_string)),
            (
                SecurityHeader::CrossOriginOpenerPolicy,
                builder.opener.and_then(|it| word(it.as_str())),
            ),
            (
                SecurityHeader::CrossOriginEmbedderPolicy,
                builder.embedder.and_then(|it| word(it.as_str())),
            ),
            (
                SecurityHeader::CrossOriginResourcePolicy,
                builder.resource.and_then(|it| word(it.as_str())),
            ),
            (SecurityHeader::ReportingEndpoints, render_endpoints(endpoints)),
            (SecurityHeader::CacheControl, word("no-store").filter(|_| builder.no_store)),
        ];
        let texts = texts.into_iter().filter_map(|(header, text)| text.map(|text| (header, text)));
        let form = Form { nonce: false, secure };
        let csps = self
            .csps
            .iter()
            .filter_map(|(header, csp)| csp.map(|csp| (*header, csp.template(form).text())));
        csps.filter(|(_, text)| !text.is_empty()).chain(texts).collect()
    }
}

/// Headers that a handler sets beside the policy's without a second growth of the table.
const ROOM: usize = 8;

/// In bytes. Servers and proxies take heads of 8 KiB by default, all headers together.
const MAX_VALUE: usize = 4096;
