//! Local APIC: each test names the section of the SDM's APIC chapter that it is typed from.

use super::*;

#[test]
fn a_command_with_delivery_mode_smi_goes_to_the_physical_id() {
    let mut apic = Lapic::new(0);
    apic.write(ICR_HIGH, 3 << 24, 0);
    assert_eq!(apic.write(ICR_LOW, 0x4200, 0), Some((Target::Id(3), Delivery::Smi)));
    assert_eq!(apic.write(ICR_LOW, 0x8_4200, 0), Some((Target::All, Delivery::Smi)));
}

#[test]
fn an_interrupt_in_service_holds_its_class_off_until_eoi() {
    let mut apic = Lapic::new(0);
    apic.write(SVR, 0x1ff, 0);
    apic.accept(0x31);
    assert_eq!(apic.pending(), Some(0x31));
    apic.take(0x31);
    apic.accept(0x35);
    assert_eq!(apic.pending(), None);
    apic.accept(0x41);
    assert_eq!(apic.pending(), Some(0x41));
    apic.write(EOI, 0, 0);
    assert_eq!(apic.read(ISR + 0x10, 0), 0);
}

#[test]
fn a_periodic_timer_fires_again_and_a_one_shot_does_not() {
    let mut apic = Lapic::new(0);
    apic.write(SVR, 0x1ff, 0);
    apic.write(DIVIDE, 0xb, 0);
    apic.write(LVT_TIMER, 0x40 | (1 << 17), 0);
    apic.write(INITIAL_COUNT, 100, 0);
    assert_eq!(apic.deadline(), Some(100));
    apic.advance(250);
    assert_eq!(apic.pending(), Some(0x40));
    assert_eq!(apic.deadline(), Some(300));
    apic.write(LVT_TIMER, 0x40, 250);
    apic.advance(300);
    assert_eq!(apic.deadline(), None);
}

fn on() -> Lapic {
    let mut apic = Lapic::new(2);
    apic.write(SVR, 0x1ff, 0);
    apic
}

/// "Interrupt Command Register (ICR)".
#[test]
fn every_delivery_mode_goes_to_every_shorthand_and_destination() {
    let modes = [
        (0x0000, Delivery::Fixed(0x31)),
        (0x0200, Delivery::Smi),
        (0x0400, Delivery::Nmi),
        (0x4500, Delivery::Init),
        (0x4600, Delivery::Startup(0x31)),
    ];
    let places = [
        (0x0_0000, 7, Target::Id(7)),
        (0x0_0000, 0xff, Target::All),
        (0x4_0000, 7, Target::Id(2)),
        (0x8_0000, 7, Target::All),
        (0xc_0000, 7, Target::AllButSelf),
        (0x0_0800, 6, Target::Logical(Logical { mda: 6, one: false, own: None })),
    ];
    for (mode, delivery) in modes {
        for (place, destination, target) in places {
            let mut apic = on();
            apic.write(ICR_HIGH, destination << 24, 0);
            assert_eq!(apic.write(ICR_LOW, mode | place | 0x31, 0), Some((target, delivery)), "{mode:x} {place:x}");
            assert_eq!(apic.read(ICR_LOW, 0) & 1 << 12, 0, "delivered");
        }
    }
    // INIT level de-assert, and what is reserved
    for icr in [0x8500, 0x0331, 0x0731] {
        assert_eq!(on().write(ICR_LOW, icr, 0), None, "{icr:x}");
    }
}

/// "Logical Destination Mode".
#[test]
fn logical_destinations_are_bits_in_the_flat_model_and_clusters_in_the_other() {
    // DFR, LDR, destination, addressed
    let rows = [
        (0xffff_ffff, 0x04, 0x04, true),
        (0xffff_ffff, 0x04, 0x0c, true),
        (0xffff_ffff, 0x04, 0x08, false),
        (0x0fff_ffff, 0x24, 0x24, true),
        (0x0fff_ffff, 0x24, 0x2c, true),
        (0x0fff_ffff, 0x24, 0x28, false),
        (0x0fff_ffff, 0x24, 0x14, false),
    ];
    for (dfr, ldr, destination, addressed) in rows {
        let mut apic = on();
        apic.write(DFR, dfr, 0);
        apic.write(LDR, ldr << 24 | 0x1234, 0);
        assert_eq!(apic.read(LDR, 0), ldr << 24);
        assert_eq!(apic.is_addressed(destination as u8), addressed, "{dfr:x} {ldr:x} {destination:x}");
    }
}

