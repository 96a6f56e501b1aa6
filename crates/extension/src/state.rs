//! The position at which the last run ended, in a file that is replaced atomically.
//!
//! It never starts over automatically: a file that cannot be read ends the run.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use adieu_devops::{ExtensionName, Position};
use serde_json::{Value, json};

use crate::failure::{Problem, StateProblem};

/// A state file, and its next content, to be written once the events have been delivered.
#[derive(Debug)]
pub struct State {
    file: PathBuf,
    document: Value,
}

/// Where the last run ended.
#[derive(Debug)]
pub(crate) struct LastRun {
    pub(crate) position: Position,
    /// The length of each output when the state was written. Anything after that came from a run that was interrupted
    /// before it wrote its state, and is read again.
    lengths: Value,
}

/// Reads a state. Without a file, starts after the given time.
pub(crate) fn read(
    file: &Path,
    name: &ExtensionName,
    since: Option<String>,
) -> Result<LastRun, Problem> {
    let unusable = |fault| Problem::State {
        file: file.to_path_buf(),
        fault,
    };
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(LastRun {
                position: Position::start(name, since),
                lengths: Value::Null,
            });
        }
        Err(error) => return Err(unusable(StateProblem::File(error))),
    };
    let document: Value =
        serde_json::from_str(&text).map_err(|_| unusable(StateProblem::NotJson))?;
    let position = document.get("position").unwrap_or(&Value::Null);
    let position = Position::read(name, position)
        .map_err(|error| unusable(StateProblem::NotAPosition(error)))?;
    let lengths = document.get("outputs").cloned().unwrap_or_default();
    Ok(LastRun { position, lengths })
}

impl LastRun {
    /// Writes after the last run's part of a file, and returns the new length. A new file starts with `opening`.
    pub(crate) fn append(&self, path: &Path, opening: &str, text: &str) -> io::Result<u64> {
        let known = self.lengths.get(path.display().to_string());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        let length = file.metadata()?.len();
        if let Some(known) = known
            .and_then(Value::as_u64)
            .filter(|known| *known < length)
        {
            file.set_len(known)?;
        }
        if file.metadata()?.len() == 0 {
            file.write_all(opening.as_bytes())?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(file.metadata()?.len())
    }
}

impl State {
    /// The next content of the file: the position, and the lengths of the outputs.
    pub(crate) fn new(file: &Path, position: &Position, outputs: &[(PathBuf, u64)]) -> Self {
        let mut lengths = serde_json::Map::new();
        for (path, length) in outputs {
            lengths.insert(path.display().to_string(), json!(length));
        }
        Self {
            file: file.to_path_buf(),
            document: json!({ "position": position.to_json(), "outputs": lengths }),
        }
    }

    /// Writes the state to a new file that only this user can read, then moves it over the old one, so there is
    /// always a complete file.
    ///
    /// # Errors
    /// The file cannot be written in its folder.
    pub fn write(&self) -> Result<(), Problem> {
        let write = || {
            let folder = self.file.parent().unwrap_or(Path::new(""));
            // No system takes an empty path for the current folder.
            let folder = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            writeln!(file, "{}", self.document)?;
            file.as_file().sync_all()?;
            file.persist(&self.file).map(drop).map_err(io::Error::from)
        };
        write().map_err(|error| Problem::State {
            file: self.file.clone(),
            fault: StateProblem::File(error),
        })
    }
}
