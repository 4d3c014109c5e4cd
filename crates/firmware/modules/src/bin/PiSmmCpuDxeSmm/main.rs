//! The CPU driver of SMM: moves SMBASE into SMRAM, sets up SMM's own page tables, GDT and IDT, and is
//! the first Rust code of every SMI. Reads and writes the save state for other drivers.
//!
//! One processor. What belongs to it is in `Cpu`.
#![no_std]
#![no_main]

mod entry;
mod relocate;
mod save_state;

use base::exception::{self, Frame, Report};
use base::smm::{EntryContext, SmmConfiguration, SmmCpu, SmmEntryPoint};
use base::{Global, Status, arch, debug, dxe, paging, protocol, record, smst};
use core::ffi::c_void;
use core::ptr::null;

base::smm_entry!(main);

/// SMBASE + 8000h to SMBASE + FFFFh: entry code and save state.
const TILE_PAGES: usize = 8;
const STACK_PAGES: usize = 8;
const ENTRY_OFFSET: u64 = 0x8000;

struct Cpu {
    smbase: u64,
    save_state: *mut c_void,
    /// Where x87 and SSE registers are kept, if there are any.
    fx: Option<u64>,
}

static CPU: Global<Cpu> = Global::new(Cpu { smbase: 0, save_state: core::ptr::null_mut(), fx: None });
static ENTRY_POINT: Global<Option<SmmEntryPoint>> = Global::new(None);
static CONFIGURATION: Global<SmmConfiguration> =
    Global::new(SmmConfiguration { reserved_regions: null(), register_smm_entry });
static PROTOCOL: Global<SmmCpu> =
    Global::new(SmmCpu { read_save_state: save_state::read, write_save_state: save_state::write });

fn main() -> Result<(), Status> {
    let tile = smst::allocate_pages(TILE_PAGES)?;
    let tables = smst::allocate_pages(paging::IDENTITY_PAGES)?;
    let stack = smst::allocate_pages(STACK_PAGES)? + STACK_PAGES as u64 * 4096;
    paging::identity(tables);
    exception::init(entry::CODE64, on_exception);
    entry::install(tile, tables, stack);
    let smbase = tile - ENTRY_OFFSET;
    let cpu = CPU.get();
    cpu.smbase = smbase;
    cpu.save_state = (smbase + save_state::AREA) as *mut c_void;
    let fx = smst::allocate_pages(1)?;
    cpu.fx = (arch::cpuid(1)[3] & entry::FXSR != 0).then_some(fx);
    let revision = relocate::to(smbase)?;
    debug!(
        "CPU[000]  APIC ID=0000  SMBASE={smbase:08X}  SaveState={:08X}  Size={:08X}",
        cpu.save_state as u64,
        save_state::SIZE
    );
    debug!("PiSmmCpuDxeSmm: save state revision 0x{revision:08X}");
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

/// Called by the entry code, on SMM's stack and page tables.
extern "efiapi" fn smi() {
    exception::load();
    let cpu = CPU.get();
    let revision = save_state::revision();
    record::write(&record::SmmEnter { smbase: cpu.smbase.into(), revision: revision.into() });
    if let Some(area) = cpu.fx {
        entry::fxsave(area);
    }
    if let Some(entry) = *ENTRY_POINT.get() {
        let context = EntryContext {
            startup_this_ap: 0,
            currently_executing_cpu: 0,
            number_of_cpus: 1,
            cpu_save_state_size: &save_state::SIZE,
            cpu_save_state: &raw const cpu.save_state,
        };
        entry(&context);
    }
    if let Some(area) = cpu.fx {
        entry::fxrstor(area);
    }
    record::write(&record::SmmLeave { smbase: cpu.smbase.into() });
}
