//! Which addresses are allowed, and which are denied, before anything is counted.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::collection::vec;
use proptest::prelude::*;
use rempart_core::IpPrefix;
use rempart_rate_limit::{Listed, PrefixSet};

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn the_longest_prefix_decides() {
    let set = PrefixSet::builder()
        .deny("203.0.113.0/24, 2001:db8::/32")
        .allow("203.0.113.64/26\n2001:db8:1::/48")
        .deny("203.0.113.65, 2001:db8:1::1")
        .allow("0.0.0.0/1")
        .deny("0.0.0.0/0")
        .build()
        .unwrap();
    let (allowed, denied) = (Some(Listed::Allowed), Some(Listed::Denied));
    let rows = [
        ("0.0.0.0", allowed),
        ("127.255.255.255", allowed),
        ("128.0.0.0", denied),
        ("203.0.112.255", denied),
        ("203.0.113.0", denied),
        ("203.0.113.63", denied),
        ("203.0.113.64", allowed),
        ("203.0.113.65", denied),
        ("203.0.113.66", allowed),
        ("203.0.113.127", allowed),
        ("203.0.113.128", denied),
        ("255.255.255.255", denied),
        ("::ffff:203.0.113.64", allowed),
        ("::ffff:203.0.113.65", denied),
        ("::", None),
        ("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", None),
        ("2001:db8::", denied),
        ("2001:db8:1::", allowed),
        ("2001:db8:1::1", denied),
        ("2001:db8:1::2", allowed),
        ("2001:db8:1:ffff:ffff:ffff:ffff:ffff", allowed),
        ("2001:db8:2::", denied),
        ("2001:db9::", None),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None),
    ];
    for (text, want) in rows {
        assert_eq!(set.find(address(text)), want, "{text}");
    }
    assert_eq!((set.len(), set.is_empty()), (8, false));
}

#[test]
fn lists_are_read_as_files_hold_them() {
    let rows = [
        ("", 0),
        ("# nothing yet\n\n", 0),
        ("10.0.0.0/8", 1),
        ("10.0.0.0/8,192.0.2.1", 2),
        ("10.0.0.0/8,\r\n192.0.2.1, # the office, its router\r\n\t2001:db8::/32\r\n", 3),
        ("10.0.0.0/8 # the office\n10.0.0.0/8\n::ffff:10.0.0.0/104", 1),
    ];
    for (text, len) in rows {
        let set = PrefixSet::builder().deny(text).build().unwrap();
        assert_eq!(set.len(), len, "{text}");
        assert_eq!(set.is_empty(), set.find(address("10.0.0.1")).is_none());
    }
    assert_eq!(PrefixSet::default().find(address("10.0.0.1")), None);
}

#[test]
fn every_fault_is_reported() {
    let long = "x".repeat(1_000);
    let faults = PrefixSet::builder()
        .allow("10.0.0.0/8, 10.0.0.1/8\n# two\nlocalhost, 0.0.0.0/0")
        .deny("10.0.0.0/33, ::ffff:10.0.0.0/104, 2001:db8::/32")
        .allow_prefixes(["2001:db8::/32".parse().unwrap()])
        .deny(&long)
        .build()
        .unwrap_err();
    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "allowed, line 1, `10.0.0.1/8`: the address has bits past the prefix length; write the \
             block's first address"
                .to_owned(),
            "allowed, line 3, `localhost`: not an IP address".to_owned(),
            "denied, line 1, `10.0.0.0/33`: not a prefix length (0 to 32 for IPv4, 0 to 128 for IPv6)"
                .to_owned(),
            format!("denied, line 1, `{}`: not an IP address", &long[..64]),
            "`0.0.0.0/0` holds every address: nobody would be limited".to_owned(),
            "`10.0.0.0/8` is both allowed and denied".to_owned(),
            "`2001:db8::/32` is both allowed and denied".to_owned(),
        ]
    );
    let many = (0..=65_536_u32).map(|n| IpPrefix::new(Ipv4Addr::from_bits(n).into(), 32).unwrap());
    let fault = PrefixSet::builder().deny_prefixes(many.clone()).build().unwrap_err();
    assert_eq!(fault.to_string(), "65537 prefixes: a set holds at most 65536");
    let set = PrefixSet::builder().deny_prefixes(many.skip(1)).build().unwrap();
    assert_eq!(set.len(), PrefixSet::MAX_LEN);
    assert_eq!(set.find(address("0.0.0.0")), None);
    assert_eq!(set.find(address("0.1.0.0")), Some(Listed::Denied));
    assert_eq!(set.find(address("0.1.0.1")), None);
}

