//! Which device answers at which I/O port.
//!
//! Devices that look at the width of an access come first; everything else is a byte device, and
//! wider accesses reach it byte by byte. What no device claims reads as all ones, in this one place.
//! PMBASE is decoded before the byte devices: programmed over one of them it hides it.

use crate::cpu_hotplug::CpuHotplug;
use crate::fw_cfg::FwCfg;
use crate::pci::ConfigAddress;
use crate::{Chipset, Cx, Silicon, cpu_hotplug, gpio};
use trace::{Kind, Output};

const PM_PORTS: u16 = 128;
/// Bochs' debug port and QEMU's isa-debugcon tell by this value that they are there.
const DEBUG_CONSOLE_ID: u8 = 0xe9;

/// Ports beyond which nothing can raise a line are spared the look at all lines.
fn acts(port: u16) -> bool {
    !matches!(port, 0x80 | 0xe9 | 0x402 | 0x502 | 0x510..=0x51b | 0xcf8)
}

fn ones(size: u8) -> u32 {
    u32::MAX >> (32 - 8 * u32::from(size.clamp(1, 4)))
}

impl Chipset {
    /// Offset in the power management block of an access that lies wholly inside.
    fn pm_offset(&self, port: u16, size: u8) -> Option<u16> {
        let offset = port.checked_sub(self.lpc.pmbase()?)?;
        (offset + u16::from(size) <= PM_PORTS).then_some(offset)
    }

    /// The CPU hot-plug registers, and the offset in them.
    fn hotplug(&mut self, port: u16, size: u8) -> Option<(&mut CpuHotplug, u16)> {
        let (hotplug, offset) = (self.cpu_hotplug.as_mut()?, port.checked_sub(cpu_hotplug::PORT)?);
        (offset + u16::from(size) <= hotplug.ports()).then_some((hotplug, offset))
    }

    /// The same for the general-purpose pins.
    fn gpio_offset(&self, port: u16, size: u8) -> Option<u16> {
        let offset = port.checked_sub(self.lpc.gpiobase()?)?;
        (offset + u16::from(size) <= gpio::PORTS).then_some(offset)
    }

    /// Reads 1, 2 or 4 bytes. A port that nobody claims reads as all ones.
    pub fn port_read(&mut self, cx: &mut Cx, port: u16, size: u8) -> u32 {
        if !matches!(size, 1 | 2 | 4) {
            return ones(size);
        }
        self.catch_up(cx);
        if self.silicon == Silicon::Ich9 && self.chip_config.trap.catches(cx, port, size, None) {
            self.settle(cx);
            return ones(size);
        }
        let value = self.decode_read(cx, port, size);
        self.watch_keyboard(cx, port, size, false);
        if acts(port) {
            self.settle(cx);
        }
        value
    }

    fn decode_read(&mut self, cx: &mut Cx, port: u16, size: u8) -> u32 {
        if let Some((hotplug, offset)) = self.hotplug(port, size) {
            return hotplug.read(offset) & ones(size);
        }
        match (port, size) {
            (0xcf8, 4) => self.config_address.into_bits(),
            // QEMU answers narrower reads too, with the register's low part.
            (0xcf8 | 0xcfa | 0xcfb, _) if self.silicon == Silicon::Qemu => self.config_address.into_bits() & ones(size),
            (0xcfc..=0xcff, _) if port - 0xcfc + u16::from(size) <= 4 => {
                self.config_data_read((port - 0xcfc) as u8, size)
            }
            // isa-debug-exit; fw_cfg's selector can't be read.
            (0xf4..=0xf7, _) | (0x510, 2 | 4) => 0,
            _ => match (self.pm_offset(port, size), self.gpio_offset(port, size)) {
                (Some(offset), _) => self.pm.read(cx.now, offset, size),
                (_, Some(offset)) => self.gpio.read(offset, size),
                _ if size == 1 => self.byte_read(cx, port).into(),
                _ => self.split_read(cx, port, size),
            },
        }
    }

    fn split_read(&mut self, cx: &mut Cx, port: u16, size: u8) -> u32 {
        let mut bytes = [0xff; 4];
        for (i, byte) in (0..size.into()).zip(&mut bytes) {
            if let Some(port) = port.checked_add(i) {
                *byte = self.decode_read(cx, port, 1) as u8;
            }
        }
        u32::from_le_bytes(bytes) & ones(size)
    }

