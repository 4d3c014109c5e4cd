//! Expectations typed from the datasheet, and from what QEMU 7.2 answers.

use super::*;
use trace::Silent;

fn write(mch: &mut Mch, offset: u16, size: u8, value: u64) {
    let mut sink = Silent;
    mch.config_write(&mut Cx { now: 0, cpu: 0, smm: false, all_smm: false, sink: &mut sink }, offset, size, value);
}

fn mch(silicon: Silicon) -> Mch {
    Mch::new(silicon, 16 << 20, 16)
}

const BOTH: [Silicon; 2] = [Silicon::Ich9, Silicon::Qemu];

#[test]
fn registers_hold_what_the_table_of_resets_and_writes_says() {
    // offset, size, reset, value after all ones: datasheet, QEMU
    for (at, size, ich9, qemu) in [
        (0x00, 4, [0x29c0_8086, 0x29c0_8086], [0x29c0_8086, 0x29c0_8086]),
        (0x08, 4, [0x0600_0000, 0x0600_0000], [0x0600_0000, 0x0600_0000]),
        (0x50, 2, [0, 0], [0x10, 0x10]),
        (0x60, 4, [0xe000_0000, 0xfc00_0007], [0xb000_0000, 0xffff_ffff]),
        (0x90, 1, [0, 0x30], [0, 0xff]),
        (0x91, 1, [0, 0x33], [0, 0xff]),
        (0x9d, 1, [0x02, 0x3a], [0x02, 0x3a]),
        (0x9e, 1, [0x38, 0xbf], [0x38, 0xbf]),
        (0xac, 4, [0, 0xfff0_0000], [0, 0xffff_ffff]),
        (0xb0, 2, [0x10, 0xfff0], [0, 0xffff]),
    ] {
        for (silicon, [reset, full]) in BOTH.into_iter().zip([ich9, qemu]) {
            let mut m = mch(silicon);
            assert_eq!(m.config_read(at, size), reset, "{silicon:?} {at:x} reset");
            write(&mut m, at, size, u64::MAX);
            assert_eq!(m.config_read(at, size), full, "{silicon:?} {at:x} written");
        }
    }
}

#[test]
fn d_open_is_settable_until_d_lck_clears_it_for_good() {
    for silicon in BOTH {
        let mut m = mch(silicon);
        write(&mut m, at::SMRAM, 1, 0x4a);
        assert_eq!(m.config_read(at::SMRAM, 1), 0x4a);
        assert!(m.memory_map(true).aseg.open);
        write(&mut m, at::SMRAM, 1, 0x5a);
        assert_eq!(m.config_read(at::SMRAM, 1), 0x1a);
        write(&mut m, at::SMRAM, 1, 0x4a);
        assert_eq!(m.config_read(at::SMRAM, 1), 0x1a);
        write(&mut m, at::SMRAM, 1, 0x22);
        assert_eq!(m.config_read(at::SMRAM, 1), 0x3a, "D_CLS stays writable");
        m.reset();
        assert_eq!(m.config_read(at::SMRAM, 1), 0x02);
    }
}

#[test]
fn d_lck_freezes_esmramc_and_on_silicon_tsegmb() {
    for (silicon, tsegmb) in [(Silicon::Ich9, 0x00e0_0000), (Silicon::Qemu, 0x0100_0000)] {
        let mut m = mch(silicon);
        write(&mut m, at::TSEGMB, 4, 0x00e0_0000);
        write(&mut m, at::ESMRAMC, 1, 0x01);
        write(&mut m, at::SMRAM, 1, 0x1a);
        write(&mut m, at::ESMRAMC, 1, 0x86);
        write(&mut m, at::TSEGMB, 4, 0x0100_0000);
        assert_eq!(m.config_read(at::ESMRAMC, 1), 0x39);
        assert_eq!(m.config_read(at::TSEGMB, 4), tsegmb, "{silicon:?}");
    }
}

#[test]
fn without_g_smrame_the_lock_acts_on_qemu_only() {
    for (silicon, after) in [(Silicon::Ich9, 0x52), (Silicon::Qemu, 0x12)] {
        let mut m = mch(silicon);
        write(&mut m, at::SMRAM, 1, 0x50);
        assert_eq!(m.config_read(at::SMRAM, 1), after, "{silicon:?}");
        assert!(!m.memory_map(true).aseg.open, "{silicon:?}");
        write(&mut m, at::SMRAM, 1, 0x48);
        let sticky = m.config_read(at::SMRAM, 1) & 0x50;
        assert_eq!(sticky, 0x10, "{silicon:?}: D_LCK stays, D_OPEN goes");
    }
}

