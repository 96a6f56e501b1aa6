//! Texts marked `i18n:` and their translations.
//!
//! It reads no file. A text's key is its path in the manifest, with a contribution's ID instead of its index, as in
//! tfx-cli's `loc.ts` and `vso-manifest-builder.ts`: translators have files with these keys.

use super::merge::is_comment;
use super::{Extension, WithPosition};
use crate::document::{Node, Value};

const MARK: &str = "i18n:";

/// The text without its mark, in the manifest's own language.
pub fn default_text(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// The translations into one language.
#[derive(Debug, Clone)]
pub struct Translations {
    /// Folder name, such as `fr-fr`.
    pub language: String,
    /// The file `resources.resjson`.
    pub document: Node,
}

impl Translations {
    /// The translation of a key, which is a flat name or a path through nested objects. An empty one counts as
    /// missing.
    pub fn get(&self, key: &str) -> Option<&str> {
        let flat = self.document.get(key);
        let nested = || {
            key.split('.')
                .try_fold(&self.document, |node, name| node.get(name))
        };
        flat.or_else(nested)
            .and_then(Node::text)
            .filter(|text| !text.is_empty())
    }

    /// The translation of a text in the package manifest. Without one, the text itself if it is marked for
    /// translation, otherwise `None`.
    pub fn of<'a>(&'a self, key: &str, value: Option<&'a WithPosition<String>>) -> Option<&'a str> {
        self.get(key)
            .or_else(|| value.and_then(|value| value.value.strip_prefix(MARK)))
    }
}

/// Builds `extension.vsomanifest`, in the manifest's own language or in another one.
pub fn service_manifest(extension: &Extension, translations: Option<&Translations>) -> Node {
    let members = extension
        .service
        .iter()
        .map(|(key, node)| (key.clone(), localised(node, key, translations)))
        .collect();
    let position = crate::document::FilePosition::file("extension.vsomanifest");
    Node::made(position, Value::Object(members))
}

fn localised(node: &Node, path: &str, translations: Option<&Translations>) -> Node {
    let value = match &node.value {
        Value::Text(text) => match text.strip_prefix(MARK) {
            Some(own) => {
                let translated = translations.and_then(|translations| translations.get(path));
                Value::Text(translated.unwrap_or(own).to_owned())
            }
            None => Value::Text(text.clone()),
        },
        Value::List(list) => Value::List(
            list.iter()
                .enumerate()
                .map(|(index, item)| localised(item, &item_path(path, index, item), translations))
                .collect(),
        ),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(key, _)| !is_comment(key))
                .map(|(key, item)| {
                    (
                        key.clone(),
                        localised(item, &format!("{path}.{key}"), translations),
                    )
                })
                .collect(),
        ),
        other => other.clone(),
    };
    Node {
        value,
        ..node.clone()
    }
}

fn item_path(path: &str, index: usize, item: &Node) -> String {
    let id = item
        .get("id")
        .and_then(Node::text)
        .filter(|id| !id.is_empty());
    match id {
        Some(id) if path == "contributions" || path == "contributionTypes" => {
            format!("{path}.{id}")
        }
        _ => format!("{path}.{index}"),
    }
}
