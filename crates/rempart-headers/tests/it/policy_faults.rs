//! A policy that cannot be meant is not built, and says everything that is wrong with it.

use std::time::Duration;

use http::{HeaderName, header};
use rempart_core::NameError;
use rempart_headers::{
    Allow, ConfigError, Csp, CspError, Directive, FeatureError, FrameOptions, Hsts,
    PermissionsError, PermissionsPolicy, Policy, PolicyBuilder, SecurityHeader, Source,
    SourceError,
};

use ConfigError as E;

const CSP: SecurityHeader = SecurityHeader::ContentSecurityPolicy;
const ONLY: SecurityHeader = SecurityHeader::ContentSecurityPolicyReportOnly;

fn bare() -> PolicyBuilder {
    Policy::builder("bare")
}

fn faults(builder: PolicyBuilder) -> Vec<ConfigError> {
    builder.build().map_or_else(|errors| errors.into_iter().collect(), |_| Vec::new())
}

#[test]
fn names_each_fault() {
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let day = Duration::from_secs(24 * 60 * 60);
    let camera = || "camera".parse().unwrap();
    let powers = |policy| bare().permissions(policy);
    let unknown = FeatureError::Unknown { name: "camra".to_owned() };
    #[rustfmt::skip]
    let rows: [(PolicyBuilder, Vec<ConfigError>); 33] = [
        (bare(), vec![]),
        (Policy::builder(""), vec![E::Name(NameError::Empty)]),
        (Policy::builder("Page"), vec![E::Name(NameError::InvalidByte { offset: 0 })]),
        // HSTS: the preload list wants subdomains, which the type says, and a year.
        (bare().hsts(Hsts::preload(year)), vec![]),
        (bare().hsts(Hsts::preload(year.saturating_sub(Duration::from_secs(1)))), vec![E::PreloadTooShort { seconds: 31_535_999 }]),
        (bare().hsts(Hsts::preload(day)), vec![E::PreloadTooShort { seconds: 86_400 }]),
        (bare().hsts(Hsts::subdomains(day)), vec![]),
        (bare().hsts(Hsts::host(Duration::ZERO)), vec![]),
        // Framing is said twice, for browsers of two ages.
        (bare().csp(Csp::api()).frame_options(FrameOptions::Deny), vec![]),
        (bare().csp(Csp::api()).frame_options(FrameOptions::SameOrigin), vec![E::FramingDisagrees { options: FrameOptions::SameOrigin, ancestors: "'none'".to_owned() }]),
        (bare().csp(Csp::api().frame_ancestors(["'self'", "a.example"])).frame_options(FrameOptions::Deny), vec![E::FramingDisagrees { options: FrameOptions::Deny, ancestors: "'self' a.example".to_owned() }]),
        (bare().csp(Csp::api().frame_ancestors(["'self'"])).frame_options(FrameOptions::SameOrigin), vec![]),
        (bare().csp(Csp::api().frame_ancestors(["a.example"])), vec![]),
        // Reports.
        (bare().csp(Csp::api().report_to("csp")).endpoint("csp", "/reports"), vec![]),
        (bare().csp(Csp::api().report_to("csp")), vec![E::UnknownEndpoint { header: CSP, name: "csp".to_owned() }]),
        (bare().endpoint("csp", "/a").endpoint("csp", "/b"), vec![E::DuplicateEndpoint { name: "csp".to_owned() }]),
        (bare().endpoint("Csp", "/a"), vec![E::EndpointName { name: "Csp".to_owned() }]),
        (bare().endpoint("", "/a"), vec![E::EndpointName { name: String::new() }]),
        (bare().endpoint("a", "https://r.example/csp?v=1"), vec![]),
        (bare().endpoint("a", "http://r.example"), vec![E::EndpointUrl { url: "http://r.example".to_owned() }]),
        (bare().endpoint("a", "//r.example"), vec![E::EndpointUrl { url: "//r.example".to_owned() }]),
        (bare().endpoint("a", "/x\", evil=\"https://e.example"), vec![E::EndpointUrl { url: "/x\", evil=\"https://e.example".to_owned() }]),
        (bare().endpoint("a", "https://user@r.example"), vec![E::EndpointUrl { url: "https://user@r.example".to_owned() }]),
        (bare().endpoint("a", ""), vec![E::EndpointUrl { url: String::new() }]),
        // A policy that only reports.
        (bare().csp_report_only(Csp::api()), vec![E::ReportsNowhere { header: ONLY }]),
        (bare().csp_report_only(Csp::api().report_uri(["/r"])), vec![]),
        (bare().csp_report_only(Csp::api().report_uri(["/r"]).sandbox([]).upgrade_insecure_requests()), vec![E::NotInReportOnly { header: ONLY, directive: Directive::Sandbox }, E::NotInReportOnly { header: ONLY, directive: Directive::UpgradeInsecureRequests }]),
        (bare().csp_report_only(Csp::api().script_src(["*"]).report_uri(["/r"])), vec![E::Csp { header: ONLY, fault: CspError::WeakScripts { directive: Directive::ScriptSrc, origin: "*".to_owned() } }]),
        // Permissions.
        (powers(PermissionsPolicy::new().deny(["camra"])), vec![E::Permissions(PermissionsError::Feature(unknown))]),
        (powers(PermissionsPolicy::new().set("camera", Allow::origins(["https://a.example", "https://*.b.example:8443"]))), vec![]),
        (powers(PermissionsPolicy::new().set("camera", Allow::origins(["https://a.example/path", "a.example"]))), vec![
            E::Permissions(PermissionsError::NotAnOrigin { feature: camera(), origin: "https://a.example/path".to_owned() }),
            E::Permissions(PermissionsError::NotAnOrigin { feature: camera(), origin: "a.example".to_owned() }),
        ]),
        (powers(PermissionsPolicy::new().set("camera", Allow::self_and(["https://a.example\", usb=*"]))), vec![
            E::Permissions(PermissionsError::Origin { feature: camera(), origin: "https://a.example\", usb=*".to_owned(), fault: SourceError::ForbiddenByte { offset: 18 } }),
        ]),
        // Removal.
        (bare().remove(header::X_CONTENT_TYPE_OPTIONS).remove(header::SERVER), vec![E::RemovesWhatItSends { header: header::X_CONTENT_TYPE_OPTIONS }]),
    ];
    for (row, (builder, want)) in rows.into_iter().enumerate() {
        assert_eq!(faults(builder), want, "row {row}");
    }
}

