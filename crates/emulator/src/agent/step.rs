//! A step of a task: its definition in the pipeline, and how its process is started (`TaskRunner.cs`).
//!
//! It never reads the process's output.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use adieu_manifest::task::{Handler, Task};

use super::container;
use super::environment::{self, StepDefinition};
use super::job::{Instance, Job};
use super::process::Process;
use super::restriction::Restriction;
use super::running::{Outcome, RunningStep, StepSettings};
use crate::ids::guid;

/// A step that is being defined.
#[derive(Debug)]
pub struct Step<'j, 'w> {
    job: &'j mut Job<'w>,
    folder: PathBuf,
    instance: Option<String>,
    inputs: BTreeMap<String, String>,
    mapped: BTreeMap<String, String>,
    reference_name: String,
    section: &'static str,
    in_container: bool,
    target: Restriction,
}

/// What is needed to start a step's process.
struct PreparedStep {
    environment: BTreeMap<String, String>,
    warnings: Vec<String>,
    instance: String,
    /// Kinds of secrets that programs of the task may inherit.
    given: BTreeSet<&'static str>,
}

impl<'w> Job<'w> {
    /// A step with the task in a folder.
    pub fn step<'j>(&'j mut self, task: &Path) -> Step<'j, 'w> {
        Step::new(self, task)
    }
}

impl<'j, 'w> Step<'j, 'w> {
    fn new(job: &'j mut Job<'w>, folder: &Path) -> Self {
        Self {
            job,
            folder: folder.to_path_buf(),
            instance: None,
            inputs: BTreeMap::new(),
            mapped: BTreeMap::new(),
            reference_name: "step".to_owned(),
            section: "execution",
            in_container: false,
            target: Restriction::default(),
        }
    }

    /// Sets an input, by name or alias. Connections are named as in YAML.
    #[must_use]
    pub fn input(mut self, name: &str, value: &str) -> Self {
        self.inputs.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets a variable of the step's `env:`.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.mapped.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets the step's `name:`, by which its outputs are referenced.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.reference_name);
        self
    }

    /// Sets the step's ID, if its task's folder does not identify it.
    #[must_use]
    pub(crate) fn instance(mut self, id: &str) -> Self {
        self.instance = Some(id.to_owned());
        self
    }

    /// Runs the step in a container job.
    #[must_use]
    pub fn in_container(mut self) -> Self {
        self.in_container = true;
        self
    }

    /// Selects a section other than `execution`: `prejobexecution` or `postjobexecution`. The latter belongs to the
    /// last step of this task that has not had it yet, and has that step's inputs and task variables.
    #[must_use]
    pub fn section(mut self, section: &'static str) -> Self {
        self.section = section;
        self
    }

    /// Adds `target: { commands: restricted }` to the restrictions of the task's definition.
    #[must_use]
    pub fn restricted_commands(mut self) -> Self {
        self.target.commands_restricted = true;
        self
    }

    /// Adds `target: { settableVariables: [...] }` to the restrictions of the task's definition.
    #[must_use]
    pub fn settable_variables(mut self, patterns: &[&str]) -> Self {
        let patterns = patterns.iter().map(|pattern| (*pattern).to_owned());
        self.target.settable = Some(patterns.collect());
        self
    }

    /// The whole environment of the step's process, to start it by hand.
    #[must_use]
    pub fn environment(mut self) -> BTreeMap<String, String> {
        let task = read_task(&self.folder);
        self.prepare(&task).environment
    }

    /// Prepares the step's process, and its entry in the job.
    fn prepare(&mut self, task: &Task) -> PreparedStep {
        let job = &mut *self.job;
        let is_last = self.section == "postjobexecution";
        let mut begun = job.instances.iter();
        let begun = begun.rposition(|begun| match &self.instance {
            Some(id) => begun.id == *id,
            None => is_last && begun.folder == self.folder,
        });
        let instance = match begun {
            Some(position) => job.instances.remove(position),
            None => Instance {
                id: self.instance.clone().unwrap_or_else(guid),
                folder: self.folder.clone(),
                inputs: BTreeMap::new(),
                mapped: BTreeMap::new(),
            },
        };
        for (own, inherited) in [
            (&mut self.inputs, &instance.inputs),
            (&mut self.mapped, &instance.mapped),
        ] {
            for (name, value) in inherited {
                own.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        let (variables, warnings) = job.variables.expanded(&mut job.masker);
        let definition = StepDefinition {
            task,
            inputs: &self.inputs,
            mapped: &self.mapped,
            instance: &instance.id,
            in_container: self.in_container,
        };
        let environment = environment::of_step(job, &definition, &variables);
        let inherited = environment::inherited(job, &definition, &variables);
        let inherited = inherited.into_values().collect::<Vec<String>>().join("\n");
        let given = job
            .platform
            .azure_devops
            .directory()
            .ledger
            .found_in(inherited.as_bytes());
        let prepared = PreparedStep {
            given,
            environment,
            warnings,
            instance: instance.id.clone(),
        };
        if !is_last {
            job.instances.push(Instance {
                inputs: self.inputs.clone(),
                mapped: self.mapped.clone(),
                ..instance
            });
        }
        prepared
    }

    /// Runs the step to its end.
    #[must_use]
    pub fn run(self) -> Outcome {
        self.start().wait()
    }

    /// Starts the step.
    #[must_use]
    pub fn start(mut self) -> RunningStep<'j, 'w> {
        let task = read_task(&self.folder);
        let prepared = self.prepare(&task);
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
            container::start(&script, &prepared.environment, &working_folder, self.job)
        } else {
            let environment = &prepared.environment;
            Process::start("node", &[&script], environment, &working_folder, None)
        };
        let mut restrictions = vec![self.target];
        restrictions.extend(task.restrictions.as_ref().map(Restriction::of_task));
        let output_variables = task.output_variables.iter();
        let own = StepSettings {
            instance: prepared.instance,
            reference_name: self.reference_name,
            restrictions,
            given: prepared.given,
            output_variables: output_variables.map(|output| output.name.clone()).collect(),
        };
        RunningStep::new(self.job, self.folder, "node", process)
            .with(own)
            .warned(&prepared.warnings)
    }
}

/// Records the connections that a step of the job names.
pub(crate) fn declare(job: &mut Job<'_>, folder: &Path, inputs: &BTreeMap<String, String>) {
    for id in environment::connections(job, &read_task(folder), inputs) {
        job.endpoints.name(&id);
    }
}

/// The handler that an agent that supports all of them selects (`TaskManager.cs`).
fn handler(handlers: &BTreeMap<String, Handler>) -> &Handler {
    ["Node24", "Node20_1", "Node16", "Node10", "Node"]
        .iter()
        .find_map(|name| handlers.get(*name))
        .expect("a supported task execution handler")
}

/// Whether a task has a post-job section.
pub(crate) fn has_post_job(task: &Path) -> bool {
    !read_task(task).post_job_execution.is_empty()
}

fn read_task(folder: &Path) -> Task {
    let path = folder.join("task.json");
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Task::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
