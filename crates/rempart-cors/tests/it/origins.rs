//! Which texts are origins, and what is wrong with the others.

use rempart_cors::{Origin, OriginError as E};

#[test]
fn what_browsers_send_is_an_origin() {
    #[rustfmt::skip]
    let rows = [
        ("https://drain-fortin-crm.com",                 "https", "drain-fortin-crm.com", 443, true),
        ("https://phiduqxcufdmgjvdipyu.supabase.co",     "https", "phiduqxcufdmgjvdipyu.supabase.co", 443, true),
        ("http://example.com",                           "http",  "example.com", 80, false),
        ("https://example.com:80",                       "https", "example.com", 80, true),
        ("http://example.com:443",                       "http",  "example.com", 443, false),
        ("https://a:65535",                              "https", "a", 65535, true),
        ("http://localhost:3000",                        "http",  "localhost", 3000, true),
        ("http://app.localhost",                         "http",  "app.localhost", 80, true),
        ("http://notlocalhost",                          "http",  "notlocalhost", 80, false),
        ("http://127.0.0.1:8080",                        "http",  "127.0.0.1", 8080, true),
        ("http://10.0.0.1",                              "http",  "10.0.0.1", 80, false),
        ("http://[::1]:8080",                            "http",  "[::1]", 8080, true),
        ("https://[2001:db8::1]",                        "https", "[2001:db8::1]", 443, true),
        ("https://[1::2:0:0:3:4]",                       "https", "[1::2:0:0:3:4]", 443, true),
        ("https://[1:0:2:3:4:5:6:7]",                    "https", "[1:0:2:3:4:5:6:7]", 443, true),
        ("https://xn--mnchen-3ya.example",               "https", "xn--mnchen-3ya.example", 443, true),
        ("https://xn--p1ai",                             "https", "xn--p1ai", 443, true),
        ("https://a_b.example",                          "https", "a_b.example", 443, true),
        ("https://r3---sn.example",                      "https", "r3---sn.example", 443, true),
        ("https://1.example",                            "https", "1.example", 443, true),
        ("https://0x.example",                           "https", "0x.example", 443, true),
    ];
    for (text, scheme, host, port, secure) in rows {
        let origin: Origin = text.parse().unwrap_or_else(|fault| panic!("{text}: {fault}"));
        assert_eq!((origin.scheme(), origin.host(), origin.port()), (scheme, host, port), "{text}");
        assert_eq!(origin.is_secure(), secure, "{text}");
        assert_eq!((origin.as_str(), origin.to_string().as_str()), (text, text));
    }
    assert_eq!(Origin::https("a.example:8443").unwrap().as_str(), "https://a.example:8443");
}

