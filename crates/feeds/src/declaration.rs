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
    /// twine and hatch, which publish.
    Twine,
}

impl Tool {
    /// All of them.
    pub const ALL: [Self; 11] = [
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
        Self::Twine,
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
            Self::Twine => "twine",
        }
    }

    /// The client that a word names; some words name another client that reads the same files.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "pnpm" | "bun" => Some(Self::Npm),
            "dotnet" => Some(Self::NuGet),
            "pipenv" => Some(Self::Pip),
            "hatch" => Some(Self::Twine),
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
    /// The name that the client knows the feed by: uv's index, Maven's repository id, NuGet's source.
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
    /// The client's name of the feed that it is for, where that is not in the same place.
    pub source: Option<String>,
    /// What takes the credential out of the file; nothing where a file has it in a way of its author's own.
    pub edit: Option<Edit>,
}

/// A text that takes the place of some bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The first of the bytes.
    pub start: usize,
    /// The first byte behind them.
    pub end: usize,
    /// What is there instead.
    pub text: &'static str,
}

/// A text with these edits, which are sorted; one in bytes that are already replaced counts with the other. Nothing where
/// they are not of this text.
#[must_use]
pub fn edited(text: &str, edits: &[&Edit]) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let mut copied = 0;
    for edit in edits {
        if edit.end <= copied {
            continue;
        }
        result.push_str(text.get(copied..edit.start)?);
        text.get(edit.start..edit.end)?;
        result.push_str(edit.text);
        copied = edit.end;
    }
    result.push_str(text.get(copied..)?);
    Some(result)
}

/// What is declared.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Feeds, by place and line.
    pub declarations: Vec<Declaration>,
    /// Credentials for feeds that are there already, by place and line.
    pub stale: Vec<StaleCredential>,
    /// Feeds whose address is written in another way: by `http`, with a port, or with a dot behind the host.
    pub nearly: Vec<Declaration>,
    /// Where Maven deploys to: the repository's id, and the feed where it is one.
    pub deployed_to: Vec<(String, Option<FeedAddress>)>,
    /// There is more than is looked at.
    pub is_incomplete: bool,
    /// A lock file of yarn 1 is there.
    pub has_yarn_1: bool,
    /// A lock file of pnpm is there.
    pub has_pnpm: bool,
}

#[test]
fn edits_take_the_place_of_their_bytes() {
    let edit = |start, end, text| Edit { start, end, text };
    let (first, second) = (edit(0, 2, ""), edit(3, 4, "x"));
    assert_eq!(edited("abcdé", &[&first, &second]).as_deref(), Some("cxé"));
    assert_eq!(
        edited("abcdé", &[&first, &edit(0, 2, "")]).as_deref(),
        Some("cdé")
    );
    for wrong in [edit(1, 9, ""), edit(4, 5, "")] {
        assert_eq!(edited("abcdé", &[&first, &wrong]), None, "{wrong:?}");
    }
}
