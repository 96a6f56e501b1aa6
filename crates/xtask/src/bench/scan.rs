//! `cargo xtask bench scan [FOLDER]`: `adieu scan` next to ripgrep and other scanners, over the same files, the same
//! history and the same commit, and how many of eleven planted tokens each finds.
//!
//! No scanner sends its findings: verification by a service is disabled.

use std::path::Path;
use std::process::{Command, Stdio};

use super::measure::{Subject, ended};
use super::peers::Setting;
use super::report::Report;
use super::samples;
use crate::command::{Context as _, print_line};
use crate::root;

/// ripgrep gets the two forms of a token as expressions. Each program prints its findings.
const FILES: &str = r"
adieu scan --habits no: adieu scan --habits no --allow-unreadable FOLDER
ripgrep, two patterns: @scanners/bin/rg --no-config --no-ignore --hidden --with-filename -e [A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{19}AZDO[A-Za-z0-9]{4} -e (?-u:\b)[a-z2-7]{52}(?-u:\b) FOLDER
adieu scan: adieu scan --allow-unreadable FOLDER
kingfisher: @scanners/bin/kingfisher scan FOLDER --no-validate --no-update-check --redact --format json --git-history none
betterleaks: @scanners/bin/betterleaks fs FOLDER --redact --no-banner --output -
gitleaks: @gitleaks/gitleaks dir FOLDER --redact --no-banner --report-format json --report-path -";

const HISTORY: &str = "
adieu scan --history: adieu scan --history FOLDER
git cat-file: git -C FOLDER cat-file --batch-all-objects --batch --buffer --unordered
kingfisher: @scanners/bin/kingfisher scan FOLDER --no-validate --no-update-check --redact --format json --git-history full
betterleaks: @scanners/bin/betterleaks git FOLDER --redact --no-banner --output -
gitleaks: @gitleaks/gitleaks git FOLDER --redact --no-banner --report-format json --report-path -";

const COMMIT: &str = "
adieu scan --staged: adieu scan --staged FOLDER
git diff --cached: git -C FOLDER diff --cached
gitleaks: @gitleaks/gitleaks git FOLDER --staged --redact --no-banner --report-format json --report-path -";

/// Measures a folder and its history; without a folder, the sources of crates and this repository's history.
pub(super) fn run(runs: usize, folder: Option<&str>) -> Result<(), String> {
    let folder = folder.map(super::absolute).transpose()?;
    let tree = folder.clone().map_or_else(samples::tree, Ok)?;
    let (history, commit) = (folder.unwrap_or_else(root), samples::commit()?);
    let (planted, planted_history) = (samples::planted()?, samples::planted_history()?);
    let mut report = Report::new("scan", runs);
    for (title, table, sample, planted, ratio) in [
        ("files", FILES, tree, planted, 2.0),
        ("history", HISTORY, history, planted_history, 1.5),
        (
            "commit of 20 files",
            COMMIT,
            commit.clone(),
            commit,
            f64::MAX,
        ),
    ] {
        let mut subjects = subjects(table, &sample, &planted)?;
        report.measure(title, &mut subjects)?;
        for ours in subjects.iter().filter(|it| it.name.starts_with("adieu")) {
            let found = format!("tokens that {} finds", ours.name);
            report.at_least(&found, ours.facts[0].1, samples::tokens().count() as f64);
            report.at_most("its memory, MB", ours.megabytes(), 60.0);
        }
        let (ours, reader) = (&subjects[0], &subjects[1]);
        match title {
            "commit of 20 files" => report.at_most("before a commit, ms", ours.median(), 30.0),
            _ => report.at_most("adieu / its reader", ours.median() / reader.median(), ratio),
        }
    }
    report.end()
}

/// Counts the planted tokens that each program finds. Returns the subjects for the programs that are installed.
fn subjects(
    table: &'static str,
    sample: &Path,
    planted: &Path,
) -> Result<Vec<Subject<'static>>, String> {
    let mut subjects = Vec::new();
    for (name, line) in table.lines().filter_map(|line| line.split_once(": ")) {
        let mut over_planted = match command(line, planted) {
            Ok(command) => command,
            Err(why) => {
                print_line(&format!("Not measured: {name}: {why}"));
                continue;
            }
        };
        let output = over_planted.stdout(Stdio::piped()).output().context(name)?;
        let found = String::from_utf8_lossy(&output.stdout);
        let found = samples::tokens()
            .filter(|(file, _)| found.contains(file))
            .count();
        let mut command = command(line, sample)?;
        // The exit code shows whether it found something.
        let mut subject = Subject::new(name, move |_| Ok(ended(&mut command)?.0));
        if !name.starts_with("git ") {
            subject.facts = vec![("tokens_of_11", found as f64)];
        }
        subjects.push(subject);
    }
    Ok(subjects)
}

fn command(line: &str, folder: &Path) -> Result<Command, String> {
    let words = [("FOLDER", &*folder.to_string_lossy())];
    let mut command = Setting::new(folder, &words).command(line)?;
    command.stderr(Stdio::null());
    Ok(command)
}
