//! The walk through forwarding headers against a naive model, and against any bytes at all.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test panics")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use rempart_core::{ClientAddr, ForwardedHeader, IpPrefix, TrustedProxies, resolve};

const HEADERS: [(&str, ForwardedHeader); 2] = [
    ("x-forwarded-for", ForwardedHeader::XForwardedFor),
    ("forwarded", ForwardedHeader::Forwarded),
];

fn proxies(header: &ForwardedHeader) -> TrustedProxies {
    TrustedProxies::parse("10.0.0.0/8,fd00::/8", header.clone()).unwrap()
}

/// An address as some proxy writes it: trusted, strange, or none at all.
fn entry() -> impl Strategy<Value = (String, Option<IpAddr>)> {
    let v4 = prop_oneof![
        any::<[u8; 3]>().prop_map(|[b, c, d]| Ipv4Addr::new(10, b, c, d)),
        any::<u32>().prop_map(Ipv4Addr::from),
    ];
    prop_oneof![
        4 => v4.prop_map(|ip| (ip.to_string(), Some(IpAddr::V4(ip)))),
        2 => any::<u128>().prop_map(|bits| {
            let ip = Ipv6Addr::from(bits);
            (format!("[{ip}]"), Some(IpAddr::V6(ip)))
        }),
        1 => any::<u32>().prop_map(|bits| {
            let ip = Ipv4Addr::from(bits);
            (format!("[{}]", ip.to_ipv6_mapped()), Some(IpAddr::V4(ip)))
        }),
        1 => prop_oneof![Just("unknown"), Just(""), Just("256.1.1.1"), Just("_x")]
            .prop_map(|text| (text.to_owned(), None)),
    ]
}

/// The rule in five lines.
fn naive(peer: IpAddr, entries: &[Option<IpAddr>]) -> IpAddr {
    let trusted = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => ip.octets()[0] == 10,
        IpAddr::V6(ip) => ip.octets()[0] == 0xfd,
    };
    let mut client = peer;
    for entry in entries.iter().rev() {
        let (true, Some(next)) = (trusted(client), entry) else { break };
        client = *next;
    }
    client
}

proptest! {
    #[test]
    fn walks_as_the_naive_rule_does(
        entries in prop::collection::vec(entry(), 0..8),
        cuts in prop::collection::vec(any::<bool>(), 8),
        peer in prop_oneof![Just(Ipv4Addr::new(10, 0, 0, 1)), any::<u32>().prop_map(Ipv4Addr::from)],
    ) {
        let addresses: Vec<_> = entries.iter().map(|(_, ip)| *ip).collect();
        let want = ClientAddr::new(naive(IpAddr::V4(peer), &addresses));
        for (name, header) in &HEADERS {
            let mut headers = HeaderMap::new();
            let mut line: Option<String> = None;
            for ((text, _), cut) in entries.iter().zip(&cuts) {
                let text = match header {
                    ForwardedHeader::Forwarded => format!("proto=http;for=\"{text}\""),
                    _ => text.clone(),
                };
                line = match line.take() {
                    Some(done) if *cut => {
                        headers.append(*name, done.parse().unwrap());
                        Some(text)
                    }
                    Some(open) => Some(format!("{open}, {text}")),
                    None => Some(text),
                };
            }
            if let Some(line) = line {
                headers.append(*name, line.parse().unwrap());
            }
            let got = resolve(&proxies(header), IpAddr::V4(peer), &headers).client;
            prop_assert_eq!(got, want, "{:?}", headers);
        }
    }

    #[test]
    fn what_a_client_wrote_to_the_left_changes_nothing(
        left in prop::collection::vec(
            prop_oneof![Just(b','), Just(b'"'), Just(b'\\'), Just(b';'), Just(b'='), Just(b'['), 0x20_u8..0x7f],
            0..64,
        ),
        same_line: bool,
    ) {
        for (name, header) in &HEADERS {
            let own = match header {
                ForwardedHeader::Forwarded => "for=\"[2001:db8::9]\";proto=https",
                _ => "2001:db8::9",
            };
            let mut headers = HeaderMap::new();
            if same_line {
                let line = [&left[..], b", ", own.as_bytes()].concat();
                headers.append(*name, HeaderValue::from_bytes(&line).unwrap());
            } else {
                headers.append(*name, HeaderValue::from_bytes(&left).unwrap());
                headers.append(*name, own.parse().unwrap());
            }
            let client = resolve(&proxies(header), "10.0.0.1".parse().unwrap(), &headers).client;
            prop_assert_eq!(client.to_string(), "2001:db8::9");
        }
    }

    #[test]
    fn any_bytes_name_a_client(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..4)) {
        for (name, header) in &HEADERS {
            let mut headers = HeaderMap::new();
            for line in &lines {
                if let Ok(line) = HeaderValue::from_bytes(line) {
                    headers.append(*name, line);
                }
            }
            let _ = resolve(&proxies(header), "10.0.0.1".parse().unwrap(), &headers);
        }
    }

    #[test]
    fn a_prefix_holds_what_shares_its_bits(bits: u128, length in 0_u8..=128, other: u128, flip in 0_u32..128) {
        let shares = |a: u128, b: u128| (0..u32::from(length)).all(|n| (a ^ b).leading_zeros() > n);
        let client = ClientAddr::new(Ipv6Addr::from(bits).into());
        prop_assume!(client.ip().is_ipv6());
        let prefix = client.prefix(32, length);
        prop_assert_eq!(prefix.to_string().parse::<IpPrefix>(), Ok(prefix));
        for address in [other, bits ^ (1 << flip)] {
            let ip = Ipv6Addr::from(address);
            let v6 = ip.to_ipv4_mapped().is_none();
            prop_assert_eq!(prefix.contains(ip.into()), v6 && shares(bits, address));
        }
    }
}
