//! `cargo xtask test`: installs what the tests need and runs them all.
//!
//! It leaves nothing outside `target/`.

use std::process::Command;

use crate::command::run as run_command;
use crate::{clients, dist, prerequisites, root};

/// Runs the tests whose names contain one of the filters; all without any.
pub(crate) fn run(filters: &[&str]) -> Result<(), String> {
    prerequisites::node()?;
    clients::node()?;
    clients::python()?;
    clients::tfx()?;
    // Minutes, the first time: not for someone who asked for other tests.
    if filters.is_empty() || filters.iter().any(|filter| filter.contains("platform")) {
        dist::test_programs()?;
        dist::run(&[])?;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(root())
        .args(["test", "--workspace", "--quiet"]);
    if !filters.is_empty() {
        command.arg("--").args(filters);
    }
    run_command(&mut command)
}
