//! Counts what a piece of code allocates, exactly.
//!
//! ```
//! use rempart_testing::alloc::{Counting, count};
//!
//! #[global_allocator]
//! static ALLOCATOR: Counting = Counting;
//!
//! let (_, counts) = count(|| vec![0_u8; 100]);
//! assert_eq!((counts.allocations, counts.bytes), (1, 100));
//! ```
#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What was allocated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls that gave a new block, and calls that grew or shrank one.
    pub allocations: u64,
    /// The bytes that these calls asked for.
    pub bytes: u64,
}

thread_local! {
    static COUNTS: Cell<Counts> = const { Cell::new(Counts { allocations: 0, bytes: 0 }) };
}

/// The system's allocator, counting by thread. To be a test binary's `#[global_allocator]`.
#[derive(Clone, Copy, Debug)]
pub struct Counting;

// SAFETY: every call goes to the system's allocator as it came; the counter allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(new_size);
        unsafe { System.realloc(block, layout, new_size) }
    }
}

/// What `run` allocates in this thread. All zero unless [`Counting`] is the global allocator:
/// a test of zeros first shows that the counter counts (see [`assert_counting`]).
pub fn count<T>(run: impl FnOnce() -> T) -> (T, Counts) {
    let before = COUNTS.get();
    let value = run();
    let after = COUNTS.get();
    let counts = Counts {
        allocations: after.allocations - before.allocations,
        bytes: after.bytes - before.bytes,
    };
    (value, counts)
}

/// Fails unless the counter counts.
pub fn assert_counting() {
    let (block, counts) = count(|| std::hint::black_box(vec![0_u8; 64]));
    assert_eq!(counts, Counts { allocations: 1, bytes: 64 }, "`Counting` is not the allocator");
    drop(block);
}

fn note(bytes: usize) {
    // A thread that is being torn down has no counter any more, and nobody who asks for it.
    let _ = COUNTS.try_with(|cell| {
        let counts = cell.get();
        cell.set(Counts {
            allocations: counts.allocations + 1,
            bytes: counts.bytes + bytes as u64,
        });
    });
}
