//! The declarations of a repository: which client uses which feed, and where that is declared.
//!
//! It reads no file.

use std::fmt;

use crate::address::FeedAddress;

/// A package client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// npm, pnpm and bun, which read `.npmrc`.
    Npm,
    /// yarn 2 and newer, which do not read it.
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
    /// twine and hatch, which publish packages.
    Twine,
}

impl Tool {
    /// All clients.
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

    /// Its name as a word of an input, in lowercase.
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

    /// The client with this name; some names mean another client that reads the same files.
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

/// A feed that a file or a variable declares for a client.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declaration {
    /// The file, relative to the folder that was read and with slashes, or the variable.
    pub place: String,
    /// The line, starting at 1; 0 for a variable.
    pub line: usize,
    /// The client.
    pub tool: Tool,
    /// The feed.
    pub address: FeedAddress,
    /// The client's name for the feed: uv's index, Maven's repository ID, NuGet's source.
    pub name: Option<String>,
}

impl Declaration {
    /// `file:line`, or the variable.
    #[must_use]
    pub fn position(&self) -> String {
        position(&self.place, self.line)
    }
}

/// A credential in a file of the repository, which a client would send instead of the one from adieu.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StaleCredential {
    /// The file, relative to the folder that was read and with slashes, or the variable.
    pub place: String,
    /// The line, starting at 1; 0 for a variable.
    pub line: usize,
    /// The client.
    pub tool: Tool,
    /// The client's name for its feed, if that is declared elsewhere.
    pub source: Option<String>,
    /// The edit that removes the credential; `None` if it is written in an unusual way.
    pub edit: Option<Edit>,
}

impl StaleCredential {
    /// `file:line`, or the variable.
    #[must_use]
    pub fn position(&self) -> String {
        position(&self.place, self.line)
    }
}

fn position(place: &str, line: usize) -> String {
    match line {
        0 => place.to_owned(),
        line => format!("{place}:{line}"),
    }
}

/// A replacement of some bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
    /// The new text.
    pub text: &'static str,
}

/// Applies sorted edits to a text; an edit inside bytes that are already replaced has no effect. `None` if they do
/// not belong to this text.
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

/// The result of reading.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Feeds, sorted by file and line.
    pub declarations: Vec<Declaration>,
    /// Existing credentials for feeds, sorted by file and line.
    pub stale: Vec<StaleCredential>,
    /// Feeds with an unusual address: with `http`, a port, or a dot at the end of the host.
    pub nearly: Vec<Declaration>,
    /// Repositories to which Maven deploys: the ID, and the feed if it is one.
    pub deployed_to: Vec<(String, Option<FeedAddress>)>,
    /// Whether reading stopped at a limit.
    pub is_incomplete: bool,
    /// Whether there is a lock file of yarn 1.
    pub has_yarn_1: bool,
    /// Whether there is a lock file of pnpm.
    pub has_pnpm: bool,
}

#[test]
fn replaces_the_bytes_of_each_edit() {
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
