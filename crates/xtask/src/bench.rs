//! `cargo xtask bench [<name>] [--runs N]`: the measurements that documents, issues and commits quote, each next to peers
//! that do the same in the same run.
//!
//! A measurement sets up, runs the commands of its tables in `bench.md` in turns, and reports tables and targets.

mod cli;
mod commands;
mod feeds;
mod measure;
mod package;
mod report;
mod samples;
mod scan;
mod serve;
mod start;
mod token;

use std::fs;
use std::path::PathBuf;

use adieu_emulator::{Outcome, TaskResult};
use report::Report;

use crate::command::Context as _;
use crate::{package as packages, platforms, root, target, test};

/// Runs of each command, after one that does not count.
const RUNS: usize = 21;

/// Takes the word after its name.
type Measurement = fn(&mut Report, Option<&str>) -> Result<(), String>;

const ALL: [(&str, Measurement); 8] = [
    ("token", token::run),
    ("cli", cli::run),
    ("serve", serve::run),
    ("package", package::run),
    ("publish", package::publish),
    ("feeds", feeds::run),
    ("start", start::run),
    ("scan", scan::run),
];

/// Runs the named measurement; all without a name.
pub(crate) fn run(words: &[&str]) -> Result<(), String> {
    let (words, runs) = match words {
        [words @ .., "--runs", runs] => (words, runs.parse()),
        _ => (words, Ok(RUNS)),
    };
    let runs = runs.map_err(|_| "--runs takes a number.")?;
    let (chosen, argument) = (words.first(), words.get(1).copied());
    let mut measurements = ALL.to_vec();
    measurements.retain(|(name, _)| chosen.is_none_or(|chosen| chosen == name));
    if measurements.is_empty() || words.len() > 2 {
        return Err(format!("'{}' is not a measurement.", words.join(" ")));
    }
    test::node()?;
    packages::release_binary()?;
    for (name, measure) in measurements {
        let mut report = Report::new(name, runs);
        measure(&mut report, argument)?;
        report.end()?;
    }
    Ok(())
}

/// The folder of a measurement.
fn folder(name: &str) -> PathBuf {
    target().join("bench").join(name)
}

/// The path of an argument, for commands in other folders.
fn absolute(path: &str) -> Result<PathBuf, String> {
    std::path::absolute(path).context(path)
}

/// Stages these tasks with this machine's binary. Returns the folder that they are in.
fn staged(name: &str, tasks: &[&str]) -> Result<PathBuf, String> {
    let folder = folder(name);
    let _ = fs::remove_dir_all(&folder);
    let binaries = [(platforms::host()?.0, packages::release_binary()?)];
    for task in tasks {
        packages::stage_task(&root().join("task").join(task), &folder, &binaries)?;
    }
    Ok(folder)
}

/// A step that must succeed.
fn succeeded(outcome: Outcome) -> Result<(), String> {
    match outcome.result {
        TaskResult::Succeeded => Ok(()),
        _ => Err(outcome.log),
    }
}
