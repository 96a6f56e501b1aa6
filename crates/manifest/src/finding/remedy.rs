//! The remedy for each problem.
//!
//! It never repeats the sentence of `problem`. A test (`tests/extension_package/remedies.rs`) applies the remedies:
//! one that does not clear its finding is worse than none.

use super::{Finding, Problem};

/// The categories in the manifest reference (aka.ms/extensioncategories). The Marketplace refuses others
/// (microsoft/azure-devops-extension-tasks issue 114).
pub(crate) const CATEGORIES: [&str; 5] = [
    "Azure Boards",
    "Azure Repos",
    "Azure Pipelines",
    "Azure Test Plans",
    "Azure Artifacts",
];

/// The remedy for a finding; `None` if its sentence already includes it.
pub(super) fn remedy(finding: &Finding) -> Option<String> {
    match &finding.problem {
        Problem::BadVersion { .. } | Problem::VersionTooLarge { .. } => {
            Some(if finding.is_about_a_flag() {
                "Pass a version such as 1.4.0".to_owned()
            } else {
                "Write a version such as 1.4.0, or pass --extension-version".to_owned()
            })
        }
        Problem::MisspelledKey { meant, .. } => Some(format!("Write `{meant}`")),
        Problem::UnknownHandler { meant, .. } => Some(match meant {
            Some(meant) => format!("Write `{meant}`"),
            None => "Use Node20_1, Node24 or PowerShell3".to_owned(),
        }),
        Problem::UnknownCategory { .. } => Some(format!("Use {}", CATEGORIES.join(", "))),
        problem => fixed(problem).map(str::to_owned),
    }
}

