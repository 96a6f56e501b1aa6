//! `cargo xtask deny`: licenses, sources and known faults of the crates, by cargo-deny with `deny.toml`.
//!
//! It never calls the advisories checked where no database of them can be had.

use std::process::Command;

use crate::command::{output, print_line, run as run_command, words};
use crate::{clients, files, remap, root};

/// Checks everything that can be checked here.
pub(crate) fn run() -> Result<(), String> {
    let program = clients::program("cargo-deny")?;
    let deny = |arguments: &str| {
        let options = words(&format!("x --workspace --log-level error {arguments}"));
        let mut command = Command::new(&program);
        command.args(options.get_args()).current_dir(root());
        command
    };
    run_command(&mut deny("check licenses bans sources"))?;
    let is_new = output(&mut deny("fetch db")).is_some();
    // Where cargo-deny keeps the databases that it has fetched.
    let databases = files::list(&remap::cargo_home().join("advisory-dbs"));
    let has_database = databases.is_ok_and(|paths| paths.iter().any(|path| path.is_dir()));
    if !is_new && !has_database {
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
    run_command(&mut deny("--offline check advisories"))
}
