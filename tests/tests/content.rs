#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]
//! Content files: ours are right, and damaged ones are refused with file, line and rule.

use content::source::{Library, write};
use content::{Block, Chapter, Entry, Exercise, Kind, KnownFault, LANGUAGES, Scene};
use e2e::cli::smmlab;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn ours() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../static/content")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let there = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &there) } else { _ = fs::copy(entry.path(), there).unwrap() }
    }
}

/// A copy of our content with one text replaced in one file.
fn damaged(file: &str, from: &str, to: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&ours(), folder.path());
    let path = folder.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from:?}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
    folder
}

/// Drops all items but this one.
fn keep_only(content: &Path, item: &Path) {
    for kind in Kind::ALL {
        for entry in fs::read_dir(content.join(kind.folder())).unwrap().map(Result::unwrap) {
            if entry.path() != content.join(item) {
                fs::remove_dir_all(entry.path()).unwrap();
            }
        }
    }
}

/// The faults of a folder, as a person reads them.
fn faults(folder: &Path) -> Vec<String> {
    Library::read(folder).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn our_files_are_right_and_compile_to_what_the_page_reads() {
    let library = Library::read(&ours()).unwrap();
    let out = tempfile::tempdir().unwrap();
    write(&library, out.path()).unwrap();
    let read = |path: String| fs::read_to_string(out.path().join(path)).unwrap();
    for lang in LANGUAGES {
        let index: Vec<Entry> = serde_json::from_str(&read(format!("index.{lang}.json"))).unwrap();
        assert_eq!(index.len(), library.items.len());
        for Entry { kind, id, title, .. } in &index {
            let text = read(format!("{}/{id}.{lang}.json", kind.folder()));
            assert!(!text.contains("style="), "{id}");
            let (id_there, title_there) = match kind {
                Kind::Scene => serde_json::from_str(&text).map(|scene: Scene| (scene.id, scene.title)),
                Kind::Chapter => serde_json::from_str(&text).map(|chapter: Chapter| (chapter.id, chapter.title)),
                Kind::Exercise => serde_json::from_str(&text).map(|exercise: Exercise| (exercise.id, exercise.title)),
            }
            .unwrap();
            assert_eq!((&id_there, &title_there), (id, title));
        }
    }
}

#[test]
fn a_chapter_has_its_scenes_and_questions_between_its_prose() {
    let library = Library::read(&ours()).unwrap();
    let chapter = library.find(Kind::Chapter, "smram-and-ready-to-lock").unwrap().chapter("ja").unwrap();
    let kinds: String = chapter
        .blocks
        .iter()
        .map(|block| match block {
            Block::Html(_) => 'h',
            Block::Scene(_) => 's',
            Block::Predict(_) => 'p',
        })
        .collect();
    assert_eq!(kinds, "hshphshph");
    let Some(Block::Predict(question)) = chapter.blocks.iter().find(|block| matches!(block, Block::Predict(_))) else {
        panic!("no question");
    };
    assert_eq!(question.choices.len(), question.predict.choices.len());
}

#[test]
fn a_damaged_file_is_refused_with_its_line_and_the_rule() {
    const DEPEX: &str = "exercises/late-by-depex/";
    const LOCKED: &str = "exercises/variable-locked/";
    const LOCK: &str = "scenes/ready-to-lock/";
    const SOFTWARE: &str = "scenes/software-smi/";
    const HARDWARE: &str = "scenes/hardware-smi/";
    const WAY: &str = "scenes/four-layers/";
    const CHAPTER: &str = "chapters/smram-and-ready-to-lock/";
    // Folder, file, what is replaced by what; where and what the fault is.
    let table = [
        (DEPEX, "exercise.toml", "level = 1", "level = \"easy\"", "exercise.toml:2: toml: invalid type"),
        (DEPEX, "exercise.toml", "level = 1", "level = 1\nlevels = 2", "exercise.toml:3: toml: unknown field `levels`"),
        (DEPEX, "exercise.toml", "op = \"depex\"", "op = \"dep\"", "exercise.toml:6: toml: unknown variant `dep`"),
        (DEPEX, "exercise.toml", "ring = 0x43", "ring = 0x143", "exercise.toml:19: toml: invalid value"),
        (DEPEX, "exercise.toml", "ring = 0x43", "rings = 0x43", "exercise.toml:19: toml: unknown variant `rings`"),
        (
            DEPEX,
            "exercise.toml",
            "expect = \"prompt\"",
            "expect = \"prom\"",
            "exercise.toml:15: value: Boots never answers",
        ),
        (DEPEX, "exercise.toml", "\"EFI_SUCCESS\"", "\"SUCCESS\"", "exercise.toml:20: value: Ring(67) never answers"),
        (
            DEPEX,
            "exercise.toml",
            "id = \"service-a\"",
            "id = \"service-c\"",
            "exercise.toml:18: twice: there are two checks",
        ),
        (
            DEPEX,
            "exercise.toml",
            "id = \"other\"",
            "id = \"other\"\nwhen = [{ ask = \"locked\", is = \"yes\" }]",
            "value: the last response",
        ),
        (
            DEPEX,
            "exercise.toml",
            "response = \"too-early\"",
            "response = \"tooearly\"",
            "link: there is no response \"tooearly\"",
        ),
        (DEPEX, "en.md", "# The service that fell silent\n", "", "en.md:1: section: a text begins with its title"),
        (DEPEX, "en.md", "{#report}", "", "en.md:1: section: one section ## … {#report} is wanted, there are 0"),
        (DEPEX, "en.md", "{#hint}", "{#hin}", "en.md:13: section: no section of the id hin belongs here"),
        (DEPEX, "en.md", "With 2.14", "<b>With</b> 2.14", "en.md:9: markup: raw HTML"),
        (DEPEX, "en.md", "With 2.14", "![](x.png) With 2.14", "en.md:9: markup: pictures"),
        (
            DEPEX,
            "en.md",
            "With 2.14",
            "[With](http://example.org) 2.14",
            "en.md:9: link: \"http://example.org\" leads nowhere",
        ),
        (
            DEPEX,
            "vi.md",
            "## Hỏi máy {#hint}\n",
            "",
            "vi.md:14: translation: here is paragraph; in the English text, line 13",
        ),
        (
            DEPEX,
            "vi.md",
            "`EFI_NOT_FOUND`",
            "`EFI_KHÔNG_CÓ`",
            "vi.md:5: translation: the code word `EFI_KHÔNG_CÓ` isn't in the English",
        ),
        (
            DEPEX,
            "ja.md",
            "## まだ直っていない {#response-other}",
            "まだ",
            "ja.md:1: section: one section ## … {#response-other}",
        ),
        (
            LOCKED,
            "exercise.toml",
            "faults = [\"policy-refuses-setup\"",
            "faults = [\"policy\"",
            "exercise.toml:5: link: faults.toml has no fault \"policy\"",
        ),
        (
            LOCKED,
            "exercise.toml",
            "faults = [\"policy-refuses-setup\"",
            "faults = [\"top-swap-strapped\"",
            "exercise.toml:5: link: the fault \"top-swap-strapped\" isn't one of the image",
        ),
        (
            LOCKED,
            "exercise.toml",
            "ask = { value = \"SetupData\" }",
            "ask = \"locked\"",
            "value: Locked is about the boot: it can't be asked `after`",
        ),
        (LOCKED, "exercise.toml", "expect = \"EFI_ACCESS_DENIED\"", "expect = \"denied\"", "never answers \"denied\""),
        (
            LOCKED,
            "vi.md",
            "{#check-os-refused}",
            "{#check-os}",
            "section: one section ## … {#check-os-refused} is wanted",
        ),
        (LOCK, "scene.toml", "view = \"dispatch\"", "view = \"film\"", "scene.toml:4: toml: unknown variant `film`"),
        (LOCK, "scene.toml", "id = \"driver-b\"", "id = \"driver-a\"", "scene.toml:8: twice: there are two marks"),
        (
            SOFTWARE,
            "scene.toml",
            "view = \"source\"",
            "view = \"smram\"",
            "scene.toml:4: value: [[try]] belongs to the view",
        ),
        (SOFTWARE, "scene.toml", "id = \"off\"", "id = \"nobody\"", "scene.toml:12: twice: there are two trials"),
        (
            SOFTWARE,
            "scene.toml",
            "say = [\"smi 55\"]\n",
            "",
            "scene.toml:12: value: nothing is said and nothing touched",
        ),
        (SOFTWARE, "vi.md", "{#try-off}", "{#try-of}", "vi.md:13: section: no section of the id try-of"),
        (HARDWARE, "scene.toml", "gpio = 1", "gpio = 16", "scene.toml:17: value: only the pins 0 to 15"),
        (HARDWARE, "scene.toml", "image = \"firmware\"", "image = \"demo\"", "value: the demo ROM's OS has no shell"),
        (
            WAY,
            "scene.toml",
            "\"nvram-protected\"",
            "\"nvram\"",
            "scene.toml:35: link: faults.toml has no fault \"nvram\"",
        ),
        (WAY, "scene.toml", "stops = \"setup\"", "stops = \"ftw\"", "value: Ftw isn't one of the stations"),
        (WAY, "scene.toml", "view = \"way\"", "view = \"smram\"", "value: stations and [[attempt]] belong to the view"),
        (WAY, "scene.toml", "read = \"getvar SetupData\"\n", "", "scene.toml:14: toml: missing field `read`"),
        (
            WAY,
            "scene.toml",
            "holds = ",
            "hold = ",
            "scene.toml:13: value: \"hold\" isn't of [attempts], which has before,",
        ),
        (WAY, "scene.toml", "write = \"save\"", "write = 1", "scene.toml:10: toml: invalid type: integer `1`"),
        (WAY, "scene.toml", "[attempts]", "[[attempts]]", "scene.toml:8: toml: [attempts] is one table for all"),
        (
            LOCK,
            "scene.toml",
            "say = [\"smi 43\"]",
            "say = []\nattempts.read = \"getvar A\"",
            "scene.toml:7: value: no attempt is without its own \"read\"",
        ),
        (WAY, "vi.md", "{#attempt-range}", "{#attempt-rang}", "section: no section of the id attempt-rang"),
        (
            "scenes/communicate/",
            "scene.toml",
            "view = \"message\"",
            "view = \"smram\"",
            "scene.toml:4: value: [[message]] belongs to the view",
        ),
        (
            "scenes/communicate/",
            "scene.toml",
            "\"EFI_NOT_FOUND\"",
            "\"not found\"",
            "value: \"not found\" is no status of the specification",
        ),
        (
            "scenes/communicate/",
            "scene.toml",
            "\"comm-buffer-start-only\"",
            "\"comm-buffer\"",
            "link: faults.toml has no fault \"comm-buffer\"",
        ),
        (
            "scenes/communicate/",
            "ja.md",
            "{#message-across}",
            "{#message-acros}",
            "section: no section of the id message-acros",
        ),
        (
            "scenes/setting-not-persisting/",
            "scene.toml",
            "needs = \"calls\"",
            "needs = \"kept\"",
            "link: no item \"kept\" stands in front of \"accepted\"",
        ),
        (LOCK, "ja.md", "{#mark-lock}", "{#mark-locked}", "ja.md:17: section: no section of the id mark-locked"),
        (
            CHAPTER,
            "chapter.toml",
            "\"late-by-order\"",
            "\"late-by-orders\"",
            "chapter.toml:3: link: there is no exercise",
        ),
        (CHAPTER, "chapter.toml", "id = \"nobody-asks\"", "id = \"nobody\"", "section: "),
        (
            CHAPTER,
            "chapter.toml",
            "choices = [\"yes\", \"no\"]",
            "choices = [\"yes\", \"maybe\"]",
            "chapter.toml:9: value: Locked never answers \"maybe\"",
        ),
        (
            CHAPTER,
            "en.md",
            "id = \"ready-to-lock\"",
            "id = \"ready-to-look\"",
            "link: there is no scene \"ready-to-look\"",
        ),
        (CHAPTER, "en.md", "because = ", "why = ", "toml: unknown field `why`"),
        (CHAPTER, "en.md", "no = \"No", "none = \"No", "section: [choices] has a text for each of: yes, no"),
        (CHAPTER, "en.md", "#/exercise/never-true", "#/exercise/never", "link: \"#/exercise/never\" leads nowhere"),
        (CHAPTER, "en.md", "|---|---|---|", "|:--|---|---|", "markup: a table's columns can't be aligned"),
        (
            CHAPTER,
            "vi.md",
            "id = \"smram-lifecycle\"",
            "id = \"ready-to-lock\"",
            "vi.md:11: translation: here is scene ready-to-lock",
        ),
        ("", "faults.toml", "group = \"post\"", "group = \"pos\"", "value: no-memory: there is no group \"pos\""),
        ("", "faults.toml", "id = \"no-memory\"", "id = \"No memory\"", "faults.toml:6: id: an id has small letters"),
        (
            "",
            "faults.toml",
            "id = \"smram-not-found\"",
            "id = \"no-memory\"",
            "faults.toml:6: twice: there are two faults",
        ),
        (
            "",
            "faults.toml",
            "[{ op = \"drop\", file = \"PlatformPei\" }]",
            "[]",
            "faults.toml:6: value: no-memory has no edit, board or stimulus",
        ),
        ("", "faults.toml", "top-swap = true", "top-swap = 1", "toml: invalid type: integer `1`, expected a boolean"),
        (
            "",
            "faults.toml",
            "block-protect = 6",
            "block-protect = 8",
            "value: flash-part-protected: block-protect: BP2:0",
        ),
        ("", "faults.toml", "when = \"power-on\"", "when = \"noon\"", "toml: unknown variant `noon`"),
        ("", "faults.toml", "every-us = 80", "every-us = 40", "value: gpio-storm: every-us: the hand goes before"),
        ("", "faults.toml", "op = \"drop\"", "op = \"drops\"", "faults.toml:8: toml: unknown variant `drops`"),
        ("", "faults.toml", "name = \"No memory found\"", "name = \"\"", "faults.toml:6: value: no-memory has no name"),
        ("", "faults.toml", "POST dừng ở `55`", "POST dừng ở 55", "faults.toml:6: translation: no-memory: `55` stands"),
    ];
    let mut missed = Vec::new();
    for (folder, file, from, to, wanted) in table {
        let content = damaged(&format!("{folder}{file}"), from, to);
        let faults = faults(content.path());
        let found = faults.iter().any(|fault| fault.contains(folder.trim_end_matches('/')) && fault.contains(wanted));
        if !found {
            missed.push(format!("{folder}{file}, {from:?} to {to:?}: wanted {wanted:?} in\n{}", faults.join("\n")));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

#[test]
fn an_attempt_has_what_all_have_unless_it_says_otherwise() {
    let library = Library::read(&ours()).unwrap();
    let scene = library.find(Kind::Scene, "four-layers").unwrap().scene("en").unwrap();
    let after = |id: &str| scene.setup.attempts.iter().find(|attempt| attempt.id == id).unwrap().after.clone();
    assert_eq!(after("healthy"), ["exit", "reboot"]);
    assert_eq!(after("layer-4"), [""; 0]);
    assert!(scene.setup.attempts.iter().all(|attempt| attempt.write == "save"));
}

#[test]
fn files_that_lack_or_belong_to_nothing_are_named() {
    let folder = tempfile::tempdir().unwrap();
    copy(&ours(), folder.path());
    fs::remove_file(folder.path().join("scenes/smi-flow/vi.md")).unwrap();
    fs::write(folder.path().join("scenes/smi-flow/fr.md"), "# Un SMI").unwrap();
    fs::write(folder.path().join("exercises/notes.txt"), "later").unwrap();
    fs::write(folder.path().join("exercises/late-by-order/ja.md"), [0xff, 0xfe]).unwrap();
    fs::create_dir(folder.path().join("scenes/Two Words")).unwrap();
    let faults = faults(folder.path());
    for wanted in [
        "smi-flow/vi.md: missing: ",
        "smi-flow/fr.md: stray: ",
        "notes.txt: stray: ",
        "late-by-order/ja.md: unreadable: ",
        "Two Words: id: ",
        "Two Words/scene.toml: missing: ",
    ] {
        assert!(faults.iter().any(|fault| fault.contains(wanted)), "{wanted}:\n{}", faults.join("\n"));
    }
    let nothing = tempfile::tempdir().unwrap();
    assert!(self::faults(nothing.path())[0].contains("missing: no scenes, chapters or exercises"));
}

/// `smmlab check content` of a folder, and of a copy in which the machine does otherwise.
#[test]
fn what_only_the_machine_can_tell_is_told_by_it() {
    let images = &e2e::firmware::images().folder;
    let check = |content: &Path, more: &[&str]| {
        let mut arguments = vec!["check", "content", content.to_str().unwrap(), "--images", images.to_str().unwrap()];
        arguments.extend(more);
        smmlab(&arguments)
    };
    let out = tempfile::tempdir().unwrap();
    let compiled = check(&ours(), &["--compile", out.path().to_str().unwrap()]);
    assert_eq!((compiled.status, compiled.err.as_str()), (0, ""));
    assert!(out.path().join("index.vi.json").is_file());
    let faults: Vec<KnownFault> =
        serde_json::from_str(&fs::read_to_string(out.path().join("faults.ja.json")).unwrap()).unwrap();
    assert_eq!(faults.len(), Library::read(&ours()).unwrap().catalogue.len());
    let table = [
        ("faults.toml", "file = \"PlatformPei\"", "file = \"PlatformPeim\"", "edit: edit 1 (drop): no file has"),
        (
            "faults.toml",
            "word = \"PcdEndOfSmi\", value = 0",
            "word = \"PcdEndOfSmi\", value = 1",
            "edit: eos-forgotten leaves",
        ),
        (
            "exercises/late-by-order/exercise.toml",
            "file = \"DriverC\"",
            "file = \"DriverD\"",
            "edit: edit 1 (order): no file has",
        ),
        (
            "exercises/late-by-order/exercise.toml",
            "before = \"PlatformSmm\"",
            "to = \"last\"",
            ":7: machine: the reference repair fails: service-c on debug",
        ),
        (
            "exercises/late-by-order/exercise.toml",
            "after = \"PlatformSmm\"",
            "before = \"PlatformSmm\"",
            "machine: without a repair, all checks pass",
        ),
        (
            "exercises/late-by-order/exercise.toml",
            "response = \"too-early\"",
            "response = \"never\"",
            "machine: the repair that is to draw the response \"never\" draws too-early",
        ),
        (
            "exercises/late-by-order/exercise.toml",
            "why = \"DriverC\"",
            "why = \"DriverX\"",
            "link: the firmware has no module \"DriverX\"",
        ),
        (
            "exercises/spi-write-protected/exercise.toml",
            "audit = \"common.spi_lock\"",
            "audit = \"common.spi_locks\"",
            "link: the audit has no module \"common.spi_locks\"; it has common.smm,",
        ),
        (
            "exercises/spi-write-protected/exercise.toml",
            "register = \"PR0.WPE\"",
            "register = \"PR0.WEP\"",
            "link: the chipset has no register or field \"PR0.WEP\"",
        ),
        (
            "scenes/ready-to-lock/scene.toml",
            "registered = 0x42",
            "registered = 0x4f",
            "scene.toml:9: machine: Registered(79) never happens",
        ),
        (
            "scenes/ready-to-lock/scene.toml",
            "lock = \"smram-locked\"",
            "post = 0x36",
            "machine: Post(54) happens before the mark in front",
        ),
        (
            "scenes/software-smi/scene.toml",
            "say = [\"out 630 11\", \"smi 42\"]",
            "say = [\"smi 42\"]",
            "machine: a processor enters SMM",
        ),
        ("scenes/hardware-smi/scene.toml", "gpio = 1", "gpio = 15", ":17: machine: no processor enters SMM"),
        (
            "scenes/communicate/scene.toml",
            "overwrites = true",
            "overwrites = false",
            "machine: on debug the answer is \"EFI_SUCCESS\", and SMRAM is written over",
        ),
        (
            "chapters/smram-and-ready-to-lock/chapter.toml",
            "ring = 0x43",
            "say = \"smi 43\"",
            "machine: the machine answers",
        ),
    ];
    let mut missed = Vec::new();
    for (file, from, to, wanted) in table {
        let content = damaged(file, from, to);
        // Each run of the machine takes its time: exercises and scenes need nothing but themselves.
        if file.starts_with("exercises/") || file.starts_with("scenes/") {
            keep_only(content.path(), Path::new(file).parent().unwrap());
        } else if file == "faults.toml" {
            keep_only(content.path(), Path::new("scenes/smi-flow"));
        }
        let ran = check(content.path(), &[]);
        if ran.status != 1 || !ran.err.contains(wanted) {
            missed.push(format!("{file}, {to}: wanted {wanted:?}, status {}\n{}", ran.status, ran.err));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    let missing = smmlab(&["check", "content", ours().to_str().unwrap(), "--images", out.path().to_str().unwrap()]);
    assert_eq!(missing.status, 2);
    assert!(missing.err.contains("cargo xtask firmware"), "{}", missing.err);
}

/// The example of each kind, as the document shows it, is right.
#[test]
fn the_documented_examples_are_right() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/content.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (kind, id, heading) in [
        ("scene", "late", "A scene"),
        ("scene", "press", "A scene with something to press"),
        ("scene", "points", "A checklist"),
        ("chapter", "lock", "A chapter"),
        ("exercise", "late", "An exercise"),
    ] {
        let section = document.split_once(&format!("\n## {heading}\n")).unwrap().1;
        let block = |fence: &str, info: &str| {
            let behind = section.split_once(&format!("{fence}{info}\n")).unwrap().1;
            behind.split_once(&format!("\n{fence}\n")).unwrap().0.to_owned() + "\n"
        };
        let there = folder.path().join(format!("{kind}s/{id}"));
        fs::create_dir_all(&there).unwrap();
        fs::write(there.join(format!("{kind}.toml")), block("```", "toml")).unwrap();
        let text = block(if kind == "chapter" { "````" } else { "```" }, "markdown");
        LANGUAGES.iter().for_each(|lang| fs::write(there.join(format!("{lang}.md")), &text).unwrap());
    }
    assert_eq!(faults(folder.path()), Vec::<String>::new());
    let (content, images) = (folder.path().to_str().unwrap(), &e2e::firmware::images().folder);
    let ran = smmlab(&["check", "content", content, "--images", images.to_str().unwrap()]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
}
