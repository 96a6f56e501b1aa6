//! The places on a machine where clients of Azure DevOps keep tokens, and the environment of this process.
//!
//! It reads them only on request, and changes nothing.

use std::path::{Path, PathBuf};

use adieu_agent::{process_path, process_variables};
use adieu_scan::{Error, Options, Report};

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

/// Scans the existing ones.
pub(super) fn scan(options: &Options) -> Result<Report, Error> {
    let mut report = Report::default();
    let folder = |name: &str| process_path(name).map(PathBuf::from);
    let mut paths = Vec::new();
    let mut add = |folder: Option<PathBuf>, names: &[&str]| {
        let folder = folder.filter(|folder| folder.is_absolute());
        let below = |folder: &Path, name: &&str| folder.join(name);
        paths.extend(
            folder
                .iter()
                .flat_map(|folder| names.iter().map(|name| below(folder, name))),
        );
    };
    add(folder("HOME").or_else(|| folder("USERPROFILE")), &IN_HOME);
    add(folder("HOME").or_else(|| folder("USERPROFILE")), &HISTORIES);
    add(folder("APPDATA"), &IN_APPDATA);
    paths.retain(|path| path.is_file());
    report.add(adieu_scan::scan_existing(&paths, options));
    for (name, value) in process_variables() {
        let shown = format!("(environment) {}", name.to_string_lossy());
        let value = value.as_encoded_bytes();
        let found = adieu_scan::scan_stream(&mut &value[..], &shown, options)?;
        report.add(Report { files: 0, ..found });
    }
    Ok(report)
}
