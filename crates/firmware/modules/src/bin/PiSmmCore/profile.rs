//! DEBUG: who handles what, in the log at SmmReadyToLock. In the shape of EDK II's handler profile:
//! images, then handlers of messages, of every SMI, and those whom other drivers hand SMIs on to.

use crate::{dispatcher, handlers};
use alloc::vec::Vec;
use base::smm::{SmiHandler, SmiHandlerProfile};
use base::text::Ascii;
use base::{Global, Guid, Status, debug, pe, protocol, text};
use core::ffi::c_void;

struct Child {
    kind: Guid,
    handler: SmiHandler,
    /// The first number in the context that it registered with.
    context: u64,
}

static CHILDREN: Global<Vec<Child>> = Global::new(Vec::new());
static PROTOCOL: Global<SmiHandlerProfile> = Global::new(SmiHandlerProfile { register, unregister });

pub fn init() -> Result<(), Status> {
    let interface = PROTOCOL.as_ptr().cast();
    crate::hand::add(core::ptr::null_mut(), &protocol::SMI_HANDLER_PROFILE, interface).map(drop)
}

fn child(kind: *const Guid, handler: SmiHandler, context: *const c_void, size: usize) -> Option<Child> {
    if kind.is_null() || context.is_null() {
        return None;
    }
    let mut number = [0; 8];
    // SAFETY: the caller's GUID and context.
    let kind = unsafe {
        core::ptr::copy_nonoverlapping(context.cast(), number.as_mut_ptr(), size.min(8));
        *kind
    };
    Some(Child { kind, handler, context: u64::from_le_bytes(number) })
}

extern "efiapi" fn register(
    _: *const SmiHandlerProfile,
    kind: *const Guid,
    handler: SmiHandler,
    _: usize,
    context: *const c_void,
    size: usize,
) -> Status {
    let Some(child) = child(kind, handler, context, size) else { return Status::INVALID_PARAMETER };
    CHILDREN.get().push(child);
    Status::SUCCESS
}

extern "efiapi" fn unregister(
    _: *const SmiHandlerProfile,
    kind: *const Guid,
    handler: SmiHandler,
    context: *const c_void,
    size: usize,
) -> Status {
    let Some(gone) = child(kind, handler, context, size) else { return Status::INVALID_PARAMETER };
    let same = |child: &Child| {
        child.kind == gone.kind && child.handler as usize == gone.handler as usize && child.context == gone.context
    };
    let before = CHILDREN.get().len();
    CHILDREN.get().retain(|child| !same(child));
    if CHILDREN.get().len() < before { Status::SUCCESS } else { Status::NOT_FOUND }
}

fn tell_handler(handler: SmiHandler, context: core::fmt::Arguments) {
    let address = handler as usize as u64;
    let (name, base) = pe::find_loaded(address).map_or((Ascii(b"?"), 0), |image| (image.name(), image.base));
    debug!("  SmiHandler - 0x{:X}{}", address, context);
    debug!("    Image - {}.efi, RVA - 0x{:X}", name, address - base);
}

pub fn tell() {
    debug!("##################\n# IMAGE DATABASE #\n##################");
    for base in core::iter::once(crate::private().core_image).chain(dispatcher::images()) {
        let image = pe::Loaded { base };
        debug!("Image - {}.efi, Base - 0x{:X}, EntryPoint - 0x{:X}", image.name(), base, image.entry());
    }
    debug!("########################\n# SMI Handler DATABASE #\n########################");
    debug!("# 1. GUID SMI Handler #");
    for (guid, handler) in handlers::all() {
        if let Some(guid) = guid {
            debug!("SmiEntry - {}", guid);
            tell_handler(handler, text!(""));
        }
    }
    debug!("# 2. ROOT SMI Handler #");
    handlers::all().filter(|(guid, _)| guid.is_none()).for_each(|(_, handler)| tell_handler(handler, text!("")));
    debug!("# 3. Hardware SMI Handler #");
    for child in &*CHILDREN.get() {
        debug!("SmiEntry - {}", child.kind);
        let name = if child.kind == protocol::SMM_SW_DISPATCH2 { "SwSmi" } else { "Context" };
        tell_handler(child.handler, text!(", {} - 0x{:X}", name, child.context));
    }
}
