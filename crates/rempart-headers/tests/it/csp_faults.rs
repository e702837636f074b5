//! Policies that contradict themselves, or that protect from nothing.

use rempart_headers::{Csp, CspBuilder, CspError, Directive, HashSource, Source};

use CspError as E;
use Directive as D;

/// A policy that has no fault but what a row adds.
fn strict() -> CspBuilder {
    Csp::builder().default_src([Source::None]).base_uri([Source::None])
}

fn faults(builder: CspBuilder) -> Vec<CspError> {
    builder.build().map_or_else(|errors| errors.into_iter().collect(), |_| Vec::new())
}

#[test]
fn refuses_contradictions_and_names_them() {
    let hash = HashSource::Sha256([0; 32]).to_string();
    let origin = |text: &str| text.to_owned();
    #[rustfmt::skip]
    let rows: [(CspBuilder, Vec<CspError>); 30] = [
        (strict(), vec![]),
        // 'none' stands alone.
        (strict().img_src(["'none'", "'self'"]), vec![E::NoneWithOthers { directive: D::ImgSrc }]),
        (strict().trusted_types(["'none'", "app"]), vec![E::NoneWithOthers { directive: D::TrustedTypes }]),
        (strict().img_src(["'self'", "'self'"]), vec![]),
        (strict().img_src::<&str>([]), vec![E::Empty { directive: D::ImgSrc }]),
        (strict().trusted_types::<&str>([]), vec![E::Empty { directive: D::TrustedTypes }]),
        (strict().sandbox([]), vec![]),
        // What browsers ignore.
        (strict().script_src(["'nonce'", "'unsafe-inline'"]).dangerously_weak_scripts(), vec![E::UnsafeInlineIgnored { directive: D::ScriptSrc }]),
        (strict().style_src(["'nonce'", "'unsafe-inline'"]), vec![E::UnsafeInlineIgnored { directive: D::StyleSrc }]),
        (strict().style_src([hash.as_str(), "'unsafe-inline'"]), vec![E::UnsafeInlineIgnored { directive: D::StyleSrc }]),
        (strict().script_src(["'nonce'", "'strict-dynamic'", "'self'"]), vec![E::IgnoredByStrictDynamic { directive: D::ScriptSrc, origin: origin("'self'") }]),
        (strict().script_src(["'nonce'", "'strict-dynamic'", "a.example"]), vec![E::IgnoredByStrictDynamic { directive: D::ScriptSrc, origin: origin("a.example") }]),
        // Keywords that need others.
        (strict().script_src(["'strict-dynamic'"]), vec![E::LoneStrictDynamic { directive: D::ScriptSrc }]),
        (strict().script_src([hash.as_str(), "'strict-dynamic'"]), vec![]),
        (strict().script_src_attr(["'unsafe-hashes'"]), vec![E::UnsafeHashesWithoutHash { directive: D::ScriptSrcAttr }]),
        (strict().script_src_attr(["'unsafe-hashes'", hash.as_str()]), vec![]),
        // Sources where nobody looks for them.
        (strict().img_src(["'nonce'"]), vec![E::Misplaced { directive: D::ImgSrc, origin: origin("'nonce'") }]),
        (strict().script_src_attr(["'nonce'"]), vec![E::Misplaced { directive: D::ScriptSrcAttr, origin: origin("'nonce'") }]),
        (strict().frame_ancestors(["'unsafe-inline'"]), vec![E::Misplaced { directive: D::FrameAncestors, origin: origin("'unsafe-inline'") }]),
        (strict().style_src(["'unsafe-eval'"]), vec![E::Misplaced { directive: D::StyleSrc, origin: origin("'unsafe-eval'") }]),
        (strict().connect_src(["'unsafe-webtransport-hashes'"]), vec![]),
        // What lets strangers' code run.
        (strict().script_src(["*"]), vec![E::WeakScripts { directive: D::ScriptSrc, origin: origin("*") }]),
        (strict().script_src(["https://*:443"]), vec![E::WeakScripts { directive: D::ScriptSrc, origin: origin("https://*:443") }]),
        (strict().script_src(["https:", "data:"]), vec![E::WeakScripts { directive: D::ScriptSrc, origin: origin("https:") }, E::WeakScripts { directive: D::ScriptSrc, origin: origin("data:") }]),
        (strict().script_src(["'unsafe-inline'"]), vec![E::WeakScripts { directive: D::ScriptSrc, origin: origin("'unsafe-inline'") }]),
        (strict().default_src(["*"]), vec![E::WeakScripts { directive: D::DefaultSrc, origin: origin("*") }]),
        (strict().default_src(["*"]).script_src(["'self'"]).object_src(["'none'"]), vec![]),
        (strict().object_src(["https:"]), vec![E::WeakScripts { directive: D::ObjectSrc, origin: origin("https:") }]),
        (strict().script_src(["*"]).dangerously_weak_scripts(), vec![]),
        (strict().img_src(["*", "data:"]).style_src(["'unsafe-inline'"]), vec![]),
    ];
    for (row, (builder, want)) in rows.into_iter().enumerate() {
        assert_eq!(faults(builder), want, "row {row}");
    }
}

