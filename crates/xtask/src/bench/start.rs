//! `cargo xtask bench start`: `adieu --version` by each way in which a package starts it, in the same run: the binary
//! itself, what npm installs, `npx` and `uvx`.
//!
//! It installs the packages of `cargo xtask release --host`, or of a binary whose path is given, without a network.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::measure::{Subject, in_turns, milliseconds};
use crate::command::{print_line, run as run_command};
use crate::{clients, files, package, platforms, release, target};

/// Runs of each way, after one that does not count.
const RUNS: usize = 15;

/// What `uvx` is a name of.
const UV: [&str; 1] = ["uv==0.13.9"];

/// Measures and prints a table.
pub(crate) fn run(binary: Option<&Path>) -> Result<(), String> {
    let binary = match binary {
        Some(binary) => binary.to_path_buf(),
        None => package::release_binary()?,
    };
    release::of(&binary)?;
    let packages = target().join("release-files");
    let folder = target().join("bench-start");
    let _ = std::fs::remove_dir_all(&folder);
    files::write(&folder.join("package.json"), "{\"private\":true}")?;
    let (platform, _) = platforms::host()?;
    let version = env!("CARGO_PKG_VERSION");
    let package = |name: &str| packages.join(format!("npm/{name}-{version}.tgz"));
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--offline",
        "--no-audit",
        "--no-fund",
        "--silent",
    ])
    .arg(package(&format!("adieu-{platform}")))
    .arg(package("adieu"))
    .current_dir(&folder);
    run_command(&mut npm)?;
    let wheel = wheel(&packages.join("python"))?;
    let uvx = clients::python_packages("uv", &UV)?.join("bin/uvx");
    let mut npx = Command::new("npx");
    npx.args(["--offline", "adieu"]);
    let mut uvx = Command::new(uvx);
    uvx.args(["--offline", "--from"]).arg(wheel).arg("adieu");
    let ways = [
        ("the binary", Command::new(binary)),
        (
            "node_modules/.bin/adieu",
            Command::new(folder.join("node_modules/.bin/adieu")),
        ),
        ("npx adieu", npx),
        ("uvx adieu", uvx),
    ];
    let mut subjects = ways.map(|(name, mut command)| {
        command.arg("--version").current_dir(&folder);
        Subject::new(name, command)
    });
    in_turns(&mut subjects, RUNS)?;
    print_line("| `adieu --version` by | median |\n|---|---|");
    for subject in &mut subjects {
        let time = milliseconds(subject.median());
        print_line(&format!("| {} | {time:.0} ms |", subject.name));
    }
    Ok(())
}

fn wheel(folder: &Path) -> Result<PathBuf, String> {
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_wheel = |path: &PathBuf| path.extension().is_some_and(|end| end == "whl");
    entries
        .find_map(|entry| Some(entry.path()).filter(is_wheel))
        .ok_or_else(|| format!("{} has no wheel.", folder.display()))
}
