//! `cargo xtask prove`: runs the binaries that ship as an agent does, as far as this machine can.
//!
//! It reports a platform as proved only if its binary ran here; otherwise it names the platform and the reason.

mod wine;

use std::fs;

use serde_json::{Value, json};

use crate::command::{Context as _, print_line, run as run_command, this_cargo, version};
use crate::dist::{self, Binary};
use crate::{debian, files, package, platforms, root, target};

const QEMU: &str = "qemu-aarch64";

/// The platforms that the tests build: those that run here under another program, and one for macOS, which must have
/// a signature. Each takes three to five minutes on two cores; only `cargo xtask prove` builds the other two.
pub(crate) const IN_TESTS: [&str; 3] = ["darwin-arm64", "linux-arm64", "win32-x64"];

/// What this machine can do with a platform's binary.
pub(crate) enum Support {
    Native,
    /// Run it, with another program.
    Emulated(fn() -> Result<Starter, String>),
    /// Only build it, for this reason.
    BuildOnly(String),
    /// Nothing, for this reason.
    Unavailable(String),
}

/// A program that runs binaries of another system or processor: its `name` in messages, the `program`, a `watcher` (a
/// program of that system that runs the binary and checks what remains after it), its `environment`, whether the binary
/// can start other programs (`starts_others`), and whether its certificate verifier accepts root certificates in addition
/// to the system's (`takes_roots`).
pub(crate) type Starter = Value;

/// A platform's name, and what this machine can do with its binary.
pub(crate) type Candidate = (String, Support);

/// Builds the named platforms, or all, and runs those that can run here.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    let candidates = candidates(names)?;
    jobs(&candidates, &build(&candidates)?)
}

/// Installs the tools for building and running the named platforms, or all.
///
/// # Errors
/// A tool could not be installed, although this machine can install packages.
pub(crate) fn candidates(names: &[&str]) -> Result<Vec<Candidate>, String> {
    let named = platforms::named(names)?.into_iter();
    let candidates = named.map(|(name, platform)| {
        let support = match dist::tools(&platform) {
            Ok(()) => support(&name)?,
            Err(missing) => unless_installed(missing, Support::Unavailable)?,
        };
        Ok((name, support))
    });
    candidates.collect()
}

/// A missing tool is an error if this machine can install packages.
fn unless_installed(missing: String, support: fn(String) -> Support) -> Result<Support, String> {
    match debian::installs() {
        true => Err(missing),
        false => Ok(support(missing)),
    }
}

/// Installs the program that runs a platform's binaries.
fn support(name: &str) -> Result<Support, String> {
    let (starter, installed): (fn() -> _, _) = match name {
        name if name == platforms::host()?.0 => return Ok(Support::Native),
        "linux-arm64" if cfg!(target_os = "linux") => (qemu, debian::program(QEMU, &["qemu-user"])),
        "win32-x64" if cfg!(all(target_os = "linux", target_arch = "x86_64")) => {
            (wine::starter, wine::install())
        }
        _ => return Ok(Support::BuildOnly("Another system runs it.".to_owned())),
    };
    match installed {
        Ok(()) => Ok(Support::Emulated(starter)),
        Err(missing) => unless_installed(missing, Support::BuildOnly),
    }
}

/// Builds the platforms whose tools are installed. This takes minutes, mostly on one core.
pub(crate) fn build(candidates: &[Candidate]) -> Result<Vec<Binary>, String> {
    let mut names: Vec<&str> = Vec::new();
    for (name, support) in candidates {
        names.extend((!matches!(support, Support::Unavailable(_))).then_some(&**name));
    }
    dist::build(&names)
}

/// Checks the binaries, runs those that can run here, and reports what was proved for each platform.
pub(crate) fn jobs(candidates: &[Candidate], binaries: &[Binary]) -> Result<(), String> {
    dist::check(binaries)?;
    let mut lines = String::from("\nThe binaries that ship:");
    for (name, support) in candidates {
        let line = match support {
            Support::Unavailable(missing) => format!("NOT PROVED, not even built. {missing}"),
            Support::BuildOnly(reason) => format!("its bytes are right; NOT RUN. {reason}"),
            Support::Native => job(name, binaries, None)?,
            Support::Emulated(starter) => job(name, binaries, Some(starter()?))?,
        };
        lines.push_str(&format!("\n  {name}: {line}"));
    }
    print_line(&lines);
    Ok(())
}

/// Runs the tests of a binary that ships (`tests/shipped`). Returns what was proved.
fn job(name: &str, binaries: &[Binary], mut starter: Option<Starter>) -> Result<String, String> {
    let stage = target().join("prove").join(name);
    let _ = fs::remove_dir_all(&stage);
    let binaries = binaries.iter().filter(|(platform, _)| platform == name);
    let binaries: Vec<Binary> = binaries.cloned().collect();
    package::stage_task(&root().join("task/token"), &stage, &binaries)?;
    let mut tests = this_cargo();
    let arguments = "test --quiet --package adieu --test shipped -- --test-threads=1";
    tests.args(arguments.split(' ')).current_dir(root());
    tests.env("ADIEU_PROVE_TASK", stage.join("token"));
    let mut proved = "two secret tokens, the refusal of an unknown certificate".to_owned();
    let mut by = String::new();
    if let Some(starter) = &mut starter {
        by = format!(" under {}", starter["name"].as_str().unwrap_or_default());
        let (system, processor) = name.split_once('-').unwrap_or_default();
        starter["system"] = system.into();
        starter["processor"] = processor.into();
        let preload = stage.join("preload.js");
        let text = include_str!("prove/preload.js");
        let text = format!("'use strict';\nvar starter = {starter};\n{text}");
        files::write(&preload, text)?;
        tests.env("ADIEU_PROVE_PRELOAD", preload);
        if starter["takes_roots"] == false {
            tests.env("ADIEU_PROVE_WITHOUT_ROOTS", "1");
            proved += ", but NOT that a known certificate is accepted";
        }
    }
    match starter.is_some_and(|starter| starter["starts_others"] == false) {
        true => drop(tests.args(["--skip", "serves_"])),
        false => proved += ", a broker that ends with the job",
    }
    run_command(&mut tests).context(name)?;
    Ok(format!("ran{by}: {proved}."))
}

fn qemu() -> Result<Starter, String> {
    Ok(json!({
        "name": name_of("QEMU", QEMU),
        "program": QEMU,
        "watcher": [],
        "environment": {},
        // The kernel would need to know QEMU as well (binfmt_misc).
        "starts_others": false,
        "takes_roots": true,
    }))
}

/// `QEMU 7.2.13`, from the first line of the program's `--version`.
fn name_of(name: &str, program: &str) -> String {
    let version = version(program).unwrap_or_default();
    let mut words = version.split([' ', '-']);
    let number = words.find(|word| word.starts_with(|digit: char| digit.is_ascii_digit()));
    format!("{name} {}", number.unwrap_or("of an unknown version"))
}
