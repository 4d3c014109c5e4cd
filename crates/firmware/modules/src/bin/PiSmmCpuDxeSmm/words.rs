//! This driver's PCD words, by EDK II's names where it has them.

use pi::pcd::Block;

#[used]
#[unsafe(link_section = ".data")]
pub static PCD: Block<9> = Block::new([
    // Microseconds: for all to come by themselves, and after an SMI to those who are missing.
    ("PcdCpuSmmApSyncTimeout", 1_000_000),
    ("PcdCpuSmmApSyncTimeout2", 1_000_000),
    // 0 traditional, 1 relaxed, 2: nobody waits for anybody.
    ("PcdCpuSmmSyncMode", 0),
    // 0: the boot processor runs the handlers; 1: whoever comes first.
    ("PcdCpuSmmEnableBspElection", 0),
    // 0: handlers may lose the x87 and SSE registers of who was interrupted.
    ("PcdSaveFpuState", 1),
    // 0: by the revision; 1: as Intel 64 has it; 2: as AMD64 has it.
    ("PcdSaveStateMap", 0),
    // From one processor's SMBASE to the next; 0: all processors get the same.
    ("PcdCpuSmmTileSize", 0x2000),
    // 0: SMRR stay as reset leaves them, and SMM_Code_Chk, too.
    ("PcdSmrr", 1),
    // 0: the others get an INIT in the end, and wait for SIPI, deaf to SMIs, until an OS starts them.
    ("PcdParkProcessors", 1),
]);
pub const TIMEOUT: usize = 0;
pub const TIMEOUT_2: usize = 1;
pub const SYNC_MODE: usize = 2;
pub const RELAXED: u32 = 1;
pub const ALONE: u32 = 2;
pub const BSP_ELECTION: usize = 3;
pub const SAVE_FPU: usize = 4;
pub const SAVE_STATE_MAP: usize = 5;
pub const TILE_SIZE: usize = 6;
pub const SMRR: usize = 7;
pub const PARK: usize = 8;
