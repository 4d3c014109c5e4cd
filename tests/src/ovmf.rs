//! OVMF on QEMU: the firmware `code` and the variables `vars` of a folder, COM1 in its file `serial`.

use crate::qemu;
use std::path::Path;
use std::process::{Command, Stdio};

/// Boots until `done`; false: that took too long. `secure`: flash is written in SMM only.
pub fn boots_until(folder: &Path, secure: bool, done: impl FnMut() -> bool) -> bool {
    let secure = if secure { "on" } else { "off" };
    let mut ovmf = Command::new(qemu::PROGRAM)
        .args("-accel tcg -machine q35,smm=on -m 128 -nodefaults -display none -net none".split(' '))
        .args(["-global", &format!("driver=cfi.pflash01,property=secure,value={secure}")])
        .args(["-drive", "if=pflash,format=raw,unit=0,readonly=on,file=code"])
        .args(["-drive", "if=pflash,format=raw,unit=1,file=vars", "-serial", "file:serial"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| qemu::missing(&error));
    let came = qemu::comes(done);
    ovmf.kill().expect("end QEMU");
    ovmf.wait().expect("QEMU's end");
    came
}
