//! The results of a measurement: tables, the targets that it must meet, and the same as JSON on one line.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::commands::{Environment, subjects};
use super::measure::{Subject, in_turns};
use crate::command::print_line;

#[derive(Default)]
pub(super) struct Report {
    name: &'static str,
    /// Number of runs of each command.
    runs: usize,
    tables: Map<String, Value>,
    targets: Vec<Value>,
    missed: Vec<String>,
}

impl Report {
    pub(super) fn new(name: &'static str, runs: usize) -> Self {
        Self {
            name,
            runs,
            ..Self::default()
        }
    }

    /// Runs the commands of a table in `bench.md` in turns and prints them.
    pub(super) fn measure(
        &mut self,
        title: &str,
        folder: &Path,
        environment: &Environment,
    ) -> Result<Vec<Subject<'static>>, String> {
        self.subjects(title, subjects(title, folder, environment))
    }

    /// Runs subjects in turns and prints a row for each. Its facts are columns after the times.
    pub(super) fn subjects<'a>(
        &mut self,
        title: &str,
        mut subjects: Vec<Subject<'a>>,
    ) -> Result<Vec<Subject<'a>>, String> {
        in_turns(&mut subjects, self.runs)?;
        let mut rows: Vec<Value> = Vec::new();
        for subject in &subjects {
            let cells = [
                ("median_ms", subject.median()),
                ("fastest_ms", subject.fastest()),
                ("longest_ms", subject.at(100)),
                ("times_the_first", subject.median() / subjects[0].median()),
                ("memory_MB", subject.megabytes()),
                ("runs", subject.times.len() as f64),
            ];
            let cells: Vec<_> = cells.iter().chain(&subject.facts).copied().collect();
            if rows.is_empty() {
                let heading: String = cells.iter().map(|(name, _)| format!(" {name} |")).collect();
                print_line(&format!("\n| {title} |{}", heading.replace('_', " ")));
                print_line(&format!("|---|{}", "---:|".repeat(cells.len())));
            }
            let mut line = format!("| {} |", subject.name);
            let mut row = json!({ "command": subject.name, "cells": {} });
            for (name, value) in cells {
                line += &format!(" {} |", number(value));
                row["cells"][name] = value.into();
            }
            print_line(&line);
            rows.push(row);
        }
        self.tables.insert(title.to_owned(), rows.into());
        Ok(subjects)
    }

    pub(super) fn at_most(&mut self, what: &str, value: f64, limit: f64) {
        self.target(what, value, value <= limit, ("at most", limit));
    }

    pub(super) fn at_least(&mut self, what: &str, value: f64, limit: f64) {
        self.target(what, value, value >= limit, ("at least", limit));
    }

    fn target(&mut self, what: &str, value: f64, is_met: bool, (how, limit): (&str, f64)) {
        let line = format!("{what}: {} ({how} {})", number(value), number(limit));
        print_line(&line);
        let target = json!({ "what": what, "value": value, how: limit });
        self.targets.push(target);
        self.missed.extend((!is_met).then_some(line));
    }

    /// Prints the JSON. It is an error if a target was missed.
    pub(super) fn end(self) -> Result<(), String> {
        let (tables, targets) = (&self.tables, &self.targets);
        let all = json!({ "measurement": self.name, "tables": tables, "targets": targets });
        print_line(&format!("\n{all}"));
        match self.missed.as_slice() {
            [] => Ok(()),
            missed => Err(format!("Targets missed:\n{}", missed.join("\n"))),
        }
    }
}

/// Three digits, or a whole number.
fn number(value: f64) -> String {
    match value.abs() {
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        ..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
