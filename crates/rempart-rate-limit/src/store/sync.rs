//! What threads share in a line: that of the model checker while it tries all orders of two threads.

#[cfg(not(rempart_loom))]
pub(crate) use std::sync::atomic::AtomicU64;
#[cfg(not(rempart_loom))]
pub(crate) use std::sync::{Mutex, MutexGuard};

#[cfg(rempart_loom)]
pub(crate) use loom::sync::atomic::AtomicU64;
#[cfg(rempart_loom)]
pub(crate) use loom::sync::{Mutex, MutexGuard};
