//! Whose requests are counted together.

use std::any::type_name;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use http::{Extensions, HeaderMap, HeaderName, header};
use rempart_core::{ClientAddr, RouteName};

use crate::store::{Key, KeyHasher, Seed};
use crate::{ConfigError, Rejection};

/// Whose requests a limit counts together: each client's own, unless said otherwise.
///
/// Parts are joined so that no two of them can be mistaken for others: a tenant `ab` on the route
/// `c` is not the tenant `a` on the route `bc`. What is kept of them is a hash under a key that is
/// drawn at random, and nothing else.
///
/// ```
/// use rempart_rate_limit::{By, Limit, Policy};
///
/// /// What an authentication layer outside has found out.
/// #[derive(Clone, Hash)]
/// struct Tenant(u64);
///
/// let policy = Policy::builder("search")
///     .limit(Limit::new("client", "10 per second"))
///     .limit(Limit::new("tenant", "1000 per minute").by(By::extension::<Tenant>()))
///     .limit(Limit::new("route", "100 per minute").by(By::client().and(&By::route())))
///     .build()?;
/// # let _ = policy;
/// # Ok::<(), rempart_rate_limit::ConfigErrors>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct By(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    /// By far the commonest, hashed by a way of its own.
    Client,
    Parts(Arc<[Part]>),
}

#[derive(Clone)]
enum Part {
    Network { ipv4: u8, ipv6: u8 },
    Route,
    Extension { take: TakeExtension, of: &'static str },
    Header(HeaderName),
    Cookie(Box<str>),
}

/// Hashes an extension; says whether it was there.
type TakeExtension = fn(&Extensions, &mut dyn Hasher) -> bool;

/// What the parts of a key are taken into.
pub(crate) trait Parts: Hasher + Clone {
    /// What has been taken in.
    fn sum(self) -> u128;
}

impl Parts for KeyHasher {
    fn sum(self) -> u128 {
        self.finish().into()
    }
}

/// What a request shows of whose it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'a> {
    pub(crate) client: Option<ClientAddr>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) extensions: &'a Extensions,
}

impl By {
    /// The client: its IPv4 address, or the /64 of its IPv6 address.
    #[must_use]
    pub const fn client() -> Self {
        Self(Kind::Client)
    }

    /// The client's network, by the length of its prefix in each family.
    ///
    /// Who rents a line gets a /56 or a /48 of IPv6 addresses and may take any /64 of it: limits by
    /// `network(32, 64)`, `network(32, 56)` and `network(24, 48)` in one policy, each wider than the
    /// last, hold them too ([RIPE-690]). A longer prefix than a /64 is one that a client can have
    /// any number of: a policy that has such a limit needs another one, as of a
    /// [`header`](Self::header).
    ///
    /// [RIPE-690]: https://www.ripe.net/publications/docs/ripe-690/
    #[must_use]
    pub fn network(ipv4: u8, ipv6: u8) -> Self {
        Self::part(Part::Network { ipv4, ipv6 })
    }

    /// The route as it was declared, never the path that was sent
    /// ([`RouteName`](rempart_core::RouteName)). Requests whose route nobody has named are counted
    /// together.
    #[must_use]
    pub fn route() -> Self {
        Self::part(Part::Route)
    }

    /// An identity that a layer outside has verified and put into the request's extensions. Where
    /// it is missing, the request is answered with 500: the stack is put together wrongly.
    #[must_use]
    pub fn extension<T: Hash + Send + Sync + 'static>() -> Self {
        let take: TakeExtension = |extensions, mut hasher| {
            let found = extensions.get::<T>();
            found.inspect(|found| found.hash(&mut hasher)).is_some()
        };
        Self::part(Part::Extension { take, of: type_name::<T>() })
    }

    /// All values of this header, **joined with the client**: nobody has verified them. Somebody
    /// else's name does not use up that one's quota, and since a client is free to invent names,
    /// a policy that has such a limit needs another one that does not ask for them.
    #[must_use]
    pub fn header(name: HeaderName) -> Self {
        Self::client().and(&Self::part(Part::Header(name)))
    }

    /// The value of this cookie, **joined with the client**, as [`header`](Self::header).
    #[must_use]
    pub fn cookie(name: &str) -> Self {
        Self::client().and(&Self::part(Part::Cookie(name.into())))
    }

    /// All requests together, whoever sends them: what the service can bear.
    #[must_use]
    pub fn everyone() -> Self {
        Self(Kind::Parts(Arc::default()))
    }

    /// This and that together: each combination has a quota of its own.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(Kind::Parts(self.parts().iter().chain(other.parts()).cloned().collect()))
    }

    fn part(part: Part) -> Self {
        Self(Kind::Parts([part].into()))
    }

    fn parts(&self) -> &[Part] {
        match &self.0 {
            Kind::Client => &[Part::CLIENT],
            Kind::Parts(parts) => parts,
        }
    }

    /// Whether it is what a client is, and nothing else.
    pub(crate) fn is_client(&self) -> bool {
        matches!(self.0, Kind::Client)
    }

    /// Whether all requests are counted together.
    pub(crate) fn is_everyone(&self) -> bool {
        self.parts().is_empty()
    }

    /// Whether it counts the requests of one client apart from those of all others.
    pub(crate) fn is_of_one_client(&self) -> bool {
        self.parts().iter().any(|part| match part {
            Part::Network { ipv4, ipv6 } => *ipv4 >= 32 && *ipv6 >= 64,
            _ => false,
        })
    }

    /// Whether a client can invent more of it.
    pub(crate) fn is_invented(&self) -> bool {
        matches!(&self.0, Kind::Parts(parts) if parts.iter().any(Part::is_invented))
    }

    /// What is wrong with its parts; that a header has a name, its type says.
    pub(crate) fn faults(&self) -> impl Iterator<Item = ConfigError> {
        self.parts().iter().filter_map(Part::fault)
    }

    /// The key of whoever asks.
    #[inline]
    pub(crate) fn key(
        &self,
        seed: &Seed,
        asker: &Asker<'_>,
        shares_unknown: bool,
    ) -> Result<Key, Rejection> {
        match (&self.0, asker.client) {
            (Kind::Client, Some(client)) => Ok(seed.client(client)),
            (Kind::Client, None) if shares_unknown => Ok(seed.unknown_client()),
            (Kind::Client, None) => Err(Rejection::UnknownClient),
            (Kind::Parts(_), _) => {
                let mut hasher = seed.hasher();
                self.take(asker, shares_unknown, &mut hasher)?;
                Ok(hasher.key())
            }
        }
    }

    /// Takes in what is asked of whoever asks.
    pub(crate) fn take(
        &self,
        asker: &Asker<'_>,
        shares_unknown: bool,
        hasher: &mut impl Parts,
    ) -> Result<(), Rejection> {
        self.parts().iter().try_for_each(|part| part.take(asker, shares_unknown, hasher))
    }
}

