//! QEMU's CPU hot-plug registers at port CD8h, as firmware asks them for the processors that there are (QEMU,
//! docs/specs/acpi_cpu_hotplug). Nothing is ever plugged. On board `qemu` only.

pub const PORT: u16 = 0xcd8;
/// One bit a processor; the first write of 0 changes to the registers.
const BITMAP: u16 = 32;
/// Selector and second data, status, command, data.
const REGISTERS: u16 = 12;

const GET_NEXT_CPU_WITH_EVENT: u8 = 0;
const GET_CPU_ID: u8 = 3;
const ENABLED: u32 = 1;

#[derive(Clone, Debug, Hash)]
pub struct CpuHotplug {
    cpus: u8,
    registers: bool,
    selector: u32,
    command: u8,
}

impl CpuHotplug {
    pub fn new(cpus: u8) -> Self {
        CpuHotplug { cpus, registers: false, selector: 0, command: GET_NEXT_CPU_WITH_EVENT }
    }

    /// How many ports answer now.
    pub fn ports(&self) -> u16 {
        if self.registers { REGISTERS } else { BITMAP }
    }

    pub fn read(&self, offset: u16) -> u32 {
        if !self.registers {
            return if offset == 0 { (1 << self.cpus) - 1 } else { 0 };
        }
        if self.selector >= self.cpus.into() {
            return 0;
        }
        match (offset, self.command) {
            (4, _) => ENABLED,
            // A processor's APIC ID is its number here; the upper half, at offset 0, is 0.
            (8, GET_NEXT_CPU_WITH_EVENT | GET_CPU_ID) => self.selector,
            _ => 0,
        }
    }

    pub fn write(&mut self, offset: u16, value: u32) {
        if !self.registers {
            self.registers = offset == 0 && value & 0xff == 0;
            return;
        }
        match offset {
            0 => self.selector = value,
            // No processor has an event: the search comes back to where it began.
            5 if self.selector < self.cpus.into() && value as u8 <= GET_CPU_ID => self.command = value as u8,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CpuHotplug, GET_CPU_ID};

    #[test]
    fn a_write_of_0_changes_from_the_bitmap_to_registers() {
        let mut hotplug = CpuHotplug::new(2);
        assert_eq!((hotplug.ports(), hotplug.read(0), hotplug.read(1)), (32, 3, 0));
        hotplug.write(0, 1);
        hotplug.write(4, 0);
        assert_eq!(hotplug.read(0), 3);
        hotplug.write(0, 0);
        assert_eq!((hotplug.ports(), hotplug.read(0), hotplug.read(4)), (12, 0, 1));
    }

    #[test]
    fn a_processor_is_selected_and_tells_its_apic_id() {
        let mut hotplug = CpuHotplug::new(2);
        hotplug.write(0, 0);
        for (cpu, status, id) in [(0, 1, 0), (1, 1, 1), (2, 0, 0)] {
            hotplug.write(0, cpu);
            hotplug.write(5, GET_CPU_ID.into());
            assert_eq!((hotplug.read(4), hotplug.read(8), hotplug.read(0)), (status, id, 0), "{cpu}");
        }
        // Unknown commands are none.
        hotplug.write(0, 1);
        hotplug.write(5, 9);
        assert_eq!(hotplug.read(8), 1);
    }
}
