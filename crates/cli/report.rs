//! The report of every failure: one sentence, the facts, at most one remedy, and where to read more.
//!
//! It maps each failure to the file of its folder that writes the message; no other file writes the text of an error.

mod agent;
mod azure_devops;
mod command_line;
mod connection;
mod credential;
pub(crate) mod doctor;
mod extension;
pub(crate) mod feeds;
mod git;
mod identity;
mod inputs;
mod job;
mod network;
mod onboard;
mod organization;
pub(crate) mod pats;
mod requested_by;
pub(crate) mod scan;
mod service;

use adieu_transport::Correlation;

use crate::credential_kind::credential_of_auto;
use crate::failure::Failure;
use requested_by::RequestedBy;

pub(crate) use credential::signed_in;
pub(crate) use extension::{doing, in_minutes, in_one_line, missing, not_compared, validation};
pub(crate) use identity::settling;

/// Address of the repository: `repository` of Cargo.toml, which is empty until there is a public one.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// A message for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    sentence: String,
    facts: Vec<(String, String)>,
    remedy: Option<String>,
    /// Section in TROUBLESHOOTING.md.
    anchor: String,
    /// Other failures at the same time.
    also: Vec<Report>,
}

impl Report {
    /// The report of a failure, for the author of a step.
    pub(crate) fn of(failure: &Failure) -> Self {
        Self::worded(failure, RequestedBy::Step)
    }

    /// The report for the user of a command line.
    pub(crate) fn on_a_command_line(failure: &Failure) -> Self {
        Self::worded(failure, RequestedBy::CommandLine)
    }

    /// The report of the failure that ends a verb, with the credential that `auto` chose, which is shown nowhere
    /// else.
    pub(crate) fn that_ends_a_verb(failure: &Failure) -> Self {
        let report = Self::on_a_command_line(failure);
        match credential_of_auto() {
            Some(used) if report.facts.iter().all(|(name, _)| name != "credential") => {
                report.fact("credential", used.name())
            }
            _ => report,
        }
    }

    fn worded(failure: &Failure, requested_by: RequestedBy) -> Self {
        match failure {
            Failure::NoRuntime(reason) => agent::no_runtime(reason),
            Failure::Internal(what) => agent::internal(what),
            Failure::NoSuchTask { name, phase } => agent::no_such_task(name, phase),
            Failure::LauncherGone => agent::launcher_gone(),
            Failure::PlatformVariable(error) => agent::platform_variable(error),
            Failure::Input(error) => inputs::input(error),
            Failure::NoConnection => inputs::no_connection(),
            Failure::TwoConnections => inputs::two_connections(),
            Failure::Tokens(problems) => inputs::tokens(problems),
            Failure::Connections(problems) => inputs::connections(problems),
            Failure::NothingAsked => inputs::nothing_asked(),
            Failure::VariableName {
                input,
                text,
                reason,
            } => inputs::not_a_name(input, text, *reason),
            Failure::TooLong(error) => inputs::too_long(error),
            Failure::Configure(problems) => job::configure(problems),
            Failure::NotAResource { text, reason } => job::not_a_resource(text, reason),
            Failure::NoBroker(reason) => job::no_broker(reason),
            Failure::Script(problem) => job::script(problem),
            Failure::Connection {
                connection,
                problem,
            } => connection::problem(connection, problem),
            Failure::Network(problem) => network::problem(problem),
            Failure::NoToken { connection, errors } => {
                identity::no_token(connection, errors, requested_by)
            }
            Failure::NoCredential(problems) => credential::none(problems),
            Failure::NoTenant {
                organization,
                error,
            } => credential::no_tenant(organization, error),
            Failure::Extension(problem) => extension::problem(problem, requested_by),
            Failure::MissingInput { input, example } => {
                extension::missing_input(input, example, requested_by)
            }
            Failure::NotAnOrganization { text, reason } => {
                azure_devops::not_an_organization(text, reason, requested_by)
            }
            Failure::NotAHost { text, reason } => {
                azure_devops::not_a_host(text, reason, requested_by)
            }
            Failure::NotMinutes(text) => extension::not_minutes(text),
            Failure::NotATimestamp(text) => extension::not_a_timestamp(text),
            Failure::Marketplace {
                doing,
                error,
                identity,
                page,
            } => azure_devops::refusal(
                doing,
                error,
                identity.as_ref(),
                page.as_deref(),
                requested_by,
            ),
            Failure::Organizations {
                doing,
                failures,
                ids,
            } => organization::organizations(doing, failures, ids, requested_by),
            Failure::UnknownIdentity(refused) => organization::unknown_identity(refused),
            Failure::NoRepository { name, error } => organization::no_repository(name, error),
            Failure::Onboard(problem) => onboard::problem(problem),
            Failure::Feeds(problem) => feeds::problem(problem, requested_by),
            Failure::Git(problem) => git::problem(problem),
            Failure::Scan(error) => scan::problem(error),
            Failure::Progress(error) => scan::progress(error),
            Failure::NotVerified {
                path,
                digest,
                has_checksums,
            } => extension::not_verified(path, digest, *has_checksums),
            Failure::Pats(problem) => pats::problem(problem),
            Failure::NotATenant(text) => command_line::not_a_tenant(text),
            Failure::NoFolderForCompletions => command_line::no_folder_for_completions(),
            Failure::NotConfirmed(section) => command_line::not_confirmed(section),
            Failure::NotConfigured(reason) => git::not_configured(reason),
            Failure::NoOrganization(flag) => command_line::no_organization(flag),
            Failure::NoSection { text, near } => command_line::no_section(text, near),
            Failure::NoFile { path, cause } => command_line::no_file(path, cause),
            Failure::NoCommand { program, cause } => command_line::no_command(program, cause),
            Failure::NotAWorkflowStep(variable) => command_line::not_a_workflow_step(variable),
            Failure::NotWritten(reason) => command_line::not_written(reason),
        }
    }

