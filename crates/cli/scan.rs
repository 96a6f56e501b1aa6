//! `adieu scan`: personal access tokens in files, in git's history and in an organization, the habits around them, and
//! what replaces both.
//!
//! Only `--organization` uses a service. `adieu-scan` finds, and `report/scan.rs` writes the messages.

mod organization;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use adieu_agent::{Stream, process_path, process_variables};
use adieu_scan::{Baseline, Certainty, Error, NotReadReason, Options, Report};
use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::failure::{Failure, ScanProblem};
use crate::program;
use crate::report::scan as words;
use crate::reporter::{Reporter as _, Terminal};
use crate::result;
use crate::waiting::Wait;

/// Flags of `scan`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adieu scan                         what git tracks or does not ignore here
  adieu scan --history               every object of the repository
  adieu scan --staged                what the next commit adds, for a hook
  adieu scan --fix --connection arm  write the replacements that are safe
  adieu scan --output-path report    JSON, SARIF, HTML and Markdown
  kubectl get secret pat -o yaml | adieu scan --stdin
  adieu scan --organization contoso  connections, variables, definitions

Exit codes: 0 nothing found, 1 something found, 2 usage error or a file that
could not be read")]
pub(crate) struct ScanArguments {
    /// Files and folders; this folder by default
    path: Vec<PathBuf>,
    /// Scan all objects of the git repository, whichever commit has them
    #[arg(long, group = "source")]
    history: bool,
    /// Scan what is staged for the next commit
    #[arg(long, group = "source")]
    staged: bool,
    /// Scan standard input
    #[arg(long, group = "source", conflicts_with = "path")]
    stdin: bool,
    /// Scan the places on this machine where clients keep tokens, and the environment
    #[arg(long, group = "source", conflicts_with = "path")]
    machine: bool,
    #[command(flatten)]
    online: organization::OrganizationArguments,
    /// Show only findings that are at least this certain
    #[arg(long, value_enum, default_value_t)]
    min: Min,
    /// Whether to look for habits as well as tokens
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "YES|NO",
        hide_possible_values = true
    )]
    habits: YesOrNo,
    /// Show only this rule; may be repeated
    #[arg(long, value_name = "RULE", value_parser = known_rule)]
    rule: Vec<String>,
    /// Leave out the findings in this file
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the findings to this file, for --baseline
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
    /// Write the replacements that are safe into the files
    #[arg(long, conflicts_with = "source")]
    fix: bool,
    /// The service connection that replacements name
    #[arg(long, value_name = "NAME", value_parser = connection_name)]
    connection: Option<String>,
    /// Skip larger files; in bytes, or with KiB, MiB or GiB
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = size)]
    max_size: u64,
    /// Do not fail if a file cannot be read
    #[arg(long)]
    allow_unreadable: bool,
    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: Format,
    /// Also write scan.json, scan.sarif, scan.html and scan.md to this folder
    #[arg(long, value_name = "FOLDER")]
    output_path: Option<PathBuf>,
}

/// What `--output` takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people
    #[default]
    Text,
    /// One JSON document
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// One page that opens offline
    Html,
    /// A summary for a pipeline run
    Markdown,
}

/// What `--min` takes.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Min {
    /// Also text that only looks like a token
    #[default]
    Possible,
    /// Text in the form of a token
    Probable,
    /// A token whose checksum is valid
    Certain,
}

/// What `--habits` takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum YesOrNo {
    #[default]
    Yes,
    No,
}

/// Most rounds of replacements: those at one position are written one after the other.
const MOST_ROUNDS: usize = 20;

/// Scans, and reports the findings.
pub(crate) fn run(arguments: &ScanArguments) -> Result<ExitCode, Box<Failure>> {
    let options = options(arguments);
    let waiting = (!arguments.stdin).then(|| Wait::begin("Scanning"));
    let mut report = scanned(arguments, &options)?;
    drop(waiting);
    if arguments.fix {
        report = fixed(arguments, &options, report)?;
    }
    finish(arguments, report, options.now)
}

/// Scans an organization.
pub(crate) async fn run_online(arguments: ScanArguments) -> Result<ExitCode, Box<Failure>> {
    let name = arguments.online.organization.as_deref().unwrap_or_default();
    let options = options(&arguments);
    let report = organization::scan(&arguments.online, name, &options).await?;
    finish(&arguments, report, options.now)
}

impl ScanArguments {
    /// Whether it uses a service.
    pub(crate) fn is_of_an_organization(&self) -> bool {
        self.online.organization.is_some()
    }

    /// The noun for what is scanned.
    fn noun(&self) -> &'static str {
        match (self.history, self.is_of_an_organization()) {
            (true, _) => "object",
            (_, true) => "resource",
            _ => "file",
        }
    }
}

