//! Extensions in an organization: installed, looked up, uninstalled.
//!
//! It never waits; callers repeat the request.

use reqwest::{Method, Url};
use serde_json::Value;

use crate::client::Client;
use crate::error::{Error, if_found, is_removed};
use crate::gallery::ExtensionName;
use crate::hosts::Organization;
use crate::refusal::Reason;
use crate::values::{flags, items, text};

/// "Installed Extensions" of Microsoft's REST reference.
const API_VERSION: &str = "7.1-preview.1";

/// An installed extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledExtension {
    /// Its version.
    pub version: String,
    /// Flags of its state: `disabled`, `error`, `warning` …
    pub flags: Vec<String>,
    /// Its problems, in the service's words.
    pub issues: Vec<String>,
}

/// The result of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Installation {
    /// It is now installed.
    Installed(InstalledExtension),
    /// It was already installed.
    WasInstalled,
}

impl Client<'_> {
    /// Installs an extension, or a version of it.
    ///
    /// # Errors
    /// No answer, or a refusal other than "installed already".
    pub async fn install(
        &self,
        name: &ExtensionName,
        version: Option<&str>,
        organization: &Organization,
    ) -> Result<Installation, Error> {
        let url = Self::by_name(name, version, organization);
        match self
            .ask(Method::POST, &url, API_VERSION, Some(&Value::Null))
            .await
        {
            Ok(answer) => Ok(Installation::Installed(read(&answer))),
            Err(error) if error.is(Reason::AlreadyInstalled) && error.is_of_a_repeat() => {
                let installed = self.installed(name, organization).await?;
                Ok(installed.map_or(Installation::WasInstalled, Installation::Installed))
            }
            Err(error) if error.is(Reason::AlreadyInstalled) => Ok(Installation::WasInstalled),
            Err(error) => Err(error),
        }
    }

    /// The installed extension, if there is one.
    ///
    /// # Errors
    /// No answer, or a refusal other than "not found".
    pub async fn installed(
        &self,
        name: &ExtensionName,
        organization: &Organization,
    ) -> Result<Option<InstalledExtension>, Error> {
        let url = Self::by_name(name, None, organization);
        let answer = self.ask(Method::GET, &url, API_VERSION, None).await;
        let answer = if_found(answer)?.filter(|answer| !answer.is_null());
        let is_gone = |one: &InstalledExtension| one.flags.iter().any(|flag| flag == "uninstalled");
        Ok(answer.as_ref().map(read).filter(|one| !is_gone(one)))
    }

    /// Uninstalls it. Returns whether it was installed.
    ///
    /// # Errors
    /// No answer, or a refusal other than "not found".
    pub async fn uninstall(
        &self,
        name: &ExtensionName,
        organization: &Organization,
    ) -> Result<bool, Error> {
        let url = Self::by_name(name, None, organization);
        is_removed(self.ask(Method::DELETE, &url, API_VERSION, None).await)
    }

    fn by_name(name: &ExtensionName, version: Option<&str>, organization: &Organization) -> Url {
        let mut path = vec![
            "_apis",
            "extensionmanagement",
            "installedextensionsbyname",
            &name.publisher,
            &name.extension,
        ];
        path.extend(version);
        organization.extension_management(&path)
    }
}

fn read(answer: &Value) -> InstalledExtension {
    let state = &answer["installState"];
    let issues = items(state, "installationIssues").iter();
    InstalledExtension {
        version: text(answer, "version"),
        flags: flags(&text(state, "flags")),
        issues: issues
            .filter_map(|issue| Some(issue["message"].as_str()?.to_owned()))
            .collect(),
    }
}
