//! A module's global state.

use core::cell::UnsafeCell;

/// A value that one processor uses, one call at a time. Services are reentrant only where an event's
/// notification or a handler calls back; code that does so must not hold a reference over the call.
pub struct Global<T>(UnsafeCell<T>);

// SAFETY: boot phases run on one processor; so do SMI handlers, while the others wait. What several
// processors use at a time is atomic.
unsafe impl<T> Sync for Global<T> {}

impl<T> Global<T> {
    pub const fn new(value: T) -> Self {
        Global(UnsafeCell::new(value))
    }

    pub const fn as_ptr(&self) -> *mut T {
        self.0.get()
    }

    /// The value, to be used up before anything else that uses it is called.
    #[expect(clippy::mut_from_ref, reason = "this is what the type is for")]
    pub fn get(&self) -> &mut T {
        // SAFETY: one processor, and the rule above.
        unsafe { &mut *self.0.get() }
    }
}
