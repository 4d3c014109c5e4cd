use super::*;
use pi::layout::ffs::kind;
use pi::record::layout::{self, Record, database, dispatcher, lock};
use pi::record::{Located, Payload};

const A: Guid = Guid::new("0000000A-5A5A-4C41-8B53-4D4D4C414200");
const B: Guid = Guid::new("0000000B-5A5A-4C41-8B53-4D4D4C414200");
const SW: Guid = pi::known::named("gEfiSmmSwDispatch2ProtocolGuid");
const LOCK: Guid = pi::known::named("gEfiDxeSmmReadyToLockProtocolGuid");

fn names() -> Names {
    Names {
        files: vec![(A, "DriverA".into()), (B, "DriverB".into())],
        known: vec![(SW, "gEfiSmmSwDispatch2ProtocolGuid".into())],
    }
}

fn listing() -> Listing {
    let file = |guid, text| File {
        guid,
        name: Some(names().of(&guid)),
        kind: kind::SMM,
        size: 100,
        depex: Some(Expression::from_text(Dialect::Smm, text, &names()).unwrap()),
        words: Vec::new(),
    };
    let files = vec![file(A, "TRUE END"), file(B, "PUSH gEfiSmmSwDispatch2ProtocolGuid NOT NOT END")];
    let volume = Volume { at: "0x0".into(), size: 4096, free: 0, apriori: Vec::new(), files };
    Listing { volumes: vec![volume], names: names() }
}

/// Records one after the other, a nanosecond apart.
#[derive(Default)]
struct Tape(Vec<Located>);

impl Tape {
    fn add(&mut self, payload: &impl Payload) -> &mut Self {
        let mut bytes = Vec::new();
        pi::record::emit(&mut |part: &[u8]| bytes.extend_from_slice(part), self.0.len() as u64, 0, payload);
        self.0.extend(pi::record::read(&bytes).map(Result::unwrap));
        self
    }

    fn found(&mut self, file: Guid) -> &mut Self {
        self.add(&layout::Discovered { file, kind: kind::SMM, dispatcher: dispatcher::SMM, reserved: [0; 6] })
    }

    fn asked(&mut self, file: Guid, round: u32, ready: bool) -> &mut Self {
        let (dispatcher, result) = (dispatcher::SMM, ready.into());
        self.add(&layout::DepexEvaluated { file, dispatcher, result, failure: 0, apriori: 0, round: round.into() })
    }

    fn ran(&mut self, file: Guid, protocol: Option<Guid>) -> &mut Self {
        self.add(&layout::Loaded { file, base: 0x1000.into(), size: 0x100.into(), entry: 0x1000.into() });
        if let Some(protocol) = protocol {
            let database = database::SMM;
            self.add(&layout::ProtocolInstalled { protocol, handle: 1.into(), database, reserved: [0; 7] });
        }
        self.add(&layout::Dispatched { file, status: 0.into() })
    }

    fn locked(&mut self) -> &mut Self {
        self.add(&layout::ReadyToLock { step: lock::SMRAM_LOCKED })
    }

    fn fold(&self) -> Dispatch {
        Dispatch::fold(&listing(), self.0.iter().copied())
    }
}

fn healthy() -> Dispatch {
    let mut tape = Tape::default();
    tape.found(A)
        .found(B)
        .asked(A, 1, true)
        .asked(B, 1, false)
        .ran(A, Some(SW))
        .asked(B, 2, true)
        .ran(B, None)
        .locked();
    tape.fold()
}

#[test]
fn an_evaluation_is_told_with_its_stack_as_it_was_at_that_moment() {
    let boot = healthy();
    let told: Vec<_> =
        boot.module(&B).unwrap().evaluations.iter().map(|e| (e.round, e.ready, e.steps[0].found)).collect();
    assert_eq!(told, [(1, false, Some(false)), (2, true, Some(true))]);
    let stacks: Vec<_> = boot.module(&B).unwrap().evaluations[1].steps.iter().map(|step| step.stack.clone()).collect();
    assert_eq!(stacks, [vec![true], vec![false], vec![true], vec![]]);
}

