//! What this board does about hardware SMIs: it tells each in the log, and closes the flash that somebody has
//! opened (BIOS_CNTL.BLE). PI 1.8 Vol. 4, "Child Dispatch Protocols".
#![no_std]
#![no_main]

use base::arch::{in16, in32, out16};
use base::chipset::{gpio, lpc, pci, pm};
use base::dispatch2::{
    ENTRY, GpiContext, GpiDispatch2, IchnContext, IchnDispatch2, PeriodicTimerContext, PeriodicTimerDispatch2,
    PowerButtonContext, PowerButtonDispatch2, SxContext, SxDispatch2, ichn,
};
use base::smm::{SmiHandler, SmmSwDispatch2, SwContext, SwRegisterContext};
use base::{Global, Handle, Status, check, debug, protocol, smst};
use core::ffi::c_void;
use core::ptr::null_mut;
use pi::pcd;

base::smm_entry!(main);

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<3> = pcd::Block::new([("PcdGpiMask", 0xff), ("PcdPowerButtonOff", 0), ("PcdCloseFlash", 1)]);
/// General-purpose inputs that something hangs on.
const GPI_MASK: usize = 0;
/// The power button switches off.
const POWER_BUTTON_OFF: usize = 1;
/// BIOSWE is cleared when somebody has set it.
const CLOSE_FLASH: usize = 2;

/// The software SMI by which the OS asks for periodic SMIs: every 64, 32, 16 or 8 seconds, as the data say; 0
/// ends them.
const PERIODIC: usize = 0x50;
/// Units of 100 ns in a second.
const SECOND: u64 = 10_000_000;
/// Sleep states that an OS may want.
const STATES: [u32; 3] = [3, 4, 5];
const S5: u16 = 7 << 10;

fn main() -> Result<(), Status> {
    // SAFETY: SmmChildDispatcher installed them all before the last of them, which is in the DEPEX.
    let (software, button, gpi, sx, others) = unsafe {
        (
            &*smst::locate::<SmmSwDispatch2>(&protocol::SMM_SW_DISPATCH2)?,
            &*smst::locate::<PowerButtonDispatch2>(&protocol::SMM_POWER_BUTTON_DISPATCH2)?,
            &*smst::locate::<GpiDispatch2>(&protocol::SMM_GPI_DISPATCH2)?,
            &*smst::locate::<SxDispatch2>(&protocol::SMM_SX_DISPATCH2)?,
            &*smst::locate::<IchnDispatch2>(&protocol::SMM_ICHN_DISPATCH2)?,
        )
    };
    button.add(on_power_button, PowerButtonContext { phase: ENTRY })?;
    for gpi_num in (0..gpi.more as u64).filter(|pin| PCD.get(GPI_MASK) >> pin & 1 != 0) {
        gpi.add(on_gpi, GpiContext { gpi_num })?;
    }
    for kind in STATES {
        sx.add(on_sleep, SxContext { kind, phase: ENTRY })?;
    }
    let (mut asks, mut handle) = (SwRegisterContext { sw_smi_input_value: PERIODIC }, null_mut());
    check((software.register)(software, on_periodic_wanted, &mut asks, &mut handle))?;
    let rest: [(u32, SmiHandler); 6] = [
        (ichn::RTC_ALARM, on_rtc_alarm),
        (ichn::THRM_STS, on_thermal),
        (ichn::TCO_TIMEOUT, on_watchdog),
        (ichn::OS_TCO, on_os_tco),
        (ichn::INTRUDER_DETECT, on_intruder),
        (ichn::BIOS_WP, on_bios_write_enabled),
    ];
    for (kind, handler) in rest {
        others.add(handler, IchnContext { kind })?;
    }
    debug!("BoardSmi: handlers for power button, GPIO, sleep, timers, RTC, thermal, TCO");
    Ok(())
}

/// What it registered with.
fn context<C: Copy>(context: *const c_void) -> C {
    // SAFETY: the dispatcher's copy of a context of this type.
    unsafe { *context.cast() }
}

extern "efiapi" fn on_power_button(_: Handle, _: *const c_void, _: *mut c_void, _: *mut usize) -> Status {
    debug!("BoardSmi: power button");
    if PCD.get(POWER_BUTTON_OFF) != 0 {
        // The write raises an SMI of its own: the dispatcher goes to sleep with it.
        out16(pm::PM1_CNT, in16(pm::PM1_CNT) & !(7 << 10) | S5 | pm::SLP_EN);
    }
    Status::SUCCESS
}

