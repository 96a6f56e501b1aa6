//! `cargo xtask bench scan [FOLDER]`: `adieu scan` beside ripgrep and other scanners, over the same files, the same
//! history and the same commit in the same run, and which of eleven planted tokens each finds.
//!
//! No scanner sends what it finds: their checks by a service are off.

mod samples;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::measure::{Subject, milliseconds};
use crate::command::print_line;
use crate::{clients, files, package, target};

/// Runs of each command, after one that does not count.
const RUNS: usize = 5;

/// What takes longer is run once.
const SLOW: Duration = Duration::from_secs(5);

/// How much longer than ripgrep with two patterns it may take over a tree, and than `git cat-file` over a history.
const LONGEST_OVER_FILES: f64 = 2.0;
const LONGEST_OVER_HISTORY: f64 = 1.5;
/// How long it may take before a commit of twenty files, in milliseconds.
const LONGEST_BEFORE_COMMIT: f64 = 30.0;
/// The most memory, in KiB.
const MOST_MEMORY: u64 = 60 * 1024;

/// The two shapes of a token as expressions.
const PATTERNS: [&str; 4] = [
    "-e",
    r"[A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{19}AZDO[A-Za-z0-9]{4}",
    "-e",
    r"(?-u:\b)[a-z2-7]{52}(?-u:\b)",
];

struct Scanner {
    subject: Subject,
    /// The same for the planted tokens.
    planted: Command,
    /// Where it writes what it found there; standard output without one.
    report: Option<PathBuf>,
    /// Planted tokens; none where it looks for none.
    found: Option<usize>,
}

/// What is measured in turns.
struct Part {
    title: &'static str,
    sample: PathBuf,
    planted: PathBuf,
    scanners: Vec<Scanner>,
    /// Names of what could not be had, with the reason.
    missing: Vec<String>,
}

