//! Expectations typed from the datasheet; the part's answers are looked at in its array.

use super::*;
use trace::Silent;

const MIB: usize = 1 << 20;
/// The BIOS region of the part that the board makes for 1 MiB of image.
const BIOS: u64 = MIB as u64;
const READ: u64 = 1;
const WRITE: u64 = 5;
const ERASE: u64 = 7;
const FCERR: u64 = 2;
const AEL: u64 = 4;

struct Bench {
    spi: Spi,
    nor: Nor,
    now: u64,
    bios_cntl: BiosCntl,
    smm: bool,
    all_smm: bool,
}

impl Bench {
    /// BIOSWE set, erases by 20h, 64 bytes at once.
    fn new() -> Self {
        let nor = Nor::new(&crate::descriptor::chip(&vec![0x5a; MIB]));
        let (spi, bios_cntl) = (Spi::new(&nor), BiosCntl::new().with_bioswe(true));
        let mut bench = Bench { spi, nor, now: 0, bios_cntl, smm: false, all_smm: false };
        bench.write(at::UVSCC, 4, 0x2005);
        bench
    }
    fn write(&mut self, offset: u16, size: u8, value: u64) {
        let cx = &mut Cx { now: self.now, cpu: 0, smm: self.smm, all_smm: self.all_smm, sink: &mut Silent };
        self.spi.write(cx, &mut self.nor, self.bios_cntl, offset, size, value);
    }
    fn read(&self, offset: u16, size: u8) -> u64 {
        self.spi.read(offset, size)
    }
    fn wait(&mut self) {
        while let Some(at) = self.spi.deadline(&self.nor) {
            self.now = self.now.max(at);
            let cx = &mut Cx { now: self.now, cpu: 0, smm: false, all_smm: false, sink: &mut Silent };
            self.spi.advance(cx, &mut self.nor);
        }
    }
    /// HSFS's low bits after one hardware sequence.
    fn hardware(&mut self, cycle: u64, at: u64, len: u64) -> u64 {
        self.write(at::HSFS, 2, 7);
        self.write(at::FADDR, 4, at);
        self.write(at::HSFC, 2, cycle | (len - 1) << 8);
        self.wait();
        self.read(at::HSFS, 2) & 7
    }
    fn software(&mut self, ssfc: u64, at: u64) -> u64 {
        self.write(at::SSFS, 1, 0xff);
        self.write(at::FADDR, 4, at);
        self.write(at::SSFC, 3, ssfc | 2);
        self.wait();
        self.read(at::SSFS, 1) & 0x0c
    }
}

#[test]
fn the_descriptor_shows_in_regions_rights_and_fdod() {
    let bench = Bench::new();
    assert_eq!(bench.read(at::HSFS, 2) & 0xe000, 0x6000, "FDV, FDOPSS");
    assert_eq!((bench.read(at::FREG, 4), bench.read(at::FREG + 4, 4)), (0, 0x01ff_0100));
    assert_eq!((bench.read(at::BFPR, 4), bench.read(at::FRAP, 4)), (0x01ff_0100, 0x0203));
    let mut bench = Bench::new();
    bench.write(at::FDOC, 4, 0);
    assert_eq!(bench.read(at::FDOD, 4), 0x0ff0_a55a);
    bench.write(at::FDOC, 4, 0x2004);
    assert_eq!(bench.read(at::FDOD, 4), 0x01ff_0100);
    bench.write(at::FDOC, 4, 0x7ffc);
    assert_eq!(bench.read(at::FDOD, 4), 0);
}

#[test]
fn hardware_sequencing_writes_reads_and_erases_and_takes_its_time() {
    let mut bench = Bench::new();
    bench.write(at::FDATA, 8, 0x8877_6655_4433_2200);
    bench.write(at::FADDR, 4, BIOS + 0x1000);
    bench.write(at::HSFC, 2, WRITE | 3 << 8);
    assert_eq!(bench.read(at::HSFS, 2) & 0x27, 0x20, "SCIP");
    assert_eq!(bench.nor.byte(BIOS + 0x1000), 0x5a);
    bench.wait();
    assert!(bench.now > crate::nor::time::FIRST_BYTE);
    assert_eq!(bench.read(at::HSFS, 2) & 0x27, 1, "FDONE");
    assert_eq!([0, 1, 3, 4].map(|i| bench.nor.byte(BIOS + 0x1000 + i)), [0, 0x5a & 0x22, 0x5a & 0x44, 0x5a]);
    bench.write(at::FDATA, 8, 0);
    assert_eq!(bench.hardware(READ, BIOS + 0x1001, 2), 1);
    assert_eq!(bench.read(at::FDATA, 4), 0x1202);
    let before = bench.now;
    assert_eq!(bench.hardware(ERASE, BIOS + 0x1234, 1), 1);
    assert!(bench.now - before >= crate::nor::time::SECTOR);
    assert_eq!([0xfff, 0x1000, 0x1fff, 0x2000].map(|at| bench.nor.byte(BIOS + at)), [0x5a, 0xff, 0xff, 0x5a]);
}

