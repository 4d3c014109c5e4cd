//! The training firmware's images, for commands that boot them.

use anyhow::{Context, Result};
use content::Build;
use lab::Bench;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct ImageArgs {
    /// Where the firmware's images are: DIR/debug/smmlab.fd and DIR/release/smmlab.fd, or DIR/debug.fd and
    /// DIR/release.fd
    #[arg(long, value_name = "DIR", default_value = "target/firmware")]
    images: PathBuf,
}

impl ImageArgs {
    pub fn bench(&self) -> Result<Bench> {
        let mut bench = Bench::default();
        for build in Build::ALL {
            let built = self.images.join(build.id()).join("smmlab.fd");
            let path = if built.exists() { built } else { self.images.join(format!("{}.fd", build.id())) };
            bench.hold(build.id(), read(&path)?);
        }
        Ok(bench)
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| {
        format!(
            "can't read {}: build the images by `cargo xtask firmware`, or name their folder by --images",
            path.display()
        )
    })
}
