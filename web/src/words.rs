//! Puts the story's typed lines and captions into the reader's language.

use crate::format::{decimal, hex, hex_byte, hex_short, status};
use crate::i18n::{Lang, t};
use story::{Caption, Flow, Line, Role, Stage, bit_changes};
use trace::{ChipReg, Input, SmiSource, WakeReason};

pub fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Os => "OS",
        Stage::Smi => "SMI#",
        Stage::SaveState => "Save State",
        Stage::Smram => "SMRAM",
        Stage::Rsm => "RSM",
    }
}

/// The role of colour of a stage.
pub fn stage_role(stage: Stage) -> &'static str {
    match stage {
        Stage::Os | Stage::SaveState => "os",
        Stage::Smi => "hw",
        Stage::Smram | Stage::Rsm => "smm",
    }
}

pub fn role(role: Role) -> &'static str {
    match role {
        Role::Os | Role::State => "os",
        Role::Hardware => "hw",
        Role::Smm => "smm",
        Role::Fault => "fault",
    }
}

/// What a probe has answered; names of statuses and reasons stay as they are.
pub fn answer(answer: &str, l: Lang) -> &str {
    match answer {
        "yes" => t::answer_yes(l),
        "no" => t::answer_no(l),
        "before-lock" => t::answer_before_lock(l),
        "after-lock" => t::answer_after_lock(l),
        "never" => t::answer_never(l),
        "prompt" => t::answer_prompt(l),
        "hung" => t::answer_hung(l),
        "shutdown" => t::answer_shutdown(l),
        "exit" => t::answer_exit(l),
        "endless" => t::answer_endless(l),
        "off" => t::answer_off(l),
        "no-answer" => t::answer_no_answer(l),
        other => other,
    }
}

/// The second sign beside the colour.
pub fn glyph(role: Role, line: &Line) -> &'static str {
    match (role, line) {
        (_, Line::Rsm | Line::Left { .. }) => "↑",
        (Role::Fault, _) => "✕",
        (Role::Os, _) => "·",
        (Role::Hardware, _) => "↓",
        (Role::State, _) => "▪",
        (Role::Smm, _) => "■",
    }
}

pub fn caption(flow: &Flow, l: Lang) -> String {
    match flow.caption {
        Caption::Running => t::caption_running(l).into(),
        Caption::KeyArrived(byte) => t::caption_key(l, &hex_byte(byte)),
        Caption::KeyInSmm(byte) => t::caption_key_smm(l, &hex_byte(byte)),
        Caption::Raised(byte) => t::caption_raised(l, &hex_byte(byte)),
        Caption::Asserted(source) => t::caption_asserted(l, source.name()),
        Caption::HeldBack(SmiSource::Apm) => t::caption_held(l).into(),
        Caption::HeldBack(source) => t::caption_held_source(l, source.name()),
        Caption::Touched(input) => touched(input, l),
        Caption::Asleep(slp_typ) => t::caption_asleep(l, &sleep_state(slp_typ)),
        Caption::Saving => t::caption_saving(l).into(),
        Caption::Handler => t::caption_handler(l).into(),
        Caption::Answered(value) => t::caption_answered(l, &status(value)),
        Caption::Latched => t::caption_latched(l).into(),
        Caption::Rsm => t::caption_rsm(l).into(),
        Caption::TakenAgain => t::caption_again(l).into(),
        Caption::Returned => match flow.answer {
            Some(value) => t::caption_returned_answer(l, &status(value)),
            None => t::caption_returned(l).into(),
        },
        Caption::Halted => t::caption_halted(l).into(),
        Caption::Shutdown => t::caption_shutdown(l).into(),
        Caption::Denied(addr) => t::caption_denied(l, &hex_short(addr)),
    }
}

