//! Tokens that `adieu scan` found in files, from its JSON report: positions and fingerprints.
//!
//! It never reads the scanned files.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

/// The format of the report (`docs/scan.schema.json`).
const SCHEMA: &str = "adieu.scan/1";

/// The rules for tokens that have an owner and an authorization ID.
const PAT_RULES: &str = "azure-devops-pat";

/// A token in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// The file, as the scan shows it.
    pub path: String,
    /// Its line, from 1.
    pub line: u64,
    /// Its column, from 1.
    pub column: u64,
    /// The commit that contains it, if the history was scanned.
    pub commit: Option<String>,
    /// The token's fingerprint.
    pub fingerprint: String,
}

/// Why a file is not a report of `adieu scan`.
#[derive(Debug)]
pub enum LeaksProblem {
    /// It cannot be read.
    Unread(io::Error),
    /// It is not JSON.
    NotJson(serde_json::Error),
    /// It is JSON with another schema than this.
    Schema(&'static str),
}

/// Reads the tokens of a report.
///
/// # Errors
/// The file cannot be read, or is not a report.
pub fn read_leaks(path: &Path) -> Result<Vec<Leak>, LeaksProblem> {
    let bytes = fs::read(path).map_err(LeaksProblem::Unread)?;
    let report: Value = serde_json::from_slice(&bytes).map_err(LeaksProblem::NotJson)?;
    find(&report).ok_or(LeaksProblem::Schema(SCHEMA))
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