#[test]
fn berase_follows_vscc_and_without_an_erase_opcode_nothing_is_erased() {
    let mut bench = Bench::new();
    for (uvscc, berase) in [(0x2005, 1), (0xd807, 3), (0, 0)] {
        bench.write(at::UVSCC, 4, uvscc);
        assert_eq!(bench.read(at::HSFS, 2) >> 3 & 3, berase);
    }
    assert_eq!(bench.hardware(ERASE, BIOS, 1), 1);
    assert_eq!(bench.nor.byte(BIOS), 0x5a);
    bench.write(at::UVSCC, 4, 0xd807);
    bench.hardware(ERASE, BIOS + 0x1_2345, 1);
    assert_eq!([0xffff, 0x1_0000, 0x1_ffff].map(|at| bench.nor.byte(BIOS + at)), [0x5a, 0xff, 0xff]);
}

#[test]
fn without_wg_bytes_go_one_by_one_and_wsr_clears_the_parts_protection() {
    let mut bench = Bench::new();
    bench.write(at::FDATA, 2, 0);
    bench.write(at::UVSCC, 4, 0x2001);
    bench.hardware(WRITE, BIOS, 2);
    assert!(bench.now > 2 * crate::nor::time::FIRST_BYTE);
    assert_eq!([0, 1, 2].map(|i| bench.nor.byte(BIOS + i)), [0, 0, 0x5a]);
    for (wsr, byte) in [(0x2005, 0x5a), (0x201d, 0)] {
        bench.nor.command(bench.now, op::WREN, 0, &[], 0);
        bench.nor.command(bench.now, op::WRSR, 0, &[0x1c], 0);
        bench.wait();
        bench.write(at::UVSCC, 4, wsr);
        bench.hardware(WRITE, BIOS + 0x100, 1);
        assert_eq!(bench.nor.byte(BIOS + 0x100), byte, "{wsr:x}");
    }
}

/// Descriptor, protected ranges and BIOS_CNTL each refuse by themselves.
#[test]
fn every_protection_refuses_by_itself() {
    type Setup = fn(&mut Bench);
    let none: Setup = |_| ();
    let pr0 = |value: u64| move |bench: &mut Bench| bench.write(at::PR, 4, value);
    let wpe = pr0(0x8101_0101);
    let rpe = pr0(0x0101_8101);
    for (what, setup, cycle, at, len, refused) in [
        ("write BIOS", none, WRITE, BIOS, 1, false),
        ("write descriptor", none, WRITE, 0, 1, true),
        ("read descriptor", none, READ, 0, 64, false),
        ("read outside all regions", none, READ, 0x1000, 1, true),
        ("read across a region's end", none, READ, 0xffe, 4, true),
        ("read beyond the part", none, READ, 0x1f_ffff, 2, true),
        ("no BIOSWE", |b: &mut Bench| b.bios_cntl.set_bioswe(false), WRITE, BIOS, 1, true),
        ("no BIOSWE, read", |b: &mut Bench| b.bios_cntl.set_bioswe(false), READ, BIOS, 1, false),
        ("no BIOSWE, erase", |b: &mut Bench| b.bios_cntl.set_bioswe(false), ERASE, BIOS, 1, true),
        ("SMM_BWP outside SMM", |b: &mut Bench| b.bios_cntl.set_smm_bwp(true), WRITE, BIOS, 1, true),
    ] {
        let mut bench = Bench::new();
        setup(&mut bench);
        let expected = if refused { FCERR | AEL } else { 1 };
        assert_eq!(bench.hardware(cycle, at, len), expected, "{what}");
    }
    for (what, cycle, at, len, by_wpe, by_rpe) in [
        ("block before", WRITE, BIOS + 0xfff, 1, false, false),
        ("first byte of the range", WRITE, BIOS + 0x1000, 1, true, false),
        ("last byte", WRITE, BIOS + 0x1fff, 1, true, false),
        ("into the range", WRITE, BIOS + 0xfff, 2, true, false),
        ("erase", ERASE, BIOS + 0x1800, 1, true, false),
        ("read", READ, BIOS + 0x1fff, 1, false, true),
        ("block behind", READ, BIOS + 0x2000, 1, false, false),
    ] {
        let mut bench = Bench::new();
        wpe(&mut bench);
        assert_eq!(bench.hardware(cycle, at, len) & AEL != 0, by_wpe, "WPE: {what}");
        let mut bench = Bench::new();
        rpe(&mut bench);
        assert_eq!(bench.hardware(cycle, at, len) & AEL != 0, by_rpe, "RPE: {what}");
    }
}

