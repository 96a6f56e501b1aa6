//! The severity of each problem.
//!
//! What Azure DevOps or the Marketplace refuses, or what cannot work on any agent, is an error. What published
//! extensions have and can live with is a warning.

use super::Problem;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The package works, but not as its author expects, or not everywhere.
    Warning,
    /// Azure DevOps or the Marketplace would refuse it, or it would not work; `--bypass-validation` packs it
    /// nevertheless.
    Error,
    /// No package can be created.
    Fatal,
}

impl Problem {
    /// The problem's severity.
    pub fn severity(&self) -> Severity {
        match self {
            Self::UnknownHandler { is_alone: true, .. } => Severity::Error,
            Self::SetTwice { .. }
            | Self::NoTargets
            | Self::UnknownCategory { .. }
            | Self::AddressableName { .. }
            | Self::LooseBoolean { .. }
            | Self::Incomplete { .. }
            | Self::EmptyProperty { .. }
            | Self::ReservedPart { .. }
            | Self::DuplicateProperty { .. }
            | Self::NoIcon
            | Self::SmallIcon { .. }
            | Self::IconFormat { .. }
            | Self::TooLarge { .. }
            | Self::PackagesLeftOut { .. }
            | Self::TaskNotOffered { .. }
            | Self::FolderPrefix { .. }
            | Self::SameTask { .. }
            | Self::MisspelledKey { .. }
            | Self::UnknownKey { .. }
            | Self::KeyCase { .. }
            | Self::TaskLacks { .. }
            | Self::SchemaMissing { .. }
            | Self::NotOneOf { .. }
            | Self::LooseType { .. }
            | Self::AgainstSchema { .. }
            | Self::TaskNameCharacters { .. }
            | Self::LongFriendlyName { .. }
            | Self::NoTaskIcon { .. }
            | Self::TargetCase { .. }
            | Self::UnknownHandler { .. }
            | Self::RuleWithoutInput { .. }
            | Self::RuleCharacters { .. }
            | Self::RuleAcrossGroups {
                is_for_servers_alone: false,
                ..
            }
            | Self::NoSuchGroup { .. }
            | Self::CannotRaise { .. }
            | Self::OldHandlers { .. } => Severity::Warning,
            Self::Syntax { .. }
            | Self::OnlyOnce { .. }
            | Self::RepositoryType { .. }
            | Self::NoRepositoryType
            | Self::NoRepositoryAddress
            | Self::BadColor { .. }
            | Self::FileWithoutPath
            | Self::FileMissing { .. }
            | Self::FileCase { .. }
            | Self::Unreadable { .. }
            | Self::OutsideFolder { .. }
            | Self::FileTooLarge { .. }
            | Self::FolderLink { .. }
            | Self::NotAFile { .. }
            | Self::BadPartName { .. }
            | Self::PartCollision { .. }
            | Self::NotUtf8
            | Self::NotAnObject { .. }
            | Self::ManifestMissing { .. }
            | Self::ManifestIsFolder { .. }
            | Self::NoManifestLike { .. }
            | Self::ArgumentMissing { .. }
            | Self::ArgumentIsNot { .. }
            | Self::OverLimit { .. }
            | Self::ManifestProgram => Severity::Fatal,
            _ => Severity::Error,
        }
    }

    /// How many findings of this kind are shown before the rest is only counted: one if everything still works, a few
    /// if each needs a change.
    pub(super) fn shown(&self) -> usize {
        match self {
            Self::LooseBoolean { .. }
            | Self::AddressableName { .. }
            | Self::UnknownKey { .. }
            | Self::KeyCase { .. }
            | Self::TaskLacks { .. }
            | Self::SchemaMissing { .. }
            | Self::LooseType { .. }
            | Self::AgainstSchema { .. }
            | Self::TaskNameCharacters { .. }
            | Self::LongFriendlyName { .. }
            | Self::RuleCharacters { .. }
            | Self::RuleAcrossGroups { .. }
            | Self::FolderPrefix { .. }
            | Self::NoTaskIcon { .. } => 1,
            problem if problem.severity() == Severity::Warning => 3,
            _ => 20,
        }
    }
}
