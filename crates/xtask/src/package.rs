//! `cargo xtask package`: the extension's VSIX, out of a staged copy of what ships.
//!
//! It never edits the source tree: the version is given to the packer.

#[cfg(test)]
mod accepted;
mod shipped;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use adieu_vsix::PackageOptions;
use zip::ZipArchive;

use crate::command::{run as run_command, tell};
use crate::platforms::{self, Platform};
use crate::{dist, root, target};

/// The design's budget for one binary, in bytes.
pub(crate) const BINARY_BUDGET: u64 = 3 * 1024 * 1024;

/// The same after deflate, as an agent downloads it.
pub(crate) const DEFLATED_BUDGET: u64 = 14 * 1024 * 1024 / 10;

/// The same for everything that an agent downloads of one task.
const TASK_BUDGET: u64 = 7 * 1024 * 1024;

/// The design's budget for the whole package.
const PACKAGE_BUDGET: u64 = 28 * 1024 * 1024;

/// Builds for this machine and packages. Returns the VSIX.
pub(crate) fn run() -> Result<PathBuf, String> {
    let (name, platform) = host()?;
    build(&[])?;
    let binary = target().join("release").join(&platform.binary);
    Ok(package(&[(name, binary)])?.1)
}

/// Builds for all platforms and packages. Returns the VSIX.
pub(crate) fn all() -> Result<PathBuf, String> {
    within_the_budget(&dist::run(&[])?)
}

/// Packages the binaries that are there already. Returns the VSIX.
pub(crate) fn built() -> Result<PathBuf, String> {
    within_the_budget(&dist::built()?)
}

/// This machine's row of the table.
pub(crate) fn host() -> Result<(String, Platform), String> {
    let name = platforms::host();
    let platform = platforms::all()?
        .remove(&name)
        .ok_or_else(|| format!("There is no platform {name} in task/platforms.json."))?;
    Ok((name, platform))
}

/// Builds the binary in the profile that ships. The folders of this machine do not go into it.
pub(crate) fn build(arguments: &[&str]) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(root())
        .args(["build", "--quiet", "--release", "--package", "adieu"])
        .args(["--config", &format!("build.rustflags={:?}", remaps())])
        .args(arguments);
    run_command(&mut command)
}

/// Short names for the folders that compilers write into panics' messages.
fn remaps() -> Vec<String> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| {
            let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"))?;
            Some(PathBuf::from(home).join(".cargo"))
        });
    let mut remaps = vec![format!("--remap-path-prefix={}=", root().display())];
    let sources = home.map(|home| home.join("registry").join("src"));
    for registry in sources
        .iter()
        .filter_map(|sources| fs::read_dir(sources).ok())
        .flatten()
        .flatten()
    {
        remaps.push(format!(
            "--remap-path-prefix={}=",
            registry.path().display()
        ));
    }
    remaps
}

/// Packages what ships. What is built for this machine alone keeps to no budget: rustup's standard library is built for
/// speed, and those that ship are built with a small one.
fn within_the_budget(binaries: &[(String, PathBuf)]) -> Result<PathBuf, String> {
    let (tasks, file) = package(binaries)?;
    sizes(binaries, &tasks, &file)?;
    Ok(file)
}

/// Stages the extension with these binaries and packs it. Returns its tasks and the VSIX.
fn package(binaries: &[(String, PathBuf)]) -> Result<(Vec<String>, PathBuf), String> {
    let stage = target().join("stage");
    let tasks = fill(&stage, binaries)?;
    let output = target().join("vsix");
    create(&output)?;
    let file = pack(&stage, &output, env!("CARGO_PKG_VERSION"))?;
    for name in shipped::FILES {
        copy(&stage.join(name), &output.join(name))?;
    }
    tell(&file.display().to_string());
    Ok((tasks, file))
}

