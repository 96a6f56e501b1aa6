//! Extensions in the gallery: versions, flags, validation, and removal.
//!
//! It never uploads; `upload.rs` does.

use reqwest::{Method, Url};
use serde_json::Value;

use crate::client::Client;
use crate::error::{Error, if_found, is_removed};
use crate::values::{flags, items, text};

/// `GET` and `DELETE` of an extension, according to microsoft/azure-devops-extension-api (`GalleryClient.ts`).
const API_VERSION: &str = "7.2-preview.2";

/// `ExtensionQueryFlags`: versions.
const VERSIONS: &str = "1";

/// `ExtensionQueryFlags`: versions, files, categories and tags, shared accounts.
const EVERYTHING: &str = "15";

/// Longest part of a validator's log that is read.
const LONGEST_LOG: usize = 64 * 1024;

/// Publisher and extension: the full name of an extension in the Marketplace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionName {
    /// Publisher's ID.
    pub publisher: String,
    /// Extension's ID.
    pub extension: String,
}

/// An extension that is in the gallery.
#[derive(Debug, Clone)]
pub struct PublishedExtension {
    /// `public`, `preview`, `paid`, `validated` …, as the gallery spells them.
    pub flags: Vec<String>,
    /// Versions, the latest first.
    pub versions: Vec<PublishedVersion>,
    /// Organizations with which it is shared.
    pub shared_with: Vec<String>,
    /// The gallery's whole answer.
    pub whole: Value,
}

/// One version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedVersion {
    /// `1.4.0`
    pub version: String,
    /// Platform of a VS Code package, such as `linux-x64`; `None` if it is for all.
    pub target_platform: Option<String>,
    /// When it last changed, as the gallery writes it.
    pub last_updated: String,
    /// The state of its validation.
    pub state: ValidationState,
}

/// The state of a version's validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValidationState {
    /// It has not finished.
    Pending,
    /// The version can be installed.
    Validated,
    /// The validator's message, split into lines.
    Failed(Vec<String>),
}

impl std::fmt::Display for ExtensionName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.publisher, self.extension)
    }
}

impl PublishedExtension {
    /// A version, or the latest one.
    pub fn version(&self, version: Option<&str>) -> Option<&PublishedVersion> {
        match version {
            Some(version) => self.versions.iter().find(|one| one.version == version),
            None => self.versions.first(),
        }
    }

    /// A version for one platform of VS Code, or for all.
    pub fn version_for(
        &self,
        version: &str,
        target_platform: Option<&str>,
    ) -> Option<&PublishedVersion> {
        let is_it = |one: &&PublishedVersion| {
            one.version == version && one.target_platform.as_deref() == target_platform
        };
        self.versions.iter().find(is_it)
    }

    pub(crate) fn read(whole: Value) -> Self {
        let shared_with = items(&whole, "sharedWith").iter();
        let shared_with = shared_with
            .filter_map(|account| Some(account["name"].as_str()?.to_owned()))
            .collect();
        let mut versions: Vec<_> = items(&whole, "versions").iter().map(version).collect();
        // The gallery does not document the order of its list. Its times sort as text, and a stable sort keeps the
        // order of equal ones.
        adieu_order::sort_by(&mut versions, |one, other| {
            other.last_updated.cmp(&one.last_updated)
        });
        Self {
            flags: flags_of(&whole),
            versions,
            shared_with,
            whole,
        }
    }
}

impl Client<'_> {
    /// An extension with its versions; `None` if the gallery does not have it. Only a 404 means that: any other
    /// answer is an error.
    ///
    /// # Errors
    /// No answer, or a refusal other than "not found".
    pub async fn find(
        &self,
        name: &ExtensionName,
        version: Option<&str>,
    ) -> Result<Option<PublishedExtension>, Error> {
        if_found(self.extension(name, version, VERSIONS).await).map(Option::flatten)
    }

    /// An extension with everything that the gallery knows about it.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn show(&self, name: &ExtensionName) -> Result<Option<PublishedExtension>, Error> {
        if_found(self.extension(name, None, EVERYTHING).await).map(Option::flatten)
    }

    async fn extension(
        &self,
        name: &ExtensionName,
        version: Option<&str>,
        flags: &str,
    ) -> Result<Option<PublishedExtension>, Error> {
        let mut url = self.at_extension(name, &[]);
        if let Some(version) = version {
            url.query_pairs_mut().append_pair("version", version);
        }
        url.query_pairs_mut().append_pair("flags", flags);
        let answer = self.ask(Method::GET, &url, API_VERSION, None).await?;
        // An older gallery answers `null` instead of a 404.
        Ok((!answer.is_null()).then(|| PublishedExtension::read(answer)))
    }

    /// Removes an extension, or one version of it. Returns whether it existed.
    ///
    /// # Errors
    /// No answer, or a refusal other than "not found".
    pub async fn unpublish(
        &self,
        name: &ExtensionName,
        version: Option<&str>,
    ) -> Result<bool, Error> {
        let mut url = self.at_extension(name, &[]);
        if let Some(version) = version {
            url.query_pairs_mut().append_pair("version", version);
        }
        is_removed(self.ask(Method::DELETE, &url, API_VERSION, None).await)
    }

    /// The start of the validator's log for one version.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn verification_log(
        &self,
        name: &ExtensionName,
        version: &str,
    ) -> Result<String, Error> {
        let url = self.at_extension(name, &[version, "verificationlog"]);
        let mut log = self.text(&url, "7.2-preview.1").await?;
        let end = (0..=LONGEST_LOG)
            .rev()
            .find(|end| log.is_char_boundary(*end));
        log.truncate(end.unwrap_or_default());
        Ok(log)
    }

    /// An address below an extension: `_apis/gallery/publishers/{publisher}/extensions/{extension}/…`.
    pub(crate) fn at_extension(&self, name: &ExtensionName, path: &[&str]) -> Url {
        let (publisher, extension) = (&*name.publisher, &*name.extension);
        let above = [
            "_apis",
            "gallery",
            "publishers",
            publisher,
            "extensions",
            extension,
        ];
        self.hosts.gallery(&[&above, path].concat())
    }

    /// The same for services that have the words in the singular: `…/publisher/{publisher}/extension/{extension}/…`.
    pub(crate) fn in_extension(&self, name: &ExtensionName, path: &[&str]) -> Url {
        let (publisher, extension) = (&*name.publisher, &*name.extension);
        let above = [
            "_apis",
            "gallery",
            "publisher",
            publisher,
            "extension",
            extension,
        ];
        self.hosts.gallery(&[&above, path].concat())
    }
}

