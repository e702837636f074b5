#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
mod client_addr;
mod clock;
mod error;
mod event;
mod live;
mod name;
mod observer;
mod refusal;
mod timer;

pub use self::body::{RequestBody, ResponseBody};
pub use self::client_addr::{
    ClientAddr, ClientAddrLayer, ClientAddrService, ClientHost, ClientScheme, ForwardedHeader,
    IpPrefix, PeerAddr, PrefixError, Resolution, TrustedProxies, TrustedProxiesError, resolve,
};
pub use self::clock::{Clock, CoarseClock, ManualClock, SharedClock, SystemClock};
pub use self::error::{ConfigErrors, Faults};
pub use self::event::{Event, EventKind, HttpMethod, Outcome, Reason};
pub use self::live::{Current, Live, Source};
pub use self::name::{Fingerprint, KeyId, NameError, PolicyName, RouteName};
pub use self::observer::{Observer, Observers, TracingObserver, observer_panics};
pub use self::refusal::{Flavour, Problem, Refusal, Refused, Renderer};
#[cfg(feature = "tokio")]
pub use self::timer::TokioTimer;
pub use self::timer::{SharedTimer, Sleep, Timer};
