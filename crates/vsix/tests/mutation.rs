//! Thousands of damaged manifests and archives: each gives an error that names a position or a package, never a
//! panic, and never a file outside the run's folder.
//!
//! It is seeded: a failure prints the number that reproduces it. `corpus/` holds the seeds; cases that once failed
//! are added there.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use adieu_vsix::archive::{Archive, Bounds};
use adieu_vsix::{
    Changes, DateTime, Folder as Extension, PackError, Package, Severity, Sources, Visibility,
};

/// Steele's SplitMix64: small, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit.max(1) as u64)).unwrap_or(0)
    }
}

/// Bytes that are special to a parser.
const WORDS: [&[u8]; 22] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b",",
    b":",
    b"null",
    b"-1",
    b"1e999",
    b"\\u0000",
    b"\\ud800",
    b"i18n:",
    b"..",
    b"/",
    b"\\",
    b"\xff",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"PK\x05\x06",
    b"<!DOCTYPE x>",
    b"[[[[[[[[[[[[[[[[",
];

/// The bytes with one to four changes.
fn damaged(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len() + 1);
        match random.below(6) {
            0 => bytes.truncate(at),
            1 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            2 => {
                let word = WORDS[random.below(WORDS.len())];
                bytes.splice(at..at, word.iter().copied());
            }
            3 => {
                let word = WORDS[random.below(WORDS.len())];
                let end = (at + word.len()).min(bytes.len());
                bytes.splice(at..end, word.iter().copied());
            }
            4 => {
                let end = (at + random.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let end = (at + random.below(60)).min(bytes.len());
                let copy = bytes.get(at..end).unwrap_or_default().to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
        }
    }
    bytes
}

/// A temporary folder for one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("mutation-{name}-{}", std::process::id()));
        // An earlier process with the same ID may have left one.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the folder can be made");
        Self(path)
    }

    fn names(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(&self.0).expect("the folder can be read");
        entries
            .map(|entry| {
                entry
                    .expect("it can be read")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn corpus(extension: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut seeds: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|own| own == extension))
        .map(|path| {
            (
                path.display().to_string(),
                fs::read(&path).expect("the seed can be read"),
            )
        })
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "there is no seed *.{extension}");
    seeds
}

#[test]
fn a_damaged_manifest_is_packed_or_refused_with_a_position() {
    let folder = Folder::new("manifest");
    let root = folder.0.join("root");
    fs::create_dir_all(root.join("T")).expect("the folder can be made");
    fs::write(root.join("T/index.js"), "x").expect("the file can be written");
    fs::write(root.join("icon.png"), "x").expect("the file can be written");
    let task = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/task.json"))
        .expect("the seed is there");
    for (name, seed) in corpus("json") {
        for number in 0..800 {
            let mut random = Random(number);
            let is_task = name.ends_with("task.json");
            let wounded = damaged(&seed, &mut random);
            fs::write(
                root.join("T/task.json"),
                if is_task { &wounded } else { &task },
            )
            .expect("it can be written");
            if !is_task {
                fs::write(root.join("vss-extension.json"), &wounded).expect("it can be written");
            }
            let sources = Sources {
                json5: number % 2 == 0,
                ..Sources::new(&root)
            };
            let mut changes = Changes::default();
            changes.tasks.ids = true;
            let output = folder.0.join("out");
            let extension = Extension::read(&sources, &changes, Some(&output));
            match extension.pack(true, DateTime::default()) {
                Ok(_) => {}
                Err(PackError::Refused { findings }) => {
                    let fatal = findings
                        .iter()
                        .find(|finding| finding.severity() == Severity::Fatal);
                    let fatal = fatal.unwrap_or_else(|| {
                        panic!("{name} {number}: nothing is fatal in {findings:?}")
                    });
                    assert!(
                        !fatal.position.file.is_empty(),
                        "{name} {number}: {fatal:?}"
                    );
                }
                // A path that is not valid on any system, such as one with a zero byte.
                Err(error @ (PackError::Part { .. } | PackError::Output { .. })) => {
                    assert!(
                        error.to_string().starts_with('`'),
                        "{name} {number}: {error}"
                    );
                }
            }
            let names: Vec<String> = folder
                .names()
                .into_iter()
                .filter(|name| name != "out")
                .collect();
            assert_eq!(names, ["root"], "{name} {number}");
        }
    }
}

