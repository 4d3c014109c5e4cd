extern crate std;
use super::*;
use std::vec::Vec;

const A: Guid = Guid([0xaa; 16]);
const B: Guid = Guid([0xbb; 16]);

/// `p` is PUSH A, `q` is PUSH B, `b` BEFORE A, `a` AFTER A; the rest are opcodes by their first
/// letter, `|` for OR, `E` for END, `?` for an unknown opcode, `r` for REPLACE_TRUE B.
fn code(short: &str) -> Vec<u8> {
    let mut code = Vec::new();
    for letter in short.chars() {
        let (opcode, operand) = match letter {
            'b' => (0, Some(A)),
            'a' => (1, Some(A)),
            'p' => (2, Some(A)),
            'q' => (2, Some(B)),
            '&' => (3, None),
            '|' => (4, None),
            'N' => (5, None),
            'T' => (6, None),
            'F' => (7, None),
            'E' => (8, None),
            'S' => (9, None),
            'r' => (0xff, Some(B)),
            _ => (0x77, None),
        };
        code.push(opcode);
        code.extend(operand.map_or(Vec::new(), |guid| guid.0.to_vec()));
    }
    code
}

fn verdict(short: &str, dialect: Dialect) -> Verdict {
    Evaluation::new(&code(short), dialect, |guid| *guid == A).verdict()
}

#[test]
fn well_formed_expressions_give_their_value() {
    for (short, value) in [
        ("TE", true),
        ("FE", false),
        ("pE", true),
        ("qE", false),
        ("pq&E", false),
        ("pq|E", true),
        ("qNE", true),
        ("pqN&TF|&E", true),
    ] {
        for dialect in [Dialect::Pei, Dialect::Dxe, Dialect::Smm] {
            assert_eq!(verdict(short, dialect), Verdict::Done(value), "{short} {dialect:?}");
            assert_eq!(validate(&code(short), dialect), Ok(()), "{short} {dialect:?}");
        }
    }
}

#[test]
fn malformed_expressions_are_false_for_the_reason_that_edk2_gives() {
    use Dialect::{Dxe, Pei, Smm};
    for (short, dialect, failure) in [
        ("", Dxe, Failure::PastEnd),
        ("", Smm, Failure::Empty),
        ("p", Smm, Failure::PastEnd),
        ("p&E", Dxe, Failure::Stack),
        ("N", Pei, Failure::Stack),
        ("E", Dxe, Failure::Stack),
        ("pqE", Pei, Failure::Stack),
        ("pbE", Smm, Failure::UnexpectedBeforeOrAfter),
        ("bE", Dxe, Failure::UnexpectedBeforeOrAfter),
        ("bE", Pei, Failure::UnknownOpcode),
        ("pSE", Dxe, Failure::UnexpectedSor),
        ("SpE", Smm, Failure::UnknownOpcode),
        ("?", Smm, Failure::UnknownOpcode),
    ] {
        assert_eq!(verdict(short, dialect), Verdict::Failed(failure), "{short} {dialect:?}");
    }
    assert_eq!(Failure::Stack.text(Smm), "Unexpected error");
    assert_eq!(Failure::Stack.text(Pei), "Underflow Error");
}

#[test]
fn dxe_and_smm_cores_ignore_what_is_left_on_the_stack_and_behind_end() {
    assert_eq!(verdict("qpE", Dialect::Smm), Verdict::Done(true));
    assert_eq!(verdict("TE?", Dialect::Dxe), Verdict::Done(true));
    assert_eq!(verdict("SpE", Dialect::Dxe), Verdict::Done(true));
    assert_eq!(verdict("rE", Dialect::Dxe), Verdict::Done(true));
}

#[test]
fn each_step_tells_its_instruction_and_the_stack_afterwards() {
    let code = code("pqN&E");
    let steps: Vec<_> = Evaluation::new(&code, Dialect::Smm, |guid| *guid == A).collect();
    let told: Vec<_> =
        steps.iter().map(|s| std::format!("{} {} {}", s.offset, s.op.unwrap().name(), s.stack)).collect();
    assert_eq!(told, ["0 PUSH [T]", "17 PUSH [T F]", "34 NOT [T T]", "35 AND [T]", "36 END []"]);
    assert_eq!((steps[0].found, steps[1].found, steps[2].found), (Some(true), Some(false), None));
    assert_eq!(steps[4].verdict, Some(Verdict::Done(true)));
}

#[test]
fn a_stack_is_as_deep_as_its_dispatchers() {
    let deep = |n| [std::vec![6; n], std::vec![8]].concat();
    assert!(is_ready(&deep(STACK_DEPTH), Dialect::Smm, |_| false));
    assert!(!is_ready(&deep(STACK_DEPTH + 1), Dialect::Smm, |_| false));
    let pei = |n: usize| [std::vec![6; n], std::vec![3; n - 1], std::vec![8]].concat();
    assert!(is_ready(&pei(64), Dialect::Pei, |_| false));
    assert!(!is_ready(&pei(65), Dialect::Pei, |_| false));
}

