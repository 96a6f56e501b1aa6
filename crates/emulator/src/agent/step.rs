//! One step: a task's process from its start to the result that the run's page shows (`TaskRunner.cs`,
//! `StepsRunner.cs`, `NodeHandler.cs`).
//!
//! It never lets a secret pass: every line, every argument and every file is held against the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use adieu_manifest::task::{Handler, Task};

use super::command::Command;
use super::container;
use super::environment;
use super::job::Job;
use super::log::{Effects, Log};
use super::process::{self, Event, Process};
use super::restriction::Restriction;

/// How a step ended, in the agent's order of badness (`TaskResultUtil.cs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskResult {
    /// All done.
    Succeeded,
    /// Done, with a warning.
    SucceededWithIssues,
    /// Not done.
    Failed,
    /// Stopped.
    Canceled,
    /// Not run.
    Skipped,
    /// Lost.
    Abandoned,
}

impl TaskResult {
    /// A result as a command may spell it: letter case counts.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "Succeeded" => Self::Succeeded,
            "SucceededWithIssues" => Self::SucceededWithIssues,
            "Failed" => Self::Failed,
            "Canceled" => Self::Canceled,
            "Skipped" => Self::Skipped,
            "Abandoned" => Self::Abandoned,
            _ => return None,
        })
    }

    /// The worse of two, but for what is beyond `Failed` already.
    pub(crate) fn merge(current: Option<Self>, next: Self) -> Self {
        match current {
            Some(current) if current > Self::Failed => current,
            Some(current) => current.max(next),
            None => next,
        }
    }
}

/// A step that is being written down.
#[derive(Debug)]
pub struct Step<'j, 'w> {
    job: &'j mut Job<'w>,
    folder: PathBuf,
    instance: String,
    inputs: BTreeMap<String, String>,
    mapped: BTreeMap<String, String>,
    reference_name: String,
    section: &'static str,
    in_container: bool,
    target: Restriction,
}

/// A step that is running.
pub struct Running<'j, 'w> {
    job: &'j mut Job<'w>,
    folder: PathBuf,
    instance: String,
    program: &'static str,
    process: Process,
    log: Log,
    reference_name: String,
    restrictions: Vec<Restriction>,
    output_variables: Vec<String>,
    canceled: bool,
    leaks: Vec<String>,
}

/// What became of a step.
#[derive(Debug)]
pub struct Outcome {
    /// The step's result.
    pub result: TaskResult,
    /// Exit code of the process; none where a signal ended it.
    pub exit_code: Option<i32>,
    /// The log as the run's page shows it.
    pub log: String,
    /// Errors on the run's page.
    pub errors: Vec<String>,
    /// Warnings on the run's page.
    pub warnings: Vec<String>,
    /// Everything that the process wrote, as it wrote it.
    pub raw: Vec<String>,
    /// Commands that the task's own restrictions denied.
    pub denied: Vec<String>,
    /// Whether something that the step left behind held its pipes, for which the agent waits five seconds
    /// (`ProcessInvoker.cs`).
    pub delayed: bool,
}

impl<'j, 'w> Step<'j, 'w> {
    pub(crate) fn new(job: &'j mut Job<'w>, folder: &Path) -> Self {
        Self {
            job,
            folder: folder.to_path_buf(),
            instance: folder.to_string_lossy().into_owned(),
            inputs: BTreeMap::new(),
            mapped: BTreeMap::new(),
            reference_name: "step".to_owned(),
            section: "execution",
            in_container: false,
            target: Restriction::default(),
        }
    }

