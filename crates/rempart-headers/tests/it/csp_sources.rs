//! What is a source ([CSP3 §2.3.1]), and what attackers have made of texts that are none.
//!
//! [CSP3 §2.3.1]: https://www.w3.org/TR/CSP3/#framework-directive-source-list

use rempart_headers::{Csp, CspError, Directive, Source, SourceError};

#[test]
fn takes_what_the_grammar_takes_and_prints_it_in_lower_case() {
    #[rustfmt::skip]
    let rows = [
        ("'self'",                                   "'self'"),
        ("'SELF'",                                   "'self'"),
        ("'none'",                                   "'none'"),
        ("'nonce'",                                  "'nonce'"),
        ("'strict-dynamic'",                         "'strict-dynamic'"),
        ("'wasm-unsafe-eval'",                       "'wasm-unsafe-eval'"),
        ("'inline-speculation-rules'",               "'inline-speculation-rules'"),
        ("https:",                                   "https:"),
        ("BLOB:",                                    "blob:"),
        ("web+app:",                                 "web+app:"),
        ("*",                                        "*"),
        ("https://*",                                "https://*"),
        ("https://*:8443",                           "https://*:8443"),
        ("example.com",                              "example.com"),
        ("Example.COM.",                             "example.com."),
        ("*.example.com",                            "*.example.com"),
        ("https://a.example:443",                    "https://a.example:443"),
        ("https://a.example:*",                      "https://a.example:*"),
        ("wss://a.example",                          "wss://a.example"),
        ("localhost:3000",                           "localhost:3000"),
        ("127.0.0.1:3000",                           "127.0.0.1:3000"),
        ("xn--caf-dma.example",                      "xn--caf-dma.example"),
        ("1.example",                                "1.example"),
        ("self.example",                             "self.example"),
        ("nonce-cdn.example",                        "nonce-cdn.example"),
        ("https://A.example/JS/app.js",              "https://a.example/JS/app.js"),
        ("https://a.example/a%3Bb/(x)'y'",           "https://a.example/a%3Bb/(x)'y'"),
        ("'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='", "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"),
        // The URL-safe alphabet is the same digest.
        ("'SHA256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU='", "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"),
    ];
    for (text, printed) in rows {
        let source: Source = text.parse().unwrap_or_else(|fault| panic!("{text}: {fault}"));
        assert_eq!(source.to_string(), printed, "{text}");
        assert_eq!(printed.parse(), Ok(source), "{printed} is the same source");
    }
}