#[test]
fn tseg_is_where_tsegmb_says_on_silicon_and_below_the_end_of_ram_on_qemu() {
    for (size, mib) in [(0u64, 1u64), (1, 2), (2, 8)] {
        let expected = [(Silicon::Ich9, 0x0060_0000), (Silicon::Qemu, (16 - mib) << 20)];
        for (silicon, base) in expected {
            let mut m = mch(silicon);
            write(&mut m, at::TSEGMB, 4, 0x0060_0000);
            write(&mut m, at::ESMRAMC, 1, 0x39 | size << 1);
            assert_eq!(m.memory_map(true).tseg, None, "needs G_SMRAME");
            write(&mut m, at::SMRAM, 1, 0x0a);
            assert_eq!(m.memory_map(true).tseg, Some((base, mib << 20)), "{silicon:?}");
        }
    }
}

#[test]
fn tseg_size_3_is_reserved_on_silicon_and_16_mib_on_qemu() {
    for (silicon, tseg) in [(Silicon::Ich9, None), (Silicon::Qemu, Some((0, 16 << 20)))] {
        let mut m = mch(silicon);
        write(&mut m, at::SMRAM, 2, 0x3f0a);
        assert_eq!(m.memory_map(true).tseg, tseg);
    }
}

#[test]
fn hseg_takes_the_place_of_the_compatible_segment() {
    let mut m = mch(Silicon::Ich9);
    write(&mut m, at::SMRAM, 2, 0xb82a);
    let map = m.memory_map(true);
    assert!(map.hseg && !map.aseg.enabled && map.aseg.closed_data);
}

#[test]
fn pam_fields_open_their_segment_for_reading_and_writing() {
    let mut m = mch(Silicon::Ich9);
    write(&mut m, 0x90, 1, 0x10);
    write(&mut m, 0x91, 1, 0x21);
    write(&mut m, 0x96, 1, 0x32);
    let pam = m.memory_map(true).pam;
    let set: Vec<_> = (0..13).filter(|&i| pam[i] != Pam::default()).collect();
    assert_eq!(set, [0, 1, 10, 11, 12]);
    assert_eq!(pam[12], Pam { read: true, write: false });
    assert_eq!(pam[0], Pam { read: true, write: false });
    assert_eq!(pam[1], Pam { read: false, write: true });
    assert_eq!(pam[10], Pam { read: false, write: true });
    assert_eq!(pam[11], Pam { read: true, write: true });
}

#[test]
fn pciexbar_length_decides_how_much_of_the_base_counts() {
    for (value, window) in [
        (0xb000_0000, None),
        (0xb000_0001, Some((0xb000_0000, 256 << 20))),
        (0xbc00_0003, Some((0xb800_0000, 128 << 20))),
        (0xbc00_0005, Some((0xbc00_0000, 64 << 20))),
        (0xbc00_0007, None),
        (0xf_c000_0001, Some((0xf_c000_0000, 256 << 20))),
    ] {
        let mut m = mch(Silicon::Ich9);
        write(&mut m, at::PCIEXBAR, 8, value);
        assert_eq!(m.pciexbar(), window, "{value:x}");
    }
}

#[test]
fn smram_at_smbase_obeys_ff_then_02_and_nothing_else() {
    let mut m = mch(Silicon::Qemu);
    for (written, read) in [(0x55, 0), (2, 0), (0xff, 1), (0, 1), (0x55, 1), (2, 2), (0, 2), (0xff, 2)] {
        write(&mut m, at::SMBASE_SMRAM, 1, written);
        assert_eq!(m.config_read(at::SMBASE_SMRAM, 1), read, "after {written:x}");
        assert_eq!(m.memory_map(true).smbase_smram, read == 2);
    }
    m.reset();
    assert!(!m.memory_map(true).smbase_smram);
}

#[test]
fn the_extended_tseg_size_answers_a_query_on_qemu() {
    let mut m = mch(Silicon::Qemu);
    write(&mut m, at::EXT_TSEG, 2, 0xffff);
    assert_eq!(m.config_read(at::EXT_TSEG, 2), 0x10);
    write(&mut m, at::EXT_TSEG, 2, 0x1234);
    assert_eq!(m.config_read(at::EXT_TSEG, 2), 0x1234);
}
