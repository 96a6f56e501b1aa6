//! `configure: proxy`: a stand-in for each variable, and the variables and files by which clients find and trust the
//! proxy that knows it.
//!
//! It never has a token.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use adieu_order::Map;
use adieu_stand_in::{AllowList, Journal, OnRequest, StandInProxy, StandIns, hosts_of};
use adieu_transport::{Certificates, Url, certificates, goes_past_a_proxy, pem, system_roots};
use tempfile::{Builder, TempPath};

use crate::problem::{ConfigureProblem, ConfigureProblemKind};
use crate::settings::{Setting, environment_of, key, no_proxy, plain};

/// The start of the names of files with root certificates.
const PREFIX: &str = "adieu-roots-";

/// The start of our proxy's URL in `HTTPS_PROXY`.
const ADDRESS: &str = "http://adieu:adieu-";

/// The variables whose file replaces the roots of a client: OpenSSL, requests, curl, git and pip.
const ROOTS: [&str; 5] = [
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
];

/// The variable with which Node adds roots to its own.
const NODE_ROOTS: &str = "NODE_EXTRA_CA_CERTS";

/// The variables that hide those of the agent's machine from later steps.
const OF_THE_MACHINE: [&str; 3] = ["HTTPS_PROXY", "SSL_CERT_FILE", NODE_ROOTS];

/// Reads a variable of this process.
type Variable = fn(&str) -> Option<OsString>;

/// A proxy in this process, for a process that it starts.
pub struct OwnProxy {
    /// The environment of that process.
    pub variables: Map<String, String>,
    /// The requests with stand-ins.
    pub journal: Rc<Journal>,
    /// What that process gets.
    pub stand_ins: StandIns,
    /// The proxy, which does not serve yet.
    pub proxy: StandInProxy,
    /// Must live for as long as the proxy serves.
    pub roots: Roots,
}

impl OwnProxy {
    /// Opens a proxy with stand-ins for these variables. Its files are in `folder`.
    ///
    /// # Errors
    /// The system provides no port or no random numbers, or the files cannot be written.
    pub fn open(
        allowed: AllowList,
        variables: Vec<String>,
        folder: &Path,
        live: Option<OnRequest>,
        variable: Variable,
    ) -> io::Result<Self> {
        let journal = Rc::new(Journal::new(live));
        let hosts = allowed.clone();
        let (proxy, stand_ins) = StandInProxy::bind(allowed, variables, Rc::clone(&journal))?;
        let roots = Roots::write(&stand_ins, folder, variable)?;
        let settings = stand_in_settings(&stand_ins, &hosts, &roots, variable);
        let mut variables = environment_of(&settings);
        for (name, value) in &stand_ins.values {
            variables.insert(name.clone(), value.reveal().to_owned());
        }
        Ok(Self {
            variables,
            journal,
            stand_ins,
            proxy,
            roots,
        })
    }
}

/// The files with root certificates that make clients trust the proxy; deleted when dropped.
pub struct Roots {
    own: TempPath,
    all: TempPath,
}

/// Checks that later steps of the job can still reach the hosts that they could reach before.
///
/// # Errors
/// The agent's machine sets a variable that stand-ins need.
pub fn check_machine(is_set: impl Fn(&str) -> bool) -> Result<(), Vec<ConfigureProblem>> {
    match OF_THE_MACHINE.into_iter().find(|name| is_set(name)) {
        Some(name) => Err(vec![ConfigureProblemKind::SetByMachine(name).of("proxy")]),
        None => Ok(()),
    }
}

/// The variables that make clients use and trust the proxy.
pub fn stand_in_settings(
    stand_ins: &StandIns,
    allowed: &AllowList,
    roots: &Roots,
    variable: Variable,
) -> Vec<Setting> {
    let text = |path: &Path| path.display().to_string();
    let no_proxy = stand_in_no_proxy(allowed, &|name| variable(name)?.into_string().ok());
    let mut settings = vec![
        key("HTTPS_PROXY", &stand_ins.url),
        plain("NO_PROXY", &no_proxy).staying(),
        plain(NODE_ROOTS, &text(&roots.own)).staying(),
    ];
    settings.extend(ROOTS.map(|name| plain(name, &text(&roots.all)).staying()));
    settings
}

