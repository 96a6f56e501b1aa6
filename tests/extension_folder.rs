//! A folder with an extension, the programs that pack it, and tools to unpack packages.
//!
//! It asserts nothing about extensions. The crate `zip` reads packages, not the code under test.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

/// A folder that is removed after its test.
pub(crate) struct Folder {
    path: PathBuf,
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that could not be removed is in `target`, and the next `cargo clean` removes it.
        let _ = fs::remove_dir_all(&self.path);
    }
}

impl Folder {
    /// Creates a folder with these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("extension-{}-{number}", std::process::id()));
        let folder = Self { path };
        fs::create_dir_all(&folder.path).expect("the folder for tests can be made");
        for (name, text) in files {
            folder.write(name, text.as_bytes());
        }
        folder
    }

    /// Writes a file, and creates its parent folders.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().expect("a file is in a folder"))
            .expect("the folder can be made");
        fs::write(path, bytes).expect("the file can be written");
    }

    /// The path of something in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Every file and its bytes.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        list(&self.path, "", &mut files);
        files
    }

    /// Runs `adieu extension <arguments>` in the folder.
    pub(crate) fn adieu(&self, arguments: &[&str]) -> ProgramOutput {
        let mut command = Command::new(env!("CARGO_BIN_EXE_adieu"));
        command
            .arg("extension")
            .args(arguments)
            .current_dir(&self.path)
            .env_remove("SOURCE_DATE_EPOCH");
        ProgramOutput::of(command.output().expect("the binary starts"), &self.path)
    }

    /// Runs `tfx extension create <arguments>` in the folder.
    pub(crate) fn tfx(&self, arguments: &[&str]) -> ProgramOutput {
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("target/clients/tfx/node_modules/tfx-cli/_build/tfx-cli.js");
        assert!(
            script.is_file(),
            "tfx-cli is not installed: run cargo xtask test"
        );
        let mut command = Command::new("node");
        command
            .arg(script)
            .args(["extension", "create", "--no-prompt", "--no-color"])
            .args(arguments);
        command
            .current_dir(&self.path)
            .env("HOME", &self.path)
            .env("USERPROFILE", &self.path);
        command.env("PATH", path_with_file_program());
        ProgramOutput::of(command.output().expect("node starts"), &self.path)
    }
}

fn list(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            list(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read(entry.path()).expect("the file can be read"));
        }
    }
}

/// A search path whose program `file` always gives the same answer: tfx runs it for media types, and its answers
/// differ between machines.
fn path_with_file_program() -> OsString {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let folder = MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("file-program-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("the folder can be made");
        let program = folder.join("file");
        fs::write(&program, "#!/bin/sh\necho \"$2: text/as-file-says\"\n")
            .expect("the program can be written");
        #[cfg(unix)]
        fs::set_permissions(
            &program,
            std::os::unix::fs::PermissionsExt::from_mode(0o755),
        )
        .expect("it can be started");
        folder
    });
    let rest = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(folder.clone()).chain(std::env::split_paths(&rest)))
        .expect("the path is well formed")
}

/// The result of a program.
pub(crate) struct ProgramOutput {
    /// Exit status.
    pub(crate) status: i32,
    /// Standard output; the test's folder is replaced with `[FOLDER]`.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl ProgramOutput {
    fn of(output: Output, folder: &Path) -> Self {
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8_lossy(&bytes)
                .replace(&*folder.to_string_lossy(), "[FOLDER]")
                .replace(env!("CARGO_TARGET_TMPDIR"), "[TEMP]")
                .replace("\r\n", "\n");
            text.split_inclusive('\n').map(without_sizes).collect()
        };
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// The whole output as one text.
    pub(crate) fn transcript(&self) -> String {
        format!("{}{}exit {}\n", self.stdout, self.stderr, self.status)
    }

    /// Asserts that the program succeeded.
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.status, 0, "{}", self.transcript());
        self
    }
}

/// A line about a package without its size and digest, which a newer compressor may change.
fn without_sizes(line: &str) -> String {
    let digest = ["SHA-256: ", "SHA-256       ", "  \"sha256\": \""]
        .into_iter()
        .find(|start| line.starts_with(start));
    if let Some(start) = digest {
        let rest = line.get(start.len() + 64..).unwrap_or_default();
        return format!("{start}[SHA256]{rest}");
    }
    let starts = ["Packed ", "size ", "\"size\"", "\"unpackedSize\""];
    if !starts
        .iter()
        .any(|start| line.trim_start().starts_with(start))
    {
        return line.to_owned();
    }
    let words = line.split_inclusive([' ', ',']).map(|word| {
        let digits = word.trim_end_matches([' ', ',', '\n']);
        let is_size = digits.len() > 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_size {
            word.replace(digits, "[SIZE]")
        } else {
            word.to_owned()
        }
    });
    words.collect()
}

/// The parts of a package, without folders, which tfx packs as entries.
pub(crate) fn parts(package: &Path) -> BTreeMap<String, Vec<u8>> {
    let file = fs::File::open(package).expect("the package is there");
    let mut archive = zip::ZipArchive::new(file).expect("the package is an archive");
    let mut parts = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).expect("the entry can be read");
        if !entry.is_dir() {
            let name = entry.name().expect("the name is UTF-8").into_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("the entry unpacks");
            parts.insert(name, bytes);
        }
    }
    parts
}

