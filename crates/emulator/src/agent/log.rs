//! What a step wrote, as the agent takes it: commands done, the rest masked and shown
//! (`WorkerCommandManager.cs`, `TaskCommandExtension.cs`, `ExecutionContext.cs`).
//!
//! It starts no process.

use std::fs;

use super::command::{Command, escape, unescape};
use super::masker::Masker;
use super::restriction::Restriction;
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

/// Where commands have their effect, and what they may do.
pub(crate) struct Effects<'a> {
    pub(crate) variables: &'a mut Variables,
    pub(crate) task_variables: &'a mut Variables,
    pub(crate) masker: &'a mut Masker,
    pub(crate) reference_name: &'a str,
    pub(crate) restrictions: &'a [Restriction],
    /// Output variables that the task's definition names.
    pub(crate) output_variables: &'a [String],
    pub(crate) host_type: &'a str,
}

/// An area of commands: the kinds of jobs that have it, and its events.
struct Area {
    name: &'static str,
    hosts: &'static [&'static str],
    events: &'static [&'static str],
}

const EVERYWHERE: &[&str] = &["build", "release", "deployment"];
const AREAS: [Area; 7] = [
    Area {
        name: "task",
        hosts: EVERYWHERE,
        events: &[
            "logissue",
            "issue",
            "setprogress",
            "logdetail",
            "complete",
            "setsecret",
            "setvariable",
            "addattachment",
            "debug",
            "uploadsummary",
            "uploadfile",
            "settaskvariable",
            "setendpoint",
            "prependpath",
        ],
    },
    Area {
        name: "telemetry",
        hosts: EVERYWHERE,
        events: &["publish"],
    },
    Area {
        name: "build",
        hosts: EVERYWHERE,
        events: &[
            "updatebuildnumber",
            "addbuildtag",
            "uploadlog",
            "uploadsummary",
        ],
    },
    Area {
        name: "artifact",
        hosts: &["build", "release"],
        events: &["associate", "upload"],
    },
    Area {
        name: "release",
        hosts: &["release", "deployment"],
        events: &["updatereleasename"],
    },
    Area {
        name: "results",
        hosts: EVERYWHERE,
        events: &["publish"],
    },
    Area {
        name: "codecoverage",
        hosts: &["build"],
        events: &["publish", "enable"],
    },
];

/// The end of several of the agent's messages (strings.json).
const SEE: &str = "Please reference documentation (http://go.microsoft.com/fwlink/?LinkId=817296)";

impl Log {
    pub(crate) fn new(debug: bool) -> Self {
        Self {
            debug,
            ..Self::default()
        }
    }

