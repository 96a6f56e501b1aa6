//! One job: its steps in order, each if its condition is true, then the tasks' post-job sections in reverse order
//! (`JobExtension.cs`, `StepsRunner.cs`).
//!
//! It knows no task: the emulated agent runs steps with tasks.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::artifacts::{self, Artifacts};
use super::definition::{Pipeline, Run, StepRun};
use super::error::Problem;
use super::expression::{Context, Status};
use super::plan::{self, Action, Step, holds};
use super::value::Value;
use crate::agent::{Job, TaskResult, declare, has_post_job};

/// Runs a job and returns its result.
pub(crate) fn run(
    pipeline: &Pipeline<'_>,
    stage: &str,
    planned: &plan::Job,
    variables: &[(String, String)],
    artifacts: &Artifacts,
    run: &mut Run,
) -> Result<TaskResult, Problem> {
    let mut running = RunningJob {
        pipeline,
        artifacts,
        job: if pipeline.is_release {
            pipeline.world.release_job()
        } else {
            pipeline.world.job()
        },
        status: TaskResult::Succeeded,
        steps: Vec::new(),
        post_job: Vec::new(),
    };
    running.prepare(variables, planned)?;
    running.declare_connections(planned);
    for (index, step) in steps(planned, pipeline.is_release).iter().enumerate() {
        let result = running.step(index, step)?;
        running.count(result, step.continue_on_error);
    }
    while let Some((index, step)) = running.post_job.pop() {
        let result = running.task(index, &step, "postjobexecution");
        running.count(result, false);
    }
    let folder = running.job.work_folder().to_string_lossy().into_owned();
    for (name, result, log) in running.steps {
        let (name, log) = (
            name.replace(&folder, "[WORK]"),
            log.replace(&folder, "[WORK]"),
        );
        run.steps.push(StepRun {
            stage: stage.to_owned(),
            job: planned.name.clone(),
            name,
            result,
            log,
        });
    }
    Ok(running.status)
}

/// The job's steps with the implicit ones: a job checks out its repository, a deployment downloads the run's
/// artifacts (learn.microsoft.com, "steps.checkout definition", "Deployment jobs").
fn steps(planned: &plan::Job, is_release: bool) -> Vec<Step> {
    let first = |action: Action, name: &str| Step {
        action,
        name: String::new(),
        display_name: name.to_owned(),
        condition: "succeeded()".to_owned(),
        env: Vec::new(),
        continue_on_error: false,
        position: planned.position,
    };
    let mut steps = planned.steps.clone();
    let has = |is: fn(&Action) -> bool| planned.steps.iter().any(|step| is(&step.action));
    if planned.is_deployment && !has(|action| matches!(action, Action::Download { .. })) {
        let (what, artifact) = ("current".to_owned(), String::new());
        steps.insert(
            0,
            first(Action::Download { what, artifact }, "Download artifacts"),
        );
    }
    if !planned.is_deployment && !has(|action| matches!(action, Action::Checkout { .. })) {
        let action = Action::Checkout {
            what: "self".to_owned(),
            persist_credentials: false,
        };
        let name = if is_release {
            "Download artifacts"
        } else {
            "Checkout"
        };
        steps.insert(0, first(action, name));
    }
    steps
}

struct RunningJob<'r, 'w> {
    pipeline: &'r Pipeline<'w>,
    artifacts: &'r Artifacts,
    job: Job<'w>,
    status: TaskResult,
    steps: Vec<(String, TaskResult, String)>,
    /// Steps whose tasks have a post-job section, in order.
    post_job: Vec<(usize, Step)>,
}

impl RunningJob<'_, '_> {
    fn prepare(
        &mut self,
        variables: &[(String, String)],
        planned: &plan::Job,
    ) -> Result<(), Problem> {
        for (name, value) in &self.pipeline.agent {
            self.job.agent_environment(name, value);
        }
        self.job.private = self.pipeline.private;
        self.job.lay_out();
        for (name, value) in variables {
            let value = match value
                .strip_prefix("$[")
                .and_then(|rest| rest.strip_suffix(']'))
            {
                Some(expression) => {
                    let value = self.context().evaluate(expression);
                    let value =
                        value.map_err(|message| Problem::new(planned.position, &message))?;
                    value.to_text().unwrap_or_default()
                }
                None => self.job.expanded(value),
            };
            self.job.variable(name, &value);
        }
        Ok(())
    }

    /// The job has the connections of all its steps before the first one.
    fn declare_connections(&mut self, planned: &plan::Job) {
        for step in &planned.steps {
            let Action::Task { task, inputs } = &step.action else {
                continue;
            };
            if let Some(folder) = self.pipeline.folder_of(task) {
                let inputs = inputs.iter().cloned().collect();
                declare(&mut self.job, folder, &inputs);
            }
        }
    }

    fn context(&self) -> Context {
        let variables = self.job.all_variables();
        let variables = variables.map(|(name, value)| (name.to_owned(), Value::text(value)));
        let mut context = Context::default().with("variables", Value::Map(variables.collect()));
        context.status = Some(match self.status {
            TaskResult::Succeeded => Status::Succeeded,
            TaskResult::SucceededWithIssues => Status::SucceededWithIssues,
            _ => Status::Failed,
        });
        context
    }