/// The text of a part.
pub(crate) fn text(package: &Path, part: &str) -> String {
    let parts = parts(package);
    let bytes = parts
        .get(part)
        .unwrap_or_else(|| panic!("there is no {part} in {:?}", parts.keys()));
    String::from_utf8(bytes.clone()).expect("the part is text")
}

/// The differences between two packages, one per line; empty if they are equivalent.
pub(crate) fn differences(ours: &Path, theirs: &Path) -> String {
    let (ours, theirs) = (facts(&parts(ours)), facts(&parts(theirs)));
    let mut lines = String::new();
    for fact in ours.iter().filter(|fact| !theirs.contains(fact)) {
        lines += &format!("adieu: {fact}\n");
    }
    for fact in theirs.iter().filter(|fact| !ours.contains(fact)) {
        lines += &format!("tfx:   {fact}\n");
    }
    lines
}

/// All facts about a package, one per line, so that two packages can be compared line by line.
fn facts(parts: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let mut facts: Vec<String> = Vec::new();
    for (name, bytes) in parts {
        let text = String::from_utf8_lossy(bytes);
        if name == "[Content_Types].xml" {
            facts.extend(
                parts
                    .keys()
                    .filter(|part| *part != name)
                    .map(|part| content_type(&text, part)),
            );
        } else if name.ends_with(".vsixmanifest") || name.ends_with(".vsixlangpack") {
            let document = roxmltree::Document::parse(&text).expect("the part is XML");
            xml_facts(name, document.root_element(), &mut facts);
        } else if name.ends_with(".vsomanifest") {
            let value: Value = serde_json::from_str(&text).expect("the part is JSON");
            json_facts(name, &value, &mut facts);
        } else {
            facts.push(format!("{name} {}", fingerprint(bytes)));
        }
    }
    facts.sort();
    facts
}

fn xml_facts(path: &str, node: roxmltree::Node<'_, '_>, facts: &mut Vec<String>) {
    let path = format!("{path} {}", node.tag_name().name());
    let mut attributes: Vec<String> = node
        .attributes()
        .map(|attribute| format!("{}={:?}", attribute.name(), attribute.value()))
        .collect();
    attributes.sort();
    let text = node.text().unwrap_or_default();
    let text = if text.trim().is_empty() {
        String::new()
    } else {
        format!("{text:?}")
    };
    // Every element is in the root's namespace; others are shown.
    let namespace = node.tag_name().namespace();
    let parent = node
        .parent_element()
        .and_then(|parent| parent.tag_name().namespace());
    let namespace = namespace
        .filter(|namespace| Some(*namespace) != parent)
        .unwrap_or_default();
    facts.push(
        [path.as_str(), &attributes.join(" "), &text, namespace]
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
    );
    for child in node.children().filter(roxmltree::Node::is_element) {
        // The order of metadata matters; that of assets does not.
        let path = if node.tag_name().name() == "Metadata" {
            format!(
                "{path}[{}]",
                node.children()
                    .filter(roxmltree::Node::is_element)
                    .position(|other| other == child)
                    .unwrap_or(0)
            )
        } else {
            path.clone()
        };
        xml_facts(&path, child, facts);
    }
}

fn json_facts(path: &str, value: &Value, facts: &mut Vec<String>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                json_facts(&format!("{path} {key:?}"), value, facts);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                json_facts(&format!("{path} {index}"), value, facts);
            }
        }
        Value::Number(number) => {
            facts.push(format!("{path} = {}", number.as_f64().unwrap_or_default()))
        }
        other => facts.push(format!("{path} = {other}")),
    }
}

/// The type that a reader assigns to a part: its override, or else the default of its extension.
fn content_type(document: &str, part: &str) -> String {
    let document = roxmltree::Document::parse(document).expect("the part is XML");
    let find = |name: &str, key: &str, value: &str| {
        document
            .root_element()
            .children()
            .find(|node| {
                node.tag_name().name() == name
                    && node
                        .attribute(key)
                        .is_some_and(|own| own.eq_ignore_ascii_case(value))
            })
            .and_then(|node| node.attribute("ContentType"))
            .map(str::to_owned)
    };
    let extension = part
        .rsplit('/')
        .next()
        .and_then(|file| file.rfind('.').map(|at| file[at..].to_owned()));
    let kind = find("Override", "PartName", &format!("/{part}"))
        .or_else(|| extension.and_then(|extension| find("Default", "Extension", &extension)));
    format!(
        "type of {part}: {}",
        kind.unwrap_or_else(|| "none".to_owned())
    )
}

fn fingerprint(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.len() < 80 => format!("{text:?}"),
        _ => format!(
            "{} bytes {:08x}",
            bytes.len(),
            bytes
                .iter()
                .fold(0_u32, |sum, byte| sum.rotate_left(5) ^ u32::from(*byte))
        ),
    }
}
