//! Changes versions and IDs of tasks in the text of their files.
//!
//! It replaces values and nothing else: order and indentation of a `task.json` stay. It never changes a file on disk.

use std::collections::HashMap;

use adieu_manifest::document::{Dialect, Node, SyntaxError, Value};
use adieu_manifest::extension::check;
use uuid::Uuid;

/// How much of the tasks' versions comes from the extension's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionPart {
    /// Major, minor and patch come from the extension.
    Major,
    /// The task keeps its major version.
    Minor,
    /// The task keeps its major and minor version.
    Patch,
}

impl VersionPart {
    /// How many numbers of the task's version are kept.
    fn kept(self) -> usize {
        match self {
            Self::Major => 0,
            Self::Minor => 1,
            Self::Patch => 2,
        }
    }
}

/// A task in a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackagedTask {
    /// Name of its `task.json` part.
    pub part: String,
    /// Folder of its contribution, in lowercase.
    pub contribution: String,
    /// Name in YAML.
    pub name: String,
    /// GUID.
    pub id: String,
    /// `Major.Minor.Patch`.
    pub version: String,
}

/// Changes to tasks.
#[derive(Debug, Clone, Copy, Default)]
pub struct TaskUpdates {
    /// How much of the extension's version the tasks take over.
    pub version: Option<VersionPart>,
    /// Whether to derive the IDs from publisher, extension and task name, so that a private copy of an extension can
    /// be installed next to the public one.
    pub ids: bool,
}

impl TaskUpdates {
    /// Whether there are no changes.
    pub fn is_none(&self) -> bool {
        self.version.is_none() && !self.ids
    }
}

/// The ID of a task: UUIDv5 (RFC 9562) of `publisher.extension.task`, in the namespace that the extension tasks of
/// Microsoft DevLabs use, so that IDs stay the same for users of those tasks.
pub fn task_id(publisher: &str, extension_id: &str, task: &str) -> String {
    let namespace = Uuid::new_v5(
        &Uuid::NAMESPACE_URL,
        b"https://marketplace.visualstudio.com/vsts",
    );
    Uuid::new_v5(
        &namespace,
        format!("{publisher}.{extension_id}.{task}").as_bytes(),
    )
    .to_string()
}

/// The extension's values that tasks take over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner<'a> {
    pub(crate) publisher: &'a str,
    pub(crate) extension_id: &'a str,
    /// Major, minor, patch; a task's version has no fourth number.
    pub(crate) version: [u32; 3],
}

/// A changed `task.json` or `task.loc.json`.
#[derive(Debug)]
pub(crate) struct ChangedDocument {
    pub(crate) text: String,
    /// The new ID, if it changed.
    pub(crate) id: Option<String>,
    /// The new version, if it changed.
    pub(crate) version: Option<[u32; 3]>,
}

/// New IDs in one package, by contribution and old ID in lowercase: all versions of a task keep sharing an ID, even
/// if each has its own name (`TerraformTaskV1` to `V5` of microsoft/azure-pipelines-terraform).
#[derive(Debug, Default)]
pub(crate) struct NewIds(HashMap<(String, String), String>);

impl NewIds {
    /// Whether no ID is new.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The new ID for an old one, in any letter case.
    fn of(&self, old: &str) -> Option<&str> {
        let old = old.to_lowercase();
        let same = self.0.iter().filter(|((_, id), _)| *id == old);
        same.map(|(_, new)| new.as_str()).min()
    }
}