    /// The job's result after one more step.
    fn count(&mut self, result: TaskResult, continue_on_error: bool) {
        let result = match result {
            TaskResult::Skipped => return,
            TaskResult::Failed if continue_on_error => TaskResult::SucceededWithIssues,
            result => result,
        };
        self.status = self.status.max(result);
        self.job
            .variable("agent.jobstatus", &format!("{:?}", self.status));
    }

    fn step(&mut self, index: usize, step: &Step) -> Result<TaskResult, Problem> {
        let is_for_job_end = matches!(&step.action, Action::Task { task, .. }
            if self.pipeline.folder_of(task).is_some_and(has_post_job));
        if is_for_job_end {
            self.post_job.push((index, step.clone()));
        }
        if !holds(&step.condition, &self.context(), step.position)? {
            let name = self.job.expanded(&step.display_name);
            self.steps.push((name, TaskResult::Skipped, String::new()));
            return Ok(TaskResult::Skipped);
        }
        match &step.action {
            Action::Task { .. } => Ok(self.task(index, step, "execution")),
            Action::Script {
                script,
                working_directory,
                ..
            } => self.script(step, script, working_directory),
            Action::Checkout { what, .. } => {
                let done = self.checkout(what, step)?;
                Ok(self.done(step, done))
            }
            Action::Publish { path, artifact } => {
                let path = self.path(path);
                let done = self.artifacts.publish(&path, &self.job.expanded(artifact));
                Ok(self.done(step, done))
            }
            Action::Download { what, artifact } => {
                let done = match what.as_str() {
                    "none" => Ok(()),
                    "current" => {
                        let folder = self.job.work_folder().to_path_buf();
                        let artifact = self.job.expanded(artifact);
                        self.artifacts.download(&artifact, &folder)
                    }
                    _ => {
                        let message = format!("'download: {what}' is not known to this emulator");
                        return Err(Problem::new(step.position, &message));
                    }
                };
                Ok(self.done(step, done))
            }
        }
    }

    fn task(&mut self, index: usize, step: &Step, section: &'static str) -> TaskResult {
        let Action::Task { task, inputs } = &step.action else {
            return TaskResult::Skipped;
        };
        let folder = self.pipeline.folder_of(task).expect("it was looked for");
        let name = self.job.expanded(&step.display_name);
        let mut starting = self
            .job
            .step(folder)
            .instance(&format!("step {index}"))
            .name(&step.name)
            .section(section);
        for (name, value) in inputs {
            starting = starting.input(name, value);
        }
        for (name, value) in &step.env {
            starting = starting.env(name, value);
        }
        let outcome = starting.run();
        let name = match section {
            "execution" => name,
            _ => format!("Post-job: {name}"),
        };
        self.steps.push((name, outcome.result, outcome.log));
        outcome.result
    }

    fn script(
        &mut self,
        step: &Step,
        script: &str,
        working_directory: &str,
    ) -> Result<TaskResult, Problem> {
        let mapped: BTreeMap<String, String> = step.env.iter().cloned().collect();
        let folder = self.path(working_directory);
        if !folder.is_dir() {
            let message = format!("Not found workingDirectory: {}", folder.display());
            return Ok(self.done(step, Err(message)));
        }
        let outcome = self.job.script(script, &mapped, &folder, &step.name).wait();
        let name = self.job.expanded(&step.display_name);
        self.steps.push((name, outcome.result, outcome.log));
        Ok(outcome.result)
    }

    fn checkout(&mut self, what: &str, step: &Step) -> Result<Result<(), String>, Problem> {
        let Action::Checkout {
            persist_credentials: false,
            ..
        } = step.action
        else {
            let message = "'persistCredentials: true' is not known to this emulator";
            return Err(Problem::new(step.position, message));
        };
        match what {
            "none" => Ok(Ok(())),
            "self" => {
                artifacts::copy(&self.pipeline.sources, &self.job.work_folder().join("s"));
                Ok(Ok(()))
            }
            _ => {
                let message = format!("'checkout: {what}' is not known to this emulator");
                Err(Problem::new(step.position, &message))
            }
        }
    }

    /// A path of a step, relative to the sources.
    fn path(&self, path: &str) -> PathBuf {
        let path = self.job.expanded(path);
        let sources = self.job.work_folder().join("s");
        let _ = fs::create_dir_all(&sources);
        if path.is_empty() {
            sources
        } else {
            sources.join(path)
        }
    }

    /// The result of a step that the agent itself runs.
    fn done(&mut self, step: &Step, done: Result<(), String>) -> TaskResult {
        let name = self.job.expanded(&step.display_name);
        let (result, log) = match done {
            Ok(()) => (TaskResult::Succeeded, String::new()),
            Err(message) => (TaskResult::Failed, format!("##[error]{message}")),
        };
        self.steps.push((name, result, log));
        result
    }
}