    /// The sentence of a failure, for a caller that continues.
    pub(crate) fn sentence_of(failure: &Failure) -> String {
        Self::of(failure).sentence
    }

    /// The first sentence.
    pub(crate) fn sentence(&self) -> &str {
        &self.sentence
    }

    /// Facts without a failure.
    pub(crate) fn facts_alone() -> Self {
        Self::new("", "")
    }

    /// Adds facts before the others.
    pub(crate) fn with_facts(mut self, facts: &[(&str, &str)]) -> Self {
        for (name, value) in facts {
            self = self.fact(name, value);
        }
        self
    }

    /// The facts, by name.
    pub(crate) fn facts(&self) -> &[(String, String)] {
        &self.facts
    }

    /// The remedy, or the sentence if there is none.
    pub(crate) fn remedy_or_sentence(&self) -> &str {
        self.remedy.as_deref().unwrap_or(&self.sentence)
    }

    /// The section of TROUBLESHOOTING.md.
    pub(crate) fn anchor(&self) -> &str {
        &self.anchor
    }

    /// Where to read more: a link to the section or, without a public repository, the command that prints it.
    pub(crate) fn more(&self) -> String {
        match REPOSITORY {
            "" => format!("adieu explain {}", self.anchor),
            address => format!("{address}/blob/main/TROUBLESHOOTING.md#{}", self.anchor),
        }
    }

    /// The same as Markdown: a link, or the command as code.
    pub(crate) fn more_in_markdown(&self) -> String {
        match REPOSITORY {
            "" => format!("`{}`", self.more()),
            _ => format!("<{}>", self.more()),
        }
    }

    /// The sentence and the remedy on one line, for a client's log.
    pub(crate) fn line(&self) -> String {
        let remedy = self.remedy.iter().map(|remedy| format!(" {remedy}"));
        let facts = self.facts.iter();
        let facts: Vec<String> = facts
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        let facts = match facts.join("; ") {
            facts if facts.is_empty() => facts,
            facts => format!(" ({facts})"),
        };
        format!("{}{}{facts}", self.sentence, remedy.collect::<String>())
    }

    /// The whole report, one item per line.
    pub(crate) fn text(&self) -> String {
        let mut lines = vec![self.sentence.clone()];
        let facts = self.facts.iter();
        lines.extend(facts.map(|(name, value)| format!("  {name}: {value}")));
        let remedy = self.remedy.iter();
        lines.extend(remedy.map(|remedy| format!("What to do: {remedy}")));
        lines.push(format!("More: {}", self.more()));
        lines.extend(self.also.iter().map(Report::text));
        lines.join("\n")
    }

    fn new(anchor: &str, sentence: impl AsRef<str>) -> Self {
        Self {
            sentence: one_line(sentence.as_ref()),
            facts: Vec::new(),
            remedy: None,
            anchor: anchor.to_owned(),
            also: Vec::new(),
        }
    }

    /// Several reports as one: the others follow the first.
    fn of_several(mut reports: impl Iterator<Item = Self>) -> Self {
        let mut report = reports.next().unwrap_or_else(Self::facts_alone);
        report.also = reports.collect();
        report
    }

    fn fact(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.facts.push((name.to_owned(), one_line(value)));
        }
        self
    }

    fn remedy(mut self, remedy: &str) -> Self {
        self.remedy = Some(remedy.to_owned());
        self
    }

    /// A service's own message, and the IDs for its support.
    fn service_message(self, message: &str, correlation: &Correlation) -> Self {
        self.fact("it said", message).correlation(correlation)
    }

    fn correlation(mut self, correlation: &Correlation) -> Self {
        for (name, value) in &correlation.ids {
            self = self.fact(name, value);
        }
        self
    }
}

/// Replaces line breaks in a value, which could otherwise look like another fact.
fn one_line(text: &str) -> String {
    let line = text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    without_error_numbers(&line)
}

/// A text without the numbers that Rust appends to the system's messages, such as ` (os error 2)`.
pub(crate) fn without_error_numbers(text: &str) -> String {
    let mut parts = text.split(" (os error ");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(')') {
            Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                plain.push_str(rest);
            }
            _ => {
                plain.push_str(" (os error ");
                plain.push_str(part);
            }
        }
    }
    plain
}
