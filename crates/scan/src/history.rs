//! Tokens in git's objects: each text once, however many commits contain it; and in what a commit is about to add.
//!
//! It reads objects with git, and fetches none.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::finding::{Commit, NotRead, NotReadReason, Report};
use crate::scanner::{Options, Worker};
use crate::{Error, files, git};

/// Most objects on a command line, and in a batch for one git process.
const AT_ONCE: usize = 400;

/// Each git process keeps up to 96 MB of unpacked data (`core.deltaBaseCacheLimit`).
const MOST_WORKERS: usize = 4;

/// Scans every object of the repository that contains a folder: blobs, and messages of commits and tags.
///
/// # Errors
/// There is no git or no repository, or git fails.
pub fn scan_history(folder: &Path, options: &Options) -> Result<Report, Error> {
    let program = options.git.as_deref().ok_or(Error::NoGit)?;
    require_repository(program, folder)?;
    let options = Options {
        habits: false,
        ..options.clone()
    };
    let mut command = git::command(program, folder);
    command
        .args(["cat-file", "--batch-all-objects", "--unordered", "--buffer"])
        .arg("--batch-check=%(objecttype) %(objectname)");
    let mut list = Lines::of(command)?;
    let mut line = Vec::new();
    // Trees, which are half of the objects, contain no text.
    let mut more = |names: &mut Vec<u8>| {
        let mut count = 0;
        while count < AT_ONCE && list.next(&mut line)? {
            let mut fields = line.splitn(2, |byte| *byte == b' ');
            if fields.next() != Some(b"tree") {
                names.extend_from_slice(fields.next().unwrap_or_default());
                names.push(b'\n');
                count += 1;
            }
        }
        Ok(())
    };
    let git = || git::command(program, folder);
    let workers = options.workers.min(MOST_WORKERS);
    let mut report = objects(&git, workers, &mut more, &[], &options)?;
    list.end()?;
    describe(program, folder, &mut report)?;
    report.sort();
    Ok(report)
}

/// Scans the changes in the index since the last commit.
///
/// # Errors
/// As for [`scan_history`].
pub fn scan_staged(folder: &Path, options: &Options) -> Result<Report, Error> {
    const LINK: &str = "120000";
    const SUBMODULE: &str = "160000";
    let program = options.git.as_deref().ok_or(Error::NoGit)?;
    let mut command = git::within_a_hook(program, folder);
    command.args([
        "diff",
        "--cached",
        "--raw",
        "-z",
        "--no-abbrev",
        "--no-renames",
    ]);
    command.args(["--no-ext-diff", "--no-textconv", "--ignore-submodules"]);
    let output = match succeeded(command) {
        Ok(output) => output,
        // Outside a repository, git parses `diff` as another command, and its message does not help.
        Err(error) => return require_repository(program, folder).and(Err(error)),
    };
    let mut fields = output.split(|byte| *byte == 0);
    let mut staged = Vec::new();
    while let (Some(facts), Some(path)) = (fields.next(), fields.next()) {
        // `:100644 100644 <old> <new> M`
        let facts = String::from_utf8_lossy(facts).into_owned();
        let facts: Vec<&str> = facts.split(' ').collect();
        if let [_, mode, _, object, status] = facts[..]
            && !status.starts_with('D')
            && mode != LINK
            && mode != SUBMODULE
        {
            staged.push((object.to_owned(), files::shown(&git::path(path))));
        }
    }
    if staged.is_empty() {
        return Ok(Report::default());
    }
    let mut asked = staged.iter();
    let mut more = |names: &mut Vec<u8>| {
        for (object, _) in asked.by_ref() {
            names.extend_from_slice(object.as_bytes());
            names.push(b'\n');
        }
        Ok(())
    };
    let git = || git::within_a_hook(program, folder);
    let mut report = objects(&git, 1, &mut more, &staged, options)?;
    report.sort();
    Ok(report)
}

fn require_repository(program: &Path, folder: &Path) -> Result<(), Error> {
    let mut command = git::command(program, folder);
    command.args(["rev-parse", "--git-dir"]);
    succeeded(command).map(|_| ())
}

/// Appends names of objects, one per line, until there are no more.
type NextNames<'a> = dyn FnMut(&mut Vec<u8>) -> std::io::Result<()> + Send + 'a;

