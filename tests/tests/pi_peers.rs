//! Two programs that others wrote read the same images as we do, and find the same files: GUID,
//! type, size and DEPEX; one of them also reads and writes variables. They come from PyPI into a folder of their own.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use e2e::firmware::{boot_and_keep, images};
use pi::edit::{Depex, Drop, Edit, EditList, Order, apply};
use pi::image::{Image, Node, Visit};
use pi::layout::section::kind::{DXE_DEPEX, PEI_DEPEX, SMM_DEPEX};
use pi::variable::{Auth, Contents, delete, find, set, stored_name};
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

/// Stock variable stores, empty and with keys enrolled.
const STORES: [&str; 5] = ["", ".ms", "_4M", "_4M.ms", "_4M.snakeoil"];

fn stock_store(flavour: &str) -> Vec<u8> {
    fs::read(format!("/usr/share/OVMF/OVMF_VARS{flavour}.fd")).expect("sudo apt-get install ovmf")
}

/// The variables that both find in the file; virt-firmware knows a variable by its name only.
fn agree_on_variables(path: &Path) -> Vec<Value> {
    let bytes = fs::read(path).unwrap();
    let nvram = find(&bytes, 0).unwrap().unwrap();
    let store = nvram.store(&bytes).unwrap();
    assert_eq!(store.check(), Ok(()), "{}", path.display());
    let ours = store.live().map(|variable| {
        let Contents { attributes, auth, vendor, data, .. } = variable.contents;
        let name = variable.contents.text().unwrap();
        json!({
            "name": name, "guid": vendor, "attr": attributes, "data": hex(data),
            "time": hex(&auth.time()), "count": auth.monotonic_count, "pkidx": auth.public_key_index,
        })
    });
    let (mut ours, mut theirs): (Vec<_>, _) = (ours.collect(), theirs("list_variables.py", path));
    for list in [&mut ours, &mut theirs] {
        list.sort_by_key(|variable| variable["name"].to_string());
    }
    assert_eq!(ours, theirs, "{}", path.display());
    ours
}

fn virt_fw_vars(arguments: &[&str]) {
    run(Command::new(python()).args(["-m", "virt.firmware.vars", "--loglevel", "error"]).args(arguments), "");
}

#[test]
fn virt_firmware_finds_the_same_variables_in_stock_stores() {
    let found = STORES.map(|flavour| agree_on_variables(format!("/usr/share/OVMF/OVMF_VARS{flavour}.fd").as_ref()));
    assert!(found.iter().filter(|list| list.iter().any(|variable| variable["name"] == "PK")).count() == 3);
}

#[test]
fn virt_firmware_reads_the_stores_that_we_wrote() {
    let folder = tempfile::tempdir().unwrap();
    for flavour in STORES {
        let mut image = stock_store(flavour);
        let nvram = find(&image, 0).unwrap().unwrap();
        let path = folder.path().join("ours.fd");
        let name = stored_name("Größe 電源");
        // Until the store is full and was reclaimed more than once.
        for round in 0..600u32 {
            let data = [&round.to_le_bytes()[..], &[0x5a; 1500]].concat();
            let auth = Auth { monotonic_count: u64::from(round), ..Auth::default() };
            let contents = Contents { attributes: 7, auth, vendor: pi::Guid([0x5a; 16]), name: &name, data: &data };
            set(&mut image, &nvram, &contents).unwrap();
        }
        fs::write(&path, &image).unwrap();
        let after = agree_on_variables(&path);
        assert_eq!(
            after.len(),
            agree_on_variables(format!("/usr/share/OVMF/OVMF_VARS{flavour}.fd").as_ref()).len() + 1
        );
        assert!(after.iter().any(|variable| variable["count"] == 599));
        let first = |image: &[u8]| {
            let first = nvram.store(image).unwrap().live().next()?.contents;
            Some((first.vendor, first.name.to_vec()))
        };
        if let Some((vendor, name)) = first(&image) {
            delete(&mut image, &nvram, &vendor, &name).unwrap();
            fs::write(&path, &image).unwrap();
            assert_eq!(agree_on_variables(&path).len(), after.len() - 1);
        }
    }
}

