//! A finding: which rule, how certain, where, and what to write instead. It never holds a character of a token.

use crate::rules::{Kind, Rule};

/// The connection of replacements, where the file does not name one.
pub(crate) const CONNECTION: &str = "my-connection";

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// The shape and the words around it; a token that has expired.
    Possible,
    /// The shape, with a checksum that cannot be confirmed.
    Probable,
    /// The checksum is right, or the text says so itself.
    Certain,
}

impl Certainty {
    /// The word for it in every output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Probable => "probable",
            Self::Certain => "certain",
        }
    }
}

/// How a token is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Text,
    /// Within base64, such as Basic authentication.
    Base64,
}

impl Form {
    /// The word for it in every output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Base64 => "base64",
        }
    }
}

/// The commit that a finding of the history belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The object that has the text.
    pub blob: String,
    /// The oldest commit with it; none where only a stash, an index or nothing refers to it.
    pub id: Option<String>,
    /// Who committed it, and when (RFC 3339).
    pub author: String,
    /// When it was committed (RFC 3339).
    pub date: String,
    /// Whether the checked-out commit still has it.
    pub is_in_head: bool,
}

/// The resource of an organization that a finding is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// What it is.
    pub kind: ResourceKind,
    /// The page on which people see it.
    pub url: String,
    /// The last use of a service connection that its history has.
    pub last_use: Option<LastUse>,
}

/// What a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceKind {
    /// A service connection.
    ServiceConnection,
    /// A variable group of the library.
    VariableGroup,
    /// A build definition: a classic one, or one whose steps are in a YAML file.
    BuildDefinition,
    /// A release definition.
    ReleaseDefinition,
    /// A task group.
    TaskGroup,
    /// A subscription of service hooks.
    ServiceHook,
    /// An agent, with the environment that it publishes.
    Agent,
}

impl ResourceKind {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::ServiceConnection,
        Self::VariableGroup,
        Self::BuildDefinition,
        Self::ReleaseDefinition,
        Self::TaskGroup,
        Self::ServiceHook,
        Self::Agent,
    ];

    /// The word for it in every output and in paths.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ServiceConnection => "service connection",
            Self::VariableGroup => "variable group",
            Self::BuildDefinition => "build definition",
            Self::ReleaseDefinition => "release definition",
            Self::TaskGroup => "task group",
            Self::ServiceHook => "service hook",
            Self::Agent => "agent",
        }
    }
}

/// The last use of a service connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    /// When it started, as the service writes it (RFC 3339).
    pub at: String,
    /// The definition that used it.
    pub by: String,
}

/// Why a finding does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suppression {
    /// The baseline has it.
    Baseline,
    /// The line, or the one above, has `adieu:allow` with this reason.
    Inline(String),
}

/// Whether a replacement can be written without a person who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Safety {
    /// It does the same as before.
    Safe,
    /// It does the same once the name of the service connection is right.
    WithConnection,
    /// It needs something that only a person knows.
    Review,
}

impl Safety {
    /// The word for it in every output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::WithConnection => "withConnection",
            Self::Review => "review",
        }
    }
}

/// What to write instead of some lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The first line that is replaced, from 1.
    pub line: u64,
    /// The lines that are replaced; none where lines are only put in front of it.
    pub old: Vec<String>,
    /// The lines to write.
    pub new: Vec<String>,
    /// Whether it can be written without a person who reads it.
    pub safety: Safety,
    /// Names of the variable that it sets to a token.
    pub(crate) variables: Vec<String>,
}

