//! The rules for tokens: names, meanings and pages. Habits have their own table.
//!
//! It recognizes nothing.

/// The kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A token in a text.
    Secret,
    /// A use of a token.
    Habit,
}

impl Kind {
    /// Its name in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Habit => "habit",
        }
    }
}

/// A rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its stable name.
    pub id: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// A title of a few words.
    pub title: &'static str,
    /// The remedy, in one sentence.
    pub help: &'static str,
    /// A page of the repository about it.
    pub page: &'static str,
}

/// A token in the format since July 2024.
pub(crate) static PAT: Rule = Rule {
    id: "azure-devops-pat",
    kind: Kind::Secret,
    title: "Azure DevOps personal access token",
    help: "Revoke it, remove it from the history, and sign in with a service connection instead.",
    page: "docs/migrate.md",
};

/// A token in the older format.
pub(crate) static OLD_PAT: Rule = Rule {
    id: "azure-devops-pat-legacy",
    kind: Kind::Secret,
    title: "Azure DevOps personal access token in the format used before July 2024",
    help: "Revoke it, remove it from the history, and sign in with a service connection instead.",
    page: "docs/migrate.md",
};

/// A Microsoft Entra access token for Azure DevOps.
pub(crate) static ACCESS_TOKEN: Rule = Rule {
    id: "azure-devops-access-token",
    kind: Kind::Secret,
    title: "Microsoft Entra access token for Azure DevOps",
    help: "It expires within about a day; keep tokens out of files, and request one when it is needed.",
    page: "docs/migrate/scripts.md",
};

/// A token that Azure DevOps issued for a job or a session.
pub(crate) static SESSION_TOKEN: Rule = Rule {
    id: "azure-devops-session-token",
    kind: Kind::Secret,
    title: "Azure DevOps job or session token",
    help: "Keep it out of files; a job token expires with its job, a session token can last for months.",
    page: "docs/migrate/scripts.md",
};

/// A key of another Azure service.
pub(crate) static OTHER_AZURE_KEY: Rule = Rule {
    id: "azure-key",
    kind: Kind::Secret,
    title: "Key of another Azure service (not Azure DevOps)",
    help: "Regenerate the key, and use a managed identity where the service accepts one.",
    page: "docs/scan.md",
};

/// The rules for tokens.
pub(crate) static SECRETS: [&Rule; 5] = [
    &PAT,
    &OLD_PAT,
    &ACCESS_TOKEN,
    &SESSION_TOKEN,
    &OTHER_AZURE_KEY,
];
