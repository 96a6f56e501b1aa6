//! Checks steps against the definitions of their tasks.
//!
//! It is stricter than the service, which accepts inputs that the task does not have and values without effect; it
//! does not check values that are known only at run time.

use std::collections::BTreeMap;

use adieu_manifest::task::{Input, Task};

use super::error::Problem;
use super::yaml::{Node, Position};

/// Definitions of tasks.
#[derive(Debug, Default)]
pub struct Tasks {
    known: Vec<Task>,
}

impl Tasks {
    /// Installs a task.
    ///
    /// # Panics
    /// The text is not a `task.json`.
    pub fn install(&mut self, definition: &str) {
        self.known
            .push(Task::parse(definition).expect("a task.json"));
    }

    /// The task that `Name@Major` names, if it is one of these; an error if only the version is unknown.
    pub(crate) fn find(&self, reference: &str) -> Result<Option<&Task>, String> {
        let (name, version) = reference.split_once('@').unwrap_or((reference, ""));
        let mut known = self.known.iter();
        let Some(task) = known.find(|task| task.name.eq_ignore_ascii_case(name)) else {
            return Ok(None);
        };
        if version != task.version.major.to_string() {
            return Err(format!(
                "the task {name} has the version {}, not '{version}'",
                task.version.major
            ));
        }
        Ok(Some(task))
    }
}

/// Problems in the steps of these tasks, anywhere in a pipeline or a template, expanded or not. Steps of other tasks
/// are skipped.
#[must_use]
pub fn check(document: &Node, tasks: &Tasks) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut nodes = vec![document];
    while let Some(node) = nodes.pop() {
        nodes.extend(node.items());
        nodes.extend(node.pairs().iter().map(|(_, value)| value));
        let Some(reference) = node.get("task").and_then(Node::as_text) else {
            continue;
        };
        match tasks.find(reference) {
            Ok(None) => {}
            Ok(Some(task)) => {
                let mut inputs = Vec::new();
                if let Some(node) = node.get("inputs") {
                    flatten(node, &mut inputs);
                }
                problems.extend(step(task, &inputs, node.position));
            }
            Err(message) => problems.push(Problem::new(node.position, &message)),
        }
    }
    problems.sort_by_key(|problem| (problem.position.line, problem.position.column));
    problems
}

/// Collects the inputs, including those below `${{ if … }}:` and similar expressions.
fn flatten<'n>(node: &'n Node, inputs: &mut Vec<(&'n str, &'n str, Position)>) {
    for (key, value) in node.pairs() {
        match value.as_text() {
            Some(text) => inputs.push((&key.text, text, key.position)),
            None => flatten(value, inputs),
        }
    }
}

/// Problems in one step.
pub(crate) fn step(
    task: &Task,
    inputs: &[(&str, &str, Position)],
    position: Position,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut values: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, value, position) in inputs {
        let Some(input) = task.inputs.iter().find(|input| answers_to(input, name)) else {
            let message = format!("{} has no input '{name}'", task.name);
            problems.push(Problem::new(*position, &message));
            continue;
        };
        // In two branches of an `if`, an input may occur twice.
        if let Some(known) = values.insert(&input.name, value)
            && is_static(known)
            && inputs.iter().filter(|(other, ..)| other == name).count() == 1
        {
            let message = format!("'{name}' is given twice, under another name");
            problems.push(Problem::new(*position, &message));
        }
        if let Some(message) = wrong_value(input, value) {
            problems.push(Problem::new(*position, &message));
        }
    }
    for (name, _, position) in inputs {
        let input = task.inputs.iter().find(|input| answers_to(input, name));
        if let Some(input) = input
            && is_visible(task, input, &values) == Some(false)
        {
            let rule = rule_of(task, input).unwrap_or_default();
            let message = format!("'{name}' has no effect here: it is for {rule}");
            problems.push(Problem::new(*position, &message));
        }
    }
    for input in task.inputs.iter().filter(|input| input.required) {
        let default = input
            .default_value
            .as_ref()
            .and_then(|value| value.as_str());
        let value = values.get(input.name.as_str()).copied().or(default);
        let is_missing = value.unwrap_or_default().trim().is_empty();
        if is_missing && is_visible(task, input, &values) == Some(true) {
            let message = format!("Step input {} is required.", input.name);
            problems.push(Problem::new(position, &message));
        }
    }
    problems
}

/// Whether a name means an input: the agent and the service ignore letter case.
fn answers_to(input: &Input, name: &str) -> bool {
    let mut names = std::iter::once(&input.name).chain(&input.aliases);
    names.any(|known| known.eq_ignore_ascii_case(name))
}

fn wrong_value(input: &Input, value: &str) -> Option<String> {
    if !is_static(value) {
        return None;
    }
    let is_editable = input
        .properties
        .get("EditableOptions")
        .and_then(|value| value.as_str())
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    match input.kind.as_str() {
        "boolean" if !matches!(value.to_lowercase().as_str(), "true" | "false") => {
            Some(format!("'{}' is true or false, not '{value}'", input.name))
        }
        "pickList" | "radio" if !is_editable && !input.options.contains_key(value) => {
            let options: Vec<&str> = input.options.keys().map(String::as_str).collect();
            Some(format!(
                "'{}' is one of {}, not '{value}'",
                input.name,
                options.join(", ")
            ))
        }
        _ => None,
    }
}

/// Whether a value is known before the pipeline runs.
fn is_static(value: &str) -> bool {
    !value.contains("$(") && !value.contains("${{") && !value.contains("$[")
}

/// The rule for an input's visibility: its own, or its group's.
fn rule_of<'task>(task: &'task Task, input: &'task Input) -> Option<&'task str> {
    let group = || {
        let name = input.group_name.as_ref()?;
        let group = task.groups.iter().find(|group| group.name == *name)?;
        group.visible_rule.as_deref()
    };
    input.visible_rule.as_deref().or_else(group)
}

/// The value of an input's rule; `None` if it depends on run time. Terms are `a = b` and `a != b`, joined with `&&`
/// or `||` (microsoft/azure-pipelines-tasks, "task.json": `visibleRule`).
fn is_visible(task: &Task, input: &Input, values: &BTreeMap<&str, &str>) -> Option<bool> {
    let Some(rule) = rule_of(task, input) else {
        return Some(true);
    };
    let holds = |term: &str| -> Option<bool> {
        let (name, wanted, is_equal) = match term.split_once("!=") {
            Some((name, wanted)) => (name, wanted, false),
            None => {
                let (name, wanted) = term.split_once('=')?;
                (name, wanted.trim_start_matches('='), true)
            }
        };
        let (name, wanted) = (name.trim(), wanted.trim());
        let other = task.inputs.iter().find(|input| input.name == name)?;
        let default = other.default_value.as_ref();
        let default = default.and_then(|value| value.as_str()).unwrap_or_default();
        let value = values.get(name).copied().unwrap_or(default);
        is_static(value).then_some((value == wanted) == is_equal)
    };
    let mut undecided = false;
    for terms in rule.split("||") {
        let mut all = Some(true);
        for term in terms.split("&&") {
            all = match (all, holds(term)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        match all {
            Some(true) => return Some(true),
            None => undecided = true,
            Some(false) => {}
        }
    }
    (!undecided).then_some(false)
}
