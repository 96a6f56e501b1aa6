//! Scans files and streams on all cores; the order of findings does not depend on timing.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::files::{self, OpenedFile};
use crate::finding::{Finding, NotRead, NotReadReason, Report, Suppression, is_workflow};
use crate::text::{self, Cursor, Piece};
use crate::{Error, allow, habits, matcher};

/// Number of files that a worker takes at a time.
const BATCH: usize = 16;

/// The settings of a scan.
#[derive(Debug, Clone)]
pub struct Options {
    /// Number of files that are read concurrently.
    pub workers: usize,
    /// Size of the largest file to read, in bytes.
    pub max_size: u64,
    /// The current time in seconds since 1970, by which JWTs expire.
    pub now: u64,
    /// Whether to look for habits as well as tokens.
    pub habits: bool,
    /// The name of the service connection for replacements, if it is known.
    pub connection: Option<String>,
    /// Path of git, if it is installed.
    pub git: Option<PathBuf>,
}

/// Scans files and folders.
///
/// # Errors
/// A path does not exist, or cannot be read at all. Files that cannot be read are part of the report.
pub fn scan_paths(paths: &[PathBuf], options: &Options) -> Result<Report, Error> {
    let mut report = Report::default();
    let mut found = Vec::new();
    for path in paths {
        let refused = |error: std::io::Error| Error::Path {
            path: files::shown(path),
            reason: error.to_string(),
        };
        // A link that the user names is followed; links below it are not.
        let facts = fs::metadata(path).map_err(refused)?;
        if facts.is_dir() {
            let listed = files::list(path, options.git.as_deref());
            report.not_read.extend(listed.not_read);
            found.extend(listed.files);
        } else if facts.is_file() {
            let file = path.canonicalize().map_err(refused)?;
            let mut worker = Worker::new(options);
            worker.file(&file, &files::shown(path));
            report.extend(worker.report);
        } else {
            return Err(refused(std::io::Error::other(
                "it is not a file or a folder",
            )));
        }
    }
    adieu_order::sort(&mut found);
    found.dedup();
    report.extend(in_parallel(&found, options));
    leave_npm_to_the_feed_task(&mut report);
    report.sort();
    Ok(report)
}

/// Removes the steps that would set an `.npmrc` variable to a token: npm decodes `_password`, and the replacement of
/// its line needs no variable.
fn leave_npm_to_the_feed_task(report: &mut Report) {
    let lines = report.findings.iter();
    let lines = lines.filter(|finding| finding.rule.id == "feed-npmrc");
    let lines: Vec<String> = lines
        .flat_map(|finding| finding.fix.iter().flat_map(|fix| fix.old.clone()))
        .collect();
    let is_of_npm = |name: &String| {
        let uses = format!("${{{name}}}");
        lines.iter().any(|line| line.contains(&uses))
    };
    for finding in &mut report.findings {
        finding
            .fix
            .take_if(|fix| fix.variables.iter().any(is_of_npm));
    }
}

/// Scans those of the given files that exist.
pub fn scan_existing(paths: &[PathBuf], options: &Options) -> Report {
    let mut report = in_parallel(paths, options);
    report.sort();
    report
}

/// Scans a stream to its end.
///
/// # Errors
/// It cannot be read.
pub fn scan_stream(source: &mut dyn Read, name: &str, options: &Options) -> Result<Report, Error> {
    let mut worker = Worker::new(options);
    worker.stream(source, name).map_err(|error| Error::Path {
        path: name.to_owned(),
        reason: error.to_string(),
    })?;
    worker.report.sort();
    Ok(worker.report)
}

