//! `image.toml`: volumes and their files.

use anyhow::{Context, Result, anyhow, bail};
use pi::Guid;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub volume: Vec<Volume>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    pub name: String,
    pub base: u64,
    pub size: usize,
    #[serde(default)]
    pub apriori: Vec<String>,
    /// Variables instead of files.
    pub nvram: Option<Nvram>,
    /// No volume, but erased flash that begins with this.
    pub text: Option<String>,
    #[serde(default)]
    pub file: Vec<File>,
}

/// What a volume of variables is divided into; offsets from its start.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nvram {
    pub store_end: usize,
    pub work_space: [usize; 2],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub module: String,
    pub kind: Kind,
    guid: String,
    pub depex: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Sec,
    PeiCore,
    Peim,
    DxeCore,
    Driver,
    RuntimeDriver,
    Application,
    SmmCore,
    SmmDriver,
    VolumeTop,
}

impl Kind {
    /// FFS file type.
    pub fn file_type(self) -> u8 {
        use pi::layout::ffs::kind;
        match self {
            Kind::Sec => kind::SECURITY_CORE,
            Kind::PeiCore => kind::PEI_CORE,
            Kind::Peim => kind::PEIM,
            Kind::DxeCore => kind::DXE_CORE,
            Kind::Driver | Kind::RuntimeDriver => kind::DRIVER,
            Kind::Application => kind::APPLICATION,
            Kind::SmmCore => kind::SMM_CORE,
            Kind::SmmDriver => kind::SMM,
            Kind::VolumeTop => kind::RAW,
        }
    }

    /// `IMAGE_SUBSYSTEM_…` of the PE image.
    pub fn subsystem(self) -> u16 {
        match self {
            Kind::Application => 10,
            Kind::RuntimeDriver => 12,
            _ => 11,
        }
    }

    /// Section type of the DEPEX.
    pub fn depex_section(self) -> Option<u8> {
        use pi::layout::section::kind;
        match self {
            Kind::Peim => Some(kind::PEI_DEPEX),
            Kind::Driver | Kind::RuntimeDriver => Some(kind::DXE_DEPEX),
            Kind::SmmDriver => Some(kind::SMM_DEPEX),
            _ => None,
        }
    }

    /// Runs where it lies in flash.
    pub fn in_place(self) -> bool {
        matches!(self, Kind::Sec | Kind::PeiCore | Kind::Peim)
    }
}

impl File {
    pub fn guid(&self) -> Result<Guid> {
        self.guid.parse().map_err(|error| anyhow!("{}: {error}", self.module))
    }
}

impl Manifest {
    /// A name that `pi` knows, or a file of this image.
    fn guid(&self, name: &str) -> Option<Guid> {
        let file = || {
            let found = self.volume.iter().flat_map(|volume| &volume.file).find(|file| file.module == name)?;
            found.guid().ok()
        };
        pi::known::guid(name).or_else(file)
    }

    pub fn file_guid(&self, module: &str) -> Result<Guid> {
        let mut files = self.volume.iter().flat_map(|volume| &volume.file);
        files.find(|file| file.module == module).with_context(|| format!("the image has no file {module}"))?.guid()
    }

    pub fn depex(&self, file: &File) -> Result<Option<Vec<u8>>> {
        let Some(text) = &file.depex else { return Ok(None) };
        if file.kind.depex_section().is_none() {
            bail!("{}: a file of this kind has no DEPEX", file.module);
        }
        let code = pi::depex::assemble(text, |name| self.guid(name));
        code.map(Some).map_err(|error| anyhow!("{}: DEPEX: {error}", file.module))
    }
}

pub fn parse(text: &str) -> Result<Manifest> {
    Ok(toml::from_str(text)?)
}
