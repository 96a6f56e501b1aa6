//! `adieu extension inspect`: shows the contents of a package.
//!
//! It changes nothing.

use std::io::{self, Write};
use std::process::ExitCode;

use adieu_vsix::{Description, Digest, Facts, Package};
use clap::Args;
use serde_json::{Value, json};

use super::findings::deactivated;
use super::{command, verified, write_json};
use crate::result::OutputArguments;

#[derive(Debug, Args)]
pub(crate) struct InspectArguments {
    /// An existing package, or a pattern with one match
    #[arg(long, value_name = "FILE")]
    vsix: String,
    #[command(flatten)]
    output: OutputArguments,
}

/// Runs the command.
pub(super) fn run(arguments: &InspectArguments, out: &mut dyn Write) -> io::Result<ExitCode> {
    let read = verified(&arguments.vsix, Package::describe);
    let (package, description, digest) = match read {
        Ok(read) => read,
        Err(failure) => return Ok(command::refuse(&failure)),
    };
    let Package { size, facts, .. } = &package;
    if arguments.output.is_json() {
        write_json(&as_json(facts, &description, *size, digest))?;
    } else {
        write_text(facts, &description, *size, digest, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(facts: &Facts, description: &Description, size: u64, digest: Digest) -> Value {
    let target = |(id, version): &(String, Option<String>)| json!({ "id": id, "version": version });
    let contribution = |(id, kind): &(String, String)| json!({ "id": id, "type": kind });
    let mut value = json!({
        "publisher": facts.publisher,
        "extensionId": facts.extension_id,
        "version": facts.version,
        "name": description.name,
        "description": description.description,
        "galleryFlags": description.gallery_flags,
        "categories": description.categories,
        "tags": description.tags,
        "targets": description.targets.iter().map(target).collect::<Vec<_>>(),
        "contributions": description.contributions.iter().map(contribution).collect::<Vec<_>>(),
        "tasks": tasks(&facts.tasks),
        "files": description.files,
        "size": size,
        "unpackedSize": description.unpacked,
        "sha256": digest.to_string(),
    });
    if let (Some(platform), Some(members)) = (&facts.target_platform, value.as_object_mut()) {
        members.insert("targetPlatform".to_owned(), json!(platform));
    }
    if facts.is_pre_release
        && let Some(members) = value.as_object_mut()
    {
        members.insert("preRelease".to_owned(), json!(true));
    }
    value
}

/// Tasks as JSON.
pub(super) fn tasks(tasks: &[adieu_vsix::PackagedTask]) -> Vec<Value> {
    tasks
        .iter()
        .map(|task| {
            json!({ "part": task.part, "name": task.name, "id": task.id,
            "version": task.version })
        })
        .collect()
}

fn write_text(
    facts: &Facts,
    description: &Description,
    size: u64,
    digest: Digest,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut line = |name: &str, value: &str| {
        if value.is_empty() {
            Ok(())
        } else {
            writeln!(out, "{name:<14}{}", deactivated(value))
        }
    };
    line(
        "extension",
        &format!(
            "{}.{} {}",
            facts.publisher, facts.extension_id, facts.version
        ),
    )?;
    line("name", &description.name)?;
    line("description", &description.description)?;
    line("flags", &description.gallery_flags.join(" "))?;
    line("categories", &description.categories.join(", "))?;
    line("tags", &description.tags.join(", "))?;
    if let Some(platform) = &facts.target_platform {
        line("platform", platform)?;
    }
    if facts.is_pre_release {
        line("release", "pre-release")?;
    }
    for (id, version) in &description.targets {
        line(
            "target",
            format!("{id} {}", version.as_deref().unwrap_or_default()).trim(),
        )?;
    }
    for (id, kind) in &description.contributions {
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
            size, description.files, description.unpacked
        ),
    )?;
    line("SHA-256", &digest.to_string())
}