#[test]
fn smm_bwp_wants_smm_on_all_processors_and_bioswe() {
    for (smm, all_smm, bioswe, lands) in
        [(true, true, true, true), (true, false, true, false), (false, false, true, false), (true, true, false, false)]
    {
        let mut bench = Bench::new();
        bench.bios_cntl = BiosCntl::new().with_bioswe(bioswe).with_smm_bwp(true);
        (bench.smm, bench.all_smm) = (smm, all_smm);
        bench.write(at::FDATA, 4, 0);
        bench.hardware(WRITE, BIOS, 4);
        assert_eq!(bench.nor.byte(BIOS) == 0, lands);
    }
}

#[test]
fn flockdn_freezes_what_the_datasheet_lists_and_nothing_else() {
    let registers = [
        (at::FRAP, 4, 0xffff_0203, true),
        (at::PR, 4, 0x9fff_9fff, true),
        (at::PR + 16, 4, 0x9fff_9fff, true),
        (at::PREOP, 2, 0xffff, true),
        (at::OPTYPE, 2, 0xffff, true),
        (at::OPMENU, 8, u64::MAX, true),
        (at::BBAR, 4, 0x00ff_ff00, true),
        (at::FADDR, 4, 0x01ff_ffff, false),
        (at::FDATA, 4, 0xffff_ffff, false),
        (at::FDOC, 4, 0x7ffc, false),
        (at::HSFC, 2, 0xbf06, false),
        (at::UVSCC, 4, 0xff1f, false),
    ];
    for locked in [false, true] {
        let mut bench = Bench::new();
        if locked {
            bench.write(at::HSFS, 2, 0x8000);
            bench.write(at::HSFS, 2, 0);
            assert_eq!(bench.read(at::HSFS, 2) >> 15, 1, "set once");
        }
        for (at, size, full, freezes) in registers {
            let before = bench.read(at, size);
            bench.write(at, size, !u64::from(at == at::HSFC));
            let expected = if locked && freezes { before } else { full };
            assert_eq!(bench.read(at, size), expected, "{at:x} {locked}");
        }
        bench.write(at::SSFC, 3, 0x07_0000);
        assert_eq!(bench.read(at::SSFC, 3), if locked { 0 } else { 0x07_0000 }, "SCF");
        bench.spi.reset(&bench.nor);
        assert_eq!(bench.read(at::HSFS, 2) >> 15, 0);
    }
}

#[test]
fn vcl_freezes_both_vsccs() {
    let mut bench = Bench::new();
    bench.write(at::LVSCC, 4, 0x80_2005);
    bench.write(at::LVSCC, 4, 0);
    bench.write(at::UVSCC, 4, 0);
    assert_eq!((bench.read(at::LVSCC, 4), bench.read(at::UVSCC, 4)), (0x80_2005, 0x2005));
}

#[test]
fn a_cycle_register_written_while_a_cycle_runs_is_refused_with_fcerr() {
    let mut bench = Bench::new();
    bench.write(at::FADDR, 4, BIOS);
    bench.write(at::HSFC, 2, ERASE);
    bench.write(at::FADDR, 4, 0);
    assert_eq!((bench.read(at::HSFS, 2) & 0x22, bench.read(at::FADDR, 4)), (0x22, BIOS));
    bench.wait();
    assert_eq!(bench.nor.byte(BIOS), 0xff);
}

/// OPMENU: 0 = 05h read status, 1 = 06h, 2 = 02h program, 3 = 20h erase, 4 = 03h read, 5 = C7h.
fn menu(bench: &mut Bench) {
    bench.write(at::PREOP, 2, 0x0006);
    bench.write(at::OPMENU, 8, 0x0000_c703_2002_0605);
    bench.write(at::OPTYPE, 2, 0b01_10_11_11_01_00);
}

