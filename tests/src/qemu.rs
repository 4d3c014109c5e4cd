//! QEMU, q35 with SMM, 16 MiB: the reference. One virtual nanosecond an instruction, and no wall
//! clock, so that a run is the same each time and an SMI comes right after its OUT.

use crate::Ran;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub(crate) const PROGRAM: &str = "qemu-system-x86_64";
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `bios` until it writes to port F4h. `script` becomes the demo ROM's fw_cfg file.
pub fn run(bios: &[u8], script: Option<&[u8]>) -> Ran {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let at = |name: &str| scratch.path().join(name);
    fs::write(at("bios"), bios).expect("write the ROM");
    let mut qemu = command(scratch.path());
    if let Some(script) = script {
        fs::write(at("script"), script).expect("write the script");
        let file = at("script");
        qemu.arg("-fw_cfg").arg(format!("name={},file={}", demo_rom::SCRIPT_FILE, file.display()));
    }
    let status = wait(spawn(qemu));
    let log = fs::read(at("log")).expect("QEMU writes the log");
    let ran =
        Ran { log: String::from_utf8_lossy(&log).into(), post: fs::read(at("post")).unwrap_or_default(), exit: 0 };
    // isa-debug-exit ends QEMU with status 2·v+1.
    assert!(status & 1 == 1, "QEMU ended with status {status} and this log:\n{}", ran.log);
    Ran { exit: status as u32 / 2, ..ran }
}

/// Runs `bios` until it writes to port F4h; the bytes of port 402h as they are.
pub fn debug_bytes(bios: &[u8]) -> Vec<u8> {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    fs::write(scratch.path().join("bios"), bios).expect("write the ROM");
    let status = wait(spawn(command(scratch.path())));
    assert!(status & 1 == 1, "QEMU ended with status {status}");
    fs::read(scratch.path().join("log")).expect("QEMU writes the log")
}

fn spawn(mut qemu: Command) -> Child {
    qemu.spawn().unwrap_or_else(|error| {
        panic!("{PROGRAM}: {error}. The tests compare with QEMU: sudo apt-get install qemu-system-x86")
    })
}

pub fn missing(error: &std::io::Error) -> ! {
    panic!("{PROGRAM}: {error}. The tests compare with QEMU: sudo apt-get install qemu-system-x86")
}

fn command(scratch: &Path) -> Command {
    let mut qemu = machine(16);
    qemu.arg("-bios").arg(scratch.join("bios"));
    for (name, port) in [("log", "0x402"), ("post", "0x80")] {
        debug_console(&mut qemu, name, port, &scratch.join(name));
    }
    qemu
}

/// The machine without a ROM.
pub fn machine(ram_mib: u32) -> Command {
    let mut qemu = Command::new(PROGRAM);
    qemu.args("-accel tcg -icount shift=0,sleep=off -machine q35,smm=on -nodefaults -display none".split(' '))
        .args(["-net", "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-m"])
        .arg(ram_mib.to_string())
        .stdin(Stdio::null());
    qemu
}

/// A port whose bytes go to a file.
pub fn debug_console(qemu: &mut Command, id: &str, port: &str, file: &Path) {
    qemu.arg("-chardev").arg(format!("file,id={id},path={}", file.display()));
    qemu.arg("-device").arg(format!("isa-debugcon,iobase={port},chardev={id}"));
}

/// Waits until `done`; false: for longer than a guest may take.
pub fn comes(mut done: impl FnMut() -> bool) -> bool {
    let pause = Duration::from_millis(5);
    (0..PATIENCE.as_millis() / pause.as_millis()).any(|_| {
        std::thread::sleep(pause);
        done()
    })
}

/// A guest that never ends must not hang the tests.
pub fn wait(mut qemu: Child) -> i32 {
    let mut ended = None;
    let has_ended = || {
        ended = qemu.try_wait().expect("QEMU's status");
        ended.is_some()
    };
    comes(has_ended);
    if let Some(status) = ended {
        return status.code().unwrap_or(-2);
    }
    qemu.kill().expect("end QEMU");
    qemu.wait().expect("QEMU's end");
    panic!("the guest did not end within {PATIENCE:?}");
}

/// The machine with stopped processors, driven over qtest.
pub fn qtest() -> Command {
    let mut qemu = Command::new(PROGRAM);
    qemu.args("-machine q35,smm=on -accel tcg -S -nodefaults -display none -net none -m 128 -serial null".split(' '))
        .args(["-qtest", "stdio", "-qtest-log", "none"]);
    qemu
}
