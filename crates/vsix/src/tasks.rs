//! The tasks of a package: which contribution offers each, and whether all files that it needs are packed.
//!
//! It changes none; `task_update` does. Neither tfx nor the Marketplace checks most of this: both accept a package
//! without its task's files, which then fails on every agent.

use std::collections::HashMap;
use std::path::Path;

use adieu_manifest::document::{Dialect, FilePosition, Node};
use adieu_manifest::extension::{Extension, WithPosition};
use adieu_manifest::finding::{Finding, Problem};
use adieu_manifest::task_check::{self, HandlerFacts, Servers, TaskFacts};

use crate::archive::Bounds;
use crate::image;
use crate::parts::{Part, Parts};
use crate::paths::named;

/// A task in the package.
#[derive(Debug)]
pub(crate) struct Task {
    /// Name of its `task.json` part.
    pub(crate) part: String,
    /// Its facts.
    pub(crate) facts: TaskFacts,
    /// Its text.
    pub(crate) text: String,
    /// Position of the file, for messages.
    pub(crate) position: FilePosition,
    /// The ID of its contribution, and the position where that names the folder.
    contribution: WithPosition<String>,
    contribution_folder: String,
    /// The version before `task_update` changed it.
    own_version: Option<[u32; 3]>,
}

impl Task {
    /// The folder of the task inside the package.
    pub(crate) fn folder(&self) -> &str {
        self.part.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The folder that the task's contribution names.
    pub(crate) fn contribution_folder(&self) -> &str {
        &self.contribution_folder
    }

    /// The ID in lowercase. All versions of a task share it; their names may differ.
    fn id(&self) -> String {
        let id = self.facts.id.as_ref();
        id.map(|id| id.value.to_lowercase()).unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.facts.name.as_ref().map_or("?", |name| &name.value)
    }

    /// Name and ID, for messages.
    fn identity(&self) -> String {
        let name = self.name();
        let id = self.facts.id.as_ref().map_or("?", |id| &id.value);
        format!("{name} {}", id.to_lowercase())
    }
}

/// Finds and checks the tasks that the extension's contributions offer. [`check_identities`] does the rest when they
/// have their final IDs and versions.
pub(crate) fn check(
    extension: &Extension,
    parts: &Parts,
    root: &Path,
    findings: &mut Vec<Finding>,
) -> Vec<Task> {
    let mut tasks: Vec<Task> = Vec::new();
    let servers = extension.servers();
    let mut folders: Vec<WithPosition<String>> = Vec::new();
    for (contribution, folder) in extension.task_folders() {
        let packed = task_parts(parts, &folder.value);
        if packed.is_empty() {
            // A folder in `files` that does not exist already has a finding.
            if !is_missing(&folder.value, findings) {
                let problem = Problem::TaskNotPacked {
                    contribution,
                    folder: folder.value,
                };
                findings.push(folder.position.finding(problem));
            }
            continue;
        }
        let offer = WithPosition {
            value: contribution,
            position: folder.position.clone(),
        };
        if servers != Servers::Cloud {
            check_prefix(&folder, &folders, findings);
        }
        for part in packed {
            if let Some(task) = tasks.iter().find(|task| task.part == part) {
                let problem = Problem::TaskOfferedTwice {
                    contribution: offer.value.clone(),
                    folder: folder.value.clone(),
                    other: task.contribution.value.clone(),
                    first: task.contribution.position.clone(),
                };
                findings.push(offer.position.finding(problem));
                break;
            }
            let task = read(parts, &part, root, &offer, servers, findings);
            tasks.extend(task.map(|task| Task {
                contribution_folder: folder.value.clone(),
                ..task
            }));
        }
        folders.push(folder);
    }
    for task in &tasks {
        check_files(task, parts, findings);
    }
    check_offered(&tasks, parts, findings);
    tasks
}

/// Checks what several tasks share: names, IDs and versions.
pub(crate) fn check_identities(tasks: &[Task], findings: &mut Vec<Finding>) {
    for task in tasks {
        check_age(task, tasks, findings);
    }
    check_contributions(tasks, findings);
    check_ids(tasks, findings);
}

fn is_missing(folder: &str, findings: &[Finding]) -> bool {
    let folder = folder.to_lowercase();
    findings.iter().any(|finding| match &finding.problem {
        Problem::FileMissing { path } | Problem::FileCase { path, .. } => {
            let path = path.to_lowercase();
            folder.starts_with(&path) || path.ends_with(&folder)
        }
        _ => false,
    })
}

/// Azure DevOps Server 2019 looks for the versions of a task in every folder whose name starts with its folder's name
/// (geeklearningio/gl-vsts-tasks-yarn issue 55, microsoft/azure-devops-extension-tasks issue 107).
fn check_prefix(
    folder: &WithPosition<String>,
    others: &[WithPosition<String>],
    findings: &mut Vec<Finding>,
) {
    let begins = |long: &str, short: &str| {
        long.strip_prefix(short)
            .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
    };
    for other in others {
        let (long, short) = if begins(&folder.value, &other.value) {
            (&folder.value, &other.value)
        } else if begins(&other.value, &folder.value) {
            (&other.value, &folder.value)
        } else {
            continue;
        };
        let problem = Problem::FolderPrefix {
            folder: long.clone(),
            other: short.clone(),
        };
        findings.push(folder.position.finding(problem));
    }
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
    adieu_order::sort(&mut names);
    names
}

fn read(
    parts: &Parts,
    part: &str,
    root: &Path,
    offer: &WithPosition<String>,
    servers: Servers,
    findings: &mut Vec<Finding>,
) -> Option<Task> {
    let source = &parts.find(part)?.source;
    let file = source
        .path()
        .map_or_else(|| part.to_owned(), |path| named(path, root));
    let position = FilePosition::file(&file);
    let bytes = match source.read_text(Bounds::DEFAULT.text_bytes) {
        Ok(bytes) => bytes,
        Err(error) => {
            findings.push(position.finding(Problem::Unreadable {
                path: file,
                detail: error.to_string(),
            }));
            return None;
        }
    };
    let Ok(text) = String::from_utf8(bytes) else {
        findings.push(position.finding(Problem::TaskNotUtf8));
        return None;
    };
    match Node::read(&text, &file, Dialect::Json) {
        Ok(document) => {
            let (facts, found) = task_check::check(&document, servers);
            findings.extend(found);
            Some(Task {
                part: part.to_owned(),
                own_version: facts.version.as_ref().map(|version| version.value),
                facts,
                text,
                position,
                contribution: offer.clone(),
                contribution_folder: String::new(),
            })
        }
        Err(error) => {
            findings.push(error.position.finding(Problem::TaskSyntax {
                detail: error.detail,
            }));
            None
        }
    }
}

/// Checks that all folders of a contribution are versions of one task with one ID, and that no other contribution has
/// versions of it.
fn check_contributions(tasks: &[Task], findings: &mut Vec<Finding>) {
    let mut named: Vec<&FilePosition> = Vec::new();
    for (index, task) in tasks.iter().enumerate() {
        for other in tasks.iter().take(index) {
            let is_one_id = other.id() == task.id();
            let position = &task.contribution.position;
            if other.contribution == task.contribution {
                if !is_one_id && !named.contains(&position) {
                    named.push(position);
                    let problem = Problem::MixedTasks {
                        first: other.identity(),
                        other: task.identity(),
                    };
                    findings.push(position.finding(problem));
                }
            } else if other.identity() == task.identity()
                && version(other) != version(task)
                && !named.contains(&position)
            {
                named.push(position);
                let name = task.facts.name.as_ref();
                let problem = Problem::SameTask {
                    contribution: task.contribution.value.clone(),
                    name: name.map(|name| name.value.clone()).unwrap_or_default(),
                    other: other.contribution.value.clone(),
                    first: other.contribution.position.clone(),
                };
                findings.push(position.finding(problem));
            }
        }
    }
}

fn version(task: &Task) -> Option<[u32; 3]> {
    task.facts.version.as_ref().map(|version| version.value)
}

fn check_files(task: &Task, parts: &Parts, findings: &mut Vec<Finding>) {
    for handler in &task.facts.handlers {
        check_target(task, handler, parts, findings);
    }
    let icon = join(task.folder(), "icon.png");
    match parts.find(&icon) {
        None if parts.find(&join(task.folder(), "icon.svg")).is_some() => {}
        None => findings.push(task.position.finding(Problem::NoTaskIcon { part: icon })),
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
        findings.push(handler.target.position.finding(problem));
        return;
    };
    if found.name != part {
        let problem = Problem::TargetCase {
            section: section.clone(),
            handler: name.clone(),
            target: handler.target.value.clone(),
            part: found.name.clone(),
        };
        findings.push(handler.target.position.finding(problem));
    }
    // Native tasks have a launcher `launch.js` that starts a program in `bin`.
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", &part));
    let binaries = join(folder, "bin");
    let prefix = format!("{}/", binaries.to_lowercase());
    if file == "launch.js"
        && found.source.text().is_some_and(|text| text.contains("bin"))
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
        findings.push(handler.target.position.finding(problem));
    }
}