#[test]
fn refuses_headers_that_servers_and_proxies_cut() {
    let hosts = (0..64).map(|nth| format!("https://host-{nth}.example/{}", "a".repeat(64)));
    let errors = bare().csp(Csp::api().img_src(hosts)).build().unwrap_err();
    let too_long =
        |fault: &E| matches!(fault, E::TooLong { header: CSP, length: 4097.., max: 4096 });
    assert!(errors.len() == 1 && errors.iter().all(too_long), "{errors}");
}

#[test]
fn reports_every_fault_at_once() {
    let policy = Policy::page("No")
        .csp(Csp::page().img_src(["self"]).report_to("csp"))
        .csp_report_only(Csp::api())
        .hsts(Hsts::preload(Duration::from_secs(1)))
        .permissions(PermissionsPolicy::new().deny(["camra"]))
        .endpoint("a b", "ftp://r.example")
        .remove(HeaderName::from_static("referrer-policy"));
    let text = policy.build().unwrap_err().to_string();
    let want = [
        "name: byte 0 may not stand in a name",
        "content-security-policy: `img-src`: \"self\" is no source: it lacks its quotes; did you mean 'self'?",
        "content-security-policy-report-only: it only reports, and says nowhere to report to",
        "strict-transport-security: 1 seconds are too short to preload, less than a year",
        "permissions-policy: \"camra\" is no known feature; say it by `Feature::custom` if it is meant",
        "reporting-endpoints: \"a b\" is no name: a-z, then a-z 0-9 _ - . up to 32 bytes",
        "reporting-endpoints: \"ftp://r.example\" is neither an https address nor a path",
        "referrer-policy: it is sent, and it is to be removed",
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), want);
}

#[test]
fn tells_old_browsers_where_to_report_too() {
    let policy = bare()
        .csp(Csp::api().report_to("csp"))
        .csp_report_only(Csp::api().img_src([Source::SelfOrigin]).report_to("csp"))
        .endpoint("csp", "/reports")
        .endpoint("default", "https://r.example/all");
    let policy = policy.build().unwrap();
    let want = [
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'; report-uri /reports; report-to csp",
        ),
        (
            "content-security-policy-report-only",
            "default-src 'none'; img-src 'self'; frame-ancestors 'none'; report-uri /reports; \
             report-to csp",
        ),
        ("x-content-type-options", "nosniff"),
        ("reporting-endpoints", "csp=\"/reports\", default=\"https://r.example/all\""),
    ];
    let sent = policy.headers(rempart_headers::Channel::Secure);
    let sent: Vec<_> = sent.map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    assert_eq!(sent, want);
}

#[test]
fn names_and_addresses_are_bounded() {
    let path = |length: usize| format!("/{}", "a".repeat(length.saturating_sub(1)));
    let endpoint =
        |name: usize, url: usize| faults(bare().endpoint(&"a".repeat(name), &path(url))).len();
    #[rustfmt::skip]
    let rows = [
        // bytes of the name, of the address, faults
        (32, 1024, 0),
        (33, 1024, 1),
        (32, 1025, 1),
        (33, 1025, 2),
    ];
    for (name, url, want) in rows {
        assert_eq!(endpoint(name, url), want, "{name}, {url}");
    }
    let custom = |length: usize| rempart_headers::Feature::custom(&"a".repeat(length)).is_ok();
    assert!(custom(64) && !custom(65));
}