impl Part {
    const CLIENT: Self = Self::Network { ipv4: 32, ipv6: 64 };

    /// A prefix longer than an address, or a cookie that nobody can send.
    fn fault(&self) -> Option<ConfigError> {
        match self {
            Self::Network { ipv4, ipv6 } if *ipv4 > 32 || *ipv6 > 128 => {
                Some(ConfigError::PrefixLength { ipv4: *ipv4, ipv6: *ipv6 })
            }
            Self::Cookie(name) if name.is_empty() || !name.bytes().all(is_token) => {
                Some(ConfigError::Cookie { name: name.chars().take(128).collect() })
            }
            _ => None,
        }
    }

    fn is_invented(&self) -> bool {
        match self {
            // Who has a /64 has every address of it.
            Self::Network { ipv6, .. } => *ipv6 > 64,
            Self::Header(_) | Self::Cookie(_) => true,
            Self::Route | Self::Extension { .. } => false,
        }
    }

    /// Hashes the part behind a mark of its kind: no value of one is taken for one of another.
    fn take(
        &self,
        asker: &Asker<'_>,
        shares_unknown: bool,
        hasher: &mut impl Parts,
    ) -> Result<(), Rejection> {
        match self {
            Self::Network { ipv4, ipv6 } => match asker.client {
                Some(client) => (b'n', client.prefix(*ipv4, *ipv6)).hash(hasher),
                None if shares_unknown => b'u'.hash(hasher),
                None => return Err(Rejection::UnknownClient),
            },
            Self::Route => (b'r', RouteName::of(asker.extensions)).hash(hasher),
            Self::Extension { take, .. } => {
                b'e'.hash(hasher);
                // By itself, since nothing asks of a hash that its end can be told.
                let mut own = hasher.clone();
                if !take(asker.extensions, &mut own) {
                    return Err(Rejection::UnknownIdentity);
                }
                own.sum().hash(hasher);
            }
            Self::Header(name) => {
                let values = asker.headers.get_all(name);
                (b'h', values.iter().count()).hash(hasher);
                values.iter().for_each(|value| value.as_bytes().hash(hasher));
            }
            Self::Cookie(name) => (b'c', cookie(asker.headers, name)).hash(hasher),
        }
        Ok(())
    }
}

/// Whether it may stand in a token ([RFC 9110 §5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2)).
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// The first cookie of this name ([RFC 6265 §5.4](https://www.rfc-editor.org/rfc/rfc6265#section-5.4)).
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let lines = headers.get_all(header::COOKIE).iter();
    let mut pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.find_map(|pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

impl Default for By {
    fn default() -> Self {
        Self::client()
    }
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Network { ipv4, ipv6 }, Self::Network { ipv4: v4, ipv6: v6 }) => {
                (ipv4, ipv6) == (v4, v6)
            }
            (Self::Route, Self::Route) => true,
            (Self::Extension { of, .. }, Self::Extension { of: other, .. }) => of == other,
            (Self::Header(name), Self::Header(other)) => name == other,
            (Self::Cookie(name), Self::Cookie(other)) => name == other,
            _ => false,
        }
    }
}

impl Eq for Part {}

impl fmt::Debug for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts();
        if parts.is_empty() {
            return f.write_str("By(everyone)");
        }
        f.write_str("By(")?;
        for (nth, part) in parts.iter().enumerate() {
            f.write_str(if nth == 0 { "" } else { ", " })?;
            match part {
                Part::Network { ipv4, ipv6 } => write!(f, "network /{ipv4} or /{ipv6}")?,
                Part::Route => f.write_str("route")?,
                Part::Extension { of, .. } => write!(f, "extension {of}")?,
                Part::Header(name) => write!(f, "header {name}")?,
                Part::Cookie(name) => write!(f, "cookie {name}")?,
            }
        }
        f.write_str(")")
    }
}
