//! Policies as text, in both directions.

use rempart_headers::{Csp, CspError, Directive, SandboxFlag, Source, SourceError};

#[test]
fn prints_directives_in_one_order_whatever_the_order_of_the_calls() {
    let csp = Csp::builder()
        .upgrade_insecure_requests()
        .report_to("csp")
        .report_uri(["/reports", "https://r.example/csp"])
        .block_webrtc()
        .trusted_types(["app", "'allow-duplicates'"])
        .require_trusted_types()
        .sandbox([SandboxFlag::AllowForms, SandboxFlag::AllowScripts])
        .base_uri([Source::None])
        .script_src([Source::Nonce, Source::StrictDynamic])
        .default_src(["'self'"]);
    let csp = csp.build().unwrap();
    assert_eq!(csp.to_string().parse(), Ok(csp.clone()));
    assert_eq!(
        csp.to_string(),
        "default-src 'self'; script-src 'nonce' 'strict-dynamic'; base-uri 'none'; \
         sandbox allow-forms allow-scripts; require-trusted-types-for 'script'; \
         trusted-types app 'allow-duplicates'; webrtc 'block'; upgrade-insecure-requests; \
         report-uri /reports https://r.example/csp; report-to csp",
    );
}

#[test]
fn reads_what_it_prints() {
    for builder in [Csp::page(), Csp::api(), Csp::page().sandbox([]).report_to("csp")] {
        let csp = builder.build().unwrap();
        assert_eq!(csp.to_string().parse(), Ok(csp));
    }
}

#[test]
fn reads_names_without_case_and_any_white_space() {
    let csp: Csp = " ;Default-SRC\t'self' ;; IMG-src  https:\n; ".parse().unwrap();
    assert_eq!(csp.to_string(), "default-src 'self'; img-src https:");
}

#[test]
fn refuses_texts_that_browsers_would_read_otherwise() {
    let duplicate = CspError::DuplicateDirective { directive: Directive::ImgSrc };
    let comma = CspError::InvalidSource {
        directive: Directive::DefaultSrc,
        text: "'none',".to_owned(),
        fault: SourceError::ForbiddenByte { offset: 6 },
    };
    let unknown = |name: &str| CspError::UnknownDirective { name: name.to_owned() };
    let word = |directive, text: &str| CspError::InvalidWord { directive, text: text.to_owned() };
    #[rustfmt::skip]
    let rows = [
        ("default-src 'none'; img-src 'self'; IMG-SRC *",   vec![duplicate]),
        ("default-src 'none', script-src *",                vec![comma, CspError::InvalidSource { directive: Directive::DefaultSrc, text: "script-src".to_owned(), fault: SourceError::DirectiveName }, CspError::WeakScripts { directive: Directive::DefaultSrc, origin: "*".to_owned() }]),
        ("default-src 'none'; plugin-types a/b",            vec![unknown("plugin-types")]),
        ("default-src 'none'; block-all-mixed-content",     vec![unknown("block-all-mixed-content")]),
        ("default-src 'none'; sandbox allow-everything",    vec![word(Directive::Sandbox, "allow-everything")]),
        ("default-src 'none'; report-uri http://r.example", vec![word(Directive::ReportUri, "http://r.example")]),
        ("default-src 'none'; report-uri //r.example",      vec![word(Directive::ReportUri, "//r.example")]),
        ("default-src 'none'; upgrade-insecure-requests 1", vec![word(Directive::UpgradeInsecureRequests, "1")]),
        ("default-src 'none'; report-to a b",               vec![CspError::TooMany { directive: Directive::ReportTo, count: 2, max: 1 }]),
    ];
    for (text, want) in rows {
        let errors = text.parse::<Csp>().unwrap_err();
        assert_eq!(errors.into_iter().collect::<Vec<_>>(), want, "{text}");
    }
    assert!(" ".repeat(65 * 1024).parse::<Csp>().is_err());
}

#[test]
fn allowing_adds_to_what_stands_there_and_none_gives_way() {
    let allow = |directive| {
        let csp = Csp::page().allow(directive, ["https://a.example"]).build().unwrap();
        csp.sources(directive).unwrap().iter().map(Source::to_string).collect::<Vec<_>>()
    };
    assert_eq!(allow(Directive::ImgSrc), ["'self'", "https://a.example"]);
    assert_eq!(allow(Directive::FrameAncestors), ["https://a.example"]);
    assert_eq!(allow(Directive::MediaSrc), ["https://a.example"]);
}
