//! `smmlab image setvar`, `delvar`, `export`, `import`: changes to a variable store, and copies of it.

use super::vars::{Opened, Source, is_json, locate, vendor};
use super::{read, write};
use anyhow::{Context, Result, bail};
use pi::Guid;
use pi::variable::{self, Attributes, Contents, Hex, JsonVariables, Store, stored_name};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct SetArgs {
    #[command(flatten)]
    source: Source,
    /// The variable's name
    name: String,
    /// The vendor's GUID, or its name as gEfiGlobalVariableGuid
    #[arg(value_parser = vendor)]
    guid: Guid,
    /// As nv,bs,rt or 0x7; without, those that it has
    #[arg(long, value_name = "LIST")]
    attributes: Option<Attributes>,
    /// The data, in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = hex, required_unless_present = "file", conflicts_with = "file")]
    data: Option<Hex>,
    /// The data, from a file
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Where to write the changed image
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(clap::Args)]
pub struct DelArgs {
    #[command(flatten)]
    source: Source,
    /// The variable's name
    name: String,
    /// The vendor's GUID, or its name as gEfiGlobalVariableGuid
    #[arg(value_parser = vendor)]
    guid: Guid,
    /// Where to write the changed image
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(clap::Args)]
pub struct ExportArgs {
    #[command(flatten)]
    source: Source,
    /// Where to write the store as it is, or, if the name ends in .json, the variables in force as JSON
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(clap::Args)]
pub struct ImportArgs {
    #[command(flatten)]
    source: Source,
    /// Variables to set, if the name ends in .json; else a store, or an image with one, that takes this one's place
    from: PathBuf,
    /// Delete the variables that FROM doesn't have
    #[arg(long)]
    only: bool,
    /// Where to write the changed image
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

fn hex(text: &str) -> Result<Hex, String> {
    Hex::parse(text).ok_or_else(|| "bytes are written with two hexadecimal digits each".into())
}

pub fn set(args: &SetArgs) -> Result<ExitCode> {
    let mut opened = args.source.open()?;
    let data = match (&args.data, &args.file) {
        (Some(data), _) => data.0.clone(),
        (None, Some(file)) => read(file)?,
        (None, None) => Vec::new(),
    };
    let name = stored_name(&args.name);
    let store = opened.store()?;
    let old = store.find(&args.guid, &name).map(|old| old.current.contents);
    let Some(attributes) = args.attributes.map(|given| given.0).or(old.map(|old| old.attributes)) else {
        bail!("{}: there is no {} yet: give it --attributes, as nv,bs", opened.context(), args.name);
    };
    let auth = old.map(|old| old.auth).unwrap_or_default();
    let contents = Contents { attributes, auth, vendor: args.guid, name: &name, data: &data };
    variable::set(&mut opened.bytes, &opened.nvram, &contents)
        .with_context(|| format!("{}: {}", opened.context(), args.name))?;
    finish(&opened, &args.output)
}

pub fn delete(args: &DelArgs) -> Result<ExitCode> {
    let mut opened = args.source.open()?;
    variable::delete(&mut opened.bytes, &opened.nvram, &args.guid, &stored_name(&args.name))
        .with_context(|| format!("{}: {}", opened.context(), args.name))?;
    finish(&opened, &args.output)
}

fn finish(opened: &Opened, output: &Path) -> Result<ExitCode> {
    write(output, &opened.bytes)?;
    Ok(ExitCode::SUCCESS)
}

pub fn export(args: &ExportArgs) -> Result<ExitCode> {
    let opened = args.source.open()?;
    let store = opened.store()?;
    if is_json(&args.output) {
        let at = |error: variable::NvError| error.plus(opened.nvram.store.start);
        let variables = store.check().and_then(|()| JsonVariables::of(&store)).map_err(at);
        let variables = variables.with_context(|| opened.context())?;
        write(&args.output, (serde_json::to_string_pretty(&variables)? + "\n").as_bytes())?;
    } else {
        write(&args.output, store.bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

pub fn import(args: &ImportArgs) -> Result<ExitCode> {
    let mut opened = args.source.open()?;
    if is_json(&args.from) {
        import_json(args, &mut opened)?;
    } else {
        import_store(args, &mut opened)?;
    }
    finish(&opened, &args.output)
}

fn import_json(args: &ImportArgs, opened: &mut Opened) -> Result<()> {
    let from = args.from.display();
    let list: JsonVariables = serde_json::from_slice(&read(&args.from)?).with_context(|| from.to_string())?;
    if list.version != JsonVariables::VERSION {
        bail!("{from}: \"version\" is {}, not {}", list.version, JsonVariables::VERSION);
    }
    let names: Vec<_> = list.variables.iter().map(|variable| variable.stored_name()).collect();
    if args.only {
        let wanted = |contents: &Contents<'_>| {
            list.variables.iter().zip(&names).any(|(one, name)| one.guid == contents.vendor && name == contents.name)
        };
        let doomed = |store: Store<'_>| -> Vec<_> {
            let contents = store.live().map(|variable| variable.contents);
            contents.filter(|contents| !wanted(contents)).map(|one| (one.vendor, one.name.to_vec())).collect()
        };
        for (vendor, name) in doomed(opened.store()?) {
            variable::delete(&mut opened.bytes, &opened.nvram, &vendor, &name).with_context(|| opened.context())?;
        }
    }
    for (one, name) in list.variables.iter().zip(&names) {
        let Some(contents) = one.contents(name) else {
            bail!("{from}: {}: \"time\" is an EFI_TIME, 16 bytes", one.name);
        };
        variable::set(&mut opened.bytes, &opened.nvram, &contents)
            .with_context(|| format!("{from}: {}: {}", one.name, opened.context()))?;
    }
    Ok(())
}

fn import_store(args: &ImportArgs, opened: &mut Opened) -> Result<()> {
    let from = || args.from.display().to_string();
    if args.only {
        bail!("--only is for JSON: the store in {} takes the place of the whole store", from());
    }
    let bytes = read(&args.from)?;
    let nvram = locate(&bytes, None).with_context(from)?;
    nvram.settled(&bytes).with_context(from)?;
    let store = nvram.store(&bytes).with_context(from)?;
    store.check().map_err(|error| error.plus(nvram.store.start)).with_context(from)?;
    variable::replace_store(&mut opened.bytes, &opened.nvram, &store).with_context(|| opened.context())
}
