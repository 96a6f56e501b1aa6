//! Names of pipeline variables, and the scope in which their values are visible.
//!
//! It never sets one; the log does.

use std::fmt;

use crate::process::process_variable;
use crate::read_only::READ_ONLY;

/// A valid name of a pipeline variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableName(String);

/// Why a text cannot be the name of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAVariableName {
    /// The text is empty.
    #[error("is empty")]
    Empty,
    /// It has characters other than letters, digits, dots and underscores, or starts with a digit.
    #[error("may have letters, digits, `.` and `_` only, and starts with a letter or `_`")]
    Character,
    /// Azure Pipelines reserves names that start this way.
    #[error("starts with `{0}`, which Azure Pipelines reserves")]
    Reserved(&'static str),
    /// The GitHub Actions runner reserves the name.
    #[error("is a name that GitHub Actions reserves")]
    OfTheRunner,
    /// In the environment, it is the same variable as one that the agent sets.
    #[error("is the agent's own variable `{0}`, which is read-only")]
    ReadOnly(&'static str),
}

/// Prefixes that Azure Pipelines does not allow ("Define variables", learn.microsoft.com), and those of the variables
/// that it sets itself.
const RESERVED: [&str; 13] = [
    "endpoint",
    "input",
    "secret",
    "path",
    "securefile",
    "agent.",
    "build.",
    "common.",
    "pipeline.",
    "release.",
    "system.",
    "task.",
    "vsts_",
];

impl VariableName {
    /// Parses a name that scripts on every system can use.
    ///
    /// # Errors
    /// The text is not such a name.
    pub fn parse(text: &str) -> Result<Self, NotAVariableName> {
        let first = text.chars().next().ok_or(NotAVariableName::Empty)?;
        let is_inner =
            |character: char| character.is_ascii_alphanumeric() || "._".contains(character);
        if !(first.is_ascii_alphabetic() || first == '_') || !text.chars().all(is_inner) {
            return Err(NotAVariableName::Character);
        }
        let in_environment = crate::environment::formatted(text);
        let is_same = |name: &&str| crate::environment::formatted(name) == in_environment;
        if let Some(name) = READ_ONLY.into_iter().find(|name| is_same(name)) {
            return Err(NotAVariableName::ReadOnly(name));
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

    /// Parses a name for an environment variable of a process, which Azure Pipelines never sees.
    ///
    /// # Errors
    /// The text is not such a name.
    pub fn of_process(text: &str) -> Result<Self, NotAVariableName> {
        match Self::parse(text) {
            Ok(_) | Err(NotAVariableName::Reserved(_) | NotAVariableName::ReadOnly(_)) => {
                if text.contains('.') {
                    return Err(NotAVariableName::Character);
                }
                Ok(Self(text.to_owned()))
            }
            Err(reason) => Err(reason),
        }
    }

    /// Parses a name for a variable of a workflow's later steps. The runner ignores its own names and refuses
    /// `NODE_OPTIONS` (docs.github.com, "Workflow commands"); `PATH` has its own file.
    ///
    /// # Errors
    /// The text is not such a name.
    pub fn of_workflow(text: &str) -> Result<Self, NotAVariableName> {
        let upper = text.to_ascii_uppercase();
        let is_of_the_runner = ["GITHUB_", "RUNNER_"]
            .iter()
            .any(|start| upper.starts_with(start))
            || matches!(upper.as_str(), "CI" | "NODE_OPTIONS" | "PATH");
        if is_of_the_runner {
            return Err(NotAVariableName::OfTheRunner);
        }
        Self::of_process(text)
    }

    /// A name that is a constant of this program, and therefore valid.
    pub fn ours(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// The same name with a suffix, such as `_EXPIRES_ON`.
    pub fn with_suffix(&self, suffix: &str) -> Self {
        Self(format!("{}{suffix}", self.0))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name under which scripts find it in their environment.
    pub fn in_environment(&self) -> String {
        crate::environment::formatted(&self.0)
    }

    /// Whether both names mean the same environment variable: dots are underscores there, and letter case does not
    /// count.
    pub fn is_same_variable(&self, other: &Self) -> bool {
        crate::environment::formatted(&self.0) == crate::environment::formatted(&other.0)
    }
}

impl fmt::Display for VariableName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// In which steps a variable is visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Later steps of the job.
    Job,
    /// Later jobs and stages, as an output of this step.
    Output,
}

/// A value that would break later steps: Linux cannot start a process with a variable longer than 128 KiB, nor
/// Windows with one longer than 32,766 characters (`Handler.cs`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the value of {name} has {length} characters, and {limit} are the most that every system takes"
)]
pub struct TooLong {
    /// The variable.
    pub name: String,
    /// Its length.
    pub length: usize,
    /// Longest allowed length.
    pub limit: usize,
}

/// A variable of this process, trimmed; `None` if it is empty. A value that is still `$(name)` is an undefined
/// variable of a pipeline, and counts as empty.
pub fn process_value(name: &str) -> Option<String> {
    let value = process_variable(name)?;
    let value = value.trim();
    (!value.is_empty() && undefined_variable(value).is_none()).then(|| value.to_owned())
}

/// The first `$(name)` in a text. The agent replaces every variable that it knows and leaves the rest (`VarUtil.cs`),
/// so what is left is not defined.
pub fn undefined_variable(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(start) = rest.find("$(") {
        rest = &rest[start + 2..];
        let end = rest.find(')')?;
        let name = &rest[..end];
        let is_name = |character: char| character.is_alphanumeric() || "._- ".contains(character);
        if !name.is_empty() && name.chars().all(is_name) {
            return Some(name);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_an_undefined_variable() {
        for (text, found) in [
            ("plain", None),
            ("$(name)", Some("name")),
            ("a $(My.Var-1) b", Some("My.Var-1")),
            ("$(cat file | tr a b) $(x)", Some("x")),
            ("$(", None),
            ("$()", None),
            ("$env:NAME ${NAME}", None),
        ] {
            assert_eq!(undefined_variable(text), found, "{text}");
        }
    }

    #[test]
    fn accepts_only_valid_variable_names() {
        for name in [
            "A",
            "_a1",
            "Azure.DevOps_Token",
            "INPU",
            "MYPATH",
            "systemX",
            "BUILD_TOKEN",
            "RELEASE_TOKEN",
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
            ("System.Other", NotAVariableName::Reserved("system.")),
            ("build.x", NotAVariableName::Reserved("build.")),
            ("Release.Token", NotAVariableName::Reserved("release.")),
            ("task.x", NotAVariableName::Reserved("task.")),
            ("pipeline.x", NotAVariableName::Reserved("pipeline.")),
            ("common.x", NotAVariableName::Reserved("common.")),
        ] {
            assert_eq!(VariableName::parse(name), Err(reason), "{name}");
        }
    }

    #[test]
    fn refuses_read_only_names() {
        for name in READ_ONLY {
            for spelling in [
                name.to_owned(),
                name.to_uppercase(),
                name.replace('.', "_"),
                name.replace('.', "_").to_uppercase(),
            ] {
                let parsed = VariableName::parse(&spelling);
                let Err(NotAVariableName::ReadOnly(known)) = parsed else {
                    panic!("{spelling}: {parsed:?}");
                };
                assert!(known.eq_ignore_ascii_case(name), "{spelling}: {known}");
            }
        }
    }

    #[test]
    fn accepts_reserved_names_for_a_process() {
        for name in ["SECRET_TOKEN", "AGENT_ID", "INPUT_X", "A"] {
            assert!(VariableName::of_process(name).is_ok(), "{name}");
        }
        for name in ["agent.id", "build.x", "a.b", "", "9"] {
            assert!(VariableName::of_process(name).is_err(), "{name}");
        }
    }

    #[test]
    fn recognizes_names_of_the_same_variable() {
        let name = |text| VariableName::parse(text).expect("a name");
        assert!(name("my.Token").is_same_variable(&name("MY_TOKEN")));
        assert!(!name("A").is_same_variable(&name("B")));
    }
}
