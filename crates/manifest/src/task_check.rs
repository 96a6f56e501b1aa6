//! The requirements for any `task.json`: reports every problem with its line.
//!
//! It checks one document, never files. Keys and patterns are those of `tasks.schema.json` in
//! microsoft/azure-pipelines-task-lib. What servers and agents refuse is an error; what they accept although the
//! schema does not is a warning. `task::Task` is the strict parser for our own tasks.

mod inputs;
mod rule;
mod schema;

use crate::document::{FilePosition, Node, WithPosition};
use crate::finding::{Finding, Problem};
use crate::words::is_digits;

/// The servers that an extension is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Servers {
    /// Only Azure DevOps Services.
    Cloud,
    /// Azure DevOps Server as well; its older versions refuse more.
    Both,
    /// Only Azure DevOps Server.
    OnPremises,
}

/// The facts about a task that a package needs.
#[derive(Debug, Clone, Default)]
pub struct TaskFacts {
    /// GUID, as written.
    pub id: Option<WithPosition<String>>,
    /// Name in YAML.
    pub name: Option<WithPosition<String>>,
    /// `Major`, `Minor`, `Patch`.
    pub version: Option<WithPosition<[u32; 3]>>,
    /// Handlers that start a file.
    pub handlers: Vec<HandlerFacts>,
    /// Sections that have only old handlers, with the handlers' names.
    pub old_sections: Vec<WithPosition<(String, String)>>,
}

/// A handler that starts a file.
#[derive(Debug, Clone)]
pub struct HandlerFacts {
    /// `execution`, `prejobexecution`, `postjobexecution`.
    pub section: String,
    /// `Node24`, …
    pub handler: String,
    /// Its `target`.
    pub target: WithPosition<String>,
}

/// Handlers that start a file of the task; the server implements the others.
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
/// Handlers whose Node version is past its end of life; there are agents without them (`pipelines-agent-*`).
const OLD_HANDLERS: [&str; 4] = ["Node", "Node6", "Node10", "Node16"];

/// Checks a `task.json`.
pub fn check(document: &Node, servers: Servers) -> (TaskFacts, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut facts = TaskFacts::default();
    if document.members().is_none() {
        findings.push(Finding::wrong_type(document, "task.json", "an object"));
        return (facts, findings);
    }
    schema::check(document, &schema::TASK, "", &mut findings);
    facts.id = text(document, "id", &mut findings);
    if let Some(id) = facts.id.as_ref().filter(|id| !is_guid(&id.value)) {
        let problem = Problem::Pattern {
            key: "id".to_owned(),
            value: id.value.clone(),
            rule: "a GUID",
        };
        findings.push(id.position.finding(problem));
    }
    facts.name = text(document, "name", &mut findings);
    names(document, facts.name.as_ref(), &mut findings);
    facts.version = version(document, &mut findings);
    inputs::check(document, servers, &mut findings);
    const SECTIONS: [&str; 3] = ["prejobexecution", "execution", "postjobexecution"];
    for section in SECTIONS {
        handlers(document, section, &mut facts, &mut findings);
    }
    let has_handler = |section: &&str| {
        let section = document.get_any_case(section);
        section.is_some_and(|section| section.members().is_none_or(|members| !members.is_empty()))
    };
    if !SECTIONS.iter().any(has_handler) {
        findings.push(document.position.finding(Problem::NoHandler));
    }
    (facts, findings)
}

