//! What can be wrong with an extension: the situation, where it is, how grave it is, and the remedy.
//!
//! It finds nothing itself and prints nothing. Every sentence about a manifest is written here, once.

mod remedy;

use crate::document::Place;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// File and line to look at.
    pub place: Place,
    /// What is wrong there.
    pub problem: Problem,
}

impl Finding {
    /// A problem at a place.
    #[must_use]
    pub fn new(place: &Place, problem: Problem) -> Self {
        Self {
            place: place.clone(),
            problem,
        }
    }
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The package works, but not as its author believes.
    Warning,
    /// Azure DevOps or the Marketplace would refuse or break; `--bypass-validation` packs all the same.
    Error,
    /// No package can be made of this.
    Fatal,
}

/// The situations. Fields are the facts that the sentence needs.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Problem {
    /// The text is no JSON.
    #[error("this is no JSON: {detail}")]
    Syntax {
        /** The parser's words. */
        detail: String,
    },
    /// A manifest in another encoding.
    #[error("the file is not UTF-8")]
    NotUtf8,
    /// A task.json in another encoding.
    #[error("the file is not UTF-8")]
    TaskNotUtf8,
    /// A manifest, overrides or translations that are a list or a scalar.
    #[error("an object has to stand here, and this is {found}")]
    NotAnObject {
        /** Type found. */
        found: &'static str,
    },
    /// A manifest that is not there.
    #[error("`{path}` does not exist")]
    ManifestMissing {
        /** Path that was looked for. */
        path: String,
    },
    /// Patterns that no file fits.
    #[error("no file fits `{patterns}`")]
    NoManifestLike {
        /** The patterns, with commas between them. */
        patterns: String,
    },
    /// A file or folder of the command line that is not there.
    #[error("`{path}` does not exist")]
    ArgumentMissing {
        /** Path that was looked for. */
        path: String,
    },
    /// The text of a task.json is no JSON.
    #[error("this is no JSON: {detail}")]
    TaskSyntax {
        /** The parser's words. */
        detail: String,
    },
    /// A value of another type than its key needs.
    #[error("`{key}` must be {expected}, but this is {found}")]
    WrongType {
        /** Key path. */
        key: String,
        /** Type needed. */
        expected: &'static str,
        /** Type found. */
        found: &'static str,
    },
    /// A key that must be there.
    #[error("`{key}` is missing")]
    Missing {
        /** Key path. */
        key: String,
    },
    /// A key that a task must have.
    #[error("the task has no `{key}`")]
    TaskMissing {
        /** Key path. */
        key: String,
    },
    /// A key that the schema needs and servers do without.
    #[error("the task has no `{key}`, and the schema wants one")]
    SchemaMissing {
        /** Key path. */
        key: String,
    },
    /// A key that the catalogue of tasks shows.
    #[error("the task has no `{key}`, which the catalogue shows")]
    TaskLacks {
        /** Key path. */
        key: String,
    },
    /// A scalar that an earlier manifest set already.
    #[error("`{key}` is already `{value}`, from {first}: this value is ignored")]
    SetTwice {
        /** Key. */
        key: String,
        /** Value that holds. */
        value: String,
        /** Where that one stands. */
        first: Place,
    },
    /// `restrictedTo` may be said once only.
    #[error("`{key}` is already set in {first}, and may be set once only")]
    OnlyOnce {
        /** Key. */
        key: String,
        /** Where the first one stands. */
        first: Place,
    },
    /// An identifier outside the Marketplace's alphabet.
    #[error("the {what} `{value}` may hold letters, digits, dashes and underscores only")]
    BadIdentifier {
        /** `extension ID`. */
        what: &'static str,
        /** As written. */
        value: String,
    },
    /// A version that the Marketplace refuses.
    #[error("the extension version `{value}` is not one to four numbers with dots between them")]
    BadVersion {
        /** As written. */
        value: String,
    },
    /// The Marketplace shows 200 characters.
    #[error("`description` has {length} characters, 200 are allowed")]
    LongDescription {
        /** Characters. */
        length: usize,
    },
    /// No target at all.
    #[error("there is no `targets`: taken for `Microsoft.VisualStudio.Services`")]
    NoTargets,
    /// A target that no product has.
    #[error("`{id}` is no installation target")]
    UnknownTarget {
        /** As written. */
        id: String,
    },
    /// An extension that adds nothing.
    #[error("the extension has no contribution and no contribution type")]
    NoContributions,
    /// Two contributions of one ID.
    #[error("contribution `{id}` is already declared in {first}")]
    DuplicateContribution {
        /** ID. */
        id: String,
        /** Where the first one stands. */
        first: Place,
    },
    /// A contribution without one of the keys that each has.
    #[error("a contribution has no `{key}`")]
    IncompleteContribution {
        /** `id` or `type`. */
        key: &'static str,
    },
    /// Paid, and nobody to ask.
    #[error("a paid extension needs a support link")]
    PaidWithoutSupport,
    /// An integration, and no way in.
    #[error("an integration needs a `getstarted` or an `action` link")]
    IntegrationWithoutLink,
    /// A link, badge or content item without its address.
    #[error("{what} `{key}` has no `{missing}`: it is left out")]
    Incomplete {
        /** Kind of item. */
        what: &'static str,
        /** Its key. */
        key: String,
        /** What it lacks. */
        missing: &'static str,
    },
    /// A gallery property without a value or without a name.
    #[error("gallery property `{key}` has no value: it is left out")]
    EmptyProperty {
        /** Its key. */
        key: String,
    },
    /// A gallery property for the second time.
    #[error("gallery property `{key}` is already set: this one is left out")]
    DuplicateProperty {
        /** Its key. */
        key: String,
    },
    /// A repository other than git.
    #[error("repository type `{kind}` is not supported, only `git` is")]
    RepositoryType {
        /** As written. */
        kind: String,
    },
    /// A colour nobody can read.
    #[error("branding colour `{value}` is neither hexadecimal, `rgb(…)` nor a CSS colour name")]
    BadColor {
        /** As written. */
        value: String,
    },
    /// A file declaration without `path`.
    #[error("an entry of `files` has no `path`")]
    FileWithoutPath,
    /// A file that the manifest names and the disk does not have.
    #[error("`{path}` does not exist")]
    FileMissing {
        /** Path that was looked for. */
        path: String,
    },
    /// A file that cannot be read.
    #[error("`{path}` cannot be read: {detail}")]
    Unreadable {
        /** Path. */
        path: String,
        /** The system's words. */
        detail: String,
    },
    /// A path or a link that leads out of the extension's folder.
    #[error("`{path}` leads out of the extension's folder")]
    OutsideFolder {
        /// Path.
        path: String,
    },
    /// A file, or all of them, that no reader of packages would take.
    #[error("`{path}` has {size} bytes, and a package takes {limit}")]
    FileTooLarge {
        /// Path.
        path: String,
        /// Bytes.
        size: u64,
        /// Bound.
        limit: u64,
    },
    /// Packages of the extension inside a packaged folder.
    #[error("`{paths}` is a package, and is left out")]
    PackagesLeftOut {
        /// Paths.
        paths: String,
    },
    /// A link to a folder inside a packaged folder.
    #[error("`{path}` is a link to a folder; links to folders are not followed")]
    FolderLink {
        /** Path. */
        path: String,
    },
    /// A folder where one file is meant.
    #[error("`{path}` is a folder, and `{key}` needs a file")]
    NotAFile {
        /** Path. */
        path: String,
        /** Key that names it. */
        key: String,
    },
    /// A name that the Open Packaging Conventions do not allow.
    #[error("`{part}` cannot be the name of a part: {reason}")]
    BadPartName {
        /** Name inside the package. */
        part: String,
        /** Which rule it breaks. */
        reason: &'static str,
    },
    /// Two parts that a package cannot tell apart.
    #[error(
        "part `{part}` cannot stand beside part `{other}` (from {first}): on disk they would be in each other's way"
    )]
    PartCollision {
        /** Name. */
        part: String,
        /** Earlier name. */
        other: String,
        /** Where the earlier stands. */
        first: Place,
    },
    /// A name that the packer writes itself.
    #[error("part `{part}` is written by the packer itself: the file of that name is left out")]
    ReservedPart {
        /** Name. */
        part: String,
    },
    /// Two addressable assets of one type.
    #[error("asset type `{kind}` belongs to `{other}` already (from {first})")]
    DuplicateAsset {
        /** Asset type. */
        kind: String,
        /** Part that has it. */
        other: String,
        /** Where that one stands. */
        first: Place,
    },
    /// No icon at all.
    #[error("the extension has no `icons.default`: the Marketplace shows a grey square")]
    NoIcon,
    /// An icon that is too small.
    #[error("icon `{path}` is {width}x{height} pixels, at least {least}x{least} are needed")]
    SmallIcon {
        /** Path. */
        path: String,
        /** Pixels. */
        width: u32,
        /** Pixels. */
        height: u32,
        /** Pixels. */
        least: u32,
    },
    /// An icon in a format that is not shown.
    #[error("icon `{path}` is no PNG, JPEG, GIF or BMP image")]
    IconFormat {
        /** Path. */
        path: String,
    },
    /// A package that a server refuses.
    #[error("the package has {size} bytes, and {server} takes {limit} by default")]
    TooLarge {
        /** Bytes. */
        size: u64,
        /** Bytes. */
        limit: u64,
        /** Product. */
        server: &'static str,
    },
    /// A task contribution whose files are not packed.
    #[error(
        "task contribution `{contribution}` names folder `{folder}`, and the package has no `{folder}/task.json`"
    )]
    TaskNotPacked {
        /** Contribution's ID. */
        contribution: String,
        /** `properties.name`. */
        folder: String,
    },
    /// A packed task that no contribution offers.
    #[error("task `{part}` is packed, but no contribution offers it")]
    TaskNotOffered {
        /** Part. */
        part: String,
    },
    /// A folder that holds tasks of several names.
    #[error("one contribution holds tasks of several names or IDs: `{first}` and `{other}`")]
    MixedTasks {
        /** Name and ID. */
        first: String,
        /** Name and ID. */
        other: String,
    },
    /// Two tasks of one ID.
    #[error("task ID {id} belongs to `{other}` as well, in {first}")]
    DuplicateTaskId {
        /** ID. */
        id: String,
        /** Other task's name. */
        other: String,
        /** Where it stands. */
        first: Place,
    },
    /// Two folders of one task and one version.
    #[error("{name}@{version} is packed twice, also in {first}")]
    DuplicateTaskVersion {
        /** Task. */
        name: String,
        /** Version. */
        version: String,
        /** Where the first one stands. */
        first: Place,
    },
    /// A key that no task has.
    #[error("`{key}` is no key of {what} in a task.json")]
    UnknownKey {
        /** Key. */
        key: String,
        /** `a task`, `an input`, … */
        what: &'static str,
    },
    /// A value outside the set that its key takes.
    #[error("`{key}` is `{value}`, which must be one of {allowed}")]
    NotOneOf {
        /** Key path. */
        key: String,
        /** As written. */
        value: String,
        /** Alternatives. */
        allowed: String,
    },
    /// A value against the pattern of its key.
    #[error("`{key}` is `{value}`, which must be {rule}")]
    Pattern {
        /** Key path. */
        key: String,
        /** As written. */
        value: String,
        /** The rule in words. */
        rule: &'static str,
    },
    /// A value that the schema does not have, and servers take all the same.
    #[error("`{key}` is `{value}`, and the schema wants {rule}")]
    AgainstSchema {
        /** Key path. */
        key: String,
        /** As written. */
        value: String,
        /** The rule in words. */
        rule: &'static str,
    },
    /// A task without a picture.
    #[error("the task has no `{part}`: a grey square stands in the catalogue")]
    NoTaskIcon {
        /** Part looked for. */
        part: String,
    },
    /// Two inputs of one name.
    #[error("input `{name}` is already declared in {first}")]
    DuplicateInput {
        /** Name or alias. */
        name: String,
        /** Where the first one stands. */
        first: Place,
    },
    /// A rule about an input that does not exist.
    #[error("`visibleRule` of `{owner}` asks for input `{name}`, which does not exist")]
    RuleWithoutInput {
        /** Input or group. */
        owner: String,
        /** Name in the rule. */
        name: String,
    },
    /// A fold that does not exist.
    #[error("input `{input}` stands in group `{group}`, which does not exist")]
    NoSuchGroup {
        /** Input. */
        input: String,
        /** As written. */
        group: String,
    },
    /// A handler whose file is not in the package.
    #[error("`{section}.{handler}` starts `{target}`, and the package has no `{part}`")]
    TargetNotPacked {
        /** Section. */
        section: String,
        /** Handler. */
        handler: String,
        /** As written. */
        target: String,
        /** Part looked for. */
        part: String,
    },
    /// A handler whose file has another letter case.
    #[error(
        "`{section}.{handler}` starts `{target}`, and the part is `{part}`: only Windows finds it"
    )]
    TargetCase {
        /** Section. */
        section: String,
        /** Handler. */
        handler: String,
        /** As written. */
        target: String,
        /** Part that is there. */
        part: String,
    },
    /// A task that starts nothing.
    #[error("the task has no handler: nothing would run")]
    NoHandler,
    /// A launcher without anything to launch.
    #[error(
        "`{section}.{handler}` starts a launcher, and the package has no binary under `{folder}/`"
    )]
    NoBinary {
        /** Section. */
        section: String,
        /** Handler. */
        handler: String,
        /** Folder looked in. */
        folder: String,
    },
    /// Only handlers that agents drop.
    #[error("every handler of `{section}` is at the end of its life ({handlers})")]
    OldHandlers {
        /** Section. */
        section: String,
        /** Handlers. */
        handlers: String,
    },
    /// A manifest that is a program.
    #[error("a manifest that is a JavaScript program cannot be run here")]
    ManifestProgram,
    /// A version that nobody can raise.
    #[error("version `{value}` cannot be raised: it is not numbers with dots between them")]
    CannotRaise {
        /** As written. */
        value: String,
    },
    /// Too many or too large files.
    #[error("the package would have {found} {what}, and {limit} is this packer's limit")]
    OverLimit {
        /** `parts`, `bytes`. */
        what: &'static str,
        /** Amount. */
        found: u64,
        /** Bound. */
        limit: u64,
    },
}