#[test]
fn lowest_priority_asks_for_one_and_tells_the_senders_own() {
    let mut apic = on();
    apic.write(LDR, 4 << 24, 0);
    apic.write(TPR, 0x52, 0);
    apic.write(ICR_HIGH, 6 << 24, 0);
    let to = Logical { mda: 6, one: true, own: Some(0x52) };
    assert_eq!(apic.write(ICR_LOW, 0x0931, 0), Some((Target::Logical(to), Delivery::Fixed(0x31))));
}

/// "Error Handling".
#[test]
fn errors_show_once_esr_is_written_and_interrupt_by_their_own_vector() {
    let mut apic = on();
    apic.write(LVT_ERROR, 0x40, 0);
    assert_eq!(apic.write(ICR_LOW, 0x4005, 0), None, "vector 5 is illegal");
    assert_eq!((apic.read(ESR, 0), apic.pending()), (0, Some(0x40)));
    apic.take(0x40);
    apic.accept(3);
    apic.read(0x10, 0);
    apic.write(ESR, 0, 0);
    assert_eq!(apic.read(ESR, 0), SEND_ILLEGAL_VECTOR | RECEIVE_ILLEGAL_VECTOR | ILLEGAL_REGISTER);
    apic.write(ESR, 0, 0);
    assert_eq!(apic.read(ESR, 0), 0);
}

/// "Local APIC State After It Has Been Software Disabled".
#[test]
fn disabled_by_software_it_masks_its_vectors_and_takes_nothing() {
    let mut apic = on();
    apic.write(LVT_LINT1, 0x400, 0);
    assert_eq!(apic.lint1(), Some(Delivery::Nmi));
    apic.write(SVR, 0xff, 0);
    apic.write(LVT_LINT1, 0x400, 0);
    assert_eq!((apic.read(LVT_LINT1, 0), apic.lint1()), (0x1_0400, None));
    apic.accept(0x41);
    assert_eq!(apic.pending(), None);
    // What it sends still goes out.
    assert_eq!(apic.write(ICR_LOW, 0x4_4400, 0), Some((Target::Id(2), Delivery::Nmi)));
}

/// "Local APIC State After Power-Up or Reset", and the registers' figures.
#[test]
fn registers_have_their_reset_values_and_keep_reserved_bits_clear() {
    let mut apic = Lapic::new(2);
    // offset, reset value, value after all ones were written
    let rows = [
        (ID, 2 << 24, 2 << 24),
        (TPR, 0, 0xff),
        (LDR, 0, 0xff00_0000),
        (DFR, u32::MAX, u32::MAX),
        (SVR, 0xff, 0x3ff),
        (LVT_TIMER, LVT_MASKED, 0x3_00ff),
        (0x330, LVT_MASKED, 0x1_07ff),
        (0x340, LVT_MASKED, 0x1_07ff),
        (LVT_LINT0, LVT_MASKED, 0x1_a7ff),
        (LVT_LINT1, LVT_MASKED, 0x1_a7ff),
        (LVT_ERROR, LVT_MASKED, 0x1_00ff),
        (DIVIDE, 0, 0xb),
        (INITIAL_COUNT, 0, u32::MAX),
        (ICR_HIGH, 0, 0xff00_0000),
    ];
    for (offset, reset, after) in rows {
        assert_eq!(apic.read(offset, 0), reset, "{offset:x}");
        apic.write(offset, u32::MAX, 0);
        assert_eq!(apic.read(offset, 0), after, "{offset:x}");
    }
}

/// "APIC Timer".
#[test]
fn the_timer_counts_down_by_its_divisor_and_stops_by_a_count_of_0() {
    for (divide, by) in [(0, 2), (1, 4), (2, 8), (3, 16), (8, 32), (9, 64), (0xa, 128), (0xb, 1)] {
        let mut apic = on();
        apic.write(DIVIDE, divide, 0);
        apic.write(LVT_TIMER, 0x40, 0);
        apic.write(INITIAL_COUNT, 100, 1000);
        assert_eq!(apic.read(CURRENT_COUNT, 1000 + 30 * by), 70, "{divide:x}");
        assert_eq!(apic.deadline(), Some(1000 + 100 * by));
        apic.write(INITIAL_COUNT, 0, 1010);
        assert_eq!((apic.read(CURRENT_COUNT, 2000), apic.deadline()), (0, None));
    }
    let mut masked = on();
    masked.write(LVT_TIMER, 0x1_0040, 0);
    masked.write(INITIAL_COUNT, 100, 0);
    masked.advance(1000);
    assert_eq!(masked.pending(), None);
}
