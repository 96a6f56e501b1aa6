//! A job's files outside its private folder: a link to yarn's file above the checkout, and Gradle's init script in
//! the user's home folder.
//!
//! It neither replaces nor removes another program's file, and none of its files contains a token.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::declaration::Tool;
use crate::files::YARN_FILE;
use crate::folder::{Folder, YARN};
use crate::gradle;
use crate::helper::Name;
use crate::plan::{Plan, Variables, registries};
use crate::request::Request;

/// The variable by which Gradle's script recognizes its job.
pub(crate) const GRADLE: &str = "ADIEU_FEEDS_GRADLE";

/// Adds them to a plan, for clients that read nothing else. `root` is the folder that was read, `above` the one above
/// the checkout, and `variable` reads the environment.
pub fn add_outside(
    plan: &mut Plan,
    request: &Request,
    (root, above): (&Path, Option<&Path>),
    variable: Variables<'_>,
) {
    if request.has_any(&[Tool::Yarn])
        && let Some(above) = above.filter(|above| root.starts_with(above))
        && let Some(file) = yarn(above)
    {
        plan.yarn = Some((file, registries(request, Tool::Yarn)));
    }
    if request.has_any(&[Tool::Gradle]) {
        let user = variable("GRADLE_USER_HOME").map(PathBuf::from);
        let home = || env::home_dir().unwrap_or_default().join(".gradle");
        let user = user.unwrap_or_else(home);
        let scripts = init_scripts(&user);
        let made = [scripts.clone(), user].into_iter();
        plan.made = made.filter(|folder| !folder.exists()).collect();
        plan.gradle = Some(scripts);
    }
}

/// The path of yarn's file in a folder above the checkout; `None` if another program has a file there.
fn yarn(above: &Path) -> Option<PathBuf> {
    let link = above.join(YARN_FILE);
    let is_free = match fs::symlink_metadata(&link) {
        Ok(_) => is_left_link(&link),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    is_free.then_some(link)
}

/// Whether a link leads to the private folder of a job that has ended.
fn is_left_link(link: &Path) -> bool {
    let target = fs::read_link(link).unwrap_or_default();
    let folder = target.parent().and_then(Folder::existing);
    folder.is_some_and(|folder| !folder.path().is_dir())
}

/// Whether a script belongs to a job that has ended.
fn is_left(file: &Path) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    gradle::maker(&text).is_some_and(|folder| !Path::new(folder).is_dir())
}

/// Gradle's folder of init scripts, after removing those of killed jobs.
fn init_scripts(user_home: &Path) -> PathBuf {
    let folder = user_home.join("init.d");
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        if is_left(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
    folder
}

fn script(scripts: &Path, folder: &Folder) -> PathBuf {
    let name = folder.path().file_name().unwrap_or_default();
    scripts.join(format!("{}.gradle", name.to_string_lossy()))
}

/// Creates the link, and writes Gradle's script.
pub(crate) fn make(plan: &Plan, folder: &Folder) -> io::Result<()> {
    if let Some((link, _)) = &plan.yarn {
        let _ = fs::remove_file(link);
        symlink(&folder.file(YARN), link)?;
    }
    let Some(scripts) = &plan.gradle else {
        return Ok(());
    };
    fs::create_dir_all(scripts)?;
    let provider = folder.programs().join(Name::NuGetProvider.file_name());
    let path = folder.path().display().to_string();
    let text = gradle::script(&path, GRADLE, &provider.display().to_string());
    let mut file = tempfile::NamedTempFile::new_in(scripts)?;
    file.write_all(text.as_bytes())?;
    file.persist(script(scripts, folder))?;
    Ok(())
}

#[cfg(unix)]
fn symlink(file: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(file, link)
}

#[cfg(windows)]
fn symlink(file: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(file, link)
}

/// Removes them, and the folders that were created for them.
pub(crate) fn remove(plan: &Plan, folder: &Folder) {
    if let Some((link, _)) = &plan.yarn
        && fs::read_link(link).is_ok_and(|target| target == folder.file(YARN))
    {
        let _ = fs::remove_file(link);
    }
    if let Some(scripts) = &plan.gradle {
        let _ = fs::remove_file(script(scripts, folder));
    }
    // A folder that contains another file stays.
    for folder in &plan.made {
        let _ = fs::remove_dir(folder);
    }
}
