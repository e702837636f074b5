//! Counts what a piece of code allocates, exactly; and keeps what it lets go of, to look for
//! secrets in it.
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
use std::cell::{Cell, RefCell};

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
    static FREED: Cell<u64> = const { Cell::new(0) };
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
        let _ = FREED.try_with(|cell| cell.set(cell.get() + layout.size() as u64));
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(new_size);
        let _ = FREED.try_with(|cell| cell.set(cell.get() + layout.size() as u64));
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

/// How many bytes this thread has allocated and not freed, all its life long; less than none if it
/// frees what others have allocated.
pub fn live() -> i64 {
    COUNTS.get().bytes.cast_signed() - FREED.get().cast_signed()
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

/// The system's allocator, keeping the content of freed blocks while [`freed`] runs. To be a test
/// binary's `#[global_allocator]`.
///
/// ```
/// use rempart_testing::alloc::{Scanning, freed};
///
/// #[global_allocator]
/// static ALLOCATOR: Scanning = Scanning;
///
/// let (_, freed) = freed(|| drop(String::from("made-up-planted-leak")));
/// assert_eq!(freed.holding(b"made-up-planted-leak"), 1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Scanning;

// SAFETY: every block comes from the system's allocator, by the layout under which it goes back.
unsafe impl GlobalAlloc for Scanning {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // In zeros, so that no block is blamed for what another one left behind.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is of this size, was initialised with zeros, and nobody else has it.
        let content = unsafe { std::slice::from_raw_parts(block, layout.size()) };
        keep(content);
        unsafe { System.dealloc(block, layout) }
    }

    // `realloc` is the provided one: a new block, a copy, and the old one freed as above. What the
    // system's would do, and leave behind, by its own choice is so always seen.
}

/// What was in the blocks that were freed.
#[derive(Debug, Default)]
pub struct Freed {
    blocks: Vec<Vec<u8>>,
}

impl Freed {
    /// How many blocks held a part of `secret`: any 8 bytes of it on end, its letters in either
    /// case.
    pub fn holding(&self, secret: &[u8]) -> usize {
        assert!(secret.len() >= PART, "any block may hold so short a text");
        let secret = secret.to_ascii_lowercase();
        let held = |block: &&Vec<u8>| {
            let block = block.to_ascii_lowercase();
            secret.windows(PART).any(|part| memchr::memmem::find(&block, part).is_some())
        };
        self.blocks.iter().filter(held).count()
    }

    /// How many blocks there were.
    pub fn blocks(&self) -> usize {
        self.blocks.len()
    }
}

/// Runs `run`, and keeps what this thread frees meanwhile. Nothing is kept unless [`Scanning`] is
/// the global allocator: a test that finds nothing first plants something.
pub fn freed<T>(run: impl FnOnce() -> T) -> (T, Freed) {
    KEEPING.set(true);
    let value = run();
    KEEPING.set(false);
    (value, Freed { blocks: KEPT.take() })
}

thread_local! {
    static KEEPING: Cell<bool> = const { Cell::new(false) };
    static KEPT: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

fn keep(content: &[u8]) {
    // A thread that is being torn down keeps nothing any more.
    if KEEPING.try_with(Cell::get).unwrap_or(false) {
        // The copy is not to keep itself.
        KEEPING.set(false);
        let _ = KEPT.try_with(|kept| kept.borrow_mut().push(content.to_vec()));
        KEEPING.set(true);
    }
}

/// Long enough that no block holds it by chance.
const PART: usize = 8;
