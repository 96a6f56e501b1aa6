//! The progress of a long run, in a file from which another run continues (`--resume FILE`).
//!
//! It contains no secret, only this user can read it, and it is removed once everything was read.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// The name of the format.
const SCHEMA: &str = "adieu.progress/1";

/// A file that cannot be continued or written.
#[derive(Debug)]
pub struct ProgressError {
    /// The file.
    pub path: PathBuf,
    /// The reason.
    pub problem: ProgressProblem,
}

/// Why a file cannot be continued or written.
#[derive(Debug)]
pub enum ProgressProblem {
    /// Another program wrote it.
    NotOurs,
    /// It is about something else.
    Another {
        /// What it is about.
        of: String,
        /// What is read now.
        expected: String,
    },
    /// The system's error.
    System(io::Error),
}

/// What was read; without a file, nothing is stored.
#[derive(Debug, Default)]
pub struct Progress {
    kept: Option<(PathBuf, RefCell<File>)>,
    /// The results by part.
    done: BTreeMap<String, Value>,
}

impl Progress {
    /// Continues a file, or starts a new one. `of` names what is read, such as `scan contoso`.
    ///
    /// # Errors
    /// The file cannot be continued or written.
    pub fn open(path: Option<&Path>, of: &str) -> Result<Self, ProgressError> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let failed = |problem| ProgressError {
            path: path.to_owned(),
            problem,
        };
        let system = |error| failed(ProgressProblem::System(error));
        let mut done = BTreeMap::new();
        let mut file = match text_of(path) {
            Ok(text) => {
                let mut lines = text
                    .lines()
                    .map(|line| serde_json::from_str::<Value>(line).unwrap_or_default());
                let head = lines.next().unwrap_or_default();
                if head["schema"] != SCHEMA {
                    return Err(failed(ProgressProblem::NotOurs));
                }
                if head["of"] != of {
                    return Err(failed(ProgressProblem::Another {
                        of: head["of"].as_str().unwrap_or_default().to_owned(),
                        expected: of.to_owned(),
                    }));
                }
                for mut line in lines {
                    if let Some(part) = line["part"].as_str().map(str::to_owned) {
                        done.insert(part, line["value"].take());
                    }
                }
                let mut file = OpenOptions::new().append(true).open(path).map_err(system)?;
                // The rest of the last line of a killed run.
                if !text.ends_with('\n') {
                    file.write_all(b"\n").map_err(system)?;
                }
                file
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let mut options = OpenOptions::new();
                options.append(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                options.open(path).map_err(system)?
            }
            Err(error) => return Err(system(error)),
        };
        if done.is_empty() && file.metadata().is_ok_and(|facts| facts.len() == 0) {
            let head = json!({ "schema": SCHEMA, "of": of });
            file.write_all(format!("{head}\n").as_bytes())
                .map_err(system)?;
        }
        let kept = Some((path.to_owned(), RefCell::new(file)));
        Ok(Self { kept, done })
    }

    /// The result of a part that an earlier run has read.
    pub(crate) fn of(&self, part: &str) -> Option<&Value> {
        self.done.get(part)
    }

    /// Stores the result of a part. If the disk is full, only the next run loses time.
    pub(crate) fn keep(&self, part: &str, value: &Value) {
        if let Some((_, file)) = &self.kept {
            let line = json!({ "part": part, "value": value });
            let _ = file.borrow_mut().write_all(format!("{line}\n").as_bytes());
        }
    }

    /// Removes the file: everything was read.
    pub(crate) fn finish(&self) {
        if let Some((path, _)) = &self.kept {
            let _ = fs::remove_file(path);
        }
    }
}

/// The text of a file. Links are not followed: their targets were not written here.
fn text_of(path: &Path) -> io::Result<String> {
    if fs::symlink_metadata(path)?.is_file() {
        fs::read_to_string(path)
    } else {
        Err(io::Error::other("it is not a file"))
    }
}
