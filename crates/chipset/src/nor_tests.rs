use super::*;

const SIZE: usize = 128 << 10;

fn part() -> Nor {
    Nor::new(&(0..SIZE).map(|i| (i * 7) as u8).collect::<Vec<_>>())
}

fn send(nor: &mut Nor, now: u64, opcode: u8, at: u64, data: &[u8]) {
    nor.command(now, op::WREN, 0, &[], 0);
    nor.command(now, opcode, at, data, 0);
}

fn status(nor: &mut Nor, now: u64) -> Status {
    Status::from_bits(nor.command(now, op::RDSR, 0, &[], 1)[0])
}

#[test]
fn a_program_clears_bits_after_its_time_and_needs_the_write_enable_latch() {
    let mut nor = part();
    nor.command(0, op::PP, 0x100, &[0], 0);
    assert_eq!(nor.busy_until(), None, "no WREN");
    send(&mut nor, 0, op::PP, 0x101, &[0xf0, 0xff]);
    let until = nor.busy_until().expect("it takes time");
    assert_eq!(until, time::FIRST_BYTE + time::NEXT_BYTE);
    assert!(status(&mut nor, until - 1).wip() && status(&mut nor, until - 1).wel());
    assert_eq!(nor.byte(0x101), (0x101u32 * 7) as u8);
    assert_eq!(status(&mut nor, until), Status::new(), "done, and the latch is down");
    assert_eq!((nor.byte(0x101), nor.byte(0x102)), ((0x101u32 * 7) as u8 & 0xf0, (0x102u32 * 7) as u8));
}

#[test]
fn a_program_wraps_within_its_page_and_keeps_the_last_256_bytes() {
    let mut nor = Nor::new(&[0xff; SIZE]);
    send(&mut nor, 0, op::PP, 0x1fe, &[1, 2, 3]);
    nor.advance(time::PAGE);
    assert_eq!([0x1fe, 0x1ff, 0x100, 0x200].map(|at| nor.byte(at)), [1, 2, 3, 0xff]);
    let long: Vec<u8> = (0..=256).map(|i| (i / 2) as u8).collect();
    send(&mut nor, time::PAGE, op::PP, 0x400, &long);
    nor.advance(2 * time::PAGE);
    assert_eq!((nor.byte(0x400), nor.byte(0x4ff)), (0, 128));
}

#[test]
fn erases_take_their_sector_block_or_part_and_count_as_wear() {
    for (opcode, from, len, takes) in [
        (op::SE, 0x3000, SECTOR, time::SECTOR),
        (op::BE, 0x1_0000, BLOCK, time::BLOCK),
        (op::CE, 0, SIZE as u64, time::MEBIBYTE),
    ] {
        let mut nor = part();
        send(&mut nor, 5, opcode, from + 0x123, &[]);
        assert_eq!(nor.busy_until(), Some(5 + takes));
        nor.advance(5 + takes);
        for at in 0..SIZE as u64 {
            let inside = (from..from + len).contains(&at);
            assert_eq!(nor.byte(at), if inside { 0xff } else { (at * 7) as u8 }, "{opcode:x} {at:x}");
        }
        let worn: u64 = nor.wear().iter().map(|count| u64::from(*count) * SECTOR).sum();
        assert_eq!(worn, len);
    }
}

#[test]
fn a_busy_part_answers_its_status_and_nothing_else() {
    let mut nor = part();
    send(&mut nor, 0, op::SE, 0, &[]);
    assert_eq!(nor.command(1, op::READ, 0x2000, &[], 2), [0xff, 0xff]);
    send(&mut nor, 1, op::PP, 0x2000, &[0]);
    nor.advance(time::SECTOR);
    assert_eq!((nor.busy_until(), nor.byte(0x2001)), (None, (0x2001u32 * 7) as u8));
    assert_eq!(nor.command(time::SECTOR, op::READ, 0x2001, &[], 1), [(0x2001u32 * 7) as u8]);
    assert_eq!(nor.command(time::SECTOR, op::RDID, 0, &[], 3), [0xef, 0x40, 17]);
}

