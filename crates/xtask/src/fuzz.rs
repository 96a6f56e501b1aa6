//! `cargo xtask fuzz`: the targets of `fuzz/`, by cargo-fuzz and a nightly toolchain.
//!
//! It never writes into `fuzz/`: what libFuzzer finds goes below `target/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{output, print_line, run as run_command, this_cargo};
use crate::{files, root, target};

const CARGO_FUZZ: &str = "cargo-fuzz@0.13.2";

/// The targets, and where their seeds are.
const TARGETS: [(&str, &str); 6] = [
    ("archive", "crates/vsix/tests/corpus"),
    ("broker_request", "fuzz/seeds/broker_request"),
    ("feeds", "fuzz/seeds/feeds"),
    ("git_question", "fuzz/seeds/git_question"),
    ("manifest", "crates/vsix/tests/corpus"),
    ("scan", "fuzz/seeds/scan"),
];

/// Runs one target, or all, each for so many seconds.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let (name, seconds) = match arguments {
        [] => (None, "60"),
        [seconds] if seconds.parse::<u32>().is_ok() => (None, *seconds),
        [name] => (Some(*name), "60"),
        [name, seconds] => (Some(*name), *seconds),
        _ => return Err("cargo xtask fuzz [target] [seconds]".to_owned()),
    };
    let chosen = |(target, _): &&(&str, &str)| name.is_none_or(|name| name == *target);
    let targets: Vec<_> = TARGETS.iter().filter(chosen).collect();
    if targets.is_empty() {
        return Err(format!(
            "There is no fuzz target {}.",
            name.unwrap_or_default()
        ));
    }
    let program = program()?;
    for (target, seeds) in targets {
        print_line(&format!("{target}: {seconds} s"));
        fuzz(&program, target, &root().join(seeds), seconds)?;
    }
    Ok(())
}

fn fuzz(program: &Path, name: &str, seeds: &Path, seconds: &str) -> Result<(), String> {
    let folder = target().join("fuzz");
    let (corpus, artifacts) = (
        folder.join("corpus").join(name),
        folder.join("artifacts").join(name),
    );
    for folder in [&corpus, &artifacts] {
        files::create(folder)?;
    }
    run_command(
        Command::new(program)
            .current_dir(root())
            // The cargo that runs this program has set its own toolchain.
            .env_remove("CARGO")
            .env_remove("RUSTC")
            .env("RUSTUP_TOOLCHAIN", "nightly")
            // What ships is one small program; here each file is compiled for itself, or the linker drops what the
            // sanitizer counts with.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "2")
            .env("CARGO_PROFILE_RELEASE_STRIP", "none")
            .args(["fuzz", "run", name, "--target-dir"])
            .arg(folder.join("build"))
            .arg(corpus)
            .arg(seeds)
            .arg("--")
            .arg(format!("-max_total_time={seconds}"))
            .arg("-rss_limit_mb=1024")
            .arg(format!("-artifact_prefix={}/", artifacts.display())),
    )
}

/// cargo-fuzz, compiled below `target/` where it is not installed.
fn program() -> Result<PathBuf, String> {
    if output(Command::new("rustup").args(["run", "nightly", "rustc", "--version"])).is_none() {
        return Err(
            "Run `rustup toolchain install nightly`: sanitizers are in no stable Rust.".to_owned(),
        );
    }
    if output(Command::new("cargo-fuzz").arg("--version")).is_some() {
        return Ok("cargo-fuzz".into());
    }
    let folder = target().join("clients").join("cargo-fuzz");
    let program = folder.join("bin").join("cargo-fuzz");
    if !program.is_file() {
        print_line(&format!("Installing {CARGO_FUZZ} …"));
        run_command(
            this_cargo()
                .args([
                    "install", "--quiet", "--locked", "--debug", CARGO_FUZZ, "--root",
                ])
                .arg(&folder),
        )?;
    }
    Ok(program)
}
