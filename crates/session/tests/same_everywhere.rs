//! The same ROM and the same keys give the same trace, byte for byte, and the same states: natively
//! and as wasm. Both check against one file; `BLESS=1 cargo test -p session` writes it anew.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use session::Session;
use xxhash_rust::xxh3::xxh3_64;

const GOLDEN: &str = include_str!("golden/demo-trace.hash");

/// Hashes of the trace file and of the machine's last state, for a known and an unknown command.
fn report() -> String {
    let mut report = String::from("# command, events, xxh3 of the trace file, state hash at its end\n");
    for command in [0x42, 0x17] {
        let (mut session, opened) = Session::open(demo_rom::ROM.to_vec(), |_| {}).expect("the demo ROM boots");
        let (_, rows, end) = session.record(opened.home.time, command);
        let events: Vec<_> = rows.into_iter().map(|r| r.event).collect();
        let mut file = Vec::new();
        trace::write_trace(&mut file, &events).expect("a Vec takes all bytes");
        let state = session.seek(end).hash;
        report += &format!("{command:02X}h {} {:016x} {state:016x}\n", events.len(), xxh3_64(&file));
    }
    report
}

#[test]
fn the_demo_gives_the_same_trace_and_states_on_every_host() {
    let report = report();
    #[cfg(not(target_arch = "wasm32"))]
    if std::env::var_os("BLESS").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/demo-trace.hash");
        return std::fs::write(file, report).unwrap();
    }
    assert_eq!(report, GOLDEN, "if the change is meant, bless it: BLESS=1 cargo test -p session");
}

#[test]
fn two_runs_are_one_run() {
    assert_eq!(report(), report());
}
