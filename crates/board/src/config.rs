//! What a machine is built from, and what can be wrong with it.

use cpu::SaveStateMap;

/// Two boards from the same devices (docs/fidelity.md says where they differ).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Board {
    /// The training board: datasheet behaviour, Intel 64 save-state map.
    #[default]
    Ich9,
    /// As QEMU's `-machine q35,smm=on` behaves, AMD64 save-state map revision 20064h.
    Qemu,
}

#[derive(Clone, Debug)]
pub struct Config {
    pub board: Board,
    /// `None`: the board's own.
    pub save_state: Option<SaveStateMap>,
    /// 1 to 2048.
    pub ram_mib: u32,
    /// 1 to 4.
    pub cpus: u8,
    /// Image whose last byte lies at FFFFFFFFh: 64 KiB to 16 MiB in steps of 64 KiB.
    pub bios: Vec<u8>,
    /// Files that the guest reads through fw_cfg.
    pub fw_cfg: Vec<(String, Vec<u8>)>,
    /// BP2:0 in the status register of the serial flash part: how much of its top is protected. Board `qemu`
    /// has none.
    pub block_protect: u8,
    /// The serial flash part never ends what it has begun.
    pub flash_stuck: bool,
    /// The top-block swap strap (GNT3#, ICH9): the upper two 64 KiB blocks of the flash change places.
    pub top_swap: bool,
    /// The No Reboot strap (SPKR, ICH9; QEMU's property ICH9-LPC.noreboot): the TCO timer's second time-out never
    /// resets.
    pub no_reboot: bool,
    /// What the CMOS clock shows at power-on, in seconds behind 2008-01-01 00:00:00.
    pub clock_s: u64,
    /// Size of QEMU's extended TSEG, 1 to 4094 MiB; 0: there is none.
    pub ext_tseg_mib: u16,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            board: Board::Ich9,
            save_state: None,
            ram_mib: 16,
            cpus: 1,
            bios: Vec::new(),
            fw_cfg: Vec::new(),
            block_protect: 0,
            flash_stuck: false,
            top_swap: false,
            no_reboot: true,
            clock_s: 0,
            ext_tseg_mib: 16,
        }
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("the ROM is empty: give an image of 64 KiB to 16 MiB, a multiple of 64 KiB")]
    EmptyRom,
    #[error(
        "the ROM has {0} bytes, which is no multiple of 64 KiB (65536): pad it at the front, its last byte is at FFFFFFFFh"
    )]
    RomSize(usize),
    #[error("the ROM has {0} bytes, more than 16 MiB (16777216): give a smaller image")]
    RomTooLarge(usize),
    #[error("{0} MiB of RAM can't be had: give 1 to 2048")]
    Ram(u32),
    #[error("{0} processors can't be had: give 1 to 4")]
    Cpus(u8),
    #[error("BP2:0 can't be {0}: give 0 to 7")]
    BlockProtect(u8),
    #[error("an extended TSEG of {0} MiB can't be had: give 0 to 4094")]
    ExtTseg(u16),
}

const STEP: usize = 64 << 10;

impl Config {
    pub fn check(&self) -> Result<(), ConfigError> {
        match self.bios.len() {
            0 => Err(ConfigError::EmptyRom),
            n if n > 16 << 20 => Err(ConfigError::RomTooLarge(n)),
            n if n % STEP != 0 => Err(ConfigError::RomSize(n)),
            _ if !(1..=2048).contains(&self.ram_mib) => Err(ConfigError::Ram(self.ram_mib)),
            _ if !(1..=4).contains(&self.cpus) => Err(ConfigError::Cpus(self.cpus)),
            _ if self.block_protect > 7 => Err(ConfigError::BlockProtect(self.block_protect)),
            _ if self.ext_tseg_mib > 4094 => Err(ConfigError::ExtTseg(self.ext_tseg_mib)),
            _ => Ok(()),
        }
    }

    pub(crate) fn save_state_map(&self) -> SaveStateMap {
        self.save_state.unwrap_or(match self.board {
            Board::Ich9 => SaveStateMap::Intel64,
            Board::Qemu => SaveStateMap::Qemu,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bad_value_is_named_with_what_would_do() {
        let good = Config { bios: vec![0; STEP], ..Config::default() };
        assert_eq!(good.check(), Ok(()));
        let bad = |change: fn(&mut Config)| {
            let mut c = good.clone();
            change(&mut c);
            c.check().unwrap_err().to_string()
        };
        assert!(bad(|c| c.bios.clear()).contains("64 KiB"));
        assert!(bad(|c| c.bios.push(0)).contains("65537"));
        assert!(bad(|c| c.bios = vec![0; (16 << 20) + STEP]).contains("16 MiB"));
        assert!(bad(|c| c.ram_mib = 0).contains("1 to 2048"));
        assert!(bad(|c| c.ram_mib = 1 << 20).contains("1 to 2048"));
        assert!(bad(|c| c.cpus = 5).contains("1 to 4"));
        assert!(bad(|c| c.block_protect = 8).contains("0 to 7"));
        assert!(bad(|c| c.ext_tseg_mib = 0xffff).contains("0 to 4094"));
    }
}
