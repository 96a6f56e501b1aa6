//! `cargo xtask fuzz`: runs the targets of `fuzz/` with cargo-fuzz and a nightly toolchain.
//!
//! It never writes into `fuzz/`: libFuzzer's findings are saved in `target/`.

use std::path::Path;
use std::process::Command;

use crate::command::{output, print_line, run as run_command, words};
use crate::{clients, files, root, target};

/// The targets, and the folders of their seeds.
const TARGETS: [(&str, &str); 6] = [
    ("archive", "crates/vsix/tests/corpus"),
    ("broker_request", "fuzz/seeds/broker_request"),
    ("feeds", "fuzz/seeds/feeds"),
    ("git_question", "fuzz/seeds/git_question"),
    ("manifest", "crates/vsix/tests/corpus"),
    ("scan", "fuzz/seeds/scan"),
];

/// Runs one target, or all, for the given seconds each.
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
        return Err("There is no such fuzz target.".to_owned());
    }
    if output(&mut words("rustup run nightly rustc --version")).is_none() {
        let why = "sanitizers are in no stable Rust";
        return Err(format!("Run `rustup toolchain install nightly`: {why}."));
    }
    let program = clients::program("cargo-fuzz")?;
    for (target, seeds) in targets {
        print_line(&format!("{target}: {seconds} s"));
        fuzz(&program, target, &root().join(seeds), seconds)?;
    }
    Ok(())
}

fn fuzz(program: &Path, name: &str, seeds: &Path, seconds: &str) -> Result<(), String> {
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
            .args([&folder.join("build"), &corpus, seeds])
            .args(["--", "-rss_limit_mb=1024"])
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", artifacts.display())),
    )
}
