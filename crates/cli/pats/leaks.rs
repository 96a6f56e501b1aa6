//! Tokens that `adieu scan` found in files, from its JSON report: positions and fingerprints.
//!
//! It never reads the scanned files.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::failure::{Failure, LeaksProblemKind, PatsProblem};

/// The format of the report (`docs/scan.schema.json`).
const SCHEMA: &str = "adieu.scan/1";

/// The rules for tokens that have an owner and an authorization ID.
const PAT_RULES: &str = "azure-devops-pat";

/// A token in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leak {
    pub(crate) path: String,
    pub(crate) line: u64,
    pub(crate) column: u64,
    /// The commit that contains it, if the history was scanned.
    pub(crate) commit: Option<String>,
    pub(crate) fingerprint: String,
}

/// Reads the tokens of a report.
pub(crate) fn read(path: &Path) -> Result<Vec<Leak>, Failure> {
    let problem = |fault| {
        Failure::Pats(PatsProblem::NotALeaksFile {
            path: path.display().to_string(),
            fault,
        })
    };
    let bytes = fs::read(path).map_err(|error| problem(LeaksProblemKind::Unread(error)))?;
    let report = serde_json::from_slice(&bytes);
    let report: Value = report.map_err(|error| problem(LeaksProblemKind::NotJson(error)))?;
    find(&report).ok_or_else(|| problem(LeaksProblemKind::Schema(SCHEMA)))
}

fn find(report: &Value) -> Option<Vec<Leak>> {
    if report.get("schema")?.as_str()? != SCHEMA {
        return None;
    }
    let findings = report.get("findings")?.as_array()?;
    Some(findings.iter().filter_map(leak).collect())
}

/// A finding of a personal access token. An allowed one counts as well: if a user has it, it is a real token.
fn leak(finding: &Value) -> Option<Leak> {
    let text = |field: &str| finding.get(field)?.as_str().map(str::to_owned);
    let number = |field: &str| finding.get(field)?.as_u64();
    if !text("rule")?.starts_with(PAT_RULES) {
        return None;
    }
    let commit = finding.get("commit").and_then(|commit| commit.get("id"));
    Some(Leak {
        path: text("path")?,
        line: number("line")?,
        column: number("column")?,
        commit: commit.and_then(Value::as_str).map(str::to_owned),
        fingerprint: text("fingerprint")?,
    })
}
