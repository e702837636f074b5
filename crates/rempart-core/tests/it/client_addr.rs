//! Who the client is, row by row: each way in which limiters in the field were deceived.

use http::{HeaderMap, HeaderName, HeaderValue};
use rempart_core::{ClientScheme, ForwardedHeader, IpPrefix, TrustedProxies, resolve};

use ForwardedHeader::{Forwarded, XForwardedFor};

const XFF: &str = "x-forwarded-for";
const FWD: &str = "forwarded";
const PROTO: &str = "x-forwarded-proto";
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let name = HeaderName::from_static(name);
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

/// The client, for a service that trusts `10.0.0.0/8` and `2001:db8:a::/48`.
fn client(header: ForwardedHeader, peer: &str, lines: &[(&'static str, &str)]) -> String {
    let proxies = TrustedProxies::parse("10.0.0.0/8, 2001:db8:a::/48", header).unwrap();
    resolve(&proxies, peer.parse().unwrap(), &headers(lines)).client.to_string()
}

#[test]
fn believes_x_forwarded_for_as_far_as_trust_goes() {
    #[rustfmt::skip]
    let rows: &[(&str, &str, &[&str], &str)] = &[
        // what                                  peer                   lines                                   client
        ("no header",                            "203.0.113.9",         &[],                                    "203.0.113.9"),
        ("a trusted peer that says nothing",     "10.0.0.1",            &[],                                    "10.0.0.1"),
        ("one proxy",                            "10.0.0.1",            &["203.0.113.9"],                       "203.0.113.9"),
        ("the leftmost is the client's text",    "10.0.0.1",            &["6.6.6.6, 203.0.113.9"],              "203.0.113.9"),
        ("two lines are one list",               "10.0.0.1",            &["6.6.6.6", "203.0.113.9"],            "203.0.113.9"),
        ("an untrusted peer is not believed",    "203.0.113.9",         &["6.6.6.6"],                           "203.0.113.9"),
        ("a chain of trusted proxies",           "10.0.0.1",            &["203.0.113.9, 10.0.0.3, 10.0.0.2"],   "203.0.113.9"),
        ("a chain over two lines",               "10.0.0.1",            &["6.6.6.6, 203.0.113.9", "10.0.0.2"],  "203.0.113.9"),
        ("every hop trusted: the leftmost",      "10.0.0.1",            &["10.0.0.9, 10.0.0.2"],                "10.0.0.9"),
        ("a mapped peer is the proxy",           "::ffff:10.0.0.1",     &["203.0.113.9"],                       "203.0.113.9"),
        ("mapped by bits, whatever the notation","::ffff:a00:1",        &["203.0.113.9"],                       "203.0.113.9"),
        ("a mapped client is folded",            "10.0.0.1",            &["::ffff:203.0.113.9"],                "203.0.113.9"),
        ("a mapped client in hexadecimal",       "10.0.0.1",            &["::ffff:cb00:7109"],                  "203.0.113.9"),
        ("a v6 address that ends like a v4 one", "10.0.0.1",            &["2001:db8::1.2.3.4"],                 "2001:db8::102:304"),
        ("a mapped peer of its own",             "::ffff:198.51.100.7", &["6.6.6.6"],                           "198.51.100.7"),
        ("an entry with a port",                 "10.0.0.1",            &["6.6.6.6, 203.0.113.9:5555"],         "203.0.113.9"),
        ("IPv6, bare",                           "10.0.0.1",            &["2001:db8::1"],                       "2001:db8::1"),
        ("IPv6 in brackets",                     "10.0.0.1",            &["[2001:db8::1]"],                     "2001:db8::1"),
        ("IPv6 with a port",                     "10.0.0.1",            &["[2001:db8::1]:443"],                 "2001:db8::1"),
        ("IPv6 in another case",                 "10.0.0.1",            &["2001:DB8:0:0::1"],                   "2001:db8::1"),
        ("an IPv6 proxy",                        "2001:db8:a::1",       &["203.0.113.9"],                       "203.0.113.9"),
        ("spaces and tabs",                      "10.0.0.1",            &[" 6.6.6.6 ,\t203.0.113.9 "],          "203.0.113.9"),
        ("garbage stops the walk",               "10.0.0.1",            &["203.0.113.9, nonsense"],             "10.0.0.1"),
        ("garbage behind a proxy",               "10.0.0.1",            &["203.0.113.9, x, 10.0.0.2"],          "10.0.0.2"),
        ("an empty entry is garbage",            "10.0.0.1",            &["203.0.113.9,"],                      "10.0.0.1"),
        ("an empty line is garbage",             "10.0.0.1",            &["203.0.113.9", ""],                   "10.0.0.1"),
        ("a zone is garbage",                    "10.0.0.1",            &["fe80::1%eth0"],                      "10.0.0.1"),
        ("a zone with a port is garbage",        "10.0.0.1",            &["[fe80::1%1]:80"],                    "10.0.0.1"),
        ("leading zeros are garbage",            "10.0.0.1",            &["203.0.113.009"],                     "10.0.0.1"),
        ("an open bracket is garbage",           "10.0.0.1",            &["[2001:db8::1"],                      "10.0.0.1"),
        ("a port past the end is garbage",       "10.0.0.1",            &["203.0.113.9:70000"],                 "10.0.0.1"),
        ("a quoted entry is garbage",            "10.0.0.1",            &["\"203.0.113.9\""],                   "10.0.0.1"),
        ("bytes past ASCII are garbage",         "10.0.0.1",            &["203.0.113.\u{0669}"],                "10.0.0.1"),
        ("NAT64 is not unfolded unasked",        "10.0.0.1",            &["64:ff9b::cb00:7109"],                "64:ff9b::cb00:7109"),
    ];
    for (what, peer, lines, want) in rows {
        let lines: Vec<_> = lines.iter().map(|line| (XFF, *line)).collect();
        assert_eq!(client(XForwardedFor, peer, &lines), *want, "{what}");
    }
}

#[test]
fn believes_forwarded_as_far_as_trust_goes() {
    #[rustfmt::skip]
    let rows: &[(&str, &[&str], &str)] = &[
        ("one element",                        &["for=203.0.113.9"],                                     "203.0.113.9"),
        ("the leftmost is the client's text",  &["for=6.6.6.6, for=203.0.113.9"],                        "203.0.113.9"),
        ("two lines are one list",             &["for=6.6.6.6", "for=203.0.113.9"],                      "203.0.113.9"),
        ("other parameters",                   &["proto=https;for=203.0.113.9;by=10.0.0.1;host=a.example"], "203.0.113.9"),
        ("names in any case",                  &["FOR=203.0.113.9;Proto=http"],                          "203.0.113.9"),
        ("an IPv6 address",                    &["for=\"[2001:db8::1]\""],                               "2001:db8::1"),
        ("an IPv6 address with a port",        &["for=\"[2001:db8::1]:4711\""],                          "2001:db8::1"),
        ("an IPv4 address with a port",        &["for=\"203.0.113.9:47011\""],                           "203.0.113.9"),
        ("an obfuscated port",                 &["for=\"203.0.113.9:_p1\""],                             "203.0.113.9"),
        ("a mapped address",                   &["for=\"[::ffff:203.0.113.9]\""],                        "203.0.113.9"),
        ("a comma within quotes",              &["for=203.0.113.9;by=\"a,b\""],                          "203.0.113.9"),
        ("a semicolon within quotes",          &["for=203.0.113.9;by=\"a;for=6.6.6.6\""],                "203.0.113.9"),
        ("a chain",                            &["for=203.0.113.9, for=10.0.0.2"],                       "203.0.113.9"),
        ("empty parameters",                   &["for=203.0.113.9;"],                                    "203.0.113.9"),
        ("unknown stops the walk",             &["for=203.0.113.9, for=unknown"],                        "10.0.0.1"),
        ("an obfuscated name stops it",        &["for=203.0.113.9, for=_hidden"],                        "10.0.0.1"),
        ("an element without for stops it",    &["for=203.0.113.9, proto=https"],                        "10.0.0.1"),
        ("two for in one element",             &["for=6.6.6.6;for=203.0.113.9"],                         "10.0.0.1"),
        ("IPv6 without brackets",              &["for=\"2001:db8::1\""],                                 "10.0.0.1"),
        ("IPv6 without quotes",                &["for=[2001:db8::1]"],                                   "10.0.0.1"),
        ("a bad port",                         &["for=\"203.0.113.9:123456\""],                          "10.0.0.1"),
        ("an empty port",                      &["for=\"203.0.113.9:\""],                                "10.0.0.1"),
        ("text after the bracket",             &["for=\"[2001:db8::1]x\""],                              "10.0.0.1"),
        ("an obfuscated port without a name",  &["for=\"203.0.113.9:_\""],                               "10.0.0.1"),
        ("an obfuscated port of other signs",  &["for=\"203.0.113.9:_p!\""],                             "10.0.0.1"),
        ("an escape in another parameter",     &["for=203.0.113.9;by=\"a\\b\""],                         "10.0.0.1"),
        ("a tab within quotes",                &["for=203.0.113.9;by=\"a\tb\""],                        "203.0.113.9"),
        ("an escaped quote before a semicolon", &["for=203.0.113.9;by=\"a\\\";for=6.6.6.6\""],      "10.0.0.1"),
        ("an escape",                          &["for=\"203.0.113\\.9\""],                               "10.0.0.1"),
        ("no value",                           &["for="],                                                "10.0.0.1"),
        ("no parameter",                       &["203.0.113.9"],                                         "10.0.0.1"),
        ("an open quote",                      &["for=\"203.0.113.9"],                                   "10.0.0.1"),
        ("an open quote left of a proxy's",    &["for=6.6.6.6;x=\", for=203.0.113.9"],                   "203.0.113.9"),
        ("quotes left of a proxy's own",       &["for=6.6.6.6;by=\", for=\"[2001:db8::1]\""],            "2001:db8::1"),
    ];
    for (what, lines, want) in rows {
        let lines: Vec<_> = lines.iter().map(|line| (FWD, *line)).collect();
        assert_eq!(client(Forwarded, "10.0.0.1", &lines), *want, "{what}");
    }
}

#[test]
fn reads_one_header_and_no_other() {
    let lines = [(XFF, "203.0.113.1"), (FWD, "for=203.0.113.2"), ("x-real-ip", "203.0.113.3")];
    assert_eq!(client(XForwardedFor, "10.0.0.1", &lines), "203.0.113.1");
    assert_eq!(client(Forwarded, "10.0.0.1", &lines), "203.0.113.2");
    assert_eq!(client(ForwardedHeader::Single(REAL_IP), "10.0.0.1", &lines), "203.0.113.3");
    // The named header is absent: the others do not stand in for it.
    assert_eq!(client(Forwarded, "10.0.0.1", &lines[..1]), "10.0.0.1");
    assert_eq!(client(XForwardedFor, "10.0.0.1", &lines[1..]), "10.0.0.1");
    assert_eq!(client(ForwardedHeader::Single(REAL_IP), "10.0.0.1", &lines[..2]), "10.0.0.1");
}

#[test]
fn believes_a_single_address_sent_once_by_a_trusted_peer() {
    let single = || ForwardedHeader::Single(REAL_IP);
    let once = [("x-real-ip", "203.0.113.9")];
    let twice = [("x-real-ip", "6.6.6.6"), ("x-real-ip", "203.0.113.9")];
    let list = [("x-real-ip", "6.6.6.6, 203.0.113.9")];
    assert_eq!(client(single(), "10.0.0.1", &once), "203.0.113.9");
    assert_eq!(client(single(), "198.51.100.7", &once), "198.51.100.7");
    assert_eq!(client(single(), "10.0.0.1", &twice), "10.0.0.1");
    assert_eq!(client(single(), "10.0.0.1", &list), "10.0.0.1");
}

#[test]
fn counts_hops_behind_a_trusted_peer() {
    let near = ["10.0.0.0/8".parse::<IpPrefix>().unwrap()];
    let two = TrustedProxies::hop_count(2, near, XForwardedFor).unwrap();
    let any = TrustedProxies::dangerously_hop_count(2, XForwardedFor).unwrap();
    let lines = headers(&[(XFF, "6.6.6.6, 203.0.113.9, 198.51.100.7")]);
    let short = headers(&[(XFF, "203.0.113.9")]);
    let broken = headers(&[(XFF, "203.0.113.9, ?")]);
    let rows = [
        ("the second proxy's word", &two, "10.0.0.1", &lines, "203.0.113.9"),
        ("the nearest must be trusted", &two, "192.0.2.1", &lines, "192.0.2.1"),
        ("unless nobody is asked", &any, "192.0.2.1", &lines, "203.0.113.9"),
        ("fewer hops than told", &two, "10.0.0.1", &short, "203.0.113.9"),
        ("garbage stops the count", &two, "10.0.0.1", &broken, "10.0.0.1"),
    ];
    for (what, proxies, peer, lines, want) in rows {
        let client = resolve(proxies, peer.parse().unwrap(), lines).client;
        assert_eq!(client.to_string(), want, "{what}");
    }
}

#[test]
fn unfolds_nat64_when_told_to() {
    let proxies = TrustedProxies::none().with_nat64();
    let rows = [
        ("64:ff9b::cb00:7109", "203.0.113.9"),
        ("64:ff9b:1::cb00:7109", "64:ff9b:1::cb00:7109"),
        ("2001:db8::1", "2001:db8::1"),
    ];
    for (peer, want) in rows {
        let client = resolve(&proxies, peer.parse().unwrap(), &HeaderMap::new()).client;
        assert_eq!(client.to_string(), want);
    }
}

#[test]
fn looks_at_64_entries_and_4096_bytes_from_the_right() {
    let chain = |hops: usize| vec!["10.0.0.2"; hops].join(",");
    let far = |hops| format!("203.0.113.9,{}", chain(hops));
    assert_eq!(client(XForwardedFor, "10.0.0.1", &[(XFF, &far(63))]), "203.0.113.9");
    // The 65th entry is not looked at: the client is the last hop that was.
    assert_eq!(client(XForwardedFor, "10.0.0.1", &[(XFF, &far(64))]), "10.0.0.2");
    // Bytes: a long left side costs nothing and changes nothing.
    let long = format!("{},203.0.113.9", "6.6.6.6,".repeat(130_000));
    assert_eq!(client(XForwardedFor, "10.0.0.1", &[(XFF, &long)]), "203.0.113.9");
    // An address cut by the limit is not half believed.
    // Of `1203.0.113.9`, the 11 bytes that are left show another address.
    let cut = format!("1203.0.113.9,{}10.0.0.2", " ".repeat(4096 - 11 - 1 - 8));
    assert_eq!(client(XForwardedFor, "10.0.0.1", &[(XFF, &cut)]), "10.0.0.2");
    let quoted = format!("for=203.0.113.9;by=\"{}\"", "x".repeat(4100));
    assert_eq!(client(Forwarded, "10.0.0.1", &[(FWD, &quoted)]), "10.0.0.1");
}

#[test]
fn reads_the_scheme_from_one_value_of_a_trusted_peer() {
    let proxies = TrustedProxies::parse("10.0.0.0/8", XForwardedFor).unwrap();
    let asked = proxies.clone().with_forwarded_proto();
    #[rustfmt::skip]
    let rows: [(_, _, _, &[&str], _); 9] = [
        ("https",                  &asked,   "10.0.0.1",    &["https"],          Some(ClientScheme::Https)),
        ("http",                   &asked,   "10.0.0.1",    &["http"],           Some(ClientScheme::Http)),
        ("in any case",            &asked,   "10.0.0.1",    &["HTTPS"],          Some(ClientScheme::Https)),
        ("nothing said",           &asked,   "10.0.0.1",    &[],                 None),
        ("an untrusted peer",      &asked,   "203.0.113.9", &["https"],          None),
        ("not asked for",          &proxies, "10.0.0.1",    &["https"],          None),
        ("two lines",              &asked,   "10.0.0.1",    &["https", "https"], None),
        ("two values",             &asked,   "10.0.0.1",    &["https,http"],     None),
        ("something else",         &asked,   "10.0.0.1",    &["wss"],            None),
    ];
    for (what, proxies, peer, lines, want) in rows {
        let lines: Vec<_> = lines.iter().map(|line| (PROTO, *line)).collect();
        let scheme = resolve(proxies, peer.parse().unwrap(), &headers(&lines)).scheme;
        assert_eq!(scheme, want, "{what}");
    }
}

#[test]
fn reads_the_host_from_one_value_of_a_trusted_peer() {
    let proxies = TrustedProxies::parse("10.0.0.0/8", XForwardedFor).unwrap();
    let asked = proxies.clone().with_forwarded_host();
    let long = format!("{}.example", "a".repeat(260));
    #[rustfmt::skip]
    let rows: [(_, _, _, &[&str], _); 12] = [
        ("a name",                 &asked,   "10.0.0.1",    &["a.example"],              Some(("a.example", None))),
        ("a port",                 &asked,   "10.0.0.1",    &["a.example:8443"],         Some(("a.example", Some(8443)))),
        ("an address",             &asked,   "10.0.0.1",    &["[2001:db8::1]:8443"],     Some(("[2001:db8::1]", Some(8443)))),
        ("nothing said",           &asked,   "10.0.0.1",    &[],                         None),
        ("an untrusted peer",      &asked,   "203.0.113.9", &["a.example"],              None),
        ("not asked for",          &proxies, "10.0.0.1",    &["a.example"],              None),
        ("two lines",              &asked,   "10.0.0.1",    &["a.example", "a.example"], None),
        ("two values",             &asked,   "10.0.0.1",    &["a.example, b.example"],   None),
        ("a user name",            &asked,   "10.0.0.1",    &["me@a.example"],           None),
        ("a port that is none",    &asked,   "10.0.0.1",    &["a.example:70000"],        None),
        ("nothing",                &asked,   "10.0.0.1",    &[""],                       None),
        ("more than a name has",   &asked,   "10.0.0.1",    &[&long],                    None),
    ];
    for (what, proxies, peer, lines, want) in rows {
        let lines: Vec<_> = lines.iter().map(|line| ("x-forwarded-host", *line)).collect();
        let host = resolve(proxies, peer.parse().unwrap(), &headers(&lines)).host;
        let host = host.as_ref().map(|host| (host.host(), host.port()));
        assert_eq!(host, want, "{what}");
    }
}
