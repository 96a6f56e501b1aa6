//! `adieu extension inspect`: what a package says about itself.
//!
//! It writes nothing but its answer.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use adieu_vsix::{PackageFacts, inspect};
use clap::Args;
use serde_json::{Value, json};

use super::findings::defused;
use super::{refused, write_json};

/// Flags of `adieu extension inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArguments {
    /// Package to look at
    #[arg(long, value_name = "FILE")]
    vsix: PathBuf,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(
    arguments: &InspectArguments,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> io::Result<ExitCode> {
    match inspect(&arguments.vsix) {
        Ok(facts) if arguments.json => write_json(&as_json(&facts))?,
        Ok(facts) => write_text(&facts, out)?,
        Err(error) => return refused(notes, &defused(&error.to_string())),
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(facts: &PackageFacts) -> Value {
    let target = |(id, version): &(String, Option<String>)| json!({ "id": id, "version": version });
    let contribution = |(id, kind): &(String, String)| json!({ "id": id, "type": kind });
    json!({
        "publisher": facts.publisher,
        "extensionId": facts.extension_id,
        "version": facts.version,
        "name": facts.name,
        "description": facts.description,
        "galleryFlags": facts.gallery_flags,
        "categories": facts.categories,
        "tags": facts.tags,
        "targets": facts.targets.iter().map(target).collect::<Vec<_>>(),
        "contributions": facts.contributions.iter().map(contribution).collect::<Vec<_>>(),
        "tasks": tasks(&facts.tasks),
        "files": facts.files,
        "size": facts.packed,
        "unpackedSize": facts.unpacked,
    })
}

/// Tasks as JSON.
pub(super) fn tasks(tasks: &[adieu_vsix::PackagedTask]) -> Vec<Value> {
    tasks
        .iter()
        .map(|task| json!({ "part": task.part, "name": task.name, "id": task.id, "version": task.version }))
        .collect()
}

fn write_text(facts: &PackageFacts, out: &mut dyn Write) -> io::Result<()> {
    let mut line = |name: &str, value: &str| {
        if value.is_empty() {
            Ok(())
        } else {
            writeln!(out, "{name:<14}{}", defused(value))
        }
    };
    line(
        "extension",
        &format!(
            "{}.{} {}",
            facts.publisher, facts.extension_id, facts.version
        ),
    )?;
    line("name", &facts.name)?;
    line("description", &facts.description)?;
    line("flags", &facts.gallery_flags.join(" "))?;
    line("categories", &facts.categories.join(", "))?;
    line("tags", &facts.tags.join(", "))?;
    for (id, version) in &facts.targets {
        line(
            "target",
            format!("{id} {}", version.as_deref().unwrap_or_default()).trim(),
        )?;
    }
    for (id, kind) in &facts.contributions {
        line("contribution", &format!("{id} ({kind})"))?;
    }
    for task in &facts.tasks {
        line(
            "task",
            &format!("{}@{} {} ({})", task.name, task.version, task.id, task.part),
        )?;
    }
    line(
        "size",
        &format!(
            "{} bytes, {} files of {} bytes",
            facts.packed, facts.files, facts.unpacked
        ),
    )
}
