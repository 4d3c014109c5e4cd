//! The shell's commands of variables: runtime services, at the addresses that the OS has given them.

use crate::commands::{Wrong, hexadecimal, number};
use crate::loader::OS;
use base::arch::{self, ASKS, mmio};
use base::flash_update::{self, Request};
use base::names::Name;
use base::setup::{BOOT_TO_FW_UI, OS_INDICATIONS};
use base::text::Show;
use base::{Global, Guid, Status, efi, say, text, variable};
use core::fmt;
use core::str::SplitAsciiWhitespace;

pub const HELP: [&str; 6] = [
    "setvar NAME ATTRIBUTES DATA [VENDOR]  DATA: bytes as 0500, BYTE*COUNT, or - for none",
    "getvar NAME [VENDOR]  VENDOR: a GUID, or global; else the platform's",
    "delvar NAME [VENDOR]  with SetVariable() of no data",
    "lsvar                 names of all variables, and how much room there is",
    "flash DATA            new contents of the flash's OEM block (FFF10000h), by SMI 60h",
    "setup                 ask for Setup (OsIndications), and ResetSystem()",
];

const LETTERS: usize = 64;
const DATA: usize = 0x2000;

static BUFFER: Global<[u8; DATA]> = Global::new([0; DATA]);

/// None: no command of ours.
pub fn run(command: &str, words: &mut SplitAsciiWhitespace) -> Option<Result<(), Wrong>> {
    Some(match command {
        "setvar" => set(words),
        "getvar" => get(words),
        "delvar" => delete(words),
        "lsvar" => list(),
        "setup" => setup(),
        "flash" => flash(words),
        _ => return None,
    })
}

fn services() -> &'static efi::RuntimeServices {
    // SAFETY: the table that SetVirtualAddressMap() has moved.
    unsafe { &*(*OS.get().system_table).runtime_services }
}

/// A name with its NUL.
pub fn name<'a>(words: &mut SplitAsciiWhitespace<'a>) -> Result<(&'a str, [u16; LETTERS]), Wrong> {
    let word = words.next().ok_or(Wrong)?;
    let mut name = [0; LETTERS];
    if word.len() >= LETTERS {
        return Err(Wrong);
    }
    for (at, letter) in name.iter_mut().zip(word.bytes()) {
        *at = letter.into();
    }
    Ok((word, name))
}

pub fn vendor(words: &mut SplitAsciiWhitespace) -> Result<Guid, Wrong> {
    match words.next() {
        None => Ok(variable::PLATFORM),
        Some("global") => Ok(variable::GLOBAL),
        Some(word) => word.parse().map_err(|_| Wrong),
    }
}

/// The bytes into the buffer; how many.
fn data(word: &str) -> Result<usize, Wrong> {
    let buffer = BUFFER.get();
    let byte = |digits: &[u8]| u8::try_from(hexadecimal(digits)?).map_err(|_| Wrong);
    let word = word.as_bytes();
    if word == b"-" {
        return Ok(0);
    }
    if let Some(times) = word.iter().position(|letter| *letter == b'*') {
        let (value, count) = (&word[..times], hexadecimal(&word[times + 1..])? as usize);
        buffer.get_mut(..count).ok_or(Wrong)?.fill(byte(value)?);
        return Ok(count);
    }
    if !word.len().is_multiple_of(2) {
        return Err(Wrong);
    }
    for (at, digits) in buffer.iter_mut().zip(word.chunks_exact(2)) {
        *at = byte(digits)?;
    }
    Ok(word.len() / 2)
}

fn set_variable(name: &mut [u16; LETTERS], mut vendor: Guid, attributes: u32, size: usize) -> Status {
    let (name, vendor, data) = (name.as_mut_ptr(), (&raw mut vendor).cast(), BUFFER.as_ptr().cast());
    // SAFETY: the service's types.
    unsafe { (services().set_variable)(name, vendor, attributes, size, data) }
}

fn set(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let (text, mut name) = name(words)?;
    let attributes = number(words)?.try_into().map_err(|_| Wrong)?;
    let size = data(words.next().ok_or(Wrong)?)?;
    let status = set_variable(&mut name, vendor(words)?, attributes, size);
    say!("setvar {}: {}", text, Name(status));
    Ok(())
}

