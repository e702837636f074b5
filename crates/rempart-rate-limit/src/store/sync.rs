//! The lock of a line: that of the model checker while it tries all orders of two threads.

#[cfg(rempart_loom)]
pub(super) use loom::sync::{Mutex, MutexGuard};
#[cfg(not(rempart_loom))]
pub(super) use std::sync::{Mutex, MutexGuard};
