//! `cargo xtask package`: packages the extension's VSIX from a staged copy of its files.
//!
//! It never edits the source tree: the packer gets the version as an argument.

pub(crate) mod shipped;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

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

/// Builds this machine's binary with the release profile. It contains no paths of this machine.
pub(crate) fn release_binary() -> Result<PathBuf, String> {
    let flags = format!("build.rustflags={:?}", remap::flags(None));
    let build = ["build", "--quiet", "--release", "--package", "adieu"];
    cargo(&[&build, &["--config", &*flags][..]].concat())?;
    release_path()
}

/// Where that binary is.
pub(crate) fn release_path() -> Result<PathBuf, String> {
    Ok(target().join("release").join(platforms::host()?.1.binary))
}

/// Builds a debug binary, which compiles faster, with visible output, and packages it. It never ships. Returns the
/// VSIX.
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

/// Packages the binaries that were already built. Returns the VSIX.
pub(crate) fn built() -> Result<PathBuf, String> {
    within_the_budget(&dist::built()?)
}

/// Packages everything that ships, and checks the sizes.
fn within_the_budget(binaries: &[dist::Binary]) -> Result<PathBuf, String> {
    let (tasks, file) = package(binaries)?;
    sizes(&tasks, &file)?;
    Ok(file)
}

/// Stages the extension with these binaries and packs it. Returns its tasks and the VSIX.
fn package(binaries: &[dist::Binary]) -> Result<(Vec<String>, PathBuf), String> {
    let stage = target().join("stage");
    let tasks = fill(&stage, binaries)?;
    let output = target().join("vsix");
    create(&output)?;
    let file = pack(&stage, &output, env!("CARGO_PKG_VERSION"))?;
    for name in shipped::FILES {
        copy(&stage.join(name), &output.join(name))?;
    }
    // Where the clone is does not matter to the recording of a demo.
    let shown = file.strip_prefix(root()).unwrap_or(&file);
    print_line(&shown.display().to_string());
    Ok((tasks, file))
}

/// Copies all files of the package into the stage. Returns the tasks' names.
fn fill(stage: &Path, binaries: &[dist::Binary]) -> Result<Vec<String>, String> {
    let _ = fs::remove_dir_all(stage);
    // Pictures keep their names and folders beside overview.md, so its relative addresses work.
    let pictures = "aadsts700213.png demo.gif doctor.png flow.png published.png".split(' ');
    let pictures = pictures.map(|name| format!("docs/pictures/{name}"));
    let files = ["vss-extension.json", "overview.md", "LICENSE", "icon.png"].map(str::to_owned);
    for file in files.into_iter().chain(pictures) {
        copy(&root().join(&file), &stage.join(&file))?;
    }
    let tasks = tasks()?;
    for task in &tasks {
        stage_task(&root().join("task").join(task), stage, binaries)?;
    }
    shipped::write(stage, &tasks, binaries)?;
    Ok(tasks)
}

/// A task's folder as an agent unpacks it: its own files, the launcher under the name of each of its phases, and the
/// binaries.
pub(crate) fn stage_task(
    task: &Path,
    stage: &Path,
    binaries: &[dist::Binary],
) -> Result<(), String> {
    let folder = stage.join(task.file_name().unwrap_or_default());
    let shared = root().join("task");
    copy(
        &shared.join("platforms.json"),
        &folder.join("platforms.json"),
    )?;
    for file in files::find(task, "*")? {
        copy(&file, &folder.join(file.file_name().unwrap_or_default()))?;
    }
    for name in launcher_names(&task.join("task.json"))? {
        copy(&shared.join("launch.js"), &folder.join(name))?;
    }
    for (name, binary) in binaries {
        let file = binary.file_name().unwrap_or_default();
        copy(binary, &folder.join("bin").join(name).join(file))?;
    }
    Ok(())
}

/// Names of the folders in `task/` that contain a task.
pub(crate) fn tasks() -> Result<Vec<String>, String> {
    let files = files::find(&root(), "task/*/task.json")?;
    let names = { files.iter() }.filter_map(|file| file.parent()?.file_name()?.to_str());
    Ok(names.map(str::to_owned).collect())
}

/// The files that the handlers in task.json start; each is a copy of the launcher.
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

/// Packs the staged folder with our own packer. Its warnings are errors here.
fn pack(stage: &Path, output: &Path, version: &str) -> Result<PathBuf, String> {
    let changes = Changes {
        version: Some(version.to_owned()),
        ..Changes::default()
    };
    let packed = Folder::read(&Sources::new(stage), &changes, Some(output))
        .pack(false, DateTime::default())
        .map_err(|error| format!("The extension cannot be packed: {error:?}."))?;
    // `sizes` has our own budget. The limit of Azure DevOps Server 2019 does not matter, because it accepts no
    // Microsoft Entra tokens.
    let is_about_size = |finding: &&Finding| matches!(finding.problem, Problem::TooLarge { .. });
    match { packed.findings.iter() }.find(|finding| !is_about_size(finding)) {
        None => Ok(packed.package.path),
        Some(finding) => Err(format!(
            "The extension's package is not clean: {finding:?}."
        )),
    }
}

/// Unpacks a VSIX as an agent does. A VSIX has no executable bits.
pub(crate) fn unpack(vsix: &Path, folder: &Path) -> Result<(), String> {
    open(vsix)?.extract(folder).context(vsix.display())
}

/// Compares the size of each task and of the package with its budget. `dist` has checked the binaries.
fn sizes(tasks: &[String], vsix: &Path) -> Result<(), String> {
    let mut archive = open(vsix)?;
    let mut weights = vec![0; tasks.len()];
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).context(vsix.display())?;
        let name = entry.name().context(vsix.display())?;
        let folder = name.split('/').next();
        if let Some(task) = tasks.iter().position(|task| Some(&**task) == folder) {
            weights[task] += entry.compressed_size();
        }
    }
    let mut sizes = Sizes::default();
    for (task, bytes) in tasks.iter().zip(weights) {
        sizes.add(format!("task {task}, deflated"), bytes, sizes::TASK);
    }
    let whole = files::read(vsix)?.len();
    sizes.add("package", whole as u64, sizes::PACKAGE);
    sizes.check()
}

fn open(vsix: &Path) -> Result<ZipArchive<File>, String> {
    let file = File::open(vsix).context(vsix.display())?;
    ZipArchive::new(file).context(vsix.display())
}
