//! `cargo xtask bench <name>`: the measurements that documents and commits claim.
//!
//! It measures whole commands only, and changes nothing that it measures.

mod cli;
mod crowd;
mod measure;
mod package;
mod publish;
mod scan;
mod serve;
mod token;

use crate::command::print_line;
use crate::{clients, package as packaging, platforms, prerequisites, target};

/// Runs the named measurements; all without a name.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    prerequisites::node()?;
    match names {
        [] => ["token", "cli", "serve", "crowd", "package", "publish"]
            .iter()
            .try_for_each(|name| run(&[name])),
        ["cli"] => cli::run(None),
        ["cli", az] => cli::run(Some(az.as_ref())),
        ["crowd"] => crowd::run(),
        ["scan"] => scan::run(None),
        ["scan", folder] => scan::run(Some(folder)),
        ["serve"] => serve::run(None),
        ["serve", seconds] => serve::run(Some(seconds)),
        ["token"] => token::run(None),
        ["token", earlier] => token::run(Some(earlier.as_ref())),
        ["publish"] => {
            clients::tfx()?;
            let tfx = target().join("clients/tfx/node_modules/tfx-cli/_build/tfx-cli.js");
            publish::run(&publish::binary()?, &tfx)
        }
        ["package"] => {
            packaging::build(&[])?;
            clients::tfx()?;
            let (_, platform) = platforms::host()?;
            let measured =
                package::run(&target(), &target().join("release").join(platform.binary))?;
            print_line(&format!("{}{}", measured.table(), measured.json()));
            if measured.is_within_targets() {
                Ok(())
            } else {
                Err("Packing is slower or larger than it may be.".to_owned())
            }
        }
        _ => Err(format!("There is no measurement {}.", names.join(" "))),
    }
}
