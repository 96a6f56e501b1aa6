//! Turns `task/*/task.json` into typed inputs: an input that no file declares does not compile, and
//! one that no code reads is dead code, which does not compile either. Compresses docs/troubleshooting/ for `adieu explain`.
//!
//! What it writes is a pure function of files in the repository. It asks the linker which flags it takes.
#![allow(
    clippy::disallowed_methods,
    reason = "cargo passes a build script its facts in the environment"
)]

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use adieu_manifest::task::{Input, Task};
use flate2::Compression;
use flate2::write::DeflateEncoder;

/// Pick lists whose options are the variants of a type: the input, and the type. `default` and `none` mean no change.
/// They are values of flags as well.
const VALUES: [(&str, &str); 5] = [
    ("visibility", "adieu_vsix::Visibility"),
    ("pricing", "adieu_vsix::Pricing"),
    ("updateTasksVersion", "adieu_vsix::VersionPart"),
    ("versionAction", "adieu_extension::VersionIncrement"),
    ("memberRole", "adieu_devops::Role"),
];
/// Size optimizations of LLVM's linker. It shares the ends of strings, merges equal functions and tables (0.1 MB; no
/// crate here compares the addresses of constants), and places similar functions and data next to each other, which
/// compresses better (0.1 MB). In macOS binaries, data in another order needs more space.
const LINKED_SMALLER: [&str; 4] = [
    "-O2",
    "--icf=all",
    "--ignore-data-address-equality",
    "--bp-compression-sort=function",
];
/// Disables a table in macOS binaries that only debuggers and profilers read.
const NO_FUNCTION_STARTS: &str = "-no_function_starts";
/// Relocations of one bit instead of 24 bytes (0.19 MB). The C library must support them: glibc since 2.36, and musl
/// since 1.2.4, which Rust has since 1.93.
const PACKED_RELOCATIONS: &str = "-zpack-relative-relocs";

fn main() {
    println!("cargo::rerun-if-changed=task");
    let mut code = String::new();
    for folder in task_folders() {
        let path = folder.join("task.json");
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| stop(&path, &error.to_string()));
        let task = Task::parse(&text).unwrap_or_else(|error| stop(&path, &error.to_string()));
        let module = folder.file_name().unwrap_or_default().to_string_lossy();
        code.push_str(&task_module(&module, &task, &path));
    }
    link_small();
    compress_troubleshooting();
    let target = env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=ADIEU_TARGET={target}");
    let output = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("inputs.rs");
    fs::write(&output, code).unwrap_or_else(|error| stop(&output, &error.to_string()));
}

/// Makes the linked binary of the release profile small; it would exceed its budget otherwise.
fn link_small() {
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    let system = variable("CARGO_CFG_TARGET_OS");
    if variable("PROFILE") != "release" {
        return;
    }
    let mut linker = Linker::default();
    if system == "linux" {
        linker.choose_llvms();
        // The release profile aborts on panic, so nothing reads the unwind tables: 0.66 MB of 5.01. The linkers of GNU and
        // LLVM read the script.
        let script = "crates/cli/no-unwind-tables.ld";
        println!("cargo::rerun-if-changed={script}");
        let script = format!("--script={}/{script}", variable("CARGO_MANIFEST_DIR"));
        linker.offer(&[&script, "--no-eh-frame-hdr"]);
        // rustc links such static programs only for some processors. The start files show whether this is possible.
        if variable("CARGO_ENCODED_RUSTFLAGS").contains("rcrt1.o") {
            linker.offer(&["-pie", "--no-dynamic-linker", "-ztext"]);
        }
        let is_shown = runs_here() && flavor().is_none();
        if is_shown || has_new_musl() {
            linker.offer(&[PACKED_RELOCATIONS]);
        }
    }
    if system == "macos" {
        linker.offer(&[NO_FUNCTION_STARTS]);
    }
    for flag in LINKED_SMALLER {
        linker.offer(&[flag]);
    }
    for flag in linker.taken {
        println!("cargo::rustc-link-arg-bins={flag}");
    }
}
/// The linker of the binary, and the flags that it supports.
#[derive(Default)]
struct Linker {
    taken: Vec<String>,
}

