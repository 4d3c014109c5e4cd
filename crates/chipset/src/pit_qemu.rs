//! How QEMU's 8254 counts (hw/timer/i8254_common.c, 7.2): in binary only, whether the gate is open or not, from
//! the moment at which a count was written. In mode 2 the output is high for one tick. Modes 6 and 7 aren't 2 and
//! 3: the counter reads as in mode 2, the output is that of mode 0.

/// What the counter reads `passed` ticks behind the load.
pub fn counter(mode: u8, count: u64, passed: u64) -> u16 {
    let value = match mode {
        2 | 6 | 7 => count - passed % count,
        3 => count - passed * 2 % count,
        _ => count.wrapping_sub(passed),
    };
    value as u16
}

pub fn output(mode: u8, count: u64, passed: u64) -> bool {
    match mode {
        0 | 6 | 7 => passed >= count,
        1 => passed < count,
        2 => passed.is_multiple_of(count) && passed != 0,
        3 => passed % count < count.div_ceil(2),
        _ => passed == count,
    }
}

/// The tick at which the output changes next.
pub fn changes_at(mode: u8, count: u64, passed: u64) -> Option<u64> {
    let (round, half) = (passed - passed % count, count.div_ceil(2));
    match mode {
        0 | 1 | 6 | 7 => (passed < count).then_some(count),
        2 if passed == round && passed != 0 => Some(round + 1),
        2 => Some(round + count),
        3 if passed - round < half => Some(round + half),
        3 => Some(round + count),
        _ if passed < count => Some(count),
        _ => (passed == count).then_some(count + 1),
    }
}
