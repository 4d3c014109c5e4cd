//! Protocols through which SMM drivers register for hardware SMIs: PI 1.8 Vol. 4, "Child Dispatch
//! Protocols", under their SMM names; and Intel's ICHN dispatch protocol for what PI doesn't have.

use crate::smm::SmiHandler;
use crate::{Handle, Status, check};
use core::ffi::c_void;
use core::ptr::null_mut;

/// All of them begin alike. `C` is the context to register with, `X` what follows.
#[repr(C)]
pub struct Dispatch2<C, X = ()> {
    pub register: extern "efiapi" fn(
        this: *const Dispatch2<C, X>,
        handler: SmiHandler,
        context: *const C,
        handle: *mut Handle,
    ) -> Status,
    pub unregister: extern "efiapi" fn(this: *const Dispatch2<C, X>, handle: Handle) -> Status,
    pub more: X,
}

impl<C, X> Dispatch2<C, X> {
    pub fn add(&self, handler: SmiHandler, context: C) -> Result<Handle, Status> {
        let mut handle = null_mut();
        check((self.register)(self, handler, &context, &mut handle))?;
        Ok(handle)
    }
}

/// `EFI_SMM_POWER_BUTTON_REGISTER_CONTEXT`
#[derive(Clone, Copy)]
#[repr(C)]
pub struct PowerButtonContext {
    pub phase: u32,
}
/// The button goes down; and `SxEntry`.
pub const ENTRY: u32 = 0;
pub type PowerButtonDispatch2 = Dispatch2<PowerButtonContext>;

/// `EFI_SMM_GPI_REGISTER_CONTEXT`
#[derive(Clone, Copy)]
#[repr(C)]
pub struct GpiContext {
    pub gpi_num: u64,
}
/// With the number of inputs.
pub type GpiDispatch2 = Dispatch2<GpiContext, usize>;

/// `EFI_SMM_SX_REGISTER_CONTEXT`: S0 to S5, and whether it is entered.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct SxContext {
    pub kind: u32,
    pub phase: u32,
}
pub type SxDispatch2 = Dispatch2<SxContext>;

/// `EFI_SMM_PERIODIC_TIMER_REGISTER_CONTEXT`: how often the handler is called, and how often there is an
/// SMI for it; in units of 100 ns.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct PeriodicTimerContext {
    pub period: u64,
    pub smi_tick_interval: u64,
}
/// `EFI_SMM_PERIODIC_TIMER_CONTEXT`, the handler's.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ElapsedTime {
    pub elapsed: u64,
}
/// With `GetNextShorterInterval()`.
pub type PeriodicTimerDispatch2 = Dispatch2<PeriodicTimerContext, NextShorterInterval>;
pub type NextShorterInterval = extern "efiapi" fn(this: *const c_void, interval: *mut *const u64) -> Status;

/// `EFI_SMM_ICHN_DISPATCH_CONTEXT`
#[derive(Clone, Copy)]
#[repr(C)]
pub struct IchnContext {
    pub kind: u32,
}
pub type IchnDispatch2 = Dispatch2<IchnContext>;

/// `EFI_SMM_ICHN_SMI_TYPE`, those that the dispatcher of this firmware knows.
pub mod ichn {
    pub const RTC_ALARM: u32 = 2;
    pub const Y2K_ROLLOVER: u32 = 6;
    pub const TCO_TIMEOUT: u32 = 7;
    pub const OS_TCO: u32 = 8;
    pub const INTRUDER_DETECT: u32 = 10;
    pub const BIOS_WP: u32 = 11;
    pub const THRM_STS: u32 = 14;
}
