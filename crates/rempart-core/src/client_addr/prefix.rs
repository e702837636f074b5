use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;

/// A block of addresses in CIDR notation ([RFC 4632 §3.1]): `10.0.0.0/8`, `2001:db8::/32`.
///
/// ```
/// use rempart_core::{IpPrefix, PrefixError};
///
/// let block: IpPrefix = "10.0.0.0/8".parse()?;
/// assert!(block.contains("10.1.2.3".parse()?));
/// // The same address, as a dual-stack socket shows it.
/// assert!(block.contains("::ffff:10.1.2.3".parse()?));
/// assert_eq!("10.0.0.1/8".parse::<IpPrefix>(), Err(PrefixError::HostBits));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [RFC 4632 §3.1]: https://www.rfc-editor.org/rfc/rfc4632#section-3.1
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IpPrefix {
    // The first address of the block; never one mapped into IPv6.
    network: IpAddr,
    length: u8,
}

/// Why a text is no prefix.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrefixError {
    /// The part before the slash is no address.
    #[error("not an IP address")]
    Address,
    /// Bits past the prefix are set: the text may mean the address, or the block around it.
    #[error("the address has bits past the prefix length; write the block's first address")]
    HostBits,
    /// The part after the slash is no number of bits that the family has.
    #[error("not a prefix length (0 to 32 for IPv4, 0 to 128 for IPv6)")]
    Length,
}

impl IpPrefix {
    /// Takes the first address of a block and the length of its prefix, in bits.
    ///
    /// A block of mapped addresses (`::ffff:10.0.0.0/104`) is the IPv4 block it stands for.
    ///
    /// # Errors
    ///
    /// [`PrefixError`] if the length is past the family's, or if bits past it are set.
    pub fn new(network: IpAddr, length: u8) -> Result<Self, PrefixError> {
        let (network, length) = match (network, network.to_canonical()) {
            (IpAddr::V6(_), IpAddr::V4(folded)) if (96..=128).contains(&length) => {
                (IpAddr::V4(folded), length.saturating_sub(96))
            }
            _ => (network, length),
        };
        if length > bits(network) {
            return Err(PrefixError::Length);
        }
        let block = Self::around(network, length);
        if block.network == network { Ok(block) } else { Err(PrefixError::HostBits) }
    }

    /// The block of this length around an address.
    pub(super) const fn around(address: IpAddr, length: u8) -> Self {
        let network = match address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32_u32.saturating_sub(length as u32));
                let mask = if let Some(mask) = mask { mask } else { 0 };
                IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128_u32.saturating_sub(length as u32));
                let mask = if let Some(mask) = mask { mask } else { 0 };
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
            }
        };
        let longest = bits(address);
        Self { network, length: if length < longest { length } else { longest } }
    }

    /// Whether the block holds the address, whatever way it is written.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.network.is_ipv4()
            && Self::around(address, self.length).network == self.network
    }

    /// The first address of the block.
    #[must_use]
    pub const fn network(self) -> IpAddr {
        self.network
    }

    /// The length of the prefix, in bits.
    #[must_use]
    pub const fn length(self) -> u8 {
        self.length
    }
}

impl FromStr for IpPrefix {
    type Err = PrefixError;

    /// Reads `ADDRESS/LENGTH`, or an address alone: the block that holds nothing else.
    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| PrefixError::Address)?;
        let length = match length {
            None => bits(address),
            // `parse` takes a sign; a prefix length has none.
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| PrefixError::Length)?
            }
            Some(_) => return Err(PrefixError::Length),
        };
        Self::new(address, length)
    }
}

impl fmt::Debug for IpPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IpPrefix({self})")
    }
}

impl fmt::Display for IpPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.length)
    }
}

const fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}
