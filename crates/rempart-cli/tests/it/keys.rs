//! Keys on disk: what each verb does, what it refuses, and that it shows no value.

mod add;
mod ask;
mod at_once;
mod folder;
mod promote;
mod reload;
mod revoke;
mod server;
mod status;
mod transcript;