#[test]
fn what_no_browser_sends_is_refused_with_the_reason() {
    let label = |bytes: usize| "a".repeat(bytes);
    let host = |bytes: usize| {
        let labels = format!("{}.", label(49)).repeat(6);
        format!("https://{}{}", &labels[..250], label(bytes - 250))
    };
    #[rustfmt::skip]
    let rows: &[(&str, E)] = &[
        ("",                                   E::Empty),
        ("null",                               E::Null),
        ("*",                                  E::Wildcard),
        ("https://*",                          E::Wildcard),
        ("https://*.example.com",              E::Wildcard),
        ("https://example.com:*",              E::Wildcard),
        ("https://dräin.example",              E::NotAscii),
        ("https://drain\u{2010}fortin.com",    E::NotAscii),
        ("NULL",                               E::MissingScheme),
        ("example.com",                        E::MissingScheme),
        ("//example.com",                      E::MissingScheme),
        ("https:example.com",                  E::MissingScheme),
        ("https:/example.com",                 E::MissingScheme),
        ("file://",                            E::File),
        ("file:///etc/passwd",                 E::File),
        ("ftp://example.com",                  E::Scheme),
        ("://example.com",                     E::Scheme),
        ("httpss://example.com",               E::Scheme),
        (" https://example.com",               E::Scheme),
        ("blob:https://example.com",           E::Scheme),
        ("HTTPS://example.com",                E::UpperCase),
        ("https://Example.com",                E::UpperCase),
        ("https://EXAMPLE.COM:8443",           E::UpperCase),
        ("https://user@example.com",           E::UserInfo),
        ("https://user:word@example.com",      E::UserInfo),
        ("https://example.com/",               E::TrailingSlash),
        ("https://example.com//",              E::Path),
        ("https://example.com/@",              E::Path),
        ("https://example.com?",               E::Path),
        ("https://example.com#",               E::Path),
        ("https://example.com\\",              E::Path),
        ("https://",                           E::EmptyHost),
        ("https://:8443",                      E::EmptyHost),
        ("https:///example.com",               E::Path),
        ("https://example.com.",               E::TrailingDot),
        ("https://example..com",               E::EmptyLabel),
        ("https://.example.com",               E::EmptyLabel),
        ("https://.",                          E::EmptyLabel),
        ("https://-a.example",                 E::Hyphen),
        ("https://a-.example",                 E::Hyphen),
        ("https://a b.example",                E::HostByte),
        ("https://a%2e.example",               E::HostByte),
        ("https://a,b.example",                E::HostByte),
        ("https://a\u{0}.example",             E::HostByte),
        ("https://a.example\n",                E::HostByte),
        ("https://a]",                         E::HostByte),
        ("https://xn--.example",               E::Hyphen),
        ("https://xn--abc-.example",           E::Hyphen),
        ("https://xn--a",                      E::Punycode),
        ("https://xn--99999999.example",       E::Punycode),
        ("https://1.2.3",                      E::Ipv4),
        ("https://1.2.3.4.5",                  E::Ipv4),
        ("https://01.2.3.4",                   E::Ipv4),
        ("https://256.1.1.1",                  E::Ipv4),
        ("https://0x7f.1",                     E::Ipv4),
        ("https://0x7f000001",                 E::Ipv4),
        ("https://2130706433",                 E::Ipv4),
        ("https://a.1",                        E::Ipv4),
        ("https://[::1",                       E::Ipv6),
        ("https://[example.com]",              E::Ipv6),
        ("https://[::1]x",                     E::Ipv6),
        ("https://[0:0:0:0:0:0:0:1]",          E::Ipv6),
        ("https://[2001:DB8::1]",              E::Ipv6),
        ("https://[2001:db8:0::1]",            E::Ipv6),
        ("https://[fe80::1%eth0]",             E::Ipv6),
        ("https://[]",                         E::Ipv6),
        ("https://[1:0:0:2::3:4]",             E::Ipv6),
        ("https://[1::2:3:4:5:6:7]",           E::Ipv6),
        ("https://[1::2:0:0:0:3:4]",           E::Ipv6),
        ("https://[::ffff:10.0.0.1]",          E::Ipv4Mapped),
        ("https://[::ffff:a00:1]",             E::Ipv4Mapped),
        ("https://example.com:",               E::Port),
        ("https://example.com:0",              E::Port),
        ("https://example.com:65536",          E::Port),
        ("https://example.com:08443",          E::Port),
        ("https://example.com:+8443",          E::Port),
        ("https://example.com:8443:8443",      E::Port),
        ("https://example.com:x",              E::Port),
        ("https://example.com:443",            E::DefaultPort),
        ("http://example.com:80",              E::DefaultPort),
        ("https://[::1]:443",                  E::DefaultPort),
        (&format!("https://{}.example", label(64)), E::LabelTooLong),
        (&host(254),                           E::HostTooLong),
        (&"a".repeat(65536),                   E::TooLong),
    ];
    for (text, want) in rows {
        assert_eq!(text.parse::<Origin>(), Err(*want), "{text}");
    }
    assert!(Origin::https(&format!("{}.example", label(63))).is_ok());
    assert!(host(253).parse::<Origin>().is_ok() && host(253).len() == "https://".len() + 253);
    let longest = format!("{}:65535", host(253));
    assert!(longest.parse::<Origin>().is_ok(), "{}", longest.len());
}

#[test]
fn an_address_has_eight_groups_and_stands_for_none_of_them_needlessly() {
    for good in ["1:2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", "1:2:3:4:5:6::"] {
        assert!(format!("https://[{good}]").parse::<Origin>().is_ok(), "{good}");
    }
    for bad in [
        "1:2:3:4:5:6:7",
        "::2:3:4:5:6:7:8",
        "::1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8::",
        "1:2:3:4:5:6:7:8:9",
        "::1:2:3:4:5:6:7:8:9",
    ] {
        assert_eq!(format!("https://[{bad}]").parse::<Origin>(), Err(E::Ipv6), "{bad}");
    }
}
