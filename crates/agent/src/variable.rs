//! Names of pipeline variables, and who may see their values.
//!
//! It never sets one; the log does.

use std::fmt;

/// A name that a pipeline variable may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableName(String);

/// Why a text is no name of a variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAVariableName {
    /// There is nothing.
    #[error("is empty")]
    Empty,
    /// Something else than letters, digits, dots and underscores, or a digit in front.
    #[error("may have letters, digits, `.` and `_` only, and starts with a letter or `_`")]
    Character,
    /// The agent uses such names itself.
    #[error("starts with `{0}`, which Azure Pipelines keeps for itself")]
    Reserved(&'static str),
}

/// The beginnings that Azure Pipelines does not allow ("Define variables", learn.microsoft.com), and
/// those of the variables that it sets itself.
const RESERVED: [&str; 8] = [
    "endpoint",
    "input",
    "secret",
    "path",
    "securefile",
    "system.",
    "agent.",
    "vsts_",
];

impl VariableName {
    /// Takes a name that scripts on every system can use.
    ///
    /// # Errors
    /// The text is no such name.
    pub fn parse(text: &str) -> Result<Self, NotAVariableName> {
        let first = text.chars().next().ok_or(NotAVariableName::Empty)?;
        let is_inner =
            |character: char| character.is_ascii_alphanumeric() || "._".contains(character);
        if !(first.is_ascii_alphabetic() || first == '_') || !text.chars().all(is_inner) {
            return Err(NotAVariableName::Character);
        }
        let lower = text.to_ascii_lowercase();
        match RESERVED
            .into_iter()
            .find(|beginning| lower.starts_with(beginning))
        {
            Some(beginning) => Err(NotAVariableName::Reserved(beginning)),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// Takes a name for a variable of a process, which no pipeline needs to know.
    ///
    /// # Errors
    /// The text is no such name.
    pub fn of_process(text: &str) -> Result<Self, NotAVariableName> {
        match Self::parse(text) {
            Err(NotAVariableName::Reserved(_)) => Ok(Self(text.to_owned())),
            Ok(name) if name.0.contains('.') => Err(NotAVariableName::Character),
            parsed => parsed,
        }
    }

    /// A name that a document of this project or of a client gives, and that is therefore a good one.
    #[must_use]
    pub fn ours(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// The same name with something behind it, such as `_EXPIRES_ON`.
    #[must_use]
    pub fn with_suffix(&self, suffix: &str) -> Self {
        Self(format!("{}{suffix}", self.0))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name under which scripts find it in their environment.
    #[must_use]
    pub fn in_environment(&self) -> String {
        crate::environment::formatted(&self.0)
    }

    /// Whether both stand for one variable of the environment, where dots are underscores and letter
    /// case does not count.
    #[must_use]
    pub fn is_same_variable(&self, other: &Self) -> bool {
        crate::environment::formatted(&self.0) == crate::environment::formatted(&other.0)
    }
}

impl fmt::Display for VariableName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Who sees a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Later steps of the job.
    Job,
    /// Later jobs and stages, as an output of this step.
    Output,
}

/// A value that would break later steps: Linux refuses to start any process with a longer variable
/// than 128 KiB, and Windows with one longer than 32,766 characters (`Handler.cs`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the value of {name} has {length} characters, and {limit} are the most that every system takes"
)]
pub struct TooLong {
    /// The variable.
    pub name: String,
    /// Its length.
    pub length: usize,
    /// The most that it may have.
    pub limit: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_a_variable_may_be_called() {
        for name in [
            "A",
            "_a1",
            "Azure.DevOps_Token",
            "INPU",
            "MYPATH",
            "systemX",
        ] {
            assert_eq!(
                VariableName::parse(name).map(|name| name.to_string()),
                Ok(name.to_owned())
            );
        }
        for (name, reason) in [
            ("", NotAVariableName::Empty),
            ("1A", NotAVariableName::Character),
            (".a", NotAVariableName::Character),
            ("A-B", NotAVariableName::Character),
            ("A B", NotAVariableName::Character),
            ("Ä", NotAVariableName::Character),
            ("$(x)", NotAVariableName::Character),
            ("a;b", NotAVariableName::Character),
            ("Path", NotAVariableName::Reserved("path")),
            ("SECRET_A", NotAVariableName::Reserved("secret")),
            ("System.AccessToken", NotAVariableName::Reserved("system.")),
        ] {
            assert_eq!(VariableName::parse(name), Err(reason), "{name}");
        }
    }

    #[test]
    fn sees_when_two_names_are_one_variable() {
        let name = |text| VariableName::parse(text).expect("a name");
        assert!(name("my.Token").is_same_variable(&name("MY_TOKEN")));
        assert!(!name("A").is_same_variable(&name("B")));
    }
}
