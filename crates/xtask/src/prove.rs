//! `cargo xtask prove`: the binaries that ship, run as an agent runs them, as far as this machine can.
//!
//! It never calls a platform proved that did not run: what it could not run it says, with the reason.

mod job;
mod wine;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{output, tell};
use crate::{debian, dist, package, platforms};

/// What starts a platform's program on this machine.
enum Way {
    /// The machine itself.
    Native,
    /// Another program, with what it needs in its environment.
    By(Starter),
    /// Nothing; why.
    None(String),
}

/// A program that runs another system's or another processor's.
struct Starter {
    /// What people call it.
    name: String,
    program: PathBuf,
    environment: Vec<(String, String)>,
    /// Whether programs that it runs can start programs as they do at home.
    starts_others: bool,
    /// Whether a program's errors come out of the launcher's pipe.
    keeps_errors: bool,
    /// Whether its certificate verifier takes roots beside the system's own.
    takes_roots: bool,
}

/// Builds the named platforms, or all, and runs those that can run here.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    prove(names, &[])
}

/// The part of it that the tests have time for: another processor and another system.
pub(crate) fn in_tests() -> Result<(), String> {
    prove(
        &["linux-arm64", "win32-x64"],
        &["darwin-arm64", "darwin-x64", "linux-x64"],
    )
}

/// `left_out` is named in the result.
fn prove(names: &[&str], left_out: &[&str]) -> Result<(), String> {
    let mut lines = Vec::new();
    for (name, platform) in platforms::all()? {
        if left_out.contains(&name.as_str()) {
            lines.push(format!(
                "{name}: not built by the tests; `cargo xtask prove {name}` does it."
            ));
            continue;
        }
        if !names.is_empty() && !names.contains(&name.as_str()) {
            continue;
        }
        if let Err(missing) = dist::tools(&platform) {
            // What this machine can have, it must have.
            if debian::installs() {
                return Err(missing);
            }
            lines.push(format!("{name}: NOT PROVED, not even built. {missing}"));
            continue;
        }
        let way = way(&name)?;
        let binaries = dist::run(&[&name])?;
        let line = match way {
            Way::None(reason) => format!("{name}: its bytes are right; NOT RUN. {reason}"),
            Way::Native => job::run(&name, &binaries, None)?,
            Way::By(starter) => job::run(&name, &binaries, Some(&starter))?,
        };
        lines.push(line);
    }
    tell("\nThe binaries that ship:");
    for line in lines {
        tell(&format!("  {line}"));
    }
    Ok(())
}

fn way(name: &str) -> Result<Way, String> {
    if name == package::host()?.0 {
        return Ok(Way::Native);
    }
    let starter = match name {
        "linux-arm64" if cfg!(target_os = "linux") => qemu(),
        "win32-x64" if cfg!(all(target_os = "linux", target_arch = "x86_64")) => wine::starter(),
        _ => {
            return Ok(Way::None(
                "Another system runs it, not this one.".to_owned(),
            ));
        }
    };
    match starter {
        Ok(starter) => Ok(Way::By(starter)),
        Err(reason) if debian::installs() => Err(reason),
        Err(reason) => Ok(Way::None(reason)),
    }
}

fn qemu() -> Result<Starter, String> {
    let program = "qemu-aarch64";
    debian::program(program, &["qemu-user"])?;
    let version = output(Command::new(program).arg("--version")).unwrap_or_default();
    Ok(Starter {
        name: name_of("QEMU", &version),
        program: program.into(),
        environment: Vec::new(),
        // The kernel would have to know of it, too (binfmt_misc).
        starts_others: false,
        keeps_errors: true,
        takes_roots: true,
    })
}

/// `QEMU 7.2.13` out of the first line that a program says of itself.
fn name_of(name: &str, version: &str) -> String {
    let number = version
        .split([' ', '-'])
        .find(|word| word.starts_with(|digit: char| digit.is_ascii_digit()));
    number.map_or_else(|| name.to_owned(), |number| format!("{name} {number}"))
}

/// A preloaded script that has the launcher believe in the platform, and its program started by the
/// starter: what lies between, the launcher's choice and check of the binary included, is the launcher's own.
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
  return spawn.call(childProcess, {program:?}, [file].concat(args), Object.assign({{}}, options, {{ env: env{errors} }}));
}};
",
        errors = if starter.keeps_errors {
            ""
        } else {
            ", stdio: ['ignore', 'inherit', 'ignore']"
        },
        environment = serde_json::Value::from(environment),
        program = starter.program.to_string_lossy(),
    );
    std::fs::write(file, text).map_err(|error| format!("{}: {error}.", file.display()))
}