fn version(version: &Value) -> PublishedVersion {
    let message = text(version, "validationResultMessage");
    let validated = flags_of(version).iter().any(|flag| flag == "validated");
    PublishedVersion {
        version: text(version, "version"),
        target_platform: platform(&text(version, "targetPlatform")),
        last_updated: text(version, "lastUpdated"),
        state: if !message.trim().is_empty() {
            ValidationState::Failed(reasons(&message))
        } else if validated {
            ValidationState::Validated
        } else {
            ValidationState::Pending
        },
    }
}

/// A platform by its name; `universal` is the same as none.
pub(crate) fn platform(text: &str) -> Option<String> {
    (!text.is_empty() && !text.eq_ignore_ascii_case("universal")).then(|| text.to_ascii_lowercase())
}

/// The flags of an extension or a version: words, or a number. A version's only flag is `Validated`, which is 1.
fn flags_of(value: &Value) -> Vec<String> {
    match &value["flags"] {
        Value::Number(number) if number.as_u64().is_some_and(|number| number & 1 == 1) => {
            vec!["validated".to_owned()]
        }
        words => flags(words.as_str().unwrap_or_default()),
    }
}

/// Splits the validator's message, which is a sentence, or JSON with a result for each step.
fn reasons(message: &str) -> Vec<String> {
    let results = serde_json::from_str::<Value>(message)
        .ok()
        .and_then(|json| json.get("results")?.as_array().cloned());
    let Some(results) = results else {
        return message
            .lines()
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect();
    };
    let mut lines = Vec::new();
    for result in &results {
        let fields = ["source", "status", "message", "details", "reports"];
        let words: Vec<String> = fields
            .iter()
            .filter_map(|field| result.get(field))
            .flat_map(texts)
            .collect();
        lines.push(words.join(": "));
    }
    lines
}

/// All texts in a value: in a list, in each item; in an object, in each value.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            lines.map(str::to_owned).collect()
        }
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_the_state_of_validation() {
        for (value, state) in [
            (
                json!({"version": "1.0.0", "flags": "none"}),
                ValidationState::Pending,
            ),
            (json!({"version": "1.0.0"}), ValidationState::Pending),
            (
                json!({"version": "1.0.0", "flags": "Validated"}),
                ValidationState::Validated,
            ),
            (
                json!({"version": "1.0.0", "flags": 1}),
                ValidationState::Validated,
            ),
            (
                json!({"version": "1.0.0", "flags": "none", "validationResultMessage": "Bad icon.\n\n Bad \
                 name."}),
                ValidationState::Failed(vec!["Bad icon.".to_owned(), "Bad name.".to_owned()]),
            ),
            (
                json!({"version": "1.0.0", "flags": "validated", "validationResultMessage":
                    r#"{"results":[{"source":"VirusScan","status":"error","message":"found x"},{"source":"Icon","status":"success"}]}"#}),
                ValidationState::Failed(vec![
                    "VirusScan: error: found x".to_owned(),
                    "Icon: success".to_owned(),
                ]),
            ),
            (
                json!({"version": "1.0.0", "validationResultMessage":
                    r#"{"results":[{"source":"Content","status":"failure","message":"Refused","reports":[{"file":"a.ps1"}],"details":["a.exe holds a key", "in line 3"]}]}"#}),
                ValidationState::Failed(vec![
                    "Content: failure: Refused: a.exe holds a key: in line 3: a.ps1".to_owned(),
                ]),
            ),
        ] {
            assert_eq!(version(&value).state, state, "{value}");
        }
    }

    #[test]
    fn the_latest_version_is_the_one_that_changed_last() {
        let extension = PublishedExtension::read(json!({"versions": [
            {"version": "1.9.0", "lastUpdated": "2026-01-01T00:00:00Z"},
            {"version": "1.10.0", "lastUpdated": "2026-02-01T00:00:00Z"},
        ]}));
        assert_eq!(
            extension
                .version(None)
                .map(|version| version.version.as_str()),
            Some("1.10.0")
        );
    }
}
