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
    let databases = files::find(&remap::cargo_home(), "advisory-dbs/*/*")?;
    if !is_new && databases.is_empty() {
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
