//! Rust's allocator, on top of whatever pool the module's phase offers. SEC and PEI have none.

use crate::Global;
use core::alloc::{GlobalAlloc, Layout};

/// Pool services of the phase; blocks are aligned to 16 bytes.
#[derive(Clone, Copy)]
pub struct Pool {
    pub allocate: fn(usize) -> *mut u8,
    pub free: fn(*mut u8),
}

static POOL: Global<Option<Pool>> = Global::new(None);

/// From now on `alloc` works.
pub fn use_pool(pool: Pool) {
    *POOL.get() = Some(pool);
}

#[cfg_attr(not(target_os = "none"), expect(dead_code, reason = "the host has an allocator"))]
struct Heap;

// SAFETY: the pool's blocks are disjoint and aligned; a larger alignment is refused.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match *POOL.get() {
            Some(pool) if layout.align() <= 16 => (pool.allocate)(layout.size()),
            _ => core::ptr::null_mut(),
        }
    }
    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        if let Some(pool) = *POOL.get() {
            (pool.free)(block);
        }
    }
}

#[cfg(target_os = "none")]
#[global_allocator]
static HEAP: Heap = Heap;
