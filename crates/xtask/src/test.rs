//! `cargo xtask test`: installs what the tests need and runs them all.
//!
//! It leaves nothing outside `target/`.

use std::thread;

use crate::command::{cargo, version};
use crate::{clients, prove};

/// The oldest Node on which the Azure SDK for JavaScript runs, with which the tests compare. The launcher needs Node
/// 10.
const NODE: u32 = 18;

/// Runs the tests whose names contain one of the filters, all tests without a filter, or the tests of large clients
/// for a flag.
pub(crate) fn run(filters: &[&str]) -> Result<(), String> {
    if let [filter] = filters
        && let Some(name) = filter.strip_prefix("--")
    {
        if !clients::install_for(name)? {
            return Err(format!("No client in clients.md is for {filter}."));
        }
        return match name {
            // Adds a git for the tests that run with every git.
            "git" => cargo_test("--package adieu --test adieu", &["git_credential::"]),
            _ => cargo_test(
                "--package adieu --test large_clients",
                &[&format!("{name}::")],
            ),
        };
    }
    node()?;
    if filters.is_empty() {
        return everything();
    }
    clients::install_for("every")?;
    // The examples in documents first, so that the last line is the summary of the tests.
    cargo_test("--workspace --doc", filters)?;
    cargo_test("--workspace --lib --bins --tests", filters)
}

/// Runs all tests, and builds the binaries that ship at the same time as the longest tests: whole-program
/// optimization uses one core only.
fn everything() -> Result<(), String> {
    // This is first, because two package installations cannot run at once.
    let candidates = prove::candidates(&prove::IN_TESTS)?;
    let binaries = thread::scope(|scope| {
        let building = scope.spawn(|| prove::build(&candidates));
        clients::install_for("every")?;
        cargo_test("--workspace --doc", &[])?;
        // Many of them wait for a time limit or for another process.
        let at_once = 2 * thread::available_parallelism().map_or(1, usize::from);
        cargo_test("--package adieu", &[&format!("--test-threads={at_once}")])?;
        building
            .join()
            .map_err(|_| "The binaries that ship: their building broke off.".to_owned())?
    })?;
    prove::jobs(&candidates, &binaries)?;
    // This is last, so that the last line is the summary of the tests.
    cargo_test("--workspace --exclude adieu --lib --bins --tests", &[])
}

fn cargo_test(what: &str, filters: &[&str]) -> Result<(), String> {
    let mut arguments = vec!["test", "--quiet"];
    arguments.extend(what.split(' '));
    arguments.extend((!filters.is_empty()).then_some("--"));
    cargo(&[&arguments, filters].concat())
}

/// Checks that Node is there and new enough.
///
/// # Errors
/// The sentence that says what to install.
pub(crate) fn node() -> Result<(), String> {
    let install =
        format!("Install Node.js {NODE} or newer (https://nodejs.org) and put it on the PATH.");
    let version = version("node").ok_or_else(|| format!("Node.js is missing. {install}"))?;
    let major = version.trim_start_matches('v').split('.').next();
    match major.and_then(|major| major.parse::<u32>().ok()) {
        Some(NODE..) => Ok(()),
        _ => Err(format!("Node.js is {version}, which is too old. {install}")),
    }
}
