//! The headers that git is configured to send to Azure DevOps (`http.<address>.extraheader`), wherever git itself
//! would find them.
//!
//! It reads only keys, never values: a value that is not in this process cannot leak from it.

use std::collections::{HashSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use adieu_order::Set;

/// Most folders to search for repositories: some tenths of a second.
const MOST_FOLDERS: usize = 30_000;

/// The git of this machine.
pub struct Git {
    /// Its path.
    pub program: PathBuf,
    /// Variables of this process that git does not get: those for the task alone.
    pub hidden: Vec<OsString>,
}

/// The configured headers.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// The addresses that they are sent to, as in git's keys: `https://dev.azure.com/…`.
    pub addresses: Vec<String>,
    /// Those of the addresses that have headers other than `Authorization`, too.
    pub others: Vec<String>,
    /// Whether there were more folders than are searched.
    pub is_incomplete: bool,
}

impl Git {
    /// The headers for Azure DevOps that git finds in the repositories in and above `roots`, in their submodules, in
    /// the global and the system's configuration, and in included files.
    pub fn headers(&self, roots: &[PathBuf]) -> Headers {
        let (repositories, is_complete) = repositories(roots);
        let mut headers = Headers {
            is_incomplete: !is_complete,
            ..Headers::default()
        };
        let inside = repositories.iter().map(|folder| Some(folder.as_path()));
        for repository in [None].into_iter().chain(inside) {
            push(&mut headers.addresses, self.configured(repository, &[KEYS]));
            if !headers.addresses.is_empty() {
                let others = self.configured(repository, &[KEYS, NO_CREDENTIAL]);
                push(&mut headers.others, others);
            }
        }
        headers
    }

    /// The addresses in the keys that `git config` finds in a repository, or outside all repositories. If git refuses
    /// to open a repository (because another user owns it, or its format is newer), at least its file is read.
    fn configured(&self, repository: Option<&Path>, pattern: &[&str]) -> Vec<String> {
        let all = ["--includes", "--null", "--name-only", "--get-regexp"].map(OsStr::new);
        let pattern = pattern.iter().map(OsStr::new);
        let mut command = self.command();
        match repository {
            // With these two, git neither checks the owner of the repository nor searches for its files.
            Some(folder) => command.env("GIT_DIR", folder).env("GIT_WORK_TREE", folder),
            None => command.env("GIT_CEILING_DIRECTORIES", std::env::temp_dir()),
        };
        command.current_dir(repository.unwrap_or(&std::env::temp_dir()));
        command.arg("config").args(all).args(pattern.clone());
        let mut output = command.output().ok();
        // Exit code 1 means that nothing was found.
        let is_answer = |code| matches!(code, Some(0 | 1));
        if let Some(folder) = repository
            && !output
                .as_ref()
                .is_some_and(|output| is_answer(output.status.code()))
        {
            let mut command = self.command();
            command
                .args(["config", "--file"])
                .arg(folder.join("config"));
            output = command.args(all).args(pattern).output().ok();
        }
        let keys = output.map(|output| output.stdout).unwrap_or_default();
        let keys = String::from_utf8_lossy(&keys).into_owned();
        let addresses = keys.split('\0').filter_map(address_of);
        addresses.map(str::to_owned).collect()
    }

    /// A git command without variables that redirect it, and without the task's credentials.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for name in REDIRECTING {
            command.env_remove(name);
        }
        for name in &self.hidden {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stderr(Stdio::null());
        command
    }
}

/// Adds the addresses that are not known.
fn push(known: &mut Vec<String>, addresses: Vec<String>) {
    for address in addresses {
        if !known.contains(&address) {
            known.push(address);
        }
    }
}