extern "efiapi" fn on_gpi(_: Handle, ctx: *const c_void, _: *mut c_void, _: *mut usize) -> Status {
    let pin = context::<GpiContext>(ctx).gpi_num;
    debug!("BoardSmi: GPI {} is {}", pin, if in32(gpio::GP_LVL) >> pin & 1 != 0 { "high" } else { "low" });
    Status::SUCCESS
}

extern "efiapi" fn on_sleep(_: Handle, ctx: *const c_void, _: *mut c_void, _: *mut usize) -> Status {
    debug!("BoardSmi: the OS goes to S{}", context::<SxContext>(ctx).kind);
    Status::SUCCESS
}

/// The timer that runs, if one does.
static TIMER: Global<Option<Handle>> = Global::new(None);

extern "efiapi" fn on_periodic_wanted(_: Handle, _: *const c_void, buffer: *mut c_void, _: *mut usize) -> Status {
    let Ok(timer) = smst::locate::<PeriodicTimerDispatch2>(&protocol::SMM_PERIODIC_TIMER_DISPATCH2) else {
        return Status::UNSUPPORTED;
    };
    // SAFETY: SmmChildDispatcher's protocol; the dispatcher's context of this SMI.
    let (timer, seconds) = unsafe { (&*timer, (*buffer.cast::<SwContext>()).data_port) };
    if let Some(running) = TIMER.get().take() {
        let gone = (timer.unregister)(timer, running);
        base::debug_assert!(gone == Status::SUCCESS);
    }
    let period = u64::from(seconds) * SECOND;
    if period == 0 {
        return Status::SUCCESS;
    }
    match timer.add(on_timer, PeriodicTimerContext { period, smi_tick_interval: period }) {
        Ok(handle) => *TIMER.get() = Some(handle),
        Err(status) => return status,
    }
    Status::SUCCESS
}

extern "efiapi" fn on_timer(_: Handle, ctx: *const c_void, _: *mut c_void, _: *mut usize) -> Status {
    debug!("BoardSmi: periodic timer, {} s", context::<PeriodicTimerContext>(ctx).period / SECOND);
    Status::SUCCESS
}

extern "efiapi" fn on_rtc_alarm(_: Handle, _: *const c_void, _: *mut c_void, _: *mut usize) -> Status {
    debug!("BoardSmi: RTC alarm");
    Status::SUCCESS
}

extern "efiapi" fn on_thermal(_: Handle, _: *const c_void, _: *mut c_void, _: *mut usize) -> Status {
    // The polarity has been turned: it is what THRM# isn't.
    let hot = base::arch::in8(pm::GPE_CNTL) & pm::THRM_POL != 0;
    debug!("BoardSmi: {}", if hot { "THRM#: too hot" } else { "THRM#: cool again" });
    Status::SUCCESS
}

extern "efiapi" fn on_watchdog(_: Handle, _: *const c_void, _: *mut c_void, _: *mut usize) -> Status {
    let second = in16(pm::TCO2_STS) & (pm::SECOND_TO_STS | pm::BOOT_STS);
    debug!("BoardSmi: TCO watchdog, {} time-out", if second != 0 { "second" } else { "first" });
    // SECOND_TO_STS goes before BOOT_STS.
    out16(pm::TCO2_STS, pm::SECOND_TO_STS);
    out16(pm::TCO2_STS, pm::BOOT_STS);
    Status::SUCCESS
}

extern "efiapi" fn on_os_tco(_: Handle, _: *const c_void, _: *mut c_void, _: *mut usize) -> Status {
    debug!("BoardSmi: the OS wrote TCO_DAT_IN");
    Status::SUCCESS
}

extern "efiapi" fn on_intruder(_: Handle, _: *const c_void, _: *mut c_void, _: *mut usize) -> Status {
    debug!("BoardSmi: the case is open");
    Status::SUCCESS
}

extern "efiapi" fn on_bios_write_enabled(_: Handle, _: *const c_void, _: *mut c_void, _: *mut usize) -> Status {
    if PCD.get(CLOSE_FLASH) != 0 {
        pci::preserved(|| {
            let control = lpc::FUNCTION.read8(lpc::BIOS_CNTL);
            lpc::FUNCTION.write8(lpc::BIOS_CNTL, control & !lpc::BIOSWE);
        });
    }
    debug!("BoardSmi: BIOSWE was set: {}", if PCD.get(CLOSE_FLASH) != 0 { "cleared" } else { "left so" });
    Status::SUCCESS
}
