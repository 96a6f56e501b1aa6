//! `adieu doctor`: looks along the way from here to a working token, and shows what is right, what is not,
//! and the one next thing to do.
//!
//! It changes nothing.

mod checks;
mod page;

use std::path::Path;
use std::process::ExitCode;

use adieu_agent::{Log, Stream, is_in_a_pipeline, process_path};
use adieu_devops::{Hosts, Organization};
use adieu_feeds::FeedAddress;
use clap::Args;
use serde_json::{Value, json};

use crate::console::{self, Style};
use crate::credential::{self, CredentialArguments, SignInArguments};
use crate::defaults;
use crate::failure::Failure;
use crate::feeds;
use crate::network;
use crate::report::Report;
use crate::reporter::{Reporter as _, Terminal};
use crate::result::{self, Form};
use crate::whoami;

/// Flags of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adieu doctor                         credential, network, clock, token
  adieu doctor --organization contoso  membership and access level, too
  adieu doctor --organization contoso --repository web/site --publisher pub
  adieu doctor --feed contoso/packages

In a step of a pipeline it also adds its findings to the summary of the run.")]
pub(crate) struct DoctorArguments {
    /// Organization of Azure DevOps, by name or address
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    organization: Option<String>,
    /// Also check read access to this repository: PROJECT/REPOSITORY
    #[arg(long, value_parser = repository)]
    repository: Option<(String, String)>,
    /// Also check the role in this publisher
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    publisher: Option<String>,
    /// Also check read access to this feed of Azure Artifacts: its address, or ORGANIZATION/FEED or
    /// ORGANIZATION/PROJECT/FEED; may be repeated
    #[arg(long = "feed", value_name = "FEED", value_parser = feed)]
    feeds: Vec<FeedAddress>,
    #[command(flatten)]
    sign_in: SignInArguments,
    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: Form,
}

/// What is looked at.
struct Plan {
    hosts: Hosts,
    organization: Option<Organization>,
    repository: Option<(String, String)>,
    publisher: Option<String>,
    feeds: Vec<FeedAddress>,
    tenant: Option<String>,
    credential: CredentialArguments,
}

/// One finding.
pub(crate) struct Check {
    /// One or two words.
    name: &'static str,
    state: State,
    /// A sentence, or less.
    found: String,
    /// What is wrong, where something is; else facts alone.
    report: Option<Report>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Ok,
    /// It works, and may not do what is wanted.
    Warning,
    Failed,
    /// Something before it fails, or there is no such thing here.
    Skipped,
}

impl Check {
    pub(crate) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, State::Ok, found.into(), None)
    }

    fn skipped(name: &'static str, why: impl Into<String>) -> Self {
        Self::new(name, State::Skipped, why.into(), None)
    }

    pub(crate) fn failed(name: &'static str, report: Report) -> Self {
        Self::new(
            name,
            State::Failed,
            report.sentence().to_owned(),
            Some(report),
        )
    }

    pub(crate) fn warning(name: &'static str, report: Report) -> Self {
        Self::new(
            name,
            State::Warning,
            report.sentence().to_owned(),
            Some(report),
        )
    }

    fn new(name: &'static str, state: State, found: String, report: Option<Report>) -> Self {
        Self {
            name,
            state,
            found,
            report,
        }
    }
}

impl State {
    /// What a terminal shows before the word, and in which look.
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

fn feed(text: &str) -> Result<FeedAddress, String> {
    feeds::request::address(text)
        .map_err(|_| "a feed's address or ORGANIZATION/FEED is needed".to_owned())
}

/// `web/site`.
fn repository(text: &str) -> Result<(String, String), String> {
    match text.split_once('/') {
        Some((project, repository)) if !project.is_empty() && !repository.is_empty() => {
            Ok((project.to_owned(), repository.to_owned()))
        }
        _ => Err("write PROJECT/REPOSITORY, such as web/site".to_owned()),
    }
}

/// Runs the verb.
pub(crate) async fn run(arguments: DoctorArguments) -> Result<ExitCode, Failure> {
    let hosts = Hosts::public();
    let organization = defaults::organization_or_default(arguments.organization);
    let organization = organization
        .map(|text| whoami::organization(&hosts, &text))
        .transpose()?;
    if organization.is_none() && arguments.repository.is_some() {
        return Err(Failure::NoOrganization("--repository"));
    }
    let transport = network::of_command_line()?;
    // A text that is not a tenant is asked wrongly; whether there is such a tenant is a finding.
    let tenant = credential::tenant(arguments.sign_in.tenant, None, &transport).await?;
    let plan = Plan {
        hosts,
        organization,
        repository: arguments.repository,
        publisher: defaults::publisher(arguments.publisher),
        feeds: arguments.feeds,
        tenant,
        credential: arguments.sign_in.credential,
    };
    let checks = checks::all(plan, transport).await;
    print(&checks, arguments.output)
}

/// Prints findings, in a pipeline on the run's page too. The exit code is 1 where one fails.
pub(crate) fn print(checks: &[Check], form: Form) -> Result<ExitCode, Failure> {
    match form {
        Form::Text => result::print_styled(&lines(checks))?,
        Form::Json => result::print(Form::Json, &[], &json(checks))?,
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

/// The finding to begin with: what fails first is in the way of what comes after it.
fn first(checks: &[Check]) -> Option<&Report> {
    let of = |state| checks.iter().find(|check| check.state == state);
    let first = of(State::Failed).or_else(|| of(State::Warning))?;
    first.report.as_ref()
}

/// What to do next, in one sentence.
fn next(checks: &[Check]) -> String {
    match first(checks) {
        Some(report) => report.remedy_or_sentence().to_owned(),
        None => "Nothing: all checks passed.".to_owned(),
    }
}

/// Lines, each with what this program puts before it.
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
            lines.extend(
                report
                    .facts()
                    .iter()
                    .map(|(name, value)| (" ".repeat(27), format!("{name}: {value}"))),
            );
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

/// Puts a page on the run's summary. Where standard output has its own document, the agent reads it on
/// standard error, which it reads as well.
fn publish(checks: &[Check], form: Form) {
    let Some(folder) = process_path("AGENT_TEMPDIRECTORY") else {
        return;
    };
    let folder = Path::new(&folder);
    let file = match crate::page::write_new(folder, page::names(), &page::page(checks)) {
        Ok(file) => file,
        Err(error) => {
            return Terminal.warn(&format!(
                "The run has no summary page for this step: no file can be written to {} ({error}).",
                folder.display()
            ));
        }
    };
    match form {
        Form::Text => Log::new(false).summary(&file),
        Form::Json => Log::summary_on(Stream::Error, &file),
    }
}