#[test]
fn we_read_the_stores_that_virt_firmware_wrote_and_enrolled_keys_in() {
    let folder = tempfile::tempdir().unwrap();
    for flavour in ["", "_4M"] {
        let out = folder.path().join("theirs.fd").display().to_string();
        let stock = format!("/usr/share/OVMF/OVMF_VARS{flavour}.fd");
        virt_fw_vars(&[
            "-i",
            &stock,
            "-o",
            &out,
            "--enroll-redhat",
            "--secure-boot",
            "--set-boot-uri",
            "http://example.org/",
        ]);
        let variables = agree_on_variables(out.as_ref());
        for name in ["PK", "KEK", "db", "dbx", "SecureBootEnable", "BootNext"] {
            assert!(variables.iter().any(|variable| variable["name"] == name), "no {name} in {variables:?}");
        }
        let pk = variables.iter().find(|variable| variable["name"] == "PK").unwrap();
        assert!(pk["attr"] == 0x27 && pk["time"] != "0".repeat(32), "{pk}");
        // What they wrote, we change, and they read it again.
        let mut image = fs::read(&out).unwrap();
        let nvram = find(&image, 0).unwrap().unwrap();
        let name = stored_name("A");
        let contents =
            Contents { attributes: 3, auth: Auth::default(), vendor: pi::Guid([1; 16]), name: &name, data: &[1, 2] };
        set(&mut image, &nvram, &contents).unwrap();
        fs::write(&out, &image).unwrap();
        assert_eq!(agree_on_variables(out.as_ref()).len(), variables.len() + 1);
    }
}

#[test]
fn variables_go_to_and_from_virt_firmware_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (ours, theirs, image) = (at("ours.json"), at("theirs.json"), at("image.fd"));
    let (empty, enrolled) = ("/usr/share/OVMF/OVMF_VARS_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.ms.fd");
    let smmlab = |arguments: &[&str]| {
        let ran = e2e::cli::smmlab(&[&["image"], arguments].concat());
        assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{arguments:?}");
    };
    let want = agree_on_variables(enrolled.as_ref());
    smmlab(&["export", enrolled, "--output", &ours]);
    virt_fw_vars(&["-i", empty, "-o", &image, "--set-json", &ours]);
    assert_eq!(agree_on_variables(image.as_ref()), want);
    virt_fw_vars(&["-i", enrolled, "--output-json", &theirs]);
    smmlab(&["import", empty, &theirs, "--output", &image]);
    assert_eq!(agree_on_variables(image.as_ref()), want);
}

#[test]
fn virt_firmware_and_our_firmware_read_what_the_other_has_written() {
    const SCRIPT: &str = "setvar Colour 7 0102\nsetvar Colour 7 030405\nsetvar Gone 7 01\ndelvar Gone\n\
        setvar Timeout 7 0500 global\nsetvar BootOrder 7 0000 global\n";
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (image, changed, json) = (at("image.fd"), at("changed.fd"), at("change.json"));
    for board in [board::Board::Ich9, board::Board::Qemu] {
        let (_, left) = boot_and_keep(board, &images().release, SCRIPT);
        fs::write(&image, &left).unwrap();
        let variables = agree_on_variables(image.as_ref());
        let seen: Vec<_> =
            variables.iter().map(|one| (one["name"].as_str().unwrap(), one["data"].as_str().unwrap())).collect();
        assert_eq!(seen, [("BootOrder", "0000"), ("Colour", "030405"), ("Timeout", "0500")]);
        let list = json!({"version": 2, "variables": [
            {"name": "Theirs", "guid": "5e70da7a-5a5a-4c41-8b53-4d4d4c414200", "attr": 7, "data": "c0ffee"},
            {"name": "Colour", "guid": "5e70da7a-5a5a-4c41-8b53-4d4d4c414200", "attr": 7, "data": "99"},
        ]});
        fs::write(&json, list.to_string()).unwrap();
        virt_fw_vars(&["-i", &image, "-o", &changed, "--set-json", &json]);
        let (after, left) =
            boot_and_keep(board, &fs::read(&changed).unwrap(), "getvar Theirs\ngetvar Colour\nsetvar Theirs 7 01\n");
        for line in
            ["getvar Theirs: EFI_SUCCESS 0x7 c0ffee", "getvar Colour: EFI_SUCCESS 0x7 99", "setvar Theirs: EFI_SUCCESS"]
        {
            assert!(after.console.lines().any(|said| said == line), "{line}\n{}", after.console);
        }
        fs::write(&image, &left).unwrap();
        assert_eq!(agree_on_variables(image.as_ref()).len(), 4);
    }
}

fn run(command: &mut Command, advice: &str) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; {advice}"));
    assert!(output.status.success(), "{command:?}: {}\n{advice}", String::from_utf8_lossy(&output.stderr));
}
