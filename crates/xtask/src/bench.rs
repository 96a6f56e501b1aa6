//! `cargo xtask bench <name>`: the measurements that documents and commits claim.
//!
//! It measures whole commands only, and changes nothing that it measures.

mod cli;
mod crowd;
mod feeds;
mod measure;
mod package;
mod publish;
mod scan;
mod serve;
mod start;
mod token;

use crate::test;

/// Runs the named measurements; all without a name.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    test::node()?;
    match names {
        [] => [
            "token", "cli", "serve", "crowd", "package", "publish", "feeds",
        ]
        .iter()
        .try_for_each(|name| run(&[name])),
        ["cli"] => cli::run(None),
        ["cli", az] => cli::run(Some(az.as_ref())),
        ["crowd"] => crowd::run(),
        ["feeds"] => feeds::run(),
        ["scan"] => scan::run(None),
        ["scan", folder] => scan::run(Some(folder)),
        ["serve"] => serve::run(None),
        ["serve", seconds] => serve::run(Some(seconds)),
        ["start"] => start::run(None),
        ["start", binary] => start::run(Some(binary.as_ref())),
        ["token"] => token::run(None),
        ["token", earlier] => token::run(Some(earlier.as_ref())),
        ["publish"] => publish::run(),
        ["package"] => package::run(),
        _ => Err(format!("There is no measurement {}.", names.join(" "))),
    }
}
