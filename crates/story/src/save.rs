//! The state save area: what the processor wrote into it, what the handler changed, what RSM read.

use trace::SaveField;

/// Offsets in the area count from SMBASE + 8000h (Intel SDM vol. 3, "SMM", state save map).
pub const AREA: u64 = 0x8000;

/// The fields a small view shows first: what runs, where, and how it got here.
pub const MAIN_FIELDS: [SaveField; 12] = {
    use SaveField::*;
    [Cr0, Cr3, Rflags, Efer, Rip, IoState, Rsp, Rax, Rbx, Rcx, Rdx, Smbase]
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldState {
    /// Not written by this SMI yet.
    #[default]
    Empty,
    /// Written by the processor on entry.
    Saved,
    /// Changed by the handler.
    Changed,
    /// Read back by RSM.
    Restored,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedField {
    pub field: SaveField,
    pub offset: u16,
    pub size: u8,
    pub value: u64,
    pub state: FieldState,
    /// The handler changed it during this SMI; stays set after RSM has read it.
    pub by_handler: bool,
}

impl SavedField {
    /// As the bytes lie in memory.
    pub fn bytes(&self) -> Vec<u8> {
        self.value.to_le_bytes()[..usize::from(self.size).min(8)].to_vec()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SaveArea {
    pub smbase: Option<u32>,
    pub fields: Vec<SavedField>,
    /// Index of the field that the current beat touched.
    pub current: Option<usize>,
}

impl SaveArea {
    /// The places that will be written, taken from the tape, still empty.
    pub fn expecting(places: &[(SaveField, u16, u8)]) -> Self {
        let empty = |&(field, offset, size)| SavedField {
            field,
            offset,
            size,
            value: 0,
            state: FieldState::Empty,
            by_handler: false,
        };
        SaveArea { fields: places.iter().map(empty).collect(), ..Default::default() }
    }

    pub fn settle(&mut self) {
        self.current = None;
    }

    /// A new SMI is taken: the area is about to be overwritten.
    pub fn begin(&mut self, smbase: u32) {
        self.smbase = Some(smbase);
        for field in &mut self.fields {
            field.state = FieldState::Empty;
            field.by_handler = false;
        }
    }

    pub fn save(&mut self, field: SaveField, offset: u16, size: u8, value: u64) {
        let new = SavedField { field, offset, size, value, state: FieldState::Saved, by_handler: false };
        let index = match self.fields.iter().position(|f| f.field == field && f.offset == offset) {
            Some(index) => {
                self.fields[index] = new;
                index
            }
            None => {
                self.fields.push(new);
                self.fields.len() - 1
            }
        };
        self.current = Some(index);
    }

    pub fn restore(&mut self, field: SaveField, offset: u16, value: u64) {
        if let Some(index) = self.fields.iter().position(|f| f.field == field && f.offset == offset) {
            self.fields[index].value = value;
            self.fields[index].state = FieldState::Restored;
            self.current = Some(index);
        }
    }

    /// A store by the handler: which field of the area it changed, if any, and to what.
    pub fn store(&mut self, addr: u64, size: u8, value: u64) -> Option<(SaveField, u64)> {
        let area = u64::from(self.smbase?) + AREA;
        let index = self.fields.iter().position(|f| {
            let start = area + u64::from(f.offset);
            f.state != FieldState::Empty && addr < start + u64::from(f.size) && start < addr + u64::from(size)
        })?;
        let field = &mut self.fields[index];
        let start = area + u64::from(field.offset);
        let mut bytes = field.value.to_le_bytes();
        for (i, byte) in value.to_le_bytes().into_iter().take(size.into()).enumerate() {
            let at = (addr + i as u64).wrapping_sub(start);
            if at < u64::from(field.size) {
                bytes[at as usize] = byte;
            }
        }
        let old = std::mem::replace(&mut field.value, u64::from_le_bytes(bytes));
        field.state = FieldState::Changed;
        field.by_handler = true;
        self.current = Some(index);
        (field.value != old).then_some((field.field, field.value))
    }

    pub fn get(&self, field: SaveField) -> Option<&SavedField> {
        self.fields.iter().find(|f| f.field == field && f.state != FieldState::Empty)
    }

    pub fn written(&self) -> usize {
        self.fields.iter().filter(|f| f.state != FieldState::Empty).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_into_the_area_changes_only_the_bytes_it_hits() {
        let mut area = SaveArea::default();
        area.begin(0xf0_0000);
        area.save(SaveField::Rax, 0x7f5c, 8, 0x1111_1111_1111_1142);
        assert_eq!(area.store(0xf0_0000 + 0x8000 + 0x7f5d, 1, 0xff), Some((SaveField::Rax, 0x1111_1111_1111_ff42)));
        assert_eq!(area.store(0xf0_0000, 8, 0), None);
        assert_eq!(area.get(SaveField::Rax).unwrap().state, FieldState::Changed);
    }

    #[test]
    fn places_known_beforehand_stay_empty_until_they_are_written() {
        let mut area = SaveArea::expecting(&[(SaveField::Cr0, 0x7ff8, 8), (SaveField::Smbase, 0x7ef8, 4)]);
        area.begin(0);
        assert_eq!((area.written(), area.get(SaveField::Cr0)), (0, None));
        area.save(SaveField::Smbase, 0x7ef8, 4, 0x30000);
        assert_eq!((area.fields.len(), area.current, area.written()), (2, Some(1), 1));
        assert_eq!(area.fields[1].bytes(), [0, 0, 3, 0]);
    }
}
