//! The edits that a reader has made, and the way back.

use super::edit::Edit;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// States of the list, the oldest first.
    states: Vec<Vec<Edit>>,
    at: usize,
}

impl Draft {
    pub fn new(edits: Vec<Edit>) -> Self {
        Draft { states: vec![edits], at: 0 }
    }

    pub fn edits(&self) -> &[Edit] {
        self.states.get(self.at).map_or(&[], Vec::as_slice)
    }

    /// What was undone is gone.
    pub fn set(&mut self, edits: Vec<Edit>) {
        if self.states.is_empty() {
            self.states.push(Vec::new());
        }
        self.states.truncate(self.at + 1);
        self.states.push(edits);
        self.at += 1;
    }

    pub fn push(&mut self, edit: Edit) {
        let mut edits = self.edits().to_vec();
        edits.push(edit);
        self.set(edits);
    }

    /// Takes out one edit; those after it stay.
    pub fn remove(&mut self, nth: usize) {
        let mut edits = self.edits().to_vec();
        if nth < edits.len() {
            edits.remove(nth);
            self.set(edits);
        }
    }

    /// The last state was refused: it never was.
    pub fn forget(&mut self) {
        if self.at > 0 {
            self.states.truncate(self.at);
            self.at -= 1;
        }
    }

    pub fn can_undo(&self) -> bool {
        self.at > 0
    }

    pub fn can_redo(&self) -> bool {
        self.at + 1 < self.states.len()
    }

    pub fn undo(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    pub fn redo(&mut self) {
        self.at += usize::from(self.can_redo());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(name: &str) -> Edit {
        Edit::drop_file(name)
    }

    #[test]
    fn undo_and_redo_go_through_the_states() {
        let mut draft = Draft::default();
        assert!(!draft.can_undo() && !draft.can_redo());
        draft.push(edit("A"));
        draft.push(edit("B"));
        draft.undo();
        assert_eq!(draft.edits(), [edit("A")]);
        draft.redo();
        assert_eq!(draft.edits().len(), 2);
        draft.undo();
        draft.push(edit("C"));
        assert_eq!(draft.edits(), [edit("A"), edit("C")]);
        assert!(!draft.can_redo());
    }

    #[test]
    fn an_edit_can_be_taken_out_of_the_middle_and_put_back() {
        let mut draft = Draft::new(vec![edit("A"), edit("B")]);
        draft.remove(0);
        assert_eq!(draft.edits(), [edit("B")]);
        draft.undo();
        assert_eq!(draft.edits().len(), 2);
    }

    #[test]
    fn a_refused_state_leaves_no_trace() {
        let mut draft = Draft::new(vec![edit("A")]);
        draft.push(edit("B"));
        draft.forget();
        assert_eq!(draft.edits(), [edit("A")]);
        assert!(!draft.can_redo() && !draft.can_undo());
        draft.forget();
        assert_eq!(draft.edits(), [edit("A")]);
    }
}
