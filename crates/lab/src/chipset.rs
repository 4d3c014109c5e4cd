//! The chipset of a machine, as its viewers take it.

use board::Machine;
use protocol::chipset::{Access, Cause, ChipsetView, Gate, Held, Register, RegisterField, SmiView};

pub fn chipset(machine: &Machine) -> ChipsetView {
    let smi = machine.smi_state().map(|state| SmiView {
        line: state.line,
        eos_blocked: state.eos_blocked,
        causes: state.causes.iter().map(cause).collect(),
    });
    ChipsetView { time: machine.time(), registers: machine.chipset_registers().iter().map(register).collect(), smi }
}

fn register(shown: &board::Shown) -> Register {
    let reg = shown.reg;
    Register {
        block: shown.block.to_owned(),
        at: reg.at,
        size: reg.size,
        name: reg.name.to_owned(),
        value: shown.value,
        reset: shown.reset,
        source: reg.source.to_owned(),
        fields: shown.fields().into_iter().map(field).collect(),
    }
}

fn field(shown: board::ShownField) -> RegisterField {
    RegisterField {
        name: shown.field.name.into_owned(),
        low: shown.field.low,
        width: shown.field.width,
        value: shown.value,
        access: match shown.access {
            board::FieldAccess::ReadOnly => Access::ReadOnly,
            board::FieldAccess::ReadWrite => Access::ReadWrite,
            board::FieldAccess::WriteOneToClear => Access::WriteOneToClear,
            board::FieldAccess::SetOnce => Access::SetOnce,
            board::FieldAccess::WriteOneActs => Access::WriteOneActs,
        },
        locked_by: shown.locked_by,
    }
}

fn cause(state: &board::CauseState) -> Cause {
    let gate = |gate: &board::Gate| Gate {
        what: what(gate.what),
        reg: gate.reg.to_owned(),
        field: gate.field.name.clone().into_owned(),
        value: gate.value,
        needed: gate.needed,
    };
    Cause {
        source: state.source,
        id: state.id.clone(),
        gates: state.gates.iter().map(gate).collect(),
        held: state.held().map(|gate| what(gate.what)),
        asks: state.asks(),
    }
}

fn what(held: board::Held) -> Held {
    match held {
        board::Held::Disabled => Held::Disabled,
        board::Held::NoEvent => Held::NoEvent,
        board::Held::RoutedElsewhere => Held::RoutedElsewhere,
        board::Held::GoesToSci => Held::GoesToSci,
        board::Held::AllDisabled => Held::AllDisabled,
        board::Held::NoEos => Held::NoEos,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use board::{Board, Config};

    fn powered_on(board: Board) -> ChipsetView {
        let config = Config { board, bios: vec![0xff; 0x1_0000], ..Config::default() };
        chipset(&Machine::new(&config).expect("a board"))
    }

    #[test]
    fn a_view_of_the_chipset_names_registers_fields_causes_and_what_holds_them() {
        let view = powered_on(Board::Ich9);
        let smi_en = view.registers.iter().find(|register| register.name == "SMI_EN").expect("SMI_EN");
        assert_eq!((smi_en.block.as_str(), smi_en.at, smi_en.size, smi_en.reset), ("PM", 0x30, 4, 2));
        assert!(smi_en.source.starts_with("ICH9 316972"));
        let eos = smi_en.fields.iter().find(|field| field.name == "EOS").expect("EOS");
        assert_eq!((eos.low, eos.width, eos.value, eos.access.short()), (1, 1, 1, "R/WS"));
        let smi = view.smi.expect("board ich9");
        let button = smi.causes.iter().find(|cause| cause.id == "power-button").expect("a power button");
        assert_eq!((button.held, button.asks, button.gates.len()), (Some(Held::NoEvent), false, 5));
    }

    #[test]
    fn board_qemu_has_registers_and_no_smi_logic() {
        let view = powered_on(Board::Qemu);
        assert!(view.smi.is_none());
        assert!(view.registers.iter().any(|register| register.name == "EXT_TSEG_MBYTES"));
    }
}
