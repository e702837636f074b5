//! Who the client is: decided once, explicitly, from the peer and from proxies that are trusted.

mod address;
mod decision;
mod error;
mod forwarded;
mod host;
mod layer;
mod peer;
mod policy;
mod prefix;
mod scheme;
mod service;
mod unheeded;

pub use self::address::ClientAddr;
pub use self::decision::{Resolution, resolve};
pub use self::error::TrustedProxiesError;
pub use self::host::ClientHost;
pub use self::layer::ClientAddrLayer;
pub use self::peer::PeerAddr;
pub use self::policy::{ForwardedHeader, TrustedProxies};
pub use self::prefix::{IpPrefix, PrefixError};
pub use self::scheme::ClientScheme;
pub use self::service::ClientAddrService;
