//! `smmlab image order` and `apriori`: in which order a dispatcher finds its drivers. Each shows, or changes.

use super::depex::{Phase, sections};
use super::edits::edit;
use super::{file_json, read, report_flaws, text};
use anyhow::{Result, bail};
use pi::depex;
use pi::edit::{Apriori, Edit, End, Order};
use pi::image::{File, FileId, Image, Location, Node, Volume};
use pi::layout::ffs::kind;
use pi::names::FileType;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct OrderArgs {
    image: PathBuf,
    /// Show it as JSON
    #[arg(long, conflicts_with = "output")]
    json: bool,
    /// GUID or name of the file to move
    #[arg(requires = "output", requires = "place")]
    file: Option<String>,
    /// Only in this volume: its GUID or offset
    #[arg(long)]
    volume: Option<String>,
    /// In front of this file
    #[arg(long, value_name = "FILE", group = "place")]
    before: Option<String>,
    /// Behind this file
    #[arg(long, value_name = "FILE", group = "place")]
    after: Option<String>,
    /// In front of all
    #[arg(long, group = "place")]
    first: bool,
    /// Behind all
    #[arg(long, group = "place")]
    last: bool,
    /// Where to write the changed image
    #[arg(long, value_name = "FILE", requires = "file")]
    output: Option<PathBuf>,
}

#[derive(clap::Args)]
pub struct AprioriArgs {
    image: PathBuf,
    /// Which list; EDK II's DXE and SMM cores read the same
    #[arg(long, value_enum, default_value = "smm")]
    phase: Phase,
    /// In this volume: its GUID or offset
    #[arg(long)]
    volume: Option<String>,
    /// Show the lists as JSON
    #[arg(long, conflicts_with = "output")]
    json: bool,
    /// Set the list: GUIDs or names, with commas between
    #[arg(long, value_name = "FILE,…", value_delimiter = ',', requires = "output")]
    set: Option<Vec<String>>,
    /// Drop the list
    #[arg(long, requires = "output", conflicts_with = "set")]
    clear: bool,
    /// Where to write the changed image
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A volume with what is to be shown of it.
struct Shown<'a, T> {
    at: Location,
    volume: &'a Volume,
    items: T,
}

impl<T> Shown<'_, T> {
    fn title(&self) -> String {
        let name = self.volume.name().map_or(String::new(), |guid| format!(" {guid}"));
        format!("volume{name} at {}", self.at)
    }

    fn json(&self, key: &str, items: Value) -> Value {
        json!({ "at": self.at, "volume": self.volume.name(), key: items })
    }
}

/// Each volume in which `choose` finds something.
fn in_volumes<T>(image: &Image, choose: impl Fn(&Volume) -> Option<T>) -> Vec<Shown<'_, T>> {
    let volumes = image.walk().into_iter().filter_map(|visit| match visit.node {
        Node::Volume(volume) => Some((visit.at, volume)),
        _ => None,
    });
    volumes.filter_map(|(at, volume)| choose(volume).map(|items| Shown { at, volume, items })).collect()
}

pub fn order(args: &OrderArgs) -> Result<ExitCode> {
    let (Some(file), Some(output)) = (&args.file, &args.output) else {
        return show_order(args);
    };
    let to = if args.first { Some(End::First) } else { args.last.then_some(End::Last) };
    let (before, after) = (args.before.clone(), args.after.clone());
    let edit = Order { file: file.clone(), volume: args.volume.clone(), before, after, to };
    self::edit(&args.image, &[Edit::Order(edit)], output)
}

/// A driver, and its DEPEX sections as text.
struct Driver {
    id: FileId,
    kind: FileType,
    depex: Vec<(depex::Dialect, String)>,
}

