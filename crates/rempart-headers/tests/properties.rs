//! The crate beside naive models of what it does.
#![allow(clippy::unwrap_used, reason = "a test that unwraps in vain has failed, as it should")]

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use proptest::prelude::*;
use rempart_headers::{
    Channel, Csp, CspBuilder, Directive, Hsts, Policy, SecurityHeader, Source, decide,
};

/// A policy as a browser reads it ([CSP3 §2.2.1]): names and values, the first of a name counts.
///
/// [CSP3 §2.2.1]: https://www.w3.org/TR/CSP3/#parse-serialized-policy
fn as_a_browser_reads(text: &str) -> Vec<(String, Vec<String>)> {
    let mut directives: Vec<(String, Vec<String>)> = Vec::new();
    for part in text.split(';') {
        let mut words = part.split_ascii_whitespace().map(str::to_owned);
        let Some(name) = words.next() else { continue };
        if directives.iter().all(|(known, _)| !known.eq_ignore_ascii_case(&name)) {
            directives.push((name.to_ascii_lowercase(), words.collect()));
        }
    }
    directives
}

fn any_source_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("'self'".to_owned()),
        2 => Just("'none'".to_owned()),
        2 => Just("'nonce'".to_owned()),
        1 => Just("'strict-dynamic'".to_owned()),
        1 => Just("'unsafe-inline'".to_owned()),
        2 => "[a-z]{1,5}:",
        4 => "(https://)?(\\*\\.)?[a-zA-Z0-9-]{1,8}\\.example(:[0-9]{1,5}|:\\*)?(/[a-z%0-9A-F'()]{0,6}){0,2}",
        2 => "[ -~]{0,12}",
        1 => "(https://a.example|'self'|x)[;, \t\r\n'a-z*:-]{1,12}",
        1 => any::<String>(),
    ]
}

fn any_builder() -> impl Strategy<Value = (CspBuilder, Vec<(Directive, Vec<String>)>)> {
    let directive = prop::sample::select(Directive::all());
    let calls =
        prop::collection::vec((directive, prop::collection::vec(any_source_text(), 1..3)), 1..4);
    calls.prop_map(|calls| {
        let mut model: Vec<(Directive, Vec<String>)> = Vec::new();
        let mut builder =
            Csp::builder().default_src(["'none'"]).base_uri(["'none'"]).dangerously_weak_scripts();
        for (directive, sources) in calls {
            if directive.takes_sources() && model.iter().all(|(known, _)| *known != directive) {
                builder =
                    builder.without(directive).allow(directive, sources.iter().map(String::as_str));
                model.push((directive, sources));
            }
        }
        (builder, model)
    })
}

