//! What a step wrote, as the agent takes it: commands done, the rest masked and shown
//! (`WorkerCommandManager.cs`, `TaskCommandExtension.cs`, `ExecutionContext.cs`).
//!
//! It starts no process.

use super::command::{Command, escape};
use super::masker::Masker;
use super::step::TaskResult;
use super::variables::Variables;

/// A step's log while it grows.
#[derive(Debug, Default)]
pub(crate) struct Log {
    debug: bool,
    pub(crate) lines: Vec<String>,
    pub(crate) raw: Vec<String>,
    pub(crate) errors: Vec<String>,
    pub(crate) warnings: Vec<String>,
    pub(crate) result: Option<TaskResult>,
    /// A command that failed makes the step fail, whatever it says of itself.
    pub(crate) command_failed: bool,
    /// Whether the agent had to refuse or deny a command.
    pub(crate) denied: Vec<String>,
}

/// Where commands have their effect.
pub(crate) struct Effects<'a> {
    pub(crate) variables: &'a mut Variables,
    pub(crate) task_variables: &'a mut Variables,
    pub(crate) masker: &'a mut Masker,
    pub(crate) reference_name: &'a str,
    pub(crate) restricted: bool,
}

/// Commands that a restricted task may use (`TaskRestrictionsChecker.cs`).
const ALLOWED: [&str; 11] = [
    "task.logdetail",
    "task.logissue",
    "task.issue",
    "task.complete",
    "task.setprogress",
    "task.setsecret",
    "task.setvariable",
    "task.debug",
    "task.settaskvariable",
    "task.prependpath",
    "telemetry.publish",
];

/// Commands that the agent knows and that have no effect in the emulator.
const KNOWN: [&str; 7] = [
    "task.logdetail",
    "task.setprogress",
    "task.prependpath",
    "task.uploadsummary",
    "task.uploadfile",
    "task.addattachment",
    "build.updatebuildnumber",
];

impl Log {
    pub(crate) fn new(debug: bool) -> Self {
        Self {
            debug,
            ..Self::default()
        }
    }

    /// Takes one line of the process.
    pub(crate) fn take(&mut self, line: &str, effects: &mut Effects<'_>) {
        self.raw.push(line.to_owned());
        let Some(command) = Command::find(line) else {
            if line.contains("##vso") {
                self.warn(
                    "The line has a command keyword that is no command.",
                    effects.masker,
                );
            }
            self.show(line, effects.masker);
            return;
        };
        let name = command.name();
        if effects.restricted && !ALLOWED.contains(&name.as_str()) {
            self.denied.push(name.clone());
            self.warn(
                &format!("##vso[{name}] is not allowed in this step due to policy restrictions."),
                effects.masker,
            );
            return;
        }
        match self.perform(&name, &command, effects) {
            Ok(()) => {
                if self.debug && name != "task.debug" {
                    self.show(&format!("##[debug]Processed: {line}"), effects.masker);
                }
            }
            Err(reason) => {
                self.command_failed = true;
                self.error(
                    &format!("Unable to process command '{line}' successfully. {reason}"),
                    effects.masker,
                );
            }
        }
    }

    fn perform(
        &mut self,
        name: &str,
        command: &Command,
        effects: &mut Effects<'_>,
    ) -> Result<(), String> {
        match name {
            "task.setsecret" => effects.masker.add(&command.data),
            "task.setvariable" | "task.settaskvariable" => {
                self.set_variable(name, command, effects)?
            }
            "task.debug" => {
                if self.debug {
                    self.show(&format!("##[debug]{}", command.data), effects.masker);
                }
            }
            "task.logissue" | "task.issue" => match command
                .property("type")
                .unwrap_or_default()
                .to_lowercase()
                .as_str()
            {
                "error" => self.error(&command.data, effects.masker),
                "warning" => self.warn(&command.data, effects.masker),
                other => return Err(format!("issue type {other} is not an expected issue type.")),
            },
            "task.complete" => {
                let result = command
                    .property("result")
                    .and_then(TaskResult::parse)
                    .ok_or("The result is not one.")?;
                self.result = Some(TaskResult::merge(self.result, result));
            }
            known if KNOWN.contains(&known) => {}
            _ if matches!(
                command.area.to_lowercase().as_str(),
                "task" | "build" | "artifact" | "release"
            ) =>
            {
                return Err(format!("##vso[{name}] is not a recognized command."));
            }
            _ => self.warn(
                &format!(
                    "Cannot find command extension for ##vso[{}.command].",
                    command.area
                ),
                effects.masker,
            ),
        }
        Ok(())
    }

    fn set_variable(
        &mut self,
        name: &str,
        command: &Command,
        effects: &mut Effects<'_>,
    ) -> Result<(), String> {
        let variable = command
            .property("variable")
            .ok_or("Required field 'variable' is missing.")?;
        let secret = command.flag("issecret");
        if secret {
            if command.data.contains('\n') {
                return Err("Secrets cannot contain multiple lines.".to_owned());
            }
            effects.masker.add(&command.data);
            effects.masker.add(&escape(&command.data));
        }
        if name == "task.settaskvariable" {
            effects.task_variables.set(variable, &command.data, secret);
        } else if command.flag("isoutput") {
            let output = format!("{}.{variable}", effects.reference_name);
            effects.variables.set(&output, &command.data, secret);
        } else {
            effects.variables.set(variable, &command.data, secret);
        }
        Ok(())
    }

    /// An error of the agent's own.
    pub(crate) fn error(&mut self, text: &str, masker: &Masker) {
        self.errors.push(masker.mask(text));
        self.show(&format!("##[error]{text}"), masker);
    }

    pub(crate) fn warn(&mut self, text: &str, masker: &Masker) {
        self.warnings.push(masker.mask(text));
        self.show(&format!("##[warning]{text}"), masker);
    }

    fn show(&mut self, text: &str, masker: &Masker) {
        self.lines
            .extend(text.lines().map(|line| masker.mask(line)));
    }
}
