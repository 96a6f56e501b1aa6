//! How the agent was configured to reach its server: proxy and certificates.
//!
//! It reads no file and opens no connection.

use std::path::PathBuf;

use adieu_secret::ProxyPassword;

use crate::environment::Environment;
use crate::platform::PlatformVariableError;

/// The agent's proxy.
#[derive(Debug)]
pub struct ProxySettings {
    /// Its address.
    pub url: String,
    /// User for it.
    pub user: Option<String>,
    /// Password for it.
    pub password: Option<ProxyPassword>,
    /// Regular expressions for addresses that bypass the proxy, or the text that is not such a list.
    pub bypass: Result<Vec<String>, String>,
}

/// The agent's certificates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// PEM file with root certificates in addition to the system's.
    pub roots: Option<PathBuf>,
    /// PEM files of the client certificate and of its key.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// Whether certificates are not checked at all (`--sslskipcertvalidation`).
    pub skip_validation: bool,
}

impl Environment {
    /// The agent's proxy, if it has one (`ExecutionContext.cs`).
    ///
    /// # Errors
    /// A pipeline variable shadows one of the settings.
    pub fn proxy(&self) -> Result<Option<ProxySettings>, PlatformVariableError> {
        let Some(url) = self.platform_variable("Agent.ProxyUrl")? else {
            return Ok(None);
        };
        let user = self.platform_variable("Agent.ProxyUserName")?;
        let password = self.secret_platform_variable("Agent.ProxyPassword")?;
        let bypass = self.platform_variable("Agent.ProxyBypassList")?;
        let bypass = bypass.unwrap_or("[]");
        Ok(Some(ProxySettings {
            url: url.to_owned(),
            user: user.map(str::to_owned),
            password: password.map(|password| ProxyPassword::new(password.to_owned())),
            bypass: serde_json::from_str(bypass).map_err(|_| bypass.to_owned()),
        }))
    }

    /// The agent's certificates.
    ///
    /// # Errors
    /// A pipeline variable shadows one of the settings.
    pub fn tls(&self) -> Result<TlsSettings, PlatformVariableError> {
        let path = |name| Ok(self.platform_variable(name)?.map(PathBuf::from));
        let skip_validation = self.platform_variable("Agent.SkipCertValidation")?;
        Ok(TlsSettings {
            roots: path("Agent.CAInfo")?,
            client_certificate: path("Agent.ClientCert")?.zip(path("Agent.ClientCertKey")?),
            skip_validation: skip_validation
                .is_some_and(|value| value.eq_ignore_ascii_case("true")),
        })
    }
}
