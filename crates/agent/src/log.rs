//! The task's log: one writer, one line at a time, to standard output, where the agent reads commands.
//!
//! It never lets text become a command, and never writes a secret that was not masked first.

use adieu_secret::{Kind, Secret};

use crate::command::{self, TaskResult};
use crate::endpoint::EndpointId;
use crate::environment::Environment;
use crate::untrusted::deactivate_commands;
use crate::variable::{Audience, TooLong, VariableName};
use crate::writer::Stream;

/// Longest value of a variable: with a longer one, some systems cannot start a process.
const LONGEST_VALUE: usize = 32_000;

/// The task's log on standard output. Standard error is not used, because the agent does not preserve the order
/// between the two streams (`ProcessInvoker.cs`).
#[derive(Debug, Default)]
pub struct Log {
    debug: bool,
}

/// A secret that the agent or the runner masks from now on. Only [`Log::mask`] and
/// [`WorkflowLog::mask`](crate::WorkflowLog::mask) create one, so nothing can be set before it is masked.
#[derive(Debug)]
pub struct Masked<'a, K: Kind>(pub(crate) &'a Secret<K>);

impl<K: Kind> Masked<'_, K> {
    pub(crate) fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

impl Log {
    /// Creates a log. Debug lines are written only if `debug` (`System.Debug`) is on.
    pub fn new(debug: bool) -> Self {
        Self { debug }
    }

    /// Creates the log of a task, configured from the agent's variables.
    pub fn of_task(environment: &Environment) -> Self {
        command::take_knob(environment.variable("DECODE_PERCENTS"));
        let debug = environment.platform_variable("System.Debug");
        let is_on = |debug: Option<&str>| debug.is_some_and(|on| on.eq_ignore_ascii_case("true"));
        Self::new(debug.is_ok_and(is_on))
    }

