//! `cargo xtask test`: installs what the tests need and runs them all.
//!
//! It leaves nothing outside `target/`.

use std::process::Command;

use crate::command::run as run_command;
use crate::{browser, clients, prerequisites, prove, root};

/// Runs the tests whose names contain one of the filters; all without any. Clients that take minutes and
/// hundreds of megabytes to install are run by name alone.
pub(crate) fn run(filters: &[&str]) -> Result<(), String> {
    match filters {
        ["--renovate"] => {
            clients::renovate()?;
            return cargo_test(&["--test", "large_clients"], &["renovate::"]);
        }
        ["--az"] => {
            clients::azure_cli()?;
            return cargo_test(&["--test", "large_clients"], &["az::"]);
        }
        _ => {}
    }
    prerequisites::node()?;
    clients::node()?;
    clients::python()?;
    clients::tfx()?;
    clients::git_lfs()?;
    clients::azure_pipelines()?;
    clients::pages()?;
    browser::program()?;
    clients::rust()?;
    if cfg!(target_os = "linux") {
        clients::time()?;
    }
    if filters.is_empty() {
        prove::in_tests()?;
    }
    // Examples in documents first, so that the last line is the tests' own summary.
    cargo_test(&["--doc"], filters)?;
    cargo_test(&["--lib", "--bins", "--tests"], filters)
}

fn cargo_test(kinds: &[&str], filters: &[&str]) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(root())
        .args(["test", "--workspace", "--quiet"])
        .args(kinds);
    if !filters.is_empty() {
        command.arg("--").args(filters);
    }
    run_command(&mut command)
}
