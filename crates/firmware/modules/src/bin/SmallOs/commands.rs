//! The shell's commands. Numbers are hexadecimal, with or without 0x.

use crate::loader::OS;
use crate::tasks::{self, Tasks};
use crate::{cpu_commands, interrupts, messages, sleep, variables};
use base::arch::{self, ASKS, mmio};
use base::chipset::{APM_DATA, pci};
use base::names::Name;
use base::smm::{COMMUNICATE_HEADER, CommunicateHeader};
use base::{Guid, Status, efi, say};
use core::ffi::c_void;
use core::str::SplitAsciiWhitespace;

const HELP: [&str; 20] = [
    "smi VALUE [DATA]      write APM_CNT (B2h), DATA to B3h before",
    "peek ADDRESS          read 32 bits of memory",
    "poke ADDRESS VALUE    write 32 bits of memory",
    "in PORT               read a byte",
    "out PORT VALUE        write a byte",
    "msr NUMBER            read a model-specific register",
    "pci DEVICE FUNCTION REGISTER [VALUE]   read or write 32 bits of configuration space, bus 0",
    "comm GUID [ADDRESS]   send a message to an SMI handler, from ADDRESS",
    "attack [ADDRESS]      the same, of what is at ADDRESS, else in SMRAM",
    "latency               the tick: how often it came, and how late",
    "latency COUNT [VALUE] the longest of COUNT gaps between two readings of the TSC; SMI VALUE in the last",
    "wait MS               lets the tasks run for so many milliseconds",
    "cpus                  what the tasks of each processor have found",
    "cpus init N           INIT: processor N then waits for SIPI",
    "cpus sipi N           SIPI: starts it again",
    "fptask start|stop|state   floating-point tasks on all processors, which check their sums",
    "storm COUNT [VALUE]   SMI VALUE, COUNT times from all processors at once",
    "sleep                 S3; the RTC's alarm wakes in two seconds",
    "reboot, poweroff      ResetSystem()",
    "help                  this",
];

/// What is wrong with a command.
pub struct Wrong;

pub fn run(line: &str) {
    let mut words = line.split_ascii_whitespace();
    let Some(command) = words.next() else { return };
    let done = match command {
        "smi" => smi(&mut words),
        "peek" => peek(&mut words),
        "poke" => poke(&mut words),
        "in" => input(&mut words),
        "out" => output(&mut words),
        "msr" => msr(&mut words),
        "pci" => pci(&mut words),
        "comm" => comm(&mut words),
        "attack" => attack(&mut words),
        "latency" => latency(&mut words),
        "wait" => cpu_commands::wait(&mut words),
        "cpus" => cpu_commands::cpus(&mut words),
        "fptask" => cpu_commands::fptask(&mut words),
        "storm" => cpu_commands::storm(&mut words),
        "sleep" => {
            say!("sleep: {}", Name(base::status(sleep::sleep())));
            Ok(())
        }
        "reboot" => reset(efi::RESET_COLD),
        "poweroff" => reset(efi::RESET_SHUTDOWN),
        "help" => {
            HELP.iter().chain(&variables::HELP).chain(&messages::HELP).for_each(|line| say!("{}", line));
            say!("help: {}", Name(Status::SUCCESS));
            Ok(())
        }
        _ => variables::run(command, &mut words).or_else(|| messages::run(command, &mut words)).unwrap_or(Err(Wrong)),
    };
    if done.is_err() {
        say!("{}: {}; `help` lists the commands", command, Name(Status::INVALID_PARAMETER));
    }
}

pub fn number(words: &mut SplitAsciiWhitespace) -> Result<u64, Wrong> {
    parse(words.next().ok_or(Wrong)?)
}

fn parse(word: &str) -> Result<u64, Wrong> {
    hexadecimal(word.strip_prefix("0x").unwrap_or(word).as_bytes())
}

pub fn hexadecimal(digits: &[u8]) -> Result<u64, Wrong> {
    if digits.is_empty() {
        return Err(Wrong);
    }
    let append = |number: u64, digit: &u8| {
        let digit = char::from(*digit).to_digit(16).ok_or(Wrong)?;
        if number >> 60 == 0 { Ok(number << 4 | u64::from(digit)) } else { Err(Wrong) }
    };
    digits.iter().try_fold(0, append)
}

pub fn small<T: TryFrom<u64>>(words: &mut SplitAsciiWhitespace) -> Result<T, Wrong> {
    T::try_from(number(words)?).map_err(|_| Wrong)
}

/// An address that the OS has mapped.
fn address(words: &mut SplitAsciiWhitespace) -> Result<u64, Wrong> {
    number(words).and_then(|address| if address < 1 << 32 { Ok(address) } else { Err(Wrong) })
}

