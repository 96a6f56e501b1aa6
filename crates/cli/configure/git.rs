//! `configure: git`: the settings by which git asks `adieu git-credential` for the repositories of Azure
//! DevOps, and nobody else.
//!
//! It writes no configuration: settings travel in the environment (`GIT_CONFIG_COUNT`, git 2.31 and newer)
//! and end with it.
//!
//! A header that checkout left in a repository (`persistCredentials: true`, or a job that was killed) beats
//! every helper, and a setting for the host does not undo one for an address below it. So each header that
//! is there is undone by the key that it has.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use adieu_agent::{VariableName, is_for_the_task_alone};

/// Where repositories are. git knows the asterisk: it stands for one label of a host's name.
const PLACES: [&str; 2] = ["https://dev.azure.com", "https://*.visualstudio.com"];

/// More folders than this are no checkouts.
const MOST_FOLDERS: usize = 100;

/// A header that git is configured to send to Azure DevOps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// What it is sent to: `https://dev.azure.com/…`
    address: String,
    /// Its value, where that is no credential; a credential is not even kept.
    harmless: Option<String>,
}

/// The variables that add the settings to those that are in the environment already.
///
/// `program` is adieu's path, `headers` what [`headers`] found, `repository` the address of the job's own
/// repository, `variable` the environment.
pub(crate) fn settings(
    program: &str,
    headers: &[Header],
    repository: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
) -> Vec<(VariableName, String)> {
    let entries = entries(program, headers, repository);
    let before = variable("GIT_CONFIG_COUNT").and_then(|count| count.parse::<usize>().ok());
    let before = before.unwrap_or_default();
    let of = |what: &str, index: usize| {
        let value = variable(&format!("GIT_CONFIG_{what}_{index}"));
        value.unwrap_or_default()
    };
    let known: Vec<_> = (0..before)
        .map(|index| (of("KEY", index), of("VALUE", index)))
        .collect();
    // The same step twice in a job adds nothing.
    let added = if known.ends_with(&entries) {
        Vec::new()
    } else {
        entries
    };
    let count = before + added.len();
    let count_name = VariableName::ours("GIT_CONFIG_COUNT");
    let mut settings = vec![(count_name, count.to_string())];
    for (index, (key, value)) in (before..).zip(added) {
        for (name, value) in [("GIT_CONFIG_KEY", key), ("GIT_CONFIG_VALUE", value)] {
            let name = VariableName::ours(name).with_suffix(&format!("_{index}"));
            settings.push((name, value));
        }
    }
    settings
}

fn entries(program: &str, headers: &[Header], repository: Option<&str>) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    for place in PLACES {
        let helpers = format!("credential.{place}.helper");
        // An empty value takes away the helpers that stand before it.
        entries.push((helpers.clone(), String::new()));
        entries.push((helpers, helper(program)));
        entries.push((format!("credential.{place}.useHttpPath"), "true".to_owned()));
        // A header for every host there is, which clients like Renovate leave in the repositories they clone.
        entries.push((format!("http.{place}.extraheader"), String::new()));
    }
    let addresses = headers.iter().map(|header| header.address.as_str());
    let own = repository.filter(|address| is_azure_devops(address));
    for address in addresses.chain(own) {
        for place in undone(address) {
            let key = format!("http.{place}.extraheader");
            if !entries.iter().any(|(known, _)| *known == key) {
                entries.push((key, String::new()));
            }
        }
    }
    for header in headers {
        if let Some(value) = &header.harmless {
            let key = format!("http.{}.extraheader", header.address);
            entries.push((key, value.clone()));
        }
    }
    entries
}

/// Where a header of this address is undone. git-lfs takes all values of the key that fits best, empty ones
/// too, and then sends the first; so it is given keys that fit its own addresses better.
fn undone(address: &str) -> Vec<String> {
    let mut places = vec![address.to_owned()];
    if address.contains("/_git/") {
        let repository = address.trim_end_matches('/').trim_end_matches(".git");
        places.push(format!("{repository}/info/lfs"));
        places.push(format!("{repository}.git/info/lfs"));
    }
    places
}

/// A command for git's shell, which is `sh` on Windows too: quotes hold blanks and all else, and it takes
/// slashes for backslashes.
fn helper(program: &str) -> String {
    let mut start = program.chars();
    let is_of_windows = program.starts_with("\\\\")
        || start
            .next()
            .is_some_and(|letter| letter.is_ascii_alphabetic())
            && start.next() == Some(':');
    let program = if is_of_windows {
        program.replace('\\', "/")
    } else {
        program.to_owned()
    };
    format!("!'{}' git-credential", program.replace('\'', r"'\''"))
}