#[test]
fn software_sequencing_sends_prefix_opcode_and_data() {
    let mut bench = Bench::new();
    menu(&mut bench);
    bench.write(at::FDATA, 4, 0);
    assert_eq!(bench.software(0x4000 | 3 << 8 | 2 << 4 | 4, BIOS), 4, "CDS");
    assert_eq!([3, 4].map(|i| bench.nor.byte(BIOS + i)), [0, 0x5a]);
    bench.software(3 << 4 | 4, BIOS);
    bench.software(0x4000 | 1 << 8 | 4 << 4, BIOS + 0xfff);
    assert_eq!(bench.read(at::FDATA, 2), 0x5aff);
}

#[test]
fn without_the_atomic_bit_nobody_waits_for_the_part() {
    let mut bench = Bench::new();
    menu(&mut bench);
    bench.software(1 << 4, 0);
    bench.write(at::FADDR, 4, BIOS);
    bench.write(at::SSFC, 3, 3 << 4 | 2);
    let cx = &mut Cx { now: bench.now + 100_000, cpu: 0, smm: false, all_smm: false, sink: &mut Silent };
    bench.spi.advance(cx, &mut bench.nor);
    bench.now += 100_000;
    assert_eq!(bench.read(at::SSFS, 1) & 5, 4, "the cycle is done");
    assert!(bench.nor.busy_until().is_some(), "the part is not");
    bench.write(at::SSFS, 1, 0xff);
    bench.write(at::SSFC, 3, 0x4000 | 2);
    bench.now += 10_000;
    let cx = &mut Cx { now: bench.now, cpu: 0, smm: false, all_smm: false, sink: &mut Silent };
    bench.spi.advance(cx, &mut bench.nor);
    assert_eq!(bench.read(at::FDATA, 1) & 3, 3, "WIP and WEL");
}

#[test]
fn a_chip_erase_in_the_menu_passes_protected_ranges_by_but_not_bioswe() {
    let mut bench = Bench::new();
    menu(&mut bench);
    bench.write(at::PR, 4, 0x9fff_0000);
    bench.bios_cntl.set_bioswe(false);
    assert_eq!(bench.software(5 << 4 | 4, 0), 8, "FCERR");
    assert_eq!(bench.read(at::SSFS, 1) & 0x10, 0x10, "AEL, copied from HSFS");
    bench.bios_cntl.set_bioswe(true);
    bench.software(5 << 4 | 4, 0);
    assert_eq!(bench.nor.byte(BIOS), 0xff);
}

#[test]
fn bbar_keeps_software_sequencing_out_below() {
    let mut bench = Bench::new();
    menu(&mut bench);
    bench.write(at::BBAR, 4, BIOS + 0x100);
    assert_eq!(bench.software(0x4000 | 4 << 4, BIOS + 0xff), 8);
    assert_eq!(bench.software(0x4000 | 4 << 4, BIOS + 0x100), 4);
}

#[test]
fn sme_asks_for_an_smi_as_long_as_the_done_bit_is_set() {
    let mut bench = Bench::new();
    bench.hardware(READ | 0x8000, BIOS, 1);
    assert!(bench.spi.smi());
    bench.write(at::HSFS, 2, 1);
    assert!(!bench.spi.smi());
}

#[test]
fn a_part_without_descriptor_refuses_hardware_sequencing_only() {
    let nor = Nor::new(&vec![0x5a; MIB]);
    let mut bench = Bench { spi: Spi::new(&nor), nor, ..Bench::new() };
    assert_eq!(bench.hardware(READ, 0, 1), FCERR);
    menu(&mut bench);
    assert_eq!(bench.software(0x4000 | 4 << 4, 0), 4);
    assert_eq!(bench.read(at::FDATA, 1), 0x5a);
}

impl Bench {
    /// What is told of one write to the controller.
    fn told(&mut self, offset: u16, size: u8, value: u64) -> Vec<Kind> {
        let mut recorder = trace::Recorder::new(trace::Level::Events);
        let cx = &mut Cx { now: self.now, cpu: 0, smm: self.smm, all_smm: self.all_smm, sink: &mut recorder };
        self.spi.write(cx, &mut self.nor, self.bios_cntl, offset, size, value);
        let flash = |kind: &Kind| matches!(kind, Kind::Flash { .. } | Kind::FlashRefused { .. });
        recorder.into_events().into_iter().map(|event| event.kind).filter(flash).collect()
    }
}

