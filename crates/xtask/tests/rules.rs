//! The house rules as tests, so that no reviewer has to remember them.
//!
//! It reads the repository's files and never changes one.

mod circles;
mod facts;
mod formatting;
mod language;
mod links;
mod places;
mod secrets;
mod versions;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which crate may depend on which (ARCHITECTURE.md). Every other dependency is forbidden.
const FLOORS: &[(&str, &[&str])] = &[
    (
        "adieu",
        &[
            "adieu-agent",
            "adieu-broker",
            "adieu-configure",
            "adieu-devops",
            "adieu-extension",
            "adieu-feeds",
            "adieu-identity",
            "adieu-inventory",
            "adieu-manifest",
            "adieu-order",
            "adieu-scan",
            "adieu-secret",
            "adieu-stand-in",
            "adieu-transport",
            "adieu-vsix",
        ],
    ),
    ("adieu-agent", &["adieu-order", "adieu-secret"]),
    ("adieu-broker", &["adieu-identity", "adieu-secret"]),
    // It must never depend on agent: `cli` sets the variables, and passes what a step or a job has.
    (
        "adieu-configure",
        &[
            "adieu-broker",
            "adieu-devops",
            "adieu-identity",
            "adieu-order",
            "adieu-secret",
            "adieu-stand-in",
            "adieu-transport",
        ],
    ),
    (
        "adieu-devops",
        &["adieu-order", "adieu-secret", "adieu-transport"],
    ),
    ("adieu-emulator", &["adieu-manifest"]),
    ("adieu-feeds", &["adieu-order", "adieu-secret"]),
    (
        "adieu-extension",
        &[
            "adieu-devops",
            "adieu-order",
            "adieu-transport",
            "adieu-vsix",
        ],
    ),
    (
        "adieu-fuzz",
        &[
            "adieu-broker",
            "adieu-feeds",
            "adieu-identity",
            "adieu-manifest",
            "adieu-scan",
            "adieu-secret",
            "adieu-vsix",
        ],
    ),
    (
        "adieu-identity",
        &["adieu-order", "adieu-secret", "adieu-transport"],
    ),
    // It must never depend on agent: `cli` writes what an administrator reads.
    (
        "adieu-inventory",
        &["adieu-devops", "adieu-order", "adieu-scan"],
    ),
    ("adieu-manifest", &["adieu-order"]),
    // Every crate may sort.
    ("adieu-order", &[]),
    // It must never depend on transport: a token that is found is not sent anywhere.
    ("adieu-scan", &["adieu-order", "crc32fast"]),
    ("adieu-secret", &["adieu-order"]),
    // It must never depend on agent: it knows variables by their names, and no log.
    (
        "adieu-stand-in",
        &[
            "adieu-broker",
            "adieu-identity",
            "adieu-secret",
            "adieu-transport",
        ],
    ),
    ("adieu-transport", &["adieu-secret"]),
    ("adieu-vsix", &["adieu-manifest", "adieu-order"]),
    ("crc32fast", &[]),
    // A real client of the tests, outside the workspace.
    ("azure-identity-client", &[]),
    (
        "marketplace-events-function",
        &[
            "adieu-devops",
            "adieu-identity",
            "adieu-secret",
            "adieu-transport",
        ],
    ),
    ("pictures", &[]),
    ("xtask", &["adieu-emulator", "adieu-manifest", "adieu-vsix"]),
];

/// The one file that writes to standard output and standard error.
const WRITER: &str = "crates/agent/src/writer.rs";

/// Code that would bypass it: the standard library's streams and macros, and what clap prints itself.
const PAST_THE_WRITER: &[&str] = &[
    "stdout()",
    "stderr()",
    "Stdout",
    "Stderr",
    "print!(",
    "println!(",
    "dbg!(",
    "Arguments::parse()",
    "::parse_from(",
    ".print()",
    ".print_help(",
    ".print_long_help(",
    "error.exit()",
    "/dev/stdout",
    "/dev/stderr",
    "/proc/self/fd",
    "from_raw_fd(",
    "from_raw_handle(",
];

/// Lines that name a stream but write nothing to it.
const STREAMS_AS_HANDLES: &[(&str, &str)] = &[
    ("crates/cli/main.rs", "let stream = if error.use_stderr() {"),
    (
        "crates/cli/platform.rs",
        "std::io::stdout().as_raw_handle(),",
    ),
    (
        "crates/cli/platform.rs",
        "std::io::stderr().as_raw_handle(),",
    ),
    (
        "crates/cli/run.rs",
        "use tokio::process::{ChildStderr, Command};",
    ),
    (
        "crates/cli/run.rs",
        "async fn pass_through(errors: Option<ChildStderr>, wrote: &Cell<bool>) {",
    ),
];

