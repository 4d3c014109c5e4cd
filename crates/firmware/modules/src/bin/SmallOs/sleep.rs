//! Sleep in S3: ACPI 6.5, 16.1.3. The RTC's alarm wakes the machine. The OS's memory is as it was; processors
//! and devices come out of a reset.

use crate::loader::OS;
use crate::{fptask, processors, tasks};
use base::arch::{self, in16, out16};
use base::chipset::{cmos, pm, write_cmos};
use base::s3::{SleepTable, WAKE_64BIT};
use base::{Global, Status, exception, serial};
use core::arch::global_asm;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};

static STACK: Global<u64> = Global::new(0);
/// fw_cfg has forgotten where a script was.
static WOKE: AtomicBool = AtomicBool::new(false);

global_asm!(include_str!(concat!(env!("OUT_DIR"), "/sleep.s")), stack = sym STACK);

unsafe extern "efiapi" {
    fn os_sleep(fall_asleep: extern "efiapi" fn());
    fn os_wake() -> !;
}

/// True once after each sleep.
pub fn woke() -> bool {
    WOKE.swap(false, SeqCst)
}

fn table() -> Option<&'static SleepTable> {
    // SAFETY: null, or the firmware's table in ACPI NVS.
    unsafe { OS.get().sleep_table.as_ref() }
}

/// Comes back when the machine has woken.
pub fn sleep() -> Result<(), Status> {
    let SleepTable { facs, .. } = table().ok_or(Status::UNSUPPORTED)?;
    arch::disable_interrupts();
    // SAFETY: the firmware's FACS; nobody else writes it. Other processors' tasks need nothing that is lost.
    unsafe {
        (**facs).x_firmware_waking_vector = os_wake as *const () as u64;
        (**facs).ospm_flags = WAKE_64BIT;
        set_alarm();
        os_sleep(fall_asleep);
    }
    WOKE.store(true, SeqCst);
    out16(pm::PM1_STS, pm::WAK_STS);
    exception::load();
    serial::init();
    fptask::begin_anew();
    tasks::start();
    processors::start();
    Ok(())
}

extern "efiapi" fn fall_asleep() {
    let slp_typ = table().map_or(0, |table| table.slp_typ);
    let others = in16(pm::PM1_CNT) & !pm::SLP_TYP;
    out16(pm::PM1_CNT, others | slp_typ << pm::SLP_TYP_SHIFT | pm::SLP_EN);
}

/// CMOS RAM: the clock is in BCD.
const SECONDS: u8 = 0x00;
const SECONDS_ALARM: u8 = 0x01;
const MINUTES_ALARM: u8 = 0x03;
const HOURS_ALARM: u8 = 0x05;
const ANY: u8 = 0xc0;
const REGISTER_A: u8 = 0x0a;
const UIP: u8 = 1 << 7;
const REGISTER_B: u8 = 0x0b;
const AIE: u8 = 1 << 5;
const REGISTER_C: u8 = 0x0c;
/// So many seconds from now: the next one may come before we sleep.
const SECONDS_OF_SLEEP: u8 = 2;

fn set_alarm() {
    while cmos(REGISTER_A) & UIP != 0 {
        arch::pause();
    }
    let now = cmos(SECONDS);
    let then = ((now >> 4) * 10 + (now & 15) + SECONDS_OF_SLEEP) % 60;
    write_cmos(SECONDS_ALARM, then / 10 << 4 | then % 10);
    write_cmos(MINUTES_ALARM, ANY);
    write_cmos(HOURS_ALARM, ANY);
    // Reading clears what came before.
    cmos(REGISTER_C);
    write_cmos(REGISTER_B, cmos(REGISTER_B) | AIE);
    out16(pm::PM1_STS, pm::WAK_STS | pm::RTC | pm::PWRBTN);
    out16(pm::PM1_EN, in16(pm::PM1_EN) | pm::RTC);
}