/// Everybody who refuses a cycle is named, and none that doesn't.
#[test]
fn who_refuses_a_cycle_is_told() {
    let ask = |bench: &mut Bench| {
        bench.write(at::FADDR, 4, BIOS + 0x2000);
        match &bench.told(at::HSFC, 2, WRITE)[..] {
            [Kind::FlashRefused { work: FlashWork::Program, at: 0x10_2000, len: 1, by, .. }] => by.clone(),
            [] => Vec::new(),
            other => panic!("{other:?}"),
        }
    };
    let mut open = Bench::new();
    assert_eq!(ask(&mut open), []);
    let mut bench = Bench::new();
    bench.bios_cntl = BiosCntl::new().with_smm_bwp(true);
    assert_eq!(ask(&mut bench), [FlashGuard::Bioswe, FlashGuard::SmmBwp]);
    (bench.smm, bench.all_smm) = (true, true);
    assert_eq!(ask(&mut bench), [FlashGuard::Bioswe]);
    bench.write(at::PR + 4, 4, 0x8000_0000 | 0x102 << 16 | 0x102);
    bench.bios_cntl = bench.bios_cntl.with_bioswe(true);
    assert_eq!(ask(&mut bench), [FlashGuard::ProtectedRange(1)]);
    bench.write(at::FADDR, 4, 0x8000);
    let told = bench.told(at::HSFC, 2, WRITE);
    assert!(matches!(&told[..], [Kind::FlashRefused { by, .. }] if by == &[FlashGuard::NoRegion]), "{told:?}");
}

/// The part is silent when its block-protect bits or its latch refuse: the trace isn't.
#[test]
fn what_the_part_does_and_refuses_is_told() {
    let mut bench = Bench::new();
    bench.write(at::PREOP, 2, 6);
    bench.write(at::OPTYPE, 2, 0b1111_0111);
    bench.write(at::OPMENU, 4, u64::from(op::SE) << 24 | u64::from(op::PP) << 16 | u64::from(op::WRSR));
    let told = |bench: &mut Bench, ssfc: u64| {
        bench.write(at::SSFS, 1, 0xff);
        bench.write(at::FADDR, 4, BIOS);
        let told = bench.told(at::SSFC, 3, ssfc | 2);
        let later = {
            let mut recorder = trace::Recorder::new(trace::Level::Events);
            while let Some(at) = bench.spi.deadline(&bench.nor) {
                bench.now = bench.now.max(at);
                let cx = &mut Cx { now: bench.now, cpu: 0, smm: false, all_smm: false, sink: &mut recorder };
                bench.spi.advance(cx, &mut bench.nor);
            }
            recorder.into_events().into_iter().map(|event| event.kind)
        };
        let flash = |kind: &Kind| matches!(kind, Kind::Flash { .. } | Kind::FlashRefused { .. });
        told.into_iter().chain(later.filter(flash)).collect::<Vec<_>>()
    };
    const ATOMIC: u64 = 4;
    const DATA: u64 = 1 << 14;
    let by = |told: &[Kind]| match told {
        [Kind::FlashRefused { by, .. }] => by.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(by(&told(&mut bench, DATA | 2 << 4)), [FlashGuard::Wel], "no WREN before it");
    let done = told(&mut bench, ATOMIC | 3 << 4);
    let [Kind::Flash { work: FlashWork::Erase, at: 0x10_0000, len: 0x1000, smm: false, .. }] = done[..] else {
        panic!("{done:?}")
    };
    bench.write(at::FDATA, 1, 0x1c);
    assert!(matches!(told(&mut bench, ATOMIC | DATA)[..], [Kind::Flash { work: FlashWork::Status, .. }]));
    assert_eq!(by(&told(&mut bench, ATOMIC | 3 << 4)), [FlashGuard::BlockProtect]);
}

#[test]
fn a_write_that_flockdn_holds_is_told_and_one_that_changes_nothing_is_not() {
    let mut bench = Bench::new();
    bench.write(at::PR, 4, 0x8000_0000);
    bench.write(at::HSFS, 2, 0x8000);
    let told = bench.told(at::PR, 4, 0);
    let register = FlashWork::Register;
    let wanted = Kind::FlashRefused { work: register, at: 0x74, len: 4, by: vec![FlashGuard::Flockdn], smm: false };
    assert_eq!(told, [wanted]);
    assert_eq!(bench.told(at::PR, 4, 0x8000_0000), []);
    assert_eq!(bench.told(at::FADDR, 4, 0x1234), []);
}