impl Roots {
    /// Writes the roots that clients have without the proxy, and its own, into a folder.
    ///
    /// # Errors
    /// The folder cannot be written to, or this machine has no roots.
    pub fn write(stand_ins: &StandIns, folder: &Path, variable: Variable) -> io::Result<Self> {
        let mut all = system_roots();
        if all.is_empty() {
            let reason =
                "this machine has no root certificates; install the package ca-certificates";
            return Err(io::Error::other(reason));
        }
        let own = certificates_in(NODE_ROOTS, variable);
        for name in ROOTS {
            all.extend(certificates_in(name, variable));
        }
        all.extend_from_slice(&own);
        let file = |roots: &Certificates| {
            let mut file = Builder::new();
            let mut file = file.prefix(PREFIX).suffix(".pem").tempfile_in(folder)?;
            file.write_all(pem(roots).as_bytes())?;
            file.write_all(stand_ins.certificate.as_bytes())?;
            Ok::<_, io::Error>(file.into_temp_path())
        };
        Ok(Self {
            own: file(&own)?,
            all: file(&all)?,
        })
    }

    /// Leaves the files to the folder's owner.
    ///
    /// # Errors
    /// The system cannot keep them.
    pub fn keep(self) -> io::Result<()> {
        for file in [self.own, self.all] {
            file.keep().map_err(|error| error.error)?;
        }
        Ok(())
    }
}

/// Whether a value of `HTTPS_PROXY` is the address of such a proxy.
pub fn is_our_proxy(value: &str) -> bool {
    value.starts_with(ADDRESS)
}

/// Whether a file of root certificates was written by such a proxy.
pub fn are_our_roots(path: &str) -> bool {
    let name = PathBuf::from(path);
    let name = name.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(PREFIX)
}

/// `NO_PROXY` without the hosts that must use the proxy, and with this machine.
fn stand_in_no_proxy(allowed: &AllowList, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let hosts: Vec<Url> = hosts_of(allowed)
        .iter()
        .flat_map(|host| Url::parse(&format!("https://{host}/")))
        .collect();
    let before = variable("no_proxy").or_else(|| variable("NO_PROXY"));
    let before = before.unwrap_or_default();
    let entries: Vec<&str> = before
        .split(',')
        .filter(|entry| !hosts.iter().any(|host| goes_past_a_proxy(entry, host)))
        .collect();
    let left = entries.join(",");
    no_proxy(|name| (name == "NO_PROXY").then(|| left.clone()))
}

/// The certificates of the file that a variable names.
fn certificates_in(name: &str, variable: Variable) -> Certificates {
    let file = variable(name).and_then(|path| std::fs::read(path).ok());
    file.map_or_else(Vec::new, |file| certificates(&file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_entry_sends_azure_devops_past_the_proxy() {
        let allowed = AllowList {
            organizations: vec!["contoso".to_owned()],
            publishers: Vec::new(),
        };
        for (before, expected) in [
            ("", "127.0.0.1,localhost"),
            ("*", "127.0.0.1,localhost"),
            ("azure.com,a.example", "a.example,127.0.0.1,localhost"),
            (
                ".visualstudio.com, b.example",
                "b.example,127.0.0.1,localhost",
            ),
            (
                "marketplace.visualstudio.com",
                "marketplace.visualstudio.com,127.0.0.1,localhost",
            ),
            ("localhost", "localhost,127.0.0.1"),
        ] {
            let variable = |name: &str| (name == "NO_PROXY").then(|| before.to_owned());
            assert_eq!(stand_in_no_proxy(&allowed, &variable), expected, "{before}");
        }
    }
}