fn smi(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let value: u8 = small(words)?;
    let data: u8 = match words.next() {
        Some(word) => parse(word)?.try_into().map_err(|_| Wrong)?,
        None => 0,
    };
    arch::out8(APM_DATA, data);
    let asked = ASKS | u64::from(value);
    match arch::raise_sw_smi(asked) {
        answer if answer == asked => say!("smi 0x{:02x}: no answer", value),
        answer => say!("smi 0x{:02x}: {}", value, Name(Status::from_usize(answer as usize))),
    }
    Ok(())
}

fn peek(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let address = address(words)?;
    // What the TLB knows may be from a time when SMRAM was open (QEMU keeps it).
    arch::invlpg(address);
    say!("peek 0x{:08x}: {} 0x{:08x}", address, Name(Status::SUCCESS), mmio::read::<u32>(address));
    Ok(())
}

fn poke(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let (address, value) = (address(words)?, small::<u32>(words)?);
    arch::invlpg(address);
    mmio::write(address, value);
    say!("poke 0x{:08x}: {}", address, Name(Status::SUCCESS));
    Ok(())
}

fn input(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let port = small(words)?;
    say!("in 0x{:04x}: {} 0x{:02x}", port, Name(Status::SUCCESS), arch::in8(port));
    Ok(())
}

fn output(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let (port, value) = (small(words)?, small(words)?);
    arch::out8(port, value);
    say!("out 0x{:04x}: {}", port, Name(Status::SUCCESS));
    Ok(())
}

fn msr(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let msr = small(words)?;
    match interrupts::rdmsr(msr) {
        Some(value) => say!("msr 0x{:x}: {} 0x{:016x}", msr, Name(Status::SUCCESS), value),
        None => say!("msr 0x{:x}: {}", msr, Name(Status::UNSUPPORTED)),
    }
    Ok(())
}

fn pci(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let (device, function, register) = (small(words)?, small(words)?, small(words)?);
    let at = pci::function(0, device, function);
    if words.clone().next().is_some() {
        at.write32(register, small(words)?);
    }
    let value = at.read32(register);
    say!("pci {:02x}.{:x} 0x{:02x}: {} 0x{:08x}", device, function, register, Name(Status::SUCCESS), value);
    Ok(())
}

/// Communicate() with a buffer at this physical address.
pub fn communicate(buffer: u64, length: usize) -> Status {
    let os = OS.get();
    let mut size = COMMUNICATE_HEADER + length;
    // SAFETY: the IPL's protocol, where SetVirtualAddressMap() has moved it.
    unsafe { ((*os.communication).communicate)(os.communication, buffer as *mut c_void, &mut size) }
}

fn comm(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let guid: Guid = words.next().ok_or(Wrong)?.parse().map_err(|_| Wrong)?;
    let buffer = match words.next() {
        Some(word) => parse(word)?,
        None => OS.get().buffer,
    };
    mmio::write(buffer, CommunicateHeader { guid, length: 8 });
    mmio::write(buffer + COMMUNICATE_HEADER as u64, 0u64);
    say!("comm {}: {}", guid, Name(communicate(buffer, 8)));
    Ok(())
}

fn attack(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let target = match words.next() {
        Some(word) => parse(word)?,
        None => OS.get().smram,
    };
    say!("attack 0x{:08x}: {}", target, Name(communicate(target, 8)));
    Ok(())
}

/// Without COUNT: what the tick has found. With it: as Linux's hwlat does, nothing but readings of the
/// TSC, in which gaps are the hardware's or an SMI's.
fn latency(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let Some(count) = words.next() else {
        let Tasks { ticks, longest, stopped, .. } = tasks::report();
        say!(
            "latency: {} {} ticks, longest {} ns apart, stopped {} times",
            Name(Status::SUCCESS),
            ticks,
            longest,
            stopped
        );
        return Ok(());
    };
    let count = parse(count)?;
    let command: Option<u8> = if words.clone().next().is_some() { Some(small(words)?) } else { None };
    arch::disable_interrupts();
    let (mut last, mut longest) = (arch::tsc(), 0);
    for left in (0..count).rev() {
        if let (Some(command), 0) = (command, left) {
            arch::raise_sw_smi(ASKS | u64::from(command));
        }
        let now = arch::tsc();
        longest = longest.max(now - last);
        last = now;
    }
    arch::enable_interrupts();
    say!("latency: {} {} ns", Name(Status::SUCCESS), longest);
    Ok(())
}

fn reset(kind: efi::ResetType) -> Result<(), Wrong> {
    say!("ResetSystem()");
    // SAFETY: the table that SetVirtualAddressMap() has moved.
    let reset = unsafe { (*(*OS.get().system_table).runtime_services).reset_system };
    // SAFETY: the service's types.
    unsafe { reset(kind, Status::SUCCESS, 0, core::ptr::null_mut()) }
    Ok(())
}
