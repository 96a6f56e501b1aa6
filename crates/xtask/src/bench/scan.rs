//! `cargo xtask bench scan [FOLDER]`: `adieu scan` next to ripgrep and other scanners, over the same files, the same
//! history and the same commit, and how many of eleven planted tokens each finds.
//!
//! No scanner sends its findings: verification by a service is disabled.

use std::path::Path;
use std::process::Stdio;

use super::commands::{command, lines, variables};
use super::measure::{Subject, ended};
use super::report::Report;
use super::samples;
use crate::command::{Context as _, print_line};
use crate::root;

/// Measures a folder and its history; without a folder, the sources of crates and this repository's history.
pub(super) fn run(report: &mut Report, folder: Option<&str>) -> Result<(), String> {
    let folder = folder.map(super::absolute).transpose()?;
    let tree = folder.clone().map_or_else(samples::tree, Ok)?;
    let (history, commit) = (folder.unwrap_or_else(root), samples::commit()?);
    let (planted, planted_history) = (samples::planted()?, samples::planted_history()?);
    for (title, sample, planted, ratio) in [
        ("files", tree, planted, 2.0),
        ("history", history, planted_history, 1.5),
        ("commit of 20 files", commit.clone(), commit, f64::MAX),
    ] {
        let subjects = report.subjects(title, subjects(title, &sample, &planted)?)?;
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
    Ok(())
}

/// Counts the planted tokens that each program finds. Returns the subjects for the programs that are installed.
fn subjects(title: &str, sample: &Path, planted: &Path) -> Result<Vec<Subject<'static>>, String> {
    let mut subjects = Vec::new();
    for (name, line) in lines(title) {
        let command = |folder: &Path| {
            let variables = variables([("FOLDER", folder.display().to_string())]);
            let mut command = command(line, folder, &variables, 0)?;
            command.stderr(Stdio::null());
            Ok::<_, String>(command)
        };
        let mut over_planted = match command(planted) {
            Ok(command) => command,
            Err(why) => {
                print_line(&format!("Not measured: {name}: {why}"));
                continue;
            }
        };
        let output = over_planted.stdout(Stdio::piped()).output().context(name)?;
        let output = String::from_utf8_lossy(&output.stdout);
        let found = samples::tokens().filter(|(file, _)| output.contains(file));
        let found = found.count() as f64;
        let mut command = command(sample)?;
        // The exit code shows whether it found something.
        let mut subject = Subject::new(name, move |_| Ok(ended(&mut command)?.0));
        if !name.starts_with("git ") {
            subject.facts = vec![("tokens_of_11", found)];
        }
        subjects.push(subject);
    }
    Ok(subjects)
}