#[test]
fn crates_depend_only_on_listed_crates() {
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in files("")
        .into_iter()
        .filter(|path| path.ends_with("Cargo.toml"))
    {
        let text = read(&path);
        let Some(name) = text.lines().find_map(|line| line.strip_prefix("name = \"")) else {
            continue;
        };
        let name = name.trim_end_matches('"').to_owned();
        let mut section = "";
        let mut arrows = Vec::new();
        for line in text.lines() {
            if line.starts_with('[') {
                section = line;
            }
            let dependency = line.split(['.', ' ', '=']).next().unwrap_or_default();
            let ours = dependency.starts_with("adieu-");
            if ours && section.ends_with("dependencies]") && section != "[workspace.dependencies]" {
                if section != "[dev-dependencies]" {
                    arrows.push(dependency.to_owned());
                } else {
                    assert!(
                        matches!(
                            name.as_str(),
                            "adieu"
                                | "adieu-emulator"
                                | "marketplace-events-function"
                                | "adieu-identity"
                        ),
                        "{name} tests with {dependency}"
                    );
                }
            }
        }
        known.insert(name, arrows);
    }
    for (name, arrows) in &known {
        let floor = FLOORS.iter().find(|(floor, _)| floor == name);
        let (_, allowed) = floor.unwrap_or_else(|| panic!("{name} has no floor in rules.rs"));
        for arrow in arrows {
            assert!(
                allowed.contains(&arrow.as_str()),
                "{name} may not know {arrow}"
            );
        }
    }
}

/// The crates of a domain: `cli` reads inputs and flags for them, and writes their messages.
const DOMAINS: [&str; 4] = ["configure", "extension", "feeds", "scan"];

#[test]
fn domains_do_not_depend_on_clap() {
    for domain in DOMAINS {
        let manifest = read(&format!("crates/{domain}/Cargo.toml"));
        assert!(!manifest.contains("clap"), "{domain} depends on clap");
    }
}

#[test]
fn only_the_writer_writes_to_standard_output_and_error() {
    for path in product_sources() {
        if path == WRITER {
            continue;
        }
        for line in code_lines(&read(&path)) {
            for call in PAST_THE_WRITER {
                let is_allowed = STREAMS_AS_HANDLES.contains(&(path.as_str(), line.trim()));
                assert!(
                    !line.contains(call) || is_allowed,
                    "{path} has {call} past {WRITER}: {line}"
                );
            }
        }
    }
}

#[test]
fn each_source_file_begins_with_a_sentence() {
    for path in files("").into_iter().filter(|path| path.ends_with(".rs")) {
        assert!(
            read(&path).starts_with("//! "),
            "{path} opens without a sentence"
        );
    }
}

#[test]
fn the_emulator_uses_no_code_of_the_client() {
    for path in files("crates/emulator/")
        .into_iter()
        .filter(|path| path.ends_with(".rs"))
    {
        let text = read(&path);
        for name in [
            "adieu_agent",
            "adieu_broker",
            "adieu_devops",
            "adieu_extension",
            "adieu_feeds",
            "adieu_identity",
            "adieu_secret",
            "adieu_transport",
            "adieu_vsix",
        ] {
            assert!(!text.contains(name), "{path} uses {name}");
        }
    }
}

/// The lines of a source without comments and tests.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
}

/// Sources that ship in the binary.
fn product_sources() -> Vec<String> {
    const NEVER_SHIPPED: [&str; 3] = ["emulator", "pictures", "xtask"];
    files("crates/")
        .into_iter()
        .filter(|path| {
            let name = path.split('/').nth(1).unwrap_or_default();
            let is_beside = path.contains("/examples/") || path.contains("/tests/");
            path.ends_with(".rs") && !is_beside && !NEVER_SHIPPED.contains(&name)
        })
        .collect()
}

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Files in a folder and its subfolders, relative to the root, without build results.
fn files(below: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(below)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(root().join(&folder)) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = folder.join(entry.file_name());
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() || root().join(&path).is_dir() {
                if !matches!(name.as_str(), "target" | ".git" | "node_modules") {
                    folders.push(path);
                }
            } else {
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}
