//! What a step asks of the runner of GitHub Actions: masks for the log, outputs, and variables for later steps.
//!
//! It never hands a secret on that was not masked first.
//! The platform's own source is actions/runner (`ActionCommand.cs`, `FileCommandManager.cs`).

use std::fs::OpenOptions;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write as _};
use std::path::PathBuf;

use adieu_secret::{Kind, Secret};
use zeroize::Zeroizing;

use crate::log::Masked;
use crate::writer::Stream;

/// One of the two streams of a job's step. The runner reads both for commands.
#[derive(Debug, Clone, Copy)]
pub struct WorkflowLog(Stream);

impl WorkflowLog {
    /// A log by one stream: standard error, where standard output is a program's input.
    #[must_use]
    pub fn on(stream: Stream) -> Self {
        Self(stream)
    }

    /// Has the runner mask a secret and every form of it that a tool may print.
    pub fn mask<K: Kind>(self, secret: &Secret<K>) -> Masked<'_, K> {
        for form in secret.forms_to_mask() {
            self.0.command(&mask(&form));
        }
        Masked(secret)
    }
}

/// A file by which a step hands values on: the one that `GITHUB_ENV` names, or `GITHUB_OUTPUT`.
#[derive(Debug)]
pub struct WorkflowFile(PathBuf);

impl WorkflowFile {
    /// The file at a path that the runner gave.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Hands a value on that is not a secret.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn set(&self, name: &str, value: &str) -> io::Result<()> {
        self.append(name, &adieu_secret::redacted(value))
    }

    /// Hands a secret on.
    ///
    /// # Errors
    /// As for [`set`](Self::set).
    pub fn set_secret<K: Kind>(&self, name: &str, value: &Masked<'_, K>) -> io::Result<()> {
        self.append(name, value.reveal())
    }

    /// Hands several secrets on as one JSON object, by their names: an action has a fixed list of outputs.
    ///
    /// # Errors
    /// As for [`set`](Self::set).
    pub fn set_secrets<K: Kind>(
        &self,
        name: &str,
        values: &[(&str, Masked<'_, K>)],
    ) -> io::Result<()> {
        let length = values
            .iter()
            .map(|(name, value)| name.len() + value.reveal().len() + 8);
        let mut json = Zeroizing::new(String::with_capacity(2 + 2 * length.sum::<usize>()));
        for (index, (name, value)) in values.iter().enumerate() {
            json.push(if index == 0 { '{' } else { ',' });
            // A name of a variable and a token have no character that JSON would escape.
            for part in ["\"", name, "\":\"", value.reveal(), "\""] {
                json.push_str(part);
            }
        }
        json.push_str(if values.is_empty() { "{}" } else { "}" });
        self.append(name, &json)
    }

    /// `NAME<<delimiter`, the value, and the delimiter again, which is random: a value cannot end itself early and go
    /// on with another name.
    fn append(&self, name: &str, value: &str) -> io::Result<()> {
        let delimiter = delimiter();
        if value.contains(&delimiter) {
            return Err(io::Error::other("a value contains a random delimiter"));
        }
        let mut block = Zeroizing::new(String::with_capacity(
            name.len() + value.len() + 2 * delimiter.len() + 8,
        ));
        for part in [name, "<<", &delimiter, "\n", value, "\n", &delimiter, "\n"] {
            block.push_str(part);
        }
        let mut file = OpenOptions::new().append(true).open(&self.0)?;
        file.write_all(block.as_bytes())
    }
}

/// 128 bits of the operating system's randomness, by which the standard library seeds its tables.
fn delimiter() -> String {
    let half = || RandomState::new().hash_one(());
    format!("adieu_{:016x}{:016x}", half(), half())
}

fn mask(form: &str) -> Zeroizing<String> {
    // Room for the escapes of any secret, so that growing leaves no copy of one behind.
    let mut line = Zeroizing::new(String::with_capacity(16 + 3 * form.len()));
    line.push_str("::add-mask::");
    for character in form.chars() {
        match character {
            '%' => line.push_str("%25"),
            '\r' => line.push_str("%0D"),
            '\n' => line.push_str("%0A"),
            character => line.push(character),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_as_the_runner_unescapes() {
        for (form, expected) in [
            ("plain:: ;,]", "::add-mask::plain:: ;,]"),
            ("100%\r\n%0A", "::add-mask::100%25%0D%0A%250A"),
        ] {
            assert_eq!(mask(form).as_str(), expected);
        }
    }
}