/// The headers for Azure DevOps that are configured for the repositories in `sources` and directly below it.
/// Nothing where git is not there: then nobody asks for a credential either.
pub(crate) fn headers(sources: &Path) -> Vec<Header> {
    let below = fs::read_dir(sources).into_iter().flatten().flatten();
    let below = below.map(|entry| entry.path()).take(MOST_FOLDERS);
    let mut found = Vec::new();
    for folder in std::iter::once(sources.to_owned()).chain(below) {
        for file in configurations(&folder) {
            for header in headers_in(&file) {
                if !found.contains(&header) {
                    found.push(header);
                }
            }
        }
    }
    found
}

/// A repository's own configuration and its submodules'.
fn configurations(folder: &Path) -> Vec<PathBuf> {
    let git = folder.join(".git");
    let modules = fs::read_dir(git.join("modules"));
    let modules = modules.into_iter().flatten().flatten();
    std::iter::once(git.join("config"))
        .chain(modules.map(|entry| entry.path().join("config")))
        .filter(|file| file.is_file())
        .collect()
}

/// Only headers that are no credential are read: what is not in this process cannot leak from it.
fn headers_in(file: &Path) -> Vec<Header> {
    let names = configured(file, &["--name-only", "--get-regexp", HEADERS]);
    if names.is_empty() {
        return Vec::new();
    }
    let harmless = configured(file, &["--get-regexp", HEADERS, NO_CREDENTIAL]);
    read(&names, &harmless)
}

/// Keys of headers for an address. git writes the last word of a key in small letters.
const HEADERS: &str = r"^http\..*\.extraheader$";
/// Values that are no credential; the exclamation mark is git's.
const NO_CREDENTIAL: &str =
    "!^[[:space:]]*[Aa][Uu][Tt][Hh][Oo][Rr][Ii][Zz][Aa][Tt][Ii][Oo][Nn][[:space:]]*:";

/// What `git config` prints. The file is named, because git looks for no configuration in a repository of
/// another user's. The task's credentials are nothing of git's business.
fn configured(file: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_for_the_task_alone) {
            command.env_remove(name);
        }
    }
    let output = command
        .args([OsStr::new("config"), OsStr::new("--file"), file.as_os_str()])
        .arg("--null")
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

/// Keys, each with a zero behind it; and the same with a line end and the value before the zero.
fn read(names: &str, harmless: &str) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    let mut add = |key: &str, harmless: Option<&str>| {
        let address = key
            .strip_prefix("http.")
            .and_then(|key| key.strip_suffix(".extraheader"));
        let Some(address) = address.filter(|address| is_azure_devops(address)) else {
            return;
        };
        let header = Header {
            address: address.to_owned(),
            harmless: harmless.map(str::to_owned),
        };
        if !headers.contains(&header) {
            headers.push(header);
        }
    };
    for key in names.split('\0') {
        add(key, None);
    }
    for entry in harmless.split('\0') {
        match entry.split_once('\n') {
            Some((key, value)) if !value.is_empty() => add(key, Some(value)),
            _ => {}
        }
    }
    headers
}

