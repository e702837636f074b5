//! The counting allocator, behind a switch: off, it costs one load, so that times and instruction
//! counts are those of the system's allocator.
#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, Ordering};

use rempart_testing::alloc::{Counting, Counts, count};

/// To be the `#[global_allocator]` of what measures allocations.
#[derive(Clone, Copy, Debug)]
pub struct Switched;

static ON: AtomicBool = AtomicBool::new(false);

/// What `run` allocates in this thread; zero unless [`Switched`] is the global allocator.
pub fn counted(run: impl FnOnce()) -> Counts {
    ON.store(true, Ordering::Relaxed);
    let ((), counts) = count(run);
    ON.store(false, Ordering::Relaxed);
    counts
}

// SAFETY: both allocators take blocks from the system's, so either may end what the other began.
unsafe impl GlobalAlloc for Switched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if ON.load(Ordering::Relaxed) {
            unsafe { Counting.alloc(layout) }
        } else {
            unsafe { System.alloc(layout) }
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if ON.load(Ordering::Relaxed) {
            unsafe { Counting.alloc_zeroed(layout) }
        } else {
            unsafe { System.alloc_zeroed(layout) }
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if ON.load(Ordering::Relaxed) {
            unsafe { Counting.realloc(block, layout, new_size) }
        } else {
            unsafe { System.realloc(block, layout, new_size) }
        }
    }
}
