//! A file on its way to another place in its volume.

use crate::bench::edit::Place;
use story::dispatch::{File, Volume};
use wasm_bindgen::JsCast;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grab {
    pub volume: usize,
    pub from: usize,
    pub to: usize,
    /// By keys: it stays in the hand until it is put down.
    pub held: bool,
}

impl Grab {
    /// Positions of the volume's files, as they would be.
    pub fn order(self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).filter(|nth| *nth != self.from).collect();
        order.insert(self.to.min(order.len()), self.from);
        order
    }

    /// Beside which file it lands. None: it has not moved.
    pub fn place(self, volume: &Volume) -> Option<Place> {
        let order = self.order(volume.files.len());
        let to = order.iter().position(|nth| *nth == self.from)?;
        let name = |nth: &usize| volume.files.get(*nth).map(edit_name);
        match (self.from == to, order.get(to + 1), to.checked_sub(1)) {
            (true, ..) => None,
            (false, Some(next), _) => Some(Place::Before(name(next)?)),
            (false, None, before) => Some(Place::After(name(order.get(before?)?)?)),
        }
    }
}

/// The name by which edits call a file.
pub fn edit_name(file: &File) -> String {
    file.name.clone().unwrap_or_else(|| file.guid.to_string())
}

/// How many of the list's other files lie above this height of the window.
pub fn above(list: &web_sys::Element, y: f64) -> usize {
    let rows = list.query_selector_all("li.file:not(.grabbed)").ok();
    let row = |nth: u32| rows.as_ref()?.item(nth)?.dyn_into::<web_sys::Element>().ok();
    let count = rows.as_ref().map_or(0, |rows| rows.length());
    let middle = |row: web_sys::Element| {
        let place = row.get_bounding_client_rect();
        place.top() + place.height() / 2.0
    };
    (0..count).filter_map(row).filter(|row| middle(row.clone()) < y).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use story::dispatch::Guid;

    fn volume() -> Volume {
        let file = |name: &str| {
            let name = Some(name.into());
            File { guid: Guid::ZERO, name, kind: 10, size: 1, depex: None, words: Vec::new() }
        };
        let files = ["A", "B", "C"].map(file).to_vec();
        Volume { at: "0x0".into(), size: 1, free: 0, apriori: Vec::new(), files }
    }

    fn grab(from: usize, to: usize) -> Grab {
        Grab { volume: 0, from, to, held: false }
    }

    #[test]
    fn a_file_lands_in_front_of_the_next_one_or_behind_the_last() {
        assert_eq!(grab(0, 1).order(3), [1, 0, 2]);
        assert_eq!(grab(0, 1).place(&volume()), Some(Place::Before("C".into())));
        assert_eq!(grab(0, 2).place(&volume()), Some(Place::After("C".into())));
        assert_eq!(grab(2, 0).place(&volume()), Some(Place::Before("A".into())));
        assert_eq!(grab(1, 1).place(&volume()), None);
        assert_eq!(grab(0, 9).place(&volume()), Some(Place::After("C".into())));
    }
}
