//! The state save area as memory: one page of RAM as a rule, anything at all where a handler has moved
//! SMBASE to.

use crate::bus::{Access, Bus, Purpose};
use crate::memory::Env;
use crate::state::Cpu;

/// Where the save area starts, from SMBASE. Maps use offsets from 7C00h to 7FFFh.
const SAVE_AREA: u64 = 0x8000;
const FIRST: u64 = 0x7c00;

/// The save area of one entry or one RSM.
pub(super) struct Area<F> {
    at: u64,
    /// Its page of RAM, where one look-up does for all fields (measured: a third of an untraced SMI's way
    /// there and back).
    page: Option<F>,
}

impl Cpu {
    fn smram_access(&self) -> Access {
        Access { cpu: self.id, smm: true, purpose: Purpose::System }
    }

    pub(super) fn save_area<B: Bus>(&self, env: &mut Env<B>, write: bool) -> Area<B::Frame> {
        let at = u64::from(self.smbase) + SAVE_AREA;
        let first = (at + FIRST) & 0xffff_ffff;
        let one_page = at & 0xfff == 0 && !(write && env.code.in_page(first));
        let page = if one_page { env.bus.frame(self.smram_access(), first, write) } else { None };
        Area { at, page }
    }

    pub(super) fn save<B: Bus>(&self, env: &mut Env<B>, area: &Area<B::Frame>, offset: u16, size: u8, value: u64) {
        let written =
            area.page.and_then(|page| env.bus.frame_write(page, usize::from(offset) & 0xfff, size.into(), value));
        if written.is_none() {
            self.smram_write(env, (area.at + u64::from(offset)) & 0xffff_ffff, size.into(), value);
        }
    }

    pub(super) fn restore<B: Bus>(&self, env: &mut Env<B>, area: &Area<B::Frame>, offset: u16, size: u8) -> u64 {
        let read = area.page.and_then(|page| env.bus.frame_read(page, usize::from(offset) & 0xfff, size.into()));
        read.unwrap_or_else(|| self.smram_read(env, (area.at + u64::from(offset)) & 0xffff_ffff, size.into()))
    }

    /// A slot may lie across a page when a handler set an unaligned SMBASE.
    fn smram_write<B: Bus>(&self, env: &mut Env<B>, at: u64, size: usize, value: u64) {
        let room = 4096 - (at as usize & 0xfff);
        env.code.written(at, size.min(room));
        if size <= room {
            return env.bus.write(self.smram_access(), at, size, value);
        }
        env.code.written(at + room as u64, size - room);
        env.bus.write(self.smram_access(), at, room, value);
        env.bus.write(self.smram_access(), (at + room as u64) & 0xffff_ffff, size - room, value >> (room * 8));
    }

    fn smram_read<B: Bus>(&self, env: &mut Env<B>, at: u64, size: usize) -> u64 {
        let room = 4096 - (at as usize & 0xfff);
        if size <= room {
            return env.bus.read(self.smram_access(), at, size);
        }
        let low = env.bus.read(self.smram_access(), at, room);
        low | env.bus.read(self.smram_access(), (at + room as u64) & 0xffff_ffff, size - room) << (room * 8)
    }
}
