use rempart_core::Faults;

use super::{Csp, CspError, Directive, Source, Value};

/// Finds what the types cannot forbid: contradictions, and policies that restrict nothing.
pub(super) fn check(csp: &Csp, faults: &mut Faults<CspError>) {
    for (&directive, value) in &csp.values {
        match value {
            Value::Sources(sources) => check_sources(csp, directive, sources, faults),
            Value::Words(words) => check_words(directive, words, faults),
        }
    }
    if csp.weak_scripts {
        return;
    }
    let falls_back = csp.has(Directive::DefaultSrc);
    for directive in [Directive::ScriptSrc, Directive::ObjectSrc] {
        if !falls_back && !csp.has(directive) {
            faults.push(CspError::Missing { directive });
        }
    }
    // It does not fall back, and a `<base>` sends a trusted script's relative address elsewhere.
    let trusts = |source: &Source| matches!(source, Source::Hash(_) | Source::Nonce);
    let by_trust = [Directive::ScriptSrc, Directive::ScriptSrcElem, Directive::DefaultSrc];
    let by_trust = by_trust.into_iter().filter_map(|directive| csp.sources(directive));
    if !csp.has(Directive::BaseUri) && by_trust.flatten().any(trusts) {
        faults.push(CspError::Missing { directive: Directive::BaseUri });
    }
}

fn check_sources(
    csp: &Csp,
    directive: Directive,
    sources: &[Source],
    faults: &mut Faults<CspError>,
) {
    check_count(directive, sources.len(), faults);
    if sources.len() > 1 && sources.contains(&Source::None) {
        faults.push(CspError::NoneWithOthers { directive });
    }
    let has_hash = sources.iter().any(|source| matches!(source, Source::Hash(_)));
    let trusts = has_hash || sources.contains(&Source::Nonce);
    let strict = sources.contains(&Source::StrictDynamic);
    if strict && !trusts {
        faults.push(CspError::LoneStrictDynamic { directive });
    }
    if (strict || trusts) && sources.contains(&Source::UnsafeInline) {
        faults.push(CspError::UnsafeInlineIgnored { directive });
    }
    if !has_hash && sources.contains(&Source::UnsafeHashes) {
        faults.push(CspError::UnsafeHashesWithoutHash { directive });
    }
    let decides_code = directive.runs_code()
        || (directive == Directive::DefaultSrc
            && !(csp.has(Directive::ScriptSrc) && csp.has(Directive::ObjectSrc)));
    for source in sources {
        let origin = || source.to_string();
        if !source.fits(directive) {
            faults.push(CspError::Misplaced { directive, origin: origin() });
        } else if strict && source.is_address() {
            faults.push(CspError::IgnoredByStrictDynamic { directive, origin: origin() });
        } else if decides_code && !csp.weak_scripts && source.is_weak_for_code() {
            faults.push(CspError::WeakScripts { directive, origin: origin() });
        }
    }
}

fn check_words(directive: Directive, words: &[impl AsRef<str>], faults: &mut Faults<CspError>) {
    check_count(directive, words.len(), faults);
    if words.len() > 1 && words.iter().any(|word| word.as_ref() == "'none'") {
        faults.push(CspError::NoneWithOthers { directive });
    }
    let takes_one = matches!(
        directive,
        Directive::ReportTo | Directive::RequireTrustedTypesFor | Directive::Webrtc
    );
    if words.len() > 1 && takes_one {
        faults.push(CspError::TooMany { directive, count: words.len(), max: 1 });
    }
}

fn check_count(directive: Directive, count: usize, faults: &mut Faults<CspError>) {
    if count > MAX_VALUES {
        faults.push(CspError::TooMany { directive, count, max: MAX_VALUES });
    }
}

/// The most values of one directive. A policy that needs more says that it trusts everybody.
const MAX_VALUES: usize = 64;
