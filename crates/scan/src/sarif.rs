//! A report as SARIF 2.1.0, for GitHub, Azure DevOps' SARIF viewer and editors.
//!
//! It contains no snippets, because they would show the token.

use serde_json::{Map, Value, json};

use crate::finding::{Certainty, Finding, NotRead, NotReadReason, Report, Suppression};
use crate::rules;
use crate::rules::{Kind, Rule};

/// The page of the extension.
const INFORMATION: &str = "https://marketplace.visualstudio.com/items?itemName=adieu.adieu";

/// The report as one SARIF log. `describe` describes a finding without its position.
pub fn to_sarif(report: &Report, version: &str, describe: impl Fn(&Finding) -> String) -> Value {
    let all: Vec<&Rule> = rules().collect();
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| result(finding, &all, &describe(finding)))
        .collect();
    let descriptors: Vec<Value> = all.iter().map(|rule| descriptor(rule)).collect();
    let notifications: Vec<Value> = report.not_read.iter().map(notification).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "adieu",
                    "fullName": format!("adieu scan {version}"),
                    "version": version,
                    "semanticVersion": version,
                    "informationUri": INFORMATION,
                    "rules": descriptors,
                }
            },
            "automationDetails": { "id": "adieu-scan/" },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {
                "%SRCROOT%": { "description": { "text": "The folder that was scanned." } }
            },
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }]
    })
}

fn notification(missed: &NotRead) -> Value {
    let is_file = matches!(
        missed.reason,
        NotReadReason::TooLarge(_) | NotReadReason::LfsPointer | NotReadReason::Refused(_)
    );
    let (text, place) = match is_file {
        true => {
            let place = json!({ "artifactLocation": location(&missed.path) });
            let text = "This file was not scanned.";
            (text, json!({ "physicalLocation": place }))
        }
        false => {
            let place = json!([{ "fullyQualifiedName": missed.path, "kind": "resource" }]);
            let text = "This resource was not scanned.";
            (text, json!({ "logicalLocations": place }))
        }
    };
    json!({ "level": "warning", "message": { "text": text }, "locations": [place] })
}

fn descriptor(rule: &Rule) -> Value {
    let (level, severity) = match rule.kind {
        Kind::Secret => ("error", "9.0"),
        Kind::Habit => ("note", "3.0"),
    };
    let mut descriptor = json!({
        "id": rule.id,
        "shortDescription": { "text": format!("{}.", rule.title) },
        "fullDescription": { "text": format!("{}. {}", rule.title, rule.help) },
        "help": {
            "text": format!("{} See {}.", rule.help, rule.page),
            "markdown": format!("{} See `{}`.", rule.help, rule.page),
        },
        "defaultConfiguration": { "level": level },
        "properties": {
            "tags": ["security", "azure-devops", rule.kind.word()],
            "precision": if rule.kind == Kind::Secret { "very-high" } else { "high" },
            "security-severity": severity,
        },
    });
    // For Microsoft's validator, a name that equals the ID is an error.
    let name = pascal_case(rule.id);
    if !name.eq_ignore_ascii_case(rule.id) {
        descriptor["name"] = name.into();
    }
    descriptor
}

fn pascal_case(id: &str) -> String {
    id.split('-')
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters)
        })
        .collect()
}

fn result(finding: &Finding, rules: &[&Rule], description: &str) -> Value {
    let level = match (finding.rule.kind, finding.certainty) {
        (Kind::Secret, Certainty::Certain) => "error",
        (Kind::Secret, Certainty::Probable) => "warning",
        _ => "note",
    };
    let mut fingerprints = Map::new();
    if finding.rule.kind == Kind::Secret {
        let id = Value::from(finding.fingerprint.as_str());
        fingerprints.insert("crossCompanyCorrelatingId/v1".to_owned(), id);
    }
    let own = format!("{}:{}", finding.rule.id, finding.fingerprint);
    fingerprints.insert("adieu/v1".to_owned(), own.into());
    let mut value = json!({
        "ruleId": finding.rule.id,
        "ruleIndex": rules.iter().position(|rule| rule.id == finding.rule.id),
        "level": level,
        "message": { "text": format!("{description}.") },
        "locations": [place(finding)],
        "partialFingerprints": fingerprints,
        "properties": { "certainty": finding.certainty.word() },
    });
    if let Some(commit) = &finding.commit {
        value["properties"]["blob"] = commit.blob.as_str().into();
        value["properties"]["commit"] = commit.id.as_deref().into();
    }
    if let Some(fix) = &finding.fix {
        let end = fix.line + fix.old.len() as u64;
        let text: String = fix.new.iter().map(|line| format!("{line}\n")).collect();
        value["fixes"] = json!([{
            "description": { "text": finding.advice().0 },
            "artifactChanges": [{
                "artifactLocation": location(&finding.path),
                "replacements": [{
                    "deletedRegion": {
                        "startLine": fix.line, "startColumn": 1, "endLine": end, "endColumn": 1,
                    },
                    "insertedContent": { "text": text },
                }]
            }]
        }]);
    }
    match &finding.suppression {
        Some(Suppression::Baseline) => {
            value["suppressions"] = json!([{
                "kind": "external", "status": "accepted", "justification": "It is in the baseline.",
            }]);
        }
        Some(Suppression::Inline(reason)) => {
            value["suppressions"] = json!([{
                "kind": "inSource", "status": "accepted", "justification": reason,
            }]);
        }
        None => value["suppressions"] = json!([]),
    }
    value
}

/// The position of a finding: in a file, or in a value of an organization's resource.
fn place(finding: &Finding) -> Value {
    let pointer = finding.pointer.as_deref().unwrap_or_default();
    let logical = json!([{
        "fullyQualifiedName": format!("{}#{pointer}", finding.path), "kind": "resource",
    }]);
    if finding.resource.is_some() {
        return json!({ "logicalLocations": logical });
    }
    let mut place = json!({
        "physicalLocation": {
            "artifactLocation": location(&finding.path),
            "region": {
                "startLine": finding.line,
                "startColumn": finding.column,
                "endColumn": finding.end_column.max(finding.column + 1),
            }
        }
    });
    if finding.pointer.is_some() {
        place["logicalLocations"] = logical;
    }
    place
}

/// A path as a URI reference; an absolute one is a `file` URI.
fn location(path: &str) -> Value {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    if path.starts_with('/') {
        json!({ "uri": format!("file://{uri}") })
    } else {
        json!({ "uri": uri, "uriBaseId": "%SRCROOT%" })
    }
}
