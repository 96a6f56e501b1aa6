//! The output of a step, as the agent processes it: runs commands, and masks and shows the rest
//! (`WorkerCommandManager.cs`, `TaskCommandExtension.cs`, `ExecutionContext.cs`).
//!
//! It starts no process.

use std::fs;
use std::path::PathBuf;

use super::area::{AREAS, Area};
use super::command::{Command, escape, unescape};
use super::endpoint::Endpoints;
use super::masker::Masker;
use super::restriction::Restriction;
use super::result::TaskResult;
use super::variables::{VariableFlags, Variables};

/// Most errors, and most warnings, of one step on a run's page (`ExecutionContext.cs`).
const ISSUES: usize = 10;

/// The log of a running step.
#[derive(Debug, Default)]
pub(crate) struct Log {
    debug: bool,
    pub(crate) lines: Vec<String>,
    pub(crate) raw: Vec<String>,
    pub(crate) errors: Vec<String>,
    pub(crate) warnings: Vec<String>,
    pub(crate) result: Option<TaskResult>,
    /// Whether a command failed, which makes the step fail, whatever its own result is.
    pub(crate) command_failed: bool,
    /// Commands that the agent denied.
    pub(crate) denied: Vec<String>,
    /// Files that the agent may upload until the job ends.
    pub(crate) uploads: Vec<PathBuf>,
}

/// The parts of the job that commands change, and the restrictions for them.
pub(crate) struct Effects<'a> {
    pub(crate) variables: &'a mut Variables,
    pub(crate) task_variables: &'a mut Variables,
    pub(crate) endpoints: &'a mut Endpoints,
    /// Folders that are prepended to the path of later steps, the last one first.
    pub(crate) prepended: &'a mut Vec<String>,
    pub(crate) masker: &'a mut Masker,
    pub(crate) reference_name: &'a str,
    pub(crate) restrictions: &'a [Restriction],
    /// Output variables in the task's definition.
    pub(crate) output_variables: &'a [String],
    pub(crate) host_type: &'a str,
}

/// The end of several messages of the agent (strings.json).
const SEE: &str = "Please reference documentation (http://go.microsoft.com/fwlink/?LinkId=817296)";

impl Log {
    pub(crate) fn new(debug: bool) -> Self {
        Self {
            debug,
            ..Self::default()
        }
    }

    /// Processes one line of the step's process (`TryProcessCommand`).
    pub(crate) fn take(&mut self, line: &str, effects: &mut Effects<'_>) {
        self.raw.push(line.to_owned());
        let decodes_percents = effects.variables.decode_percents();
        let Some(command) = Command::find(line, decodes_percents) else {
            if line.contains("##vso") {
                self.warn(
                    &format!(
                        "'{line}' contains logging command keyword '##vso', but it's not a \
                         legal command. Please see the list of accepted commands: \
                         https://go.microsoft.com/fwlink/?LinkId=817296"
                    ),
                    effects.masker,
                );
            }
            self.show(line, effects.masker);
            return;
        };
        let known = AREAS
            .iter()
            .find(|area| area.name.eq_ignore_ascii_case(&command.area));
        let Some(area) = known else {
            let message = format!(
                "Cannot find command extension for ##vso[{}.command]. {SEE}",
                command.area
            );
            self.warn(&message, effects.masker);
            return;
        };
        if !area.hosts.contains(&effects.host_type) {
            let flow = capitalized(effects.host_type);
            self.error(
                &format!(
                    "{} commands are not supported for {flow} flow. {SEE}",
                    command.area
                ),
                effects.masker,
            );
            self.command_failed = true;
            self.show(line, effects.masker);
            return;
        }
        if let Err(reason) = self.process(area, &command, effects) {
            self.command_failed = true;
            self.error(
                &format!("Unable to process command '{line}' successfully. {SEE}"),
                effects.masker,
            );
            self.error(&reason, effects.masker);
        }
        if self.debug && command.name() != "task.debug" {
            self.show(
                &format!("##[debug]Processed: {}", unescape(line, decodes_percents)),
                effects.masker,
            );
        }
    }

