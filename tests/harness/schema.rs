//! Checks documents against the JSON schemas in `docs/`.
//!
//! It supports the keywords that they use, and panics at any other.

use std::fs;

use serde_json::Value;

use super::root;

/// Keywords without effect on validity.
const WORDS: [&str; 6] = ["$schema", "$id", "title", "description", "format", "$defs"];

/// A schema and its definitions.
pub(crate) struct Schema(Value);

impl Schema {
    /// A file of the repository.
    pub(crate) fn read(path: &str) -> Self {
        let text = fs::read_to_string(root().join(path)).expect("a schema");
        Self(serde_json::from_str(&text).expect("JSON"))
    }

    /// The names of its definitions.
    pub(crate) fn definitions(&self) -> Vec<&str> {
        let definitions = self.0["$defs"].as_object().expect("definitions");
        definitions.keys().map(String::as_str).collect()
    }

    /// The violations in a document.
    pub(crate) fn violations(&self, document: &Value) -> Vec<String> {
        self.check(&self.0, document, "$")
    }

    /// The violations in a document of one definition.
    pub(crate) fn violations_of(&self, definition: &str, document: &Value) -> Vec<String> {
        let schema = &self.0["$defs"][definition];
        assert!(schema.is_object(), "there is no definition of {definition}");
        self.check(schema, document, "$")
    }

    fn check(&self, schema: &Value, value: &Value, place: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (keyword, rule) in schema.as_object().into_iter().flatten() {
            match keyword.as_str() {
                "$ref" => {
                    let name = rule.as_str().and_then(|text| text.strip_prefix("#/$defs/"));
                    let schema = &self.0["$defs"][name.expect("a definition")];
                    assert!(schema.is_object(), "{rule} is not there");
                    found.extend(self.check(schema, value, place));
                }
                "type" if !has_type(rule, value) => found.push(format!("{place} is not {rule}")),
                "const" if rule != value => found.push(format!("{place} is not {rule}")),
                "enum" if !rule.as_array().expect("values").contains(value) => {
                    found.push(format!("{place} is none of {rule}"));
                }
                "minimum" if value.as_i64() < rule.as_i64() && value.is_number() => {
                    found.push(format!("{place} is less than {rule}"));
                }
                "required" => {
                    for name in rule.as_array().into_iter().flatten() {
                        let name = name.as_str().expect("a name");
                        if value.is_object() && value.get(name).is_none() {
                            found.push(format!("{place} has no {name}"));
                        }
                    }
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        found.extend(self.check(rule, item, &format!("{place}[{index}]")));
                    }
                }
                "properties" => {
                    for (name, schema) in rule.as_object().into_iter().flatten() {
                        if let Some(field) = value.get(name) {
                            found.extend(self.check(schema, field, &format!("{place}.{name}")));
                        }
                    }
                }
                "additionalProperties" => {
                    for (name, field) in value.as_object().into_iter().flatten() {
                        if schema["properties"].get(name).is_some() {
                            continue;
                        }
                        match rule {
                            Value::Bool(false) => found.push(format!("{place} has {name}")),
                            rule => found.extend(self.check(rule, field, place)),
                        }
                    }
                }
                "type" | "const" | "enum" | "minimum" => {}
                word => assert!(WORDS.contains(&word), "{word} is not known here"),
            }
        }
        found
    }
}

fn has_type(rule: &Value, value: &Value) -> bool {
    let is_of = |kind: &Value| match kind.as_str().expect("a type") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other} is not a type"),
    };
    match rule {
        Value::Array(kinds) => kinds.iter().any(is_of),
        kind => is_of(kind),
    }
}
