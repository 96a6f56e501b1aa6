//! What a step or a command line says about an extension, in one form for both.
//!
//! It reads no file; `subject.rs` finds out which extension is meant.

use std::path::PathBuf;
use std::time::Duration;

use adieu_devops::Role;
use adieu_vsix::Changes;

use super::resume::State;

/// Everything that an operation may ask for. What an operation does not use stays as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// The extension's folder, against which relative paths count.
    pub(crate) root: PathBuf,
    /// Manifests or patterns.
    pub(crate) manifests: Vec<String>,
    /// A finished package, or a pattern with one match.
    pub(crate) vsix: Option<String>,
    pub(crate) overrides_file: Option<PathBuf>,
    pub(crate) loc_root: Option<PathBuf>,
    pub(crate) changes: Changes,
    /// Errors of the manifest's checks are warnings.
    pub(crate) bypass_validation: bool,
    pub(crate) output: Option<PathBuf>,
    /// Organizations, as they are written.
    pub(crate) organizations: Vec<String>,
    /// Publishing ends with the upload.
    pub(crate) no_wait: bool,
    /// How long a wait may take.
    pub(crate) time_limit: Duration,
    pub(crate) version_sources: Vec<String>,
    pub(crate) raise: Raise,
    /// Who becomes a member; nobody means the identity that asks.
    pub(crate) member: Option<String>,
    pub(crate) role: Option<Role>,
    /// Events after this moment.
    pub(crate) after: Option<String>,
    /// Where the last run ended, and this one goes on.
    pub(crate) state: Option<PathBuf>,
}

/// Which number of a version to raise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Raise {
    #[default]
    Nothing,
    Major,
    Minor,
    Patch,
    Revision,
}

/// What an operation found or made.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Output variables.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// The result for people who pipe it: lines for standard output.
    pub(crate) lines: Vec<String>,
    /// The result for programs.
    pub(crate) json: serde_json::Value,
    /// A page for the run, in Markdown.
    pub(crate) page: Option<String>,
    /// Written once the result has been delivered.
    pub(crate) state: Option<State>,
}

/// A length of time, as a sentence has it.
pub(crate) fn in_minutes(time: Duration) -> String {
    match time.as_secs() / 60 {
        1 => "1 minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

/// The lines of an input that say something.
pub(crate) fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}
