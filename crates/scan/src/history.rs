//! Tokens in git's objects: each text once, however many commits have it; and what a commit is about to add.
//!
//! It reads objects by git, and fetches none.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::finding::{Commit, NotRead, NotReadReason, Report};
use crate::scanner::{Options, Worker};
use crate::{Error, files, git};

/// How many objects one command line names.
const AT_ONCE: usize = 400;

/// Scans every object of the repository that a folder belongs to: blobs, and messages of commits and tags.
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
    command.args([
        "cat-file",
        "--batch-all-objects",
        "--batch",
        "--buffer",
        "--unordered",
    ]);
    let mut report = objects(command, &[], &options)?;
    describe(program, folder, &mut report)?;
    report.sort();
    Ok(report)
}

/// Scans what the index has and the last commit has not.
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
        // Outside of a repository, git takes `diff` for another command, and its words do not help.
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
    let mut command = git::within_a_hook(program, folder);
    command.args(["cat-file", "--batch", "--buffer"]);
    let mut report = objects(command, &staged, options)?;
    report.sort();
    Ok(report)
}

fn require_repository(program: &Path, folder: &Path) -> Result<(), Error> {
    let mut command = git::command(program, folder);
    command.args(["rev-parse", "--git-dir"]);
    succeeded(command).map(|_| ())
}

/// Reads the objects that a `cat-file --batch` prints, under the names that were asked for, or else their own.
fn objects(
    mut command: Command,
    asked: &[(String, String)],
    options: &Options,
) -> Result<Report, Error> {
    let failed = |error: std::io::Error| Error::Git(error.to_string());
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    if !asked.is_empty() {
        command.stdin(Stdio::piped());
    }
    let mut child = command.spawn().map_err(failed)?;
    let input = child.stdin.take();
    let output = child.stdout.take();
    let read = thread::scope(|scope| {
        let writer = scope.spawn(move || {
            let lines: String = asked
                .iter()
                .map(|(object, _)| format!("{object}\n"))
                .collect();
            // git that has ended says why by its exit code.
            input.map(|mut input| input.write_all(lines.as_bytes()))
        });
        let mut worker = Worker::new(options);
        let read = output.map_or(Ok(()), |output| {
            let output = BufReader::with_capacity(1 << 18, output);
            each_object(output, asked, options, &mut worker)
        });
        let _ = writer.join();
        read.map(|()| worker.report)
    });
    let report = read.map_err(failed);
    ended(child, report)
}

fn ended(mut child: Child, report: Result<Report, Error>) -> Result<Report, Error> {
    if report.is_err() {
        let _ = child.kill();
    }
    let status = child
        .wait()
        .map_err(|error| Error::Git(error.to_string()))?;
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
            // `<object> missing`: a partial clone lacks it.
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
                    finding.commit = Some(Commit {
                        blob: object.to_owned(),
                        id: (kind == "commit").then(|| object.to_owned()),
                        author: String::new(),
                        date: String::new(),
                        is_in_head: false,
                    });
                }
            }
        }
        // Rest of what was not read, and the line break behind it.
        std::io::copy(&mut content, &mut std::io::sink())?;
        output.read_exact(&mut [0])?;
    }
}

/// Finds out which commits have the objects with findings, and under which names.
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
    let mut oldest: BTreeMap<String, (String, Commit)> = BTreeMap::new();
    for some in blobs.chunks(AT_ONCE) {
        let mut command = git::command(program, folder);
        command
            .args([
                "log",
                "--all",
                "-m",
                "--raw",
                "-z",
                "--no-abbrev",
                "--no-renames",
            ])
            .args(["--no-ext-diff", "--no-textconv", "--no-color", "--no-notes"])
            .arg("--format=%x01%H%x01%an <%ae>%x01%cI%x01");
        command.args(some.iter().map(|blob| format!("--find-object={blob}")));
        let output = succeeded(command)?;
        read_log(&output, some, &mut oldest);
    }
    let in_head = head(program, folder);
    for finding in &mut report.findings {
        if let Some(commit) = &mut finding.commit
            && let Some((path, known)) = oldest.get(&commit.blob)
        {
            finding.path.clone_from(path);
            *commit = known.clone();
            commit.is_in_head = in_head.contains(&commit.blob);
        }
    }
    Ok(())
}

/// The log has the newest commit first, so the last one that is read for an object is its oldest.
fn read_log(output: &[u8], blobs: &[String], oldest: &mut BTreeMap<String, (String, Commit)>) {
    let mut commit = (String::new(), String::new(), String::new());
    let mut fields = output.split(|byte| *byte == 0 || *byte == b'\n').peekable();
    while let Some(field) = fields.next() {
        let text = String::from_utf8_lossy(field);
        if let [_, id, author, date, _] = text.split('\x01').collect::<Vec<_>>()[..] {
            // Versions of git write UTC in two ways.
            let date = date.replace("+00:00", "Z");
            commit = (id.to_owned(), author.to_owned(), date);
        } else if text.starts_with(':') {
            let object = text.split(' ').nth(3).unwrap_or_default().to_owned();
            let Some(path) = fields.next() else {
                return;
            };
            if blobs.contains(&object) {
                let known = Commit {
                    blob: object.clone(),
                    id: Some(commit.0.clone()),
                    author: commit.1.clone(),
                    date: commit.2.clone(),
                    is_in_head: false,
                };
                oldest.insert(object, (files::shown(&git::path(path)), known));
            }
        }
    }
}

/// The blobs of the commit that is checked out; none before the first one.
fn head(program: &Path, folder: &Path) -> BTreeSet<String> {
    let mut command = git::command(program, folder);
    command.args(["ls-tree", "-r", "-z", "--full-tree", "HEAD"]);
    let output = succeeded(command).unwrap_or_default();
    // `100644 blob <object>\t<path>`
    let mut objects = BTreeSet::new();
    for line in output.split(|byte| *byte == 0) {
        let object = line.split(|byte| matches!(byte, b' ' | b'\t')).nth(2);
        objects.extend(object.map(|object| String::from_utf8_lossy(object).into_owned()));
    }
    objects
}

fn succeeded(mut command: Command) -> Result<Vec<u8>, Error> {
    let output = command
        .output()
        .map_err(|error| Error::Git(error.to_string()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let words = words.lines().next().unwrap_or("git failed");
    Err(Error::Git(words.trim_start_matches("fatal: ").to_owned()))
}