#[test]
fn block_protection_holds_the_top_or_the_bottom_of_the_part() {
    // BP = 5: a quarter of the part, 128 KiB / 128 * 32.
    for (register, protected, free) in [(0x14, 0x1_8000, 0x1_7fff), (0x34, 0x7fff, 0x8000), (0x1c, 0, 0x20000)] {
        let mut nor = part();
        send(&mut nor, 0, op::WRSR, 0, &[register]);
        let now = time::STATUS;
        assert_eq!(status(&mut nor, now).into_bits(), register);
        for opcode in [op::PP, op::SE] {
            send(&mut nor, now, opcode, protected, &[0]);
            assert_eq!(nor.busy_until(), None, "{register:x}");
        }
        if free < SIZE as u64 {
            send(&mut nor, now, op::PP, free, &[0]);
            assert!(nor.busy_until().is_some(), "{register:x}");
        }
    }
}

/// Power goes at every moment of a program: each bit is what it was or what it should become, and
/// nothing beside the bytes to be programmed changes.
#[test]
fn a_program_cut_short_leaves_some_of_its_bits_programmed() {
    let data: Vec<u8> = (0..64).map(|i| (i * 37) as u8).collect();
    let takes = time::FIRST_BYTE + time::NEXT_BYTE * 63;
    let mut partial = 0;
    for cut in (0..=takes).step_by(997).chain([takes]) {
        let mut nor = part();
        send(&mut nor, 0, op::PP, 0x1040, &data);
        nor.power_cut(cut);
        let mut done = 0;
        for at in 0..SIZE as u64 {
            let old = (at * 7) as u8;
            let i = at.wrapping_sub(0x1040) as usize;
            let target = data.get(i).map_or(old, |byte| old & byte);
            let byte = nor.byte(at);
            assert_eq!((byte & !old, target & !byte), (0, 0), "at {at:x}, cut at {cut}");
            done += u32::from(byte != old && byte == target);
            partial += u32::from(byte != old && byte != target);
        }
        assert_eq!(status(&mut nor, cut), Status::new(), "the latch is down, nothing is in progress");
        assert!(cut != takes || done > 32, "a program that is done is done");
    }
    assert!(partial > 100, "bytes are left half done, too");
}

/// Power goes during an erase: the sector holds anything, its neighbours what they held; it is worn all
/// the same, and the next erase makes it good.
#[test]
fn an_erase_cut_short_leaves_its_sector_undefined_and_nothing_else() {
    let mut seen = std::collections::HashSet::new();
    for cut in (0..time::SECTOR).step_by(1_999_993) {
        let mut nor = part();
        send(&mut nor, 0, op::SE, 0x2000, &[]);
        nor.power_cut(cut);
        let sector: Vec<u8> = (0x2000..0x3000).map(|at| nor.byte(at)).collect();
        for at in (0..0x2000).chain(0x3000..SIZE as u64) {
            assert_eq!(nor.byte(at), (at * 7) as u8, "at {at:x}, cut at {cut}");
        }
        assert_eq!(nor.wear()[2], 1);
        seen.insert(sector);
        send(&mut nor, cut, op::SE, 0x2000, &[]);
        nor.advance(cut + time::SECTOR);
        assert!((0x2000..0x3000).all(|at| nor.byte(at) == 0xff));
    }
    assert!(seen.len() > 20, "each moment leaves something of its own");
}

#[test]
fn the_status_register_is_kept_without_power_and_written_in_one_go() {
    let mut nor = part();
    send(&mut nor, 0, op::WRSR, 0, &[0x1c]);
    nor.power_cut(time::STATUS - 1);
    assert_eq!(status(&mut nor, time::STATUS).into_bits(), 0);
    send(&mut nor, 0, op::WRSR, 0, &[0x1c]);
    nor.power_cut(time::STATUS);
    assert_eq!(status(&mut nor, time::STATUS).into_bits(), 0x1c);
}
