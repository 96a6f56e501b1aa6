//! What a step sends to the GitHub Actions runner: masks for the log, outputs, and variables for later steps.
//!
//! It never passes on a secret that was not masked first. The platform's source is actions/runner
//! (`ActionCommand.cs`, `FileCommandManager.cs`).

use std::fs::OpenOptions;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write as _};
use std::path::PathBuf;

use adieu_secret::{Kind, Secret};
use zeroize::Zeroizing;

use crate::log::Masked;
use crate::writer::Stream;

/// One of a step's two output streams. The runner looks for commands in both.
#[derive(Debug, Clone, Copy)]
pub struct WorkflowLog(Stream);

impl WorkflowLog {
    /// A log on one stream: standard error, where standard output is read by another program.
    pub fn on(stream: Stream) -> Self {
        Self(stream)
    }

    /// Asks the runner to mask a secret and every form of it that a tool may print.
    pub fn mask<K: Kind>(self, secret: &Secret<K>) -> Masked<'_, K> {
        for form in secret.forms_to_mask() {
            self.0.command(&mask(&form));
        }
        Masked(secret)
    }
}

/// A file through which a step sets variables or outputs: the one that `GITHUB_ENV` or `GITHUB_OUTPUT` names.
#[derive(Debug)]
pub struct WorkflowFile(PathBuf);

impl WorkflowFile {
    /// The file at the path that the runner set.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Sets a value that is not a secret.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn set(&self, name: &str, value: &str) -> io::Result<()> {
        self.append(name, &adieu_secret::redacted(value))
    }

    /// Sets a secret value.
    ///
    /// # Errors
    /// As for [`set`](Self::set).
    pub fn set_secret<K: Kind>(&self, name: &str, value: &Masked<'_, K>) -> io::Result<()> {
        self.append(name, value.reveal())
    }

    /// Sets one output to a JSON object of several secrets, by name: an action has a fixed list of outputs.
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
            // Neither variable names nor tokens have characters that JSON escapes.
            for part in ["\"", name, "\":\"", value.reveal(), "\""] {
                json.push_str(part);
            }
        }
        json.push_str(if values.is_empty() { "{}" } else { "}" });
        self.append(name, &json)
    }

    /// Appends `NAME<<delimiter`, the value, and the delimiter again. The delimiter is random, so a value cannot end
    /// itself early and set another name.
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

/// 128 random bits from the operating system, which the standard library seeds its hash tables with.
fn delimiter() -> String {
    let half = || RandomState::new().hash_one(());
    format!("adieu_{:016x}{:016x}", half(), half())
}

fn mask(form: &str) -> Zeroizing<String> {
    // Reserve room for the escaped form of any secret: a buffer that grows leaves copies behind.
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