/// The folders with repositories' data: `.git`, those of submodules at any depth, and bare repositories.
fn repositories(roots: &[PathBuf]) -> (Set<PathBuf>, bool) {
    let mut found = Set::new();
    let mut folders: VecDeque<PathBuf> = roots.iter().cloned().collect();
    for root in roots {
        // git searches upwards from the folder in which it starts.
        let around = root.ancestors().skip(1);
        let around = around.map(|folder| folder.join(".git"));
        found.extend(around.filter(|git| git.join("HEAD").is_file()));
    }
    let mut looked_into = 0;
    let mut seen = HashSet::new();
    while let Some(folder) = folders.pop_front() {
        if !seen.insert(folder.clone()) {
            continue;
        }
        looked_into += 1;
        if looked_into > MOST_FOLDERS {
            return (found, false);
        }
        if folder.join("HEAD").is_file() && folder.join("config").is_file() {
            // A repository's own folders contain no other repositories except its submodules.
            folders.extend(Some(folder.join("modules")).filter(|folder| folder.is_dir()));
            found.insert(folder);
            continue;
        }
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            // Links are not followed: they may lead anywhere.
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() {
                folders.push_back(entry.path());
            } else if entry.file_name() == ".git" {
                // A submodule or another worktree: its data is elsewhere.
                folders.extend(data_folder(&entry.path()));
            }
        }
    }
    (found, true)
}

/// The data folder that a file `.git` refers to.
fn data_folder(file: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(file).ok()?;
    let path = text.strip_prefix("gitdir:")?.trim();
    let mut folder = file.parent()?.to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => {
                folder.pop();
            }
            part => folder.push(part),
        }
    }
    Some(folder)
}

/// Keys of headers. git writes the last part of a key in lowercase.
const KEYS: &str = r"^http\..*\.extraheader$";

/// Values other than a credential header or an empty one; `!` negates a pattern in git.
const NO_CREDENTIAL: &str =
    "!^[[:space:]]*([Aa][Uu][Tt][Hh][Oo][Rr][Ii][Zz][Aa][Tt][Ii][Oo][Nn][[:space:]]*:|$)";

/// Variables that select a repository or add to the configuration. Added settings are examined separately; without
/// their count, git ignores them.
const REDIRECTING: [&str; 6] = [
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_WORK_TREE",
];

/// The address in a header's key, if it belongs to Azure DevOps.
pub(crate) fn address_of(key: &str) -> Option<&str> {
    let (section, rest) = key.split_once('.')?;
    let (address, name) = rest.rsplit_once('.')?;
    let is_header =
        section.eq_ignore_ascii_case("http") && name.eq_ignore_ascii_case("extraheader");
    (is_header && is_azure_devops(address)).then_some(address)
}

/// Whether git uses a key with this address for Azure DevOps repositories: `dev.azure.com`, an organization's own
/// host, or a pattern for either. It may start with a user name.
pub(crate) fn is_azure_devops(address: &str) -> bool {
    let address = address.to_ascii_lowercase();
    let Some(rest) = address.strip_prefix("https://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.strip_suffix(":443").unwrap_or(host);
    let labels: Vec<&str> = host.split('.').collect();
    let [first, second, third] = labels[..] else {
        return false;
    };
    let is = |label: &str, expected: &str| label == expected || label == "*";
    let is_shared = is(first, "dev") && is(second, "azure");
    let is_own = !first.is_empty() && is(second, "visualstudio");
    (is_shared || is_own) && is(third, "com")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_addresses_of_azure_devops() {
        for (address, expected) in [
            ("https://dev.azure.com", true),
            ("https://dev.azure.com/contoso", true),
            ("HTTPS://DEV.azure.com:443/contoso", true),
            ("https://contoso@dev.azure.com/contoso/a/_git/b", true),
            ("https://contoso.visualstudio.com/a/_git/b", true),
            ("https://*.azure.com/", true),
            ("https://*.visualstudio.com", true),
            ("https://github.com/dev.azure.com", false),
            ("https://dev.azure.com.example/", false),
            ("https://dev.azure.com:8443/", false),
            ("https://.visualstudio.com/", false),
            ("https://a.b.visualstudio.com/", false),
            ("http://dev.azure.com/", false),
            ("git@ssh.dev.azure.com:v3/contoso/a/b", false),
        ] {
            assert_eq!(is_azure_devops(address), expected, "{address}");
        }
    }

    #[test]
    fn reads_the_address_out_of_a_key() {
        for (key, expected) in [
            (
                "http.https://dev.azure.com/.extraheader",
                Some("https://dev.azure.com/"),
            ),
            (
                "HTTP.https://dev.azure.com/a.b.extraHeader",
                Some("https://dev.azure.com/a.b"),
            ),
            ("http.https://github.com/.extraheader", None),
            ("http.https://dev.azure.com/.proxy", None),
            ("http.extraheader", None),
            ("", None),
        ] {
            assert_eq!(address_of(key), expected, "{key}");
        }
    }
}
