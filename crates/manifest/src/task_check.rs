//! What anybody's `task.json` must say, with every problem and its line.
//!
//! It looks at one document; whether files are in the package is not its business. Keys and patterns are
//! those of `tasks.schema.json` in microsoft/azure-pipelines-task-lib; what servers take although the schema
//! does not is a warning. `task::Task` is the strict reading of our own tasks.

mod inputs;
mod schema;

use crate::document::{Node, Place};
use crate::extension::Said;
use crate::finding::{Finding, Problem};

/// What a package needs to know about a task.
#[derive(Debug, Clone, Default)]
pub struct TaskFacts {
    /// GUID as written.
    pub id: Option<Said<String>>,
    /// Name in YAML.
    pub name: Option<Said<String>>,
    /// `Major`, `Minor`, `Patch`.
    pub version: Option<Said<[u32; 3]>>,
    /// Handlers that start a file.
    pub handlers: Vec<HandlerFacts>,
    /// Sections whose every handler is old, with the handlers' names.
    pub old_sections: Vec<Said<(String, String)>>,
}

/// A handler that starts a file.
#[derive(Debug, Clone)]
pub struct HandlerFacts {
    /// `execution`, `prejobexecution`, `postjobexecution`.
    pub section: String,
    /// `Node24`, …
    pub handler: String,
    /// Its `target`.
    pub target: Said<String>,
}

/// Handlers that start a file of the task; the others are the server's.
const FILE_HANDLERS: [&str; 8] = [
    "Node",
    "Node10",
    "Node16",
    "Node20_1",
    "Node24",
    "PowerShell",
    "PowerShell3",
    "Process",
];
/// Handlers whose Node is past its end of life; agents without them exist (`pipelines-agent-*`).
const OLD_HANDLERS: [&str; 4] = ["Node", "Node6", "Node10", "Node16"];

/// Checks a `task.json`.
#[must_use]
pub fn check(document: &Node) -> (TaskFacts, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut facts = TaskFacts::default();
    if document.members().is_none() {
        findings.push(wrong_type(document, "task.json", "an object"));
        return (facts, findings);
    }
    schema::check(document, &schema::TASK, "", &mut findings);
    facts.id = text(document, "id", is_guid, "a GUID", &mut findings);
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    facts.name = text(
        document,
        "name",
        is_name,
        "letters, digits and dashes",
        &mut findings,
    );
    let is_friendly = |name: &str| (1..=40).contains(&name.chars().count());
    text(
        document,
        "friendlyName",
        is_friendly,
        "of one to forty characters",
        &mut findings,
    );
    text(
        document,
        "instanceNameFormat",
        |format| !format.is_empty(),
        "some text",
        &mut findings,
    );
    for key in ["description", "author", "category"] {
        if document.get(key).is_none() {
            findings.push(Finding::new(
                &document.place,
                Problem::TaskLacks {
                    key: key.to_owned(),
                },
            ));
        }
    }
    facts.version = version(document, &mut findings);
    inputs::check(document, &mut findings);
    const SECTIONS: [&str; 3] = ["prejobexecution", "execution", "postjobexecution"];
    for section in SECTIONS {
        handlers(document, section, &mut facts, &mut findings);
    }
    let has_handler = |section: &str| {
        let section = document.get(section);
        section.is_some_and(|section| section.members().is_none_or(|members| !members.is_empty()))
    };
    if !SECTIONS.iter().any(|section| has_handler(section)) {
        findings.push(Finding::new(&document.place, Problem::NoHandler));
    }
    (facts, findings)
}

fn wrong_type(node: &Node, key: &str, expected: &'static str) -> Finding {
    Finding::new(
        &node.place,
        Problem::WrongType {
            key: key.to_owned(),
            expected,
            found: node.kind(),
        },
    )
}

fn text(
    document: &Node,
    key: &str,
    is_good: impl Fn(&str) -> bool,
    rule: &'static str,
    findings: &mut Vec<Finding>,
) -> Option<Said<String>> {
    let Some(node) = document.get(key) else {
        findings.push(Finding::new(
            &document.place,
            Problem::TaskMissing {
                key: key.to_owned(),
            },
        ));
        return None;
    };
    let value = node.text()?.to_owned();
    if !is_good(&value) {
        let problem = Problem::Pattern {
            key: key.to_owned(),
            value: value.clone(),
            rule,
        };
        findings.push(Finding::new(&node.place, problem));
    }
    Some(Said {
        value,
        place: node.place.clone(),
    })
}

/// Whether the text is a GUID in its common form.
#[must_use]
pub fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn version(document: &Node, findings: &mut Vec<Finding>) -> Option<Said<[u32; 3]>> {
    let Some(node) = document.get("version") else {
        findings.push(Finding::new(
            &document.place,
            Problem::TaskMissing {
                key: "version".to_owned(),
            },
        ));
        return None;
    };
    node.members()?;
    let part = |key: &str, findings: &mut Vec<Finding>| {
        let Some(part) = node.get(key) else {
            findings.push(Finding::new(
                &node.place,
                Problem::TaskMissing {
                    key: format!("version.{key}"),
                },
            ));
            return None;
        };
        let number = part
            .scalar()
            .and_then(|written| written.parse::<u32>().ok())
            .filter(|number| *number <= u32::MAX / 2);
        if number.is_none() {
            let value = part.scalar().unwrap_or_else(|| part.kind().to_owned());
            let problem = Problem::Pattern {
                key: format!("version.{key}"),
                value,
                rule: "a whole number",
            };
            findings.push(Finding::new(&part.place, problem));
        } else if part.text().is_some() {
            let problem = Problem::AgainstSchema {
                key: format!("version.{key}"),
                value: part.text().unwrap_or_default().to_owned(),
                rule: "a number without quotes",
            };
            findings.push(Finding::new(&part.place, problem));
        }
        number
    };
    let numbers = ["Major", "Minor", "Patch"].map(|key| part(key, findings));
    for (key, value) in node.members().unwrap_or_default() {
        if !["Major", "Minor", "Patch"].contains(&key.as_str()) {
            findings.push(Finding::new(
                &value.place,
                Problem::UnknownKey {
                    key: key.clone(),
                    what: "a version",
                },
            ));
        }
    }
    let [major, minor, patch] = numbers;
    Some(Said {
        value: [major?, minor?, patch?],
        place: node.place.clone(),
    })
}

fn handlers(document: &Node, section: &str, facts: &mut TaskFacts, findings: &mut Vec<Finding>) {
    let Some(members) = document.get(section).and_then(Node::members) else {
        return;
    };
    for (handler, node) in members {
        if !FILE_HANDLERS.contains(&handler.as_str()) {
            continue;
        }
        let key = format!("{section}.{handler}.target");
        match node.get("target").map(|target| (target, target.text())) {
            Some((target, Some(file))) if !file.is_empty() => facts.handlers.push(HandlerFacts {
                section: section.to_owned(),
                handler: handler.clone(),
                target: Said {
                    value: file.to_owned(),
                    place: target.place.clone(),
                },
            }),
            _ => findings.push(Finding::new(&node.place, Problem::TaskMissing { key })),
        }
    }
    let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    if !names.is_empty() && names.iter().all(|name| OLD_HANDLERS.contains(name)) {
        let place: Place = members
            .first()
            .map_or_else(|| document.place.clone(), |(_, node)| node.place.clone());
        facts.old_sections.push(Said {
            value: (section.to_owned(), names.join(", ")),
            place,
        });
    }
}