#[test]
fn refuses_policies_that_leave_a_door_open() {
    let missing = |directive| E::Missing { directive };
    #[rustfmt::skip]
    let rows: [(CspBuilder, Vec<CspError>); 7] = [
        (Csp::builder(), vec![missing(D::ScriptSrc), missing(D::ObjectSrc)]),
        (Csp::builder().frame_ancestors(["'none'"]), vec![missing(D::ScriptSrc), missing(D::ObjectSrc)]),
        (Csp::builder().frame_ancestors(["'none'"]).dangerously_weak_scripts(), vec![]),
        (Csp::builder().script_src(["'self'"]), vec![missing(D::ObjectSrc)]),
        (Csp::builder().script_src(["'self'"]).object_src(["'none'"]), vec![]),
        // A `<base>` would send a trusted script's relative address elsewhere.
        (Csp::builder().default_src(["'nonce'"]), vec![missing(D::BaseUri)]),
        (Csp::builder().default_src(["'none'"]).script_src_elem(["'nonce'"]), vec![missing(D::BaseUri)]),
    ];
    for (row, (builder, want)) in rows.into_iter().enumerate() {
        assert_eq!(faults(builder), want, "row {row}");
    }
}

#[test]
fn bounds_its_lists() {
    let hosts = (0..65).map(|nth| format!("h{nth}.example"));
    let builder = strict().img_src(hosts);
    let want = E::TooMany { directive: D::ImgSrc, count: 65, max: 64 };
    assert_eq!(faults(builder), [want]);
}

#[test]
fn reports_every_fault_at_once() {
    let builder = Csp::builder()
        .img_src(["self", "'none'", "https:"])
        .script_src(["*", "a b"])
        .trusted_types(["a b"])
        .allow(Directive::Sandbox, ["'self'"]);
    let errors = builder.build().unwrap_err();
    let text = errors.to_string();
    let want = [
        "`sandbox` takes no sources",
        "`script-src`: \"a b\" is no source: byte 1 may not stand in a source",
        "`img-src`: \"self\" is no source: it lacks its quotes; did you mean 'self'?",
        "`trusted-types`: \"a b\" is no value of it",
        "`script-src`: * lets strangers' code run",
        "`img-src`: 'none' stands alone or means nothing",
        "`object-src` is missing; without it injected code can run",
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), want);
}

#[test]
fn a_directive_set_again_is_replaced_with_its_faults() {
    assert_eq!(faults(strict().img_src(["a b"]).img_src(["'self'"])), []);
    assert_eq!(faults(strict().img_src(["a b"]).without(D::ImgSrc)), []);
}
