//! `adieu scan`: personal access tokens in files, and where to read what replaces them.
//!
//! It asks no service. What is found is decided by `adieu-scan`, and worded in `report/scan.rs`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use adieu_scan::{Certainty, NotReadReason, Options, Report};
use clap::{Args, ValueEnum};

use crate::program;
use crate::report::scan as words;
use crate::result::{self, Form};
use crate::situation::Situation;
use crate::voice::{Terminal, Voice as _};

/// Flags of `scan`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adieu scan                        what git tracks or does not ignore in this folder
  adieu scan --output json src      one JSON document
  kubectl get secret pat -o yaml | adieu scan --stdin

Exit codes: 0 nothing found, 1 something found, 2 a usage error or something that could not be read.")]
pub(crate) struct ScanArguments {
    /// Files and folders; this folder by default
    path: Vec<PathBuf>,
    /// Scan standard input instead of files
    #[arg(long, conflicts_with = "path")]
    stdin: bool,
    /// Show only findings that are at least this certain
    #[arg(long, value_enum, default_value_t)]
    min: Min,
    /// Show only these rules; repeatable
    #[arg(long, value_name = "RULE", value_parser = known_rule)]
    rule: Vec<String>,
    /// Do not read larger files; bytes, or with KiB, MiB or GiB
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = size)]
    max_size: u64,
    /// Do not fail when a file cannot be read
    #[arg(long)]
    allow_unreadable: bool,
    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: Form,
}

/// What `--min` takes.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Min {
    /// Also what only looks like a token
    #[default]
    Possible,
    /// The shape of a token
    Probable,
    /// A token whose checksum is right
    Certain,
}

/// Scans, and reports what was found.
pub(crate) fn run(arguments: &ScanArguments) -> Result<ExitCode, Situation> {
    let options = options(arguments);
    let scanned = if arguments.stdin {
        adieu_scan::scan_stream(&mut std::io::stdin().lock(), "(standard input)", &options)
    } else if arguments.path.is_empty() {
        adieu_scan::scan_paths(&[PathBuf::from(".")], &options)
    } else {
        adieu_scan::scan_paths(&arguments.path, &options)
    };
    let mut report = scanned.map_err(Situation::Scan)?;
    keep_chosen(&mut report, arguments);
    let lines = words::lines(&report, options.now);
    result::print(arguments.output, &lines, &adieu_scan::to_json(&report))?;
    for line in words::notes(&report) {
        Terminal.warn(&line);
    }
    if arguments.output == Form::Text {
        Terminal.say(&words::summary(&report));
    }
    Ok(ExitCode::from(exit_code(&report, arguments)))
}

fn options(arguments: &ScanArguments) -> Options {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Options {
        workers: std::thread::available_parallelism().map_or(1, usize::from),
        max_size: arguments.max_size,
        now: now.map_or(0, |now| now.as_secs()),
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

fn exit_code(report: &Report, arguments: &ScanArguments) -> u8 {
    let counts = |finding: &adieu_scan::Finding| finding.suppression.is_none();
    let is_refused =
        |missed: &adieu_scan::NotRead| matches!(missed.reason, NotReadReason::Refused(_));
    if report.findings.iter().any(counts) {
        1
    } else if report.not_read.iter().any(is_refused) && !arguments.allow_unreadable {
        2
    } else {
        0
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