impl Linker {
    /// Makes the C compiler use LLVM's linker, which comes with the toolchain. rustc does this only for x86-64 with
    /// glibc.
    fn choose_llvms(&mut self) {
        let is_rustcs_own = variable("TARGET") == "x86_64-unknown-linux-gnu";
        if is_rustcs_own || flavor().is_some() {
            return;
        }
        let libraries = Command::new(variable("RUSTC"))
            .args(["--print", "target-libdir"])
            .output();
        let libraries = libraries.map(|output| output.stdout).unwrap_or_default();
        let folder = String::from_utf8_lossy(&libraries).trim().to_owned();
        let folder = Path::new(&folder).with_file_name("bin").join("gcc-ld");
        self.take(vec![
            "-fuse-ld=lld".to_owned(),
            format!("-B{}", folder.display()),
        ]);
    }

    /// Adds flags if the linker supports them.
    fn offer(&mut self, flags: &[&str]) {
        let before = if flavor().is_some() { "" } else { "-Wl," };
        self.take(flags.iter().map(|flag| format!("{before}{flag}")).collect());
    }

    fn take(&mut self, flags: Vec<String>) {
        let taken = flavor().map_or_else(
            || self.links_with(&flags),
            |flavor| {
                let format: &[&str] = match &*variable("CARGO_CFG_TARGET_OS") {
                    "windows" => &["-m", "i386pep"],
                    _ => &[],
                };
                let linker = Command::new(variable("RUSTC_LINKER"))
                    .args(["-flavor", flavor])
                    .args(format)
                    .args(&flags)
                    .output();
                // Its other errors do not matter: it has nothing to link.
                linker.is_ok_and(|output| {
                    !String::from_utf8_lossy(&output.stderr).contains("unknown argument")
                })
            },
        );
        if taken {
            self.taken.extend(flags);
        }
    }

    /// Whether rustc links an empty program with the flags, with the binary's linker, and whether the program starts
    /// if it is for this machine.
    fn links_with(&self, flags: &[String]) -> bool {
        let folder = PathBuf::from(variable("OUT_DIR"));
        let source = folder.join("empty.rs");
        fs::write(&source, "fn main() {}")
            .unwrap_or_else(|error| stop(&source, &error.to_string()));
        let mut rustc = Command::new(variable("RUSTC"));
        rustc.args(["--crate-type=bin", "--target", &variable("TARGET")]);
        let own = variable("CARGO_ENCODED_RUSTFLAGS");
        rustc.args(own.split('\u{1f}').filter(|flag| !flag.is_empty()));
        if let Some(linker) = env::var_os("RUSTC_LINKER") {
            rustc.arg("-C").arg(path_flag("linker=", &linker));
        }
        for flag in self.taken.iter().chain(flags) {
            rustc.arg(format!("-Clink-arg={flag}"));
        }
        let program = folder.join("empty");
        rustc.arg("-o").arg(&program).arg(&source);
        succeeds(&mut rustc) && (!runs_here() || succeeds(&mut Command::new(&program)))
    }
}

/// The flavor of LLVM's linker, if rustc calls it without a C compiler.
fn flavor() -> Option<&'static str> {
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    let flavor = flags
        .split('\u{1f}')
        .find_map(|flag| flag.strip_prefix("-Clinker-flavor="));
    match flavor {
        Some("ld.lld") => Some("gnu"),
        Some("ld64.lld") => Some("darwin"),
        _ => None,
    }
}

/// Whether the linked C library supports packed relocations, for targets on which no program can be run to check.
fn has_new_musl() -> bool {
    let version = Command::new(variable("RUSTC")).arg("--version").output();
    let version = version.map(|output| output.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&version).into_owned();
    let minor = version
        .split('.')
        .nth(1)
        .and_then(|minor| minor.parse().ok());
    variable("CARGO_CFG_TARGET_ENV") == "musl" && minor.is_some_and(|minor: u32| minor >= 93)
}

