//! `nuget.config`: sources and their credentials (learn.microsoft.com, "nuget.config reference").
//!
//! NuGet fails on a credential without its password, so a credential is removed completely.

use crate::declaration::{Reading, Tool};
use crate::source::Source;
use crate::xml::parse;

pub(crate) fn read(source: &Source<'_>, reading: &mut Reading) {
    let Some(document) = parse(source.text) else {
        return;
    };
    // The start of the document, after its byte order mark.
    let text = document.input_text();
    for node in document.descendants() {
        let Some(parent) = node.parent_element() else {
            continue;
        };
        if !node.has_tag_name("add") {
            continue;
        }
        let (key, value) = (node.attribute("key"), node.attribute("value"));
        let (Some(key), Some(value)) = (key, value) else {
            continue;
        };
        let line = source.line_of(node.range().start);
        if parent.has_tag_name("packageSources") {
            let first = reading.declarations.len();
            source.take(line, Tool::NuGet, value, reading);
            for one in &mut reading.declarations[first..] {
                one.name = Some(key.to_owned());
            }
        }
        let is_password = ["ClearTextPassword", "Password"]
            .iter()
            .any(|word| key.eq_ignore_ascii_case(word));
        let of_sources = parent.parent_element();
        // A value between percent signs is a variable.
        if is_password
            && !value.starts_with('%')
            && of_sources.is_some_and(|it| it.has_tag_name("packageSourceCredentials"))
        {
            let edit = source.edit(&text[parent.range()], "");
            let name = decoded(parent.tag_name().name());
            source.stale_of(Some(name), (line, edit), Tool::NuGet, reading);
        }
    }
}

/// The key of a source, decoded from the name of its element, where `_x0020_` is a space.
fn decoded(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find("_x") {
        let digits = rest
            .get(at + 2..at + 6)
            .filter(|_| rest.get(at + 6..at + 7) == Some("_"));
        let character = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        key.push_str(&rest[..at]);
        let length = match character.and_then(char::from_u32) {
            Some(character) => {
                key.push(character);
                7
            }
            None => {
                key.push_str("_x");
                2
            }
        };
        rest = &rest[at + length..];
    }
    key.push_str(rest);
    key
}

#[test]
fn decodes_element_names_to_keys() {
    for (name, key) in [
        ("packages", "packages"),
        ("My_x0020_feed", "My feed"),
        ("a_x_b_x00e9_", "a_x_bé"),
        ("_x12", "_x12"),
    ] {
        assert_eq!(decoded(name), key);
    }
}
