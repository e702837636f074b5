//! The counting allocator, behind a switch: off, it costs one load, so that times and instruction
//! counts are those of the system's allocator.
#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

/// To be the `#[global_allocator]` of what measures allocations.
#[derive(Clone, Copy, Debug)]
pub struct Switched;

static ON: AtomicBool = AtomicBool::new(false);

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// How often `run` has a block made, grown or shrunk in this thread; zero unless [`Switched`] is
/// the global allocator.
pub fn counted(run: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    ON.store(true, Ordering::Relaxed);
    run();
    ON.store(false, Ordering::Relaxed);
    ALLOCATIONS.get() - before
}

fn note() {
    if ON.load(Ordering::Relaxed) {
        // A thread that is being torn down has no counter any more, and nobody who asks for it.
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
    }
}

// SAFETY: every call goes to the system's allocator as it came; the counter allocates nothing.
unsafe impl GlobalAlloc for Switched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note();
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note();
        unsafe { System.realloc(block, layout, new_size) }
    }
}