    fn process(
        &mut self,
        area: &Area,
        command: &Command,
        effects: &mut Effects<'_>,
    ) -> Result<(), String> {
        let name = command.name();
        if !area
            .events
            .iter()
            .any(|event| event.eq_ignore_ascii_case(&command.event))
        {
            return Err(format!(
                "##vso[{}.{}] is not a recognized command for {} command extension. {SEE}.",
                area.name,
                command.event,
                capitalized(area.name)
            ));
        }
        if !effects
            .restrictions
            .iter()
            .all(|restriction| restriction.allows_command(&name))
        {
            self.denied.push(name);
            let message = format!(
                "##vso[{}.{}] is not allowed in this step due to policy restrictions. {SEE}",
                command.area, command.event
            );
            self.warn(&message, effects.masker);
            return Ok(());
        }
        self.perform(&name, command, effects)
    }

    fn perform(
        &mut self,
        name: &str,
        command: &Command,
        effects: &mut Effects<'_>,
    ) -> Result<(), String> {
        match name {
            "task.setsecret" => effects.masker.add(&command.data),
            "task.setvariable" => self.set_variable(command, effects)?,
            "task.settaskvariable" => self.set_task_variable(command, effects)?,
            "task.debug" if self.debug => {
                self.show(&format!("##[debug]{}", command.data), effects.masker);
            }
            "task.logissue" | "task.issue" => self.log_issue(command, effects.masker)?,
            "task.complete" => {
                assert!(
                    command.property("done").is_none(),
                    "'done' of task.complete is not known to this emulator"
                );
                let result = command.property("result").and_then(TaskResult::parse);
                let result = result.ok_or("Command doesn't have valid result value.")?;
                self.result = Some(TaskResult::merge(self.result, result));
            }
            "task.uploadsummary" | "task.uploadfile" | "task.addattachment" => {
                if name == "task.addattachment" {
                    required(
                        command,
                        "type",
                        "Can't add task attachment, attachment type is not provided.",
                    )?;
                    required(
                        command,
                        "name",
                        "Can't add task attachment, attachment name is not provided.",
                    )?;
                }
                fs::metadata(&command.data).map_err(|_| {
                    null(
                        "Cannot upload task attachment file, attachment file location is not \
                     specified or attachment file does not exist on disk.",
                    )
                })?;
                self.uploads.push(PathBuf::from(&command.data));
            }
            "task.prependpath" if self.may_set("PATH", effects) => {
                let folder = &command.data;
                if folder.is_empty() {
                    return Err(
                        "Value cannot be null or empty. (Parameter 'prependpath')".to_owned()
                    );
                }
                effects.prepended.retain(|known| known != folder);
                effects.prepended.push(folder.clone());
            }
            "task.setendpoint" => {
                if let Some(warning) = effects.endpoints.set(command, effects.masker)? {
                    self.warn(&warning, effects.masker);
                }
            }
            "build.updatebuildnumber" if command.data.is_empty() => {
                return Err("Build number is required.".to_owned());
            }
            "build.addbuildtag" if command.data.is_empty() => {
                return Err("Build tag is required.".to_owned());
            }
            // The other commands have no effect that a test can see.
            _ => {}
        }
        Ok(())
    }

    fn set_variable(&mut self, command: &Command, effects: &mut Effects<'_>) -> Result<(), String> {
        let name = required(
            command,
            "variable",
            "Required field 'variable' is missing in ##vso[task.setvariable] command.",
        )?;
        let marks = marks(command);
        if effects
            .variables
            .get(name)
            .is_some_and(|known| known.read_only)
        {
            let message = format!(
                "Overwriting readonly variable '{name}'. This behavior will be disabled in the \
                 future. See \
                 https://github.com/microsoft/azure-pipelines-yaml/blob/master/design/readonly-variables.md for details."
            );
            self.warn(&message, effects.masker);
        }
        if marks.secret {
            check_lines(&command.data)?;
            effects.masker.add(&escape(&command.data));
        }
        if !self.may_set(name, effects) {
            return Ok(());
        }
        // A variable in the task's definition is an output, even if the command does not set `isOutput`.
        let declared = effects
            .output_variables
            .iter()
            .any(|output| output.eq_ignore_ascii_case(name));
        let is_output = command.flag("isoutput");
        let full_name = if declared || is_output {
            format!("{}.{name}", effects.reference_name)
        } else {
            name.to_owned()
        };
        let read_only = marks.read_only || is_output;
        let marks = VariableFlags { read_only, ..marks };
        effects.variables.set(&full_name, &command.data, marks);
        if effects
            .variables
            .get(&full_name)
            .is_some_and(|variable| variable.secret)
        {
            // A variable that was secret once stays secret: its value is masked even if this command is not marked.
            effects.masker.add(&command.data);
        }
        Ok(())
    }

