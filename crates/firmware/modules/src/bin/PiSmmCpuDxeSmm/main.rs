//! The CPU driver of SMM: moves each processor's SMBASE into SMRAM, sets up SMM's own page tables, GDT and
//! IDT, and is the first Rust code of every SMI. Reads and writes the save states for other drivers.
#![no_std]
#![no_main]

mod aps;
mod entry;
mod relocate;
mod rendezvous;
mod s3;
mod save_state;
mod smrr;
mod words;

use base::exception::{self, Frame, Report};
use base::smm::{EntryContext, SmmConfiguration, SmmCpu, SmmEntryPoint};
use base::{Global, Status, arch, debug, dxe, lapic, paging, protocol, smst};
use core::ffi::c_void;
use core::ptr::{null, null_mut};
use words::{PARK, PCD, SAVE_FPU, TILE_SIZE};

base::smm_entry!(main);

/// A processor's entry code at SMBASE + 8000h, and its save state, which ends at SMBASE + FFFFh, take a page
/// each: another processor's lie beside them, a tile further.
const TILES: usize = 0x8000;
const STACK: usize = 0x8000;
const ENTRY_OFFSET: u64 = 0x8000;
const PAGE: usize = 0x1000;
/// What FXSAVE writes.
const FX: u64 = 0x200;

#[derive(Clone, Copy)]
pub struct Cpu {
    index: usize,
    apic_id: u8,
    smbase: u64,
    /// Where x87 and SSE registers are kept, if there are any.
    fx: Option<u64>,
}

struct Cpus {
    count: usize,
    all: [Cpu; aps::MOST],
    save_states: [*mut c_void; aps::MOST],
}

static CPUS: Global<Cpus> = Global::new(Cpus {
    count: 0,
    all: [Cpu { index: 0, apic_id: 0, smbase: 0, fx: None }; aps::MOST],
    save_states: [null_mut(); aps::MOST],
});
static SAVE_STATE_SIZES: [usize; aps::MOST] = [save_state::SIZE; aps::MOST];
static ENTRY_POINT: Global<Option<SmmEntryPoint>> = Global::new(None);
static CONFIGURATION: Global<SmmConfiguration> =
    Global::new(SmmConfiguration { reserved_regions: null(), register_smm_entry });
static PROTOCOL: Global<SmmCpu> =
    Global::new(SmmCpu { read_save_state: save_state::read, write_save_state: save_state::write });

/// By index.
fn cpus() -> &'static [Cpu] {
    let cpus = CPUS.get();
    cpus.all.get(..cpus.count).unwrap_or_default()
}

fn main() -> Result<(), Status> {
    let count = aps::prepare()?;
    let parked = aps::start(count)?;
    let tile_size = PCD.get(TILE_SIZE) as usize;
    let tiles = smst::allocate_pages((TILES + (count - 1) * tile_size).div_ceil(PAGE))?;
    let tables = smst::allocate_pages(paging::IDENTITY_PAGES)?;
    let stacks = smst::allocate_pages(count * STACK / PAGE)?;
    paging::identity(tables);
    exception::init(entry::CODE64, on_exception);
    let fx = smst::allocate_pages(1)?;
    let has_fx = PCD.get(SAVE_FPU) != 0 && arch::cpuid(1)[3] & entry::FXSR != 0;
    let table = CPUS.get();
    table.count = count;
    for (index, (cpu, save_state)) in table.all.iter_mut().zip(&mut table.save_states).enumerate().take(count) {
        let tile = tiles + (index * tile_size) as u64;
        entry::install(tile, tables, stacks + ((index + 1) * STACK) as u64, cpu);
        let smbase = tile - ENTRY_OFFSET;
        *cpu = Cpu { index, apic_id: index as u8, smbase, fx: has_fx.then_some(fx + index as u64 * FX) };
        *save_state = (smbase + save_state::AREA) as *mut c_void;
    }
    let revision = relocate::all(cpus(), &parked)?;
    if PCD.get(PARK) == 0 && count > 1 {
        lapic::send(0, lapic::ALL_BUT_SELF | lapic::INIT);
    }
    for Cpu { index, apic_id, smbase, .. } in cpus() {
        debug!(
            "CPU[{:03X}]  APIC ID={:04X}  SMBASE={:08X}  SaveState={:08X}  Size={:08X}",
            index,
            u64::from(*apic_id),
            smbase,
            smbase + save_state::AREA,
            save_state::SIZE
        );
    }
    debug!("PiSmmCpuDxeSmm: save state revision 0x{:08X}", revision);
    if s3::prepare().is_err() {
        debug!("PiSmmCpuDxeSmm: no room for S3 resume");
    }
    smst::on_protocol(&protocol::SMM_READY_TO_LOCK, smrr::ON_READY_TO_LOCK)?;
    smst::install(&protocol::SMM_CPU, PROTOCOL.as_ptr())?;
    smst::install(&protocol::SMM_CONFIGURATION, CONFIGURATION.as_ptr())?;
    dxe::install(&protocol::SMM_CONFIGURATION, CONFIGURATION.as_ptr())?;
    Ok(())
}

extern "efiapi" fn register_smm_entry(_: *const SmmConfiguration, entry: SmmEntryPoint) -> Status {
    *ENTRY_POINT.get() = Some(entry);
    Status::SUCCESS
}

/// Nothing in SMM is expected to fault.
fn on_exception(frame: &mut Frame) {
    debug!("{}", Report(frame));
    arch::stop()
}

/// Called by the entry code of each processor, on its stack and SMM's page tables.
extern "efiapi" fn smi(me: &Cpu) {
    exception::load();
    if let Some(area) = me.fx {
        entry::fxsave(area);
    }
    rendezvous::run(me, || {
        if let Some(entry) = *ENTRY_POINT.get() {
            entry(&EntryContext {
                startup_this_ap: 0,
                currently_executing_cpu: me.index,
                number_of_cpus: cpus().len(),
                cpu_save_state_size: SAVE_STATE_SIZES.as_ptr(),
                cpu_save_state: CPUS.get().save_states.as_ptr(),
            });
        }
    });
    smrr::protect(me.index);
    if let Some(area) = me.fx {
        entry::fxrstor(area);
    }
}
