//! Classic build and release definitions and task groups, as the REST API and *Export* write them: converts their
//! steps to YAML lines, each with its JSON pointer, so that the rules for steps apply to them.
//!
//! It does not evaluate steps; unknown tasks keep their position but get no name.

use std::collections::HashMap;

use serde_json::Value;

use super::variables;

/// Text in every file with a classic step.
pub(super) const MARKS: [&[u8]; 2] = [b"\"definitionType\"", b"\"workflowTasks\""];

/// Tasks that the rules for steps know, by ID: `task.json` of microsoft/azure-pipelines-tasks,
/// microsoft/azure-devops-extension-tasks and this repository.
const TASKS: [(&str, &str); 22] = [
    (
        "631511b4-50ab-47c8-b766-7ae2aa672733",
        "PublishAzureDevOpsExtension",
    ),
    (
        "22683a08-0dbe-4fe8-8c53-4606fcb32752",
        "ShareAzureDevOpsExtension",
    ),
    (
        "47a0f73c-f8e6-4fc5-a759-4d560031ef75",
        "InstallAzureDevOpsExtension",
    ),
    (
        "b2664b33-2f30-40a4-b75f-bb9456ad27d2",
        "UnpublishAzureDevOpsExtension",
    ),
    (
        "5c6fa59e-1d5a-4516-9127-b9efd05df306",
        "QueryAzureDevOpsExtensionVersion",
    ),
    (
        "b86cdd2a-0579-4d40-b28f-18197ffaf520",
        "IsAzureDevOpsExtensionValid",
    ),
    (
        "231decda-22cb-4e83-b2f4-31fc86a0de1f",
        "IsAzureDevOpsExtensionValid",
    ),
    ("46e4be58-730b-4389-8a2f-ea10b3e5e815", "AzureCLI"),
    ("ad884ca2-732e-4b85-b2d3-ed71bcbd2788", "npmAuthenticate"),
    ("f5fd8599-ccfa-4d6e-b965-4d14bed7097b", "NuGetAuthenticate"),
    ("5e3feff0-c5ae-11e8-a7d0-4bd3b8229800", "PipAuthenticate"),
    ("e4d58330-c771-11e8-8f8f-81fbb42e2824", "TwineAuthenticate"),
    ("d4b964f9-ea90-41bb-9526-29589628ad90", "MavenAuthenticate"),
    ("d1d75615-084d-4b9b-91a5-068b5f8c95a9", "CargoAuthenticate"),
    ("6c731c3c-3c68-459a-a5c9-bde6e6595b5b", "Bash"),
    ("e213ff0f-5d5c-4791-802d-52ea3e7be1f1", "PowerShell"),
    ("d9bafed4-0b18-4f58-968d-86655b4d2ce9", "CmdLine"),
    ("72a1931b-effb-4d2e-8fd8-f8472a07cb62", "AzurePowerShell"),
    ("8f5b1c0e-6d1f-4b39-9a55-2f6f0a2f7c41", "EntraToken"),
    ("3b6f8a57-52d4-4c0e-9d0b-6a1f3c2e9d18", "RunWithToken"),
    (
        "c9a9b1c7-54b3-4f0f-8a35-0a7d7f3a52be",
        "MarketplaceExtension",
    ),
    ("b1c35d44-5c5b-4b37-891b-c705c85ad293", "FeedAuthenticate"),
];

/// The steps of a definition.
#[derive(Debug, Default)]
pub(super) struct Definition {
    /// As YAML.
    pub(super) text: String,
    /// The origin of each line.
    pub(super) lines: Vec<Line>,
    /// Secret variables whose names refer to a personal access token.
    pub(super) variables: Vec<String>,
}

/// The origin of a YAML line.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// JSON pointer of the value.
    pub(super) pointer: String,
    /// The line in the value, starting at 1.
    pub(super) line: u64,
    /// Number of characters before the value's part of the line.
    pub(super) indent: u64,
}

/// Reads a definition; `None` if a document is not one.
pub(super) fn read(document: &Value) -> Option<Definition> {
    let mut definition = Definition::default();
    definition.add("steps:", "", 1, 0);
    let is_one = match document {
        Value::Object(_) => definition.document(document, ""),
        // An export of several definitions.
        Value::Array(list) => {
            let mut is_one = false;
            for (index, document) in list.iter().enumerate() {
                is_one |= definition.document(document, &format!("/{index}"));
            }
            is_one
        }
        _ => false,
    };
    is_one.then_some(definition)
}

impl Definition {
    fn document(&mut self, document: &Value, at: &str) -> bool {
        let before = self.lines.len();
        // The wrapper of a list of definitions or task groups.
        for (index, inner) in items(&document["value"]) {
            self.document(inner, &format!("{at}/value/{index}"));
        }
        self.variables(&document["variables"], &format!("{at}/variables"));
        for (number, phase) in items(&document["process"]["phases"]) {
            self.steps(
                &phase["steps"],
                &format!("{at}/process/phases/{number}/steps"),
            );
        }
        // Builds from before phases existed, and task groups.
        self.steps(&document["build"], &format!("{at}/build"));
        self.steps(&document["tasks"], &format!("{at}/tasks"));
        for (number, stage) in items(&document["environments"]) {
            let at = format!("{at}/environments/{number}");
            self.variables(&stage["variables"], &format!("{at}/variables"));
            for (number, phase) in items(&stage["deployPhases"]) {
                let at = format!("{at}/deployPhases/{number}/workflowTasks");
                self.steps(&phase["workflowTasks"], &at);
            }
        }
        let is_definition = ["process", "environments"]
            .iter()
            .any(|name| document[*name].is_object() || document[*name].is_array());
        self.lines.len() > before || is_definition
    }