/// Addresses near one another and near both ends, so that prefixes overlap, touch and nest.
fn addresses() -> impl Strategy<Value = IpAddr> {
    let ipv4 = prop_oneof![0_u32..64, (0_u32..64).prop_map(|n| !n), any::<u32>()];
    let ipv6 = prop_oneof![
        0_u128..64,
        (0_u128..64).prop_map(|n| !n),
        (0_u128..64).prop_map(|n| n << 64),
        // Around the addresses that are mapped into IPv6.
        (0_u128..64).prop_map(|n| 0xffff_ffff_ffe0 + n),
        any::<u128>(),
    ];
    prop_oneof![
        ipv4.prop_map(|bits| Ipv4Addr::from_bits(bits).into()),
        ipv6.prop_map(|bits| Ipv6Addr::from_bits(bits).into()),
    ]
}

fn prefixes() -> impl Strategy<Value = IpPrefix> {
    let length = prop_oneof![0_u8..=128, 26_u8..=32, 120_u8..=128];
    (addresses(), length).prop_filter_map("too long", |(address, length)| {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let host = bits - length.min(bits);
        let network = match address {
            IpAddr::V4(a) => {
                let mask = u32::MAX.checked_shl(host.into()).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(a.to_bits() & mask))
            }
            IpAddr::V6(a) => {
                let mask = u128::MAX.checked_shl(host.into()).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(a.to_bits() & mask))
            }
        };
        IpPrefix::new(network, length.min(bits)).ok()
    })
}

#[test]
fn a_long_list_is_not_printed_whole() {
    let prefix = |n: u16| format!("10.{}.{}.0/24", n >> 8, n & 255).parse::<IpPrefix>().unwrap();
    let list = (0..10_000).map(|n| prefix(n * 2));
    let builder = PrefixSet::builder().deny_prefixes(list).deny("not one").deny("2001:db8::/32");
    assert!(format!("{builder:?}").len() < 500, "{builder:?}");
    let list = (0..10_000).map(|n| prefix(n * 2));
    let set = PrefixSet::builder().deny_prefixes(list).allow("2001:db8::/32").build().unwrap();
    let short = format!("{set:?}");
    assert!(short.len() < 500 && format!("{set:#?}").len() < 1_000, "{short}");
    assert!(short.contains("10001") && short.contains("10.0.0.0"), "how many, and a few: {short}");
    assert!(short.contains("2001:db8::"), "of both families: {short}");
    assert!(format!("{:?}", PrefixSet::default()).len() < 100);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn finds_what_a_look_at_each_prefix_finds(
        listed in vec((prefixes(), any::<bool>()), 0..40),
        probes in vec(addresses(), 200),
    ) {
        // No prefix is on both lists, and no allowed one holds everything.
        let lists: BTreeMap<_, _> = listed.into_iter().map(|(prefix, allow)| {
            (prefix, if allow && prefix.length() > 0 { Listed::Allowed } else { Listed::Denied })
        }).collect();
        let of = |wanted: Listed| {
            lists.iter().filter(move |(_, listed)| **listed == wanted).map(|(prefix, _)| *prefix)
        };
        let set = PrefixSet::builder()
            .deny_prefixes(of(Listed::Denied))
            .allow_prefixes(of(Listed::Allowed))
            .build()
            .unwrap();
        prop_assert_eq!(set.len(), lists.len());
        // Both ends of each prefix, and their neighbours, beside addresses of all kinds.
        let edges = lists.keys().flat_map(|prefix| match prefix.network() {
            IpAddr::V4(first) => {
                let host = u32::MAX.checked_shr(prefix.length().into()).unwrap_or(0);
                let (first, last) = (first.to_bits(), first.to_bits() | host);
                [first, last, first.wrapping_sub(1), last.wrapping_add(1)]
                    .map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)))
            }
            IpAddr::V6(first) => {
                let host = u128::MAX.checked_shr(prefix.length().into()).unwrap_or(0);
                let (first, last) = (first.to_bits(), first.to_bits() | host);
                [first, last, first.wrapping_sub(1), last.wrapping_add(1)]
                    .map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits)))
            }
        });
        for probe in probes.iter().copied().chain(edges) {
            let naive = lists
                .iter()
                .filter(|(prefix, _)| prefix.contains(probe))
                .max_by_key(|(prefix, _)| prefix.length())
                .map(|(_, listed)| *listed);
            prop_assert_eq!(set.find(probe), naive, "{}", probe);
            if let IpAddr::V4(folded) = probe {
                prop_assert_eq!(set.find(folded.to_ipv6_mapped().into()), naive);
            }
        }
    }

    #[test]
    fn no_list_makes_it_panic(text in "[0-9a-f.:/, #\n]{0,60}|\\PC{0,100}") {
        let _ = PrefixSet::builder().allow(&text).deny(&text).build();
    }
}
