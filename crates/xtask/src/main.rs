//! Chores. This branch has one: `cargo xtask bench package`.

mod bench;
mod clients;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new("target").to_path_buf(), Into::into);
    let said = match bench::package::run(&target, &target.join("release/adieu")) {
        Ok(bench) => format!(
            "{}{}\n{}\n",
            bench.table(),
            bench.json(),
            bench.is_within_targets()
        ),
        Err(sentence) => sentence + "\n",
    };
    match std::io::stdout().write_all(said.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
