//! What the crate promises: one module a promise.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may fail loudly"
)]
#![allow(clippy::type_complexity, reason = "the type of a table stands over the table")]

mod dev_secrets;
mod disk;
mod disk_changes;
mod disk_follow;
mod disk_kubernetes;
mod disk_layout;
mod disk_properties;
mod disk_writers;
mod dotenv;
mod folder;
mod kinds;
mod loader;
mod loader_files;
mod placeholders;
mod policy;
mod ring;
mod roles;
mod rotation;
mod schema;
mod secret;
mod speed;
mod usage;
mod watch;

/// What is so for each type that may stand in another thread's log.
#[test]
fn every_public_type_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + std::fmt::Debug>() {}
    shared::<rempart_keys::Secret>();
    shared::<rempart_keys::Key>();
    shared::<rempart_keys::KeyRing>();
    shared::<rempart_keys::Loaded>();
    shared::<rempart_keys::Loader<'_>>();
    shared::<rempart_keys::Schema>();
    shared::<rempart_keys::ConfigErrors>();
    shared::<rempart_keys::dotenv::Entry<'_>>();
}
