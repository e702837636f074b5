//! A signed message is handled once, however often it comes.

mod answers;
mod claims;
mod contract;
mod drops;
mod model;
pub(crate) mod rig;
mod same;
pub(crate) mod senders;
#[cfg(feature = "redis")]
mod server;
