//! `cargo xtask fuzz`: runs the targets of `fuzz/` with cargo-fuzz and a nightly toolchain.
//!
//! It never writes into `fuzz/`: libFuzzer's findings are saved in `target/`.

use std::path::Path;
use std::process::Command;

use crate::command::{output, print_line, run as run_command, words};
use crate::{clients, files, root, target};

/// The targets. Their seeds are in `fuzz/seeds/`; targets that read packages use the tests' corpus.
const TARGETS: [&str; 6] = [
    "archive",
    "broker_request",
    "feeds",
    "git_question",
    "manifest",
    "scan",
];
const CORPUS: &str = "crates/vsix/tests/corpus";

/// Runs one target, or all, for the given seconds each.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let is_number = |word: &&&str| word.parse::<u32>().is_ok();
    let seconds = arguments.iter().find(is_number).unwrap_or(&"60");
    let name = arguments.iter().find(|word| !is_number(word));
    if name.is_some_and(|name| !TARGETS.contains(name)) {
        return Err(format!("The fuzz targets are {}.", TARGETS.join(", ")));
    }
    if output(&mut words("rustup run nightly rustc --version")).is_none() {
        let why = "sanitizers are in no stable Rust";
        return Err(format!("Run `rustup toolchain install nightly`: {why}."));
    }
    let program = clients::program("cargo-fuzz")?;
    for target in TARGETS
        .iter()
        .filter(|target| name.is_none_or(|name| name == *target))
    {
        print_line(&format!("{target}: {seconds} s"));
        fuzz(&program, target, seconds)?;
    }
    Ok(())
}

fn fuzz(program: &Path, name: &str, seconds: &str) -> Result<(), String> {
    let seeds = Some(root().join("fuzz/seeds").join(name)).filter(|seeds| seeds.is_dir());
    let seeds = seeds.unwrap_or_else(|| root().join(CORPUS));
    let folder = target().join("fuzz");
    let [corpus, artifacts] = ["corpus", "artifacts"].map(|kind| folder.join(kind).join(name));
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
            // The release profile optimizes across crates. With that, the linker would remove the counters of the
            // sanitizer.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "2")
            .env("CARGO_PROFILE_RELEASE_STRIP", "none")
            .args(["fuzz", "run", name, "--target-dir"])
            .args([&folder.join("build"), &corpus, &seeds])
            .args(["--", "-rss_limit_mb=1024"])
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", artifacts.display())),
    )
}
