//! `cargo xtask deny`: licenses, sources and known vulnerabilities of the crates, with cargo-deny and `deny.toml`.
//!
//! Without a database of advisories, it says that they were not checked.

use std::process::Command;

use crate::command::{output, print_line, run as run_command, words};
use crate::{clients, files, remap, root};

/// Runs all checks that are possible here.
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
    // Folder of the databases that cargo-deny has downloaded.
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
