//! A signed message is handled once, however often it comes.

mod answers;
mod claims;
mod contract;
mod drops;
mod model;
mod rig;
mod same;
#[cfg(feature = "redis")]
mod server;