impl Fix {
    /// The same with the connection's own name.
    pub(crate) fn with_connection(mut self, name: Option<&str>) -> Self {
        if let Some(name) = name
            && self.safety == Safety::WithConnection
        {
            let placeholder = format!(": {CONNECTION}");
            for line in &mut self.new {
                if line.ends_with(&placeholder) {
                    line.truncate(line.len() - CONNECTION.len());
                    line.push_str(name);
                }
            }
            self.safety = Safety::Safe;
        }
        self
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was found.
    pub rule: &'static Rule,
    /// How sure it is.
    pub certainty: Certainty,
    /// The file, with slashes; bytes that are not UTF-8 are written `\xNN`.
    pub path: String,
    /// The line, from 1.
    pub line: u64,
    /// The first character, from 1, in code points.
    pub column: u64,
    /// The character behind the last one.
    pub end_column: u64,
    /// How a token is written.
    pub form: Form,
    /// The C3ID of a token; of a habit, a hash of its line without blanks.
    pub fingerprint: String,
    /// Year and month of a token's creation.
    pub created: Option<String>,
    /// When a JWT expires, in seconds since 1970.
    pub expires: Option<u64>,
    /// Where it is in the history.
    pub commit: Option<Commit>,
    /// Where it is in a JSON document (RFC 6901): in a classic definition, or in a resource of an organization, whose
    /// lines and columns are those of the value.
    pub pointer: Option<String>,
    /// The resource of an organization that has it.
    pub resource: Option<Resource>,
    /// What to write instead.
    pub fix: Option<Fix>,
    /// Why it does not count.
    pub suppression: Option<Suppression>,
}

/// Whether a file is a workflow of GitHub Actions, in which no task of Azure Pipelines runs.
pub(crate) fn is_workflow(path: &str) -> bool {
    let path = path.trim_start_matches("./");
    path.starts_with(".github/workflows/") || path.contains("/.github/workflows/")
}

impl Finding {
    /// What to do about it, in one sentence, and the page of the repository that helps. A workflow of GitHub Actions has no
    /// service connection.
    #[must_use]
    pub fn advice(&self) -> (&'static str, &'static str) {
        let has_a_page = self.rule.kind == Kind::Secret || self.rule.id == "publish-vsce";
        if is_workflow(&self.path) && !has_a_page {
            let help = "Let the workflow sign in to Microsoft Entra without a secret.";
            (help, "docs/github-actions.md")
        } else {
            (self.rule.help, self.rule.page)
        }
    }
}

impl Finding {
    /// The order in which findings are shown, on every run and platform.
    pub(crate) fn order(&self) -> (&str, &str, u64, u64, &'static str, &str) {
        let commit = self.commit.as_ref().map_or("", |commit| &commit.blob);
        // Lines and columns of a resource are those of one value.
        let value = match &self.resource {
            Some(_) => self.pointer.as_deref().unwrap_or_default(),
            None => "",
        };
        (
            &self.path,
            value,
            self.line,
            self.column,
            self.rule.id,
            commit,
        )
    }
}

/// Something that was not looked at, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotRead {
    /// The file, as in [`Finding::path`].
    pub path: String,
    /// Why.
    pub reason: NotReadReason,
}

/// Why something was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotReadReason {
    /// It is larger than `--max-size`; its size in bytes.
    TooLarge(u64),
    /// A pointer of Git LFS: the content is elsewhere.
    LfsPointer,
    /// The system refused it, in its words.
    Refused(String),
    /// The steps of a build definition are in this file of a repository.
    InRepository {
        /// The file.
        file: String,
        /// The repository's name.
        repository: String,
    },
    /// The identity may not read it; which right it needs.
    NotPermitted(&'static str),
    /// The service had no answer, in a sentence; another run may have one.
    Unanswered(String),
}

/// What a scan found.
#[derive(Debug, Default)]
pub struct Report {
    /// In the order of path, line and column.
    pub findings: Vec<Finding>,
    /// In the order of path.
    pub not_read: Vec<NotRead>,
    /// How many files, or objects of the history, were read.
    pub files: u64,
}

impl Report {
    /// Adds what another scan found, and brings all of it in order.
    pub fn add(&mut self, other: Self) {
        self.extend(other);
        self.sort();
    }

    /// Adds what another part of the scan found.
    pub(crate) fn extend(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.not_read.extend(other.not_read);
        self.files += other.files;
    }

    pub(crate) fn sort(&mut self) {
        adieu_order::sort_by(&mut self.findings, |one, other| {
            one.order().cmp(&other.order())
        });
        adieu_order::sort(&mut self.not_read);
    }
}
