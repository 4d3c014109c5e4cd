//! What happens to a board from outside, by itself: a button that sticks, a pin that bounces, power that
//! goes.

use crate::Touch;
use serde::{Deserialize, Serialize};
use trace::Input;

/// What is otherwise about the board than on the one that is sold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct BoardChange {
    /// Logical processors.
    pub cpus: Option<u8>,
    pub ram_mib: Option<u32>,
    /// BP2:0 in the status register of the serial flash part: how much of its top can't be written.
    pub block_protect: Option<u8>,
    /// The serial flash part never ends what it has begun.
    pub flash_stuck: Option<bool>,
    /// The top-block swap strap.
    pub top_swap: Option<bool>,
}

impl BoardChange {
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == BoardChange::default()
    }

    /// Both changes; the key that they would have otherwise.
    pub fn join(&mut self, other: &BoardChange) -> Result<(), &'static str> {
        fn join<T: Copy + PartialEq>(
            ours: &mut Option<T>,
            theirs: Option<T>,
            key: &'static str,
        ) -> Result<(), &'static str> {
            if ours.is_some() && theirs.is_some() && *ours != theirs {
                return Err(key);
            }
            *ours = ours.or(theirs);
            Ok(())
        }
        join(&mut self.cpus, other.cpus, "cpus")?;
        join(&mut self.ram_mib, other.ram_mib, "ram-mib")?;
        join(&mut self.block_protect, other.block_protect, "block-protect")?;
        join(&mut self.flash_stuck, other.flash_stuck, "flash-stuck")?;
        join(&mut self.top_swap, other.top_swap, "top-swap")
    }

    /// What no board can be.
    #[cfg(any(test, feature = "source"))]
    pub(crate) fn trouble(&self) -> Option<&'static str> {
        let out = |value: Option<u32>, least, most| value.is_some_and(|value| !(least..=most).contains(&value));
        [
            (out(self.cpus.map(u32::from), 1, 4), "cpus: a board has 1 to 4"),
            (out(self.ram_mib, 1, 2048), "ram-mib: a board has 1 to 2048"),
            (out(self.block_protect.map(u32::from), 0, 7), "block-protect: BP2:0 is 0 to 7"),
        ]
        .into_iter()
        .find_map(|(wrong, text)| wrong.then_some(text))
    }
}

/// What is around an image: the board that it is on, and what happens to that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surroundings {
    pub board: BoardChange,
    pub stimuli: Vec<Stimulus>,
}

impl Surroundings {
    #[must_use]
    pub fn are_usual(&self) -> bool {
        self.board.is_none() && self.stimuli.is_empty()
    }
}

/// A hand comes no more often.
pub const MOST_TIMES: u32 = 100_000;

/// A touch that comes by itself, once in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stimulus {
    pub when: Start,
    #[serde(rename = "do")]
    pub deed: Deed,
    /// How long the hand stays, in microseconds.
    #[serde(default)]
    pub held_us: u64,
    /// How often it comes, and from one coming to the next.
    #[serde(default = "once")]
    pub times: u32,
    #[serde(default)]
    pub every_us: u64,
}

fn once() -> u32 {
    1
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// The plug is pulled and put back.
    PowerCut,
    /// A hand comes and goes.
    Touch(Touch),
}

/// When it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    PowerOn,
    /// The OS waits for a command for the first time.
    Prompt,
    /// This POST code is written.
    Post(u8),
    /// So many sectors of the serial flash were erased.
    Erased(u32),
}

impl Stimulus {
    /// What is done to the board, and how many nanoseconds from its beginning.
    pub fn inputs(&self) -> impl Iterator<Item = (u64, Input)> + use<> {
        const US: u64 = 1000;
        let Stimulus { deed, held_us, times, every_us, .. } = self.clone();
        (0..u64::from(times)).flat_map(move |nth| {
            let at = nth.saturating_mul(every_us).saturating_mul(US);
            let (first, last) = match deed {
                Deed::PowerCut => (Input::PowerCut, None),
                Deed::Touch(touch) => (touch.input(true), Some(touch.input(false))),
            };
            let goes = at.saturating_add(held_us.saturating_mul(US));
            [Some((at, first)), last.map(|input| (goes, input))].into_iter().flatten()
        })
    }

    #[cfg(any(test, feature = "source"))]
    pub(crate) fn trouble(&self) -> Option<&'static str> {
        match self {
            Stimulus { times: 0, .. } => Some("times: it comes once at least"),
            Stimulus { times, .. } if *times > MOST_TIMES => Some("times: it comes 100000 times at most"),
            Stimulus { times: 2.., every_us, held_us, .. } if every_us <= held_us => {
                Some("every-us: the hand goes before it comes again, so this is more than held-us")
            }
            Stimulus { deed: Deed::PowerCut, held_us: 1.., .. } => Some("held-us: a power cut is over at once"),
            Stimulus { deed: Deed::Touch(Touch::Gpio(16..)), .. } => Some("only the pins 0 to 15 can raise an SMI"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNCE: Stimulus =
        Stimulus { when: Start::Prompt, deed: Deed::Touch(Touch::Gpio(3)), held_us: 10, times: 2, every_us: 25 };

    #[test]
    fn a_hand_comes_and_goes_as_often_as_it_is_told() {
        let pin = |high| Input::Gpio { pin: 3, high };
        let times: Vec<_> = BOUNCE.inputs().collect();
        assert_eq!(times, [(0, pin(true)), (10_000, pin(false)), (25_000, pin(true)), (35_000, pin(false))]);
        let cut = Stimulus { deed: Deed::PowerCut, held_us: 0, times: 1, ..BOUNCE };
        assert_eq!(cut.inputs().collect::<Vec<_>>(), [(0, Input::PowerCut)]);
    }

    #[test]
    fn what_no_hand_and_no_board_can_do_is_named() {
        assert_eq!(BOUNCE.trouble(), None);
        for (bad, word) in [
            (Stimulus { times: 0, ..BOUNCE }, "times"),
            (Stimulus { times: MOST_TIMES + 1, ..BOUNCE }, "at most"),
            (Stimulus { every_us: 10, ..BOUNCE }, "every-us"),
            (Stimulus { deed: Deed::PowerCut, ..BOUNCE }, "held-us"),
            (Stimulus { deed: Deed::Touch(Touch::Gpio(16)), ..BOUNCE }, "pins"),
        ] {
            assert!(bad.trouble().is_some_and(|text| text.contains(word)), "{bad:?}");
        }
        let board = BoardChange { block_protect: Some(8), ..BoardChange::default() };
        assert!(board.trouble().is_some_and(|text| text.contains("BP2:0")));
        let mut two = BoardChange { cpus: Some(2), ..BoardChange::default() };
        assert_eq!(two.join(&BoardChange { cpus: Some(4), ..BoardChange::default() }), Err("cpus"));
        assert_eq!(two.join(&BoardChange { top_swap: Some(true), ..two.clone() }), Ok(()));
        assert_eq!((two.cpus, two.top_swap), (Some(2), Some(true)));
    }
}
