//! Small files that hold secrets: read within bounds, replaced whole, and open to their owner alone.

mod lock;
mod read;
mod write;

pub(crate) use self::lock::{Lock, LockFault};
pub(crate) use self::read::{Text, path, read, read_head};
pub(crate) use self::write::{append_line, folder, replace};
