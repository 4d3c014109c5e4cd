//! Two programs that others wrote read the same images as we do, and find the same files: GUID,
//! type, size and DEPEX. They come from PyPI into a folder of their own.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use e2e::firmware::images;
use pi::edit::{Depex, Drop, Edit, EditList, Order, apply};
use pi::image::{Image, Node, Visit};
use pi::layout::section::kind::{DXE_DEPEX, PEI_DEPEX, SMM_DEPEX};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const PACKAGES: [&str; 2] = ["virt-firmware==26.10", "uefi_firmware==1.16"];
const LISTERS: [&str; 2] = ["list_virt_firmware.py", "list_uefi_firmware.py"];
const OVMF: [&str; 3] =
    ["/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/ovmf/OVMF.fd"];

#[test]
fn both_peers_find_the_same_files_and_depex_in_stock_images() {
    for path in OVMF {
        let bytes = fs::read(path).unwrap_or_else(|_| panic!("no {path}: sudo apt-get install ovmf"));
        let files = agree(Path::new(path), &bytes);
        assert!(files > 100, "{path}: only {files} files");
    }
}

#[test]
fn both_peers_read_an_image_that_we_edited_inside_compressed_data() {
    let stock = fs::read(OVMF[0]).expect("sudo apt-get install ovmf");
    let named = |name: &str| String::from(name);
    let edits = [
        Edit::Depex(Depex { file: named("VariableSmm"), text: Some(named("TRUE END")), ..Depex::default() }),
        Edit::Drop(Drop { file: named("CpuHotplugSmm"), volume: None }),
        Edit::Order(Order { file: named("CpuMpPei"), before: Some(named("PlatformPei")), ..Order::default() }),
    ];
    let edited = apply(&stock, &edits).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edited.fd");
    fs::write(&path, &edited).unwrap();
    agree(&path, &edited);
}

#[test]
fn both_peers_read_the_training_firmware() {
    let folder = tempfile::tempdir().unwrap();
    for (bytes, name) in [(&images().debug, "debug.fd"), (&images().release, "release.fd")] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let files = agree(&path, bytes);
        let drivers = Image::parse(bytes).walk().into_iter().filter(is_smm_driver).count();
        assert!(drivers >= 5 && files > drivers, "{name}: {drivers} of {files} files are SMM drivers");
    }
}

fn is_smm_driver(visit: &Visit<'_>) -> bool {
    matches!(visit.node, Node::File(file) if file.header.kind == pi::layout::ffs::kind::SMM)
}

#[test]
fn both_peers_read_the_training_firmware_with_edits_of_all_kinds() {
    let edits = include_str!("../../web/worker/tests/edits.json");
    let mut edits: EditList = serde_json::from_str(edits).unwrap();
    // virt-firmware doesn't look into an SMM driver that is a DXE driver, too.
    edits.edit.retain(|edit| edit.op() != "type");
    let edited = apply(&images().debug, &edits.edit).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edited.fd");
    fs::write(&path, &edited).unwrap();
    agree(&path, &edited);
}

/// All three agree; the number of files.
fn agree(path: &Path, bytes: &[u8]) -> usize {
    let ours = ours(bytes);
    for lister in LISTERS {
        let theirs = theirs(lister, path);
        for (nth, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            assert_eq!(ours, theirs, "{lister}: file {nth} of {}", path.display());
        }
        assert_eq!(ours.len(), theirs.len(), "{lister}: {}", path.display());
    }
    ours.len()
}

fn ours(bytes: &[u8]) -> Vec<Value> {
    let image = Image::parse(bytes);
    let mut files = Vec::new();
    for visit in image.walk() {
        let Node::File(file) = visit.node else { continue };
        let sections = file.body.sections().map_or(&[][..], |sections| &sections.list);
        let depex = sections.iter().filter(|section| [DXE_DEPEX, PEI_DEPEX, SMM_DEPEX].contains(&section.kind));
        let depex: Vec<_> = depex.map(|section| json!([section.kind, hex(&section.data())])).collect();
        let header = &file.header;
        files.push(json!({ "guid": header.name, "type": header.kind, "size": file.size(), "depex": depex }));
    }
    files
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn theirs(lister: &str, image: &Path) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pi_peers").join(lister);
    let run = Command::new(python()).arg(script).arg(image).output().expect("python3 can be started");
    assert!(run.status.success(), "{lister}: {}", String::from_utf8_lossy(&run.stderr));
    let lines = String::from_utf8_lossy(&run.stdout);
    // uefi_firmware also prints what it thinks.
    lines
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

/// The Python that has the peers; installs them the first time.
fn python() -> &'static PathBuf {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pi-peers");
        let python = folder.join("bin/python");
        let done = folder.join("installed");
        let wanted = PACKAGES.join("\n");
        if fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
            return python;
        }
        let advice = "install it: sudo apt-get install python3 python3-venv";
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder), advice);
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"];
        run(Command::new(&python).args(pip).args(PACKAGES), "these tests need PyPI once: is the network there?");
        fs::write(done, wanted).expect("the folder is ours");
        python
    })
}

fn run(command: &mut Command, advice: &str) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; {advice}"));
    assert!(output.status.success(), "{command:?}: {}\n{advice}", String::from_utf8_lossy(&output.stderr));
}
