//! A git that lets a credential helper choose the scheme (2.46), for machines whose Debian has an older one: built from
//! the source package of the next release, below `target/`.
//!
//! It installs no git on the machine, only the compiler and libraries that the build needs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{output, run};
use crate::{clients, debian, files};

/// The release after Debian 12: git 2.47.
const RELEASE: &str = "trixie";

/// What the build needs beside make and a compiler.
const LIBRARIES: [&str; 4] = ["make", "gcc", "libcurl4-openssl-dev", "zlib1g-dev"];

/// Leaves out what the tests do not run.
const WITHOUT: [&str; 6] = [
    "NO_PERL=1",
    "NO_PYTHON=1",
    "NO_TCLTK=1",
    "NO_GETTEXT=1",
    "NO_OPENSSL=1",
    "NO_EXPAT=1",
];

/// Since when a helper can say which scheme its credential is for.
const WITH_SCHEMES: (u32, u32) = (2, 46);

/// Makes such a git be there. Returns the folder whose `bin/git` it is.
pub(crate) fn built() -> Result<PathBuf, String> {
    let folder = clients::installed("git", &[&format!("git of Debian {RELEASE}")], |folder| {
        debian::install(&LIBRARIES)?;
        let source = source(folder)?;
        let mut prefix = std::ffi::OsString::from("prefix=");
        prefix.push(folder);
        run(Command::new("make")
            .current_dir(&source)
            .args(["--silent", "-j2", "CFLAGS=-O1", "NO_INSTALL_HARDLINKS=1"])
            .args(WITHOUT)
            .arg(prefix)
            .arg("install"))?;
        fs::remove_dir_all(&source).map_err(|error| format!("{}: {error}.", source.display()))
    })?;
    let version = output(Command::new(folder.join("bin/git")).arg("--version"));
    let version = version.ok_or("The git that was built does not start.")?;
    let mut numbers = version
        .split([' ', '.'])
        .filter_map(|word| word.parse::<u32>().ok());
    let is_new = numbers
        .next()
        .zip(numbers.next())
        .is_some_and(|version| version >= WITH_SCHEMES);
    if is_new {
        Ok(folder)
    } else {
        Err(format!("{version} is older than 2.46."))
    }
}

/// The source, from the mirror that this machine's packages come from; apt checks its signature.
fn source(folder: &Path) -> Result<PathBuf, String> {
    let targets = [
        "indextargets",
        "--format",
        "$(REPO_URI) $(RELEASE)",
        "Created-By: Packages",
        "Origin: Debian",
    ];
    let targets = output(Command::new("apt-get").args(targets)).unwrap_or_default();
    // Updates of a release have another mirror, which has not all of it.
    let mirror = targets
        .lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(_, release)| !release.contains('-'))
        .map(|(mirror, _)| mirror)
        .ok_or("apt knows no mirror of Debian, from which git's source would come.")?;
    let apt = folder.join("apt");
    for name in ["parts", "lists/partial", "cache/archives/partial"] {
        files::create(&apt.join(name))?;
    }
    files::write(
        &apt.join("parts/source.sources"),
        format!(
            "Types: deb-src\nURIs: {mirror}\nSuites: {RELEASE}\nComponents: main\n\
             Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
        ),
    )?;
    let in_apt = |name: &str, path: &str| {
        let mut option = std::ffi::OsString::from(format!("-o={name}="));
        option.push(apt.join(path));
        option
    };
    let run_apt = |arguments: &[&str]| {
        run(Command::new("apt-get")
            .current_dir(folder)
            .arg("-qq")
            .args([
                "-o=Dir::Etc::sourcelist=/dev/null",
                "-o=APT::Sandbox::User=root",
            ])
            .arg(in_apt("Dir::Etc::sourceparts", "parts"))
            .arg(in_apt("Dir::State::lists", "lists"))
            .arg(in_apt("Dir::Cache", "cache"))
            .args(arguments))
    };
    run_apt(&["update"])?;
    run_apt(&["source", "--download-only", &format!("git/{RELEASE}")])?;
    let is_archive = |name: &str| name.starts_with("git_") && name.contains(".orig.tar.");
    let archive = names_in(folder)
        .find(|name| is_archive(name))
        .ok_or("The source package of git has no archive of its source.")?;
    run(Command::new("tar")
        .current_dir(folder)
        .args(["--extract", "--file", &archive]))?;
    let source = names_in(folder)
        .find(|name| name.starts_with("git-"))
        .ok_or("The archive of git's source has no folder.")?;
    Ok(folder.join(source))
}

fn names_in(folder: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned())
}
