//! A report as a JSON document.
//!
//! The format is stable: `docs/scan.schema.json` describes it.

use serde_json::{Value, json};

use crate::finding::{
    Certainty, Commit, Finding, Fix, Form, LastUse, NotRead, NotReadReason, Report, Resource,
    ResourceKind, Suppression,
};
use crate::rules;

/// The name of the format.
const SCHEMA: &str = "adieu.scan/1";

/// The report as one JSON document.
pub fn to_json(report: &Report) -> Value {
    let findings: Vec<Value> = report.findings.iter().map(finding).collect();
    let not_read: Vec<Value> = report.not_read.iter().map(not_read).collect();
    json!({
        "schema": SCHEMA,
        "files": report.files,
        "findings": findings,
        "notRead": not_read,
    })
}

/// Empty fields are left out.
fn finding(finding: &Finding) -> Value {
    let mut value = json!({
        "rule": finding.rule.id,
        "kind": finding.rule.kind.word(),
        "certainty": finding.certainty.word(),
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "endColumn": finding.end_column,
        "form": finding.form.word(),
        "fingerprint": finding.fingerprint,
        "page": finding.advice().1,
    });
    let more = [
        (
            "created",
            finding.created.as_ref().map(|month| json!(month)),
        ),
        ("expires", finding.expires.map(|seconds| json!(seconds))),
        ("commit", finding.commit.as_ref().map(commit)),
        (
            "pointer",
            finding.pointer.as_ref().map(|pointer| json!(pointer)),
        ),
        ("resource", finding.resource.as_ref().map(resource)),
        ("fix", finding.fix.as_ref().map(fix)),
        ("suppression", finding.suppression.as_ref().map(suppression)),
    ];
    for (name, field) in more {
        if let Some(field) = field {
            value[name] = field;
        }
    }
    value
}

fn commit(commit: &Commit) -> Value {
    json!({
        "blob": commit.blob,
        "id": commit.id,
        "author": commit.author,
        "date": commit.date,
        "isInHead": commit.is_in_head,
    })
}

fn resource(resource: &Resource) -> Value {
    let mut value = json!({ "kind": resource.kind.word(), "url": resource.url });
    if let Some(last) = &resource.last_use {
        value["lastUse"] = json!({ "at": last.at, "by": last.by });
    }
    value
}

fn fix(fix: &Fix) -> Value {
    json!({
        "line": fix.line,
        "old": fix.old,
        "new": fix.new,
        "safety": fix.safety.word(),
    })
}

fn suppression(suppression: &Suppression) -> Value {
    match suppression {
        Suppression::Baseline => json!({ "by": "baseline" }),
        Suppression::Inline(reason) => json!({ "by": "comment", "reason": reason }),
    }
}

fn not_read(not_read: &NotRead) -> Value {
    let (reason, detail) = match &not_read.reason {
        NotReadReason::TooLarge(size) => ("tooLarge", json!(size)),
        NotReadReason::LfsPointer => ("lfsPointer", Value::Null),
        NotReadReason::Refused(words) => ("refused", json!(words)),
        NotReadReason::InRepository { file, repository } => (
            "inRepository",
            json!({ "file": file, "repository": repository }),
        ),
        NotReadReason::NotPermitted(right) => ("notPermitted", json!(right)),
        NotReadReason::Unanswered(words) => ("unanswered", json!(words)),
    };
    json!({ "path": not_read.path, "reason": reason, "detail": detail })
}

/// A report of one resource's findings, from the document of [`to_json`]; `None` if it is something else.
pub fn from_json(value: &Value) -> Option<Report> {
    let list = |name: &str| value[name].as_array().into_iter().flatten();
    let mut report = Report {
        files: value["files"].as_u64()?,
        ..Report::default()
    };
    for value in list("findings") {
        report.findings.push(read(value)?);
    }
    for value in list("notRead") {
        let file = &value["detail"]["file"];
        report.not_read.push(NotRead {
            path: text(&value["path"])?,
            reason: NotReadReason::InRepository {
                file: text(file)?,
                repository: text(&value["detail"]["repository"])?,
            },
        });
    }
    Some(report)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn read(value: &Value) -> Option<Finding> {
    let word = |name: &str| value[name].as_str();
    let certainty = match word("certainty")? {
        "possible" => Certainty::Possible,
        "probable" => Certainty::Probable,
        _ => Certainty::Certain,
    };
    let resource = &value["resource"];
    let last = &resource["lastUse"];
    let rule = rules().find(|rule| Some(rule.id) == word("rule"))?;
    let mut kinds = ResourceKind::ALL.into_iter();
    let last_use = text(&last["at"]).zip(text(&last["by"]));
    Some(Finding {
        path: text(&value["path"])?,
        line: value["line"].as_u64()?,
        column: value["column"].as_u64()?,
        end_column: value["endColumn"].as_u64()?,
        form: match word("form") {
            Some("base64") => Form::Base64,
            _ => Form::Text,
        },
        created: text(&value["created"]),
        expires: value["expires"].as_u64(),
        pointer: text(&value["pointer"]),
        resource: Some(Resource {
            kind: kinds.find(|kind| Some(kind.word()) == resource["kind"].as_str())?,
            url: text(&resource["url"])?,
            last_use: last_use.map(|(at, by)| LastUse { at, by }),
        }),
        ..Finding::new(rule, certainty, text(&value["fingerprint"])?)
    })
}
