//! `cargo xtask prove`: the binaries that ship, run as an agent runs them, as far as this machine can.
//!
//! It never calls a platform proved whose binary did not run: it names that platform, with the reason.

mod job;
mod wine;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{output, print_line};
use crate::dist::{self, Binary};
use crate::{debian, platforms};

const QEMU: &str = "qemu-aarch64";

/// The platforms that the tests build: those that run here under another program, and the one for macOS that must have
/// a signature. Each takes three to five minutes of two cores; the other two wait for `cargo xtask prove`.
const IN_TESTS: [&str; 3] = ["darwin-arm64", "linux-arm64", "win32-x64"];

/// What starts a platform's program on this machine.
enum Way {
    /// The machine itself.
    Native,
    /// QEMU, for another processor.
    Qemu,
    /// Wine, for another system.
    Wine,
    /// Nothing; why.
    None(String),
}

/// A program that runs another system's or another processor's.
struct Starter {
    /// What people call it.
    name: String,
    program: PathBuf,
    /// A program of the other system that runs the binary, and watches what it leaves behind.
    watcher: Option<PathBuf>,
    environment: Vec<(String, String)>,
    /// Whether programs that it runs can start programs as they do at home.
    starts_others: bool,
    /// Whether its certificate verifier takes roots beside the system's own.
    takes_roots: bool,
}

/// A platform, and what this machine can do for its proof.
pub(crate) struct Candidate {
    name: String,
    /// What would run its binary; the sentence that says what is missing if it cannot even be built.
    way: Result<Way, String>,
}

/// Builds the named platforms, or all, and runs those that can run here.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    let candidates = candidates(names)?;
    jobs(&candidates, &build(&candidates)?)
}

/// The part of it that the tests have time for.
pub(crate) fn candidates_in_tests() -> Result<Vec<Candidate>, String> {
    candidates(&IN_TESTS)
}

/// Installs what the named platforms, or all, are built and run with.
///
/// # Errors
/// Something that this machine could have, and that could not be installed.
fn candidates(names: &[&str]) -> Result<Vec<Candidate>, String> {
    let mut candidates = Vec::new();
    for (name, platform) in platforms::named(names)? {
        let way = match dist::tools(&platform) {
            Ok(()) => Ok(way(&name)?),
            // What this machine can have, it must have.
            Err(missing) if debian::installs() => return Err(missing),
            Err(missing) => Err(missing),
        };
        candidates.push(Candidate { name, way });
    }
    Ok(candidates)
}

/// Builds those for which the tools are here. It takes minutes, and most of them on one core.
pub(crate) fn build(candidates: &[Candidate]) -> Result<Vec<Binary>, String> {
    let names: Vec<&str> = candidates
        .iter()
        .filter(|candidate| candidate.way.is_ok())
        .map(|candidate| candidate.name.as_str())
        .collect();
    dist::build(&names)
}

/// Checks what was built, runs it where that can be, and says of each platform what is proved.
pub(crate) fn jobs(candidates: &[Candidate], binaries: &[Binary]) -> Result<(), String> {
    dist::check(binaries)?;
    let mut lines = Vec::new();
    for Candidate { name, way, .. } in candidates {
        let binary: Vec<Binary> = binaries
            .iter()
            .filter(|(platform, _)| platform == name)
            .cloned()
            .collect();
        lines.push(match way {
            Err(missing) => format!("{name}: NOT PROVED, not even built. {missing}"),
            Ok(Way::None(reason)) => format!("{name}: its bytes are right; NOT RUN. {reason}"),
            Ok(Way::Native) => job::run(name, &binary, None)?,
            Ok(Way::Qemu) => job::run(name, &binary, Some(&qemu()))?,
            Ok(Way::Wine) => job::run(name, &binary, Some(&wine::starter()?))?,
        });
    }
    print_line("\nThe binaries that ship:");
    for line in lines {
        print_line(&format!("  {line}"));
    }
    Ok(())
}

/// Installs what would run a platform's programs.
fn way(name: &str) -> Result<Way, String> {
    if name == platforms::host()?.0 {
        return Ok(Way::Native);
    }
    let (way, installed) = match name {
        "linux-arm64" if cfg!(target_os = "linux") => {
            (Way::Qemu, debian::program(QEMU, &["qemu-user"]))
        }
        "win32-x64" if cfg!(all(target_os = "linux", target_arch = "x86_64")) => {
            (Way::Wine, wine::install())
        }
        _ => {
            return Ok(Way::None(
                "Another system runs it, not this one.".to_owned(),
            ));
        }
    };
    match installed {
        Ok(()) => Ok(way),
        Err(reason) if debian::installs() => Err(reason),
        Err(reason) => Ok(Way::None(reason)),
    }
}

fn qemu() -> Starter {
    let version = output(Command::new(QEMU).arg("--version")).unwrap_or_default();
    Starter {
        name: name_of("QEMU", &version),
        program: QEMU.into(),
        watcher: None,
        environment: Vec::new(),
        // The kernel would have to know of it, too (binfmt_misc).
        starts_others: false,
        takes_roots: true,
    }
}

/// `QEMU 7.2.13` out of the first line that a program says of itself.
fn name_of(name: &str, version: &str) -> String {
    let number = version
        .split([' ', '-'])
        .find(|word| word.starts_with(|digit: char| digit.is_ascii_digit()));
    number.map_or_else(|| name.to_owned(), |number| format!("{name} {number}"))
}

/// A preloaded script that makes the launcher see the platform, and start its program with the starter: what is between, the launcher's choice and check of the binary included, is real.
fn preload(platform: &str, starter: &Starter, file: &Path) -> Result<(), String> {
    let (system, processor) = platform.split_once('-').unwrap_or((platform, ""));
    let environment: serde_json::Map<_, _> = starter
        .environment
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into()))
        .collect();
    let text = format!(
        "'use strict';
var childProcess = require('child_process');
var spawn = childProcess.spawn;
Object.defineProperty(process, 'platform', {{ value: {system:?} }});
Object.defineProperty(process, 'arch', {{ value: {processor:?} }});
childProcess.spawn = function (file, args, options) {{
  var env = Object.assign({{}}, process.env, {environment});
  return spawn.call(childProcess, {program:?}, {watcher}.concat([file], args), Object.assign({{}}, options, {{ env: env{errors} }}));
}};
",
        watcher = serde_json::json!(starter.watcher.as_slice()),
        // A watcher makes its own pipes for the program.
        errors = if starter.watcher.is_none() {
            ""
        } else {
            ", stdio: ['ignore', 'inherit', 'ignore']"
        },
        environment = serde_json::Value::from(environment),
        program = starter.program.to_string_lossy(),
    );
    crate::files::write(file, text)
}
