//! `cargo xtask test`: installs what the tests need and runs them all.
//!
//! It leaves nothing outside `target/`.

use std::thread;

use crate::command::cargo;
use crate::{clients, prerequisites, prove};

/// Runs the tests whose names contain one of the filters; all without any. Clients that take minutes and
/// hundreds of megabytes to install are run by name alone.
pub(crate) fn run(filters: &[&str]) -> Result<(), String> {
    match filters {
        ["--renovate"] => {
            clients::renovate()?;
            return cargo_test(
                &["--package", "adieu", "--test", "large_clients"],
                &["renovate::"],
            );
        }
        ["--sarif"] => {
            clients::sarif()?;
            return cargo_test(
                &["--package", "adieu", "--test", "large_clients"],
                &["sarif::"],
            );
        }
        ["--az"] => {
            clients::azure_cli()?;
            return cargo_test(
                &["--package", "adieu", "--test", "large_clients"],
                &["az::"],
            );
        }
        ["--go"] => {
            clients::go()?;
            return cargo_test(
                &["--package", "adieu", "--test", "large_clients"],
                &["go::"],
            );
        }
        ["--java"] => {
            clients::java()?;
            return cargo_test(
                &["--package", "adieu", "--test", "large_clients"],
                &["java::"],
            );
        }
        _ => {}
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
    clients::node()?;
    clients::python()?;
    clients::python_of_feeds()?;
    clients::pnpm()?;
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
