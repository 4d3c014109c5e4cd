//! `smmlab image vars`: what is in a variable store.

use super::{read, text};
use anyhow::{Context, Result, bail};
use pi::variable::{Attributes, InForce, NvError, Nvram, Store, Variable, find, vendor_name};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Which variable store of which file.
#[derive(clap::Args)]
pub struct Source {
    /// Flash image, or a bare variable store
    image: PathBuf,
    /// Where the volume with the variable store starts, if the image has several
    #[arg(long, value_name = "OFFSET", value_parser = offset)]
    at: Option<usize>,
}

fn offset(text: &str) -> Result<usize, String> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => usize::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    number.ok_or_else(|| "an offset is a number as 0x84000".into())
}

#[derive(clap::Args)]
pub struct VarsArgs {
    #[command(flatten)]
    source: Source,
    /// Deleted and unfinished ones, too
    #[arg(long)]
    all: bool,
    #[arg(long)]
    json: bool,
}

/// An image in memory, and where its NVRAM is.
pub struct Opened {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    pub nvram: Nvram,
}

impl Source {
    pub fn open(&self) -> Result<Opened> {
        let bytes = read(&self.image)?;
        let nvram = locate(&bytes, self.at).with_context(|| self.image.display().to_string())?;
        Ok(Opened { path: self.image.clone(), bytes, nvram })
    }
}

impl Opened {
    pub fn store(&self) -> Result<Store<'_>> {
        self.nvram.store(&self.bytes).with_context(|| self.context())
    }

    pub fn context(&self) -> String {
        self.path.display().to_string()
    }
}

/// The NVRAM of an image: the only one, or the one that starts at `at`.
pub fn locate(bytes: &[u8], at: Option<usize>) -> Result<Nvram> {
    let mut found = Vec::new();
    let mut next = at.unwrap_or(0);
    while let Some(nvram) = find(bytes, next).transpose()? {
        next = nvram.end();
        found.push(nvram);
    }
    match (found.len(), at) {
        (0, _) => {}
        (_, Some(at)) if found[0].start() == at => return Ok(found.swap_remove(0)),
        (1, None) => return Ok(found.swap_remove(0)),
        (_, None) => {
            let places: Vec<_> = found.iter().map(|nvram| format!("{:#x}", nvram.start())).collect();
            bail!("there are variable stores at {}: choose one by --at", places.join(", "))
        }
        _ => {}
    }
    let place = at.map_or(String::new(), |at| format!(" at {at:#x}"));
    bail!(
        "there is no variable store{place}: neither a volume of NV data ({}) nor a bare store",
        pi::layout::fv::NV_DATA
    )
}

pub fn vars(args: &VarsArgs) -> Result<ExitCode> {
    let opened = args.source.open()?;
    let store = opened.store()?;
    let in_force = store.in_force();
    let shown: Vec<_> = store.variables().flatten().filter(|variable| args.all || in_force.has(variable)).collect();
    let list = List { store, in_force, base: opened.nvram.store.start, all: args.all };
    let (warning, flaw) = (warning(&opened), list.flaw());
    if args.json {
        let flaws: Vec<_> =
            flaw.iter().map(|error| json!({ "at": at(error.offset), "rule": error.rule.to_string() })).collect();
        let variables: Vec<_> = shown.iter().map(|variable| list.json(variable)).collect();
        text::print_json(&json!({
            "at": at(list.base),
            "format": store.format(),
            "size": store.bytes().len(),
            "free": list.free(),
            "variables": variables,
            "warning": warning,
            "flaws": flaws,
        }))?;
    } else {
        list.print(&shown)?;
        warning.iter().try_for_each(|warning| text::line(&format!("warning: {warning}")))?;
    }
    match flaw {
        None => Ok(ExitCode::SUCCESS),
        Some(error) => Err(error).with_context(|| opened.context()),
    }
}

/// What isn't wrong with the store, but will change it or its surroundings at the next boot.
fn warning(opened: &Opened) -> Option<String> {
    let invalid = opened.nvram.work_space(&opened.bytes).and_then(Result::err);
    let unfinished = opened.nvram.settled(&opened.bytes).err();
    unfinished.or(invalid).map(|error| error.to_string())
}

fn at(offset: usize) -> String {
    format!("{offset:#x}")
}

/// The name for people.
pub fn shown_name(variable: &Variable<'_>) -> String {
    char::decode_utf16(variable.contents.units())
        .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct List<'a> {
    store: Store<'a>,
    in_force: InForce<'a>,
    /// Of the store, in the image.
    base: usize,
    all: bool,
}

impl List<'_> {
    fn flaw(&self) -> Option<NvError> {
        self.store.check().err().map(|error| error.plus(self.base))
    }

    fn free(&self) -> usize {
        self.store.end().map_or(0, |end| self.store.bytes().len() - end)
    }

    fn print(&self, shown: &[Variable<'_>]) -> Result<()> {
        const MOST_BYTES: usize = 8;
        let state = |text: &str| if self.all { format!("{text:<21} ") } else { String::new() };
        text::line(&format!(
            "{:<9} {}{:<18} {:>7}  {:<36} name = data",
            "offset",
            state("state"),
            "attributes",
            "bytes",
            "vendor"
        ))?;
        for variable in shown {
            let contents = &variable.contents;
            let data = contents.data;
            let more = if data.len() > MOST_BYTES { "…" } else { "" };
            let vendor = vendor_name(&contents.vendor).map_or(contents.vendor.to_string(), Into::into);
            text::line(&format!(
                "{:<9} {}{:<18} {:>7}  {vendor:<36} {} = {}{more}",
                at(self.base + variable.offset),
                state(&variable.state.to_string()),
                Attributes(contents.attributes).to_string(),
                data.len(),
                shown_name(variable),
                hex(&data[..data.len().min(MOST_BYTES)]),
            ))?;
        }
        let format = format!("{:?}", self.store.format()).to_lowercase();
        let (size, free, live) = (self.store.bytes().len(), self.free(), self.store.live().count());
        text::line(&format!("{format} store at {:#x}: {size:#x} bytes, {free:#x} free, {live} variables", self.base))
    }

    fn json(&self, variable: &Variable<'_>) -> Value {
        let contents = &variable.contents;
        let auth = &contents.auth;
        json!({
            "at": at(self.base + variable.offset),
            "state": variable.state.to_string(),
            "live": self.in_force.has(variable),
            "name": shown_name(variable),
            "guid": contents.vendor,
            "vendor": vendor_name(&contents.vendor),
            "attr": contents.attributes,
            "attributes": Attributes(contents.attributes).to_string(),
            "data": hex(contents.data),
            "time": hex(&auth.time()),
            "count": auth.monotonic_count,
            "pkidx": auth.public_key_index,
        })
    }
}

/// A vendor by its GUID or its name in EDK II.
pub fn vendor(text: &str) -> Result<pi::Guid, String> {
    let known = || pi::variable::vendor_guid(text);
    text.parse().ok().or_else(known).ok_or_else(|| format!("{text:?} is neither a GUID nor a known vendor"))
}

/// The path's name ends in .json.
pub fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}