/// What somebody did to the board.
pub fn touched(input: Input, l: Lang) -> String {
    match input {
        Input::PowerButton(true) => t::touch_button_down(l).into(),
        Input::PowerButton(false) => t::touch_button_up(l).into(),
        Input::Thermal(true) => t::touch_hot(l).into(),
        Input::Thermal(false) => t::touch_cool(l).into(),
        Input::Gpio { pin, high } => t::touch_pin(l, if high { "1" } else { "0" }, &pin.to_string()),
        Input::Intruder(true) => t::touch_open(l).into(),
        Input::Intruder(false) => t::touch_closed(l).into(),
        Input::Battery(charged) => t::touch_battery(l, if charged { "1" } else { "0" }),
        Input::PowerCut => t::touch_cut(l).into(),
        Input::SerirqSmi(on) => t::touch_serirq(l, if on { "0" } else { "1" }),
    }
}

/// `S5`, from SLP_TYP (ICH9 datasheet 316972, PM1_CNT).
pub fn sleep_state(slp_typ: u8) -> String {
    format!("S{}", slp_typ.saturating_sub(2))
}

fn chip(reg: ChipReg, old: u32, new: u32) -> String {
    match bit_changes(reg, old, new) {
        Some(bits) => {
            let bits: Vec<String> =
                bits.iter().map(|(bit, on)| format!("{}.{bit} = {}", reg.name(), u8::from(*on))).collect();
            bits.join(" · ")
        }
        None => format!("{} ← {}", reg.name(), hex_short(new.into())),
    }
}

pub fn line(line: &Line, l: Lang) -> String {
    match line {
        Line::Instruction(text) => text.clone(),
        Line::Key(byte) => t::log_key(l, &hex_byte(*byte)),
        Line::Touched(input) => touched(*input, l),
        Line::Asleep(slp_typ) => t::log_asleep(l, &sleep_state(*slp_typ)),
        Line::Chip { reg, old, new } => chip(*reg, *old, *new),
        Line::SmiHeldBack(source) => t::log_held(l, source.name()),
        Line::SmiLine { asserted: true } => t::log_asserted(l).into(),
        Line::SmiLine { asserted: false } => t::log_released(l).into(),
        Line::Latched => t::log_latched(l).into(),
        Line::Taken { rip } => t::log_taken(l, &hex_short(*rip)),
        Line::Saving => t::log_saving(l).into(),
        Line::Entered { entry, smi_count } => t::log_entered(l, &smi_count.to_string(), &hex_short(*entry)),
        Line::SavedChanged { field, value } => t::log_saved(l, field.name(), &status(*value)),
        Line::Rsm => "RSM".into(),
        Line::Restoring => t::log_restoring(l).into(),
        Line::Left { rip } => t::log_left(l, &hex_short(*rip)),
        Line::Text { text, .. } => format!("“{}”", text.trim_end()),
        Line::Denied { addr, write: false } => t::log_denied_read(l, &hex_short(*addr)),
        Line::Denied { addr, write: true } => t::log_denied_write(l, &hex_short(*addr)),
        Line::Exception { vector, error: None } => t::log_exception(l, &vector.to_string()),
        Line::Exception { vector, error: Some(error) } => {
            t::log_exception_error(l, &hex((*error).into(), 4), &vector.to_string())
        }
        Line::Interrupt { vector } => t::log_interrupt(l, &vector.to_string()),
        Line::Halt => t::log_halt(l).into(),
        Line::Wake(by) => t::log_wake(l, wake(*by)),
        Line::Shutdown(why) => t::log_shutdown(l, why),
        Line::RsmOutsideSmm => t::log_rsm_outside(l).into(),
        Line::Reset(_) => t::log_reset(l).into(),
        Line::Exit(value) => t::log_exit(l, &value.to_string()),
        Line::Dropped(count) => t::log_dropped(l, &decimal(*count)),
    }
}

fn wake(reason: WakeReason) -> &'static str {
    match reason {
        WakeReason::Smi => "SMI#",
        WakeReason::Nmi => "NMI",
        WakeReason::Init => "INIT#",
        WakeReason::Interrupt => "INTR",
    }
}
