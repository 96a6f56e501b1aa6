//! `adieu extension package`: flags of `tfx extension create`, and a few more.
//!
//! It packs nothing itself.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use adieu_vsix::{Overrides, PackageError, PackageOptions, package};
use clap::Args;
use serde_json::json;

use super::{OverrideArguments, absolute, asked_wrongly, findings, refused, timestamp, write_json};

/// Flags of `adieu extension package`.
#[derive(Debug, Args)]
pub(crate) struct PackageArguments {
    /// The extension's folder
    #[arg(long, short, default_value = ".")]
    root: PathBuf,
    /// Manifests, relative to the root
    #[arg(long, num_args = 1.., value_delimiter = ',', default_value = "vss-extension.json")]
    manifests: Vec<PathBuf>,
    /// Patterns of manifests, relative to the root, in place of --manifests
    #[arg(long, num_args = 1.., value_name = "GLOB")]
    manifest_globs: Vec<String>,
    /// A manifest that is a JavaScript program: cannot be run without Node, see the message
    #[arg(long, value_name = "FILE")]
    manifest_js: Option<PathBuf>,
    /// Read manifests as JSON5: comments, trailing commas, bare names
    #[arg(long)]
    json5: bool,
    /// Manifest keys as JSON that take the place of the manifests'
    #[arg(long, value_name = "JSON")]
    r#override: Option<String>,
    /// File with manifest keys that take the place of the manifests'
    #[arg(long, value_name = "FILE")]
    overrides_file: Option<PathBuf>,
    #[command(flatten)]
    overrides: OverrideArguments,
    /// Raise the last number of the version; the manifest keeps its own
    #[arg(long)]
    rev_version: bool,
    /// Folder with LANGUAGE/resources.resjson files
    #[arg(long, value_name = "FOLDER")]
    loc_root: Option<PathBuf>,
    /// Pack in spite of errors, as long as a package can be made
    #[arg(long)]
    bypass_validation: bool,
    /// File or folder to write to
    #[arg(long, short, value_name = "PATH")]
    output_path: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// The patterns. As for tfx, a single value may hold several with commas between them; a comma in braces is the
/// pattern's own.
fn patterns(values: Vec<String>) -> Vec<String> {
    let [value] = values.as_slice() else {
        return values;
    };
    let mut depth = 0_usize;
    let patterns = value.split(|sign: char| {
        match sign {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        sign == ',' && depth == 0
    });
    patterns.map(str::trim).map(str::to_owned).collect()
}

/// Runs the command.
pub(super) fn run(
    arguments: PackageArguments,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> io::Result<ExitCode> {
    let timestamp = match timestamp() {
        Ok(timestamp) => timestamp,
        Err(sentence) => return asked_wrongly(notes, &sentence),
    };
    let overrides = &arguments.overrides;
    let changes = &overrides.changes;
    let options = PackageOptions {
        manifests: arguments
            .manifest_js
            .clone()
            .map_or(arguments.manifests, |program| {
                vec![absolute(&program).into()]
            }),
        manifest_globs: if arguments.manifest_js.is_some() {
            Vec::new()
        } else {
            patterns(arguments.manifest_globs)
        },
        overrides: Overrides {
            file: arguments.overrides_file,
            json: arguments.r#override,
            publisher: overrides.publisher.clone(),
            extension_id: overrides.extension_id.clone(),
            version: changes.extension_version.clone(),
            name: changes.extension_name.clone(),
            visibility: changes.visibility(),
            pricing: changes.pricing(),
        },
        tasks: changes.tasks.updates(),
        rev_version: arguments.rev_version,
        loc_root: arguments.loc_root,
        json5: arguments.json5,
        bypass_validation: arguments.bypass_validation,
        output: arguments.output_path,
        timestamp,
        root: arguments.root,
    };
    let packaged = match package(&options) {
        Ok(packaged) => packaged,
        Err(error) => {
            if let PackageError::Refused { findings } = &error {
                findings::print(findings, options.bypass_validation, notes)?;
            }
            return refused(notes, &error.to_string());
        }
    };
    findings::print(&packaged.findings, options.bypass_validation, notes)?;
    let path = absolute(&packaged.path);
    if arguments.json {
        let result = json!({
            "path": path,
            "extensionId": packaged.extension_id,
            "version": packaged.version,
            "publisher": packaged.publisher,
            "size": packaged.size,
            "parts": packaged.parts,
        });
        write_json(&result)?;
    } else {
        let (publisher, id, version) = (
            &packaged.publisher,
            &packaged.extension_id,
            &packaged.version,
        );
        writeln!(
            notes,
            "Packed {publisher}.{id} {version}: {} parts, {} bytes.",
            packaged.parts, packaged.size
        )?;
        writeln!(out, "{path}")?;
    }
    Ok(ExitCode::SUCCESS)
}
