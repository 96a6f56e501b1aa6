//! Makes subjects from the command lines of `bench.md`, which explains their words.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use super::measure::{Subject, succeeded};
use crate::command::print_line;
use crate::{clients, package, root};

const TABLE: &str = include_str!("../../bench.md");

/// The variables of a command.
pub(super) type Environment = BTreeMap<String, String>;

/// These variables.
pub(super) fn variables<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>) -> Environment {
    let pairs = pairs.into_iter();
    pairs
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Name and line of each command in the table with this title.
pub(super) fn lines(title: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = TABLE.lines().filter_map(|row| row.strip_prefix("| "));
    rows.filter_map(move |row| {
        let mut cells = row.split('|').map(|cell| cell.trim().trim_matches('`'));
        let is_here = title.starts_with(cells.next()?);
        is_here.then_some((cells.next()?, cells.next()?))
    })
}

/// The commands of a table that can run here. Each must succeed.
pub(super) fn subjects(
    title: &str,
    folder: &Path,
    environment: &Environment,
) -> Vec<Subject<'static>> {
    let mut subjects = Vec::new();
    for (name, line) in lines(title) {
        if let Err(why) = command(line, folder, environment, 0) {
            print_line(&format!("Not measured: {name}: {why}"));
            continue;
        }
        let (folder, environment) = (folder.to_owned(), environment.clone());
        subjects.push(Subject::new(name, move |round| {
            succeeded(&mut command(line, &folder, &environment, round)?)
        }));
    }
    subjects
}

/// The command of a line, without input and output, and with a home folder for measurements.
pub(super) fn command(
    line: &str,
    folder: &Path,
    environment: &Environment,
    round: usize,
) -> Result<Command, String> {
    let root = root().display().to_string();
    let mut known = variables([("ROOT", root), ("ROUND", round.to_string())]);
    known.extend(environment.clone());
    let (mut own, mut words) = (Vec::new(), Vec::new());
    for word in line.split(' ') {
        match word.split_once('=') {
            Some((name, value)) if words.is_empty() => own.push((name, meaning(value, &known)?)),
            None if words.is_empty() && word == "adieu" => words.push(package::release_path()?),
            _ => words.push(meaning(word, &known)?.into()),
        }
    }
    let mut command = Command::new(words.remove(0));
    command
        .args(words)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", super::folder("home"))
        .envs(environment)
        .envs(own)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    Ok(command)
}

/// What a word means. A client is installed.
fn meaning(word: &str, variables: &Environment) -> Result<String, String> {
    if let Some((client, path)) = word.strip_prefix('@').and_then(|word| word.split_once('/')) {
        return Ok(clients::install(client)?.join(path).display().to_string());
    }
    let mut word = word.to_owned();
    for (name, value) in variables {
        word = word.replace(&format!("{{{name}}}"), value);
    }
    let unset = word
        .strip_prefix('{')
        .filter(|rest| rest.starts_with(char::is_uppercase));
    match unset {
        Some(name) => Err(format!("{} is not set.", name.trim_end_matches('}'))),
        None => Ok(word),
    }
}