fn in_parallel(paths: &[PathBuf], options: &Options) -> Report {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut worker = Worker::new(options);
        loop {
            let start = next.fetch_add(BATCH, Ordering::Relaxed);
            let Some(batch) = paths.get(start..) else {
                return worker.report;
            };
            if batch.is_empty() {
                return worker.report;
            }
            for path in batch.iter().take(BATCH) {
                worker.file(path, &files::shown(path));
            }
        }
    };
    let workers = options.workers.clamp(1, paths.len().div_ceil(BATCH).max(1));
    let mut report = Report::default();
    thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        report.extend(work());
        for other in others {
            match other.join() {
                Ok(found) => report.extend(found),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    report
}

/// The findings of one thread, and its reused memory.
pub(crate) struct Worker<'a> {
    options: &'a Options,
    buffer: Vec<u8>,
    pub(crate) report: Report,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(options: &'a Options) -> Self {
        Self {
            options,
            buffer: Vec::new(),
            report: Report::default(),
        }
    }

    /// Scans a file, or the files of a nested repository.
    fn file(&mut self, path: &Path, shown: &str) {
        let opened = files::open(path);
        let outcome = match opened {
            Ok(OpenedFile::File(_, size)) if size > self.options.max_size => {
                self.not_read(shown, NotReadReason::TooLarge(size));
                Ok(())
            }
            Ok(OpenedFile::File(mut file, _)) => self.stream(&mut file, shown),
            Ok(OpenedFile::Folder) => {
                let listed = files::list(path, self.options.git.as_deref());
                self.report.not_read.extend(listed.not_read);
                for path in listed.files {
                    self.file(&path, &files::shown(&path));
                }
                Ok(())
            }
            Ok(OpenedFile::Nothing) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            self.not_read(shown, NotReadReason::Refused(error.to_string()));
        }
    }

    fn not_read(&mut self, path: &str, reason: NotReadReason) {
        let path = path.to_owned();
        self.report.not_read.push(NotRead { path, reason });
    }

    /// Scans a text with this name.
    pub(crate) fn stream(&mut self, source: &mut dyn Read, name: &str) -> std::io::Result<()> {
        let (options, report) = (self.options, &mut self.report);
        report.files += 1;
        text::pieces(source, &mut self.buffer, |piece| {
            if piece.is_whole && !piece.is_binary && is_lfs_pointer(piece.bytes) {
                let path = name.to_owned();
                let reason = NotReadReason::LfsPointer;
                report.not_read.push(NotRead { path, reason });
            }
            tokens(piece, name, options, &mut report.findings);
            if options.habits && piece.is_whole && !piece.is_binary {
                habits_of(piece, name, options, &mut report.findings);
            }
        })
    }
}

/// The tokens in a piece.
fn tokens(piece: &Piece<'_>, name: &str, options: &Options, findings: &mut Vec<Finding>) {
    let mut cursor = Cursor::new(piece.bytes, piece.position);
    for token in matcher::tokens(piece.bytes, options.now) {
        if !(piece.from..piece.until).contains(&token.start) {
            continue;
        }
        let position = cursor.position_of(token.start);
        let end = cursor.position_of(token.end);
        let reason = allow::reason(piece.bytes, token.start, token.rule.id);
        findings.push(Finding {
            path: name.to_owned(),
            line: position.line,
            column: position.column,
            end_column: end.column,
            suppression: reason.map(Suppression::Inline),
            ..Finding::from(token)
        });
    }
}

/// The habits in a whole text.
fn habits_of(piece: &Piece<'_>, name: &str, options: &Options, findings: &mut Vec<Finding>) {
    for (byte, mut found) in habits::find(name, piece.bytes) {
        let reason = allow::reason(piece.bytes, byte, found.rule.id);
        let fix = found.fix.take().filter(|_| !is_workflow(name));
        findings.push(Finding {
            path: name.to_owned(),
            fix: fix.map(|fix| fix.with_connection(options.connection.as_deref())),
            suppression: reason.map(Suppression::Inline),
            ..found
        });
    }
}

/// Whether a text is a Git LFS pointer.
fn is_lfs_pointer(bytes: &[u8]) -> bool {
    bytes.len() < 1024 && bytes.starts_with(b"version https://git-lfs.github.com/spec/v1\n")
}