fn fixed(problem: &Problem) -> Option<&'static str> {
    Some(match problem {
        Problem::Syntax { .. } => "Correct the line; comments and trailing commas need --json5",
        Problem::TaskSyntax { .. } => {
            "Correct the line; a task.json has no comments and no trailing commas"
        }
        Problem::NotUtf8 | Problem::TaskNotUtf8 => {
            "Save it as UTF-8, with or without a byte order mark"
        }
        Problem::ManifestMissing { .. } | Problem::ManifestIsFolder { .. } => {
            "Name the extension's folder with --root (rootFolder in a task), its manifests with --manifests"
        }
        Problem::NoManifestLike { .. } => "Patterns are relative to --root (rootFolder in a task)",
        Problem::ArgumentMissing { .. } | Problem::ArgumentIsNot { .. } => {
            "--overrides-file and --loc-root are relative to the current folder"
        }
        Problem::Missing { .. } => "Add the key to the manifest or to an overrides file",
        Problem::TaskMissing { .. } | Problem::TaskLacks { .. } | Problem::SchemaMissing { .. } => {
            "Add the key to the task.json"
        }
        Problem::SetTwice { .. } | Problem::OnlyOnce { .. } => "Keep one of the two",
        Problem::LongDescription { .. } => "Move the long text to content.details",
        Problem::NoTargets => r#"Add "targets": [{ "id": "Microsoft.VisualStudio.Services" }]"#,
        Problem::UnknownTarget { .. } => {
            "Use Microsoft.VisualStudio.Services, or one of its .Cloud, .Integration and Microsoft.TeamFoundation.Server forms"
        }
        Problem::PaidWithoutSupport => r#"Add "links": { "support": { "uri": "https://…" } }"#,
        Problem::NoTaskFolder { .. } => {
            r#"Add "properties": { "name": "…" } with the folder that has the task.json"#
        }
        Problem::LooseBoolean { .. } | Problem::NotABoolean { .. } => {
            "Write true or false without quotes"
        }
        Problem::FileMissing { .. } => {
            "`files` and `icons` are relative to the manifest; `content` and `screenshots` to --root"
        }
        Problem::FileCase { .. } | Problem::TargetCase { .. } => {
            "Write both in the same letter \
                                                                  case"
        }
        Problem::OutsideFolder { .. } => {
            "Copy what is needed into the folder, or set --root (rootFolder in a task) to a \
             folder that contains both"
        }
        Problem::FileTooLarge { .. } => "Leave out what the extension does not need at run time",
        Problem::PackagesLeftOut { .. } => {
            "Write packages to a folder that `files` does not name, with --output-path (outputPath in a task)"
        }
        Problem::FolderLink { .. } => {
            "Name the folder that it leads to in `files`, with a `packagePath`"
        }
        Problem::BadPartName { .. } => {
            "Rename the file, or give it another name with `packagePath`"
        }
        Problem::PartCollision { .. } => {
            "Rename one of the files, or give it another name with `packagePath`"
        }
        Problem::ReservedPart { .. } => "Leave the file out of `files`",
        Problem::AddressableName { .. } => {
            "Rename the file, or target only Microsoft.VisualStudio.Services.Cloud"
        }
        Problem::DuplicateAsset { .. } => {
            "Give one of the files another `assetType`, or make it not addressable"
        }
        Problem::NoIcon => r#"Add "icons": { "default": "icon.png" }, 128x128 pixels"#,
        Problem::NoTaskIcon { .. } => "Add a PNG of 32x32 pixels",
        Problem::SmallIcon { .. } | Problem::IconFormat { .. } => {
            "Replace it with a PNG that is large enough"
        }
        Problem::TooLarge { .. } => {
            "Leave out what the extension does not need at run time, or raise the server's limit"
        }
        Problem::TaskNotPacked { .. } => {
            "Add the task's folder to `files`, under the name in `properties.name`"
        }
        Problem::TaskNotOffered { .. } => {
            "Add a contribution of type ms.vss-distributed-task.task, or leave the folder out of `files`"
        }
        Problem::FolderPrefix { .. } => {
            "Rename one of the folders, so that neither name begins with the other"
        }
        Problem::TaskOfferedTwice { .. } => "Keep one of the two contributions",
        Problem::SameTask { .. } => {
            "Put both versions below the folder of one contribution, or give one of the tasks another ID"
        }
        Problem::MixedTasks { .. } => {
            "Give all versions of the task one ID, or each task its own contribution"
        }
        Problem::DuplicateTaskId { .. } => "Give the task a new GUID, or use --update-tasks-id",
        Problem::DuplicateTaskVersion { .. } => "Raise the version of one of them",
        Problem::CollidingUpdate { .. } => {
            "Take less from the extension's version: --update-tasks-version minor keeps the \
             major numbers, patch the minor ones"
        }
        Problem::NumberTooLarge { .. } => "Write a smaller number",
        Problem::MalformedRule { .. } => {
            "Write terms such as `action = publish` with either && or || between them"
        }
        Problem::RuleAcrossGroups { .. } => {
            "Give both inputs the same `groupName`, or target only \
             Microsoft.VisualStudio.Services.Cloud"
        }
        Problem::RuleWithoutInput { .. } => {
            "Name an input that exists; as it is, the field is never shown"
        }
        Problem::NoSuchGroup { .. } => "Declare the group, or correct its name",
        Problem::TargetNotPacked { .. } => {
            "Build the task before packaging, and check that `files` names the whole folder"
        }
        Problem::NoBinary { .. } => "Put the binaries into the task's folder before packaging",
        Problem::OldHandlers { .. } | Problem::NoHandler => "Add Node20_1 and Node24 handlers",
        Problem::ManifestProgram => {
            "Run it with Node and write its result to a file: node -e \"console.log(JSON.stringify(require('./manifest.js')({})))\" > vss-extension.json"
        }
        Problem::NoRepositoryType | Problem::RepositoryType { .. } => r#"Write "type": "git""#,
        Problem::NoRepositoryAddress => r#"Add "uri": "https://…""#,
        Problem::BadColor { .. } => "Write it as #rrggbb",
        _ => return None,
    })
}
