//! CIDR blocks, and the identity of a client.

use rempart_core::{ClientAddr, IpPrefix, PrefixError};

#[test]
fn reads_and_prints_cidr_notation() {
    #[rustfmt::skip]
    let rows: &[(&str, Result<&str, PrefixError>)] = &[
        ("10.0.0.0/8",              Ok("10.0.0.0/8")),
        ("10.0.0.1",                Ok("10.0.0.1/32")),
        ("0.0.0.0/0",               Ok("0.0.0.0/0")),
        ("2001:DB8::/32",           Ok("2001:db8::/32")),
        ("::1",                     Ok("::1/128")),
        // A block of mapped addresses is the IPv4 block.
        ("::ffff:10.0.0.0/104",     Ok("10.0.0.0/8")),
        ("::ffff:10.0.0.1",         Ok("10.0.0.1/32")),
        ("10.0.0.1/8",              Err(PrefixError::HostBits)),
        ("2001:db8::1/64",          Err(PrefixError::HostBits)),
        ("10.0.0.0/33",             Err(PrefixError::Length)),
        ("::/129",                  Err(PrefixError::Length)),
        ("10.0.0.0/",               Err(PrefixError::Length)),
        ("10.0.0.0/+8",             Err(PrefixError::Length)),
        ("10.0.0.0/8 ",             Err(PrefixError::Length)),
        ("10.0.0.0/256",            Err(PrefixError::Length)),
        ("10.0.0/8",                Err(PrefixError::Address)),
        ("010.0.0.0/8",             Err(PrefixError::Address)),
        ("fe80::1%1/64",            Err(PrefixError::Address)),
        ("",                        Err(PrefixError::Address)),
        ("/8",                      Err(PrefixError::Address)),
    ];
    for (text, want) in rows {
        let got = text.parse::<IpPrefix>().map(|prefix| prefix.to_string());
        assert_eq!(got.as_deref().map_err(|error| *error), *want, "{text}");
    }
}

#[test]
fn holds_the_addresses_of_its_family_only() {
    let rows = [
        ("10.0.0.0/8", "10.255.255.255", true),
        ("10.0.0.0/8", "11.0.0.0", false),
        ("10.0.0.0/8", "::ffff:10.1.1.1", true),
        ("10.0.0.0/8", "::a01:101", false),
        ("203.0.113.9/32", "203.0.113.9", true),
        ("203.0.113.9/32", "203.0.113.8", false),
        ("0.0.0.0/0", "255.255.255.255", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("2001:db8::/33", "2001:db8:7fff::1", true),
        ("2001:db8::/33", "2001:db8:8000::1", false),
        ("::/0", "10.0.0.1", false),
    ];
    for (prefix, address, want) in rows {
        let prefix: IpPrefix = prefix.parse().unwrap();
        assert_eq!(prefix.contains(address.parse().unwrap()), want, "{prefix} {address}");
    }
}

#[test]
fn a_client_is_its_ipv4_address_or_its_ipv6_64() {
    let identity = |text: &str| ClientAddr::new(text.parse().unwrap()).identity().to_string();
    assert_eq!(identity("203.0.113.9"), "203.0.113.9/32");
    assert_eq!(identity("::ffff:203.0.113.9"), "203.0.113.9/32");
    assert_eq!(identity("::ffff:198.51.100.7"), "198.51.100.7/32");
    assert_eq!(identity("2001:db8:1:2:ffff::9"), "2001:db8:1:2::/64");
    let client = ClientAddr::new("2001:db8:1:2:3::9".parse().unwrap());
    assert_eq!(client.prefix(24, 56).to_string(), "2001:db8:1::/56");
    assert_eq!(client.prefix(24, 48).to_string(), "2001:db8:1::/48");
    let client = ClientAddr::new("203.0.113.9".parse().unwrap());
    assert_eq!(format!("{client:?} {client}"), "ClientAddr(203.0.113.9) 203.0.113.9");
    assert_eq!(client.prefix(24, 48).to_string(), "203.0.113.0/24");
    assert_eq!(client.prefix(200, 48).to_string(), "203.0.113.9/32");
}