    fn set_task_variable(
        &mut self,
        command: &Command,
        effects: &mut Effects<'_>,
    ) -> Result<(), String> {
        let name = required(
            command,
            "variable",
            "Required field 'variable' is missing in ##vso[task.settaskvariable] command.",
        )?;
        let marks = marks(command);
        let known = effects.task_variables.get(name);
        if known.is_some_and(|known| known.read_only) {
            let message = format!(
                "Overwriting readonly task variable '{name}'. This behavior will be disabled \
                 in the future. See \
                 https://github.com/microsoft/azure-pipelines-yaml/blob/master/design/readonly-variables.md for details."
            );
            self.warn(&message, effects.masker);
        }
        if marks.secret {
            check_lines(&command.data)?;
        }
        effects.task_variables.set(name, &command.data, marks);
        let known = effects.task_variables.get(name);
        if known.is_some_and(|known| known.secret) {
            effects.masker.add(&command.data);
        }
        Ok(())
    }

    /// Whether the step may set a variable. A refusal is shown.
    fn may_set(&mut self, name: &str, effects: &Effects<'_>) -> bool {
        let mut restrictions = effects.restrictions.iter();
        let may = restrictions.all(|restriction| restriction.allows_variable(name));
        if !may {
            let message = format!(
                "Setting variable '{name}' has been disabled by the task or build definition."
            );
            self.warn(&message, effects.masker);
        }
        may
    }

    fn log_issue(&mut self, command: &Command, masker: &Masker) -> Result<(), String> {
        let Some(kind) = command.property("type") else {
            self.warn("Can't create TaskIssue from logging event.", masker);
            return Ok(());
        };
        let property = |name| command.property(name).unwrap_or_default();
        let message = match command.property("sourcepath") {
            Some(path) => format!(
                "{path}({},{}): {kind} {}: {}",
                property("linenumber"),
                property("columnnumber"),
                property("code"),
                command.data
            ),
            None => command.data.clone(),
        };
        match kind.to_lowercase().as_str() {
            "error" => self.error(&message, masker),
            "warning" => self.warn(&message, masker),
            _ => return Err(format!("issue type {kind} is not an expected issue type.")),
        }
        Ok(())
    }

    /// Shows an error of the agent itself.
    pub(crate) fn error(&mut self, text: &str, masker: &Masker) {
        if self.errors.len() < ISSUES {
            self.errors.push(masker.mask(text));
        }
        self.show(&format!("##[error]{text}"), masker);
    }

    pub(crate) fn warn(&mut self, text: &str, masker: &Masker) {
        if self.warnings.len() < ISSUES {
            self.warnings.push(masker.mask(text));
        }
        self.show(&format!("##[warning]{text}"), masker);
    }

    fn show(&mut self, text: &str, masker: &Masker) {
        self.lines
            .extend(text.lines().map(|line| masker.mask(line)));
    }
}

fn marks(command: &Command) -> VariableFlags {
    VariableFlags {
        secret: command.flag("issecret"),
        read_only: command.flag("isreadonly"),
        preserve_case: command.flag("preservecase"),
    }
}

fn required<'command>(
    command: &'command Command,
    name: &str,
    missing: &str,
) -> Result<&'command str, String> {
    command
        .property(name)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| null(missing))
}

/// The message of .NET's `ArgumentNullException`.
fn null(parameter: &str) -> String {
    format!("Value cannot be null. (Parameter '{parameter}')")
}

fn check_lines(secret: &str) -> Result<(), String> {
    let line_break = if cfg!(windows) { "\r\n" } else { "\n" };
    if secret.contains(line_break) {
        return Err("Secrets cannot contain multiple lines".to_owned());
    }
    Ok(())
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_uppercase() + rest
}

#[cfg(test)]
mod tests;
