//! The places on a machine where clients of Azure DevOps keep tokens, and the environment of a process.
//!
//! It changes nothing.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::Error;
use crate::finding::Report;
use crate::scanner::{Options, scan_existing, scan_stream};

/// In the user's home folder: git, package clients, the command lines of Azure DevOps.
const IN_HOME: [&str; 29] = [
    ".git-credentials",
    ".gitconfig",
    ".config/git/credentials",
    ".config/git/config",
    ".netrc",
    "_netrc",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".nuget/NuGet/NuGet.Config",
    ".config/NuGet/NuGet.Config",
    ".config/pip/pip.conf",
    ".pip/pip.conf",
    "Library/Application Support/pip/pip.conf",
    ".pypirc",
    ".config/uv/uv.toml",
    ".config/pypoetry/auth.toml",
    ".m2/settings.xml",
    ".gradle/gradle.properties",
    ".cargo/credentials.toml",
    ".cargo/credentials",
    ".cargo/config.toml",
    ".docker/config.json",
    ".tfx",
    ".vsce",
    ".azure/azuredevops/personalAccessTokens",
    ".terraformrc",
    ".config/Code/User/settings.json",
    "Library/Application Support/Code/User/settings.json",
];

/// In `%APPDATA%`.
const IN_APPDATA: [&str; 3] = [
    "NuGet/NuGet.Config",
    "pip/pip.ini",
    "Code/User/settings.json",
];

/// Shell histories, which contain tokens from command lines.
const HISTORIES: [&str; 4] = [
    ".bash_history",
    ".zsh_history",
    ".local/share/fish/fish_history",
    ".local/share/powershell/PSReadLine/ConsoleHost_history.txt",
];

/// Scans the existing ones below the user's home folder and `%APPDATA%`, and the variables of a process.
///
/// # Errors
/// A variable cannot be read.
pub fn scan_machine(
    home: Option<PathBuf>,
    appdata: Option<PathBuf>,
    variables: impl Iterator<Item = (OsString, OsString)>,
    options: &Options,
) -> Result<Report, Error> {
    let mut report = Report::default();
    let mut paths = Vec::new();
    let mut add = |folder: &Option<PathBuf>, names: &[&str]| {
        let folder = folder.iter().filter(|folder| folder.is_absolute());
        paths.extend(folder.flat_map(|folder| names.iter().map(|name| folder.join(name))));
    };
    add(&home, &IN_HOME);
    add(&home, &HISTORIES);
    add(&appdata, &IN_APPDATA);
    paths.retain(|path| path.is_file());
    report.add(scan_existing(&paths, options));
    for (name, value) in variables {
        let shown = format!("(environment) {}", name.to_string_lossy());
        let value = value.as_encoded_bytes();
        let found = scan_stream(&mut &value[..], &shown, options)?;
        report.add(Report { files: 0, ..found });
    }
    Ok(report)
}
