mod error;
mod ranges;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rempart_core::{ConfigErrors, Faults, IpPrefix};

pub use self::error::PrefixFault;
use self::ranges::{Block, Ranges};

/// Says which addresses are allowed without being counted, and which are denied outright.
///
/// ```
/// use rempart_rate_limit::{Listed, PrefixSet};
///
/// let set = PrefixSet::builder()
///     .allow("10.0.0.0/8, 2001:db8:1::/48")
///     .deny("
///         203.0.113.0/24   # said to be hostile
///         198.51.100.7
///     ")
///     .allow("203.0.113.9")
///     .build()?;
/// assert_eq!(set.find("10.1.2.3".parse()?), Some(Listed::Allowed));
/// assert_eq!(set.find("203.0.113.8".parse()?), Some(Listed::Denied));
/// // The longest prefix decides.
/// assert_eq!(set.find("203.0.113.9".parse()?), Some(Listed::Allowed));
/// assert_eq!(set.find("192.0.2.1".parse()?), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Which one decides
///
/// The longest prefix that holds the address, as in a routing table, whatever the order in which
/// they were written: a block can be denied but for one host of it. The same prefix in both lists
/// has no answer, and is a fault.
///
/// An IPv4 address mapped into IPv6 is the IPv4 address, here as anywhere in the core: `::/0` holds
/// none of them.
///
/// # What it costs
///
/// Prefixes are cut into ranges that do not overlap when the set is built; an address is looked
/// for by bisection: 17 steps for the most prefixes that a set can hold, and none in an empty one.
#[derive(Clone, Default)]
pub struct PrefixSet {
    ipv4: Ranges<u32>,
    ipv6: Ranges<u128>,
    len: usize,
}

/// Which list an address is on.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Listed {
    /// It is let through without being counted.
    Allowed,
    /// It is refused, whatever it asks for.
    Denied,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
        })
    }
}

impl PrefixSet {
    /// How many prefixes both lists can hold together.
    pub const MAX_LEN: usize = 65_536;

    /// Starts with two empty lists.
    pub const fn builder() -> PrefixSetBuilder {
        PrefixSetBuilder { entries: Vec::new(), faults: Faults::new() }
    }

    /// Which list the address is on, by the longest prefix that holds it.
    #[must_use]
    pub fn find(&self, address: IpAddr) -> Option<Listed> {
        match address.to_canonical() {
            IpAddr::V4(address) => self.ipv4.find(address.to_bits()),
            IpAddr::V6(address) => self.ipv6.find(address.to_bits()),
        }
    }

    /// How many prefixes there are, each counted once.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether no address is on a list.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Builds a [`PrefixSet`].
#[derive(Clone)]
#[must_use = "nothing is built until `build` is called"]
pub struct PrefixSetBuilder {
    entries: Vec<(IpPrefix, Listed)>,
    faults: Faults<PrefixFault>,
}

impl PrefixSetBuilder {
    /// Allows the prefixes of this list, as a variable or a file holds it: between commas or on
    /// lines of their own, with comments from a `#` to the end of the line.
    ///
    /// # Security
    ///
    /// Who has such an address is not limited at all. It must be the address of the core's rules,
    /// and never one that a client can choose.
    pub fn allow(self, list: &str) -> Self {
        self.read(Listed::Allowed, list)
    }

    /// Allows these prefixes.
    pub fn allow_prefixes(mut self, prefixes: impl IntoIterator<Item = IpPrefix>) -> Self {
        self.entries.extend(prefixes.into_iter().map(|prefix| (prefix, Listed::Allowed)));
        self
    }

    /// Denies the prefixes of this list, written as those of [`allow`](Self::allow).
    pub fn deny(self, list: &str) -> Self {
        self.read(Listed::Denied, list)
    }

    /// Denies these prefixes.
    pub fn deny_prefixes(mut self, prefixes: impl IntoIterator<Item = IpPrefix>) -> Self {
        self.entries.extend(prefixes.into_iter().map(|prefix| (prefix, Listed::Denied)));
        self
    }

    /// Checks the lists and cuts them into ranges.
    ///
    /// # Errors
    ///
    /// Every fault at once: each entry that is no prefix, each prefix on both lists, an allowed
    /// prefix that holds every address, more than [`PrefixSet::MAX_LEN`] prefixes.
    pub fn build(self) -> Result<PrefixSet, ConfigErrors<PrefixFault>> {
        let Self { mut entries, mut faults } = self;
        // A block before the blocks in it, and the same one twice side by side.
        entries.sort_unstable_by_key(|(prefix, listed)| (*prefix, *listed == Listed::Denied));
        entries.dedup();
        for &(prefix, listed) in &entries {
            if prefix.length() == 0 && listed == Listed::Allowed {
                faults.push(PrefixFault::EveryAddress { prefix });
            }
        }
        for (one, other) in entries.iter().zip(entries.iter().skip(1)) {
            if one.0 == other.0 {
                faults.push(PrefixFault::OnBothLists { prefix: one.0 });
            }
        }
        let len = entries.len();
        if len > PrefixSet::MAX_LEN {
            faults.push(PrefixFault::TooMany { len });
        }
        faults.finish()?;
        let ipv4 = entries.iter().filter_map(|(prefix, listed)| match prefix.network() {
            IpAddr::V4(network) => {
                let hosts = u32::MAX.checked_shr(prefix.length().into()).unwrap_or_default();
                let first = network.to_bits();
                Some(Block { first, last: first | hosts, listed: *listed })
            }
            IpAddr::V6(_) => None,
        });
        let ipv6 = entries.iter().filter_map(|(prefix, listed)| match prefix.network() {
            IpAddr::V4(_) => None,
            IpAddr::V6(network) => {
                let hosts = u128::MAX.checked_shr(prefix.length().into()).unwrap_or_default();
                let first = network.to_bits();
                Some(Block { first, last: first | hosts, listed: *listed })
            }
        });
        Ok(PrefixSet {
            ipv4: Ranges::new(ipv4, |address| address.checked_add(1)),
            ipv6: Ranges::new(ipv6, |address| address.checked_add(1)),
            len,
        })
    }

    fn read(mut self, listed: Listed, list: &str) -> Self {
        for (line, text) in (1..).zip(list.lines()) {
            let (text, _comment) = text.split_once('#').unwrap_or((text, ""));
            for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
                let fault = |cause| {
                    let text = entry.chars().take(LONGEST_TEXT).collect();
                    PrefixFault::Prefix { listed, line, text, cause }
                };
                let prefix = self.faults.take(entry.parse().map_err(fault));
                self.entries.extend(prefix.map(|prefix| (prefix, listed)));
            }
        }
        self
    }
}

impl fmt::Debug for PrefixSet {
    /// Says how many prefixes there are, and where a few of them begin.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ipv4 = self.ipv4.starts().map(|(start, listed)| (Ipv4Addr::from_bits(start), listed));
        let ipv6 = self.ipv6.starts().map(|(start, listed)| (Ipv6Addr::from_bits(start), listed));
        f.debug_struct("PrefixSet")
            .field("len", &self.len)
            .field("ipv4", &Few(ipv4))
            .field("ipv6", &Few(ipv6))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PrefixSetBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrefixSetBuilder")
            .field("entries", &self.entries.len())
            .finish_non_exhaustive()
    }
}

/// Prints the first of what may be many.
struct Few<I>(I);

impl<I: Iterator<Item: fmt::Debug> + Clone> fmt::Debug for Few<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.clone().take(4)).finish_non_exhaustive()
    }
}

/// So much of an entry is repeated in a fault; the longest prefix has 49 characters.
const LONGEST_TEXT: usize = 64;
