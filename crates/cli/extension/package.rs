//! `adieu extension package`: flags of `tfx extension create`, and a few more.
//!
//! It packs nothing itself.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use adieu_vsix::{Folder, PackError, Sources};
use clap::Args;
use serde_json::json;

use super::{
    OverrideArguments, absolute, asked_wrongly, findings, not_packed, refused, timestamp,
    unreadable, write_json,
};

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
    let sources = Sources {
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
        overrides_file: arguments.overrides_file,
        overrides: arguments.r#override,
        rev_version: arguments.rev_version,
        loc_root: arguments.loc_root,
        json5: arguments.json5,
        root: arguments.root,
    };
    let changes = arguments.overrides.into_changes();
    let folder = Folder::read(&sources, &changes, arguments.output_path.as_deref());
    let packed = match folder.pack(arguments.bypass_validation, timestamp) {
        Ok(packed) => packed,
        Err(error) => {
            if let PackError::Refused { findings } = &error {
                findings::print(findings, arguments.bypass_validation, notes)?;
            }
            return not_packed(notes, &error.to_string());
        }
    };
    findings::print(&packed.findings, arguments.bypass_validation, notes)?;
    let package = &packed.package;
    let facts = &package.facts;
    let digest = match package.digest() {
        Ok(digest) => digest,
        Err(error) => return refused(notes, &unreadable(&package.path, &error)),
    };
    let path = absolute(&package.path);
    if arguments.json {
        let result = json!({
            "path": path,
            "extensionId": facts.extension_id,
            "version": facts.version,
            "publisher": facts.publisher,
            "size": package.size,
            "sha256": digest.to_string(),
            "parts": packed.parts,
        });
        write_json(&result)?;
    } else {
        writeln!(
            notes,
            "Packed {}.{} {}: {} parts, {} bytes.",
            facts.publisher, facts.extension_id, facts.version, packed.parts, package.size
        )?;
        writeln!(notes, "SHA-256: {digest}")?;
        writeln!(out, "{path}")?;
    }
    Ok(ExitCode::SUCCESS)
}
