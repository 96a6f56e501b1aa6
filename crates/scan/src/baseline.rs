//! Known findings: a sorted, readable file without line numbers or secrets.

use adieu_order::{Map, Set};
use serde_json::{Value, json};

use crate::Error;
use crate::finding::{Report, Suppression};

/// The name of the format.
const SCHEMA: &str = "adieu.scan-baseline/1";

/// Known findings.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Rule, path, fingerprint.
    entries: Set<(String, String, String)>,
}

impl Baseline {
    /// Parses the output of [`text`](Self::text).
    ///
    /// # Errors
    /// The text is not a baseline.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| Error::NotABaseline(error.to_string()))?;
        let entry = |value: &Value| {
            let field = |name: &str| value[name].as_str().map(str::to_owned);
            Some((field("rule")?, field("path")?, field("fingerprint")?))
        };
        let not_the_form = || Error::NotABaseline(format!("it does not have the form {SCHEMA}"));
        let listed = value["findings"].as_array();
        let listed = listed.filter(|_| value["schema"].as_str() == Some(SCHEMA));
        let mut entries = Vec::new();
        for value in listed.ok_or_else(not_the_form)? {
            entries.push(entry(value).ok_or_else(not_the_form)?);
        }
        let entries = entries.into_iter().collect();
        Ok(Self { entries })
    }

    /// The findings of a report, except those that a comment allows.
    pub fn of(report: &Report) -> Self {
        let is_new = |finding: &&crate::Finding| {
            !matches!(finding.suppression, Some(Suppression::Inline(_)))
        };
        let found = report.findings.iter().filter(is_new).map(|finding| {
            let rule = finding.rule.id.to_owned();
            (rule, finding.path.clone(), finding.fingerprint.clone())
        });
        let entries = found.collect::<Vec<_>>().into_iter().collect();
        Self { entries }
    }

    /// The file: one finding per line, sorted, so that versions can be compared and merged.
    pub fn text(&self) -> String {
        let lines: Vec<String> = self
            .entries
            .iter()
            .map(|(rule, path, fingerprint)| {
                let entry = json!({ "rule": rule, "path": path, "fingerprint": fingerprint });
                format!("    {entry}")
            })
            .collect();
        if lines.is_empty() {
            return format!("{{\n  \"schema\": \"{SCHEMA}\",\n  \"findings\": []\n}}\n");
        }
        let lines = lines.join(",\n");
        format!("{{\n  \"schema\": \"{SCHEMA}\",\n  \"findings\": [\n{lines}\n  ]\n}}\n")
    }

    /// Marks known findings. Returns entries without a finding: rule and path, and how many.
    pub fn apply(&self, report: &mut Report) -> Vec<(String, String, usize)> {
        let mut found = Vec::new();
        for finding in &mut report.findings {
            let rule = finding.rule.id.to_owned();
            let entry = (rule, finding.path.clone(), finding.fingerprint.clone());
            if self.entries.contains(&entry) {
                finding.suppression.get_or_insert(Suppression::Baseline);
                found.push(entry);
            }
        }
        let found: Set<_> = found.into_iter().collect();
        let mut stale: Map<(String, String), usize> = Map::new();
        for entry in self.entries.iter().filter(|entry| !found.contains(*entry)) {
            let (rule, path, _) = entry;
            *stale.get_or_insert_with((rule.clone(), path.clone()), || 0) += 1;
        }
        let stale = stale.into_iter();
        stale
            .map(|((rule, path), count)| (rule, path, count))
            .collect()
    }
}
