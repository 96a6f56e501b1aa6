//! The messages for the findings and failures of `adieu scan`.
//!
//! It makes no decisions and prints nothing. Names of files are untrusted: each becomes one line without a command.

use adieu_agent::deactivate_commands_whole;
use adieu_devops::Listing;
use adieu_inventory::{ProgressError, ProgressProblem, UnreadList, kind};
use adieu_order::{Map, Set};
use adieu_scan::{
    Certainty, Error, Finding, Fix, Form, Kind, NotRead, NotReadReason, Report as ScanReport,
    Resource, ResourceKind, Suppression,
};

use super::{Report, pats};
use crate::failure::{Failure, ScanProblem};
use crate::page::code;

/// What `--fix` does, after a list of findings with replacements.
pub(crate) const ABOUT_FIXES: &str = "Lines with + replace lines with -. --fix writes those that are safe; \
     with --connection NAME also those that only need the name of the connection.";

/// What to do if Azure DevOps stopped answering.
pub(crate) const ABOUT_RESUMING: &str = "Run the command with --resume FILE until nothing is \
                                         missing: the file keeps what was read.";

/// Most files of a repository in a note.
const MOST_FILES: usize = 10;

/// Most findings on a run's page; the other files have the rest.
const MOST_ON_A_PAGE: usize = 200;

/// Why there was no scan, or no result.
pub(super) fn problem(problem: &ScanProblem) -> Report {
    match problem {
        ScanProblem::Scan(Error::Path { path, reason }) => {
            Report::new("scan", format!("Cannot scan '{path}': {reason}."))
                .remedy("Name a file or a folder that exists and that you may read.")
        }
        ScanProblem::Scan(Error::NoGit) => Report::new("scan", "git is not on the PATH.")
            .remedy("Install git, or scan files without --history and --staged."),
        ScanProblem::Scan(Error::Git(reason)) => {
            Report::new("scan", "git could not read the repository.")
                .fact("git", reason)
                .remedy("Run the command in a git repository that belongs to you.")
        }
        ScanProblem::Scan(Error::NotABaseline(reason)) => {
            Report::new("scan", format!("The baseline cannot be read: {reason}."))
        }
        ScanProblem::MachineInAPipeline => {
            Report::new("scan", "--machine does not work in a pipeline.")
                .remedy("Scan the sources: run `adieu scan` without --machine.")
        }
        ScanProblem::Baseline { path, reason } => {
            Report::new("scan", format!("'{path}' is not a baseline: {reason}."))
                .remedy("Create it with `adieu scan --write-baseline FILE`.")
        }
        ScanProblem::NoProject { organization, name } => Report::new(
            "scan",
            format!("'{name}' is not a project of {organization} that this identity may see."),
        ),
        ScanProblem::NotWritten { path, reason } => {
            Report::new("scan", format!("Cannot write '{path}': {reason}."))
        }
    }
}

/// A file of `--resume` that cannot be continued or written.
pub(super) fn progress(error: &ProgressError) -> Report {
    let reason = match &error.problem {
        ProgressProblem::NotOurs => "it was not written by adieu --resume".to_owned(),
        ProgressProblem::Another { of, expected } => format!("it is for '{of}', not '{expected}'"),
        ProgressProblem::System(error) => error.to_string(),
    };
    let path = error.path.display();
    Report::new(
        "resume",
        format!("Cannot continue from '{path}': {reason}."),
    )
    .remedy("Name a file that does not exist yet, or the file of the run to continue.")
}

/// The lines for each finding: what and where, the remedy, and the replacement.
pub(crate) fn lines(report: &ScanReport, now: u64) -> Vec<String> {
    let mut lines = Vec::new();
    for finding in report.findings.iter().filter(|it| it.suppression.is_none()) {
        lines.push(format!(
            "{}  {}  {}  {}",
            place(finding),
            finding.rule.id,
            finding.certainty.word(),
            what(finding, now)
        ));
        lines.extend(commit(finding));
        let url = finding.resource.as_ref().map(|it| format!("  {}", it.url));
        lines.extend(url);
        let (help, page) = finding.advice();
        lines.push(format!("  {help} → {page}"));
        lines.extend(finding.fix.iter().flat_map(diff));
    }
    lines
}

fn place(finding: &Finding) -> String {
    if let (Some(_), Some(pointer)) = (&finding.resource, &finding.pointer) {
        return one_line(&format!("{}#{pointer}", finding.path));
    }
    format!(
        "{}:{}:{}",
        one_line(&finding.path),
        finding.line,
        finding.column
    )
}

