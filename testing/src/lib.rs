//! What the tests of every crate share.

pub mod alloc;
mod body;
pub mod canary;
mod capture;
mod redis;
mod strict;
pub mod vectors;
pub mod wire;

pub use self::body::{Script, Step};
pub use self::capture::{Capture, heard_by};
pub use self::redis::RedisServer;
pub use self::strict::{Answer, Strict, strict};
