//! The race for BIOSWE: one processor opens the flash, another writes, while the SMI that closes it is
//! on its way. Every interleaving is tried (VU#766164, "Speed Racer").

use crate::testing::Bench;

/// What the two processors do, step by step; the handler runs on processor 0 when it is in SMM.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    /// Processor 0 sets BIOSWE, which raises the SMI.
    Open,
    /// Processor 0, then processor 1, take the SMI.
    Enter0,
    Enter1,
    /// The handler clears BIOSWE.
    Close,
    /// Processor 1 writes FADDR and FDATA, then FGO.
    Prepare,
    Go,
}

/// Orders that can happen: each processor's steps in their order, no SMI before it is raised, and
/// processor 1 does nothing of its own after it has entered SMM.
fn interleavings() -> Vec<Vec<Step>> {
    use Step::{Close, Enter0, Enter1, Go, Open, Prepare};
    fn merge(a: &[Step], b: &[Step]) -> Vec<Vec<Step>> {
        match (a, b) {
            ([], rest) | (rest, []) => vec![rest.to_vec()],
            ([x, a_rest @ ..], [y, b_rest @ ..]) => {
                let with =
                    |first: Step, rest: Vec<Vec<Step>>| rest.into_iter().map(move |tail| [vec![first], tail].concat());
                with(*x, merge(a_rest, b)).chain(with(*y, merge(a, b_rest))).collect()
            }
        }
    }
    let first = [Open, Enter0, Close];
    let attacks: [&[Step]; 3] = [&[Prepare, Go, Enter1], &[Prepare, Enter1], &[Enter1]];
    let all = attacks.into_iter().flat_map(|second| merge(&first, second));
    let before = |order: &[Step], a, b| {
        let place = |step| order.iter().position(|s| *s == step);
        place(a) < place(b)
    };
    all.filter(|order| before(order, Open, Enter1)).collect()
}

/// Plays one order; true if the attacker's byte is in the flash at the end.
fn lands(order: &[Step], smm_bwp: bool) -> bool {
    let mut bench = Bench::ich9();
    bench.write(0x630, 4, 0x2003);
    bench.config_write(0xf8, 0xdc, 1, if smm_bwp { 0x22 } else { 0x02 });
    bench.rcba_write(0x38c8, 4, 0x2005);
    let mut in_smm = [false; 2];
    for step in order {
        let cpu = usize::from(matches!(step, Step::Prepare | Step::Go | Step::Enter1));
        (bench.smm, bench.all_smm) = (in_smm[cpu], in_smm == [true; 2]);
        match step {
            Step::Open => {
                bench.config_write(0xf8, 0xdc, 1, 1);
                assert!(bench.smi(), "BLE gives an SMI");
            }
            Step::Enter0 | Step::Enter1 => in_smm[cpu] = true,
            Step::Close => {
                assert_eq!(bench.read(0x664, 2) & 0x100, 0x100, "BIOSWR");
                bench.config_write(0xf8, 0xdc, 1, 0);
            }
            Step::Prepare => {
                bench.rcba_write(0x3808, 4, 0x1_0042);
                bench.rcba_write(0x3810, 4, 0);
            }
            Step::Go => bench.rcba_write(0x3806, 2, 5),
        }
    }
    let now = bench.now;
    bench.run_to(now + 1_000_000);
    bench.chipset.flash().array(0x42, 1) != 0x42
}

#[test]
fn without_smm_bwp_the_write_lands_in_some_orders_and_with_it_in_none() {
    let orders = interleavings();
    assert!(orders.len() > 20, "{}", orders.len());
    let landed: Vec<_> = orders.iter().filter(|order| lands(order, false)).collect();
    assert!(!landed.is_empty() && landed.len() < orders.len(), "{} of {}", landed.len(), orders.len());
    let between = |order: &&Vec<Step>| {
        let place = |step| order.iter().position(|s| *s == step);
        place(Step::Open) < place(Step::Go) && place(Step::Go) < place(Step::Close)
    };
    assert!(landed.iter().all(between), "only while BIOSWE is set");
    for order in &orders {
        assert!(!lands(order, true), "{order:?}");
    }
}
