use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rempart_core::{ClientAddr, IpPrefix};
use siphasher::sip::SipHasher13;

/// A client or a network, by the bits of its prefix: none is longer than an IPv6 /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Who {
    pub(super) bits: u64,
    pub(super) family: Family,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Family {
    #[default]
    V4,
    V6,
}

/// How much of an address says who somebody is, by family.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lengths {
    v4: u8,
    v6: u8,
}

/// One host in IPv4; in IPv6 the /64 that a host may take any address of.
pub(super) const CLIENT: Lengths = Lengths { v4: 32, v6: 64 };

/// What one customer of a hosting company is usually given, or can cheaply get.
pub(super) const NETWORK: Lengths = Lengths { v4: 24, v6: 48 };

impl Lengths {
    #[inline]
    pub(super) fn of(self, client: ClientAddr) -> Who {
        match client.prefix(self.v4, self.v6).network() {
            IpAddr::V4(address) => Who { bits: address.to_bits().into(), family: Family::V4 },
            IpAddr::V6(address) => {
                // The low half is cleared: no length is above 64.
                let high = address.to_bits() >> u64::BITS;
                Who { bits: u64::try_from(high).unwrap_or_default(), family: Family::V6 }
            }
        }
    }

    /// The prefix that these bits stand for.
    pub(super) fn prefix(self, who: Who) -> IpPrefix {
        who.address().prefix(self.v4, self.v6)
    }
}

impl Who {
    /// The first of its addresses.
    pub(super) fn address(self) -> ClientAddr {
        ClientAddr::new(match self.family {
            Family::V4 => {
                IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(self.bits).unwrap_or_default()))
            }
            Family::V6 => IpAddr::V6(Ipv6Addr::from_bits(u128::from(self.bits) << u64::BITS)),
        })
    }
}

/// The keys of the hash, one a family. `SipHash`, since clients choose what is hashed.
#[derive(Clone, Copy)]
pub(super) struct Seed {
    v4: SipHasher13,
    v6: SipHasher13,
}

impl Seed {
    /// Draws a seed from the source that seeds the standard library's maps.
    pub(super) fn random() -> Self {
        let source = RandomState::new();
        let key = |n: u64| {
            let second = n.saturating_add(1);
            SipHasher13::new_with_keys(source.hash_one(n), source.hash_one(second))
        };
        Self { v4: key(0), v6: key(2) }
    }

    #[inline]
    pub(super) fn hash(&self, who: Who) -> u64 {
        let hasher = match who.family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        };
        hasher.hash(&who.bits.to_ne_bytes())
    }
}