fn commit(finding: &Finding) -> Option<String> {
    let commit = finding.commit.as_ref()?;
    let head = if commit.is_in_head {
        "; HEAD still has it"
    } else {
        ""
    };
    Some(match &commit.id {
        Some(id) if commit.author.is_empty() => format!("  commit {id}{head}"),
        Some(id) => format!(
            "  commit {id} of {} by {}{head}",
            commit.date,
            one_line(&commit.author)
        ),
        None => format!("  blob {}, which no commit refers to", commit.blob),
    })
}

/// A replacement as a hunk of a unified diff, without context.
fn diff(fix: &Fix) -> Vec<String> {
    let old = fix
        .old
        .iter()
        .map(|line| format!("    -{}", tabs_kept(line)));
    let new = fix
        .new
        .iter()
        .map(|line| format!("    +{}", tabs_kept(line)));
    let start = fix.line - u64::from(fix.old.is_empty());
    let head = format!(
        "    @@ -{start},{} +{},{} @@",
        fix.old.len(),
        fix.line,
        fix.new.len()
    );
    std::iter::once(head).chain(old).chain(new).collect()
}

/// A line of a file, in which tabs stay tabs.
fn tabs_kept(line: &str) -> String {
    line.replace('\t', "    ")
}

/// The message about a replacement that was written.
pub(crate) fn fixed(finding: &Finding) -> String {
    format!("Fixed {}  {}", place(finding), finding.rule.id)
}

/// Entries of a baseline without a match.
pub(crate) fn stale(entries: &[(String, String, usize)]) -> Vec<String> {
    entries
        .iter()
        .map(|(rule, path, number)| {
            format!(
                "The baseline has {} of {rule} in {} that was not found; remove it.",
                count(*number, "entry"),
                one_line(path)
            )
        })
        .collect()
}

/// A summary for a pipeline run.
pub(crate) fn markdown(report: &ScanReport, summary: &str, now: u64) -> String {
    let mut page = format!("### Personal access tokens\n\n{summary}\n");
    let counted: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|it| it.suppression.is_none())
        .collect();
    if !counted.is_empty() {
        page.push_str("\n| | finding | place | what replaces it |\n|---|---|---|---|\n");
    }
    let mut sorted = counted.clone();
    let key = |finding: &Finding| {
        (
            finding.rule.kind == Kind::Habit,
            std::cmp::Reverse(finding.certainty),
        )
    };
    adieu_order::sort_by(&mut sorted, |one, other| key(one).cmp(&key(other)));
    for finding in sorted.iter().take(MOST_ON_A_PAGE) {
        let mark = match (finding.rule.kind, finding.certainty) {
            (Kind::Secret, Certainty::Certain) => "**secret**",
            (Kind::Secret, _) => "secret",
            (Kind::Habit, _) => "habit",
        };
        page.push_str(&format!(
            "| {mark} | {} | {} | `{}` |\n",
            what(finding, now).replace('|', "/"),
            code(&match finding.resource {
                Some(_) => place(finding),
                None => format!("{}:{}", finding.path, finding.line),
            }),
            finding.advice().1
        ));
    }
    if counted.len() > MOST_ON_A_PAGE {
        page.push_str(&format!("\nAnd {} more.\n", counted.len() - MOST_ON_A_PAGE));
    }
    for line in notes(report).iter().take(MOST_ON_A_PAGE) {
        page.push_str(&format!("\n- {}\n", code(line)));
    }
    page
}

/// The description of a finding, with facts that do not reveal it.
pub(crate) fn what(finding: &Finding, now: u64) -> String {
    let mut facts = vec![finding.rule.title.to_owned()];
    if finding.form == Form::Base64 {
        facts.push("in base64".to_owned());
    }
    facts.extend(
        finding
            .created
            .iter()
            .map(|month| format!("created {month}")),
    );
    match finding.expires {
        Some(expires) if expires <= now => facts.push("expired".to_owned()),
        Some(_) => facts.push("not expired".to_owned()),
        None => {}
    }
    if finding.rule.kind == Kind::Secret {
        facts.push(format!("fingerprint {}", finding.fingerprint));
    }
    let is_connection = |it: &&Resource| it.kind == ResourceKind::ServiceConnection;
    let connection = finding.resource.as_ref().filter(is_connection);
    facts.extend(connection.map(|it| match &it.last_use {
        Some(last) => {
            let day = last.at.split('T').next().unwrap_or_default();
            format!("last used on {} by {}", one_line(day), one_line(&last.by))
        }
        None => "no use in its history".to_owned(),
    }));
    facts.join(", ")
}

