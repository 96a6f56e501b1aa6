//! The problems, each with its sentence.
//!
//! Fields are the facts that the sentence needs.

use crate::document::FilePosition;

/// A problem. Keys and names are as in the file, paths as the user would type them.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are the facts in the sentence")]
pub enum Problem {
    /// The text is not JSON.
    #[error("this is not JSON: {detail}")]
    Syntax { detail: String },
    /// A manifest in another encoding.
    #[error("the file is not UTF-8")]
    NotUtf8,
    /// A task.json in another encoding.
    #[error("the file is not UTF-8")]
    TaskNotUtf8,
    /// A manifest, overrides or translations that are a list or a scalar.
    #[error("this must be an object, but it is {found}")]
    NotAnObject { found: &'static str },
    /// A manifest that does not exist.
    #[error("`{path}` does not exist")]
    ManifestMissing { path: String },
    /// A folder instead of a manifest.
    #[error("`{path}` is a folder; --manifests wants files")]
    ManifestIsFolder { path: String },
    /// Patterns that match no file.
    #[error("no file matches `{patterns}`")]
    NoManifestLike { patterns: String },
    /// A file or folder of the command line that does not exist.
    #[error("`{path}` does not exist")]
    ArgumentMissing { path: String },
    /// A file instead of a folder, or the reverse.
    #[error("`{path}` is {found}; {flag} wants {wanted}")]
    ArgumentIsNot {
        path: String,
        flag: &'static str,
        found: &'static str,
        wanted: &'static str,
    },
    /// The text of a task.json is not JSON.
    #[error("this is not JSON: {detail}")]
    TaskSyntax { detail: String },
    /// A value does not have the type that its key requires.
    #[error("`{key}` must be {expected}, but it is {found}")]
    WrongType {
        key: String,
        expected: &'static str,
        found: &'static str,
    },
    /// A text instead of a boolean.
    #[error("`{key}` must be true or false, but it is the text `{value}`")]
    NotABoolean { key: String, value: String },
    /// A quoted boolean, which is accepted.
    #[error("`{key}` is in quotes; it is read as {value}")]
    LooseBoolean { key: String, value: bool },
    /// A key that must exist.
    #[error("`{key}` is missing")]
    Missing { key: String },
    /// A key that a task must have.
    #[error("the task has no `{key}`")]
    TaskMissing { key: String },
    /// A key that the schema requires, but servers do not.
    #[error("the task has no `{key}`, which the schema requires; Azure DevOps works without it")]
    SchemaMissing { key: String },
    /// A key that the user interface shows.
    #[error("the task has no `{key}`, which the catalog and the editor show")]
    TaskLacks { key: String },
    /// A scalar that an earlier manifest has set.
    #[error("`{key}` is already `{value}`, from {first}: this value is ignored")]
    SetTwice {
        key: String,
        value: String,
        first: FilePosition,
    },
    /// `restrictedTo` may be set only once.
    #[error("`{key}` is already set in {first}, and may be set only once")]
    OnlyOnce { key: String, first: FilePosition },
    /// An identifier with characters that the Marketplace does not allow.
    #[error("the {what} `{value}` may have letters, digits, dashes and underscores only")]
    BadIdentifier { what: &'static str, value: String },
    /// A version that the Marketplace refuses.
    #[error("the extension version `{value}` is not one to four numbers with dots between them")]
    BadVersion { value: String },
    /// A number in a version that the Marketplace cannot hold.
    #[error("`{number}` in the extension version `{value}` is larger than 2147483647")]
    VersionTooLarge { value: String, number: String },
    /// The Marketplace shows 200 characters.
    #[error("`description` has {length} characters (UTF-16), and the Marketplace allows 200")]
    LongDescription { length: usize },
    /// A category that the Marketplace does not have.
    #[error(
        "`{category}` is not a category of Azure DevOps extensions; the Marketplace refuses others"
    )]
    UnknownCategory { category: String },
    /// There is no target.
    #[error("`targets` is missing: the extension is packed for `Microsoft.VisualStudio.Services`")]
    NoTargets,
    /// A target that is not a product.
    #[error("`{id}` is not an installation target")]
    UnknownTarget { id: String },
    /// An extension without contributions.
    #[error("the extension has no contribution and no contribution type")]
    NoContributions,
    /// Two contributions with the same ID.
    #[error("contribution `{id}` is already declared in {first}")]
    DuplicateContribution { id: String, first: FilePosition },
    /// A contribution without a required key.
    #[error("a contribution has no `{key}`")]
    IncompleteContribution { key: &'static str },
    /// A task contribution without a folder.
    #[error("task contribution `{contribution}` has no `properties.name`")]
    NoTaskFolder { contribution: String },
    /// Paid, without a support link.
    #[error("a paid extension needs a support link")]
    PaidWithoutSupport,
    /// An integration without a link to it.
    #[error("an integration needs a `getstarted` or an `action` link")]
    IntegrationWithoutLink,
    /// A link, badge or content item without its address.
    #[error("{what} `{key}` has no `{missing}`: it is left out")]
    Incomplete {
        what: &'static str,
        key: String,
        missing: &'static str,
    },
    /// A gallery property without a value or without a name.
    #[error("gallery property `{key}` has no value: it is left out")]
    EmptyProperty { key: String },
    /// A gallery property that occurs twice.
    #[error("gallery property `{key}` is already set: this one is left out")]
    DuplicateProperty { key: String },
    /// A repository without its type.
    #[error("`repository.type` is missing")]
    NoRepositoryType,
    /// A repository that is not a git repository.
    #[error("repository type `{kind}` is not supported, only `git` is")]
    RepositoryType { kind: String },
    /// A repository without its address.
    #[error("`repository.uri` is missing")]
    NoRepositoryAddress,
    /// A color that cannot be read.
    #[error("branding color `{value}` is neither hexadecimal, `rgb(…)` nor a CSS color name")]
    BadColor { value: String },
    /// A file declaration without `path`.
    #[error("an entry of `files` has no `path`")]
    FileWithoutPath,
    /// A file that the manifest names does not exist.
    #[error("`{path}` does not exist")]
    FileMissing { path: String },
    /// A file exists, but in another letter case.
    #[error("`{path}` does not exist; `{found}` does: only Windows finds it")]
    FileCase { path: String, found: String },
    /// A file that cannot be read.
    #[error("`{path}` cannot be read: {detail}")]
    Unreadable { path: String, detail: String },
    /// A path or a link that leads outside the extension's folder.
    #[error("`{path}` leads out of the extension's folder")]
    OutsideFolder { path: String },
    /// One file, or all together, are too large for readers of packages; sizes in bytes.
    #[error("`{path}` has {size} bytes, more than the {limit} that a package can have")]
    FileTooLarge { path: String, size: u64, limit: u64 },
    /// Packages of the extension inside a packaged folder.
    #[error("`{paths}` is a package, and is left out")]
    PackagesLeftOut { paths: String },
    /// A link to a folder inside a packaged folder.
    #[error("`{path}` is a link to a folder; links to folders are not followed")]
    FolderLink { path: String },
    /// A folder instead of a file.
    #[error("`{path}` is a folder, and `{key}` needs a file")]
    NotAFile { path: String, key: String },
    /// A name that the Open Packaging Conventions do not allow.
    #[error("`{part}` cannot be the name of a part: {reason}")]
    BadPartName { part: String, reason: &'static str },
    /// The name of an addressable part has a character that servers refuse in an address.
    #[error(
        "`{part}` is addressable and has a `{character}`: Azure DevOps Server 2019 cannot install it"
    )]
    AddressableName { part: String, character: char },
    /// Two parts whose names a package cannot distinguish.
    #[error(
        "part `{part}` conflicts with part `{other}` (from {first}): they would be one path on disk"
    )]
    PartCollision {
        part: String,
        other: String,
        first: FilePosition,
    },
    /// A name that the packer itself uses.
    #[error("part `{part}` is written by the packer: the file of that name is left out")]
    ReservedPart { part: String },
    /// Two addressable assets of the same type.
    #[error("asset type `{kind}` belongs to `{other}` already (from {first})")]
    DuplicateAsset {
        kind: String,
        other: String,
        first: FilePosition,
    },
    /// There is no icon.
    #[error("the extension has no `icons.default`: the Marketplace shows a gray square")]
    NoIcon,
    /// An icon that is too small.
    #[error("icon `{path}` is {width}x{height} pixels, at least {least}x{least} are needed")]
    SmallIcon {
        path: String,
        width: u32,
        height: u32,
        least: u32,
    },
    /// An icon in a format that the Marketplace does not show.
    #[error("icon `{path}` is not a PNG, JPEG, GIF or BMP image")]
    IconFormat { path: String },
    /// A package that is too large for a server; sizes in bytes.
    #[error("the package has {size} bytes, and {server} takes {limit} by default")]
    TooLarge {
        size: u64,
        limit: u64,
        server: &'static str,
    },
    /// A task contribution whose files are not in the package.
    #[error(
        "task contribution `{contribution}` names folder `{folder}`, and the package has no `{folder}/task.json`"
    )]
    TaskNotPacked {
        contribution: String,
        folder: String,
    },
    /// A task in the package that no contribution offers.
    #[error("task `{part}` is packed, but no contribution offers it")]
    TaskNotOffered { part: String },
    /// Two contributions; the folder name of one starts with the other's.
    #[error(
        "task folder `{folder}` begins with the name of task folder `{other}`: Azure DevOps Server 2019 takes both for versions of one task"
    )]
    FolderPrefix { folder: String, other: String },
    /// Two contributions that offer the same task.
    #[error(
        "contribution `{contribution}` offers task `{folder}`, which `{other}` offers already (in {first})"
    )]
    TaskOfferedTwice {
        contribution: String,
        folder: String,
        other: String,
        first: FilePosition,
    },
    /// Two contributions whose tasks have the same name and ID.
    #[error(
        "contribution `{contribution}` has the task {name} with the ID of `{other}` (in {first}): Azure DevOps ignores one of the two"
    )]
    SameTask {
        contribution: String,
        name: String,
        other: String,
        first: FilePosition,
    },
    /// A contribution whose tasks have different IDs.
    #[error("one contribution has tasks of several IDs: `{first}` and `{other}`")]
    MixedTasks { first: String, other: String },
    /// Two tasks with the same ID.
    #[error("task ID {id} belongs to `{other}` as well, in {first}")]
    DuplicateTaskId {
        id: String,
        other: String,
        first: FilePosition,
    },
    /// Two folders with the same version of a task.
    #[error("{name}@{version} is packed twice, also in {first}")]
    DuplicateTaskVersion {
        name: String,
        version: String,
        first: FilePosition,
    },
    /// Two versions of a task that would become one.
    #[error(
        "{name} would become {version} here and in {first}: an agent could not tell them apart"
    )]
    CollidingUpdate {
        name: String,
        version: String,
        first: FilePosition,
    },
    /// A key that is probably misspelled.
    #[error("`{key}` is not a key of {what} in a task.json")]
    MisspelledKey {
        key: String,
        what: &'static str,
        meant: &'static str,
    },
    /// A key that neither servers nor agents read.
    #[error("`{key}` is not a key of {what} in a task.json: it is ignored")]
    UnknownKey { key: String, what: &'static str },
    /// A key in the wrong letter case.
    #[error("`{key}` is spelled `{written}`; Azure DevOps reads both")]
    KeyCase { key: &'static str, written: String },
    /// A value that is not one of the allowed ones.
    #[error("`{key}` is `{value}`, and the schema knows {allowed}")]
    NotOneOf {
        key: String,
        value: String,
        allowed: String,
    },
    /// A value that cannot work.
    #[error("`{key}` is `{value}`, which must be {rule}")]
    Pattern {
        key: String,
        value: String,
        rule: &'static str,
    },
    /// A number that servers cannot hold.
    #[error("`{key}` is `{value}`, which is larger than 2147483647")]
    NumberTooLarge { key: String, value: String },
    /// A value of another type, which servers convert.
    #[error("`{key}` is `{value}`, and the schema has {rule}; Azure DevOps reads both")]
    LooseType {
        key: String,
        value: String,
        rule: &'static str,
    },
    /// A value that the schema does not allow, but servers do.
    #[error("`{key}` is `{value}`, and the schema has {rule}")]
    AgainstSchema {
        key: String,
        value: String,
        rule: &'static str,
    },
    /// A task name with characters that the schema does not allow.
    #[error(
        "the task's name `{value}` has more than letters, digits and dashes; it works, and tfx \
         warns about it"
    )]
    TaskNameCharacters { value: String },
    /// A name that the catalog may truncate.
    #[error(
        "`friendlyName` has {length} characters, and the schema has 40; it works, and tfx warns \
         about it"
    )]
    LongFriendlyName { length: usize },
    /// A task without an icon.
    #[error("the task has no `{part}`: the catalog shows a gray square")]
    NoTaskIcon { part: String },
    /// Two inputs with the same name.
    #[error("input `{name}` is already declared in {first}")]
    DuplicateInput { name: String, first: FilePosition },
    /// A rule that servers cannot read.
    #[error("`visibleRule` of `{owner}` is `{rule}`: {fault}")]
    MalformedRule {
        owner: String,
        rule: String,
        fault: String,
    },
    /// A rule with characters that servers refuse.
    #[error(
        "`visibleRule` of `{owner}` is `{rule}`: Azure DevOps Server 2020 and older refuse other characters than letters, digits and spaces in it"
    )]
    RuleCharacters { owner: String, rule: String },
    /// A rule that refers to an input of another group. Azure DevOps Services and the Marketplace accept it.
    #[error(
        "input `{owner}` ({group}) is shown by input `{input}` ({other}): Azure DevOps Server 2020 and older refuse to install a task whose input depends on another group's"
    )]
    RuleAcrossGroups {
        owner: String,
        group: String,
        input: String,
        other: String,
        is_for_servers_alone: bool,
    },
    /// A rule that refers to an input that does not exist.
    #[error("`visibleRule` of `{owner}` asks for input `{name}`, which does not exist")]
    RuleWithoutInput { owner: String, name: String },
    /// A group that does not exist.
    #[error("input `{input}` is in group `{group}`, which does not exist")]
    NoSuchGroup { input: String, group: String },
    /// A handler that no agent knows.
    #[error("no agent knows the handler `{handler}`{}", if *.is_alone { ": nothing would run" } else { "" })]
    UnknownHandler {
        handler: String,
        meant: Option<&'static str>,
        is_alone: bool,
    },
    /// A handler whose file is not in the package.
    #[error("`{section}.{handler}` starts `{target}`, and the package has no `{part}`")]
    TargetNotPacked {
        section: String,
        handler: String,
        target: String,
        part: String,
    },
    /// A handler whose file is in the package in another letter case.
    #[error(
        "`{section}.{handler}` starts `{target}`, and the part is `{part}`: only Windows finds it"
    )]
    TargetCase {
        section: String,
        handler: String,
        target: String,
        part: String,
    },
    /// A task without a handler.
    #[error("the task has no handler: nothing would run")]
    NoHandler,
    /// A launcher without a binary to start.
    #[error(
        "`{section}.{handler}` starts a launcher, and the package has no binary under `{folder}/`"
    )]
    NoBinary {
        section: String,
        handler: String,
        folder: String,
    },
    /// Only handlers that newer agents do not have.
    #[error("every handler of `{section}` is at its end of life ({handlers})")]
    OldHandlers { section: String, handlers: String },
    /// A manifest that is a JavaScript program.
    #[error("a manifest that is a JavaScript program cannot be run here")]
    ManifestProgram,
    /// A version that cannot be incremented.
    #[error("version `{value}` cannot be raised: it is not numbers with dots between them")]
    CannotRaise { value: String },
    /// Too many files, or too much data.
    #[error("the package would have {found} {what}, and {limit} is this packer's limit")]
    OverLimit {
        what: &'static str,
        found: u64,
        limit: u64,
    },
}
