use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::validator::Digits;
use crate::pseudonym::Pseudonyms;

/// What stands in a log in place of a value.
///
/// Every mask is a marker, `[REDACTED:kind]`, so that a second pass changes nothing. A mask that
/// cannot be applied, because too much of a short value would show, is the plain marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mask {
    /// `[REDACTED:email]`: nothing of the value.
    Marker,
    /// `[REDACTED:email/@example.ca]`: the domain of a mail address.
    Domain,
    /// `[REDACTED:credit_card/1111]`: the last four digits of at least twelve.
    Last4,
    /// `[REDACTED:ca_postal_code/H0H]`: the first three characters of at least six, as they name
    /// a region.
    First3,
    /// `[REDACTED:ipv4/192.0.2.0]`: the network of an address, /24 or /48.
    Network,
    /// `[REDACTED:twilio_account_sid/2026-q4.k5gq3bmsfya4]`: the same text for the same value, under
    /// a key of the policy ([`PolicyBuilder::pseudonyms`](crate::PolicyBuilder::pseudonyms)).
    /// Without such a key it is the plain marker.
    Pseudonym,
    /// `[REDACTED:stripe_publishable_key/pk_live_]`: the prefix that says what it is.
    Prefix,
}

impl Mask {
    /// What of a value may be shown beside the name of its kind.
    pub(crate) fn shown(
        self,
        kind: &str,
        value: &str,
        names: Option<&Pseudonyms>,
    ) -> Option<String> {
        match self {
            Self::Marker => None,
            Self::Domain => {
                let domain = value.rsplit_once('@').or_else(|| value.rsplit_once("%40"))?.1;
                Some(format!("@{}", domain.to_ascii_lowercase()))
            }
            Self::Last4 => {
                let digits = Digits::of(value.as_bytes());
                let digits = digits.as_slice();
                // At most a third shows, and never of a number that was too long to be read.
                let few = digits.len() < 12 || digits.len() > 20;
                let last = digits.last_chunk::<4>().filter(|_| !few)?;
                Some(last.iter().map(ToString::to_string).collect())
            }
            Self::First3 => {
                let first = value.get(..3).filter(|_| value.len() >= 6)?;
                Some(first.to_owned())
            }
            Self::Network => match value.parse().ok()? {
                IpAddr::V4(address) => {
                    let [a, b, c, _] = address.octets();
                    Some(Ipv4Addr::new(a, b, c, 0).to_string())
                }
                IpAddr::V6(address) => {
                    let [a, b, c, ..] = address.segments();
                    Some(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).to_string())
                }
            },
            Self::Pseudonym => Some(names?.of(kind, value.as_bytes())),
            Self::Prefix => {
                let (prefix, rest) = value.match_indices('_').nth(1).map(|(at, _)| {
                    value.split_at_checked(at.saturating_add(1)).unwrap_or_default()
                })?;
                (prefix.len() <= 16 && rest.len() >= 10).then(|| prefix.to_owned())
            }
        }
        .filter(|shown| self.could_show(shown.as_bytes()))
    }

    /// Whether a marker with this mask could show such a text: the grammar that [`shown`] keeps.
    pub(crate) fn could_show(self, shown: &[u8]) -> bool {
        let all = |allowed: fn(u8) -> bool| shown.iter().all(|byte| allowed(*byte));
        match self {
            Self::Marker => false,
            Self::Domain => {
                let domain = |byte: u8| byte.is_ascii_alphanumeric() || b"@.-".contains(&byte);
                shown.starts_with(b"@") && shown.contains(&b'.') && shown.len() < 256 && all(domain)
            }
            Self::Last4 => shown.len() == 4 && all(|byte| byte.is_ascii_digit()),
            Self::First3 => shown.len() == 3 && all(|byte| byte.is_ascii_alphanumeric()),
            Self::Network => {
                let text = std::str::from_utf8(shown).unwrap_or_default();
                text.parse().is_ok_and(|address| match address {
                    IpAddr::V4(address) => address.octets().ends_with(&[0]),
                    IpAddr::V6(address) => address.segments().ends_with(&[0; 5]),
                })
            }
            Self::Pseudonym => {
                let dot = shown.iter().rposition(|byte| *byte == b'.');
                let name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
                dot.is_some_and(|dot| {
                    (1..=16).contains(&dot) && shown.len() == dot.saturating_add(13)
                }) && all(name)
            }
            Self::Prefix => {
                let prefix = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
                shown.len() <= 16 && shown.ends_with(b"_") && all(prefix)
            }
        }
    }
}
