//! A list of findings, as text, as JSON and on a run's summary page, with the next thing to do.
//!
//! It checks nothing itself; `doctor` and `feeds` do.

mod page;

use std::path::Path;
use std::process::ExitCode;

use adieu_agent::{Log, Stream, is_in_a_pipeline, process_path};
use serde_json::{Value, json};

use crate::console::{self, Style};
use crate::failure::Failure;
use crate::report::Report;
use crate::reporter::{Reporter as _, Terminal};
use crate::result::{self, OutputFormat};

/// One finding.
pub(crate) struct Check {
    /// One or two words.
    pub(crate) name: &'static str,
    pub(crate) state: State,
    /// A sentence or a few words.
    pub(crate) found: String,
    /// The problem, if there is one; otherwise only facts.
    pub(crate) report: Option<Report>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Ok,
    /// It works, but may not be what is wanted.
    Warning,
    Failed,
    /// An earlier check failed, or the check does not apply here.
    Skipped,
}

impl Check {
    pub(crate) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self::without_report(name, State::Ok, found.into())
    }

    pub(crate) fn skipped(name: &'static str, why: impl Into<String>) -> Self {
        Self::without_report(name, State::Skipped, why.into())
    }

    pub(crate) fn failed(name: &'static str, report: Report) -> Self {
        Self::with(name, State::Failed, report)
    }

    /// The failed check for a failure.
    pub(crate) fn of(name: &'static str, failure: &Failure) -> Self {
        Self::failed(name, Report::on_a_command_line(failure))
    }

    pub(crate) fn warning(name: &'static str, report: Report) -> Self {
        Self::with(name, State::Warning, report)
    }

    fn with(name: &'static str, state: State, report: Report) -> Self {
        let found = report.sentence().to_owned();
        let report = Some(report);
        Self {
            name,
            state,
            found,
            report,
        }
    }

    fn without_report(name: &'static str, state: State, found: String) -> Self {
        Self {
            name,
            state,
            found,
            report: None,
        }
    }
}

impl State {
    /// The sign that a terminal shows before the word, and its style.
    fn sign(self) -> (&'static str, Style) {
        match self {
            Self::Ok => ("✓", Style::Success),
            Self::Warning => ("!", Style::Warning),
            Self::Failed => ("✗", Style::Error),
            Self::Skipped => ("–", Style::Faint),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// Prints findings, in a pipeline also on the run's page. The exit code is 1 if a check failed.
pub(crate) fn print(checks: &[Check], form: OutputFormat) -> Result<ExitCode, Box<Failure>> {
    match form {
        OutputFormat::Text => result::print_styled(&lines(checks))?,
        OutputFormat::Json => result::print(OutputFormat::Json, &[], &json(checks))?,
    }
    if is_in_a_pipeline() {
        publish(checks, form);
    }
    let fails = checks.iter().any(|check| check.state == State::Failed);
    Ok(if fails {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The finding to start with: the first failure can cause the later ones.
fn first(checks: &[Check]) -> Option<&Report> {
    let of = |state| checks.iter().find(|check| check.state == state);
    let first = of(State::Failed).or_else(|| of(State::Warning))?;
    first.report.as_ref()
}

/// The next thing to do, in one sentence.
fn next(checks: &[Check]) -> String {
    match first(checks) {
        Some(report) => report.remedy_or_sentence().to_owned(),
        None => "No action needed; all checks passed.".to_owned(),
    }
}

/// Lines, each with its prefix.
fn lines(checks: &[Check]) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let has_signs = Stream::Output.is_terminal();
    for check in checks {
        let (sign, style) = check.state.sign();
        let sign = if has_signs { sign } else { "" };
        let state = format!("{sign} {:<10}", check.state.word());
        let state = console::styled(Stream::Output, style, state.trim_start());
        lines.push((state, format!("{:<15}{}", check.name, check.found)));
        if let Some(report) = &check.report {
            let facts = report.facts().iter();
            lines.extend(facts.map(|(name, value)| (" ".repeat(27), format!("{name}: {value}"))));
        }
    }
    lines.push((String::new(), String::new()));
    let next_thing = console::styled(Stream::Output, Style::Strong, "What to do next:");
    lines.push((next_thing, format!(" {}", next(checks))));
    if let Some(report) = first(checks) {
        lines.push((String::new(), format!("More: {}", report.more())));
    }
    lines
}

fn json(checks: &[Check]) -> Value {
    let list: Vec<Value> = checks
        .iter()
        .map(|check| {
            let report = check.report.as_ref();
            let mut facts = serde_json::Map::new();
            for (name, value) in report.iter().flat_map(|report| report.facts()) {
                facts.insert(name.clone(), Value::String(value.clone()));
            }
            let is_wrong = matches!(check.state, State::Failed | State::Warning);
            let wrong = report.filter(|_| is_wrong);
            json!({
                "name": check.name, "state": check.state.word(), "found": check.found,
                "facts": facts,
                "remedy": wrong.map(Report::remedy_or_sentence),
                "section": wrong.map(Report::anchor),
            })
        })
        .collect();
    json!({
        "holds": !checks.iter().any(|check| check.state == State::Failed),
        "next": next(checks),
        "checks": list,
    })
}

/// Adds a page to the run's summary. If standard output is a document, the command is written to standard error,
/// which the agent reads as well.
fn publish(checks: &[Check], form: OutputFormat) {
    let Some(folder) = process_path("AGENT_TEMPDIRECTORY") else {
        return;
    };
    let folder = Path::new(&folder);
    let file = match crate::page::write_new(folder, page::names(), &page::page(checks)) {
        Ok(file) => file,
        Err(error) => {
            return Terminal.warn(&format!(
                "This step has no summary page: cannot write to {} ({error}).",
                folder.display()
            ));
        }
    };
    match form {
        OutputFormat::Text => Log::new(false).summary(&file),
        OutputFormat::Json => Log::summary_on(Stream::Error, &file),
    }
}
