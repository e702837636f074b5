//! The service as its users meet it: over HTTP on loopback, and as a process.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test that fails here has found what it looks for"
)]

mod admin;
mod browser;
mod corpus;
mod cors;
mod database;
mod house;
mod instances;
mod keys;
mod limits;
mod log;
mod login;
mod metrics;
mod ops;
mod page;
mod process;
mod proxy;
mod revocation;
mod security;
mod sessions;
mod stale;
mod stop;
mod tour;
mod webhooks;
