//! Shortens many findings of one kind to a few and a count of the rest.
//!
//! It writes no sentence about a manifest.

use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};

use super::{Finding, Problem, Severity};

/// A finding as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How severe it is.
    pub severity: Severity,
    /// Position and problem, `task.json:3: …`, with the number of further findings of its kind.
    pub sentence: String,
    /// The remedy, without a period.
    pub remedy: Option<String>,
}

/// The findings by file and line. After the first few of one kind, the last one that is shown has the number of the
/// rest.
pub fn fold(findings: &[Finding]) -> Vec<Report> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    adieu_order::sort_by(&mut sorted, |one, other| one.position.cmp(&other.position));
    let mut counts: HashMap<Discriminant<Problem>, usize> = HashMap::new();
    for finding in &sorted {
        *counts.entry(discriminant(&finding.problem)).or_default() += 1;
    }
    let mut shown: HashMap<Discriminant<Problem>, usize> = HashMap::new();
    let mut reports = Vec::new();
    for finding in sorted {
        let kind = discriminant(&finding.problem);
        let limit = finding.problem.shown();
        let nth = shown.entry(kind).or_default();
        *nth += 1;
        if *nth > limit {
            continue;
        }
        let total = counts.get(&kind).copied().unwrap_or_default();
        let mut sentence = finding.problem.to_string();
        // The problem itself names a file that does not exist.
        if !sentence.starts_with(&format!("`{}` ", finding.position)) {
            sentence = format!("{}: {sentence}", finding.position);
        }
        if *nth == limit && total > limit {
            sentence = format!("{sentence} (and {} more)", total - limit);
        }
        reports.push(Report {
            severity: finding.severity(),
            sentence,
            remedy: finding.remedy(),
        });
    }
    reports
}