/// Whether an address is one of [`PLACES`] or below. It may have a user in front.
fn is_azure_devops(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("https://") else {
        return false;
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    host == "dev.azure.com" || host.ends_with(".visualstudio.com")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    const REPOSITORY: &str = "https://contoso@dev.azure.com/contoso/fabrikam/_git/hello";

    fn lines(settings: &[(VariableName, String)]) -> String {
        let lines = settings
            .iter()
            .map(|(name, value)| format!("{}={value}\n", name.as_str()));
        lines.collect()
    }

    #[test]
    fn gives_git_a_helper_for_azure_devops_and_nothing_else() {
        let settings = settings("/agent/_tasks/a b/adieu", &[], None, |_| None);
        expect![[r#"
            GIT_CONFIG_COUNT=8
            GIT_CONFIG_KEY_0=credential.https://dev.azure.com.helper
            GIT_CONFIG_VALUE_0=
            GIT_CONFIG_KEY_1=credential.https://dev.azure.com.helper
            GIT_CONFIG_VALUE_1=!'/agent/_tasks/a b/adieu' git-credential
            GIT_CONFIG_KEY_2=credential.https://dev.azure.com.useHttpPath
            GIT_CONFIG_VALUE_2=true
            GIT_CONFIG_KEY_3=http.https://dev.azure.com.extraheader
            GIT_CONFIG_VALUE_3=
            GIT_CONFIG_KEY_4=credential.https://*.visualstudio.com.helper
            GIT_CONFIG_VALUE_4=
            GIT_CONFIG_KEY_5=credential.https://*.visualstudio.com.helper
            GIT_CONFIG_VALUE_5=!'/agent/_tasks/a b/adieu' git-credential
            GIT_CONFIG_KEY_6=credential.https://*.visualstudio.com.useHttpPath
            GIT_CONFIG_VALUE_6=true
            GIT_CONFIG_KEY_7=http.https://*.visualstudio.com.extraheader
            GIT_CONFIG_VALUE_7=
        "#]]
        .assert_eq(&lines(&settings));
    }

    #[test]
    fn undoes_each_header_by_its_own_key_and_keeps_what_is_no_credential() {
        let names = format!(
            "http.{REPOSITORY}.extraheader\0http.https://dev.azure.com/.extraheader\0http.https://github.com/.extraheader\0"
        );
        let harmless = "http.https://dev.azure.com/.extraheader\nX-Trace: 1\0";
        let variable = |name: &str| {
            let value = match name {
                "GIT_CONFIG_COUNT" => "1",
                "GIT_CONFIG_KEY_0" => "safe.directory",
                "GIT_CONFIG_VALUE_0" => "*",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let settings = settings(
            "/adieu",
            &read(&names, harmless),
            Some(REPOSITORY),
            variable,
        );
        expect![[r#"
            GIT_CONFIG_KEY_9=http.https://contoso@dev.azure.com/contoso/fabrikam/_git/hello.extraheader
            GIT_CONFIG_VALUE_9=
            GIT_CONFIG_KEY_10=http.https://contoso@dev.azure.com/contoso/fabrikam/_git/hello/info/lfs.extraheader
            GIT_CONFIG_VALUE_10=
            GIT_CONFIG_KEY_11=http.https://contoso@dev.azure.com/contoso/fabrikam/_git/hello.git/info/lfs.extraheader
            GIT_CONFIG_VALUE_11=
            GIT_CONFIG_KEY_12=http.https://dev.azure.com/.extraheader
            GIT_CONFIG_VALUE_12=
            GIT_CONFIG_KEY_13=http.https://dev.azure.com/.extraheader
            GIT_CONFIG_VALUE_13=X-Trace: 1
        "#]].assert_eq(&lines(&settings[17..]));
        // Once more in the same job.
        let again = |name: &str| {
            let known = settings.iter().find(|(known, _)| known.as_str() == name);
            known
                .map(|(_, value)| value.clone())
                .or_else(|| variable(name))
        };
        let second = super::settings("/adieu", &read(&names, harmless), Some(REPOSITORY), again);
        assert_eq!(lines(&second), "GIT_CONFIG_COUNT=14\n");
    }

    #[test]
    fn writes_the_program_as_a_shell_reads_it() {
        for (program, expected) in [
            ("/opt/adieu", "!'/opt/adieu' git-credential"),
            ("/it's here/adieu", r"!'/it'\''s here/adieu' git-credential"),
            (r"/odd\name/adieu", r"!'/odd\name/adieu' git-credential"),
            (
                r"C:\agent one\_tasks\adieu.exe",
                "!'C:/agent one/_tasks/adieu.exe' git-credential",
            ),
            (
                r"\\server\share\adieu.exe",
                "!'//server/share/adieu.exe' git-credential",
            ),
        ] {
            assert_eq!(helper(program), expected);
        }
    }

    #[test]
    fn knows_the_addresses_of_azure_devops() {
        for (address, expected) in [
            ("https://dev.azure.com", true),
            ("https://dev.azure.com/contoso", true),
            (REPOSITORY, true),
            ("https://contoso.visualstudio.com/a/_git/b", true),
            ("https://github.com/dev.azure.com", false),
            ("https://dev.azure.com.example/", false),
            ("http://dev.azure.com/", false),
            ("git@ssh.dev.azure.com:v3/contoso/a/b", false),
        ] {
            assert_eq!(is_azure_devops(address), expected, "{address}");
        }
    }
}
