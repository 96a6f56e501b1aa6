//! Makes subjects from the command lines of `bench.md`, which explains their words.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use super::measure::{Subject, succeeded};
use crate::command::print_line;
use crate::{clients, package};

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
    let value = |name: &str| match (name, environment.get(name)) {
        ("ADIEU", _) => Ok(package::release_path()?.display().to_string()),
        ("ROUND", _) => Ok(round.to_string()),
        (_, Some(value)) => Ok(value.clone()),
        _ => clients::value(name),
    };
    let mut command = crate::command::line(line, &value)?;
    let own = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let own: Vec<_> = own.collect();
    command
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
