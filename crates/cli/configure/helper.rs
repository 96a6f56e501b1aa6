//! The program that git runs for a credential: adieu itself, at a path that exists until the job ends and that no
//! other user can write to.
//!
//! It never uses an existing folder or file.

use std::io;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::platform;

/// Prefix of the folders of copies.
const PREFIX: &str = "adieu-git-";

/// This program, while it runs.
pub(crate) fn of_this_process() -> io::Result<PathBuf> {
    env::current_exe()
}

/// This program, for later steps of the job. If programs cannot run from the task's folder, the launcher starts a
/// copy and removes it after the step; another user could then create a file at its path. So later steps get their
/// own copy, in a new folder that only this user can enter.
pub(crate) fn of_the_job() -> io::Result<PathBuf> {
    let program = env::current_exe()?;
    let (Some(name), Some(place)) = (program.file_name(), program.ancestors().nth(2)) else {
        return Ok(program);
    };
    if is_of_the_task(&program) {
        return Ok(program);
    }
    let folder = platform::private_folder(PREFIX, place)?;
    let copy = folder.path().join(name);
    fs::copy(&program, &copy)?;
    // From here on it outlives this process.
    let _ = folder.keep();
    Ok(copy)
}

/// Removes the copy that [`of_the_job`] created.
pub(crate) fn remove(program: &Path) {
    let folder = program.parent().unwrap_or(program);
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with(PREFIX) {
        // Windows does not remove a running program; the agent empties its temporary folder when the job ends.
        let _ = fs::remove_dir_all(folder);
    }
}

/// Whether a program is in a task's folder, `<task>/bin/<platform>/`, which the agent keeps.
fn is_of_the_task(program: &Path) -> bool {
    let task = program.ancestors().nth(3);
    task.is_some_and(|folder| folder.join("task.json").is_file())
}