    fn variables(&mut self, variables: &Value, at: &str) {
        for (name, variable) in variables.as_object().into_iter().flatten() {
            if is_secret_pat(name, variable) {
                self.variables.push(format!("{at}/{}", escaped(name)));
            }
        }
    }

    fn steps(&mut self, steps: &Value, at: &str) {
        for (number, step) in items(steps) {
            self.step(step, &format!("{at}/{number}"));
        }
    }

    fn step(&mut self, step: &Value, at: &str) {
        let (id, pointer) = match step["task"]["id"].as_str() {
            Some(id) => (Some(id), format!("{at}/task/id")),
            None => (step["taskId"].as_str(), format!("{at}/taskId")),
        };
        let Some(id) = id else { return };
        let version = step["task"]["versionSpec"]
            .as_str()
            .or(step["version"].as_str());
        let major = version.unwrap_or_default().split('.').next();
        let known = TASKS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(id));
        let name = known.map_or("Unknown", |(_, name)| name);
        let first = format!("- task: {name}@{}", major.unwrap_or_default());
        self.add(&first, &pointer, 1, 8);
        for (field, key) in [("inputs", "inputs"), ("environment", "env")] {
            let values = step[field].as_object();
            let mut is_first = true;
            for (name, value) in values.into_iter().flatten() {
                let text = value.as_str().map(str::trim_end).unwrap_or_default();
                if text.is_empty() {
                    continue;
                }
                if is_first {
                    self.add(&format!("  {key}:"), &format!("{at}/{field}"), 1, 0);
                    is_first = false;
                }
                self.value(name, text, &format!("{at}/{field}/{}", escaped(name)));
            }
        }
    }

    fn value(&mut self, name: &str, text: &str, pointer: &str) {
        // A colon that YAML would read as another key.
        let name: String = name
            .chars()
            .map(|letter| if letter.is_control() { ' ' } else { letter })
            .collect();
        let indent = 6 + name.chars().count() as u64;
        if !text.contains(['\n', '\r']) {
            return self.add(&format!("    {name}: {text}"), pointer, 1, indent);
        }
        self.add(&format!("    {name}: |"), pointer, 1, indent);
        for (line, number) in text.lines().zip(1..) {
            self.add(&format!("      {line}"), pointer, number, 6);
        }
    }

    fn add(&mut self, text: &str, pointer: &str, line: u64, indent: u64) {
        self.text.push_str(text.trim_end_matches('\r'));
        self.text.push('\n');
        self.lines.push(Line {
            pointer: pointer.to_owned(),
            line,
            indent,
        });
    }
}

/// Whether a variable of a definition or a group is secret and its name refers to a personal access token.
pub(crate) fn is_secret_pat(name: &str, variable: &Value) -> bool {
    variable["isSecret"] == Value::Bool(true) && variables::is_pat(name)
}

fn items(list: &Value) -> impl Iterator<Item = (usize, &Value)> {
    list.as_array().into_iter().flatten().enumerate()
}

/// Escapes a name for a JSON pointer.
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The offset of each string in a JSON text, by pointer, and the names of other values: the byte after the quote.
pub(super) fn places(text: &str) -> HashMap<String, usize> {
    let mut places = HashMap::new();
    let bytes = text.as_bytes();
    // For each open container: the length of its pointer, and for an array the index of the next item.
    let mut open: Vec<(usize, Option<usize>)> = Vec::new();
    let mut pointer = String::new();
    let mut is_name = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'{' | b'[' => {
                begin(&open, &mut pointer);
                open.push((pointer.len(), (*byte == b'[').then_some(0)));
                is_name = *byte == b'{';
            }
            b'}' | b']' => {
                open.pop();
                is_name = false;
            }
            b',' => match open.last_mut() {
                Some((_, Some(number))) => *number += 1,
                _ => is_name = true,
            },
            b':' => is_name = false,
            b'"' => {
                while bytes.get(at).is_some_and(|byte| *byte != b'"') {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
                if is_name {
                    let length = open.last().map_or(0, |(length, _)| *length);
                    pointer.truncate(length);
                    let name = text.get(start..at).unwrap_or_default();
                    let name: String = serde_json::from_str(name).unwrap_or_default();
                    pointer.push('/');
                    pointer.push_str(&escaped(&name));
                    // Replaced if its value is a string.
                    places.insert(pointer.clone(), start + 1);
                } else {
                    begin(&open, &mut pointer);
                    places.insert(pointer.clone(), start + 1);
                }
            }
            _ => {}
        }
    }
    places
}

/// The pointer of the next value: an array item has its index.
fn begin(open: &[(usize, Option<usize>)], pointer: &mut String) {
    if let Some((length, Some(number))) = open.last() {
        pointer.truncate(*length);
        pointer.push_str(&format!("/{number}"));
    }
}

#[test]
fn a_place_is_the_first_byte_of_a_string() {
    let text = r#"{"a~/b": ["x", {"c": "\"y,[", "d": [[], "z"]}, 1, "w"], "e": "v"}"#;
    let places = places(text);
    let mut shown: Vec<String> = places
        .iter()
        .map(|(pointer, at)| format!("{pointer} {}", &text[*at..*at + 1]))
        .collect();
    adieu_order::sort(&mut shown);
    assert_eq!(
        shown,
        [
            "/a~0~1b a",
            "/a~0~1b/0 x",
            r"/a~0~1b/1/c \",
            "/a~0~1b/1/d d",
            "/a~0~1b/1/d/1 z",
            "/a~0~1b/3 w",
            "/e v"
        ]
    );
}
