//! What stands between each cause of an SMI and the processors: the bits that have to be set or clear, in the
//! order in which the chipset asks.
//!
//! Source: Intel ICH9 datasheet 316972, "SMI# Generation" and its table "Causes of SMI and SCI"; each bit at
//! its register.

use trace::SmiSource;

/// Why a cause sends no SMI. Each is the answer to one question that the chipset asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// An enable bit, of its own block or in SMI_EN, is 0.
    Disabled,
    /// Its status bit is 0: it hasn't happened, or has been cleared.
    NoEvent,
    /// GPI_ROUT or INTRD_SEL sends it somewhere else.
    RoutedElsewhere,
    /// PM1_CNT.SCI_EN is 1: it is an SCI.
    GoesToSci,
    /// SMI_EN.GBL_SMI_EN is 0.
    AllDisabled,
    /// SMI_EN.EOS is 0: an SMI was sent, and software has not said that it is done with it.
    NoEos,
}

/// A field that has to have a value.
#[derive(Clone, Debug)]
pub struct Spec {
    pub what: Held,
    pub reg: &'static str,
    pub field: String,
    pub needed: u64,
}

/// One cause.
#[derive(Clone, Debug)]
pub struct Cause {
    /// Its bit in SMI_STS.
    pub source: SmiSource,
    /// A name for messages and tests, stable.
    pub id: String,
    pub gates: Vec<Spec>,
}

fn spec(what: Held, reg: &'static str, field: impl Into<String>, needed: u64) -> Spec {
    Spec { what, reg, field: field.into(), needed }
}
fn enable(reg: &'static str, field: impl Into<String>) -> Spec {
    spec(Held::Disabled, reg, field, 1)
}
fn event(reg: &'static str, field: impl Into<String>) -> Spec {
    spec(Held::NoEvent, reg, field, 1)
}

fn cause(source: SmiSource, id: impl Into<String>, own: impl IntoIterator<Item = Spec>) -> Cause {
    let all = [spec(Held::AllDisabled, "SMI_EN", "GBL_SMI_EN", 1), spec(Held::NoEos, "SMI_EN", "EOS", 1)];
    Cause { source, id: id.into(), gates: own.into_iter().chain(all).collect() }
}

/// Causes that latch a bit of SMI_STS and have an enable in SMI_EN.
fn latched() -> Vec<Cause> {
    let row = |source, id, sts, en| cause(source, id, [enable("SMI_EN", en), event("SMI_STS", sts)]);
    vec![
        row(SmiSource::Apm, "apm", "APM_STS", "APMC_EN"),
        row(SmiSource::Bios, "gbl-rls", "BIOS_STS", "BIOS_EN"),
        row(SmiSource::Sleep, "slp-en", "SLP_SMI_STS", "SLP_SMI_EN"),
        row(SmiSource::SwTimer, "swsmi-timer", "SWSMI_TMR_STS", "SWSMI_TMR_EN"),
        row(SmiSource::Periodic, "periodic-timer", "PERIODIC_STS", "PERIODIC_EN"),
    ]
}

/// Power management events: SMI while SCI_EN is 0.
fn acpi() -> Vec<Cause> {
    let row = |source, id, (sts, en): (&'static str, &'static str), name: &str| {
        let own = [
            event(sts, format!("{name}_STS")),
            enable(en, format!("{name}_EN")),
            spec(Held::GoesToSci, "PM1_CNT", "SCI_EN", 0),
        ];
        cause(source, id, own)
    };
    let (pm1, gpe0) = (("PM1_STS", "PM1_EN"), ("GPE0_STS", "GPE0_EN"));
    vec![
        row(SmiSource::Pm1, "power-button", pm1, "PWRBTN"),
        row(SmiSource::Pm1, "rtc-alarm", pm1, "RTC"),
        row(SmiSource::Pm1, "pm-timer", pm1, "TMROF"),
        row(SmiSource::Gpe0, "thermal", gpe0, "THRM"),
        row(SmiSource::Gpe0, "swgpe", gpe0, "SWGPE"),
    ]
}

