//! Registers by their datasheet names. A name is never translated, shortened or re-cased.

use serde::{Deserialize, Serialize};

macro_rules! names {
    ($(#[$doc:meta])* $enum:ident { $($variant:ident = $name:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $enum { $($variant),* }

        impl $enum {
            pub const ALL: &'static [$enum] = &[$($enum::$variant),*];

            /// The name that the manual prints.
            pub fn name(self) -> &'static str {
                match self { $($enum::$variant => $name),* }
            }
        }
    };
}

names! {
    /// Processor registers that a trace reports (Intel SDM vol. 1, "Basic Execution Environment").
    CpuReg {
        Rax = "RAX", Rcx = "RCX", Rdx = "RDX", Rbx = "RBX", Rsp = "RSP", Rbp = "RBP", Rsi = "RSI", Rdi = "RDI",
        R8 = "R8", R9 = "R9", R10 = "R10", R11 = "R11", R12 = "R12", R13 = "R13", R14 = "R14", R15 = "R15",
        Rip = "RIP", Rflags = "RFLAGS",
        Cs = "CS", Ds = "DS", Es = "ES", Ss = "SS", Fs = "FS", Gs = "GS",
        Cr0 = "CR0", Cr2 = "CR2", Cr3 = "CR3", Cr4 = "CR4", Efer = "EFER",
        Dr6 = "DR6", Dr7 = "DR7",
        Smbase = "SMBASE",
    }
}

names! {
    /// Fields of the SMM state save area, of both maps (Intel SDM vol. 3, "SMM", table "Processor
    /// Save State Map when Intel 64"; AMD64 APM vol. 2, "SMM State-Save Area").
    SaveField {
        Cr0 = "CR0", Cr3 = "CR3", Cr4 = "CR4", Efer = "EFER", Rflags = "RFLAGS", Rip = "RIP", Dr6 = "DR6", Dr7 = "DR7",
        Tr = "TR", Ldtr = "LDTR", Gs = "GS", Fs = "FS", Ds = "DS", Ss = "SS", Cs = "CS", Es = "ES",
        TrAttr = "TR attributes", LdtrAttr = "LDTR attributes", GsAttr = "GS attributes", FsAttr = "FS attributes",
        DsAttr = "DS attributes", SsAttr = "SS attributes", CsAttr = "CS attributes", EsAttr = "ES attributes",
        TrLimit = "TR limit", LdtrLimit = "LDTR limit", GsLimit = "GS limit", FsLimit = "FS limit",
        DsLimit = "DS limit", SsLimit = "SS limit", CsLimit = "CS limit", EsLimit = "ES limit",
        TrBase = "TR base", LdtrBase = "LDTR base", GsBase = "GS base", FsBase = "FS base",
        DsBase = "DS base", SsBase = "SS base", CsBase = "CS base", EsBase = "ES base",
        GdtrBase = "GDTR base", GdtrLimit = "GDTR limit", IdtrBase = "IDTR base", IdtrLimit = "IDTR limit",
        LdtBaseLow = "LDT base 31:0", IdtBaseLow = "IDT base 31:0", GdtBaseLow = "GDT base 31:0",
        IdtBaseHigh = "IDT base 63:32", LdtBaseHigh = "LDT base 63:32", GdtBaseHigh = "GDT base 63:32",
        Rax = "RAX", Rcx = "RCX", Rdx = "RDX", Rbx = "RBX", Rsp = "RSP", Rbp = "RBP", Rsi = "RSI", Rdi = "RDI",
        R8 = "R8", R9 = "R9", R10 = "R10", R11 = "R11", R12 = "R12", R13 = "R13", R14 = "R14", R15 = "R15",
        IoState = "IOMisc", IoMemAddr = "IOMemAddr", IoRip = "IO_RIP", IoRcx = "IO_RCX", IoRsi = "IO_RSI", IoRdi = "IO_RDI",
        AutoHalt = "AutoHALT restart", IoRestart = "I/O restart", Revision = "SMM revision", Smbase = "SMBASE",
    }
}

names! {
    /// Chipset registers whose changes a trace reports (Intel 3 Series Express Chipset datasheet
    /// 316966, "DRAM Controller Registers"; ICH9 datasheet 316972, "LPC Interface Bridge Registers").
    ChipReg {
        Smramc = "SMRAM", Esmramc = "ESMRAMC", Tsegmb = "TSEGMB", Pciexbar = "PCIEXBAR", Pam = "PAM",
        Pmbase = "PMBASE", AcpiCntl = "ACPI_CNTL", GenPmcon1 = "GEN_PMCON_1", Rcba = "RCBA",
        SmiEn = "SMI_EN", SmiSts = "SMI_STS", Pm1Cnt = "PM1_CNT", Pm1Sts = "PM1_STS", Pm1En = "PM1_EN",
        ApmCnt = "APM_CNT", ApmSts = "APM_STS",
        Tco1Sts = "TCO1_STS", Tco2Sts = "TCO2_STS", Tco1Cnt = "TCO1_CNT",
        RstCnt = "RST_CNT", Port92 = "PORT92", SmbaseSmram = "SMRAM at SMBASE",
        Gpe0Sts = "GPE0_STS", Gpe0En = "GPE0_EN", AltGpSmiEn = "ALT_GP_SMI_EN", AltGpSmiSts = "ALT_GP_SMI_STS",
        GpiRout = "GPI_ROUT", GenPmcon3 = "GEN_PMCON_3", BiosCntl = "BIOS_CNTL", Gcs = "GCS", Trsr = "TRSR",
        Hsfs = "HSFS", Hsfc = "HSFC", Faddr = "FADDR", Ssfs = "SSFS", Ssfc = "SSFC",
        RemapBase = "REMAPBASE", RemapLimit = "REMAPLIMIT",
        UsbLegkey = "USB_LEGKEY",
    }
}