impl Part {
    fn new(title: &'static str, sample: PathBuf, planted: PathBuf) -> Self {
        Self {
            title,
            sample,
            planted,
            scanners: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// Adds a command, with `FOLDER` where the sample's folder is named, and a flag and a file for what it finds.
    fn add(
        &mut self,
        name: &'static str,
        program: &Result<PathBuf, String>,
        arguments: &[&str],
        report: Option<(&str, &str)>,
    ) {
        let program = match program {
            Ok(program) => program,
            Err(reason) => return self.missing.push(format!("{name}: {reason}")),
        };
        let mut planted = command(program, arguments, &self.planted);
        let report = report.map(|(flag, file)| {
            let file = target().join("bench/scan").join(file);
            planted.arg(flag).arg(&file);
            file
        });
        let mut subject = Subject::new(name, command(program, arguments, &self.sample));
        // Its exit code says whether it found something.
        subject.may_fail = true;
        self.scanners.push(Scanner {
            subject,
            planted,
            report,
            found: None,
        });
    }

    /// Looks for the planted tokens, and measures.
    fn run(&mut self) -> Result<(), String> {
        let names = planted_names()?;
        for scanner in &mut self.scanners {
            scanner.found = Some(found(scanner, &names)?);
        }
        for round in 0..=RUNS {
            for Scanner { subject, .. } in &mut self.scanners {
                // The first round shows what takes long, and that is measured once.
                let is_slow = |subject: &Subject| subject.times.first() > Some(&SLOW);
                if is_slow(subject) {
                    continue;
                }
                subject.run()?;
                if round == 0 && !is_slow(subject) {
                    (subject.times, subject.memory) = (Vec::new(), 0);
                }
            }
        }
        Ok(())
    }

    fn print(&mut self) -> Value {
        print_line(&format!("\n{}: {}\n", self.title, self.sample.display()));
        print_line("| command | median, ms | memory, MiB | of 11 planted tokens |");
        print_line("|---|---:|---:|---:|");
        let mut rows = Vec::new();
        for Scanner { subject, found, .. } in &mut self.scanners {
            let time = milliseconds(subject.median());
            let (name, memory) = (subject.name, subject.memory / 1024);
            let found = found.filter(|_| !name.starts_with("git "));
            let shown = found.map_or_else(|| "–".to_owned(), |found| found.to_string());
            print_line(&format!("| {name} | {time:.0} | {memory} | {shown} |"));
            rows.push(json!({ "command": name, "ms": time, "MiB": memory, "found": found }));
        }
        for missing in &self.missing {
            print_line(&format!("Not measured: {missing}"));
        }
        json!({ "part": self.title, "rows": rows, "notMeasured": self.missing })
    }

    /// Median of a command, in milliseconds; forever where it was not measured.
    fn time(&mut self, name: &str) -> f64 {
        let scanner = self
            .scanners
            .iter_mut()
            .find(|scanner| scanner.subject.name == name);
        scanner.map_or(f64::MAX, |scanner| milliseconds(scanner.subject.median()))
    }
}

/// Measures and prints. An error where `adieu scan` misses a token, or takes longer or more than it may.
pub(crate) fn run(folder: Option<&str>) -> Result<(), String> {
    let adieu = Ok(package::release_binary()?);
    let planted = samples::planted()?;
    let tree = folder.map_or_else(samples::tree, |folder| Ok(PathBuf::from(folder)))?;
    let mut parts = [
        over_files(&adieu, tree, planted.clone()),
        over_history(&adieu, samples::history()?, samples::planted_history()?),
        before_commit(&adieu, samples::staged()?, samples::planted_commit()?),
    ];
    let mut documents = Vec::new();
    for part in &mut parts {
        part.run()?;
        documents.push(part.print());
    }
    print_line(&format!("\n{}", json!(documents)));
    verdict(&mut parts)
}

fn over_files(adieu: &Result<PathBuf, String>, tree: PathBuf, planted: PathBuf) -> Part {
    let mut part = Part::new("Files", tree, planted);
    let tokens = ["scan", "--habits", "no", "--allow-unreadable", "FOLDER"];
    part.add("adieu scan --habits no", adieu, &tokens, None);
    let everything = ["scan", "--allow-unreadable", "FOLDER"];
    part.add("adieu scan", adieu, &everything, None);
    let ripgrep = [
        &["--no-config", "--no-ignore", "--hidden", "--with-filename"],
        &PATTERNS[..],
        &["FOLDER"],
    ]
    .concat();
    part.add("ripgrep, two patterns", &of_python("rg"), &ripgrep, None);
    add_others(&mut part, ("dir", "fs"), &["--git-history", "none"]);
    part
}

fn over_history(adieu: &Result<PathBuf, String>, sample: PathBuf, planted: PathBuf) -> Part {
    let mut part = Part::new("History", sample, planted);
    let history = ["scan", "--history", "FOLDER"];
    part.add("adieu scan --history", adieu, &history, None);
    let objects = [
        "-C",
        "FOLDER",
        "cat-file",
        "--batch-all-objects",
        "--batch",
        "--buffer",
        "--unordered",
    ];
    part.add("git cat-file", &Ok("git".into()), &objects, None);
    add_others(&mut part, ("git", "git"), &["--git-history", "full"]);
    part
}

fn before_commit(adieu: &Result<PathBuf, String>, sample: PathBuf, planted: PathBuf) -> Part {
    let mut part = Part::new("Commit of 20 files", sample, planted);
    let staged = ["scan", "--staged", "FOLDER"];
    part.add("adieu scan --staged", adieu, &staged, None);
    let difference = ["-C", "FOLDER", "diff", "--cached", "--raw"];
    part.add("git diff --cached", &Ok("git".into()), &difference, None);
    let leaks = ["git", "--staged", "--no-banner", "--redact", "FOLDER"];
    let report = Some(("--report-path", "gitleaks.json"));
    part.add("gitleaks", &clients::gitleaks(), &leaks, report);
    part
}

/// Scanners of other people, none of which asks a service.
fn add_others(part: &mut Part, (leaks, better): (&str, &str), kingfisher: &[&str]) {
    let arguments = [
        &["scan", "FOLDER", "--no-validate", "--no-update-check"][..],
        &["--redact", "--format", "json"],
        kingfisher,
    ]
    .concat();
    let report = Some(("--output", "kingfisher.json"));
    part.add("kingfisher", &of_python("kingfisher"), &arguments, report);
    let arguments = [better, "FOLDER", "--redact", "--no-banner"];
    let report = Some(("--output", "betterleaks.json"));
    part.add("betterleaks", &of_python("betterleaks"), &arguments, report);
    let arguments = [leaks, "FOLDER", "--redact", "--no-banner"];
    let report = Some(("--report-path", "gitleaks.json"));
    part.add("gitleaks", &clients::gitleaks(), &arguments, report);
}

fn of_python(name: &str) -> Result<PathBuf, String> {
    Ok(clients::python_program(&clients::scanners()?, name))
}

fn verdict(parts: &mut [Part; 3]) -> Result<(), String> {
    let [files, history, commit] = parts;
    let ours = |part: &Part| -> Vec<(usize, u64)> {
        let scanners = part.scanners.iter();
        let ours = scanners.filter(|scanner| scanner.subject.name.starts_with("adieu"));
        ours.map(|scanner| (scanner.found.unwrap_or(0), scanner.subject.memory))
            .collect()
    };
    let all = [ours(files), ours(history), ours(commit)].concat();
    let number = planted_names()?.len();
    let limits = [
        (
            "files",
            files.time("adieu scan --habits no") / files.time("ripgrep, two patterns"),
            LONGEST_OVER_FILES,
        ),
        (
            "the history",
            history.time("adieu scan --history") / history.time("git cat-file"),
            LONGEST_OVER_HISTORY,
        ),
        (
            "a commit",
            commit.time("adieu scan --staged"),
            LONGEST_BEFORE_COMMIT,
        ),
    ];
    if all.iter().any(|(found, _)| *found < number) {
        return Err("adieu scan misses a token.".to_owned());
    }
    if all.iter().any(|(_, memory)| *memory > MOST_MEMORY) {
        return Err("adieu scan takes more memory than it may.".to_owned());
    }
    for (of, seen, limit) in limits {
        if seen > limit {
            return Err(format!(
                "adieu scan of {of} takes {seen:.2}, at most {limit}."
            ));
        }
    }
    Ok(())
}

fn command(program: &Path, arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(program);
    for argument in arguments {
        match *argument {
            "FOLDER" => command.arg(folder),
            argument => command.arg(argument),
        };
    }
    command
}

/// Names of the files with a planted token.
fn planted_names() -> Result<Vec<String>, String> {
    let files = files::list(&samples::planted()?)?;
    let names = files.iter().filter_map(|file| file.file_name()?.to_str());
    Ok(names.map(str::to_owned).collect())
}

/// How many of the planted files a scanner names.
fn found(scanner: &mut Scanner, names: &[String]) -> Result<usize, String> {
    let output = scanner
        .planted
        .output()
        .map_err(|error| format!("{} cannot be started: {error}.", scanner.subject.name))?;
    let text = match &scanner.report {
        Some(report) => fs::read_to_string(report).unwrap_or_default(),
        None => String::from_utf8_lossy(&output.stdout).into_owned(),
    };
    Ok(names.iter().filter(|name| text.contains(*name)).count())
}
