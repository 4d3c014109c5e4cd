//! The LPC bridge's function D31:F0: configuration space, and what its registers decode.
//!
//! Source: Intel ICH9 datasheet 316972, "LPC Interface Bridge Registers (D31:F0)", PCI
//! configuration registers; layouts in `lpc_regs.rs`. Interrupt routing and LPC decode ranges keep
//! what is written and decode nothing.

use crate::lpc_regs::{AcpiCntl, BiosCntl, Gc, GenPmcon1, GenPmcon3, GenPmconLock, Pmbase, Rcba, TABLE, at};
use crate::regs::{Access, Lock, Reg, RegBlock};
use crate::{Cx, Silicon};

#[derive(Clone, Hash)]
pub struct Lpc {
    silicon: Silicon,
    regs: RegBlock<256>,
    /// QEMU: SMI_LOCK was written since reset.
    smi_locked: bool,
}

impl Lpc {
    pub fn new(silicon: Silicon) -> Self {
        Lpc { silicon, regs: RegBlock::new(TABLE, silicon), smi_locked: false }
    }

    /// GEN_PMCON_3 lives in the RTC well and survives; all else starts anew. QEMU leaves most of the
    /// space as it is, SMI_LOCK's bit included, which then locks nothing until it is written again.
    pub fn reset(&mut self) {
        let before = std::mem::replace(self, Lpc::new(self.silicon));
        let kept: &[(u16, u16)] = match self.silicon {
            Silicon::Ich9 => &[(at::GEN_PMCON_3, at::GEN_PMCON_3 + 2)],
            Silicon::Qemu => &[(0x45, 0x60), (0x64, 0x68), (0x6c, 0xf0), (0xf4, 0x100)],
        };
        self.regs.keep(&before.regs, kept);
    }

    pub fn config_read(&self, offset: u16, size: u8) -> u64 {
        self.regs.get(offset, size)
    }

    /// True: BIOSWE went from 0 to 1 while BLE is set.
    pub fn config_write(&mut self, cx: &mut Cx, offset: u16, size: u8, value: u64) -> bool {
        let before = self.clone();
        self.regs.write(TABLE, offset, size, value, |reg| before.access(reg));
        self.regs.trace_changes(cx, TABLE, &before.regs);
        // QEMU looks at the bit when one of the eight bytes from there on is written.
        let near = offset < at::GEN_PMCON_1 + 8 && offset + u16::from(size) > at::GEN_PMCON_1;
        self.smi_locked |= near && self.smi_lock_bit();
        let raised = self.bios_cntl().bioswe() && !before.bios_cntl().bioswe();
        raised && before.bios_cntl().ble() && self.silicon == Silicon::Ich9
    }

    pub fn access(&self, reg: &Reg) -> Access {
        if self.silicon == Silicon::Qemu {
            return self.qemu_access(reg);
        }
        reg.access(|lock| self.holds(lock))
    }

    pub fn holds(&self, lock: Lock) -> bool {
        match lock {
            Lock::AcpiBase => GenPmconLock::from_bits(self.regs.get(at::GEN_PMCON_LOCK, 1) as u8).acpi_base_lock(),
            Lock::Ble => self.bios_cntl().ble(),
            Lock::Cf9 => self.regs.get(at::ETR3, 4) >> 31 & 1 != 0,
            _ => false,
        }
    }

    /// Everything behind the header is plain memory, but for SMI_LOCK and what the table says.
    fn qemu_access(&self, reg: &Reg) -> Access {
        let mut rw = reg.qemu_rw.unwrap_or(if reg.at >= 0x40 { u64::MAX } else { 0 });
        if reg.at == at::GEN_PMCON_1 && self.smi_lock_bit() {
            rw &= !u64::from(GenPmcon1::new().with_smi_lock(true).into_bits());
        }
        Access { rw, w1c: 0, once: 0 }
    }

    pub fn bios_cntl(&self) -> BiosCntl {
        BiosCntl::from_bits(self.regs.get(at::BIOS_CNTL, 1) as u8)
    }

    /// TSS tells of BUC.TS.
    pub fn set_tss(&mut self, top_swap: bool) {
        let cntl = self.bios_cntl().with_tss(top_swap);
        self.regs.put(at::BIOS_CNTL, 1, cntl.into_bits().into());
    }

    fn gen_pmcon_3(&self) -> GenPmcon3 {
        GenPmcon3::from_bits(self.regs.get(at::GEN_PMCON_3, 2) as u16)
    }

    /// AFTERG3_EN: when power comes back, the machine stays off.
    pub fn afterg3(&self) -> bool {
        self.gen_pmcon_3().afterg3()
    }

    /// The power button's override sets it.
    pub fn set_afterg3(&mut self) {
        let pmcon = self.gen_pmcon_3().with_afterg3(true);
        self.regs.put(at::GEN_PMCON_3, 2, pmcon.into_bits().into());
    }

    pub fn per_smi_sel(&self) -> u8 {
        GenPmcon1::from_bits(self.regs.get(at::GEN_PMCON_1, 2) as u16).per_smi_sel()
    }

    pub fn swsmi_rate_sel(&self) -> u8 {
        self.gen_pmcon_3().swsmi_rate_sel()
    }

    /// SIRQ_CNTL.SIRQEN: frames of SERIRQ are listened to.
    pub fn serirq(&self) -> bool {
        self.regs.get(at::SIRQ_CNTL, 1) & 0x80 != 0
    }