fn delete(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let (text, mut name) = name(words)?;
    let status = set_variable(&mut name, vendor(words)?, 0, 0);
    say!("delvar {}: {}", text, Name(status));
    Ok(())
}

struct Hex<'a>(&'a [u8]);

impl Show for Hex<'_> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 32;
        self.0.iter().take(MOST).try_for_each(|byte| f.write_fmt(text!("{:02x}", byte)))?;
        if self.0.len() > MOST { f.write_fmt(text!("... 0x{:x} bytes", self.0.len())) } else { Ok(()) }
    }
}

fn get(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let (text, mut name) = name(words)?;
    let mut vendor = vendor(words)?;
    let (mut attributes, mut size) = (0, DATA);
    let (name, vendor, data) = (name.as_mut_ptr(), (&raw mut vendor).cast(), BUFFER.as_ptr().cast());
    // SAFETY: the service's types; the buffer has `size` bytes.
    let status = unsafe { (services().get_variable)(name, vendor, &mut attributes, &mut size, data) };
    match BUFFER.get().get(..size) {
        Some(data) if status == Status::SUCCESS => {
            say!("getvar {}: {} 0x{:x} {}", text, Name(status), attributes, Hex(data));
        }
        _ => say!("getvar {}: {}", text, Name(status)),
    }
    Ok(())
}

fn list() -> Result<(), Wrong> {
    let (mut name, mut vendor, mut count) = ([0u16; LETTERS], Guid::ZERO, 0u32);
    let status = loop {
        let mut size = size_of_val(&name);
        // SAFETY: the service's types; the name has `size` bytes.
        let status =
            unsafe { (services().get_next_variable_name)(&mut size, name.as_mut_ptr(), (&raw mut vendor).cast()) };
        if status != Status::SUCCESS {
            break status;
        }
        // SAFETY: it came with its NUL.
        say!("{} {}", vendor, variable::Name(unsafe { variable::name_at(name.as_ptr()) }));
        count += 1;
    };
    let status = if status == Status::NOT_FOUND { Status::SUCCESS } else { status };
    say!("lsvar: {} {} variables", Name(status), count);
    let (mut whole, mut left, mut most) = (0, 0, 0);
    // SAFETY: the service's types. NV, BS, RT.
    let status = unsafe { (services().query_variable_info)(7, &mut whole, &mut left, &mut most) };
    say!("QueryVariableInfo: {} 0x{:x} of 0x{:x} bytes left, 0x{:x} a variable", Name(status), left, whole, most);
    Ok(())
}

/// The firmware's user interface at the next boot: UEFI 2.10, 8.5.4 "Exchanging information between the OS
/// and Firmware".
fn setup() -> Result<(), Wrong> {
    let mut name = [0; LETTERS];
    name[..OS_INDICATIONS.len()].copy_from_slice(OS_INDICATIONS);
    BUFFER.get()[..8].copy_from_slice(&BOOT_TO_FW_UI.to_le_bytes());
    let status = set_variable(&mut name, variable::GLOBAL, 7, 8);
    say!("setup: {}", Name(status));
    if status == Status::SUCCESS {
        // SAFETY: the service's types.
        unsafe { (services().reset_system)(efi::RESET_COLD, Status::SUCCESS, 0, core::ptr::null_mut()) }
    }
    Ok(())
}

/// As a vendor's flash tool: a request in memory that SMM accepts, its address in RBX.
fn flash(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let size = data(words.next().ok_or(Wrong)?)?;
    let data = BUFFER.get().get(..size.min(flash_update::MOST)).unwrap_or_default();
    let at = OS.get().buffer;
    mmio::write(at, Request { size: size as u32, reserved: 0 });
    // SAFETY: the firmware keeps memory for messages there, and it is larger.
    unsafe { ((at + size_of::<Request>() as u64) as *mut u8).copy_from(data.as_ptr(), data.len()) };
    let asked = ASKS | u64::from(flash_update::COMMAND);
    match arch::raise_sw_smi_with(asked, at) {
        answer if answer == asked => say!("flash: no answer"),
        answer => say!("flash: {}", Name(Status::from_usize(answer as usize))),
    }
    Ok(())
}