impl Driver {
    fn of(file: &File) -> Option<Driver> {
        use kind::{COMBINED_PEIM_DRIVER, COMBINED_SMM_DXE, DRIVER, MM_STANDALONE, PEIM, SMM};
        let text = |code: &[u8]| depex::to_text(code, |_| None).unwrap_or_else(|error| error.to_string());
        let dispatched =
            [PEIM, DRIVER, COMBINED_PEIM_DRIVER, SMM, COMBINED_SMM_DXE, MM_STANDALONE].contains(&file.header.kind);
        let depex = || sections(file).iter().map(|(dialect, code)| (*dialect, text(code))).collect();
        dispatched.then(|| Driver { id: file.id(), kind: FileType(file.header.kind), depex: depex() })
    }

    fn json(&self) -> Value {
        let mut value = file_json(&self.id);
        value["type"] = json!(self.kind);
        value["depex"] = self.depex.iter().map(|(dialect, text)| json!({ "section": dialect, "text": text })).collect();
        value
    }

    fn line(&self, nth: usize) -> String {
        let depex: Vec<_> = self.depex.iter().map(|(dialect, text)| format!("{}: {text}", dialect.name())).collect();
        let name = self.id.name.as_deref().unwrap_or_default();
        format!("{nth:>5}. {:<15} {} {name:<28} {}", self.kind, self.id.guid, depex.join("; "))
    }
}

fn show_order(args: &OrderArgs) -> Result<ExitCode> {
    let image = Image::parse(&read(&args.image)?);
    let drivers = |volume: &Volume| {
        let drivers: Vec<_> = volume.files().iter().filter_map(|placed| Driver::of(&placed.file)).collect();
        (!drivers.is_empty()).then_some(drivers)
    };
    let volumes = in_volumes(&image, drivers);
    if args.json {
        let volumes = volumes.iter().map(|shown| shown.json("drivers", shown.items.iter().map(Driver::json).collect()));
        text::print_json(&volumes.collect())?;
        return report_flaws(&args.image, &image);
    }
    for shown in &volumes {
        text::line(&shown.title())?;
        shown.items.iter().enumerate().try_for_each(|(nth, driver)| text::line(&driver.line(nth + 1)))?;
    }
    report_flaws(&args.image, &image)
}

pub fn apriori(args: &AprioriArgs) -> Result<ExitCode> {
    let Some(output) = &args.output else {
        return show_apriori(args);
    };
    let files = match (&args.set, args.clear) {
        (Some(files), _) => files.clone(),
        (None, true) => Vec::new(),
        (None, false) => bail!("--output wants a change: give --set or --clear"),
    };
    let edit = Apriori { phase: args.phase.into(), files, volume: args.volume.clone() };
    self::edit(&args.image, &[Edit::Apriori(edit)], output)
}

/// The a-priori files of a volume: their GUIDs, and the files that they list.
type Lists = Vec<(pi::Guid, Vec<(FileId, bool)>)>;

fn lists(volume: &Volume) -> Option<Lists> {
    let files = || volume.files().iter().map(|placed| &placed.file);
    // Whether the volume has the file.
    let listed = |guid: pi::Guid| match files().find(|file| file.header.name == guid) {
        Some(file) => (file.id(), true),
        None => (FileId { guid, name: None }, false),
    };
    let list = |file: &File| Some((file.header.name, file.apriori()?.into_iter().map(listed).collect()));
    let lists: Lists = files().filter_map(list).collect();
    (!lists.is_empty()).then_some(lists)
}

fn show_apriori(args: &AprioriArgs) -> Result<ExitCode> {
    let image = Image::parse(&read(&args.image)?);
    let mut values = Vec::new();
    for shown in in_volumes(&image, lists) {
        for (guid, files) in &shown.items {
            if args.json {
                let files = files.iter().map(|(file, _)| file_json(file)).collect();
                let mut value = shown.json("files", files);
                value["guid"] = json!(guid);
                values.push(value);
                continue;
            }
            text::line(&format!("{}, {guid}", shown.title()))?;
            for (nth, (file, there)) in files.iter().enumerate() {
                let name = if *there { file.name.as_deref().unwrap_or_default() } else { "(no file of this volume)" };
                text::line(&format!("{:>5}. {} {name}", nth + 1, file.guid))?;
            }
        }
    }
    if args.json {
        text::print_json(&json!(values))?;
    }
    report_flaws(&args.image, &image)
}
