//! `cargo xtask test`: installs what the tests need and runs them all.
//!
//! It leaves nothing outside `target/`.

use std::path::PathBuf;
use std::thread;

use crate::command::cargo;
use crate::{clients, newer_git, prerequisites, prove};

/// A client that takes minutes and hundreds of megabytes to install: the module of its tests, which its flag names, and
/// what installs it.
type Large = (&'static str, fn() -> Result<PathBuf, String>);

const LARGE: [Large; 6] = [
    ("feeds", clients::large_of_feeds),
    ("renovate", clients::renovate),
    ("sarif", clients::sarif),
    ("az", clients::azure_cli),
    ("go", clients::go),
    ("java", clients::java),
];

/// Runs the tests whose names contain one of the filters; all without any. Large clients
/// are run by name alone.
pub(crate) fn run(filters: &[&str]) -> Result<(), String> {
    if let [flag] = filters
        && let Some((name, install)) = LARGE
            .iter()
            .find(|(name, _)| flag.strip_prefix("--") == Some(name))
    {
        install()?;
        let large = ["--package", "adieu", "--test", "large_clients"];
        return cargo_test(&large, &[&format!("{name}::")]);
    }
    // One more client for the tests that run every git.
    if let ["--git"] = filters {
        clients::git_lfs()?;
        newer_git::built()?;
        let every_git = ["--package", "adieu", "--test", "adieu"];
        return cargo_test(&every_git, &["git_credential::"]);
    }
    prerequisites::node()?;
    // The system's packages first: two of its installers cannot run at once.
    clients::git_lfs()?;
    clients::browser()?;
    if cfg!(target_os = "linux") {
        clients::time()?;
    }
    if filters.is_empty() {
        return everything();
    }
    other_clients()?;
    // Examples in documents first, so that the last line is the tests' own summary.
    cargo_test(&["--workspace", "--doc"], filters)?;
    cargo_test(&["--workspace", "--lib", "--bins", "--tests"], filters)
}

/// All tests, and the binaries that ship. These are built beside the longest tests: an optimizer that sees
/// a whole program has work for one core only.
fn everything() -> Result<(), String> {
    let candidates = prove::candidates_in_tests()?;
    let binaries = thread::scope(|scope| {
        let building = scope.spawn(|| prove::build(&candidates));
        other_clients()?;
        cargo_test(&["--workspace", "--doc"], &[])?;
        cargo_test(&["--package", "adieu"], &[])?;
        building
            .join()
            .map_err(|_| "The binaries that ship: their building broke off.".to_owned())?
    })?;
    prove::jobs(&candidates, &binaries)?;
    // Last, so that the last line is the tests' own summary.
    cargo_test(
        &[
            "--workspace",
            "--exclude",
            "adieu",
            "--lib",
            "--bins",
            "--tests",
        ],
        &[],
    )
}

fn other_clients() -> Result<(), String> {
    clients::groff()?;
    clients::node()?;
    clients::python()?;
    clients::python_of_feeds()?;
    clients::pnpm()?;
    clients::maven_deploy()?;
    clients::yarn()?;
    clients::tfx()?;
    clients::vsce()?;
    clients::azure_pipelines()?;
    clients::pages()?;
    clients::tasks()?;
    clients::rust().map(|_| ())
}

fn cargo_test(what: &[&str], filters: &[&str]) -> Result<(), String> {
    let separator: &[&str] = if filters.is_empty() { &[] } else { &["--"] };
    cargo(&[&["test", "--quiet"], what, separator, filters].concat())
}
