//! Extensions as the gallery has them: their versions, flags and validation, and how one is removed.
//!
//! It never uploads; `upload.rs` does.

use reqwest::{Method, Url};
use serde_json::Value;

use crate::client::Client;
use crate::error::Error;
use crate::hosts::Hosts;
use crate::refusal::Reason;

/// `GET` and `DELETE` of an extension, as microsoft/azure-devops-extension-api has them (`GalleryClient.ts`).
const API_VERSION: &str = "7.2-preview.2";

/// Of `ExtensionQueryFlags`: versions.
const VERSIONS: &str = "1";

/// Of `ExtensionQueryFlags`: versions, files, categories and tags, shared accounts.
const EVERYTHING: &str = "15";

/// A log of the validator's is text for people; more than this is never read.
const LONGEST_LOG: usize = 64 * 1024;

/// Publisher and extension, as the Marketplace names an extension.
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
    /// Organizations that it is shared with.
    pub shared_with: Vec<String>,
    /// Everything, as the gallery says it.
    pub whole: Value,
}

/// One version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedVersion {
    /// `1.4.0`
    pub version: String,
    /// Platform of a VS Code package, such as `linux-x64`; nothing where it is for all.
    pub target_platform: Option<String>,
    /// When it last changed, as the gallery writes it.
    pub last_updated: String,
    /// The state of its validation.
    pub state: ValidationState,
}

/// The state of a version's validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValidationState {
    /// It is not done.
    Pending,
    /// The version can be installed.
    Validated,
    /// The validator's own words, a line each.
    Failed(Vec<String>),
}

impl std::fmt::Display for ExtensionName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.publisher, self.extension)
    }
}

impl PublishedExtension {
    /// A version, or the latest.
    #[must_use]
    pub fn version(&self, version: Option<&str>) -> Option<&PublishedVersion> {
        match version {
            Some(version) => self.versions.iter().find(|one| one.version == version),
            None => self.versions.first(),
        }
    }

    /// A version for one platform of VS Code, or for all.
    #[must_use]
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
        let texts = |value: Option<&Value>, field: &str| -> Vec<String> {
            let list = value.and_then(Value::as_array).cloned().unwrap_or_default();
            list.iter()
                .filter_map(|item| Some(item.get(field)?.as_str()?.to_owned()))
                .collect()
        };
        let mut versions: Vec<PublishedVersion> = whole
            .get("versions")
            .and_then(Value::as_array)
            .map(|versions| versions.iter().map(version).collect())
            .unwrap_or_default();
        // The gallery does not say in which order it lists them; its times sort as text. A stable sort
        // leaves those of one moment as they came.
        adieu_order::sort_by(&mut versions, |one, other| {
            other.last_updated.cmp(&one.last_updated)
        });
        Self {
            flags: flags(whole.get("flags")),
            versions,
            shared_with: texts(whole.get("sharedWith"), "name"),
            whole,
        }
    }
}

/// An address below an extension: `_apis/gallery/publisher/{publisher}/extension/{extension}/…`.
pub(crate) fn below(hosts: &Hosts, name: &ExtensionName, path: &[&str]) -> Url {
    let (publisher, extension) = (&*name.publisher, &*name.extension);
    let above = [
        "_apis",
        "gallery",
        "publisher",
        publisher,
        "extension",
        extension,
    ];
    hosts.gallery(&[&above, path].concat())
}

