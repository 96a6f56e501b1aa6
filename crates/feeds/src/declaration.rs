//! What a repository declares: which client asks which feed, and where that is written.
//!
//! It reads nothing.

use std::fmt;

use crate::address::FeedAddress;

/// A package client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// npm, pnpm and bun, which read `.npmrc`.
    Npm,
    /// yarn 2 and newer, which do not.
    Yarn,
    /// nuget.exe, dotnet and MSBuild.
    NuGet,
    /// pip and pipenv.
    Pip,
    /// uv.
    Uv,
    /// poetry.
    Poetry,
    /// pdm.
    Pdm,
    /// Maven.
    Maven,
    /// Gradle.
    Gradle,
    /// Cargo.
    Cargo,
}

impl Tool {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Npm,
        Self::Yarn,
        Self::NuGet,
        Self::Pip,
        Self::Uv,
        Self::Poetry,
        Self::Pdm,
        Self::Maven,
        Self::Gradle,
        Self::Cargo,
    ];

    /// The word for it, in lowercase.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Yarn => "yarn",
            Self::NuGet => "nuget",
            Self::Pip => "pip",
            Self::Uv => "uv",
            Self::Poetry => "poetry",
            Self::Pdm => "pdm",
            Self::Maven => "maven",
            Self::Gradle => "gradle",
            Self::Cargo => "cargo",
        }
    }

    /// The client that a word names; some words name another client that reads the same files.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "pnpm" | "bun" => Some(Self::Npm),
            "dotnet" => Some(Self::NuGet),
            "pipenv" => Some(Self::Pip),
            word => Self::ALL.into_iter().find(|tool| tool.word() == word),
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// A feed that a file or a variable names for a client.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declaration {
    /// The file, relative to the folder that was read and with slashes; or the variable.
    pub place: String,
    /// The line, from 1; 0 for a variable.
    pub line: usize,
    /// The client.
    pub tool: Tool,
    /// The feed.
    pub address: FeedAddress,
    /// The name that the client knows the feed by: uv's index, Maven's repository id.
    pub name: Option<String>,
}

/// A credential in a file of the repository, which a client sends before ours.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StaleCredential {
    /// The file, relative to the folder that was read and with slashes; or the variable.
    pub place: String,
    /// The line, from 1; 0 for a variable.
    pub line: usize,
    /// The client.
    pub tool: Tool,
}