    fn byte_read(&mut self, cx: &mut Cx, port: u16) -> u8 {
        match port {
            0x20 | 0x21 | 0xa0 | 0xa1 | 0x4d0 | 0x4d1 => self.pic.read(port),
            0x40..=0x43 => self.pit.read(cx.now, port),
            0x61 => self.pit.nmi_sc(cx.now),
            // What they read is not guaranteed.
            0x71 if self.cmos_locked() => 0xff,
            0x71 => self.rtc.read(cx.now),
            0x80 if self.silicon == Silicon::Ich9 => self.post,
            // The compatibility board has a debug console there.
            0x80 => DEBUG_CONSOLE_ID,
            0x92 => self.reset_control.port92(),
            0xb2 => self.pm.apm_cnt,
            0xb3 => self.pm.apm_sts,
            0xe9 | 0x402 | 0x502 => DEBUG_CONSOLE_ID,
            0x3f8..=0x3ff => self.com1.read(port - 0x3f8),
            0x510 | 0x511 => self.fw_cfg.read(),
            0x514..=0x51b => FwCfg::dma_signature(port - 0x514),
            0xcf9 => self.reset_control.rst_cnt(),
            _ => 0xff,
        }
    }

    /// Writes 1, 2 or 4 bytes. A port that nobody claims drops them.
    pub fn port_write(&mut self, cx: &mut Cx, port: u16, size: u8, value: u32) {
        if !matches!(size, 1 | 2 | 4) {
            return;
        }
        self.catch_up(cx);
        let value = value & ones(size);
        let trapped = self.silicon == Silicon::Ich9 && self.chip_config.trap.catches(cx, port, size, Some(value));
        if !trapped {
            self.decode_write(cx, port, size, value);
            self.watch_keyboard(cx, port, size, true);
        }
        if trapped || acts(port) {
            self.settle(cx);
        }
    }

    fn watch_keyboard(&mut self, cx: &mut Cx, port: u16, size: u8, written: bool) {
        if self.silicon == Silicon::Ich9 {
            self.uhci.watch(cx, port, size, written);
        }
    }

    fn decode_write(&mut self, cx: &mut Cx, port: u16, size: u8, value: u32) {
        if let Some((hotplug, offset)) = self.hotplug(port, size) {
            return hotplug.write(offset, value);
        }
        match (port, size) {
            (0xcf8, 4) => self.config_address = ConfigAddress::from_bits(value),
            (0xcfc..=0xcff, _) if port - 0xcfc + u16::from(size) <= 4 => {
                self.config_data_write(cx, (port - 0xcfc) as u8, size, value);
            }
            (0xf4..=0xf7, _) => self.exit_written(cx, value),
            (0x510, 2) => {
                self.fw_cfg.select(value as u16);
                self.pm.broadcast = self.fw_cfg.broadcast();
            }
            (0x514 | 0x518, 4) => self.fw_cfg.write_dma_address(port == 0x518, value),
            _ => match (self.pm_offset(port, size), self.gpio_offset(port, size)) {
                (Some(offset), _) => self.pm.write(cx, offset, size, value),
                (_, Some(offset)) => self.gpio.write(offset, size, value),
                _ if size == 1 => self.byte_write(cx, port, value as u8),
                _ => self.split_write(cx, port, size, value),
            },
        }
    }

    fn split_write(&mut self, cx: &mut Cx, port: u16, size: u8, value: u32) {
        for (i, byte) in (0..size.into()).zip(value.to_le_bytes()) {
            if let Some(port) = port.checked_add(i) {
                self.decode_write(cx, port, 1, byte.into());
            }
        }
    }

    fn byte_write(&mut self, cx: &mut Cx, port: u16, byte: u8) {
        match port {
            0x20 | 0x21 | 0xa0 | 0xa1 | 0x4d0 | 0x4d1 => self.pic.write(port, byte),
            0x40..=0x43 => self.pit.write(cx.now, port, byte),
            0x61 => self.pit.write_nmi_sc(cx.now, byte),
            0x70 => self.rtc.select(byte),
            0x71 if self.cmos_locked() => {}
            0x71 => self.rtc.write(cx.now, byte),
            0x80 => {
                self.post = byte;
                cx.emit(Kind::Output { to: Output::Post, byte });
            }
            0x92 => {
                let before = self.memory_map();
                self.reset_control.write_port92(cx, byte);
                self.bump_epoch_if(before != self.memory_map());
            }
            0xb2 => self.pm.apm_cnt_write(cx, byte),
            0xb3 => self.pm.apm_sts_write(cx, byte),
            0xe9 => cx.emit(Kind::Output { to: Output::DebugE9, byte }),
            0x402 => cx.emit(Kind::Output { to: Output::Debug402, byte }),
            0x502 => cx.emit(Kind::Output { to: Output::FirmwareTrace, byte }),
            0x3f8..=0x3ff => self.com1.write(cx, port - 0x3f8, byte),
            0xcf9 => self.reset_control.write_rst_cnt(cx, byte),
            _ => {}
        }
    }

    /// RC.LL locks the byte that port 70h means.
    fn cmos_locked(&self) -> bool {
        self.chip_config.rtc_locked() && matches!(self.rtc.index(), 0x38..=0x3f)
    }

    fn exit_written(&mut self, cx: &mut Cx, value: u32) {
        self.exit = Some(value);
        cx.emit(Kind::Exit { value });
    }
}
