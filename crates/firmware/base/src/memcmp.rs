//! compiler_builtins' memcmp is 575 bytes long, for speed; what compares names and GUIDs has no use for it.

/// # Safety
/// Both have `length` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, length: usize) -> i32 {
    for nth in 0..length {
        // SAFETY: the caller's promise.
        let (a, b) = unsafe { (*a.add(nth), *b.add(nth)) };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
    }
    0
}
