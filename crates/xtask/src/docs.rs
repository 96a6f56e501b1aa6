//! `cargo xtask docs`: the reference part of `docs/tasks/<task>.md`, generated from `task/<task>/task.json`.
//!
//! It never touches the text above the mark in a page, which people write.

use std::fmt::Write as _;
use std::path::Path;

use adieu_manifest::task::{Input, Task};

use crate::command::print_line;
use crate::{files, root};

/// The line below which this command writes a page.
pub(crate) const MARK: &str =
    "<!-- Generated from task.json by `cargo xtask docs` from here on: edit that file instead. -->";

/// Names of the folders below `task/` that hold a task.
pub(crate) fn tasks() -> Result<Vec<String>, String> {
    let folders = files::list(&root().join("task"))?.into_iter();
    Ok(folders
        .filter(|folder| folder.join("task.json").is_file())
        .filter_map(|folder| Some(folder.file_name()?.to_string_lossy().into_owned()))
        .collect())
}

/// Writes the reference part of every page.
pub(crate) fn run() -> Result<(), String> {
    for name in tasks()? {
        let path = root().join("docs/tasks").join(format!("{name}.md"));
        let there = files::read_text(&path)?;
        let (written, _) = there
            .split_once(MARK)
            .ok_or_else(|| format!("{} has no line that says: {MARK}", path.display()))?;
        let made = format!("{written}{MARK}\n{}", reference(&name)?);
        files::write(&path, made)?;
        print_line(&format!("{}", path.display()));
    }
    Ok(())
}

/// Reads a `task.json`.
pub(crate) fn read_task(path: &Path) -> Result<Task, String> {
    let text = files::read_text(path)?;
    Task::parse(&text).map_err(|error| format!("{}: {error}.", path.display()))
}

/// The reference part of a page.
pub(crate) fn reference(name: &str) -> Result<String, String> {
    let task = read_task(&root().join("task").join(name).join("task.json"))?;
    Ok([
        summary(&task),
        operations(&task),
        inputs(&task),
        outputs(&task),
        place(&task),
    ]
    .concat())
}

/// The table of all inputs.
fn summary(task: &Task) -> String {
    let mut text = String::from("\n## Inputs\n\n| input | default | label |\n|---|---|---|\n");
    for input in &task.inputs {
        let name = yaml_name(input);
        let _ = writeln!(
            text,
            "| [`{name}`](#{}) | {} | {} |",
            name.to_lowercase(),
            default(input),
            input.label
        );
    }
    text
}

/// Which inputs count for which choice, where a pick list decides that.
fn operations(task: &Task) -> String {
    let Some(pick) = task.inputs.iter().find(|input| {
        let rule = format!("{} = ", input.name);
        let of_this =
            |other: &&Input| rule_of(task, other).is_some_and(|other| other.contains(&rule));
        task.inputs.iter().filter(of_this).count() > 3
    }) else {
        return String::new();
    };
    let mut text = format!(
        "\n### Inputs by operation\n\n| `{}` | does | inputs |\n|---|---|---|\n",
        pick.name
    );
    for (value, label) in &pick.options {
        let named: Vec<String> = task
            .inputs
            .iter()
            .filter(|input| input.name != pick.name)
            .filter(|input| choices(task, input, pick).contains(&value.as_str()))
            .map(|input| format!("`{}`", yaml_name(input)))
            .collect();
        let _ = writeln!(text, "| `{value}` | {label} | {} |", named.join(", "));
    }
    text
}

/// The rule that shows an input: its own, or its group's.
fn rule_of<'task>(task: &'task Task, input: &'task Input) -> Option<&'task str> {
    let group = || {
        let name = input.group_name.as_ref()?;
        let group = task.groups.iter().find(|group| group.name == *name)?;
        group.visible_rule.as_deref()
    };
    input.visible_rule.as_deref().or_else(group)
}

/// The choices of a pick list with which an input counts; all where it has no rule.
fn choices<'task>(task: &Task, input: &Input, pick: &'task Input) -> Vec<&'task str> {
    let all = pick.options.keys().map(String::as_str);
    let Some(rule) = rule_of(task, input) else {
        return all.collect();
    };
    let is_named = |value: &str, sign: &str| {
        let term = format!("{} {sign} {value}", pick.name);
        rule.split("||").any(|part| part.trim() == term)
    };
    let excludes = rule.contains(" != ");
    all.filter(|value| {
        if excludes {
            !is_named(value, "!=")
        } else {
            is_named(value, "=")
        }
    })
    .collect()
}

fn inputs(task: &Task) -> String {
    task.inputs.iter().map(|input| one(task, input)).collect()
}

