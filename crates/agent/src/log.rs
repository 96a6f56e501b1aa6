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

/// The longest value that a variable gets: every system still starts processes with it.
const LONGEST_VALUE: usize = 32_000;

/// Standard output, as the agent reads it. Standard error would do as well, but the agent delivers the
/// lines of the two in its own order (`ProcessInvoker.cs`).
#[derive(Debug, Default)]
pub struct Log {
    debug: bool,
}

/// A secret that the agent or the runner masks from now on. Made by [`Log::mask`] and
/// [`WorkflowLog::mask`](crate::WorkflowLog::mask) alone, so that nothing can be set before it is masked.
#[derive(Debug)]
pub struct Masked<'a, K: Kind>(pub(crate) &'a Secret<K>);

impl<K: Kind> Masked<'_, K> {
    pub(crate) fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

impl Log {
    /// A log. Debug lines are written only if `debug` (`System.Debug`) is on.
    #[must_use]
    pub fn new(debug: bool) -> Self {
        Self { debug }
    }

    /// The log of a task, as the agent's settings want it.
    #[must_use]
    pub fn of_task(environment: &Environment) -> Self {
        command::take_knob(environment.variable("DECODE_PERCENTS"));
        let debug = environment.platform_variable("System.Debug");
        let is_on = |debug: Option<&str>| debug.is_some_and(|on| on.eq_ignore_ascii_case("true"));
        Self::new(debug.is_ok_and(is_on))
    }

    /// Has the agent mask a secret and every form of it that a tool may print.
    pub fn mask<'a, K: Kind>(&self, secret: &'a Secret<K>) -> Masked<'a, K> {
        for form in secret.forms_to_mask() {
            set_secret_form(&form);
        }
        Masked(secret)
    }

    /// Has the agent mask each credential before it is sent to a service for the first time.
    pub fn mask_before_sending() {
        adieu_secret::observe_sent(Some(|forms| {
            for form in forms {
                set_secret_form(form);
            }
        }));
    }

    /// Ends [`mask_before_sending`](Self::mask_before_sending), for the time in which another program writes to
    /// the same log: the agent takes a line with a command in it for that command, and the program's text before
    /// it would be gone.
    pub fn leave_the_log_to_another_program() {
        adieu_secret::observe_sent(None);
    }

    /// Sets a secret variable: tasks read it, scripts only where `env:` maps it.
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

    /// Sets a variable that holds a secret and is not marked as one: masked in the log, and in the
    /// environment of every later script of this job.
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

    /// Fills a field of another service connection's credential, for the later steps of this job (`TaskCommandExtension.cs`,
    /// `TaskSetEndpointCommand`). The agent fails the step where no step of the job names that connection, and only warns
    /// where the step is in its restricted mode.
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

    /// Remembers a value that is not a secret for the later sections of this same step.
    pub fn set_task_variable(&self, name: &str, value: &str) {
        self.command("task.settaskvariable", &[("variable", name)], value);
    }

    /// The same for a secret.
    pub fn set_secret_task_variable<K: Kind>(&self, name: &str, value: &Masked<'_, K>) {
        let properties = [("variable", name), ("issecret", "true")];
        self.command("task.settaskvariable", &properties, value.0.reveal());
    }

    /// Text for people.
    pub fn say(&self, text: &str) {
        for line in deactivate_commands(text) {
            Stream::Output.command(&line);
        }
    }

    /// Text for people who look for a fault (`System.Debug`).
    pub fn debug(&self, text: &str) {
        if self.debug {
            for line in deactivate_commands(text) {
                self.command("task.debug", &[], &line);
            }
        }
    }

    /// A warning on the run's page.
    pub fn warn(&self, text: &str) {
        self.issue("warning", text);
    }

    /// An error on the run's page. The step's result is [`complete`](Self::complete)'s business.
    pub fn error(&self, text: &str) {
        self.issue("error", text);
    }

    /// How far the step is, from 0 to 100.
    pub fn progress(&self, percent: u8, text: &str) {
        let percent = percent.min(100).to_string();
        let line = deactivate_commands(text).join(" ");
        self.command("task.setprogress", &[("value", &percent)], &line);
    }

    /// The number of the run; where the job is a release's, its name.
    pub fn number_run(&self, number: &str, is_release: bool) {
        let name = if is_release {
            "release.updatereleasename"
        } else {
            "build.updatebuildnumber"
        };
        self.command(name, &[], &deactivate_commands(number).join(" "));
    }

    /// A page of Markdown on the run's summary. The agent reads the file when the step is over.
    pub fn summary(&self, file: &std::path::Path) {
        Self::summary_on(Stream::Output, file);
    }

    /// The same by another stream, for a program whose standard output has its own result.
    pub fn summary_on(stream: Stream, file: &std::path::Path) {
        let file = file.display().to_string();
        stream.command(&command::line("task.uploadsummary", &[], &file));
    }

    /// Ends a line that another program may have left open.
    pub fn end_line(&self) {
        Stream::Output.command("");
    }

    /// How the step ends. The exit code would not do: a container job loses it.
    pub fn complete(&self, result: TaskResult, text: &str) {
        let line = deactivate_commands(text).join(" ");
        self.command("task.complete", &[("result", result.as_str())], &line);
    }

    /// `task.issue`, not its alias `task.logissue`: task-lib's test runner knows the former only.
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
