//! The flags of `adieu extension package`: those of `tfx extension create`, and a few more.
//!
//! It packs nothing itself.

use std::path::PathBuf;

use adieu_extension::{ExtensionReference, Operation, Packing};
use adieu_vsix::Sources;
use clap::Args;

use super::flags::Service;
use super::{OverrideArguments, absolute, timestamp};
use crate::failure::Failure;
use crate::result::OutputArguments;

#[derive(Debug, Args)]
pub(crate) struct PackageArguments {
    /// The extension's folder
    #[arg(long, short, default_value = ".")]
    root: PathBuf,
    /// Manifests, relative to the root
    #[arg(long, num_args = 1.., value_delimiter = ',', default_value = "vss-extension.json")]
    manifests: Vec<PathBuf>,
    /// Patterns of manifests, relative to the root, instead of --manifests
    #[arg(long, num_args = 1.., value_name = "GLOB")]
    manifest_globs: Vec<String>,
    /// A manifest that is a JavaScript program: cannot be run without Node, see the message
    #[arg(long, value_name = "FILE")]
    manifest_js: Option<PathBuf>,
    /// Read manifests as JSON5: comments, trailing commas, bare names
    #[arg(long)]
    json5: bool,
    /// JSON that overrides keys in the manifests
    #[arg(long, value_name = "JSON")]
    r#override: Option<String>,
    /// File with values that override those in the manifests
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
    /// Package despite errors, if a package can still be built
    #[arg(long)]
    bypass_validation: bool,
    /// File or folder to write to
    #[arg(long, short, value_name = "PATH")]
    output_path: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArguments,
}

/// Splits the patterns. As in tfx, a value may contain several, separated by commas; a comma in braces belongs to the
/// pattern.
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

impl PackageArguments {
    /// Converts the flags to an operation.
    pub(super) fn into_operation(self) -> Result<(Operation, Service), Box<Failure>> {
        let sources = Sources {
            manifests: match &self.manifest_js {
                Some(program) => vec![absolute(program).into()],
                None => self.manifests,
            },
            manifest_globs: match &self.manifest_js {
                Some(_) => Vec::new(),
                None => patterns(self.manifest_globs),
            },
            overrides_file: self.overrides_file,
            overrides: self.r#override,
            rev_version: self.rev_version,
            loc_root: self.loc_root,
            json5: self.json5,
            root: self.root,
        };
        let packing = Packing {
            extension: ExtensionReference {
                sources,
                vsix: None,
                changes: self.overrides.into_changes(),
            },
            bypass_validation: self.bypass_validation,
            output: self.output_path,
            timestamp: timestamp()?,
        };
        let service = Service {
            json: self.output.is_json(),
            ..Service::default()
        };
        Ok((Operation::Package(packing), service))
    }
}