/// Reads objects with several git processes at once, each of which takes names while there are any.
fn objects(
    git: &(dyn Fn() -> Command + Sync),
    workers: usize,
    more: &mut NextNames<'_>,
    asked: &[(String, String)],
    options: &Options,
) -> Result<Report, Error> {
    let more = Mutex::new(more);
    let mut report = Report::default();
    thread::scope(|scope| {
        let work = || some_objects(git(), &more, asked, options);
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            match thread.join() {
                Ok(found) => report.extend(found?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(report)
    })
}

/// Reads objects with one process, under the requested names or else their own.
fn some_objects(
    mut command: Command,
    more: &Mutex<&mut NextNames<'_>>,
    asked: &[(String, String)],
    options: &Options,
) -> Result<Report, Error> {
    command
        .args(["cat-file", "--batch", "--buffer"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().map_err(failed)?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let read = thread::scope(|scope| {
        // If git has exited, its exit code shows why.
        scope.spawn(move || input.map(|input| feed(input, more)));
        let mut worker = Worker::new(options);
        let read = output.map_or(Ok(()), |output| {
            let output = BufReader::with_capacity(1 << 18, output);
            each_object(output, asked, options, &mut worker)
        });
        read.map(|()| worker.report)
    });
    ended(child, read.map_err(failed))
}

fn feed(mut git: impl Write, more: &Mutex<&mut NextNames<'_>>) -> std::io::Result<()> {
    let mut names = Vec::new();
    loop {
        names.clear();
        more.lock().unwrap_or_else(PoisonError::into_inner)(&mut names)?;
        if names.is_empty() {
            return Ok(());
        }
        git.write_all(&names)?;
    }
}

fn ended(mut child: Child, report: Result<Report, Error>) -> Result<Report, Error> {
    if report.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(failed)?;
    match report {
        Ok(_) if !status.success() => Err(Error::Git(status.to_string())),
        report => report,
    }
}

fn each_object(
    mut output: impl std::io::BufRead,
    asked: &[(String, String)],
    options: &Options,
    worker: &mut Worker<'_>,
) -> std::io::Result<()> {
    let mut asked = asked.iter();
    let mut header = String::new();
    loop {
        header.clear();
        if output.read_line(&mut header)? == 0 {
            return Ok(());
        }
        let path = asked.next().map(|(_, path)| path.clone());
        let fields: Vec<&str> = header.trim_end().split(' ').collect();
        let [object, kind, size] = fields[..] else {
            // `<object> missing`: a partial clone does not have it.
            let path = path.unwrap_or_else(|| header.trim_end().to_owned());
            let reason = NotReadReason::Refused("git does not have the object".to_owned());
            worker.report.not_read.push(NotRead { path, reason });
            continue;
        };
        let size: u64 = size.parse().map_err(std::io::Error::other)?;
        let mut content = output.by_ref().take(size);
        let is_named = path.is_some();
        let name = path.unwrap_or_else(|| format!("({kind} {object})"));
        if kind == "tree" {
        } else if size > options.max_size {
            let reason = NotReadReason::TooLarge(size);
            worker.report.not_read.push(NotRead { path: name, reason });
        } else {
            let before = worker.report.findings.len();
            worker.stream(&mut content, &name)?;
            if !is_named {
                for finding in &mut worker.report.findings[before..] {
                    let id = (kind == "commit").then(|| object.to_owned());
                    finding.commit = Some(of_object(object.to_owned(), id));
                }
            }
        }
        // The rest of a text that was not fully read, and the line break after it.
        std::io::copy(&mut content, &mut std::io::sink())?;
        output.read_exact(&mut [0])?;
    }
}

/// Finds the first commit that contains each object with findings, and its path there.
///
/// It walks the commits only for the objects with findings. No tree is read twice, and changes are computed only for
/// the relevant commits.
fn describe(program: &Path, folder: &Path, report: &mut Report) -> Result<(), Error> {
    let of_blobs = |finding: &crate::Finding| {
        let commit = finding.commit.as_ref()?;
        commit.id.is_none().then(|| commit.blob.clone())
    };
    let mut blobs: Vec<String> = report.findings.iter().filter_map(of_blobs).collect();
    adieu_order::sort(&mut blobs);
    blobs.dedup();
    if blobs.is_empty() {
        return Ok(());
    }
    let mut origins: Vec<Origin> = blobs.into_iter().map(Origin::new).collect();
    first_commits(program, folder, &mut origins)?;
    for some in origins.chunks_mut(AT_ONCE) {
        let mut command = git::command(program, folder);
        command
            .args(["log", "--no-walk=unsorted", "-m", "--raw", "-z"])
            .args(["--no-abbrev", "--no-renames", "--no-ext-diff"])
            .args(["--no-textconv", "--no-color", "--no-notes"])
            .arg("--format=%x01%H%x01%an <%ae>%x01%cI%x01");
        let mut is_known = false;
        for commit in some.iter().map(|origin| &origin.commit) {
            if let Some(id) = &commit.id {
                command
                    .arg(format!("--find-object={}", commit.blob))
                    .arg(id);
                is_known = true;
            }
        }
        if is_known {
            read_log(&succeeded(command)?, some);
        }
    }
    in_head(program, folder, &mut origins);
    for finding in &mut report.findings {
        if let Some(commit) = &mut finding.commit
            && let Some(origin) = find(&mut origins, commit.blob.as_bytes())
            && let Some(path) = &origin.path
        {
            finding.path.clone_from(path);
            commit.clone_from(&origin.commit);
        }
    }
    Ok(())
}

/// The origin of an object with findings: the first commit that contains it, and its path there, once they are known.
struct Origin {
    commit: Commit,
    path: Option<String>,
}

impl Origin {
    fn new(blob: String) -> Self {
        Self {
            commit: of_object(blob, None),
            path: None,
        }
    }
}

/// An object about whose commit nothing but the ID may be known.
fn of_object(blob: String, id: Option<String>) -> Commit {
    Commit {
        blob,
        id,
        author: String::new(),
        date: String::new(),
        is_in_head: false,
    }
}

/// The origin of an object, in a list that is sorted by name.
fn find<'a>(origins: &'a mut [Origin], blob: &[u8]) -> Option<&'a mut Origin> {
    let at = origins.binary_search_by(|origin| origin.commit.blob.as_bytes().cmp(blob));
    at.ok().map(|at| &mut origins[at])
}

/// Walks the commits, parents first, and stops when each object was found. That includes stashes and earlier states
/// of branches.
fn first_commits(program: &Path, folder: &Path, origins: &mut [Origin]) -> Result<(), Error> {
    let mut command = git::command(program, folder);
    command
        .args(["rev-list", "--objects", "--in-commit-order", "--date-order"])
        .args(["--reverse", "--all", "--reflog", "--missing=allow-any"]);
    let (mut commit, mut line) = (String::new(), Vec::new());
    let mut left = origins.len();
    let mut lines = Lines::of(command)?;
    // `<commit>`, then `<object> <path>` for what it has and no earlier commit does.
    while lines.next(&mut line).map_err(failed)? {
        let Some(end) = line.iter().position(|byte| *byte == b' ') else {
            commit = String::from_utf8_lossy(&line).into_owned();
            continue;
        };
        if let Some(origin) = find(origins, &line[..end])
            && origin.commit.id.is_none()
        {
            origin.commit.id = Some(commit.clone());
            left -= 1;
            if left == 0 {
                let _ = lines.child.kill();
                let _ = lines.child.wait();
                return Ok(());
            }
        }
    }
    lines.end()
}

/// Reads author, date and path for the first commits.
fn read_log(output: &[u8], origins: &mut [Origin]) {
    let mut commit = (String::new(), String::new(), String::new());
    let mut fields = output.split(|byte| *byte == 0);
    while let Some(field) = fields.next() {
        let text = String::from_utf8_lossy(field);
        let text = text.trim_start_matches('\n');
        if let [_, id, author, date, _] = text.split('\x01').collect::<Vec<_>>()[..] {
            // Versions of git write UTC in two ways.
            let date = date.replace("+00:00", "Z");
            commit = (id.to_owned(), author.to_owned(), date);
        } else if text.starts_with(':') {
            let object = text.split(' ').nth(3).unwrap_or_default();
            let Some(path) = fields.next() else {
                return;
            };
            if let Some(origin) = find(origins, object.as_bytes())
                && origin.commit.id.as_ref() == Some(&commit.0)
                && origin.path.is_none()
            {
                origin.path = Some(files::shown(&git::path(path)));
                (origin.commit.author, origin.commit.date) = (commit.1.clone(), commit.2.clone());
            }
        }
    }
}

/// Marks what the checked-out commit contains; before the first commit there is none.
fn in_head(program: &Path, folder: &Path, origins: &mut [Origin]) {
    let mut command = git::command(program, folder);
    command.args(["ls-tree", "-r", "-z", "--full-tree", "HEAD"]);
    let Ok(mut lines) = Lines::up_to(0, command) else {
        return;
    };
    // `100644 blob <object>\t<path>`
    let mut line = Vec::new();
    while lines.next(&mut line).is_ok_and(|is_one| is_one) {
        let object = line.split(|byte| matches!(byte, b' ' | b'\t')).nth(2);
        if let Some(origin) = find(origins, object.unwrap_or_default()) {
            origin.commit.is_in_head = true;
        }
    }
    let _ = lines.end();
}

fn failed(error: std::io::Error) -> Error {
    Error::Git(error.to_string())
}

/// The output of a command, split at a byte.
struct Lines {
    child: Child,
    output: Box<dyn BufRead + Send>,
    separator: u8,
}

impl Lines {
    fn of(command: Command) -> Result<Self, Error> {
        Self::up_to(b'\n', command)
    }

    fn up_to(separator: u8, mut command: Command) -> Result<Self, Error> {
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(failed)?;
        let output = child.stdout.take();
        let output = output.ok_or_else(|| Error::Git("no output".to_owned()))?;
        Ok(Self {
            child,
            output: Box::new(BufReader::new(output)),
            separator,
        })
    }

    /// Reads the next part. Returns whether there is one.
    fn next(&mut self, line: &mut Vec<u8>) -> std::io::Result<bool> {
        line.clear();
        let count = self.output.read_until(self.separator, line)?;
        line.pop_if(|last| *last == self.separator);
        Ok(count > 0)
    }

    /// Returns an error if the command failed.
    fn end(mut self) -> Result<(), Error> {
        match self.child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Error::Git(status.to_string())),
            Err(error) => Err(failed(error)),
        }
    }
}

fn succeeded(mut command: Command) -> Result<Vec<u8>, Error> {
    let output = command.output().map_err(failed)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let words = words.lines().next().unwrap_or("git failed");
    Err(Error::Git(words.trim_start_matches("fatal: ").to_owned()))
}
