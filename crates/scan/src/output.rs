//! A report as a document for programs.
//!
//! The form is stable: `docs/scan.schema.json` describes it.

use serde_json::{Value, json};

use crate::finding::{Commit, Finding, Fix, NotRead, NotReadReason, Report, Suppression};

/// The name of the form.
const SCHEMA: &str = "adieu.scan/1";

/// The report as one JSON document.
#[must_use]
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

/// Fields that have nothing to say are left out.
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
        "page": finding.rule.page,
    });
    let more = [
        (
            "created",
            finding.created.as_ref().map(|month| json!(month)),
        ),
        ("expires", finding.expires.map(|seconds| json!(seconds))),
        ("commit", finding.commit.as_ref().map(commit)),
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
    };
    json!({ "path": not_read.path, "reason": reason, "detail": detail })
}
