//! A step's process from its start to the result on the run's page (`StepsRunner.cs`, `NodeHandler.cs`).
//!
//! It never lets a secret pass: it checks every line, every argument and every file against the ledger.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::command::Command;
use super::job::Job;
use super::log::{Effects, Log};
use super::process::{self, Event, Process};
use super::restriction::Restriction;
use super::result::TaskResult;

/// A running step.
pub struct RunningStep<'j, 'w> {
    job: &'j mut Job<'w>,
    folder: PathBuf,
    program: &'static str,
    process: Process,
    log: Log,
    own: StepSettings,
    canceled: bool,
    leaks: Vec<String>,
}

/// The parts of a step's definition that its log needs.
#[derive(Debug, Default)]
pub(super) struct StepSettings {
    /// The step's ID, by which its task variables are kept.
    pub(super) instance: String,
    /// Its `name:`.
    pub(super) reference_name: String,
    pub(super) restrictions: Vec<Restriction>,
    /// Output variables in the task's definition.
    pub(super) output_variables: Vec<String>,
    /// Kinds of secrets in the agent's own environment and in the step's `env:`.
    pub(super) given: BTreeSet<&'static str>,
}

/// The outcome of a step.
#[derive(Debug)]
pub struct Outcome {
    /// The step's result.
    pub result: TaskResult,
    /// Exit code of the process; `None` if a signal ended it.
    pub exit_code: Option<i32>,
    /// The log, as on the run's page.
    pub log: String,
    /// Errors on the run's page.
    pub errors: Vec<String>,
    /// Warnings on the run's page.
    pub warnings: Vec<String>,
    /// The unprocessed output.
    pub raw: Vec<String>,
    /// Commands that the task's own restrictions denied.
    pub denied: Vec<String>,
    /// Whether a process that the step left running held its pipes, for which the agent waits five seconds
    /// (`ProcessInvoker.cs`).
    pub delayed: bool,
}

impl<'j, 'w> RunningStep<'j, 'w> {
    /// The process of a step without a task's definition: nothing is restricted.
    pub(super) fn new(
        job: &'j mut Job<'w>,
        folder: PathBuf,
        program: &'static str,
        process: Process,
    ) -> Self {
        Self {
            log: job.log(),
            job,
            folder,
            program,
            process,
            own: StepSettings::default(),
            canceled: false,
            leaks: Vec::new(),
        }
    }

    /// Sets the parts of the step's definition.
    pub(super) fn with(self, own: StepSettings) -> Self {
        Self { own, ..self }
    }

    /// Shows warnings before the first line.
    pub(super) fn warned(mut self, warnings: &[String]) -> Self {
        for warning in warnings {
            self.log.warn(warning, &self.job.masker);
        }
        self
    }
}

impl RunningStep<'_, '_> {
    /// The process that the agent knows: Node.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Cancels the step as the agent does: sends SIGINT only to Node's process, SIGTERM after 7.5 s, and SIGKILL
    /// after 2.5 s more.
    pub fn cancel(&mut self) {
        self.canceled = true;
        self.process.cancel();
    }