#[test]
fn validation_names_offset_opcode_and_reason() {
    use Dialect::{Dxe, Pei, Smm};
    for (short, dialect, offset, reason) in [
        ("", Smm, 0, DepexReason::Empty),
        ("p", Smm, 17, DepexReason::NoEnd),
        ("T?", Smm, 1, DepexReason::UnknownOpcode),
        ("p&E", Smm, 17, DepexReason::StackEmpty),
        ("E", Smm, 0, DepexReason::StackEmpty),
        ("pqE", Smm, 34, DepexReason::LeftOnStack(2)),
        ("pEE", Smm, 17, DepexReason::BehindEnd(1)),
        ("bpE", Smm, 17, DepexReason::BeforeAfterNotAlone),
        ("paE", Dxe, 17, DepexReason::BeforeAfterNotAlone),
        ("bE", Pei, 0, DepexReason::NotInDialect(Pei)),
        ("SpE", Smm, 0, DepexReason::NotInDialect(Smm)),
        ("pSE", Dxe, 17, DepexReason::SorNotFirst),
        ("SE", Dxe, 1, DepexReason::SorAlone),
        ("rE", Dxe, 0, DepexReason::ReplaceTrue),
    ] {
        let error = validate(&code(short), dialect).unwrap_err();
        assert_eq!((error.offset, error.reason), (offset, reason), "{short}");
    }
    let cut = validate(&code("p")[..16], Smm).unwrap_err();
    assert_eq!((cut.offset, cut.opcode, cut.reason), (0, Some(2), DepexReason::OperandCut));
    let message = std::string::ToString::to_string(&validate(&code("T?"), Smm).unwrap_err());
    assert_eq!(message, "DEPEX offset 0x1, opcode 77h: there is no such opcode");
    for (short, dialect) in [("bE", Smm), ("aE", Dxe), ("SpE", Dxe)] {
        assert_eq!(validate(&code(short), dialect), Ok(()));
    }
}

#[test]
fn the_first_opcode_places_a_driver_beside_another() {
    assert_eq!(placement(&code("bE")), Some(Placement::Before(A)));
    assert_eq!(placement(&code("aE")), Some(Placement::After(A)));
    assert_eq!(placement(&code("SpE")), Some(Placement::OnRequest));
    assert_eq!(placement(&code("pbE")), None);
    assert_eq!(placement(&[0, 1, 2]), None);
}

/// PI 1.8 Vol. 2, 15.3 "Sample Dependency Expressions".
#[test]
fn the_specifications_example_is_read() {
    let mut example =
        std::vec![2, 0x26, 0x25, 0x73, 0xb0, 0xc8, 0x38, 0x40, 0x4b, 0x88, 0x77, 0x61, 0xc7, 0xb0, 0x6a, 0xac, 0x45];
    example
        .extend([2, 0xb1, 0xcc, 0xba, 0x26, 0x42, 0x6f, 0xd4, 0x11, 0xbc, 0xe7, 0, 0x80, 0xc7, 0x3c, 0x88, 0x81, 3, 8]);
    assert_eq!(validate(&example, Dialect::Dxe), Ok(()));
    let operand = decode(&example).next().unwrap().unwrap().op.operand().unwrap();
    assert_eq!(operand, Guid::new("B0732526-38C8-4B40-8877-61C7B06AAC45"));
    let names: Vec<_> =
        decode(&example).map(|i| (i.unwrap().offset, i.unwrap().op)).map(|(o, op)| (o, op.name())).collect();
    assert_eq!(names, [(0, "PUSH"), (0x11, "PUSH"), (0x22, "AND"), (0x23, "END")]);
}

#[cfg(feature = "alloc")]
#[test]
fn text_assembles_to_the_bytes_that_it_was_printed_from() {
    let text = "PUSH gEfiSmmSwDispatch2ProtocolGuid PUSH AAAAAAAA-AAAA-AAAA-AAAA-AAAAAAAAAAAA NOT AND END";
    let code = assemble(text, |_| None).unwrap();
    assert_eq!(code[1..17], crate::known::named("gEfiSmmSwDispatch2ProtocolGuid").0);
    assert_eq!(to_text(&code, |_| None).unwrap(), text);
    let named = to_text(&code, |guid| (*guid == A).then(|| "DriverA".into())).unwrap();
    assert_eq!(assemble(&named.to_lowercase().replace("drivera", "DriverA"), names).unwrap_err().word, 2);
    assert_eq!(assemble(&named, names).unwrap(), code);
}

#[cfg(feature = "alloc")]
fn names(name: &str) -> Option<Guid> {
    (name == "DriverA").then_some(A)
}

#[cfg(feature = "alloc")]
#[test]
fn a_word_that_is_not_understood_is_named_with_its_place() {
    let fails = |text: &str| std::string::ToString::to_string(&assemble(text, |_| None).unwrap_err());
    let near = fails("TRUE\n  PUSH gEfiSmmSwDispach2ProtocolGuid END");
    assert!(near.starts_with("word 3 (line 2, column 8)"), "{near}");
    assert!(near.contains("did you mean gEfiSmmSwDispatch2ProtocolGuid?"), "{near}");
    assert!(fails("PUSH END").contains("PUSH wants a GUID"));
    assert!(fails("XOR").contains("\"XOR\" is no opcode"));
}
