//! The tasks of a package: which contribution offers them, and whether all that they need is packed.
//!
//! It changes none; `task_update` does. Nothing here is checked by tfx or by the Marketplace: a package without
//! its task's files is accepted by both, and fails on every agent.

use std::collections::HashMap;

use adieu_manifest::document::{Dialect, Node, Place};
use adieu_manifest::extension::{Extension, Said};
use adieu_manifest::finding::{Finding, Problem};
use adieu_manifest::task_check::{self, HandlerFacts, TaskFacts};

use crate::archive::Bounds;
use crate::files::named;
use crate::image;
use crate::parts::Parts;

/// A task in the package.
#[derive(Debug)]
pub(crate) struct Task {
    /// Name of the part that is its `task.json`.
    pub(crate) part: String,
    /// What it says.
    pub(crate) facts: TaskFacts,
    /// Its text.
    pub(crate) text: String,
    /// The file, for messages.
    pub(crate) place: Place,
}

impl Task {
    /// The folder of the task inside the package.
    pub(crate) fn folder(&self) -> &str {
        self.part.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Name and ID as one word, which all versions of a task share.
    fn identity(&self) -> String {
        let name = self.facts.name.as_ref().map_or("?", |name| &name.value);
        let id = self.facts.id.as_ref().map_or("?", |id| &id.value);
        format!("{name} {}", id.to_lowercase())
    }
}

/// Finds and checks the tasks that the extension's contributions offer.
pub(crate) fn check(
    extension: &Extension,
    parts: &Parts,
    findings: &mut Vec<Finding>,
) -> Vec<Task> {
    let mut tasks: Vec<Task> = Vec::new();
    for (contribution, folder) in extension.task_folders() {
        let packed = task_parts(parts, &folder.value);
        if packed.is_empty() {
            let problem = Problem::TaskNotPacked {
                contribution,
                folder: folder.value,
            };
            findings.push(Finding::new(&folder.place, problem));
            continue;
        }
        let mut versions: Vec<Task> = Vec::new();
        for part in packed {
            if tasks.iter().all(|task| task.part != part) {
                versions.extend(read(parts, &part, findings));
            }
        }
        check_versions(&versions, &folder, findings);
        tasks.extend(versions);
    }
    for task in &tasks {
        check_files(task, parts, findings);
        check_age(task, &tasks, findings);
    }
    check_ids(&tasks, findings);
    check_offered(&tasks, parts, findings);
    tasks
}

/// `<folder>/task.json` and `<folder>/<version>/task.json`.
pub(crate) fn task_parts(parts: &Parts, folder: &str) -> Vec<String> {
    let prefix = if folder.is_empty() {
        String::new()
    } else {
        format!("{}/", folder.to_lowercase())
    };
    let mut names: Vec<String> = parts
        .list()
        .iter()
        .filter(|part| {
            let name = part.name.to_lowercase();
            name.strip_prefix(&prefix).is_some_and(|inside| {
                inside == "task.json"
                    || inside
                        .strip_suffix("/task.json")
                        .is_some_and(|between| !between.contains('/'))
            })
        })
        .map(|part| part.name.clone())
        .collect();
    names.sort_unstable();
    names
}

fn read(parts: &Parts, part: &str, findings: &mut Vec<Finding>) -> Option<Task> {
    let source = &parts.find(part)?.source;
    let file = source.path().map_or_else(|| part.to_owned(), named);
    let place = Place::file(&file);
    let bytes = match source.read_text(Bounds::DEFAULT.text_bytes) {
        Ok(bytes) => bytes,
        Err(error) => {
            findings.push(Finding::new(
                &place,
                Problem::Unreadable {
                    path: file,
                    detail: error.to_string(),
                },
            ));
            return None;
        }
    };
    let Ok(text) = String::from_utf8(bytes) else {
        findings.push(Finding::new(&place, Problem::TaskNotUtf8));
        return None;
    };
    match Node::read(&text, &file, Dialect::Json) {
        Ok(document) => {
            let (facts, found) = task_check::check(&document);
            findings.extend(found);
            Some(Task {
                part: part.to_owned(),
                facts,
                text,
                place,
            })
        }
        Err(error) => {
            findings.push(Finding::new(
                &error.place,
                Problem::TaskSyntax {
                    detail: error.detail,
                },
            ));
            None
        }
    }
}

/// All folders of one contribution are versions of one task.
fn check_versions(versions: &[Task], folder: &Said<String>, findings: &mut Vec<Finding>) {
    let Some(first) = versions.first() else {
        return;
    };
    if let Some(other) = versions
        .iter()
        .find(|task| task.identity() != first.identity())
    {
        let problem = Problem::MixedTasks {
            first: first.identity(),
            other: other.identity(),
        };
        findings.push(Finding::new(&folder.place, problem));
    }
}

fn check_files(task: &Task, parts: &Parts, findings: &mut Vec<Finding>) {
    for handler in &task.facts.handlers {
        check_target(task, handler, parts, findings);
    }
    let icon = join(task.folder(), "icon.png");
    match parts.find(&icon) {
        None if parts.find(&join(task.folder(), "icon.svg")).is_some() => {}
        None => findings.push(Finding::new(
            &task.place,
            Problem::NoTaskIcon { part: icon },
        )),
        Some(part) => image::check(part, 32, findings),
    }
}

fn check_target(task: &Task, handler: &HandlerFacts, parts: &Parts, findings: &mut Vec<Finding>) {
    let Some(target) = target_file(&handler.target.value) else {
        return;
    };
    let part = join(task.folder(), &target);
    let (section, name) = (handler.section.clone(), handler.handler.clone());
    let Some(found) = parts.find(&part) else {
        let problem = Problem::TargetNotPacked {
            section,
            handler: name,
            target: handler.target.value.clone(),
            part,
        };
        findings.push(Finding::new(&handler.target.place, problem));
        return;
    };
    if found.name != part {
        let problem = Problem::TargetCase {
            section: section.clone(),
            handler: name.clone(),
            target: handler.target.value.clone(),
            part: found.name.clone(),
        };
        findings.push(Finding::new(&handler.target.place, problem));
    }
    // `launch.js` is the name under which launchers of native tasks go: it starts what lies in `bin`.
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", &part));
    let binaries = join(folder, "bin");
    let prefix = format!("{}/", binaries.to_lowercase());
    if file == "launch.js"
        && !parts
            .list()
            .iter()
            .any(|part| part.name.to_lowercase().starts_with(&prefix))
    {
        let problem = Problem::NoBinary {
            section,
            handler: name,
            folder: binaries,
        };
        findings.push(Finding::new(&handler.target.place, problem));
    }
}

/// The file behind a target, relative to the task; nothing where a variable decides. The agent replaces
/// `$(currentDirectory)` by the task's folder (`HandlerFactory.cs`).
fn target_file(target: &str) -> Option<String> {
    let mut target = target.trim().replace('\\', "/");
    if target.to_lowercase().starts_with("$(currentdirectory)") {
        target.drain(.."$(currentdirectory)".len());
    }
    if target.contains("$(") {
        return None;
    }
    let segments: Vec<&str> = target
        .split('/')
        .filter(|segment| !segment.is_empty() && *segment != ".")
        .collect();
    Some(segments.join("/"))
}

fn join(folder: &str, file: &str) -> String {
    if folder.is_empty() {
        file.to_owned()
    } else {
        format!("{folder}/{file}")
    }
}

/// Old handlers are no news where a newer major version of the task has others.
fn check_age(task: &Task, tasks: &[Task], findings: &mut Vec<Finding>) {
    let major = |task: &Task| {
        task.facts
            .version
            .as_ref()
            .map_or(0, |version| version.value[0])
    };
    let has_successor = tasks.iter().any(|other| {
        other.identity() == task.identity()
            && major(other) > major(task)
            && other.facts.old_sections.is_empty()
    });
    if !has_successor {
        for section in &task.facts.old_sections {
            let (name, handlers) = section.value.clone();
            findings.push(Finding::new(
                &section.place,
                Problem::OldHandlers {
                    section: name,
                    handlers,
                },
            ));
        }
    }
}

fn check_ids(tasks: &[Task], findings: &mut Vec<Finding>) {
    let mut ids: HashMap<String, &Task> = HashMap::new();
    let mut versions: HashMap<(String, [u32; 3]), &Task> = HashMap::new();
    for task in tasks {
        let (Some(id), Some(name)) = (&task.facts.id, &task.facts.name) else {
            continue;
        };
        match ids.get(&id.value.to_lowercase()) {
            Some(first) if first.identity() != task.identity() => {
                let other = first
                    .facts
                    .name
                    .as_ref()
                    .map_or("?", |name| &name.value)
                    .to_owned();
                let first = first
                    .facts
                    .id
                    .as_ref()
                    .map_or_else(|| first.place.clone(), |id| id.place.clone());
                findings.push(Finding::new(
                    &id.place,
                    Problem::DuplicateTaskId {
                        id: id.value.clone(),
                        other,
                        first,
                    },
                ));
            }
            Some(_) => {}
            None => {
                ids.insert(id.value.to_lowercase(), task);
            }
        }
        let Some(version) = &task.facts.version else {
            continue;
        };
        if let Some(first) = versions.insert((task.identity(), version.value), task) {
            let [major, minor, patch] = version.value;
            let problem = Problem::DuplicateTaskVersion {
                name: name.value.clone(),
                version: format!("{major}.{minor}.{patch}"),
                first: first.place.clone(),
            };
            findings.push(Finding::new(&version.place, problem));
        }
    }
}

/// Tasks that lie in the package and that nobody can use. A module's own `task.json` is no task.
fn check_offered(tasks: &[Task], parts: &Parts, findings: &mut Vec<Finding>) {
    for part in parts.list() {
        let name = part.name.to_lowercase();
        let is_task = name.ends_with("/task.json")
            && name.matches('/').count() <= 2
            && !name.contains("node_modules/");
        if is_task && !tasks.iter().any(|task| task.part == part.name) && looks_like_a_task(part) {
            findings.push(Finding::new(
                &part.place,
                Problem::TaskNotOffered {
                    part: part.name.clone(),
                },
            ));
        }
    }
}

fn looks_like_a_task(part: &crate::parts::Part) -> bool {
    let text = part
        .source
        .read_text(Bounds::DEFAULT.text_bytes)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default();
    Node::read(&text, &part.name, Dialect::Json).is_ok_and(|node| node.get("execution").is_some())
}
