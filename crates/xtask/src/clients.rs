//! Installs the programs and libraries that the tests and other commands run, in `target/clients/`, by the table
//! `clients.md`.
//!
//! It installs pinned versions once, and never updates them.

mod built;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Context as _, print_line, run, this_cargo, version, words};
use crate::{debian, files, target};

const TABLE: &str = include_str!("../clients.md");

/// A row of the table.
struct Client {
    name: &'static str,
    wanted_by: &'static str,
    from: &'static str,
    packages: Vec<&'static str>,
    programs: &'static str,
}

fn table() -> impl Iterator<Item = Client> {
    let rows = TABLE.lines().filter_map(|line| line.strip_prefix("| "));
    rows.filter_map(|row| {
        let mut cells = row.split('|').map(str::trim);
        Some(Client {
            name: cells.next()?,
            wanted_by: cells.next()?,
            from: cells.next()?,
            packages: cells.next()?.split_whitespace().collect(),
            programs: cells.next()?,
        })
    })
}

/// Installs the clients for a run of the tests. Returns whether such a run exists.
pub(crate) fn install_for(run: &str) -> Result<bool, String> {
    let mut is_known = false;
    for client in table().filter(|client| client.wanted_by.split(' ').any(|word| word == run)) {
        client.install()?;
        is_known = true;
    }
    Ok(is_known)
}

/// Installs a client. Returns its folder.
pub(crate) fn install(name: &str) -> Result<PathBuf, String> {
    let client = table().find(|client| client.name == name);
    client
        .ok_or_else(|| format!("clients.md has no {name}."))?
        .install()
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

impl Client {
    /// A file with the packages' names shows that an installation is complete. What is compiled from the repository
    /// has none: its compiler detects changes.
    fn install(&self) -> Result<PathBuf, String> {
        let folder = target().join("clients").join(self.name);
        let starts = |program: &str| version(program).is_some();
        if self.programs.split(", ").any(starts) {
            return Ok(folder);
        }
        let mark = folder.join(".installed");
        let packages = self.packages.join("\n");
        if fs::read_to_string(&mark).is_ok_and(|there| there == packages) {
            return Ok(folder);
        }
        if !packages.is_empty() {
            let _ = fs::remove_dir_all(&folder);
            print_line(&format!("Installing {} …", self.packages.join(" ")));
        }
        files::create(&folder)?;
        self.install_into(&folder)?;
        if !packages.is_empty() && self.from != "debian" {
            files::write(&mark, packages)?;
        }
        Ok(folder)
    }

    fn install_into(&self, folder: &Path) -> Result<(), String> {
        let packages = &self.packages;
        match self.from {
            "npm" => {
                files::write(&folder.join("package.json"), "{\"private\":true}\n")?;
                let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
                let install = format!("{npm} install --silent --no-audit --no-fund");
                run(words(&install).args(packages).current_dir(folder))
            }
            "pypi" => {
                let python = if cfg!(windows) { "python" } else { "python3" };
                run(words(&format!("{python} -m venv")).arg(folder)).context(
                    "Install Python 3.9 or newer with its venv module (Debian: python3-venv)",
                )?;
                run(pip_install(folder).args(packages))
            }
            "wheel" => {
                let environment = install("python")?;
                let mut install = pip_install(&environment);
                run(install
                    .args(["--no-deps", "--target"])
                    .arg(folder)
                    .args(packages))
            }
            "debian" => debian::install(packages),
            "deb" => debian::unpack(packages[0], folder),
            "go" => run(words("go install -modcacherw")
                .args(packages)
                .env("GOBIN", folder)
                .env("GOMODCACHE", folder.join("modules"))
                .env("GOCACHE", folder.join("cache")))
            .context("Install Go 1.24 or newer"),
            "crate" => run(this_cargo()
                .args(["install", "--quiet", "--locked", "--debug", "--root"])
                .arg(folder)
                .args(packages)
                .env("CARGO_PROFILE_DEV_DEBUG", "0")),
            _ => built::install(self.name, packages, folder),
        }
    }
}

fn pip_install(environment: &Path) -> Command {
    let mut pip = Command::new(python_program(environment, "pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check"]);
    pip
}

/// Linker and C compiler of other platforms.
pub(crate) fn zig() -> Result<PathBuf, String> {
    install("zig")
}