/// Writes the safe replacements, and scans again after each round.
fn fixed(
    arguments: &ScanArguments,
    options: &Options,
    mut report: Report,
) -> Result<Report, Box<Failure>> {
    for _ in 0..MOST_ROUNDS {
        keep_chosen(&mut report, arguments);
        let fixed = adieu_scan::apply(&report).map_err(|(path, error)| {
            let reason = error.to_string();
            Failure::Scan(ScanProblem::NotWritten { path, reason })
        })?;
        if fixed.is_empty() {
            break;
        }
        for finding in fixed {
            Terminal.say(&words::fixed(finding));
        }
        report = scanned(arguments, options)?;
    }
    Ok(report)
}

/// Filters the findings, and reports the rest.
fn finish(
    arguments: &ScanArguments,
    mut report: Report,
    now: u64,
) -> Result<ExitCode, Box<Failure>> {
    keep_chosen(&mut report, arguments);
    if let Some(path) = &arguments.write_baseline {
        write(path, &Baseline::of(&report).text())?;
        Baseline::of(&report).apply(&mut report);
    }
    let mut stale = Vec::new();
    if let Some(path) = &arguments.baseline {
        stale = read_baseline(path)?.apply(&mut report);
    }
    let summary = words::summary(&report, arguments.noun());
    print(arguments.output, &report, &summary, now)?;
    if let Some(folder) = &arguments.output_path {
        write_all(folder, &report, &summary, now)?;
    }
    for line in words::notes(&report).iter().chain(&words::stale(&stale)) {
        Terminal.warn(line);
    }
    let is_unanswered =
        |missed: &adieu_scan::NotRead| matches!(missed.reason, NotReadReason::Unanswered(_));
    if report.not_read.iter().any(is_unanswered) {
        Terminal.say(words::ABOUT_RESUMING);
    }
    if arguments.output == Format::Text {
        Terminal.say(&summary);
        if report.findings.iter().any(|finding| finding.fix.is_some()) {
            Terminal.say(words::ABOUT_FIXES);
        }
    }
    Ok(ExitCode::from(exit_code(&report, arguments)))
}

fn scanned(arguments: &ScanArguments, options: &Options) -> Result<Report, Box<Failure>> {
    let here = [PathBuf::from(".")];
    let paths = match &arguments.path[..] {
        [] => &here[..],
        paths => paths,
    };
    let each = |scan: fn(&Path, &Options) -> Result<Report, Error>| match paths {
        [folder] => scan(folder, options),
        _ => Err(Error::Path {
            path: paths
                .iter()
                .map(|path| path.display().to_string())
                .collect::<Vec<_>>()
                .join(" "),
            reason: "--history and --staged take one repository".to_owned(),
        }),
    };
    let scanned = if arguments.stdin {
        let mut input = std::io::stdin().lock();
        adieu_scan::scan_stream(&mut input, "(standard input)", options)
    } else if arguments.machine {
        if adieu_agent::is_in_a_pipeline() {
            return Err(Failure::Scan(ScanProblem::MachineInAPipeline).into());
        }
        let folder = |name: &str| process_path(name).map(PathBuf::from);
        let home = folder("HOME").or_else(|| folder("USERPROFILE"));
        adieu_scan::scan_machine(home, folder("APPDATA"), process_variables(), options)
    } else if arguments.history {
        each(adieu_scan::scan_history)
    } else if arguments.staged {
        each(adieu_scan::scan_staged)
    } else {
        adieu_scan::scan_paths(paths, options)
    };
    Ok(scanned.map_err(|error| Failure::Scan(ScanProblem::Scan(error)))?)
}

fn options(arguments: &ScanArguments) -> Options {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Options {
        workers: std::thread::available_parallelism().map_or(1, usize::from),
        max_size: arguments.max_size,
        now: now.map_or(0, |now| now.as_secs()),
        habits: arguments.habits == YesOrNo::Yes,
        connection: arguments.connection.clone(),
        git: program::on_path("git"),
    }
}

fn keep_chosen(report: &mut Report, arguments: &ScanArguments) {
    let least = match arguments.min {
        Min::Possible => Certainty::Possible,
        Min::Probable => Certainty::Probable,
        Min::Certain => Certainty::Certain,
    };
    report.findings.retain(|finding| {
        let is_chosen = |id: &String| id == finding.rule.id;
        finding.certainty >= least
            && (arguments.rule.is_empty() || arguments.rule.iter().any(is_chosen))
    });
}

fn print(form: Format, report: &Report, summary: &str, now: u64) -> Result<(), Box<Failure>> {
    let printed = match form {
        Format::Text => {
            let lines = words::lines(report, now);
            return result::print(result::OutputFormat::Text, &lines, &().into());
        }
        Format::Json | Format::Sarif => Stream::Output.json(&document(form, report, now)),
        Format::Html | Format::Markdown => {
            Stream::Output.text(page(form, report, summary, now).trim_end())
        }
    };
    Ok(printed.map_err(Failure::NotWritten)?)
}