/// A source in the form in which it is printed: only host, scheme and keywords change their case.
fn printed(source: &str) -> String {
    source.parse::<Source>().unwrap().to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    /// What is built reads back as exactly the directives and sources that were asked for: no
    /// text becomes two sources, a directive, a policy or a header.
    #[test]
    fn no_text_smuggles_anything_into_a_policy((builder, model) in any_builder()) {
        let Ok(csp) = builder.clone().build() else { return Ok(()) };
        let policy = Policy::builder("p").csp(builder).build().unwrap();
        let (_, value) = policy.headers(Channel::Secure).next().unwrap();
        prop_assert_eq!(policy.headers(Channel::Secure).count(), 2);
        prop_assert!(!value.to_str().unwrap().contains(','));
        let read = as_a_browser_reads(&csp.to_string());
        let names: Vec<_> = csp.directives().map(|it| it.as_str().to_owned()).collect();
        prop_assert_eq!(read.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), names);
        for (directive, sources) in model {
            let mut want: Vec<_> = Vec::new();
            for source in sources.iter().map(|source| printed(source)) {
                if !want.contains(&source) {
                    want.push(source);
                }
            }
            let (_, got) = read.iter().find(|(name, _)| name == directive.as_str()).unwrap();
            prop_assert_eq!(got, &want);
        }
        prop_assert_eq!(csp.to_string().parse::<CspBuilder>().unwrap().dangerously_weak_scripts().build(), Ok(csp));
    }

    /// A source is one printable word without `;` and `,`, whatever it was made from.
    #[test]
    fn no_source_holds_what_would_end_it(text in any_source_text()) {
        if let Ok(source) = text.parse::<Source>() {
            let shown = source.to_string();
            prop_assert!(shown.bytes().all(|b| b.is_ascii_graphic() && b != b';' && b != b','));
            prop_assert_eq!(shown.parse(), Ok(source));
        }
    }

    /// Parsing never panics.
    #[test]
    fn any_text_is_a_policy_or_a_fault(text in any::<String>()) {
        let _ = text.parse::<Csp>();
    }

    /// The map that is swapped in, and the one that is inserted into, hold what five plain lines
    /// say they hold.
    #[test]
    fn headers_are_merged_as_the_naive_way_does(
        own in prop::collection::vec((0_usize..NAMES.len(), "[a-z]{1,3}"), 0..40),
        enforced in prop::collection::vec(any::<bool>(), 4),
        secure in any::<bool>(),
        status in prop::sample::select(vec![101_u16, 200, 304, 404]),
        nonce in prop::option::of("[A-Za-z0-9_-]{24}"),
    ) {
        let mut builder = Policy::page("site").keep_all().remove(HeaderName::from_static("server"));
        let toggled = [
            SecurityHeader::ContentSecurityPolicy,
            SecurityHeader::StrictTransportSecurity,
            SecurityHeader::XFrameOptions,
            SecurityHeader::CacheControl,
        ];
        let chosen: Vec<_> = toggled.iter().zip(&enforced).filter(|(_, on)| **on).map(|(h, _)| *h).collect();
        for header in &chosen {
            builder = builder.enforce(*header);
        }
        let policy = builder.hsts(Hsts::host(Hsts::TWO_YEARS)).build().unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in &own {
            map.append(NAMES[*name], HeaderValue::from_str(value).unwrap());
        }
        let channel = if secure { Channel::Secure } else { Channel::Clear };
        let status = StatusCode::from_u16(status).unwrap();
        let want = naive(&policy, channel, status, nonce.as_deref(), &chosen, &map);
        decide(&policy, channel, status, nonce.as_deref()).apply(&mut map);
        prop_assert_eq!(map, want);
    }
}

const NAMES: [&str; 8] = [
    "set-cookie",
    "content-type",
    "content-security-policy",
    "strict-transport-security",
    "x-frame-options",
    "cache-control",
    "server",
    "x-other",
];

fn naive(
    policy: &Policy,
    channel: Channel,
    status: StatusCode,
    nonce: Option<&str>,
    enforced: &[SecurityHeader],
    own: &HeaderMap,
) -> HeaderMap {
    let mut out = own.clone();
    if status.is_informational() {
        return out;
    }
    out.remove("server");
    let hsts = SecurityHeader::StrictTransportSecurity;
    if channel == Channel::Clear && enforced.contains(&hsts) {
        out.remove(hsts.name());
    }
    let mut ours: Vec<_> =
        policy.headers(channel).map(|(name, value)| (name.clone(), value.clone())).collect();
    if status == StatusCode::NOT_MODIFIED {
        ours.retain(|(name, _)| name != "content-security-policy");
    } else if let Some(nonce) = nonce {
        let text =
            policy.csp().unwrap().to_string().replace("'nonce'", &format!("'nonce-{nonce}'"));
        let text = if channel == Channel::Clear {
            text.replace("; upgrade-insecure-requests", "")
        } else {
            text
        };
        ours.retain(|(name, _)| name != "content-security-policy");
        ours.push(("content-security-policy".parse().unwrap(), text.parse().unwrap()));
        ours.push(("cache-control".parse().unwrap(), HeaderValue::from_static("no-store")));
    }
    for (name, value) in ours {
        if !out.contains_key(&name) || enforced.iter().any(|header| header.name() == name) {
            out.insert(name, value);
        }
    }
    out
}