    /// An input, by name or alias. A connection is named as in YAML.
    #[must_use]
    pub fn input(mut self, name: &str, value: &str) -> Self {
        self.inputs.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A variable of the step's `env:`.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.mapped.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The step's `name:`, under which its outputs are found.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.reference_name);
        self
    }

    /// Another instance than the folder's own: task variables are shared by the sections of one instance.
    #[must_use]
    pub fn instance(mut self, name: &str) -> Self {
        name.clone_into(&mut self.instance);
        self
    }

    /// In a container job.
    #[must_use]
    pub fn in_container(mut self) -> Self {
        self.in_container = true;
        self
    }

    /// Another section than `execution`: `prejobexecution` or `postjobexecution`.
    #[must_use]
    pub fn section(mut self, section: &'static str) -> Self {
        self.section = section;
        self
    }

    /// With `target: { commands: restricted }`, on top of what the task's definition says.
    #[must_use]
    pub fn restricted_commands(mut self) -> Self {
        self.target.commands_restricted = true;
        self
    }

    /// With `target: { settableVariables: [...] }`, on top of what the task's definition says.
    #[must_use]
    pub fn settable_variables(mut self, patterns: &[&str]) -> Self {
        let patterns = patterns.iter().map(|pattern| (*pattern).to_owned());
        self.target.settable = Some(patterns.collect());
        self
    }

    /// The whole environment of the step's process, for starting it by hand.
    #[must_use]
    pub fn environment(self) -> BTreeMap<String, String> {
        let task = read_task(&self.folder);
        let inputs = environment::inputs(self.job, &task, &self.inputs);
        environment::of_step(self.job, &task, &inputs, &self.mapped, &self.instance)
    }

    /// Runs the step to its end.
    #[must_use]
    pub fn run(self) -> Outcome {
        self.start().wait()
    }

    /// Starts the step.
    #[must_use]
    pub fn start(self) -> Running<'j, 'w> {
        let task = read_task(&self.folder);
        let inputs = environment::inputs(self.job, &task, &self.inputs);
        let environment =
            environment::of_step(self.job, &task, &inputs, &self.mapped, &self.instance);
        let sections = BTreeMap::from([
            ("prejobexecution", &task.pre_job_execution),
            ("execution", &task.execution),
            ("postjobexecution", &task.post_job_execution),
        ]);
        let target = handler(sections[self.section])
            .target
            .clone()
            .expect("a Node handler has a target");
        let script = self.folder.join(target);
        let working_folder = self.job.work_folder().join("s");
        let process = if self.in_container {
            container::start(
                &script,
                &environment,
                &working_folder,
                &self.job.temp_folder(),
            )
        } else {
            Process::start("node", &[&script], &environment, &working_folder, None)
        };
        let mut restrictions = vec![self.target];
        restrictions.extend(task.restrictions.as_ref().map(Restriction::of_task));
        let output_variables = task.output_variables.iter();
        Running {
            instance: self.instance,
            reference_name: self.reference_name,
            restrictions,
            output_variables: output_variables.map(|output| output.name.clone()).collect(),
            ..Running::new(self.job, self.folder, "node", process)
        }
    }
}

impl<'j, 'w> Running<'j, 'w> {
    /// A process of a step without a task's definition: nothing is restricted.
    pub(super) fn new(
        job: &'j mut Job<'w>,
        folder: PathBuf,
        program: &'static str,
        process: Process,
    ) -> Self {
        Self {
            log: job.log(),
            job,
            instance: folder.to_string_lossy().into_owned(),
            folder,
            program,
            process,
            reference_name: String::new(),
            restrictions: Vec::new(),
            output_variables: Vec::new(),
            canceled: false,
            leaks: Vec::new(),
        }
    }

    /// The same, with the step's `name:`.
    pub(super) fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.reference_name);
        self
    }
}

impl Running<'_, '_> {
    /// The process that the agent knows: Node's.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Does what the agent does when the step is stopped: tells Node's process, and it alone, with SIGINT,
    /// after 7.5 s with SIGTERM, and after 2.5 s more with SIGKILL.
    pub fn cancel(&mut self) {
        self.canceled = true;
        self.process.cancel();
    }