fn one(task: &Task, input: &Input) -> String {
    let mut text = format!("\n### {}\n\n{}. ", yaml_name(input), input.label);
    text.push_str(match input.kind.as_str() {
        "boolean" => "`true` or `false`",
        "multiLine" => "Several lines",
        "pickList" => "One of the values below",
        "filePath" => "A path",
        kind if kind.starts_with("connectedService:") => "Name of a service connection",
        _ => "Text",
    });
    let _ = write!(
        text,
        ", {}.",
        match (input.required, default(input).as_str()) {
            (true, "required") => "required".to_owned(),
            (true, default) => format!("required; the default is {default}"),
            (false, "") => "optional".to_owned(),
            (false, default) => format!("optional; the default is {default}"),
        }
    );
    if !input.aliases.is_empty() {
        let _ = write!(
            text,
            " Its name in task.json, `{}`, also works.",
            input.name
        );
    }
    text.push_str("\n\n");
    if let Some(help) = &input.help_mark_down {
        let _ = writeln!(text, "{help}");
    }
    if !input.options.is_empty() {
        text.push_str("\n| value | |\n|---|---|\n");
        for (value, label) in &input.options {
            let _ = writeln!(text, "| `{value}` | {label} |");
        }
    }
    if let Some(rule) = rule_of(task, input) {
        let pick = rule.split_whitespace().next().unwrap_or_default();
        if let Some(pick) = task.inputs.iter().find(|input| input.name == pick) {
            let quoted = |values: Vec<&str>| -> Vec<String> {
                values.iter().map(|value| format!("`{value}`")).collect()
            };
            let with = choices(task, input, pick);
            let all = pick.options.keys().map(String::as_str);
            let without: Vec<&str> = all.filter(|value| !with.contains(value)).collect();
            let condition = if without.len() < with.len() {
                format!("anything but {}", list(&quoted(without.clone())))
            } else {
                list(&quoted(with))
            };
            if !without.is_empty() {
                let _ = writeln!(text, "\nUsed when `{}` is {condition}.", pick.name);
            }
        }
    }
    text
}

/// "a", "a or b", "a, b or c".
fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The name that people write in YAML: the alias, as Microsoft's own pages have it.
fn yaml_name(input: &Input) -> &str {
    input.aliases.first().unwrap_or(&input.name)
}

/// The default as a cell of a table; the word `required` where there is none and there must be a value.
fn default(input: &Input) -> String {
    match &input.default_value {
        Some(serde_json::Value::String(text)) => format!("`{text}`"),
        Some(other) => format!("`{other}`"),
        None if input.required => "required".to_owned(),
        None => String::new(),
    }
}

fn outputs(task: &Task) -> String {
    if task.output_variables.is_empty() {
        return String::new();
    }
    let mut text = String::from("\n## Output variables\n\n| variable | value |\n|---|---|\n");
    for variable in &task.output_variables {
        let what = variable.description.as_deref().unwrap_or_default();
        let _ = writeln!(text, "| `{}` | {what} |", variable.name);
    }
    text.push_str(
        "\nThe step's `name:` is the prefix: a step with `name: it` sets `$(it.<variable>)` \
         for later steps,\nand `dependencies.<job>.outputs['it.<variable>']` for later jobs.\n",
    );
    text
}

fn place(task: &Task) -> String {
    let handlers: Vec<&str> = task.execution.keys().map(String::as_str).collect();
    let mut text = format!(
        "\n## Where it runs\n\nIn {} pipelines, on agents {} or newer ({}).\n",
        task.visibility.join(" and ").to_lowercase(),
        task.minimum_agent_version
            .as_deref()
            .unwrap_or("of any version"),
        handlers.join(", "),
    );
    if handlers.contains(&"Node16") {
        text.push_str(
            "Node16 is for older self-hosted agents: agents released since November 2026 do not \
             include it, and use the others.\n",
        );
    }
    if !task.post_job_execution.is_empty() {
        text.push_str("A post-job step stops what it started.\n");
    }
    text
}

#[test]
fn pages_of_tasks_are_what_task_json_says() {
    for name in tasks().unwrap_or_else(|error| panic!("{error}")) {
        let path = format!("docs/tasks/{name}.md");
        let page = files::read_text(&root().join(&path)).unwrap_or_else(|error| panic!("{error}"));
        let made = reference(&name).unwrap_or_else(|error| panic!("{error}"));
        let below = page.replace("\r\n", "\n");
        let below = below
            .split_once(&format!("{MARK}\n"))
            .map(|(_, below)| below);
        assert_eq!(
            below,
            Some(made.as_str()),
            "{path} is out of date: run `cargo xtask docs`"
        );
    }
}