    /// Takes one line of the process (`TryProcessCommand`).
    pub(crate) fn take(&mut self, line: &str, effects: &mut Effects<'_>) {
        self.raw.push(line.to_owned());
        let Some(command) = Command::find(line) else {
            if line.contains("##vso") {
                self.warn(
                    &format!(
                        "'{line}' contains logging command keyword '##vso', but it's not a legal command. Please see the list of accepted commands: https://go.microsoft.com/fwlink/?LinkId=817296"
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
                &format!("##[debug]Processed: {}", unescape(line)),
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
            "task.settaskvariable" => {
                let variable = required(
                    command,
                    "variable",
                    "Required field 'variable' is missing in ##vso[task.settaskvariable] command.",
                )?;
                let secret = command.flag("issecret");
                if secret {
                    check_lines(&command.data)?;
                    effects.masker.add(&command.data);
                }
                effects.task_variables.set(variable, &command.data, secret);
            }
            "task.debug" if self.debug => {
                self.show(&format!("##[debug]{}", command.data), effects.masker);
            }
            "task.logissue" | "task.issue" => self.log_issue(command, effects.masker)?,
            "task.complete" => {
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
                    null("Cannot upload task attachment file, attachment file location is not specified or attachment file does not exist on disk.")
                })?;
            }
            "task.prependpath" if command.data.is_empty() => {
                return Err("Value cannot be null or empty. (Parameter 'prependpath')".to_owned());
            }
            // What the other commands do is nothing that a test sees.
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
        let secret = command.flag("issecret");
        if secret {
            check_lines(&command.data)?;
            effects.masker.add(&escape(&command.data));
        }
        if !effects
            .restrictions
            .iter()
            .all(|restriction| restriction.allows_variable(name))
        {
            let message = format!(
                "Setting variable '{name}' has been disabled by the task or build definition."
            );
            self.warn(&message, effects.masker);
            return Ok(());
        }
        // A variable that the definition names is an output, whether the command says so or not.
        let declared = effects
            .output_variables
            .iter()
            .any(|output| output.eq_ignore_ascii_case(name));
        let full_name = if declared || command.flag("isoutput") {
            format!("{}.{name}", effects.reference_name)
        } else {
            name.to_owned()
        };
        effects.variables.set(&full_name, &command.data, secret);
        if effects
            .variables
            .get(&full_name)
            .is_some_and(|variable| variable.secret)
        {
            // Once secret, always secret: masked even where this command did not say it.
            effects.masker.add(&command.data);
        }
        Ok(())
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
mod tests {
    use super::*;

    /// A step's log, and what the job knows afterwards.
    #[derive(Default)]
    struct Job {
        log: Log,
        variables: Variables,
        task_variables: Variables,
        masker: Masker,
    }

    impl Job {
        fn take(&mut self, lines: &[&str]) -> &mut Self {
            self.take_in("build", &[], lines)
        }

        fn take_in(
            &mut self,
            host_type: &str,
            restrictions: &[Restriction],
            lines: &[&str],
        ) -> &mut Self {
            let mut effects = Effects {
                variables: &mut self.variables,
                task_variables: &mut self.task_variables,
                masker: &mut self.masker,
                reference_name: "step",
                restrictions,
                output_variables: &["declared".to_owned()],
                host_type,
            };
            for line in lines {
                self.log.take(line, &mut effects);
            }
            self
        }

        fn shown(&self) -> String {
            self.log.lines.join("\n")
        }
    }

    /// Rows in the manner of the agent's TaskCommandExtensionL0.cs.
    #[test]
    fn variables_are_set_as_the_agent_sets_them() {
        for (line, name, value, secret) in [
            ("##vso[task.setvariable variable=a]v", "a", "v", false),
            (
                "##vso[task.setvariable variable=a;issecret=true]v",
                "a",
                "v",
                true,
            ),
            (
                "##vso[task.setvariable variable=a;isSecret= True ]v",
                "a",
                "v",
                true,
            ),
            (
                "##vso[task.setvariable variable=a; issecret=true]v",
                "a",
                "v",
                false,
            ),
            (
                "##vso[task.setvariable variable=a;issecret=1]v",
                "a",
                "v",
                false,
            ),
            (
                "##vso[task.setvariable variable=a;isoutput=true]v",
                "step.a",
                "v",
                false,
            ),
            (
                "##vso[task.setvariable variable=declared]v",
                "step.declared",
                "v",
                false,
            ),
            (
                "##vso[task.setvariable variable=a]x%0Dy%0Az%AZP250A",
                "a",
                "x\ry\nz%0A",
                false,
            ),
        ] {
            let mut job = Job::default();
            job.take(&[line]);
            let variable = job.variables.get(name).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(
                (variable.value.as_str(), variable.secret),
                (value, secret),
                "{line}"
            );
            assert!(!job.log.command_failed, "{line}");
            assert_eq!(job.shown(), "", "{line}");
        }
    }

    #[test]
    fn a_secret_is_masked_raw_and_as_it_stood_in_the_command() {
        let mut job = Job::default();
        job.take(&[
            "##vso[task.setvariable variable=a;issecret=true]first%AZP25;]",
            "first%;] and first%AZP25%3B%5D",
            "##vso[task.setvariable variable=A]second",
            "second",
            "##vso[task.setsecret]third",
            "third dGhpcmQ=",
        ]);
        assert_eq!(job.shown(), "*** and ***\n***\n*** dGhpcmQ=");
    }

    #[test]
    fn what_the_agent_cannot_do_fails_the_step() {
        for line in [
            "##vso[task.unknown]x",
            "##vso[task.setvariable]x",
            "##vso[task.setvariable variable=a;issecret=true]x%0Ay",
            "##vso[task.settaskvariable variable=a;issecret=true]x%0Ay",
            "##vso[task.logissue type=fatal]x",
            "##vso[task.complete result=Cancelled]x",
            "##vso[task.complete result=failed]x",
            "##vso[task.complete]x",
            "##vso[task.prependpath]",
            "##vso[task.uploadsummary]/no/such/file",
            "##vso[task.addattachment type=a]x",
        ] {
            let mut job = Job::default();
            job.take(&[line]);
            assert!(job.log.command_failed, "{line}");
            assert_eq!(job.log.errors.len(), 2, "{line}");
        }
    }

    #[test]
    fn what_the_agent_does_not_know_is_a_warning_only() {
        let mut job = Job::default();
        job.take(&[
            "##vso[unknown.event]x",
            "a ##vso[task",
            "##vso[task.logissue]x",
            "##vso[telemetry.publish]x",
        ]);
        assert!(!job.log.command_failed);
        assert_eq!(
            job.shown(),
            "##[warning]Cannot find command extension for ##vso[unknown.command]. Please reference documentation (http://go.microsoft.com/fwlink/?LinkId=817296)\n\
             ##[warning]'a ##vso[task' contains logging command keyword '##vso', but it's not a legal command. Please see the list of accepted commands: https://go.microsoft.com/fwlink/?LinkId=817296\n\
             a ##vso[task\n\
             ##[warning]Can't create TaskIssue from logging event."
        );
    }

    #[test]
    fn restrictions_deny_without_failing() {
        let task = Restriction {
            commands_restricted: true,
            settable: None,
        };
        let target = Restriction {
            commands_restricted: false,
            settable: Some(vec!["ok*".to_owned()]),
        };
        let mut job = Job::default();
        job.take_in(
            "build",
            &[task, target],
            &[
                "##vso[task.setendpoint id=x;field=url]y",
                "##vso[task.setvariable variable=OK1]v",
                "##vso[task.setvariable variable=other;issecret=true]hidden",
                "hidden",
            ],
        );
        assert!(!job.log.command_failed);
        assert_eq!(job.log.denied, ["task.setendpoint"]);
        assert_eq!(job.log.warnings.len(), 2);
        assert!(job.variables.get("ok1").is_some());
        assert!(job.variables.get("other").is_none());
        assert_eq!(job.log.lines.last().map(String::as_str), Some("***"));
    }

    #[test]
    fn areas_belong_to_kinds_of_jobs() {
        let mut job = Job::default();
        job.take_in("deployment", &[], &["##vso[artifact.upload]x"]);
        assert!(job.log.command_failed);
        assert_eq!(
            job.log.errors,
            [
                "artifact commands are not supported for Deployment flow. Please reference documentation (http://go.microsoft.com/fwlink/?LinkId=817296)"
            ]
        );
    }

    #[test]
    fn an_issue_with_a_place_names_it() {
        let mut job = Job::default();
        job.take(&["##vso[task.logissue type=error;sourcepath=a.cs;linenumber=1;columnnumber=2;code=CS1]text"]);
        assert_eq!(job.shown(), "##[error]a.cs(1,2): error CS1: text");
        assert!(!job.log.command_failed);
    }
}