    /// Whether the process that the agent knows has ended.
    #[must_use]
    pub fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }

    /// Sends a signal to Node's process alone.
    pub fn signal(&self, signal: &str) {
        self.process.signal(signal);
    }

    /// Processes of the native program that the launcher started (Linux).
    #[must_use]
    pub fn programs(&self) -> Vec<u32> {
        let programs = self.process.programs();
        programs.iter().map(|program| program.id).collect()
    }

    /// Whether the launcher has started the native program by now.
    #[must_use]
    pub fn has_child(&self) -> bool {
        !self.programs().is_empty()
    }

    /// Kills the native program, and it alone.
    pub fn kill_child(&self) {
        for program in self.process.programs() {
            process::send("KILL", program.id);
        }
    }

    /// Kills the launcher, and it alone: in a container it is not the process that the agent knows.
    pub fn kill_launcher(&self) {
        for program in self.process.programs() {
            process::send("KILL", program.launcher);
        }
    }

    /// Waits for the step's end.
    #[must_use]
    pub fn wait(mut self) -> Outcome {
        while let Some(event) = self.process.next() {
            match event {
                Event::Line(line) => self.take(&line),
                Event::Arguments(arguments) => self.check("the arguments of a process", &arguments),
            }
        }
        let exit_code = self.process.exit_code();
        self.check_files();
        let mut result = self.log.result.unwrap_or(TaskResult::Succeeded);
        if self.log.command_failed {
            result = TaskResult::merge(Some(result), TaskResult::Failed);
        }
        if exit_code != Some(0) && !self.canceled {
            let code = self.process.exit_code_of_dotnet();
            let message = match self.program {
                "node" => format!("Exit code {code} returned from process: file name 'node'."),
                // The words of Bash@3 and CmdLine@2, which the agent runs for a script.
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
            .remove(&self.instance)
            .unwrap_or_default();
        let mut effects = Effects {
            variables: &mut self.job.variables,
            task_variables: &mut task_variables,
            masker: &mut self.job.masker,
            reference_name: &self.reference_name,
            restrictions: &self.restrictions,
            output_variables: &self.output_variables,
            host_type: &self.job.record.hub,
        };
        self.log.take(line, &mut effects);
        let instance = self.instance.clone();
        self.job.task_variables.insert(instance, task_variables);
    }

    /// A secret may stand in `task.setsecret`, and in a variable's value once it is masked. Nowhere else.
    fn check_line(&mut self, line: &str) {
        let Some(command) = Command::find(line) else {
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
            _ => self.check("a command", line),
        }
    }

    /// Nothing of a secret in any file that the step could have left.
    fn check_files(&mut self) {
        let mut folders = vec![self.job.work_folder().to_path_buf(), self.folder.clone()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else {
                continue;
            };
            for entry in entries.flatten() {
                let path = entry.path();
                let is_program = path.file_stem().is_some_and(|name| name == "adieu");
                if path.is_dir() {
                    folders.push(path);
                } else if !is_program && let Ok(bytes) = fs::read(&path) {
                    self.check(
                        &format!("the file {}", path.display()),
                        &String::from_utf8_lossy(&bytes),
                    );
                }
            }
        }
    }

    fn check(&mut self, place: &str, text: &str) {
        let found: BTreeSet<&str> = self.job.world.secrets_in(text).into_iter().collect();
        for kind in found {
            self.leaks
                .push(format!("{kind} in {place}: {}", self.job.masker.mask(text)));
        }
    }
}

/// The handler that the agent takes where it knows all (`TaskManager.cs`).
fn handler(handlers: &BTreeMap<String, Handler>) -> &Handler {
    ["Node24", "Node20_1", "Node16", "Node10", "Node"]
        .iter()
        .find_map(|name| handlers.get(*name))
        .expect("a supported task execution handler")
}

/// Whether a task has something to do when its job ends.
pub(crate) fn has_post_job(task: &Path) -> bool {
    !read_task(task).post_job_execution.is_empty()
}

fn read_task(folder: &Path) -> Task {
    let path = folder.join("task.json");
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Task::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