/// Replaces byte ranges of a text.
pub(crate) fn replace(text: &str, mut edits: Vec<(std::ops::Range<usize>, String)>) -> String {
    adieu_order::sort_by(&mut edits, |(one, _), (other, _)| {
        one.start.cmp(&other.start)
    });
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (span, replacement) in edits {
        out.push_str(text.get(at..span.start).unwrap_or_default());
        out.push_str(&replacement);
        at = span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// The facts in a `task.json`. `contribution` is the folder of the contribution that offers the task.
pub(crate) fn task_facts(contribution: &str, part: &str, task: &Node) -> PackagedTask {
    let word = |key: &str| task.get_any_case(key).and_then(Node::text);
    let number = |key: &str| {
        task.get_any_case("version")
            .and_then(|version| version.get_any_case(key)?.scalar())
            .unwrap_or_default()
    };
    PackagedTask {
        part: part.to_owned(),
        contribution: contribution.to_lowercase(),
        name: word("name").unwrap_or_default().to_owned(),
        id: word("id").unwrap_or_default().to_owned(),
        version: ["Major", "Minor", "Patch"].map(number).join("."),
    }
}

/// Changes the facts about a task in the same way as [`update`] changes its document.
pub(crate) fn update_facts(task: &mut PackagedTask, owner: Owner<'_>, updates: TaskUpdates) {
    if updates.ids && !task.name.is_empty() {
        task.id = task_id(owner.publisher, owner.extension_id, &task.name);
    }
    if let Some(part) = updates.version {
        let own = task.version.split('.').take(part.kept());
        let new = owner.version.iter().skip(part.kept()).map(u32::to_string);
        task.version = own
            .map(str::to_owned)
            .chain(new)
            .collect::<Vec<_>>()
            .join(".");
    }
}

/// The three numbers that a task takes from an extension's version; it has no fourth.
pub(crate) fn task_version(version: &str) -> [u32; 3] {
    let numbers = check::parse_version(version).unwrap_or_default();
    [0, 1, 2].map(|index| numbers.get(index).copied().unwrap_or(0))
}

/// The task that a document belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TaskName<'a> {
    /// The folder of its contribution.
    pub(crate) contribution: &'a str,
    /// Its name, which a `task.loc.json` may lack.
    pub(crate) name: Option<&'a str>,
}

/// Changes one document.
pub(crate) fn update(
    text: &str,
    file: &str,
    task: TaskName<'_>,
    owner: Owner<'_>,
    updates: TaskUpdates,
    ids: &mut NewIds,
) -> Result<ChangedDocument, SyntaxError> {
    let document = Node::read(text, file, Dialect::Json)?;
    let mut edits: Vec<(std::ops::Range<usize>, String)> = Vec::new();
    let (mut id, mut version) = (None, None);
    if let (Some(part), Some(node)) = (updates.version, document.get_any_case("version")) {
        version = new_version(node, part, owner.version, &mut edits);
    }
    let name = document
        .get_any_case("name")
        .and_then(Node::text)
        .or(task.name)
        .unwrap_or_default();
    if let (true, false, Some(node)) = (updates.ids, name.is_empty(), document.get_any_case("id")) {
        let old = node.text().unwrap_or_default().to_lowercase();
        let new = ids
            .0
            .entry((task.contribution.to_lowercase(), old))
            .or_insert_with(|| task_id(owner.publisher, owner.extension_id, name));
        edits.push((node.span.clone(), format!("\"{new}\"")));
        id = Some(new.clone());
    }
    Ok(ChangedDocument {
        text: replace(text, edits),
        id,
        version,
    })
}

/// Replaces the numbers that come from the extension. If minor or patch is missing, which servers read as 0, the
/// whole version is written again.
fn new_version(
    node: &Node,
    part: VersionPart,
    extension: [u32; 3],
    edits: &mut Vec<(std::ops::Range<usize>, String)>,
) -> Option<[u32; 3]> {
    const KEYS: [&str; 3] = ["Major", "Minor", "Patch"];
    node.members()?;
    let keep = part.kept();
    let own = KEYS.map(|key| node.get_any_case(key));
    let mut new = [0; 3];
    for (index, number) in new.iter_mut().enumerate() {
        let own = own.get(index).copied().flatten().and_then(Node::scalar);
        *number = if index < keep {
            own.and_then(|own| own.parse().ok()).unwrap_or_default()
        } else {
            extension.get(index).copied().unwrap_or_default()
        };
    }
    let [major, minor, patch] = new;
    if own.iter().all(Option::is_some) {
        for (node, number) in own.into_iter().flatten().zip(new).skip(keep) {
            edits.push((node.span.clone(), number.to_string()));
        }
    } else {
        let text = format!(r#"{{ "Major": {major}, "Minor": {minor}, "Patch": {patch} }}"#);
        edits.push((node.span.clone(), text));
    }
    Some(new)
}

/// The `task.loc.json` next to a `task.json`.
pub(crate) fn localised(part: &str) -> String {
    format!("{}task.loc.json", &part[..part.len() - "task.json".len()])
}

/// Replaces old IDs with new ones in every `supportsTasks`. Returns whether anything changed.
pub(crate) fn update_supports_tasks(contributions: &mut Node, ids: &NewIds) -> bool {
    let mut changed = false;
    for contribution in contributions.list_mut().into_iter().flatten() {
        let properties = contribution.get_mut("properties");
        let supported = properties.and_then(|node| node.get_mut("supportsTasks"));
        let supported = supported.and_then(Node::list_mut);
        for node in supported.into_iter().flatten() {
            if let Value::Text(id) = &mut node.value
                && let Some(new) = ids.of(id)
            {
                *id = new.to_owned();
                changed = true;
            }
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::task_id;

    #[test]
    fn derives_the_same_task_ids_as_the_devlabs_tasks() {
        assert_eq!(
            task_id("pub", "my-ext", "T1"),
            "d8b6bdb0-f103-50c7-a668-628bb1ff5cca"
        );
    }
}
