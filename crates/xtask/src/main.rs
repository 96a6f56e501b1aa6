//! `cargo xtask <command>`: the repository's commands, one file each.
//!
//! It does not ship, and needs only Rust and Node to start. Its tests are the house rules (`tests/rules`).

mod bench;
mod clients;
mod command;
mod debian;
mod demo;
mod deny;
mod dist;
mod docs;
mod files;
mod fuzz;
mod package;
mod platforms;
mod prove;
mod release;
mod remap;
mod site;
mod sizes;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = include_str!("usage.txt");

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["demo"] => demo::run(),
        ["test", filters @ ..] => test::run(filters),
        [dist::FIRST_WORD, arguments @ ..] => dist::link(arguments),
        ["dist", names @ ..] => dist::run(names).map(|_| ()),
        ["prove", names @ ..] => prove::run(names),
        ["package"] => package::all().map(|_| ()),
        ["package", "--built"] => package::built().map(|_| ()),
        ["package", "--host"] => package::run().map(|_| ()),
        ["release"] => release::all(),
        ["release", "--host"] => release::host(),
        ["deny"] => deny::run(),
        ["fuzz", arguments @ ..] => fuzz::run(arguments),
        ["docs"] => docs::run(),
        ["site"] => site::run(),
        ["pictures"] => command::cargo(&["run", "--quiet", "--package", "pictures"]),
        ["bench", names @ ..] => bench::run(names),
        _ => Err(USAGE.trim_end().to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            command::print_line(&reason);
            ExitCode::FAILURE
        }
    }
}

/// The repository's root.
fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest
        .ancestors()
        .nth(2)
        .unwrap_or(manifest)
        .to_path_buf()
}

/// The folder of everything that is built.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
