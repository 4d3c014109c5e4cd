//! The demo ROM: 64 KiB of our own BIOS that shows one software SMI from end to end, on QEMU's q35
//! and on our boards. `demo.s` beside this file is the source, and meant to be read.
//!
//! What it leaves behind: POST codes 01 02 03 31 36 6A 71 AD on port 80h, a log on port 402h, and
//! the exit value 0 on port F4h when it was driven by the fw_cfg file `opt/org.smmlab/script`.

/// The image, as `-bios` of QEMU takes it. It ends at 4 GiB.
pub const ROM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/demo.rom"));

/// The fw_cfg file whose bytes the OS takes as SMI commands, one after the other, instead of keys.
pub const SCRIPT_FILE: &str = "opt/org.smmlab/script";

/// The command that the SMI handler answers; it refuses all others with EFI_UNSUPPORTED.
pub const KNOWN_COMMAND: u8 = 0x42;

/// POST codes in the order of a good boot.
pub const POST_CODES: &[u8] = &[0x01, 0x02, 0x03, 0x31, 0x36, 0x6a, 0x71, 0xad];

mod generated {
    #![allow(dead_code)]
    include!(concat!(env!("OUT_DIR"), "/demo.symbols.rs"));
}

/// Places in the running ROM, taken from the source's labels.
///
/// Linear addresses, except where the name says that it is an offset from SMBASE (the SMI handler
/// lies in TSEG, whose place depends on the size of RAM) or in the image.
pub mod symbols {
    use super::generated as g;

    /// The processor's first instruction.
    pub const RESET_VECTOR: u32 = g::RESET_VECTOR;
    /// First instruction in each mode on the way up.
    pub const REAL_MODE: u32 = g::REAL_MODE;
    pub const PROTECTED_MODE: u32 = g::PROTECTED_MODE;
    pub const LONG_MODE: u32 = g::LONG_MODE;

    /// The handler that moves SMBASE, at the default SMBASE + 8000h.
    pub const RELOCATION_ENTRY: u32 = g::RELOCATION_ENTRY;
    pub const RELOCATION_END: u32 = g::RELOCATION_END;

    /// The OS's first instruction.
    pub const OS_ENTRY: u32 = g::OS_ENTRY;
    /// First instruction of the idle loop, which polls COM1.
    pub const OS_LOOP: u32 = g::OS_LOOP;
    /// The first instruction after the idle loop: a key has arrived.
    pub const OS_KEY: u32 = g::OS_KEY;
    /// `out B2h, al`.
    pub const OS_RAISE: u32 = g::OS_RAISE;
    /// The instruction after it: the RIP in the save area.
    pub const OS_RESUMED: u32 = g::OS_RESUMED;
    /// Where the OS goes with an answer, and with an error.
    pub const OS_ANSWERED: u32 = g::OS_ANSWERED;
    pub const OS_REFUSED: u32 = g::OS_REFUSED;
    /// Eight bytes: the OS's counter in RAM.
    pub const OS_COUNTER: u32 = g::OS_COUNTER;
    /// One past the OS's last byte.
    pub const OS_END: u32 = g::OS_END;

    /// The SMI handler's first instruction, from SMBASE.
    pub const SMI_ENTRY_OFFSET: u32 = g::SMI_ENTRY_OFFSET;
    /// `out B2h, al` inside the handler: an SMI raised in SMM.
    pub const SMI_RAISE_OFFSET: u32 = g::SMI_RAISE_OFFSET;
    /// Its RSM.
    pub const SMI_RSM_OFFSET: u32 = g::SMI_RSM_OFFSET;
    /// One past its last instruction.
    pub const SMI_CODE_END_OFFSET: u32 = g::SMI_CODE_END_OFFSET;
    /// Four bytes: how many SMIs it has handled.
    pub const SMI_COUNT_OFFSET: u32 = g::SMI_COUNT_OFFSET;

    /// Where the handler's first byte lies in [`ROM`](super::ROM).
    pub const SMI_HANDLER_IN_ROM: u32 = g::SMI_HANDLER_IN_ROM;
    /// Where the 32-bit constant "OK" of its answer lies in [`ROM`](super::ROM): patch it, and the
    /// OS gets another answer.
    pub const SMI_ANSWER_IN_ROM: u32 = g::SMI_ANSWER_IN_ROM;
}

#[cfg(test)]
mod tests {
    use super::{ROM, symbols};
    use std::{env, fs, path::Path};

    fn at(offset: u32, len: usize) -> &'static [u8] {
        &ROM[offset as usize..][..len]
    }

    #[test]
    fn the_reset_vector_jumps_back_to_the_real_mode_code() {
        let &[0xe9, low, high] = at(0xfff0, 3) else { panic!("no near jump: {:02x?}", at(0xfff0, 3)) };
        let target = 0xfff3u16.wrapping_add(u16::from_le_bytes([low, high]));
        assert_eq!(symbols::REAL_MODE, 0xffff_0000 + u32::from(target));
        assert_eq!(symbols::RESET_VECTOR, 0xffff_fff0);
    }

    #[test]
    fn symbols_point_at_the_instructions_they_name() {
        let os = ROM.windows(8).position(|w| w == 0x0123_4567_89ab_cdefu64.to_le_bytes()).expect("RBX's value");
        let raise = &ROM[os - 64..][..512];
        assert!(raise.windows(4).any(|w| w == [0xe6, 0xb2, 0xeb, 0x00]), "out B2h, al; jmp");
        assert_eq!(symbols::OS_RESUMED, symbols::OS_RAISE + 2);
        let handler = symbols::SMI_HANDLER_IN_ROM - symbols::SMI_ENTRY_OFFSET;
        assert_eq!(at(handler + symbols::SMI_RAISE_OFFSET, 2), [0xe6, 0xb2]);
        assert_eq!(at(handler + symbols::SMI_RSM_OFFSET, 2), [0x0f, 0xaa]);
        assert_eq!(at(symbols::SMI_ANSWER_IN_ROM, 4), 0x4f4b_0000u32.to_le_bytes());
    }

    #[test]
    fn the_same_source_in_another_folder_gives_the_same_bytes() {
        let folder = Path::new(env!("OUT_DIR")).join("again");
        fs::create_dir_all(&folder).unwrap();
        let copy = folder.join("copy of demo.s");
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo.s"), &copy).unwrap();
        let rom = rom_build::assemble(&copy, &folder).unwrap();
        assert!(rom.bytes == ROM, "the build depends on its place");
        assert_eq!(rom.symbols["OS_RAISE"], u64::from(symbols::OS_RAISE));
    }
}