/// Puts everything that is packed into a folder of its own. Returns the tasks' names.
fn fill(stage: &Path, binaries: &[(String, PathBuf)]) -> Result<Vec<String>, String> {
    let _ = fs::remove_dir_all(stage);
    create(stage)?;
    for file in ["vss-extension.json", "overview.md", "LICENSE", "icon.png"] {
        copy(&root().join(file), &stage.join(file))?;
    }
    // Beside overview.md under the same name: its address is relative there, too.
    create(&stage.join("docs/pictures"))?;
    for picture in ["flow.png", "log.png", "published.png"] {
        let path = Path::new("docs/pictures").join(picture);
        copy(&root().join(&path), &stage.join(&path))?;
    }
    let mut tasks = Vec::new();
    for task in task_folders()? {
        stage_task(&task, stage, binaries)?;
        tasks.push(
            task.file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        );
    }
    tasks.sort();
    shipped::write(stage, &tasks, binaries)?;
    Ok(tasks)
}

fn task_folders() -> Result<Vec<PathBuf>, String> {
    let root = root().join("task");
    let entries = fs::read_dir(&root)
        .map_err(|error| format!("{} cannot be read: {error}.", root.display()))?;
    Ok(entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("task.json").is_file())
        .collect())
}

/// A task's folder as an agent unpacks it: its own files, the launcher under the name of each phase
/// that it has, and the binaries.
pub(crate) fn stage_task(
    task: &Path,
    stage: &Path,
    binaries: &[(String, PathBuf)],
) -> Result<(), String> {
    let folder = stage.join(task.file_name().unwrap_or_default());
    create(&folder)?;
    let entries = fs::read_dir(task)
        .map_err(|error| format!("{} cannot be read: {error}.", task.display()))?;
    for entry in entries.flatten() {
        copy(&entry.path(), &folder.join(entry.file_name()))?;
    }
    let shared = root().join("task");
    copy(
        &shared.join("platforms.json"),
        &folder.join("platforms.json"),
    )?;
    for target in launcher_names(&task.join("task.json"))? {
        copy(&shared.join("launch.js"), &folder.join(target))?;
    }
    for (name, binary) in binaries {
        let place = folder.join("bin").join(name);
        create(&place)?;
        copy(binary, &place.join(binary.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

/// The files that task.json's handlers start; each is the launcher.
fn launcher_names(path: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(path)
        .map_err(|error| format!("{} cannot be read: {error}.", path.display()))?;
    let task = adieu_manifest::task::Task::parse(&text)
        .map_err(|error| format!("{}: {error}.", path.display()))?;
    let sections = [
        &task.pre_job_execution,
        &task.execution,
        &task.post_job_execution,
    ];
    let handlers = sections.into_iter().flat_map(|section| section.values());
    let mut names: Vec<String> = handlers
        .filter_map(|handler| handler.target.clone())
        .collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// Packs the staged folder with our own packer. What it warns of is an error here.
fn pack(stage: &Path, output: &Path, version: &str) -> Result<PathBuf, String> {
    let mut options = PackageOptions::new(stage);
    options.overrides.version = Some(version.to_owned());
    options.output = Some(output.to_path_buf());
    let packaged = adieu_vsix::package(&options)
        .map_err(|error| format!("The extension cannot be packed: {error:?}."))?;
    match packaged.findings.first() {
        Some(finding) => Err(format!(
            "The extension's package is not clean: {finding:?}."
        )),
        None => Ok(packaged.path),
    }
}

/// Unpacks one folder of a VSIX as an agent does: without the executable bit, which a VSIX has none of.
pub(crate) fn unpack(vsix: &Path, prefix: &str, folder: &Path) -> Result<(), String> {
    let unreadable =
        |error: &dyn std::fmt::Display| format!("{} cannot be unpacked: {error}.", vsix.display());
    let file = fs::File::open(vsix).map_err(|error| unreadable(&error))?;
    let mut archive = ZipArchive::new(file).map_err(|error| unreadable(&error))?;
    for index in 0..archive.len() {
        let mut entry = archive
            .by_index(index)
            .map_err(|error| unreadable(&error))?;
        let name = entry
            .name()
            .map_err(|error| unreadable(&error))?
            .into_owned();
        let Some(path) = name
            .strip_prefix(prefix)
            .filter(|path| !path.is_empty() && !path.ends_with('/'))
        else {
            continue;
        };
        let path = folder.join(path);
        create(path.parent().unwrap_or(folder))?;
        let mut copy = fs::File::create(&path).map_err(|error| unreadable(&error))?;
        io::copy(&mut entry, &mut copy).map_err(|error| unreadable(&error))?;
    }
    Ok(())
}

/// How many bytes of each binary are in the package, by the binary's path in it.
fn deflated(vsix: &Path) -> Result<BTreeMap<String, u64>, String> {
    let unreadable =
        |error: &dyn std::fmt::Display| format!("{} cannot be read: {error}.", vsix.display());
    let file = fs::File::open(vsix).map_err(|error| unreadable(&error))?;
    let mut archive = ZipArchive::new(file).map_err(|error| unreadable(&error))?;
    let mut sizes = BTreeMap::new();
    for index in 0..archive.len() {
        let entry = archive
            .by_index_raw(index)
            .map_err(|error| unreadable(&error))?;
        let name = entry
            .name()
            .map_err(|error| unreadable(&error))?
            .into_owned();
        sizes.insert(name, entry.compressed_size());
    }
    Ok(sizes)
}

/// Says how large everything is, and refuses what ships over the budget.
fn sizes(binaries: &[(String, PathBuf)], tasks: &[String], vsix: &Path) -> Result<(), String> {
    let packed = deflated(vsix)?;
    let mut over = Vec::new();
    tell(&format!(
        "{:<14} {:>12} {:>12}",
        "binary", "bytes", "deflated"
    ));
    for (name, binary) in binaries {
        let bytes = length(binary)?;
        let suffix = format!("/bin/{name}/");
        let deflated = packed
            .iter()
            .find(|(path, _)| path.contains(&suffix))
            .map_or(0, |(_, size)| *size);
        tell(&format!("{name:<14} {bytes:>12} {deflated:>12}"));
        if bytes > BINARY_BUDGET || deflated > DEFLATED_BUDGET {
            over.push(name.as_str());
        }
    }
    tell(&format!(
        "{:<14} {BINARY_BUDGET:>12} {DEFLATED_BUDGET:>12}",
        "budget"
    ));
    for task in tasks {
        let prefix = format!("{task}/");
        let bytes: u64 = packed
            .iter()
            .filter(|(path, _)| path.starts_with(&prefix))
            .map(|(_, size)| size)
            .sum();
        let name = format!("task {task}");
        tell(&format!("{name:<14} {:>12} {bytes:>12}", ""));
        if bytes > TASK_BUDGET {
            over.push(task.as_str());
        }
    }
    tell(&format!("{:<14} {:>12} {TASK_BUDGET:>12}", "budget", ""));
    let whole = length(vsix)?;
    tell(&format!("{:<14} {:>12} {whole:>12}", "package", ""));
    tell(&format!("{:<14} {:>12} {PACKAGE_BUDGET:>12}", "budget", ""));
    if whole > PACKAGE_BUDGET {
        over.push("package");
    }
    if over.is_empty() {
        Ok(())
    } else {
        Err(format!("Over the budget: {}.", over.join(", ")))
    }
}

fn length(path: &Path) -> Result<u64, String> {
    fs::metadata(path)
        .map(|data| data.len())
        .map_err(|error| format!("{}: {error}.", path.display()))
}

fn create(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder)
        .map_err(|error| format!("{} cannot be made: {error}.", folder.display()))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(|_| ()).map_err(|error| {
        format!(
            "{} cannot be copied to {}: {error}.",
            from.display(),
            to.display()
        )
    })
}