/// What was not scanned.
pub(crate) fn notes(report: &ScanReport) -> Vec<String> {
    let mut notes = Vec::new();
    // By project and repository: the number of definitions, and their files.
    let mut elsewhere: Map<(&str, &str), (usize, Set<&str>)> = Map::new();
    for missed in &report.not_read {
        match &missed.reason {
            NotReadReason::InRepository { file, repository } => {
                let ends = missed.path.match_indices('/').map(|(at, _)| at).nth(1);
                let project = &missed.path[..ends.unwrap_or(missed.path.len())];
                let entry = elsewhere.get_or_insert_with((project, repository), Default::default);
                entry.0 += 1;
                entry.1.insert(file);
            }
            _ => notes.push(note(missed)),
        }
    }
    for ((project, repository), (number, files)) in elsewhere {
        let mut named: Vec<&str> = files.iter().take(MOST_FILES).copied().collect();
        if files.len() > MOST_FILES {
            named.push("…");
        }
        notes.push(format!(
            "{}: the steps of {} are in the repository {} ({}); scan a clone of it.",
            one_line(project),
            count(number, "build definition"),
            one_line(repository),
            one_line(&named.join(", "))
        ));
    }
    notes
}

fn note(missed: &NotRead) -> String {
    let path = one_line(&missed.path);
    match &missed.reason {
        NotReadReason::TooLarge(size) => {
            format!("{path} was not scanned: {size} bytes are more than --max-size.")
        }
        NotReadReason::LfsPointer => {
            format!("{path} was not scanned: Git LFS keeps its content elsewhere.")
        }
        NotReadReason::Refused(reason) => format!("{path} was not scanned: {reason}."),
        NotReadReason::NotPermitted(right) => {
            format!("{path} were not scanned: this identity needs {right}.")
        }
        NotReadReason::Unanswered(reason) => {
            format!("{path} were not scanned: {}", one_line(reason))
        }
        NotReadReason::InRepository { file, repository } => {
            let place = one_line(&format!("{file} of {repository}"));
            format!("{path} was not scanned: its steps are in {place}.")
        }
    }
}

/// A list of an organization that was not read.
pub(crate) fn unread_list(list: &UnreadList<Box<Failure>>) -> NotRead {
    let reason = if list.error.is_about_permission() {
        NotReadReason::NotPermitted(right(list.listing))
    } else {
        let doing = format!("list the {}s", kind(list.listing).word());
        NotReadReason::Unanswered(pats::unread(&doing, &list.error))
    };
    NotRead {
        path: list.path.clone(),
        reason,
    }
}

/// The permission for a list (learn.microsoft.com, "Permissions and groups reference").
fn right(listing: Listing) -> &'static str {
    match listing {
        Listing::ServiceConnections => {
            "the role Reader on the service connections (Project settings → Service connections → ⋮ → Security)"
        }
        Listing::VariableGroups => {
            "the role Reader on the library (Pipelines → Library → Security)"
        }
        Listing::BuildDefinitions => "View build pipeline (Pipelines → ⋮ → Manage security)",
        Listing::ReleaseDefinitions => {
            "View release pipeline (Releases → All pipelines → ⋮ → Security)"
        }
        Listing::TaskGroups => "access to the project (Project settings → Permissions → Readers)",
        Listing::ServiceHooks => {
            "View subscriptions of service hooks, which Project Collection Administrators have"
        }
        Listing::AgentPools => {
            "the role Reader on the agent pools (Organization settings → Agent pools → Security)"
        }
    }
}

/// The numbers of findings and scanned items.
pub(crate) fn summary(report: &ScanReport, noun: &str) -> String {
    let of = |kind: Kind| {
        let counts = |it: &&Finding| it.suppression.is_none() && it.rule.kind == kind;
        report.findings.iter().filter(counts).count()
    };
    let found = match (of(Kind::Secret), of(Kind::Habit)) {
        (0, 0) => "No findings".to_owned(),
        (secrets, 0) => count(secrets, "token"),
        (0, habits) => count(habits, "habit"),
        (secrets, habits) => format!("{} and {}", count(secrets, "token"), count(habits, "habit")),
    };
    let files = usize::try_from(report.files).unwrap_or(usize::MAX);
    let read = count(files, noun);
    let mut text = format!("{found} in {}", read.to_lowercase());
    let by = |is_by: fn(&Suppression) -> bool| {
        let suppressions = report
            .findings
            .iter()
            .filter_map(|it| it.suppression.as_ref());
        suppressions.filter(|it| is_by(it)).count()
    };
    let known = by(|it| *it == Suppression::Baseline);
    let allowed = by(|it| matches!(it, Suppression::Inline(_)));
    if known > 0 {
        text.push_str(&format!(", {known} in the baseline"));
    }
    if allowed > 0 {
        text.push_str(&format!(", {allowed} allowed"));
    }
    text + "."
}

/// A number of things, by the word for one of them.
pub(crate) fn count(number: usize, what: &str) -> String {
    match what.strip_suffix('y') {
        _ if number == 1 => format!("1 {what}"),
        Some(start) => format!("{number} {start}ies"),
        None => format!("{number} {what}s"),
    }
}

fn one_line(path: &str) -> String {
    deactivate_commands_whole(path)
}