    /// Whether the process that the agent knows has ended.
    #[must_use]
    pub fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }

    /// Sends a signal only to Node's process.
    pub fn signal(&self, signal: &str) {
        self.process.signal(signal);
    }

    /// Processes of the native program that the launcher started (Linux).
    #[must_use]
    pub fn programs(&self) -> Vec<u32> {
        let programs = self.process.programs();
        programs.iter().map(|program| program.id).collect()
    }

    /// Whether the launcher has started the native program.
    #[must_use]
    pub fn has_child(&self) -> bool {
        !self.programs().is_empty()
    }

    /// Kills only the native program.
    pub fn kill_child(&self) {
        for program in self.process.programs() {
            process::send("KILL", program.id);
        }
    }

    /// Kills only the launcher: in a container it is not the process that the agent knows.
    pub fn kill_launcher(&self) {
        for program in self.process.programs() {
            process::send("KILL", program.launcher);
        }
    }

    /// Waits until the step ends.
    #[must_use]
    pub fn wait(mut self) -> Outcome {
        while let Some(event) = self.process.next() {
            match event {
                Event::Line(_, line) => self.take(&line),
                Event::Arguments(arguments) => self.check("the arguments of a process", &arguments),
                Event::Environment(program, environment) => {
                    self.check_environment(&program, &environment);
                }
            }
        }
        let exit_code = self.process.exit_code();
        self.check_files();
        for file in &self.log.uploads {
            assert!(
                file.exists(),
                "{} is gone before the agent has uploaded it",
                file.display()
            );
        }
        let mut result = self.log.result.unwrap_or(TaskResult::Succeeded);
        if self.log.command_failed {
            result = TaskResult::merge(Some(result), TaskResult::Failed);
        }
        if exit_code != Some(0) && !self.canceled {
            let code = self.process.exit_code_of_dotnet();
            let message = match self.program {
                "node" => format!("Exit code {code} returned from process: file name 'node'."),
                // The message of Bash@3 and CmdLine@2, with which the agent runs scripts.
                _ => format!("Bash exited with code '{code}'."),
            };
            self.log.error(&message, &self.job.masker);
            result = TaskResult::Failed;
        }
        if self.canceled {
            result = TaskResult::Canceled;
        }
        let log = self.log.lines.join("\n");
        self.check("the masked log", &log);
        if !self.leaks.is_empty() && !std::thread::panicking() {
            panic!("the step leaked secrets:\n{}", self.leaks.join("\n"));
        }
        Outcome {
            result,
            exit_code,
            log,
            errors: self.log.errors,
            warnings: self.log.warnings,
            raw: self.log.raw,
            denied: self.log.denied,
            delayed: self.process.pipes_were_held(),
        }
    }

    fn take(&mut self, line: &str) {
        self.check_line(line);
        let mut task_variables = self
            .job
            .task_variables
            .remove(&self.own.instance)
            .unwrap_or_default();
        let mut effects = Effects {
            variables: &mut self.job.variables,
            task_variables: &mut task_variables,
            endpoints: &mut self.job.endpoints,
            prepended: &mut self.job.prepended,
            masker: &mut self.job.masker,
            reference_name: &self.own.reference_name,
            restrictions: &self.own.restrictions,
            output_variables: &self.own.output_variables,
            host_type: &self.job.record.hub,
        };
        self.log.take(line, &mut effects);
        let instance = self.own.instance.clone();
        self.job.task_variables.insert(instance, task_variables);
    }

    /// Checks a line: a secret is allowed only in `task.setsecret` and, once it is masked, in a variable's value.
    fn check_line(&mut self, line: &str) {
        let Some(command) = Command::find(line, self.job.variables.decode_percents()) else {
            return self.check("a line of output", line);
        };
        match command.name().as_str() {
            "task.setsecret" => {}
            "task.setvariable" | "task.settaskvariable" => {
                let masked = self.job.masker.mask(&command.data);
                self.check(
                    "a variable that was set before its value was masked",
                    &masked,
                );
            }
            "task.setendpoint" => {
                // The agent masks the value itself, but too late for earlier lines.
                let masked = self.job.masker.mask(line);
                self.check(
                    "a connection that was changed before its value was masked",
                    &masked,
                );
            }
            _ => self.check("a command", line),
        }
    }

    /// Checks the environment of a program that the task starts: it may have the access tokens that it is started
    /// for, and what the pipeline itself gives to the step, but neither the task's inputs nor the job's secrets.
    fn check_environment(&mut self, program: &str, environment: &[u8]) {
        for variable in environment.split(|byte| *byte == 0) {
            let found = self
                .job
                .platform
                .azure_devops
                .directory()
                .ledger
                .found_in(variable);
            let name = variable.split(|byte| *byte == b'=').next();
            let name = String::from_utf8_lossy(name.unwrap_or_default());
            for kind in found {
                if kind != "access token" && !self.own.given.contains(kind) {
                    self.leaks
                        .push(format!("{kind} in the environment of {program}: {name}"));
                }
            }
        }
    }

    /// Whether a folder may contain secrets and is not accessible to other users.
    #[cfg(unix)]
    fn is_private(&self, path: &Path) -> bool {
        use std::os::unix::fs::PermissionsExt as _;
        let is_named = self.job.private.is_some_and(|prefix| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(prefix) && path.parent() == Some(&self.job.temp_folder())
        });
        let mode = |path: &Path| {
            path.metadata()
                .map_or(0, |file| file.permissions().mode() & 0o777)
        };
        is_named
            && mode(path) == 0o700
            && fs::read_dir(path).is_ok_and(|entries| {
                let files = entries.flatten().map(|entry| entry.path());
                let mut files = files.filter(|path| path.is_file());
                files.all(|file| mode(&file) == 0o600)
            })
    }

    #[cfg(not(unix))]
    fn is_private(&self, _path: &Path) -> bool {
        false
    }

    /// Checks that no file that the step could have left contains a secret.
    fn check_files(&mut self) {
        let mut folders = vec![self.job.work_folder().to_path_buf(), self.folder.clone()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else {
                continue;
            };
            for entry in entries.flatten() {
                let path = entry.path();
                let is_program = path.file_stem().is_some_and(|name| name == "adieu");
                // A link into such a folder contains nothing itself.
                let target = fs::read_link(&path).unwrap_or_default();
                if self.is_private(&path) || target.parent().is_some_and(|at| self.is_private(at)) {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                } else if !is_program && let Ok(bytes) = fs::read(&path) {
                    self.check_bytes(&format!("the file {}", path.display()), &bytes);
                }
            }
        }
    }

    fn check(&mut self, place: &str, text: &str) {
        self.check_bytes(place, text.as_bytes());
    }

    fn check_bytes(&mut self, place: &str, bytes: &[u8]) {
        let found = self
            .job
            .platform
            .azure_devops
            .directory()
            .ledger
            .found_in(bytes);
        for kind in found {
            let text = String::from_utf8_lossy(bytes);
            let text = self.job.masker.mask(&text);
            self.leaks.push(format!("{kind} in {place}: {text}"));
        }
    }
}