/// Writes a file in each format.
fn write_all(folder: &Path, report: &Report, summary: &str, now: u64) -> Result<(), Box<Failure>> {
    fs::create_dir_all(folder).map_err(|error| not_written(folder, &error))?;
    for (name, form) in [
        ("scan.json", Format::Json),
        ("scan.sarif", Format::Sarif),
        ("scan.html", Format::Html),
        ("scan.md", Format::Markdown),
    ] {
        let text = match form {
            Format::Json | Format::Sarif => format!("{:#}\n", document(form, report, now)),
            _ => page(form, report, summary, now),
        };
        write(&folder.join(name), &text)?;
    }
    Ok(())
}

/// SARIF, or JSON with our own schema.
fn document(form: Format, report: &Report, now: u64) -> Value {
    match form {
        Format::Sarif => {
            let describe = |finding: &adieu_scan::Finding| words::what(finding, now);
            adieu_scan::to_sarif(report, env!("CARGO_PKG_VERSION"), describe)
        }
        _ => adieu_scan::to_json(report),
    }
}

/// HTML or Markdown.
fn page(form: Format, report: &Report, summary: &str, now: u64) -> String {
    match form {
        Format::Html => {
            let describe = |finding: &adieu_scan::Finding| words::what(finding, now);
            adieu_scan::to_html(report, summary, &words::notes(report), &describe)
        }
        _ => words::markdown(report, summary, now),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Box<Failure>> {
    Ok(fs::write(path, text).map_err(|error| not_written(path, &error))?)
}

fn not_written(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Scan(ScanProblem::NotWritten {
        path: path.display().to_string(),
        reason: error.to_string(),
    })
}

fn read_baseline(path: &Path) -> Result<Baseline, Box<Failure>> {
    let not_read = |reason: String| {
        let path = path.display().to_string();
        Failure::Scan(ScanProblem::Baseline { path, reason })
    };
    let text = fs::read_to_string(path).map_err(|error| not_read(error.to_string()))?;
    Ok(Baseline::parse(&text).map_err(|error| not_read(error.to_string()))?)
}

fn exit_code(report: &Report, arguments: &ScanArguments) -> u8 {
    let counts = |finding: &adieu_scan::Finding| finding.suppression.is_none();
    let is_refused = |missed: &adieu_scan::NotRead| {
        matches!(
            missed.reason,
            NotReadReason::Refused(_)
                | NotReadReason::NotPermitted(_)
                | NotReadReason::Unanswered(_)
        )
    };
    if report.findings.iter().any(counts) {
        1
    } else if report.not_read.iter().any(is_refused) && !arguments.allow_unreadable {
        2
    } else {
        0
    }
}

/// A name for replacements: no line break, and nothing that YAML would treat as more than a name.
fn connection_name(text: &str) -> Result<String, String> {
    let is_name = |letter: char| letter.is_alphanumeric() || " _-.()$".contains(letter);
    if !text.trim().is_empty() && text.trim() == text && text.chars().all(is_name) {
        Ok(text.to_owned())
    } else {
        Err("a connection's name has letters, digits, spaces and _ - . ( )".to_owned())
    }
}

fn known_rule(text: &str) -> Result<String, String> {
    let known: Vec<&str> = adieu_scan::rules().map(|rule| rule.id).collect();
    if known.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("the rules are {}", known.join(", ")))
    }
}

fn size(text: &str) -> Result<u64, String> {
    let end = text.find(|letter: char| !letter.is_ascii_digit());
    let (digits, unit) = text.split_at(end.unwrap_or(text.len()));
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" | "kb" | "kib" => Some(1 << 10),
        "m" | "mb" | "mib" => Some(1 << 20),
        "g" | "gb" | "gib" => Some(1 << 30),
        _ => None,
    };
    digits
        .parse::<u64>()
        .ok()
        .zip(factor)
        .and_then(|(number, factor)| number.checked_mul(factor))
        .ok_or_else(|| "a size is a number with KiB, MiB or GiB, such as 64MiB".to_owned())
}

#[test]
fn sizes_have_units() {
    for (text, bytes) in [
        ("0", Some(0)),
        ("17", Some(17)),
        ("8MiB", Some(8 << 20)),
        ("2g", Some(2 << 30)),
        ("MiB", None),
        ("-1", None),
        ("1TiB", None),
        ("99999999999999999999", None),
        ("99999999999GiB", None),
    ] {
        assert_eq!(size(text).ok(), bytes, "{text}");
    }
}
