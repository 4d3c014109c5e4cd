//! The dispatch board's fold, over the records of real boots.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::Board;
use e2e::firmware::{RAM_MIB, images};
use pi::edit::{Depex, Edit};
use pi::image::Image;
use story::dispatch::{Dispatch, Guid, Listing, What, first_difference};
use trace::{Level, Output, Recorder};

const C: &str = "DriverC";

fn boot(image: &[u8]) -> (Listing, Dispatch) {
    let config =
        board::Config { board: Board::Ich9, ram_mib: RAM_MIB, bios: image.to_vec(), ..board::Config::default() };
    let mut tape = Recorder::new(Level::Output);
    board::Machine::new(&config).unwrap().run_instructions(2_500_000, &mut tape);
    let bytes = e2e::machine::bytes(&tape.into_events(), Output::FirmwareTrace);
    let listing = Listing::of(&Image::parse(image));
    let dispatch = Dispatch::fold(&listing, pi::record::read(&bytes).map(Result::unwrap));
    (listing, dispatch)
}

fn guid(listing: &Listing, name: &str) -> Guid {
    listing.names.guid(name).unwrap()
}

fn c_waits_for_nobody(image: &[u8]) -> Vec<u8> {
    let text = "PUSH gEfiSmmUsbDispatch2ProtocolGuid END".to_owned();
    let edit = Edit::Depex(Depex { file: C.to_owned(), text: Some(text), ..Depex::default() });
    pi::edit::apply(image, &[edit]).unwrap()
}

#[test]
fn every_evaluation_told_ends_as_the_firmware_says_it_did() {
    let (listing, dispatch) = boot(&images().debug);
    let mut seen = 0;
    for module in &dispatch.modules {
        for evaluation in module.evaluations.iter().filter(|evaluation| !evaluation.apriori) {
            let before_end = evaluation.steps.iter().rev().nth(1).and_then(|step| step.stack.last().copied());
            assert_eq!(before_end, Some(evaluation.ready), "{} {evaluation:?}", listing.names.of(&module.file));
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
    assert!(dispatch.modules.iter().all(|module| !module.never_loaded()));
    assert_eq!(dispatch.lock.unwrap().by, listing.names.guid("PlatformSmm"));
    let c = dispatch.module(&guid(&listing, C)).unwrap();
    assert_eq!((c.handlers[0].value, c.protocols.len()), (0x43, 1));
}

#[test]
fn a_driver_whose_protocol_never_comes_is_where_the_boots_part() {
    for image in [&images().debug, &images().release] {
        let (listing, healthy) = boot(image);
        let (_, broken) = boot(&c_waits_for_nobody(image));
        let c = guid(&listing, C);
        let module = broken.module(&c).unwrap();
        assert!(module.never_loaded());
        assert_eq!(module.verdict().unwrap().steps[0].found, Some(false));
        let difference = first_difference(&healthy, &broken).unwrap();
        assert_eq!(difference.healthy.unwrap().what, What::Started { file: c });
    }
}