impl Client<'_> {
    /// An extension with its versions, or none where the gallery says that there is none. Only a 404
    /// means that: any other answer is an error.
    ///
    /// # Errors
    /// No answer, or a no that is not "not found".
    pub async fn find(
        &self,
        name: &ExtensionName,
        version: Option<&str>,
    ) -> Result<Option<PublishedExtension>, Error> {
        match self.extension(name, version, VERSIONS).await {
            Ok(extension) => Ok(extension),
            Err(error) if error.is(Reason::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same with everything that the gallery knows of it.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn show(&self, name: &ExtensionName) -> Result<Option<PublishedExtension>, Error> {
        match self.extension(name, None, EVERYTHING).await {
            Ok(extension) => Ok(extension),
            Err(error) if error.is(Reason::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn extension(
        &self,
        name: &ExtensionName,
        version: Option<&str>,
        flags: &str,
    ) -> Result<Option<PublishedExtension>, Error> {
        let mut url = self.hosts.gallery(&Self::path(name));
        if let Some(version) = version {
            url.query_pairs_mut().append_pair("version", version);
        }
        url.query_pairs_mut().append_pair("flags", flags);
        let answer = self.ask(Method::GET, &url, API_VERSION, None).await?;
        // An older gallery answers `null` in place of a 404.
        Ok((!answer.is_null()).then(|| PublishedExtension::read(answer)))
    }

    /// Removes an extension, or one version of it. Returns whether it was there.
    ///
    /// # Errors
    /// No answer, or a no that is not "not found".
    pub async fn unpublish(
        &self,
        name: &ExtensionName,
        version: Option<&str>,
    ) -> Result<bool, Error> {
        let mut url = self.hosts.gallery(&Self::path(name));
        if let Some(version) = version {
            url.query_pairs_mut().append_pair("version", version);
        }
        match self.ask(Method::DELETE, &url, API_VERSION, None).await {
            Ok(_) => Ok(true),
            Err(error) if error.is(Reason::NotFound) => Ok(error.is_of_a_repeat()),
            Err(error) => Err(error),
        }
    }

    /// The validator's log of one version, as far as it can be had.
    ///
    /// # Errors
    /// No answer, or a no.
    pub async fn verification_log(
        &self,
        name: &ExtensionName,
        version: &str,
    ) -> Result<String, Error> {
        let [api, gallery, publishers, publisher, extensions, extension] = Self::path(name);
        let url = self.hosts.gallery(&[
            api,
            gallery,
            publishers,
            publisher,
            extensions,
            extension,
            version,
            "verificationlog",
        ]);
        let mut log = self.text(&url, "7.2-preview.1").await?;
        let end = (0..=LONGEST_LOG)
            .rev()
            .find(|end| log.is_char_boundary(*end));
        log.truncate(end.unwrap_or_default());
        Ok(log)
    }

    pub(crate) fn path(name: &ExtensionName) -> [&str; 6] {
        [
            "_apis",
            "gallery",
            "publishers",
            &name.publisher,
            "extensions",
            &name.extension,
        ]
    }
}

fn version(version: &Value) -> PublishedVersion {
    let text = |field: &str| {
        let value = version.get(field).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    let message = text("validationResultMessage");
    let validated = flags(version.get("flags"))
        .iter()
        .any(|flag| flag == "validated");
    PublishedVersion {
        version: text("version"),
        target_platform: platform(&text("targetPlatform")),
        last_updated: text("lastUpdated"),
        state: if !message.trim().is_empty() {
            ValidationState::Failed(reasons(&message))
        } else if validated {
            ValidationState::Validated
        } else {
            ValidationState::Pending
        },
    }
}

/// A platform by its name; `universal` and nothing are the same.
pub(crate) fn platform(text: &str) -> Option<String> {
    (!text.is_empty() && !text.eq_ignore_ascii_case("universal")).then(|| text.to_ascii_lowercase())
}

/// Flags come as words with commas, or as their number. In lower case: the gallery's own varies.
fn flags(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(words)) => words
            .split(',')
            .map(|word| word.trim().to_ascii_lowercase())
            .filter(|word| !word.is_empty() && word != "none")
            .collect(),
        // A version's only flag is `Validated`, which is 1.
        Some(Value::Number(number)) if number.as_u64().is_some_and(|number| number & 1 == 1) => {
            vec!["validated".to_owned()]
        }
        _ => Vec::new(),
    }
}

/// The validator says a sentence, or JSON with a result for each of its steps.
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

/// The texts of a value: of a list, each of its texts; of an object, each of its values'.
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
