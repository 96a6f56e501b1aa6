//! A finding: its rule, certainty, position and replacement. It never contains a character of a token.

use crate::rules::{Kind, Rule};

/// The connection in replacements, if the file does not name one.
pub(crate) const CONNECTION: &str = "my-connection";

/// The certainty of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// The format and the words around it fit, or the token has expired.
    Possible,
    /// The format fits, but its checksum cannot be confirmed.
    Probable,
    /// The checksum is valid, or the text itself proves it.
    Certain,
}

impl Certainty {
    /// Its name in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Probable => "probable",
            Self::Certain => "certain",
        }
    }
}

/// The form of a token in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Plain text.
    Text,
    /// Inside base64, as in Basic authentication.
    Base64,
}

impl Form {
    /// Its name in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Base64 => "base64",
        }
    }
}

/// The commit of a finding in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The object that contains it.
    pub blob: String,
    /// The oldest commit that contains it; `None` if only a stash, an index or nothing refers to it.
    pub id: Option<String>,
    /// The committer.
    pub author: String,
    /// The time of the commit (RFC 3339).
    pub date: String,
    /// Whether the checked-out commit still contains it.
    pub is_in_head: bool,
}

/// The resource of an organization that contains a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its kind.
    pub kind: ResourceKind,
    /// Its page in the portal.
    pub url: String,
    /// The last use of a service connection in its history.
    pub last_use: Option<LastUse>,
}

/// The kind of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceKind {
    /// A service connection.
    ServiceConnection,
    /// A variable group of the library.
    VariableGroup,
    /// A build definition: a classic one, or one with its steps in a YAML file.
    BuildDefinition,
    /// A release definition.
    ReleaseDefinition,
    /// A task group.
    TaskGroup,
    /// A service hook subscription.
    ServiceHook,
    /// An agent, with the environment variables that it publishes.
    Agent,
}

impl ResourceKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::ServiceConnection,
        Self::VariableGroup,
        Self::BuildDefinition,
        Self::ReleaseDefinition,
        Self::TaskGroup,
        Self::ServiceHook,
        Self::Agent,
    ];

    /// Its name in outputs and paths.
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
    /// Its start, as the service writes it (RFC 3339).
    pub at: String,
    /// The definition that used it.
    pub by: String,
}

/// Why a finding does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suppression {
    /// The baseline contains it.
    Baseline,
    /// The line, or the one above, has `adieu:allow` with this reason.
    Inline(String),
}

/// Whether a replacement can be written without review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Safety {
    /// It does the same as before.
    Safe,
    /// It does the same with the right name of the service connection.
    WithConnection,
    /// It needs information that only a person has.
    Review,
}

impl Safety {
    /// Its name in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::WithConnection => "withConnection",
            Self::Review => "review",
        }
    }
}

/// A replacement for some lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The first line to replace, starting at 1.
    pub line: u64,
    /// The lines to replace; empty if the new lines are only inserted before it.
    pub old: Vec<String>,
    /// The new lines.
    pub new: Vec<String>,
    /// Whether it can be written without review.
    pub safety: Safety,
    /// Names of the variables that it sets to a token.
    pub(crate) variables: Vec<String>,
}

impl Fix {
    /// The same with the connection's actual name.
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
    /// The rule.
    pub rule: &'static Rule,
    /// The certainty.
    pub certainty: Certainty,
    /// The file, with slashes and `\xNN` for bytes that are not UTF-8.
    pub path: String,
    /// The line, starting at 1.
    pub line: u64,
    /// The column of the first character in code points, starting at 1.
    pub column: u64,
    /// The column after the last character.
    pub end_column: u64,
    /// The form of a token.
    pub form: Form,
    /// The C3ID of a token; for a habit, a hash of its line without spaces.
    pub fingerprint: String,
    /// Year and month of the token's creation.
    pub created: Option<String>,
    /// Expiry of a JWT, in seconds since 1970.
    pub expires: Option<u64>,
    /// Its commit in the history.
    pub commit: Option<Commit>,
    /// Its position in a JSON document (RFC 6901): in a classic definition, or in a resource of an organization,
    /// where lines and columns are relative to the value.
    pub pointer: Option<String>,
    /// The resource of an organization that contains it.
    pub resource: Option<Resource>,
    /// The replacement.
    pub fix: Option<Fix>,
    /// Why it does not count.
    pub suppression: Option<Suppression>,
}

/// Whether a file is a GitHub Actions workflow, which cannot use Azure Pipelines tasks.
pub(crate) fn is_workflow(path: &str) -> bool {
    let path = path.trim_start_matches("./");
    path.starts_with(".github/workflows/") || path.contains("/.github/workflows/")
}

impl Finding {
    /// A finding of a rule, without a position and everything that not every finding has.
    pub(crate) fn new(rule: &'static Rule, certainty: Certainty, fingerprint: String) -> Self {
        Self {
            rule,
            certainty,
            path: String::new(),
            line: 1,
            column: 1,
            end_column: 2,
            form: Form::Text,
            fingerprint,
            created: None,
            expires: None,
            commit: None,
            pointer: None,
            resource: None,
            fix: None,
            suppression: None,
        }
    }

    /// The remedy, in one sentence, and a page of the repository about it. A GitHub Actions workflow has no service
    /// connection.
    pub fn advice(&self) -> (&'static str, &'static str) {
        let has_a_page = self.rule.kind == Kind::Secret || self.rule.id == "publish-vsce";
        if is_workflow(&self.path) && !has_a_page {
            let help = "Let the workflow sign in to Microsoft Entra without a secret.";
            (help, "docs/github-actions.md")
        } else {
            (self.rule.help, self.rule.page)
        }
    }

    /// The sort key of findings, the same for every run and platform.
    pub(crate) fn order(&self) -> (&str, &str, u64, u64, &'static str, &str) {
        let commit = self.commit.as_ref().map_or("", |commit| &commit.blob);
        // In a resource, lines and columns are relative to a value.
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

/// Something that was not scanned, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotRead {
    /// The file, as in [`Finding::path`].
    pub path: String,
    /// The reason.
    pub reason: NotReadReason,
}

/// Why something was not scanned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotReadReason {
    /// It exceeds `--max-size`; its size in bytes.
    TooLarge(u64),
    /// A Git LFS pointer: the contents are elsewhere.
    LfsPointer,
    /// The system's error.
    Refused(String),
    /// The steps of a build definition are in a file of a repository.
    InRepository {
        /// The file.
        file: String,
        /// The repository's name.
        repository: String,
    },
    /// The identity lacks this permission.
    NotPermitted(&'static str),
    /// The service did not answer, with the reason; another run may succeed.
    Unanswered(String),
}

/// The result of a scan.
#[derive(Debug, Default)]
pub struct Report {
    /// Sorted by path, line and column.
    pub findings: Vec<Finding>,
    /// Sorted by path.
    pub not_read: Vec<NotRead>,
    /// Number of files, or objects of the history, that were read.
    pub files: u64,
}

impl Report {
    /// Adds the result of another scan, and sorts everything.
    pub fn add(&mut self, other: Self) {
        self.extend(other);
        self.sort();
    }

    /// Adds the result of another part of the scan.
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
