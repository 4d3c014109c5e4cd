//! Where the bytes that leave the machine go: one file a door, or standard output.

use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use trace::{Event, Kind, Level, Output, Sink, TraceWriter};

type Writer = Box<dyn Write>;

/// One optional destination a door, and the trace file.
#[derive(Default)]
pub struct Outputs {
    serial: Option<Writer>,
    debugcon: Option<Writer>,
    post: Option<Writer>,
    fwtrace: Option<Writer>,
    trace: Option<TraceWriter<Writer>>,
    /// The first write that failed; the run goes on to its end, then this is reported.
    failed: Option<io::Error>,
}

/// Paths as given on the command line; `-` is standard output.
#[derive(clap::Args)]
pub struct OutputArgs {
    /// Write what the guest sends on COM1 to FILE (`-`: standard output)
    #[arg(long, value_name = "FILE")]
    serial: Option<PathBuf>,
    /// Write the bytes of debug ports 402h and E9h to FILE (`-`: standard output)
    #[arg(long, value_name = "FILE")]
    debugcon: Option<PathBuf>,
    /// Write POST codes (port 80h) to FILE, one hex byte a line (`-`: standard output)
    #[arg(long, value_name = "FILE")]
    post: Option<PathBuf>,
    /// Write the firmware's binary records (port 502h) to FILE (`-`: standard output)
    #[arg(long, value_name = "FILE")]
    fwtrace: Option<PathBuf>,
    /// Write the trace of platform events to FILE: JSON lines if its name ends in .jsonl, else binary
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

impl OutputArgs {
    fn paths(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let all = [
            ("serial", &self.serial),
            ("debugcon", &self.debugcon),
            ("post", &self.post),
            ("fwtrace", &self.fwtrace),
            ("trace", &self.trace),
        ];
        all.into_iter().filter_map(|(option, path)| Some((option, path.as_deref()?)))
    }

    /// Creating an output empties it: none may be a file that is read.
    pub fn spare(&self, inputs: &[&Path]) -> Result<()> {
        for (option, output) in self.paths() {
            if inputs.iter().any(|input| same_file::is_same_file(input, output).unwrap_or(false)) {
                bail!("--{option} {} would overwrite an input file: choose another path", output.display());
            }
        }
        Ok(())
    }
}

fn create(path: &Path, option: &str) -> Result<Writer> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdout()));
    }
    let file = File::create(path).with_context(|| {
        format!("can't write {} (--{option}): choose a path in a folder that exists and is writable", path.display())
    })?;
    Ok(Box::new(BufWriter::new(file)))
}

impl Outputs {
    pub fn open(args: &OutputArgs) -> Result<Self> {
        let open = |path: &Option<PathBuf>, option: &str| path.as_deref().map(|p| create(p, option)).transpose();
        let trace = match args.trace.as_deref() {
            None => None,
            Some(path) => {
                let writer = create(path, "trace")?;
                let lines = path.extension().is_some_and(|e| e == "jsonl");
                Some(if lines { TraceWriter::jsonl(writer) } else { TraceWriter::binary(writer)? })
            }
        };
        Ok(Outputs {
            serial: open(&args.serial, "serial")?,
            debugcon: open(&args.debugcon, "debugcon")?,
            post: open(&args.post, "post")?,
            fwtrace: open(&args.fwtrace, "fwtrace")?,
            trace,
            failed: None,
        })
    }

    /// Writes out what is buffered, and reports a write that failed on the way.
    pub fn finish(mut self) -> Result<()> {
        for writer in [&mut self.serial, &mut self.debugcon, &mut self.post, &mut self.fwtrace].into_iter().flatten() {
            writer.flush().context("can't write output to its end: is the disk full?")?;
        }
        if let Some(trace) = self.trace {
            trace.finish().context("can't write the trace to its end: is the disk full?")?;
        }
        match self.failed {
            Some(error) => Err(error).context("can't write output: is the disk full, or the reader gone?"),
            None => Ok(()),
        }
    }

    fn byte(&mut self, to: Output, byte: u8) -> io::Result<()> {
        let (writer, as_text) = match to {
            Output::Serial => (&mut self.serial, false),
            Output::Debug402 | Output::DebugE9 => (&mut self.debugcon, false),
            Output::FirmwareTrace => (&mut self.fwtrace, false),
            Output::Post => (&mut self.post, true),
        };
        match writer {
            Some(writer) if as_text => writeln!(writer, "{byte:02x}"),
            Some(writer) => writer.write_all(&[byte]),
            None => Ok(()),
        }
    }
}

impl Sink for Outputs {
    fn level(&self) -> Level {
        if self.trace.is_some() { Level::Events } else { Level::Output }
    }

    fn event(&mut self, event: Event) {
        let mut written = Ok(());
        if let Some(trace) = &mut self.trace {
            written = trace.write(&event);
        }
        if let Kind::Output { to, byte } = event.kind {
            written = written.and(self.byte(to, byte));
        }
        if let Err(error) = written {
            self.failed.get_or_insert(error);
        }
    }
}
