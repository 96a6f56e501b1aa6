//! Installs the programs and libraries that the tests and other commands run, in `target/clients/`, by the table
//! `clients.md`.
//!
//! It installs pinned versions once, and never updates them.

mod time;

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{self, Context as _, print_line, run, version};
use crate::{debian, files, root, target};

const TABLES: &str = include_str!("../clients.md");

/// The first cells of a row: of the first table a client, which run wants it, from where it comes, its packages, and
/// programs in place of it; of the second table a way, its lines, and what it needs.
type Row = [&'static str; 5];

/// The rows of the first table, or of the second one.
fn rows(table: usize) -> impl Iterator<Item = Row> {
    let tables = TABLES.split("\n\n").filter(|part| part.starts_with("| "));
    let lines = tables.skip(table).take(1).flat_map(str::lines);
    // After the header.
    let rows = lines.skip(2).filter_map(|line| line.strip_prefix("| "));
    rows.map(|row| {
        let mut cells = row.split('|').map(str::trim);
        [(); 5].map(|()| cells.next().unwrap_or_default())
    })
}

fn wanted_by(run: &str) -> Vec<Row> {
    let is_wanted = |row: &Row| row[1].split(' ').any(|word| word == run);
    rows(0).filter(is_wanted).collect()
}

/// Installs the clients for a run of the tests. Returns whether such a run exists.
pub(crate) fn install_for(run: &str) -> Result<bool, String> {
    let wanted = wanted_by(run);
    for row in &wanted {
        install_row(*row)?;
    }
    Ok(!wanted.is_empty())
}

/// Installs a client. Returns its folder.
pub(crate) fn install(name: &str) -> Result<PathBuf, String> {
    let row = rows(0).find(|[client, ..]| *client == name);
    install_row(row.ok_or_else(|| format!("There is no client or value {name}."))?)
}

/// The value of a word in braces: the repository, a name that differs on Windows, or the folder of a client.
pub(crate) fn value(word: &str) -> Result<String, String> {
    let by_system =
        |windows: &str, others: &str| if cfg!(windows) { windows } else { others }.to_owned();
    match word {
        "ROOT" => Ok(root().display().to_string()),
        "BIN" => Ok(by_system("Scripts", "bin")),
        "NPM" => Ok(by_system("npm.cmd", "npm")),
        "PYTHON" => Ok(by_system("python", "python3")),
        client => Ok(install(client)?.display().to_string()),
    }
}

/// A program on the PATH, or else in the client with its name.
pub(crate) fn program(name: &str) -> Result<PathBuf, String> {
    match version(name) {
        Some(_) => Ok(name.into()),
        None => Ok(python_program(&install(name)?, name)),
    }
}

/// A program in a virtual environment.
pub(crate) fn python_program(environment: &Path, name: &str) -> PathBuf {
    match cfg!(windows) {
        true => environment.join("Scripts").join(name).with_extension("exe"),
        false => environment.join("bin").join(name),
    }
}

/// A file with the packages' names shows that an installation is complete. What is compiled from the repository has
/// none: its compiler detects changes.
fn install_row([name, _, from, packages, programs]: Row) -> Result<PathBuf, String> {
    let folder = target().join("clients").join(name);
    if programs
        .split(", ")
        .any(|program| version(program).is_some())
    {
        return Ok(folder);
    }
    let mark = folder.join(".installed");
    let content = packages.replace(' ', "\n");
    if fs::read_to_string(&mark).is_ok_and(|there| there == content) {
        return Ok(folder);
    }
    if !packages.is_empty() {
        let _ = fs::remove_dir_all(&folder);
        print_line(&format!("Installing {packages} …"));
    }
    files::create(&folder)?;
    match from {
        "debian" => debian::install(&packages.split(' ').collect::<Vec<_>>())?,
        "deb" => debian::unpack(packages, &folder)?,
        "libfaketime" => time::libfaketime(packages, &folder)?,
        "source" => debian::build_git(packages, &folder)?,
        way => run_way(way, packages, &folder)?,
    }
    if !packages.is_empty() && from != "debian" {
        files::write(&mark, content)?;
    }
    Ok(folder)
}

fn run_way(way: &str, packages: &str, folder: &Path) -> Result<(), String> {
    if way == "go program" {
        time::of_go(folder)?;
    }
    let [_, lines, needs, ..] = rows(1)
        .find(|[name, ..]| *name == way)
        .ok_or_else(|| format!("clients.md has no way {way}."))?;
    for line in lines.trim_matches('`').split("`, `") {
        let line = line.replace("{PACKAGES}", packages);
        let mut command = command::line(&line, &|word| match word {
            "FOLDER" => Ok(folder.display().to_string()),
            word => value(word),
        })?;
        run(command.current_dir(folder)).context(format_args!("This needs {needs}"))?;
    }
    Ok(())
}

/// Linker and C compiler of other platforms.
pub(crate) fn zig() -> Result<PathBuf, String> {
    install("zig")
}

#[test]
fn a_run_wants_clients_and_not_the_ways_to_install_them() {
    let names = |run| wanted_by(run).iter().map(|[name, ..]| *name).collect();
    let go: Vec<&str> = names("go");
    assert_eq!(go, ["time", "go"]);
    let crates: Vec<&str> = names("cargo");
    assert_eq!(crates, Vec::<&str>::new());
    let ours = ["debian", "deb", "libfaketime", "source"];
    for [name, _, from, ..] in rows(0) {
        let has_way = ours.contains(&from) || rows(1).any(|[way, ..]| way == from);
        assert!(has_way, "{name} is from {from}");
    }
}