#[test]
fn what_a_module_leaves_behind_is_its_own_and_the_order_is_that_of_the_loads() {
    let boot = healthy();
    assert_eq!(boot.order().iter().map(|module| module.file).collect::<Vec<_>>(), [A, B]);
    assert_eq!(boot.module(&A).unwrap().protocols[0].guid, SW);
    assert_eq!(boot.lock.unwrap().by, None, "nobody asked for it");
}

#[test]
fn a_module_that_is_found_and_never_called_was_never_loaded() {
    let mut tape = Tape::default();
    let boot = tape
        .found(A)
        .found(B)
        .asked(A, 1, true)
        .asked(B, 1, false)
        .ran(A, Some(LOCK))
        .asked(B, 2, false)
        .locked()
        .fold();
    assert!(boot.module(&B).unwrap().never_loaded() && !boot.module(&A).unwrap().never_loaded());
    assert_eq!(boot.lock.unwrap().by, Some(A));
    let verdict = boot.module(&B).unwrap().verdict().unwrap();
    assert_eq!((verdict.round, verdict.ready), (2, false));
}

#[test]
fn the_first_difference_is_where_the_deeds_part_whatever_the_time() {
    assert_eq!(first_difference(&healthy(), &healthy()), None);
    let mut tape = Tape::default();
    let late = tape.locked().found(A).found(B).asked(A, 1, true).ran(A, Some(SW)).fold();
    let difference = first_difference(&healthy(), &late).unwrap();
    assert_eq!(difference.healthy.unwrap().what, What::Started { file: A });
    assert_eq!(difference.broken.unwrap().what, What::Locked { step: lock::SMRAM_LOCKED });
    let mut tape = Tape::default();
    let short = tape.found(A).found(B).asked(A, 1, true).ran(A, Some(SW)).fold();
    let difference = first_difference(&healthy(), &short).unwrap();
    assert_eq!((difference.files(), difference.broken), ([Some(B), None], None));
}

#[test]
fn an_expression_reads_as_text_and_as_bytes_and_says_where_it_is_wrong() {
    let text = "PUSH gEfiSmmSwDispatch2ProtocolGuid END";
    let read = Expression::from_text(Dialect::Smm, text, &names()).unwrap();
    assert_eq!((read.text().as_str(), read.fault), (text, None));
    assert_eq!(Expression::from_hex(Dialect::Smm, &read.hex(), &names()), Ok(read));
    let cut = Expression::from_hex(Dialect::Smm, "06 02 DC C6", &names()).unwrap();
    assert_eq!(
        (cut.lines.len(), cut.fault.unwrap().offset, cut.fault.unwrap().reason),
        (1, 1, DepexReason::OperandCut)
    );
    let hex = Expression::from_hex(Dialect::Smm, "06 0\n8x", &names()).unwrap_err();
    assert_eq!((hex.line, hex.column, hex.reason), (2, 2, TextReason::Hex));
    let odd = Expression::from_hex(Dialect::Smm, "06 0", &names()).unwrap_err();
    assert_eq!((odd.line, odd.column), (1, 4));
    let typo = Expression::from_text(Dialect::Smm, "PUSH gEfiSmmSwDispatchProtocolGuid END", &names()).unwrap_err();
    let TextReason::UnknownName { near, .. } = typo.reason else { panic!("{typo:?}") };
    assert_eq!((typo.column, near.as_deref()), (6, Some("gEfiSmmSwDispatch2ProtocolGuid")));
}

#[test]
fn records_of_an_unknown_dispatcher_change_nothing() {
    let mut tape = Tape::default();
    tape.add(&layout::DepexEvaluated { file: A, dispatcher: 9, result: 1, failure: 0, apriori: 0, round: 1.into() });
    assert!(tape.fold().modules.is_empty());
    assert!(matches!(tape.0[0].record, Record::DepexEvaluated(_)));
}
