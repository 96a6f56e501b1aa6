//! A task's folder as an agent unpacks it, and a step with EntraToken@1 in a job.
//!
//! It makes no assertion about a step's result.

use std::fs;
use std::path::{Path, PathBuf};

use adieu_emulator::{Job, Outcome};
use tempfile::TempDir;

use super::{root, set_mode};

/// A folder with a task in it, removed when dropped.
pub(crate) struct TaskFolder {
    folder: TempDir,
}

impl TaskFolder {
    /// `task/<name>` with the launcher and the binary under test, without the executable bit, as in every VSIX.
    pub(crate) fn unpacked(name: &str) -> Self {
        Self::unpacked_into(name, tempfile::tempdir().expect("a temporary folder"))
    }

    /// The same in a given folder.
    pub(crate) fn unpacked_into(name: &str, folder: TempDir) -> Self {
        let folder = Self { folder };
        let task = root().join("task");
        for (from, to) in [
            (task.join(name).join("task.json"), "task.json"),
            (task.join("launch.js"), "launch.js"),
            // Under its other name, the launcher is the post-job section.
            (task.join("launch.js"), "postjobexecution.js"),
            (task.join("platforms.json"), "platforms.json"),
        ] {
            fs::copy(from, folder.path().join(to)).expect("a copy");
        }
        let binary = folder.binary();
        fs::create_dir_all(binary.parent().expect("a folder")).expect("a folder");
        fs::copy(env!("CARGO_BIN_EXE_adieu"), &binary).expect("a copy");
        set_mode(&binary, 0o644);
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The binary of this machine in it.
    pub(crate) fn binary(&self) -> PathBuf {
        let name = if cfg!(windows) { "adieu.exe" } else { "adieu" };
        self.path().join("bin").join(platform()).join(name)
    }
}

/// Node's name for this platform, as in task/platforms.json.
pub(crate) fn platform() -> &'static str {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "x86_64") => "darwin-x64",
        ("macos", "aarch64") => "darwin-arm64",
        ("windows", _) => "win32-x64",
        (system, processor) => panic!("task/platforms.json has no row for {system} on {processor}"),
    }
}

/// Runs EntraToken@1 with these inputs, as the step `tokens`.
pub(crate) fn run(job: &mut Job<'_>, inputs: &[(&str, &str)]) -> Outcome {
    let folder = TaskFolder::unpacked("token");
    let mut step = job.step(folder.path()).name("tokens");
    for (name, value) in inputs {
        step = step.input(name, value);
    }
    step.run()
}