/// The file of a target, relative to the task; `None` if it depends on a variable. The agent replaces
/// `$(currentDirectory)` with the task's folder (`HandlerFactory.cs`).
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

/// Old handlers are not reported if a newer major version of the task has others.
fn check_age(task: &Task, tasks: &[Task], findings: &mut Vec<Finding>) {
    let major = |task: &Task| version(task).map_or(0, |version| version[0]);
    let has_successor = tasks.iter().any(|other| {
        other.id() == task.id() && major(other) > major(task) && other.facts.old_sections.is_empty()
    });
    if !has_successor {
        for section in &task.facts.old_sections {
            let (name, handlers) = section.value.clone();
            findings.push(section.position.finding(Problem::OldHandlers {
                section: name,
                handlers,
            }));
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
            Some(first)
                if first.identity() != task.identity()
                    && first.contribution != task.contribution =>
            {
                let position = first
                    .facts
                    .id
                    .as_ref()
                    .map_or(&first.position, |id| &id.position);
                findings.push(id.position.finding(Problem::DuplicateTaskId {
                    id: id.value.clone(),
                    other: first.name().to_owned(),
                    first: position.clone(),
                }));
            }
            Some(_) => {}
            None => {
                ids.insert(id.value.to_lowercase(), task);
            }
        }
        let Some(version) = &task.facts.version else {
            continue;
        };
        let first = versions
            .insert((task.id(), version.value), task)
            .filter(|first| {
                // The ID of another task already has a finding.
                first.contribution == task.contribution || first.identity() == task.identity()
            });
        if let Some(first) = first {
            let [major, minor, patch] = version.value;
            let (name, version_text) = (name.value.clone(), format!("{major}.{minor}.{patch}"));
            let first_position = first.position.clone();
            let problem = if first.own_version == task.own_version {
                Problem::DuplicateTaskVersion {
                    name,
                    version: version_text,
                    first: first_position,
                }
            } else {
                Problem::CollidingUpdate {
                    name,
                    version: version_text,
                    first: first_position,
                }
            };
            findings.push(version.position.finding(problem));
        }
    }
}

/// Reports tasks in the package that cannot be used. The `task.json` of a Node module is not a task.
fn check_offered(tasks: &[Task], parts: &Parts, findings: &mut Vec<Finding>) {
    // A contribution that names no folder is probably the one that offers the task.
    let is_nameless = |finding: &Finding| matches!(finding.problem, Problem::NoTaskFolder { .. });
    if findings.iter().any(is_nameless) {
        return;
    }
    for part in parts.list() {
        let name = part.name.to_lowercase();
        let is_task = name.ends_with("/task.json")
            && name.matches('/').count() <= 2
            && !name.contains("node_modules/");
        if is_task && !tasks.iter().any(|task| task.part == part.name) && looks_like_a_task(part) {
            findings.push(part.position.finding(Problem::TaskNotOffered {
                part: part.name.clone(),
            }));
        }
    }
}

fn looks_like_a_task(part: &Part) -> bool {
    let text = part.source.text().unwrap_or_default();
    Node::read(&text, &part.name, Dialect::Json)
        .is_ok_and(|node| node.get_any_case("execution").is_some())
}
