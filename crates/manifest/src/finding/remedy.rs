//! How grave each situation is, and what to do about it.
//!
//! It never repeats the sentence that `finding` has.

use super::{Problem, Severity};

impl Problem {
    /// How grave the situation is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Self::SetTwice { .. }
            | Self::NoTargets
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
            | Self::UnknownKey { .. }
            | Self::TaskLacks { .. }
            | Self::SchemaMissing { .. }
            | Self::NotOneOf { .. }
            | Self::AgainstSchema { .. }
            | Self::NoTaskIcon { .. }
            | Self::TargetCase { .. }
            | Self::RuleWithoutInput { .. }
            | Self::NoSuchGroup { .. }
            | Self::CannotRaise { .. }
            | Self::OldHandlers { .. } => Severity::Warning,
            Self::Syntax { .. }
            | Self::OnlyOnce { .. }
            | Self::RepositoryType { .. }
            | Self::BadColor { .. }
            | Self::FileWithoutPath
            | Self::FileMissing { .. }
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
            | Self::NoManifestLike { .. }
            | Self::ArgumentMissing { .. }
            | Self::OverLimit { .. }
            | Self::ManifestProgram => Severity::Fatal,
            _ => Severity::Error,
        }
    }

    /// What to do about it; nothing where the sentence says it already.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        Some(match self {
            Self::Syntax { .. } => "Correct the line; comments and trailing commas need --json5",
            Self::TaskSyntax { .. } => {
                "Correct the line; a task.json has no comments and no trailing commas"
            }
            Self::NotUtf8 | Self::TaskNotUtf8 => {
                "Save it as UTF-8, with or without a byte order mark"
            }
            Self::ManifestMissing { .. } => {
                "Name the extension's folder with --root (in a task rootFolder), its manifests with --manifests"
            }
            Self::NoManifestLike { .. } => "Patterns are relative to --root (in a task rootFolder)",
            Self::ArgumentMissing { .. } => {
                "--overrides-file and --loc-root are relative to the current folder"
            }
            Self::Missing { .. } => "Add the key, here or with --override",
            Self::TaskMissing { .. } | Self::TaskLacks { .. } | Self::SchemaMissing { .. } => {
                "Add the key to the task.json"
            }
            Self::SetTwice { .. } | Self::OnlyOnce { .. } => {
                "Keep one of the two, or set the value with --override"
            }
            Self::BadVersion { .. } => "Write a version such as 1.4.0, or pass --extension-version",
            Self::LongDescription { .. } => "Move the long text to content.details",
            Self::NoTargets => r#"Add "targets": [{ "id": "Microsoft.VisualStudio.Services" }]"#,
            Self::UnknownTarget { .. } => {
                "Use Microsoft.VisualStudio.Services, or one of its .Cloud, .Integration and Microsoft.TeamFoundation.Server forms"
            }
            Self::PaidWithoutSupport => r#"Add "links": { "support": { "uri": "https://…" } }"#,
            Self::FileMissing { .. } => {
                "`files` and `icons` are relative to the manifest; `content` and `screenshots` to --root"
            }
            Self::OutsideFolder { .. } => {
                "Copy what is needed into the folder, or give --root (in a task rootFolder) a folder that holds both"
            }
            Self::FileTooLarge { .. } => "Leave out what the extension does not need at run time",
            Self::PackagesLeftOut { .. } => {
                "Write packages to a folder that `files` does not name, with --output-path (in a task outputPath)"
            }
            Self::FolderLink { .. } => {
                "Name the folder that it leads to in `files`, with a `packagePath`"
            }
            Self::BadPartName { .. } => {
                "Rename the file, or give it another name with `packagePath`"
            }
            Self::PartCollision { .. } => {
                "Rename one of the files, or give it another name with `packagePath`"
            }
            Self::ReservedPart { .. } => "Leave the file out of `files`",
            Self::DuplicateAsset { .. } => {
                "Give one of the files another `assetType`, or make it not addressable"
            }
            Self::NoIcon => r#"Add "icons": { "default": "icon.png" }, 128x128 pixels"#,
            Self::NoTaskIcon { .. } => "Add a PNG of 32x32 pixels",
            Self::SmallIcon { .. } | Self::IconFormat { .. } => {
                "Replace it with a PNG that is large enough"
            }
            Self::TooLarge { .. } => {
                "Leave out what the extension does not need at run time, or raise the server's limit"
            }
            Self::TaskNotPacked { .. } => {
                "Add the task's folder to `files`, under the name that `properties.name` has"
            }
            Self::TaskNotOffered { .. } => {
                "Add a contribution of type ms.vss-distributed-task.task, or leave the folder out of `files`"
            }
            Self::MixedTasks { .. } => {
                "All folders of one contribution are versions of one task: same name, same ID"
            }
            Self::DuplicateTaskId { .. } => "Give the task a new GUID, or use --update-tasks-id",
            Self::DuplicateTaskVersion { .. } => "Raise the version of one of them",
            Self::UnknownKey { .. } => "Check its spelling against tasks.schema.json",
            Self::RuleWithoutInput { .. } => {
                "Name an existing input; as it is, the field is never shown"
            }
            Self::NoSuchGroup { .. } => "Declare the group, or correct its name",
            Self::TargetNotPacked { .. } => {
                "Build the task before packaging, and check that `files` holds the whole folder"
            }
            Self::NoBinary { .. } => "Put the binaries into the task's folder before packaging",
            Self::TargetCase { .. } => "Write both alike",
            Self::OldHandlers { .. } | Self::NoHandler => "Add Node20_1 and Node24 handlers",
            Self::ManifestProgram => {
                "Run it with Node yourself and write its result to a file: node -e \"console.log(JSON.stringify(require('./manifest.js')({})))\" > vss-extension.json"
            }
            Self::RepositoryType { .. } => {
                r#"Write "repository": { "type": "git", "uri": "https://…" }"#
            }
            Self::BadColor { .. } => "Write it as #rrggbb",
            _ => return None,
        })
    }
}