#[test]
fn refuses_what_is_no_source() {
    use SourceError as E;
    let byte = |offset| E::ForbiddenByte { offset };
    #[rustfmt::skip]
    let rows = [
        // Each of the ten texts that one builder or another has sent as they are.
        ("https://a.example 'unsafe-inline'",     byte(17)),
        ("https://a.example; script-src *",       byte(17)),
        ("a.example, b.example",                  byte(9)),
        ("https://a.example\r\nset-cookie: a=b",  byte(17)),
        ("self",                                  E::Unquoted { keyword: "'self'" }),
        ("'unsafe-inlin'",                        E::Keyword { nearest: Some("'unsafe-inline'") }),
        ("'sel'",                                 E::Keyword { nearest: Some("'self'") }),
        ("'sexton'",                              E::Keyword { nearest: None }),
        ("script-src",                            E::DirectiveName),
        ("'nonce-abc'",                           E::FixedNonce),
        ("'none' 'self'",                         byte(6)),
        ("",                                      E::Empty),
        // Quotes.
        ("None",                                  E::Unquoted { keyword: "'none'" }),
        ("unsafe-inline",                         E::Unquoted { keyword: "'unsafe-inline'" }),
        ("strict-dynamic",                        E::Unquoted { keyword: "'strict-dynamic'" }),
        ("nonce-abc",                             E::Unquoted { keyword: "'nonce-…'" }),
        ("sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", E::Unquoted { keyword: "'sha256-…'" }),
        ("'self",                                 E::Keyword { nearest: Some("'self'") }),
        ("'",                                     E::Keyword { nearest: None }),
        ("'Xyz'",                                 E::Keyword { nearest: None }),
        ("'unsafe-allow-redirects'",              E::Keyword { nearest: None }),
        // Hashes.
        ("'sha256-abc'",                          E::Hash),
        ("'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk='",   E::Hash),
        ("'sha384-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='", E::Hash),
        // Schemes.
        ("1https:",                               E::Scheme { offset: 0 }),
        ("ht_tps://a.example",                    E::Scheme { offset: 2 }),
        ("://a.example",                          E::Scheme { offset: 0 }),
        (":",                                     E::Scheme { offset: 0 }),
        // Hosts.
        ("https://",                              E::Host { offset: 8 }),
        ("https://a..example",                    E::Host { offset: 10 }),
        ("https://a_b.example",                   E::Host { offset: 9 }),
        ("a.*.example",                           E::Host { offset: 2 }),
        ("*a.example",                            E::Host { offset: 0 }),
        ("**",                                    E::Host { offset: 0 }),
        ("*.",                                    E::Host { offset: 2 }),
        ("https://user@a.example",                E::Host { offset: 12 }),
        ("https://[::1]",                         E::Host { offset: 8 }),
        ("https://caf\u{e9}.example",             byte(11)),
        ("https://10.0.0.1",                      E::IpAddress),
        ("*.1",                                   E::IpAddress),
        // Ports.
        ("a.example:0",                           E::Port { offset: 10 }),
        ("a.example:65536",                       E::Port { offset: 10 }),
        ("a.example:+80",                         E::Port { offset: 10 }),
        ("https://a.example:80:80",               E::Port { offset: 18 }),
        // Paths.
        ("https://a.example/?q",                  E::Path { offset: 18 }),
        ("https://a.example/#f",                  E::Path { offset: 18 }),
        ("https://a.example//b",                  E::Path { offset: 18 }),
        ("https://a.example/%3",                  E::Path { offset: 18 }),
        ("https://a.example/%zz",                 E::Path { offset: 18 }),
        ("https://a.example/\"",                  E::Path { offset: 18 }),
    ];
    for (text, fault) in rows {
        assert_eq!(text.parse::<Source>(), Err(fault), "{text:?}");
    }
}

#[test]
fn sources_and_labels_are_bounded() {
    let path = |length: usize| format!("a.example/{}", "a".repeat(length.saturating_sub(10)));
    assert!(path(1024).parse::<Source>().is_ok());
    assert_eq!(path(1025).parse::<Source>(), Err(SourceError::TooLong { length: 1025 }));
    let label = |length: usize| format!("{}.example", "a".repeat(length)).parse::<Source>();
    assert!(label(63).is_ok());
    assert_eq!(label(64), Err(SourceError::Host { offset: 0 }));
}

#[test]
fn refuses_injection_in_every_directive() {
    let evil = [
        "x; script-src *",
        "x, y",
        "x 'unsafe-inline'",
        "x\ty",
        "x\nset-cookie: a=b",
        "x\rset-cookie: a=b",
        "x\u{c}y",
        "x\0",
        "\u{a0}",
    ];
    for text in evil {
        for directive in Directive::all().iter().copied().filter(|it| it.takes_sources()) {
            let errors = Csp::builder().allow(directive, [text]).build().unwrap_err();
            let invalid = |fault: &CspError| matches!(fault, CspError::InvalidSource { directive: at, .. } if *at == directive);
            assert!(errors.iter().any(invalid), "{directive}: {text:?}: {errors}");
        }
        let worded = [
            Csp::api().report_to(text),
            Csp::api().report_uri([format!("/reports/{text}")]),
            Csp::api().report_uri([format!("https://r.example/{text}")]),
            Csp::api().trusted_types([text]),
        ];
        for builder in worded {
            let errors = builder.build().unwrap_err();
            let invalid = |fault: &CspError| matches!(fault, CspError::InvalidWord { .. });
            assert!(errors.iter().all(invalid), "{text:?}: {errors}");
        }
    }
}
