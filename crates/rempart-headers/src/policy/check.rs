use rempart_core::Faults;

use super::PolicyBuilder;
use crate::csp::quoted;
use crate::reporting::{is_endpoint_name, is_report_url};
use crate::{
    ConfigError, Csp, CspBuilder, Directive, FrameOptions, Hsts, PermissionsPolicy, SecurityHeader,
    Source,
};

/// Finds the faults of a policy that no value of it has alone, and builds its two content
/// security policies, completed by what the endpoints say.
pub(super) fn check(
    builder: &PolicyBuilder,
    faults: &mut Faults<ConfigError>,
) -> (Option<Csp>, Option<Csp>) {
    let enforced = SecurityHeader::ContentSecurityPolicy;
    let csp = build_csp(builder, enforced, builder.csp.as_ref(), faults);
    let only = SecurityHeader::ContentSecurityPolicyReportOnly;
    let report_only = build_csp(builder, only, builder.report_only.as_ref(), faults);
    if let Some(csp) = &report_only {
        check_report_only(csp, faults);
    }
    if let (Some(options), Some(csp)) = (builder.frame_options, &csp) {
        check_framing(options, csp, faults);
    }
    if let Some(seconds) = builder.hsts.and_then(Hsts::too_short_to_preload) {
        faults.push(ConfigError::PreloadTooShort { seconds });
    }
    for fault in builder.permissions.iter().flat_map(PermissionsPolicy::faults) {
        faults.push(fault.into());
    }
    check_endpoints(builder, faults);
    (csp, report_only)
}

fn build_csp(
    builder: &PolicyBuilder,
    header: SecurityHeader,
    csp: Option<&CspBuilder>,
    faults: &mut Faults<ConfigError>,
) -> Option<Csp> {
    let csp = csp?.clone().build();
    let csp = faults.take_all(csp, |fault| ConfigError::Csp { header, fault })?;
    let Some(name) = csp.report_to() else { return Some(csp) };
    let declared = builder.endpoints.iter().find(|(declared, _)| declared == name);
    if declared.is_none() {
        faults.push(ConfigError::UnknownEndpoint { header, name: name.to_owned() });
    }
    Some(match declared {
        Some((_, url)) => csp.with_report_uri(url),
        None => csp,
    })
}

fn check_report_only(csp: &Csp, faults: &mut Faults<ConfigError>) {
    let header = SecurityHeader::ContentSecurityPolicyReportOnly;
    for directive in [Directive::Sandbox, Directive::UpgradeInsecureRequests] {
        if csp.has(directive) {
            faults.push(ConfigError::NotInReportOnly { header, directive });
        }
    }
    if !csp.has(Directive::ReportTo) && !csp.has(Directive::ReportUri) {
        faults.push(ConfigError::ReportsNowhere { header });
    }
}

/// Browsers that know `frame-ancestors` heed nothing else, so both must say the same.
fn check_framing(options: FrameOptions, csp: &Csp, faults: &mut Faults<ConfigError>) {
    let same = match options {
        FrameOptions::Deny => Source::None,
        FrameOptions::SameOrigin => Source::SelfOrigin,
    };
    if let Some(sources) = csp.sources(Directive::FrameAncestors).filter(|it| **it != [same]) {
        let ancestors: Vec<_> = sources.iter().map(Source::to_string).collect();
        faults.push(ConfigError::FramingDisagrees { options, ancestors: ancestors.join(" ") });
    }
}

fn check_endpoints(builder: &PolicyBuilder, faults: &mut Faults<ConfigError>) {
    for (nth, (name, url)) in builder.endpoints.iter().enumerate() {
        if !is_endpoint_name(name) {
            faults.push(ConfigError::EndpointName { name: quoted(name) });
        } else if builder.endpoints.iter().take(nth).any(|(earlier, _)| earlier == name) {
            faults.push(ConfigError::DuplicateEndpoint { name: name.clone() });
        }
        if !is_report_url(url) {
            faults.push(ConfigError::EndpointUrl { url: quoted(url) });
        }
    }
}
