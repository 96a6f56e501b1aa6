//! `cargo xtask package`: the extension's VSIX, out of a staged copy of what ships.
//!
//! It never edits the source tree: the version is given to the packer.

#[cfg(test)]
mod accepted;
mod shipped;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use adieu_manifest::task::Task;
use adieu_vsix::{Changes, DateTime, Finding, Folder, Problem, Sources};
use zip::ZipArchive;

use crate::command::{Context as _, cargo, print_line};
use crate::files::{self, copy, create};
use crate::sizes::{self, Sizes};
use crate::{dist, platforms, remap, root, target};

/// Builds for this machine and packages. Returns the VSIX.
pub(crate) fn run() -> Result<PathBuf, String> {
    let (name, _) = platforms::host()?;
    Ok(package(&[(name, release_binary()?)])?.1)
}

/// This machine's binary in the profile that ships, which is built first. The folders of this machine do not go into it.
pub(crate) fn release_binary() -> Result<PathBuf, String> {
    let (_, platform) = platforms::host()?;
    let flags = format!("build.rustflags={:?}", remap::flags(None));
    let build = ["build", "--quiet", "--release", "--package", "adieu"];
    cargo(&[&build, &["--config", &*flags][..]].concat())?;
    Ok(target().join("release").join(platform.binary))
}

/// The same with a binary that is built for speed of building, in sight: nothing of it ships. Returns the VSIX.
pub(crate) fn for_demo() -> Result<PathBuf, String> {
    let (name, platform) = platforms::host()?;
    cargo(&["build", "--package", "adieu"])?;
    let binary = target().join("debug").join(&platform.binary);
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

/// Writes the licenses of the crates in these binaries into a folder, as `THIRD-PARTY-NOTICES`.
///
/// # Errors
/// cargo does not say what is in them, or the folder takes no file.
pub(crate) fn notices(folder: &Path, binaries: &[(String, PathBuf)]) -> Result<(), String> {
    shipped::write(folder, &[], binaries)
}

/// Packages what ships.
fn within_the_budget(binaries: &[(String, PathBuf)]) -> Result<PathBuf, String> {
    let (tasks, file) = package(binaries)?;
    sizes(&tasks, &file)?;
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
    print_line(&file.display().to_string());
    Ok((tasks, file))
}

/// Copies everything that is packed into the stage. Returns the tasks' names.
fn fill(stage: &Path, binaries: &[(String, PathBuf)]) -> Result<Vec<String>, String> {
    let _ = fs::remove_dir_all(stage);
    create(stage)?;
    for file in ["vss-extension.json", "overview.md", "LICENSE", "icon.png"] {
        copy(&root().join(file), &stage.join(file))?;
    }
    // Beside overview.md under the same name: its address is relative there, too.
    for picture in [
        "aadsts700213.png",
        "demo.gif",
        "doctor.png",
        "flow.png",
        "published.png",
    ] {
        let path = Path::new("docs/pictures").join(picture);
        copy(&root().join(&path), &stage.join(&path))?;
    }
    let tasks = tasks()?;
    for task in &tasks {
        stage_task(&root().join("task").join(task), stage, binaries)?;
    }
    shipped::write(stage, &tasks, binaries)?;
    Ok(tasks)
}

/// A task's folder as an agent unpacks it: its own files, the launcher under the name of each phase
/// that it has, and the binaries.
pub(crate) fn stage_task(
    task: &Path,
    stage: &Path,
    binaries: &[(String, PathBuf)],
) -> Result<(), String> {
    let folder = stage.join(task.file_name().unwrap_or_default());
    for file in files::list(task)? {
        copy(&file, &folder.join(file.file_name().unwrap_or_default()))?;
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
        copy(binary, &place.join(binary.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

/// Names of the folders below `task/` that hold a task.
pub(crate) fn tasks() -> Result<Vec<String>, String> {
    let folders = files::list(&root().join("task"))?.into_iter();
    let folders = folders.filter(|folder| folder.join("task.json").is_file());
    Ok(folders
        .filter_map(|folder| Some(folder.file_name()?.to_string_lossy().into_owned()))
        .collect())
}

/// The files that task.json's handlers start; each is the launcher.
fn launcher_names(path: &Path) -> Result<BTreeSet<String>, String> {
    let task = Task::parse(&files::read_text(path)?).context(path.display())?;
    let sections = [
        task.pre_job_execution,
        task.execution,
        task.post_job_execution,
    ];
    let handlers = sections.into_iter().flat_map(BTreeMap::into_values);
    Ok(handlers.filter_map(|handler| handler.target).collect())
}

/// Packs the staged folder with our own packer. What it warns of is an error here.
fn pack(stage: &Path, output: &Path, version: &str) -> Result<PathBuf, String> {
    let changes = Changes {
        version: Some(version.to_owned()),
        ..Changes::default()
    };
    let packed = Folder::read(&Sources::new(stage), &changes, Some(output))
        .pack(false, DateTime::default())
        .map_err(|error| format!("The extension cannot be packed: {error:?}."))?;
    // `sizes` has our own budget. What Azure DevOps Server 2019 takes does not count: it accepts no Microsoft Entra tokens.
    let is_about_size = |finding: &&Finding| matches!(finding.problem, Problem::TooLarge { .. });
    let mut findings = packed.findings.iter();
    match findings.find(|finding| !is_about_size(finding)) {
        Some(finding) => Err(format!(
            "The extension's package is not clean: {finding:?}."
        )),
        None => Ok(packed.package.path),
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

/// Holds each task and the whole package against its budget. (`dist` has done so with each binary.)
fn sizes(tasks: &[String], vsix: &Path) -> Result<(), String> {
    let unreadable =
        |error: &dyn std::fmt::Display| format!("{} cannot be read: {error}.", vsix.display());
    let file = fs::File::open(vsix).map_err(|error| unreadable(&error))?;
    let whole = file.metadata().map_err(|error| unreadable(&error))?.len();
    let mut archive = ZipArchive::new(file).map_err(|error| unreadable(&error))?;
    let mut weights = vec![0; tasks.len()];
    for index in 0..archive.len() {
        let entry = archive
            .by_index_raw(index)
            .map_err(|error| unreadable(&error))?;
        let name = entry.name().map_err(|error| unreadable(&error))?;
        let folder = name.split('/').next();
        if let Some(task) = tasks.iter().position(|task| Some(&**task) == folder) {
            weights[task] += entry.compressed_size();
        }
    }
    let mut sizes = Sizes::default();
    for (task, bytes) in tasks.iter().zip(weights) {
        sizes.add(format!("task {task}, deflated"), bytes, sizes::TASK);
    }
    sizes.add("package", whole, sizes::PACKAGE);
    sizes.check()
}