    pub fn gpi_rout(&self) -> u32 {
        self.regs.get(at::GPI_ROUT, 4) as u32
    }

    /// ACPI_CNTL.SCI_IRQ_SEL as an ISA interrupt; the others go to the I/O APIC.
    pub fn sci_irq(&self) -> Option<u8> {
        match AcpiCntl::from_bits(self.regs.get(at::ACPI_CNTL, 1) as u8).sci_irq_sel() {
            0 => Some(9),
            1 => Some(10),
            2 => Some(11),
            _ => None,
        }
    }

    /// First of the 64 GPIO ports, if they are decoded.
    pub fn gpiobase(&self) -> Option<u16> {
        let gc = Gc::from_bits(self.regs.get(at::GC, 1) as u8);
        (gc.gpio_en() && self.silicon == Silicon::Ich9).then(|| self.regs.get(at::GPIOBASE, 2) as u16 & 0xffc0)
    }

    /// First of the 128 ACPI ports, if they are decoded.
    pub fn pmbase(&self) -> Option<u16> {
        let cntl = AcpiCntl::from_bits(self.regs.get(at::ACPI_CNTL, 1) as u8);
        let base = Pmbase::from_bits(self.regs.get(at::PMBASE, 4) as u32).base() << 7;
        cntl.acpi_en().then_some(base)
    }

    /// SMI_LOCK holds GBL_SMI_EN.
    pub fn smi_lock(&self) -> bool {
        match self.silicon {
            Silicon::Ich9 => self.smi_lock_bit(),
            Silicon::Qemu => self.smi_locked,
        }
    }

    fn smi_lock_bit(&self) -> bool {
        GenPmcon1::from_bits(self.regs.get(at::GEN_PMCON_1, 2) as u16).smi_lock()
    }

    /// First byte of the 16 KiB of chipset registers, if they are decoded.
    pub fn rcba(&self) -> Option<u64> {
        let rcba = Rcba::from_bits(self.regs.get(at::RCBA, 4) as u32);
        rcba.enable().then_some(u64::from(rcba.base()) << 14)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace::Silent;

    fn write(lpc: &mut Lpc, offset: u16, size: u8, value: u64) {
        let mut sink = Silent;
        lpc.config_write(&mut Cx { now: 0, cpu: 0, smm: false, all_smm: false, sink: &mut sink }, offset, size, value);
    }

    #[test]
    fn the_table_accounts_for_every_byte_of_the_configuration_space() {
        crate::regs::check::table_is_gapless(TABLE, 256);
    }

    #[test]
    fn registers_hold_what_the_table_of_resets_and_writes_says() {
        for (at, size, ich9, qemu) in [
            (0x00, 4, [0x2918_8086, 0x2918_8086], [0x2918_8086, 0x2918_8086]),
            (0x08, 4, [0x0601_0002, 0x0601_0002], [0x0601_0002, 0x0601_0002]),
            (0x40, 4, [0x0001, 0xff81], [0x0001, 0xff87]),
            (0x44, 4, [0, 0x87], [0, 0xffff_ffff]),
            (0x60, 4, [0x8080_8080, 0x8f8f_8f8f], [0x8080_8080, 0xffff_ffff]),
            (0xa0, 2, [0, 0x17], [0, 0xffff]),
            (0xd8, 2, [0xffcf, 0xffcf], [0, 0xffff]),
            (0xf0, 4, [0, 0xffff_c001], [0, 0xffff_ffff]),
        ] {
            for (silicon, [reset, full]) in [(Silicon::Ich9, ich9), (Silicon::Qemu, qemu)] {
                let mut lpc = Lpc::new(silicon);
                assert_eq!(lpc.config_read(at, size), reset, "{silicon:?} {at:x} reset");
                write(&mut lpc, at, size, u64::MAX);
                let read = lpc.config_read(at, size);
                assert_eq!(read, full, "{silicon:?} {at:x}");
            }
        }
    }

    #[test]
    fn acpi_ports_are_decoded_only_while_acpi_en_is_set() {
        let mut lpc = Lpc::new(Silicon::Ich9);
        write(&mut lpc, at::PMBASE, 4, 0x0600);
        assert_eq!(lpc.pmbase(), None);
        write(&mut lpc, at::ACPI_CNTL, 1, 0x80);
        assert_eq!(lpc.pmbase(), Some(0x600));
        write(&mut lpc, at::GEN_PMCON_LOCK, 1, 0x02);
        write(&mut lpc, at::GEN_PMCON_LOCK, 1, 0x00);
        write(&mut lpc, at::PMBASE, 4, 0x0400);
        assert_eq!(lpc.pmbase(), Some(0x600), "ACPI_BASE_LOCK");
    }

    #[test]
    fn smi_lock_stays_until_reset() {
        for silicon in [Silicon::Ich9, Silicon::Qemu] {
            let mut lpc = Lpc::new(silicon);
            write(&mut lpc, at::GEN_PMCON_1, 1, 0x10);
            write(&mut lpc, at::GEN_PMCON_1, 1, 0x03);
            assert!(lpc.smi_lock());
            assert_eq!(lpc.config_read(at::GEN_PMCON_1, 1), 0x13);
            lpc.reset();
            assert!(!lpc.smi_lock());
        }
    }
}
