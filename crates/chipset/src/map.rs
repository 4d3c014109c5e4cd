//! What the host bridge's registers say about the address map, as plain values for the board.

/// The compatible SMRAM segment, A0000h–BFFFFh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Aseg {
    /// SMM reaches DRAM here (G_SMRAME).
    pub enabled: bool,
    /// Everybody reaches DRAM here (D_OPEN).
    pub open: bool,
    /// Data accesses in SMM go to PCI, only code fetches reach DRAM (D_CLS).
    pub closed_data: bool,
}

/// Where reads and writes of one PAM segment go: `true` to DRAM, `false` to the DMI (flash alias).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pam {
    pub read: bool,
    pub write: bool,
}

/// Addresses that show DRAM from `to` on: the reclaim window (REMAPBASE, REMAPLIMIT).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reclaim {
    pub base: u64,
    /// The first address behind it.
    pub end: u64,
    pub to: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MemoryMap {
    pub aseg: Aseg,
    /// FEDA0000h–FEDBFFFFh reach the DRAM behind A0000h in SMM (H_SMRAME).
    pub hseg: bool,
    /// Base and length of TSEG, if it is enabled.
    pub tseg: Option<(u64, u64)>,
    /// QEMU only: the 128 KiB at 30000h are hidden outside SMM.
    pub smbase_smram: bool,
    /// C0000h–EFFFFh in twelve segments of 16 KiB, then F0000h–FFFFFh as one.
    pub pam: [Pam; 13],
    pub reclaim: Option<Reclaim>,
    /// Base and length of the PCI Express configuration window, if it is enabled.
    pub pciexbar: Option<(u64, u64)>,
    /// Address line 20 passes (not masked).
    pub a20: bool,
}
