//! Setup: the platform's settings as forms on COM1, kept in the variable SetupData. A line a command,
//! from a person or from the fw_cfg file `opt/org.smmlab/setup`.
//!
//! Forms and questions are tables as HII has them; there is no HII database.
#![no_std]
#![no_main]

mod browser;
mod forms;

use base::post::{self, post};
use base::setup::{self, Setup};
use base::{Global, Handle, Status, debug, dxe, protocol};
use pi::pcd;

base::dxe_entry!(main);

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<2> = pcd::Block::new([("PcdSetupSaves", 1), ("PcdSetupTellsStatus", 1)]);
/// 0: saving never calls SetVariable().
pub const SAVES: usize = 0;
/// 0: what SetVariable() answers is nobody's business.
pub const TELLS_STATUS: usize = 1;

static SETUP: Global<Setup> = Global::new(Setup { defaults: forms::defaults(), enter });

fn main(_: Handle) -> Result<(), Status> {
    dxe::install(&protocol::SETUP, SETUP.as_ptr()).map(drop)
}

extern "efiapi" fn enter(_: *const Setup) -> Status {
    post(post::SETUP);
    debug!("Setup: entered");
    browser::run(setup::saved().unwrap_or(forms::defaults()));
    debug!("Setup: left");
    Status::SUCCESS
}