    /// Asks the agent to mask a secret and every form of it that a tool may print.
    pub fn mask<'a, K: Kind>(&self, secret: &'a Secret<K>) -> Masked<'a, K> {
        for form in secret.forms_to_mask() {
            set_secret_form(&form);
        }
        Masked(secret)
    }

    /// From now on, asks the agent to mask each credential before it is first sent to a service.
    pub fn mask_before_sending() {
        adieu_secret::observe_sent(Some(|forms| {
            for form in forms {
                set_secret_form(form);
            }
        }));
    }

    /// Ends [`mask_before_sending`](Self::mask_before_sending) while another program writes to the same log: a
    /// command in the middle of that program's line would make the agent drop the text before it.
    pub fn leave_the_log_to_another_program() {
        adieu_secret::observe_sent(None);
    }

    /// Sets a secret variable: tasks can read it, scripts only if `env:` maps it.
    ///
    /// # Errors
    /// The value is longer than every system takes.
    pub fn set_secret<K: Kind>(
        &self,
        name: &VariableName,
        value: &Masked<'_, K>,
        audience: Audience,
    ) -> Result<(), TooLong> {
        self.set(name, value.0.reveal(), audience, true)
    }

    /// Sets a variable that holds a secret but is not marked as one: it is masked in the log, and every later script
    /// of this job has it in its environment.
    ///
    /// # Errors
    /// The value is longer than every system takes.
    pub fn set_exposed<K: Kind>(
        &self,
        name: &VariableName,
        value: &Masked<'_, K>,
    ) -> Result<(), TooLong> {
        self.set(name, value.0.reveal(), Audience::Job, false)
    }

    /// Sets a variable that is not a secret.
    ///
    /// # Errors
    /// The value is longer than every system takes.
    pub fn set_variable(
        &self,
        name: &VariableName,
        value: &str,
        audience: Audience,
    ) -> Result<(), TooLong> {
        self.set(name, &adieu_secret::redacted(value), audience, false)
    }

    /// Sets a field of another service connection's credential for the later steps of this job
    /// (`TaskCommandExtension.cs`, `TaskSetEndpointCommand`). The agent fails the step if no step of the job names
    /// that connection; in restricted mode it only warns.
    ///
    /// # Errors
    /// The value is longer than every system takes: later steps have it in their environment.
    pub fn set_connection_parameter<K: Kind>(
        &self,
        connection: &EndpointId,
        key: &str,
        value: &Masked<'_, K>,
    ) -> Result<(), TooLong> {
        let value = value.0.reveal();
        check_length(connection.as_str(), value)?;
        let properties = [
            ("id", connection.as_str()),
            ("field", "authParameter"),
            ("key", key),
        ];
        self.command("task.setendpoint", &properties, value);
        Ok(())
    }

    /// Puts a folder in front of the PATH of later steps.
    pub fn prepend_path(&self, folder: &std::path::Path) {
        self.command("task.prependpath", &[], &folder.display().to_string());
    }

    /// Sets a variable, not a secret, for the later phases of this step.
    pub fn set_task_variable(&self, name: &str, value: &str) {
        self.command("task.settaskvariable", &[("variable", name)], value);
    }

    /// Sets a secret variable for the later phases of this step.
    pub fn set_secret_task_variable<K: Kind>(&self, name: &str, value: &Masked<'_, K>) {
        let properties = [("variable", name), ("issecret", "true")];
        self.command("task.settaskvariable", &properties, value.0.reveal());
    }

    /// Writes text.
    pub fn say(&self, text: &str) {
        for line in deactivate_commands(text) {
            Stream::Output.command(&line);
        }
    }

    /// Writes a debug line (`System.Debug`).
    pub fn debug(&self, text: &str) {
        if self.debug {
            for line in deactivate_commands(text) {
                self.command("task.debug", &[], &line);
            }
        }
    }

    /// Writes a warning, which the run's page shows, too.
    pub fn warn(&self, text: &str) {
        self.issue("warning", text);
    }

    /// Writes an error, which the run's page shows, too. It does not set the step's result;
    /// [`complete`](Self::complete) does.
    pub fn error(&self, text: &str) {
        self.issue("error", text);
    }

    /// Reports the step's progress, from 0 to 100.
    pub fn progress(&self, percent: u8, text: &str) {
        let percent = percent.min(100).to_string();
        let line = deactivate_commands(text).join(" ");
        self.command("task.setprogress", &[("value", &percent)], &line);
    }

    /// Sets the run's number or, in a release, its name.
    pub fn number_run(&self, number: &str, is_release: bool) {
        let name = if is_release {
            "release.updatereleasename"
        } else {
            "build.updatebuildnumber"
        };
        self.command(name, &[], &deactivate_commands(number).join(" "));
    }

    /// Adds a page of Markdown to the run's summary. The agent reads the file when the step ends.
    pub fn summary(&self, file: &std::path::Path) {
        Self::summary_on(Stream::Output, file);
    }

    /// Adds a page from a program whose standard output holds its own result.
    pub fn summary_on(stream: Stream, file: &std::path::Path) {
        let file = file.display().to_string();
        stream.command(&command::line("task.uploadsummary", &[], &file));
    }

    /// Ends a line that another program may have left unfinished.
    pub fn end_line(&self) {
        Stream::Output.command("");
    }

    /// Sets the step's result. The exit code is not enough: a container job loses it.
    pub fn complete(&self, result: TaskResult, text: &str) {
        let line = deactivate_commands(text).join(" ");
        self.command("task.complete", &[("result", result.as_str())], &line);
    }

    /// Uses `task.issue`, not its alias `task.logissue`, because task-lib's test runner knows only the former.
    fn issue(&self, kind: &str, text: &str) {
        self.command(
            "task.issue",
            &[("type", kind)],
            &deactivate_commands(text).join("\n"),
        );
    }

    fn set(
        &self,
        name: &VariableName,
        value: &str,
        audience: Audience,
        secret: bool,
    ) -> Result<(), TooLong> {
        check_length(name.as_str(), value)?;
        let mut properties = vec![("variable", name.as_str())];
        if secret {
            properties.push(("issecret", "true"));
        }
        if audience == Audience::Output {
            properties.push(("isoutput", "true"));
        }
        self.command("task.setvariable", &properties, value);
        Ok(())
    }

    fn command(&self, name: &str, properties: &[(&str, &str)], data: &str) {
        let line = zeroize::Zeroizing::new(command::line(name, properties, data));
        Stream::Output.command(&line);
    }
}

fn check_length(name: &str, value: &str) -> Result<(), TooLong> {
    if value.len() > LONGEST_VALUE {
        return Err(TooLong {
            name: name.to_owned(),
            length: value.len(),
            limit: LONGEST_VALUE,
        });
    }
    Ok(())
}

fn set_secret_form(form: &str) {
    let line = zeroize::Zeroizing::new(command::line("task.setsecret", &[], form));
    Stream::Output.command(&line);
}
