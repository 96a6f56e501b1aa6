//! The verb `extension`: packages of Azure DevOps extensions, without Node.
//!
//! It reads flags and inputs, and prints the results; `adieu-extension` does the work.

mod command;
mod edit;
mod findings;
mod flags;
mod inspect;
mod notices;
mod package;
mod perform;
mod results;
mod task;
mod tfx;
mod verify;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use adieu_agent::{Stream, process_variable};
use adieu_extension::Problem;
use adieu_vsix::{Changes, DateTime, Digest, Package, ReadError, TaskUpdates};
use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::inputs::extension::{Pricing, UpdateTasksVersion, Visibility};

pub(crate) use flags::EventsArguments;
pub(crate) use task::run as run_task;
pub(crate) use tfx::translate;

// What to do with an extension.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  adieu extension package --output-path hello.vsix
  adieu extension publish --share-with contoso
  adieu extension publish --vsix hello.vsix --credential managed-identity
  adieu extension show --publisher pub --extension-id hello
  adieu extension query-version --version-action patch
  adieu extension inspect --vsix hello.vsix")]
pub(crate) enum ExtensionCommand {
    /// Package an extension's folder as a VSIX
    #[command(after_help = "\
Examples:
  adieu extension package --root hello --output-path out/
  adieu extension package --manifests vss-extension.json dev.json \\
      --publisher me --visibility private
  adieu extension package --extension-version 1.4.0 --update-tasks-version minor")]
    Package(package::PackageArguments),
    /// Show the contents of a VSIX package
    #[command(after_help = "\
Example:
  adieu extension inspect --vsix hello.vsix --output json")]
    Inspect(inspect::InspectArguments),
    /// Change identity, name, visibility, pricing or tasks of a VSIX package
    #[command(after_help = "\
Examples:
  adieu extension edit --vsix hello.vsix --visibility public
  adieu extension edit --vsix hello.vsix --extension-id hello-dev \\
      --update-tasks-id --output-path dev.vsix")]
    Edit(edit::EditArguments),
    /// Compare a VSIX package with the SHA256SUMS in it
    #[command(after_help = "\
Example:
  adieu extension verify --vsix hello.vsix")]
    Verify(verify::VerifyArguments),
    #[command(flatten)]
    Marketplace(flags::MarketplaceCommand),
}

// Values that override the manifest's, for the package only.
#[derive(Debug, Args)]
pub(crate) struct OverrideArguments {
    /// Publisher's ID
    #[arg(long)]
    publisher: Option<String>,
    /// Extension's ID
    #[arg(long, value_name = "ID")]
    extension_id: Option<String>,
    #[command(flatten)]
    changes: ChangeArguments,
}

// Those values that only a package has.
#[derive(Debug, Args)]
pub(crate) struct ChangeArguments {
    /// Version, such as 1.4.0
    #[arg(long, value_name = "VERSION")]
    extension_version: Option<String>,
    /// Display name
    #[arg(long, value_name = "NAME")]
    extension_name: Option<String>,
    /// Who can see the extension
    #[arg(long, value_enum)]
    visibility: Option<Visibility>,
    /// What the extension costs; `default` leaves it as it is
    #[arg(long, value_enum)]
    pricing: Option<Pricing>,
    #[command(flatten)]
    tasks: TaskArguments,
}

// How the package's tasks differ from the folder's.
#[derive(Debug, Args)]
pub(crate) struct TaskArguments {
    /// Set each task's version from the extension's: all of it (major), minor and patch (minor), or patch only (patch)
    #[arg(long, value_enum, value_name = "PART")]
    update_tasks_version: Option<UpdateTasksVersion>,
    /// Derive the tasks' IDs from publisher, extension and task name
    #[arg(long)]
    update_tasks_id: bool,
}

impl OverrideArguments {
    fn into_changes(self) -> Changes {
        Changes {
            publisher: self.publisher,
            extension_id: self.extension_id,
            ..self.changes.into_changes()
        }
    }
}

impl ChangeArguments {
    fn into_changes(self) -> Changes {
        Changes {
            visibility: self.visibility.and_then(Visibility::value),
            pricing: self.pricing.and_then(Pricing::value),
            tasks: self.tasks.updates(),
            version: self.extension_version,
            name: self.extension_name,
            ..Changes::default()
        }
    }
}

impl TaskArguments {
    fn updates(&self) -> TaskUpdates {
        TaskUpdates {
            version: self
                .update_tasks_version
                .and_then(UpdateTasksVersion::value),
            ids: self.update_tasks_id,
        }
    }
}

/// The command behind the verb `events`.
pub(crate) fn events(arguments: EventsArguments) -> ExtensionCommand {
    ExtensionCommand::Marketplace(flags::MarketplaceCommand::Events(arguments))
}

/// Runs the verb: results go to `out`, messages to `notes`.
///
/// # Errors
/// A stream cannot be written to.
pub(crate) fn run(
    command: ExtensionCommand,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> io::Result<ExitCode> {
    match command {
        ExtensionCommand::Package(arguments) => command::run(arguments.into_operation(), out),
        ExtensionCommand::Inspect(arguments) => inspect::run(&arguments, out),
        ExtensionCommand::Edit(arguments) => edit::run(arguments, out, notes),
        ExtensionCommand::Verify(arguments) => verify::run(&arguments, out, notes),
        ExtensionCommand::Marketplace(command) => command::run(command.into_operation(), out),
    }
}

/// The only package that a path or a pattern matches, relative to the current folder.
fn one_package(pattern: &str) -> Result<PathBuf, Box<Failure>> {
    Ok(adieu_extension::one_file(Path::new("."), pattern).map_err(Failure::Extension)?)
}

/// The package that a pattern matches, fully verified, with its SHA-256 and the result of `read`.
fn verified<T>(
    pattern: &str,
    read: fn(&Package) -> Result<T, ReadError>,
) -> Result<(Package, T, Digest), Box<Failure>> {
    let not_read = |error| Failure::Extension(Problem::NotRead(error));
    let vsix = one_package(pattern)?;
    let package = Package::verify(&vsix).map_err(not_read)?;
    let found = read(&package).map_err(not_read)?;
    let digest = digest(&package)?;
    Ok((package, found, digest))
}

/// The time for entries: `SOURCE_DATE_EPOCH` if it is set, or else the first time in a ZIP header.
fn timestamp() -> Result<DateTime, Box<Failure>> {
    match process_variable("SOURCE_DATE_EPOCH") {
        Some(text) if !text.trim().is_empty() => match text.trim().parse() {
            Ok(seconds) => Ok(adieu_vsix::archive::timestamp(seconds)),
            Err(_) => Err(Failure::NotATimestamp(text).into()),
        },
        _ => Ok(DateTime::default()),
    }
}

/// The SHA-256 of a package.
fn digest(package: &Package) -> Result<Digest, Box<Failure>> {
    let digest = package.digest();
    Ok(digest.map_err(|cause| Failure::NoFile {
        path: package.path.display().to_string(),
        cause,
    })?)
}

/// The absolute path, for other programs.
fn absolute(path: &Path) -> String {
    std::path::absolute(path)
        .unwrap_or_else(|_| path.to_path_buf())
        .display()
        .to_string()
}

/// One JSON document and a newline.
fn write_json(value: &serde_json::Value) -> io::Result<()> {
    Stream::Output.json(value)
}