/// Whether a program for the target starts on this machine.
fn runs_here() -> bool {
    let [host, target] = [variable("HOST"), variable("TARGET")];
    let processor = |name: &str| name.split('-').next().map(str::to_owned);
    let is_linux = |name: &str| name.contains("-linux-");
    host == target || is_linux(&host) && is_linux(&target) && processor(&host) == processor(&target)
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

/// A flag whose value is a path.
fn path_flag(name: &str, path: &OsStr) -> OsString {
    let mut flag = OsString::from(name);
    flag.push(path);
    flag
}

/// Puts the sections of `docs/troubleshooting/`, compressed, where `crates/cli/explain.rs` includes them.
fn compress_troubleshooting() {
    let summary = Path::new("docs/SUMMARY.md");
    println!("cargo::rerun-if-changed=docs/SUMMARY.md");
    println!("cargo::rerun-if-changed=docs/troubleshooting");
    let read = |path: &Path| {
        let text = fs::read_to_string(path).unwrap_or_else(|error| stop(path, &error.to_string()));
        text.replace("\r\n", "\n")
    };
    let mut sections = String::new();
    for rest in read(summary).split("](troubleshooting/").skip(1) {
        let name = rest.split(')').next().unwrap_or_default();
        let page = Path::new("docs/troubleshooting").join(name);
        for section in read(&page).split("\n<a id=\"").skip(1) {
            let (anchor, section) = section
                .split_once("\"></a>\n\n## ")
                .unwrap_or_else(|| stop(&page, "an anchor without a heading"));
            let (heading, body) = section.split_once('\n').unwrap_or((section, ""));
            // An error's code is shown as its heading has it.
            let shown = heading.split(':').next().unwrap_or_default();
            let is_code = shown.eq_ignore_ascii_case(anchor);
            let shown = if is_code { shown } else { anchor };
            let _ = write!(sections, "## {shown}\n{}", links_from_the_root(body));
        }
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let compressed = encoder
        .write_all(sections.as_bytes())
        .and_then(|()| encoder.finish());
    let compressed = compressed.unwrap_or_else(|error| stop(summary, &error.to_string()));
    let output =
        PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("troubleshooting.deflate");
    fs::write(&output, compressed).unwrap_or_else(|error| stop(&output, &error.to_string()));
}

/// The text of a page in `docs/troubleshooting/` with links for readers outside of that folder: `network.md#busy`
/// becomes `#busy`, the name of a section, and `../git.md` becomes `docs/git.md`.
fn links_from_the_root(text: &str) -> String {
    let mut parts = text.split("](");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("](");
        let target = part.split(')').next().unwrap_or_default();
        if let Some(rest) = part.strip_prefix("../../") {
            out.push_str(rest);
        } else if let Some(rest) = part.strip_prefix("../") {
            let _ = write!(out, "docs/{rest}");
        } else if !target.contains('/') && target.contains(".md#") {
            out.push_str(part.split_once(".md").map_or(part, |(_, rest)| rest));
        } else {
            out.push_str(part);
        }
    }
    out
}

fn task_folders() -> Vec<PathBuf> {
    let root = Path::new("task");
    let entries = fs::read_dir(root).unwrap_or_else(|error| stop(root, &error.to_string()));
    let mut folders: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// A module with the task's name and its `Inputs`.
fn task_module(module: &str, task: &Task, path: &Path) -> String {
    let mut choices = String::new();
    let mut fields = String::new();
    let mut reads = String::new();
    for input in &task.inputs {
        let name = &input.name;
        let field = snake_case(name);
        let (kind, read) = match input.kind.as_str() {
            "boolean" => ("bool".to_owned(), format!("environment.boolean({name:?})")),
            "multiLine" => (
                "String".to_owned(),
                format!("Ok(environment.text({name:?}))"),
            ),
            "string" | "filePath" => ("String".to_owned(), format!("environment.line({name:?})")),
            "pickList" | "radio" => {
                let kind = pascal_case(name);
                choices.push_str(&choice(&kind, input));
                let read = format!(
                    "environment.choice({name:?}, {kind}::WORDS, {kind}::ALL).map(Option::unwrap_or_default)"
                );
                (kind, read)
            }
            kind if kind.starts_with("connectedService:") => (
                "EndpointId".to_owned(),
                format!("environment.connection({name:?})"),
            ),
            kind => stop(
                path,
                &format!("input {name} has a type that build.rs does not know: {kind}"),
            ),
        };
        // What a rule can hide is required only where it shows.
        let required = input.required && input.visible_rule.is_none();
        let (kind, read) = match (input.kind.as_str(), required) {
            ("boolean" | "pickList" | "radio", _) => (kind, read),
            (_, true) => (
                kind,
                format!(
                    "{read}.and_then(|text| text.ok_or(InputError::Missing {{ input: {name:?} }}))"
                ),
            ),
            (_, false) => (format!("Option<{kind}>"), read),
        };
        let _ = writeln!(
            fields,
            "        /// {}.\n        pub(crate) {field}: {kind},",
            input.label
        );
        let _ = writeln!(
            reads,
            "                {field}: super::or_default({read}, &mut wrong),"
        );
    }
    format!(
        r"
/// Inputs of {name}@{major}.
pub(crate) mod {module} {{
    use adieu_agent::{{EndpointId, Environment, InputError}};

    /// Name in `task.json`, by which the launcher calls.
    pub(crate) const NAME: &str = {name:?};

    /// What the step says.
    #[derive(Debug)]
    pub(crate) struct Inputs {{
{fields}    }}

    impl Inputs {{
        /// Reads the agent's environment.
        pub(crate) fn read(environment: &Environment) -> Result<Self, InputError> {{
            // Each `?` would be followed by the code that frees all inputs before it.
            let mut wrong = None;
            let inputs = Self {{
{reads}            }};
            wrong.map_or(Ok(inputs), Err)
        }}
    }}
{choices}}}
",
        name = task.name,
        major = task.version.major,
    )
}

/// An enum for the values of a pick list: its options, its default, and their values in other crates.
fn choice(kind: &str, input: &Input) -> String {
    let value_of = VALUES.iter().find(|(name, _)| *name == input.name);
    let means_unchanged = |word: &str| matches!(word, "default" | "none");
    let is_optional = input.options.keys().any(|word| means_unchanged(word));
    let mut words = String::new();
    let mut all = String::new();
    let mut variants = String::new();
    let mut arms = String::new();
    for word in input.options.keys() {
        let variant = pascal_case(word);
        let _ = write!(words, "{word:?}, ");
        let _ = write!(all, "Self::{variant}, ");
        if input
            .default_value
            .as_ref()
            .is_some_and(|value| value == word)
        {
            variants.push_str("        #[default]\n");
        }
        if value_of.is_some() {
            // A flag takes the option in the spellings of flags, of tfx and of task.json.
            let (name, alias) = (in_words(word, '-'), in_words(word, '_'));
            let _ = writeln!(
                variants,
                "        #[value(name = {name:?}, aliases = [{alias:?}, {word:?}])]"
            );
        }
        let _ = writeln!(variants, "        {variant},");
        if let Some((_, value)) = value_of {
            let value = match (is_optional, means_unchanged(word)) {
                (_, true) => "None".to_owned(),
                (true, false) => format!("Some({value}::{variant})"),
                (false, false) => format!("{value}::{variant}"),
            };
            let _ = writeln!(arms, "                Self::{variant} => {value},");
        }
    }
    let (derive, into_value) = match value_of {
        None => ("", String::new()),
        Some((_, value)) => {
            let value = if is_optional {
                format!("Option<{value}>")
            } else {
                (*value).to_owned()
            };
            let into_value = format!(
                r"
        /// What it means.
        pub(crate) fn value(self) -> {value} {{
            match self {{
{arms}            }}
        }}
"
            );
            (", clap::ValueEnum", into_value)
        }
    };
    format!(
        r"
    /// {label}.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq{derive})]
    pub(crate) enum {kind} {{
{variants}    }}

    impl {kind} {{
        const WORDS: &[&str] = &[{words}];
        const ALL: &[Self] = &[{all}];
{into_value}    }}
",
        label = input.label,
    )
}

/// `privatePreview` as `private-preview`.
fn in_words(name: &str, between: char) -> String {
    snake_case(name).replace('_', &between.to_string())
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

fn pascal_case(name: &str) -> String {
    let mut characters = name.chars();
    characters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(characters)
        .collect()
}

fn stop(path: &Path, reason: &str) -> ! {
    println!("cargo::error={}: {reason}", path.display());
    std::process::exit(1)
}