#[test]
fn a_damaged_archive_is_read_or_refused_by_name() {
    let folder = Folder::new("archive");
    let (input, output) = (folder.0.join("in.vsix"), folder.0.join("out.vsix"));
    for (name, seed) in corpus("vsix") {
        for number in 0..3000 {
            let mut random = Random(number);
            let wounded = damaged(&seed, &mut random);
            if number % 10 != 0 {
                // The same reader on bytes in memory.
                if let Ok(mut archive) = Archive::read_from(Cursor::new(&wounded), Bounds::DEFAULT)
                {
                    for entry in archive.entries().to_vec() {
                        if let Ok(bytes) = archive.read(&entry) {
                            assert_eq!(bytes.len() as u64, entry.unpacked, "{name} {number}");
                        }
                    }
                }
                continue;
            }
            fs::write(&input, &wounded).expect("it can be written");
            if let Err(error) = Package::verify(&input) {
                assert!(
                    error.to_string().contains("in.vsix"),
                    "{name} {number}: {error}"
                );
            }
            let changes = Changes {
                extension_id: Some("new".to_owned()),
                visibility: Some(Visibility::Public),
                ..Changes::default()
            };
            let edited = Package::edit(&input, &changes, Some(&output), DateTime::default());
            if edited.is_ok() {
                let edited = Package::verify(&output).expect("what was edited can be read");
                assert_eq!(edited.facts.extension_id, "new", "{name} {number}");
                fs::remove_file(&output).expect("it is there");
            }
            assert_eq!(
                folder.names(),
                BTreeSet::from(["in.vsix".to_owned()]),
                "{name} {number}"
            );
        }
    }
}

#[test]
fn names_a_damaged_manifest_in_a_valid_archive() {
    use adieu_vsix::archive::{ArchiveWriter, Source};
    let folder = Folder::new("part");
    let (input, output) = (folder.0.join("in.vsix"), folder.0.join("out.vsix"));
    let (_, seed) = corpus("vsix").remove(0);
    let mut archive =
        Archive::read_from(Cursor::new(&seed), Bounds::DEFAULT).expect("the seed is sound");
    let parts: Vec<(String, Vec<u8>)> = archive
        .entries()
        .to_vec()
        .iter()
        .map(|entry| {
            (
                entry.name.clone(),
                archive.read(entry).expect("the seed is sound"),
            )
        })
        .collect();
    for number in 0..800 {
        let mut random = Random(number);
        let victim = random.below(parts.len());
        let entries: Vec<(String, Source)> = parts
            .iter()
            .enumerate()
            .map(|(index, (name, bytes))| {
                let bytes = if index == victim {
                    damaged(bytes, &mut random)
                } else {
                    bytes.clone()
                };
                (name.clone(), Source::Bytes(bytes))
            })
            .collect();
        let mut writer = ArchiveWriter::new(Cursor::new(Vec::new()), DateTime::default());
        writer.add(&entries).expect("memory can be written");
        let bytes = writer.finish().expect("memory can be written");
        fs::write(&input, bytes.into_inner()).expect("it can be written");
        if let Err(error) = Package::verify(&input) {
            assert!(error.to_string().contains("in.vsix"), "{number}: {error}");
        }
        let changes = Changes {
            name: Some("<new> & \"better\"".to_owned()),
            visibility: Some(Visibility::Public),
            ..Changes::default()
        };
        let edited = Package::edit(&input, &changes, Some(&output), DateTime::default());
        if edited.is_ok() {
            Package::verify(&output).unwrap_or_else(|error| {
                panic!("{number}: what was edited cannot be read: {error}")
            });
        }
    }
}