/// GPI_ROUT says which of two ways a pin's event can go.
fn gpi(pin: u8) -> [Cause; 2] {
    let routed = |to| spec(Held::RoutedElsewhere, "GPI_ROUT", format!("GPI{pin}_ROUT"), to);
    let smi = [
        event("ALT_GP_SMI_STS", format!("GPI{pin}_SMI_STS")),
        routed(1),
        enable("ALT_GP_SMI_EN", format!("GPI{pin}_SMI_EN")),
    ];
    let sci = [
        event("GPE0_STS", format!("GPI{pin}_STS")),
        routed(2),
        enable("GPE0_EN", format!("GPI{pin}_EN")),
        spec(Held::GoesToSci, "PM1_CNT", "SCI_EN", 0),
    ];
    [cause(SmiSource::Gpi, format!("gpi{pin}"), smi), cause(SmiSource::Gpe0, format!("gpi{pin}-gpe0"), sci)]
}

fn tco() -> Vec<Cause> {
    let tco = |id, own: Vec<Spec>| cause(SmiSource::Tco, id, own.into_iter().chain([enable("SMI_EN", "TCO_EN")]));
    let one = |id, name| tco(id, vec![event("TCO1_STS", name)]);
    let to_smi = spec(Held::RoutedElsewhere, "TCO2_CNT", "INTRD_SEL", 2);
    let nmi = [enable("TCO1_CNT", "NMI2SMI_EN"), event("TCO1_STS", "NMI2SMI_STS")];
    vec![
        one("tco-software", "SW_TCO_SMI"),
        one("tco-timeout", "TIMEOUT"),
        one("tco-newcentury", "NEWCENTURY_STS"),
        tco("bios-write", vec![enable("BIOS_CNTL", "BLE"), event("TCO1_STS", "BIOSWR_STS")]),
        tco("intruder", vec![event("TCO2_STS", "INTRD_DET"), to_smi]),
        // It passes TCO_EN by.
        cause(SmiSource::Tco, "nmi2smi", nmi),
        // Left behind by a handler that cleared what set it.
        tco("tco-status", vec![event("SMI_STS", "TCO_STS")]),
    ]
}

/// Causes that have their enable at their own block, if at all.
fn devices() -> Vec<Cause> {
    let spi = |id, reg, done, control| cause(SmiSource::Spi, id, [enable(control, "SME"), event(reg, done)]);
    let trap = |n| cause(SmiSource::Monitor, format!("io-trap{n}"), [event("TRSR", format!("CTSS{n}"))]);
    let keyboard = |port: &str, way: &str| {
        let own = [
            enable("USB_LEGKEY", format!("{port}{way}EN")),
            event("USB_LEGKEY", format!("TRAPBY{port}{way}")),
            enable("SMI_EN", "LEGACY_USB_EN"),
        ];
        cause(SmiSource::LegacyUsb, format!("port-{port}h-{}", if way == "R" { "read" } else { "write" }), own)
    };
    let keyboard = [("60", "R"), ("60", "W"), ("64", "R"), ("64", "W")].map(|(port, way)| keyboard(port, way));
    let serirq = [enable("SIRQ_CNTL", "SIRQEN"), event("SMI_STS", "SERIRQ_SMI_STS")];
    let spis = [spi("spi-hardware", "HSFS", "FDONE", "HSFC"), spi("spi-software", "SSFS", "CDS", "SSFC")];
    let serirq = cause(SmiSource::Serirq, "serirq", serirq);
    spis.into_iter().chain((0..4).map(trap)).chain(keyboard).chain([serirq]).collect()
}

/// All causes that board `ich9` has.
pub fn causes() -> Vec<Cause> {
    let pins = (0..16).flat_map(gpi);
    latched().into_iter().chain(acpi()).chain(pins).chain(tco()).chain(devices()).collect()
}