/// Checks the names that people see. The schema and tfx require more than the servers do.
fn names(document: &Node, name: Option<&WithPosition<String>>, findings: &mut Vec<Finding>) {
    let is_plain = |name: &WithPosition<String>| {
        name.value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if let Some(name) = name.filter(|name| !name.value.is_empty() && !is_plain(name)) {
        let value = name.value.clone();
        findings.push(name.position.finding(Problem::TaskNameCharacters { value }));
    }
    for key in [
        "friendlyName",
        "description",
        "author",
        "category",
        "instanceNameFormat",
    ] {
        let node = document.get_any_case(key);
        if node.is_none_or(|node| node.text() == Some("")) {
            let position = node.map_or(&document.position, |node| &node.position);
            let key = key.to_owned();
            findings.push(position.finding(Problem::TaskLacks { key }));
        }
    }
    let friendly = document.get_any_case("friendlyName");
    if let Some((node, name)) = friendly.and_then(|node| Some((node, node.text()?))) {
        // .NET and tfx count UTF-16 code units.
        let length = name.encode_utf16().count();
        if length > 40 {
            findings.push(node.position.finding(Problem::LongFriendlyName { length }));
        }
    }
}

/// A required text.
fn text(document: &Node, key: &str, findings: &mut Vec<Finding>) -> Option<WithPosition<String>> {
    let node = document.get_any_case(key);
    if node.is_none_or(|node| node.text() == Some("")) {
        let position = node.map_or(&document.position, |node| &node.position);
        let key = key.to_owned();
        findings.push(position.finding(Problem::TaskMissing { key }));
    }
    let node = node?;
    Some(WithPosition {
        value: node.text()?.to_owned(),
        position: node.position.clone(),
    })
}

/// Whether the text is a GUID in its common form.
pub fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn version(document: &Node, findings: &mut Vec<Finding>) -> Option<WithPosition<[u32; 3]>> {
    let Some(node) = document.get_any_case("version") else {
        let key = "version".to_owned();
        findings.push(document.position.finding(Problem::TaskMissing { key }));
        return None;
    };
    node.members()?;
    let [major, minor, patch] =
        ["Major", "Minor", "Patch"].map(|key| version_part(node, key, findings));
    Some(WithPosition {
        value: [major?, minor?, patch?],
        position: node.position.clone(),
    })
}

/// A number of a version. Servers read a missing minor or patch number as 0.
fn version_part(version: &Node, key: &str, findings: &mut Vec<Finding>) -> Option<u32> {
    let path = format!("version.{key}");
    let Some(part) = version.get_any_case(key) else {
        let (problem, number) = match key {
            "Major" => (Problem::TaskMissing { key: path }, None),
            _ => (Problem::SchemaMissing { key: path }, Some(0)),
        };
        findings.push(version.position.finding(problem));
        return number;
    };
    let value = part.scalar().unwrap_or_else(|| part.kind().to_owned());
    let is_digits = is_digits(&value);
    let number = value
        .parse::<u32>()
        .ok()
        .filter(|number| is_digits && *number <= u32::MAX / 2);
    let problem = match (number, part.text()) {
        (Some(_), None) => return number,
        (Some(_), Some(text)) => Problem::LooseType {
            key: path,
            value: format!("\"{text}\""),
            rule: "a number without quotes",
        },
        (None, _) if is_digits => Problem::NumberTooLarge { key: path, value },
        (None, _) => Problem::Pattern {
            key: path,
            value,
            rule: "a whole number",
        },
    };
    findings.push(part.position.finding(problem));
    number
}

fn handlers(document: &Node, section: &str, facts: &mut TaskFacts, findings: &mut Vec<Finding>) {
    let Some(members) = document.get_any_case(section).and_then(Node::members) else {
        return;
    };
    let knows_one = members.iter().any(|(name, _)| schema::is_handler(name));
    for (handler, node) in members {
        if !schema::is_handler(handler) {
            let problem = Problem::UnknownHandler {
                handler: handler.clone(),
                meant: schema::meant_handler(handler),
                is_alone: !knows_one,
            };
            findings.push(node.position.finding(problem));
            continue;
        }
        if node.members().is_none() || !is_one_of(&FILE_HANDLERS, handler) {
            continue;
        }
        let key = format!("{section}.{handler}.target");
        match node
            .get_any_case("target")
            .map(|target| (target, target.text()))
        {
            Some((target, Some(file))) if !file.is_empty() => facts.handlers.push(HandlerFacts {
                section: section.to_owned(),
                handler: handler.clone(),
                target: WithPosition {
                    value: file.to_owned(),
                    position: target.position.clone(),
                },
            }),
            _ => findings.push(node.position.finding(Problem::TaskMissing { key })),
        }
    }
    let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    if !names.is_empty() && names.iter().all(|name| is_one_of(&OLD_HANDLERS, name)) {
        let position: FilePosition = members.first().map_or_else(
            || document.position.clone(),
            |(_, node)| node.position.clone(),
        );
        facts.old_sections.push(WithPosition {
            value: (section.to_owned(), names.join(", ")),
            position,
        });
    }
}

fn is_one_of(known: &[&str], handler: &str) -> bool {
    known
        .iter()
        .any(|known| known.eq_ignore_ascii_case(handler))
}
