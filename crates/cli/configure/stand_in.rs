//! `configure: proxy`: a stand-in for each variable, and the variables and files by which clients find and trust the
//! proxy that knows it.
//!
//! It never has a token.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use adieu_agent::{Log, VariableName, process_path, process_variable};
use adieu_broker::Tokens;
use adieu_identity::resource;
use adieu_order::Map;
use adieu_secret::EndpointSecret;
use adieu_stand_in::{Allowed, Journal, OnRequest, StandInProxy, hosts_of};
use adieu_transport::{
    Certificates, Transport, Url, certificates, goes_past_a_proxy, pem, system_roots,
};
use tempfile::{Builder, TempPath};

use super::settings::{Setting, Value, environment_of, key, no_proxy, plain};

/// The start of the names of files with root certificates.
const PREFIX: &str = "adieu-roots-";

/// The start of our proxy's URL in `HTTPS_PROXY`.
const ADDRESS: &str = "http://adieu:adieu-";

/// The variables whose file replaces the roots of a client: OpenSSL, requests, curl, git and pip.
const REPLACING: [&str; 5] = [
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
];

/// The variable with which Node adds roots to its own.
const ADDING: &str = "NODE_EXTRA_CA_CERTS";

/// What clients need to use a proxy.
#[derive(Debug)]
pub(crate) struct StandIns {
    /// `HTTPS_PROXY`.
    pub(crate) url: EndpointSecret,
    pub(crate) key: EndpointSecret,
    /// The certificate of its authority, as PEM.
    pub(crate) certificate: String,
    /// Variables and their stand-ins.
    pub(crate) values: Vec<(String, EndpointSecret)>,
}

/// A proxy in this process, for a process that it starts.
pub(crate) struct OwnProxy {
    /// The environment of that process.
    pub(crate) variables: Map<String, String>,
    pub(crate) journal: Rc<Journal>,
    pub(crate) stand_ins: StandIns,
    proxy: StandInProxy,
    /// Deleted when dropped.
    roots: Roots,
}

impl OwnProxy {
    /// Opens a proxy with stand-ins for these variables. Its files are in `folder`.
    ///
    /// # Errors
    /// The system provides no port or no random numbers, or the files cannot be written.
    pub(crate) fn open(
        allowed: Allowed,
        variables: Vec<String>,
        folder: &Path,
        live: Option<OnRequest>,
    ) -> io::Result<Self> {
        let journal = Rc::new(Journal::new(live));
        let hosts = allowed.clone();
        let proxy = StandInProxy::bind(allowed, variables, Rc::clone(&journal))?;
        let stand_ins = StandIns::of(&proxy);
        let roots = stand_ins.write_roots(folder)?;
        Ok(Self {
            variables: stand_ins.environment(&hosts, &roots),
            journal,
            stand_ins,
            proxy,
            roots,
        })
    }

    /// Serves until it is dropped.
    pub(crate) async fn serve(self, tokens: Rc<Tokens>, transport: Transport) {
        let _roots = self.roots;
        let serving = self
            .proxy
            .serve(tokens, resource::azure_devops(), transport);
        serving.await;
    }
}

/// The files with root certificates that make clients trust the proxy; deleted when dropped.
#[derive(Debug)]
pub(crate) struct Roots {
    own: TempPath,
    all: TempPath,
}

impl StandIns {
    /// Those of a proxy in this process.
    pub(crate) fn of(proxy: &StandInProxy) -> Self {
        let copy = |(name, value): &(String, EndpointSecret)| (name.clone(), value.duplicate());
        Self {
            url: proxy.url(),
            key: proxy.key().duplicate(),
            certificate: pem(std::slice::from_ref(proxy.certificate())),
            values: proxy.stand_ins().iter().map(copy).collect(),
        }
    }

