//! The dispatcher of hardware SMIs: looks at every source of the ICH9, clears what is set, calls who has
//! registered, and ends the SMI. PI 1.8 Vol. 4, "Child Dispatch Protocols"; ICH9 datasheet 316972, "SMI_EN",
//! "SMI_STS".
//!
//! A status is cleared at its source, that bit alone, before the handlers are called: what comes meanwhile
//! counts anew. At the end EOS says that another SMI may come; if it reads back as 0, something is active
//! still, and all is looked at again. Software SMIs are SmmSwDispatch's.
#![no_std]
#![no_main]

extern crate alloc;

mod children;
mod level;
mod periodic;
mod source;

use base::arch::{in16, in32, out16, out32};
use base::chipset::{gpio, lpc, pm};
use base::smm::WARN_SOURCE_QUIESCED;
use base::{Guid, Handle, Status, debug, protocol, record, smst};
use children::Child;
use core::ffi::c_void;
use core::ptr::null_mut;
use pi::pcd;
use source::Source;

base::smm_entry!(main);

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<2> = pcd::Block::new([("PcdClearStatus", 1), ("PcdEndOfSmi", 1)]);
/// 0: a status is left as it is; 2: the whole register is read and written back.
pub const CLEAR_STATUS: usize = 0;
/// 0: EOS stays 0.
const END_OF_SMI: usize = 1;

/// How often all sources are looked at in one SMI.
const ROUNDS: usize = 3;
/// What has an enable in SMI_EN at the same place, and is none of ours: BIOS, LEGACY_USB, SWSMI_TMR, MCSMI,
/// LEGACY_USB2, INTEL_USB2.
const NOT_OURS: u32 = 1 << 2 | 1 << 3 | 1 << 6 | 1 << 11 | 1 << 17 | 1 << 18;
const SMBUS_SMI_STS: u32 = 1 << 16;
/// SLP_TYP of S0, S1 and S3 to S5.
const SLEEP_TYPES: [(u16, u64); 5] = [(0, 0), (1, 1), (5, 3), (6, 4), (7, 5)];

fn main() -> Result<(), Status> {
    lpc::FUNCTION.write32(lpc::GPIOBASE, u32::from(gpio::BASE) | 1);
    lpc::FUNCTION.write8(lpc::GC, lpc::GPIO_EN);
    // Nobody feeds the watchdog yet.
    out16(pm::TCO1_CNT, in16(pm::TCO1_CNT) | pm::TCO_TMR_HLT);
    smst::handle_smi(on_smi, None)?;
    smst::on_protocol(&protocol::SMM_READY_TO_LOCK, on_ready_to_lock)?;
    children::install()
}

/// TCO_EN can't be cleared from here on.
extern "efiapi" fn on_ready_to_lock(_: *const Guid, _: *mut c_void, _: Handle) -> Status {
    out16(pm::TCO1_CNT, in16(pm::TCO1_CNT) | pm::TCO_LOCK);
    Status::SUCCESS
}

/// A root handler.
extern "efiapi" fn on_smi(_: Handle, _: *const c_void, _: *mut c_void, _: *mut usize) -> Status {
    for _ in 0..ROUNDS {
        let told = in32(pm::SMI_STS);
        source::all().filter(|source| source.is_active(told)).for_each(|source| serve(&source));
        if PCD.get(END_OF_SMI) == 0 {
            return WARN_SOURCE_QUIESCED;
        }
        out32(pm::SMI_EN, in32(pm::SMI_EN) | pm::EOS);
        if in32(pm::SMI_EN) & pm::EOS != 0 {
            return WARN_SOURCE_QUIESCED;
        }
    }
    silence();
    out32(pm::SMI_EN, in32(pm::SMI_EN) | pm::EOS);
    WARN_SOURCE_QUIESCED
}

fn serve(source: &Source) {
    level::turn(source);
    source.clear();
    if source.kind == protocol::SMM_PERIODIC_TIMER_DISPATCH2 {
        periodic::tick();
    }
    let children = children::of(source);
    if children.is_empty() {
        debug!("SmmChildDispatcher: no handler for {}, {}", source.kind, source.key);
    }
    children.into_iter().for_each(|child| call(&child));
    if source.kind == protocol::SMM_SX_DISPATCH2 {
        sleep(source);
    }
}

fn call(child: &Child) {
    let Source { kind, key, .. } = child.source;
    let mut elapsed = None;
    if kind == protocol::SMM_PERIODIC_TIMER_DISPATCH2 {
        elapsed = periodic::elapsed(child);
        if elapsed.is_none() {
            return;
        }
    }
    if kind == protocol::SMM_SX_DISPATCH2 && sleep_type() != Some(child.context[0] & 0xffff_ffff) {
        return;
    }
    let (buffer, mut size) =
        elapsed.as_mut().map_or((null_mut(), 0), |time| ((&raw mut *time).cast(), size_of_val(time)));
    let status = (child.handler)(null_mut(), child.context.as_ptr().cast(), buffer, &mut size);
    let function = (child.handler as usize as u64).into();
    let status = (status.as_usize() as u64).into();
    record::write(&record::SmiDispatched { kind, value: key.into(), function, status });
}

/// Where the OS wanted to go.
fn sleep_type() -> Option<u64> {
    let wanted = in16(pm::PM1_CNT) >> 10 & 7;
    SLEEP_TYPES.iter().find(|(slp_typ, _)| *slp_typ == wanted).map(|(_, state)| *state)
}

/// The write that raised the SMI did nothing else: it is made again, and acts.
fn sleep(source: &Source) {
    source.switch_off();
    out16(pm::PM1_CNT, in16(pm::PM1_CNT) | pm::SLP_EN);
    // S0 or S1: here we are.
    source.switch_on();
}

/// What is none of our sources, but somebody has enabled it, would raise SMI after SMI: it is switched off.
fn silence() {
    let told = in32(pm::SMI_STS);
    debug!("SmmChildDispatcher: SMI_STS = 0x{:08X}: nobody handles it", told);
    out32(pm::SMI_EN, in32(pm::SMI_EN) & !(told & NOT_OURS));
    out32(pm::SMI_STS, told & (NOT_OURS | SMBUS_SMI_STS));
    let strange = in16(pm::PM1_STS) & !(source::known(pm::PM1_EN) as u16);
    out16(pm::PM1_EN, in16(pm::PM1_EN) & !strange);
    let strange = in32(pm::GPE0_STS) & !source::known(pm::GPE0_EN);
    out32(pm::GPE0_EN, in32(pm::GPE0_EN) & !strange);
}
