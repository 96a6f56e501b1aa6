//! How the agent was configured to reach its server: proxy and certificates.
//!
//! It reads no file and opens no connection.

use std::path::PathBuf;

use adieu_secret::ProxyPassword;

use crate::environment::Environment;

/// The agent's proxy.
#[derive(Debug)]
pub struct ProxySettings {
    /// Its address.
    pub url: String,
    /// User for it.
    pub user: Option<String>,
    /// Password for it.
    pub password: Option<ProxyPassword>,
    /// Regular expressions of the addresses that go past it, or the text that is no list of them.
    pub bypass: Result<Vec<String>, String>,
}

/// The agent's certificates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// PEM file of roots on top of the system's.
    pub roots: Option<PathBuf>,
    /// PEM files of the client certificate and its key.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// Whether certificates are checked at all.
    pub skip_validation: bool,
}

impl Environment {
    /// The agent's proxy, if it has one (`ExecutionContext.cs`).
    #[must_use]
    pub fn proxy(&self) -> Option<ProxySettings> {
        let bypass = self.variable("Agent.ProxyBypassList").unwrap_or("[]");
        Some(ProxySettings {
            url: self.variable("Agent.ProxyUrl")?.to_owned(),
            user: self.variable("Agent.ProxyUserName").map(str::to_owned),
            password: self
                .variable("Agent.ProxyPassword")
                .map(|password| ProxyPassword::new(password.to_owned())),
            bypass: serde_json::from_str(bypass).map_err(|_| bypass.to_owned()),
        })
    }

    /// The agent's certificates.
    #[must_use]
    pub fn tls(&self) -> TlsSettings {
        let path = |name| self.variable(name).map(PathBuf::from);
        TlsSettings {
            roots: path("Agent.CAInfo"),
            client_certificate: path("Agent.ClientCert").zip(path("Agent.ClientCertKey")),
            skip_validation: self
                .variable("Agent.SkipCertValidation")
                .is_some_and(|value| value.eq_ignore_ascii_case("true")),
        }
    }
}