    /// The variables that make clients use and trust the proxy.
    pub(crate) fn settings(&self, allowed: &Allowed, roots: &Roots) -> Vec<Setting<'_>> {
        let text = |path: &Path| path.display().to_string();
        let mut settings = vec![
            key("HTTPS_PROXY", &self.url),
            plain("NO_PROXY", &past_the_proxy(allowed, &process_variable)),
            plain(ADDING, &text(&roots.own)),
        ];
        settings.extend(REPLACING.map(|name| plain(name, &text(&roots.all))));
        settings
    }

    /// The environment of a process that this one starts: those variables, and the stand-ins.
    fn environment(&self, allowed: &Allowed, roots: &Roots) -> Map<String, String> {
        let mut settings = self.settings(allowed, roots);
        settings.extend(self.values.iter().flat_map(|(name, value)| {
            let name = VariableName::of_process(name).ok()?;
            let value = Value::Key(value);
            Some(Setting { name, value })
        }));
        environment_of(&settings)
    }

    /// Prints where stand-ins are valid. Each is masked first: one in a log is worthless, but looks like a secret.
    pub(crate) fn announce(&self, allowed: &Allowed, log: &Log) {
        log.mask(&self.key);
        for (name, value) in &self.values {
            log.mask(value);
            log.say(&format!(
                "{name}: a stand-in for Azure DevOps, valid for {} through HTTPS_PROXY.",
                [&allowed.organizations[..], &allowed.publishers]
                    .concat()
                    .join(", ")
            ));
        }
    }

    /// The names of the variables that stay when the proxy is gone: an empty one would leave a client without roots. The
    /// key of the authority is gone by then.
    pub(crate) fn stays(name: &str) -> bool {
        REPLACING.contains(&name) || matches!(name, ADDING | "NO_PROXY")
    }

    /// Writes the roots that clients have without the proxy, and its own, into a folder.
    ///
    /// # Errors
    /// The folder cannot be written to, or this machine has no roots.
    pub(crate) fn write_roots(&self, folder: &Path) -> io::Result<Roots> {
        let roots = system_roots();
        if roots.is_empty() {
            let reason =
                "this machine has no root certificates; install the package ca-certificates";
            return Err(io::Error::other(reason));
        }
        let own = of_file(ADDING);
        let mut all = roots;
        for name in REPLACING {
            all.extend(of_file(name));
        }
        all.extend_from_slice(&own);
        Ok(Roots {
            own: self.write(folder, &own)?,
            all: self.write(folder, &all)?,
        })
    }

    fn write(&self, folder: &Path, roots: &Certificates) -> io::Result<TempPath> {
        let mut file = Builder::new();
        let mut file = file.prefix(PREFIX).suffix(".pem").tempfile_in(folder)?;
        file.write_all(pem(roots).as_bytes())?;
        file.write_all(self.certificate.as_bytes())?;
        Ok(file.into_temp_path())
    }
}

impl Roots {
    /// Leaves the files to the folder's owner.
    pub(crate) fn keep(self) -> io::Result<()> {
        for file in [self.own, self.all] {
            file.keep().map_err(|error| error.error)?;
        }
        Ok(())
    }
}

/// Whether a value of `HTTPS_PROXY` is the address of such a proxy.
pub(crate) fn is_our_proxy(value: &str) -> bool {
    value.starts_with(ADDRESS)
}

/// Whether a file of root certificates was written by such a proxy.
pub(crate) fn are_our_roots(path: &str) -> bool {
    let name = PathBuf::from(path);
    let name = name.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(PREFIX)
}

/// The requests with stand-ins, as lines for a log; nothing if there were none.
pub(crate) fn lines_of(journal: &str) -> Option<String> {
    let lines = journal.trim_end();
    (!lines.is_empty()).then(|| format!("Requests with stand-ins:\n{lines}"))
}

/// The variables of a step, as the proxy knows them.
pub(crate) fn names(variables: impl IntoIterator<Item = VariableName>) -> Vec<String> {
    let names = variables.into_iter();
    names.map(|name| name.in_environment()).collect()
}

/// `NO_PROXY` without the hosts that must use the proxy, and with this machine.
fn past_the_proxy(allowed: &Allowed, variable: &dyn Fn(&str) -> Option<String>) -> String {
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
fn of_file(variable: &str) -> Certificates {
    let file = process_path(variable).and_then(|path| std::fs::read(path).ok());
    file.map_or_else(Vec::new, |file| certificates(&file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_entry_sends_azure_devops_past_the_proxy() {
        let allowed = Allowed {
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
            assert_eq!(past_the_proxy(&allowed, &variable), expected, "{before}");
        }
    }
}
