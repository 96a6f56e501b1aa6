//! A run: stages and jobs in order, and the result of each step.
//!
//! It never waits for approval: it passes all checks and approvals of an environment.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::artifacts::Artifacts;
use super::check::{self, Tasks};
use super::error::Problem;
use super::expression::{Context, Status};
use super::job;
use super::plan::{self, Action, Stage};
use super::template;
use super::value::Value;
use super::yaml::{Node, Position};
use crate::agent::TaskResult;
use crate::world::World;

/// A pipeline to run.
pub struct Pipeline<'w> {
    pub(crate) world: &'w World,
    /// The files that `checkout: self` copies.
    pub(crate) sources: PathBuf,
    pub(crate) tasks: BTreeMap<String, PathBuf>,
    pub(crate) agent: Vec<(String, String)>,
    /// Prefix of the folders in which steps may keep secrets.
    pub(crate) private: Option<&'static str>,
    /// Whether it is a stage of a classic release.
    pub(crate) is_release: bool,
    definitions: Tasks,
    files: BTreeMap<String, String>,
    variables: Vec<(String, String)>,
    parameters: Vec<(String, Value)>,
}

impl std::fmt::Debug for Pipeline<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pipeline").finish_non_exhaustive()
    }
}

/// A step that ran or was skipped.
#[derive(Debug)]
pub struct StepRun {
    /// Name of the stage; `__default` if the pipeline has none.
    pub stage: String,
    /// Name of the job.
    pub job: String,
    /// The step's name on the run's page.
    pub name: String,
    /// Its result.
    pub result: TaskResult,
    /// Its log, with `[WORK]` for the job's folder, whose name differs between runs.
    pub log: String,
}

/// The outcome of a run.
#[derive(Debug)]
pub struct Run {
    /// Its result.
    pub result: TaskResult,
    /// Its steps, in the order in which they ran.
    pub steps: Vec<StepRun>,
    /// Stages and jobs that did not run, as `stage` or `stage.job`.
    pub skipped: Vec<String>,
    /// Files that the run published, as `artifact/file`.
    pub artifacts: BTreeMap<String, Vec<u8>>,
}

impl Run {
    /// The run's page: each step with its result and its log.
    #[must_use]
    pub fn page(&self) -> String {
        let mut page = String::new();
        let mut job = String::new();
        for step in &self.steps {
            let of = match step.stage.as_str() {
                "__default" => step.job.clone(),
                stage => format!("{stage}, {}", step.job),
            };
            if of != job {
                page.push_str(&format!("{of}\n"));
                job = of;
            }
            page.push_str(&format!("  {}: {:?}\n", step.name, step.result));
            for line in step.log.lines() {
                page.push_str(&format!("    {line}\n"));
            }
        }
        for name in &self.skipped {
            page.push_str(&format!("{name}: Skipped\n"));
        }
        page
    }
}

impl<'w> Pipeline<'w> {
    /// A pipeline in a repository whose files are in `sources`.
    #[must_use]
    pub fn new(world: &'w World, sources: &Path) -> Self {
        Self {
            world,
            sources: sources.to_path_buf(),
            tasks: BTreeMap::new(),
            agent: Vec::new(),
            private: None,
            is_release: false,
            definitions: Tasks::default(),
            files: BTreeMap::new(),
            variables: Vec::new(),
            parameters: Vec::new(),
        }
    }

    /// Turns it into a stage of a classic release, written as steps: its agent has the release's artifacts instead of
    /// a repository.
    #[must_use]
    pub fn of_classic_release(mut self) -> Self {
        self.is_release = true;
        self
    }

    /// Adds a file of the repository for the service: a pipeline or a template.
    #[must_use]
    pub fn file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.to_owned(), text.to_owned());
        self
    }

    /// Installs the task in a folder.
    #[must_use]
    pub fn task(mut self, folder: &Path) -> Self {
        let definition = fs::read_to_string(folder.join("task.json")).expect("a task.json");
        self.definitions.install(&definition);
        let task = adieu_manifest::task::Task::parse(&definition).expect("a task.json");
        self.tasks
            .insert(task.name.to_lowercase(), folder.to_path_buf());
        self
    }

    /// Sets a variable of the run that is known before it starts, such as `Build.SourceBranch`.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets a parameter for queuing the run.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: Value) -> Self {
        self.parameters.push((name.to_owned(), value));
        self
    }

    /// Sets a variable of each agent's own process.
    #[must_use]
    pub fn agent_environment(mut self, name: &str, value: &str) -> Self {
        self.agent.push((name.to_owned(), value.to_owned()));
        self
    }

    /// [`Job::keeps_secrets_in`](crate::Job::keeps_secrets_in) for each job.
    #[must_use]
    pub fn keeps_secrets_in(self, prefix: &'static str) -> Self {
        Self {
            private: Some(prefix),
            ..self
        }
    }

    /// Expands every template of the pipeline, as the service does before a run.
    ///
    /// # Errors
    /// It is not valid.
    pub fn expanded(&self, path: &str) -> Result<Node, Problem> {
        let variables = self.all_variables();
        let pairs = variables.into_iter();
        let variables = Value::Map(
            pairs
                .map(|(name, value)| (name, Value::Text(value)))
                .collect(),
        );
        let context = Context::default().with("variables", variables);
        let files = |path: &str| self.files.get(path).cloned();
        template::expand(&files, path, &self.parameters, &context)
    }

    /// Runs it.
    ///
    /// # Errors
    /// It is not valid, and no part of it ran.
    pub fn run(&self, path: &str) -> Result<Run, Problem> {
        let document = self.expanded(path)?;
        if let Some(problem) = check::check(&document, &self.definitions)
            .into_iter()
            .next()
        {
            return Err(problem.in_file(path));
        }
        let (stages, variables) =
            plan::stages(&document).map_err(|problem| problem.in_file(path))?;
        self.check_tasks(&stages)
            .map_err(|problem| problem.in_file(path))?;
        let artifacts = Artifacts::new();
        let mut run = Run {
            result: TaskResult::Succeeded,
            steps: Vec::new(),
            skipped: Vec::new(),
            artifacts: BTreeMap::new(),
        };
        let all = [self.all_variables(), variables].concat();
        let mut ended: Vec<(String, TaskResult)> = Vec::new();
        for stage in &stages {
            let context = ended_before(&stage.depends_on, &ended, &all, stage.place)?;
            if !holds(&stage.condition, &context, stage.place)? {
                run.skipped.push(stage.name.clone());
                ended.push((stage.name.clone(), TaskResult::Skipped));
                continue;
            }
            let variables = [all.clone(), stage.variables.clone()].concat();
            let result = self.stage(stage, &variables, &artifacts, &mut run)?;
            run.result = run.result.max(result);
            ended.push((stage.name.clone(), result));
        }
        for (name, path) in artifacts.files() {
            run.artifacts.insert(name, fs::read(path).expect("a file"));
        }
        Ok(run)
    }

    fn stage(
        &self,
        stage: &Stage,
        variables: &[(String, String)],
        artifacts: &Artifacts,
        run: &mut Run,
    ) -> Result<TaskResult, Problem> {
        let mut ended: Vec<(String, TaskResult)> = Vec::new();
        for planned in &stage.jobs {
            let context = ended_before(&planned.depends_on, &ended, variables, planned.place)?;
            if !holds(&planned.condition, &context, planned.place)? {
                run.skipped.push(format!("{}.{}", stage.name, planned.name));
                ended.push((planned.name.clone(), TaskResult::Skipped));
                continue;
            }
            let variables = [variables.to_vec(), planned.variables.clone()].concat();
            let result = job::run(self, &stage.name, planned, &variables, artifacts, run)?;
            ended.push((planned.name.clone(), result));
        }
        let results = ended.iter().map(|(_, result)| *result);
        let results = results.filter(|result| *result != TaskResult::Skipped);
        Ok(results.max().unwrap_or(TaskResult::Skipped))
    }

    /// Checks that all tasks are installed before any step runs.
    fn check_tasks(&self, stages: &[Stage]) -> Result<(), Problem> {
        let jobs = stages.iter().flat_map(|stage| &stage.jobs);
        for step in jobs.flat_map(|job| &job.steps) {
            if let Action::Task { task, .. } = &step.action
                && self.folder_of(task).is_none()
            {
                let message = format!(
                    "A task is missing. The pipeline references a task called '{task}'. This \
                     usually indicates the task isn't installed"
                );
                return Err(Problem::new(step.place, &message));
            }
        }
        Ok(())
    }

    pub(crate) fn folder_of(&self, task: &str) -> Option<&Path> {
        let name = task.split('@').next()?.to_lowercase();
        self.tasks.get(&name).map(PathBuf::as_path)
    }

    /// The variables that the service sends with each run, and those of this one (learn.microsoft.com, "Use
    /// predefined variables").
    fn all_variables(&self) -> Vec<(String, String)> {
        let mut variables: Vec<(String, String)> = [
            ("Build.BuildId", "1234"),
            ("Build.BuildNumber", "20261125.1"),
            ("Build.DefinitionName", "my-pipeline"),
            ("Build.Reason", "Manual"),
            ("Build.Repository.Name", "my-repository"),
            (
                "Build.Repository.Uri",
                "https://dev.azure.com/contoso/fabrikam/_git/my-repository",
            ),
            ("Build.SourceBranch", "refs/heads/main"),
            ("Build.SourceBranchName", "main"),
            (
                "Build.SourceVersion",
                "0123456789abcdef0123456789abcdef01234567",
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        for (name, value) in &self.variables {
            variables.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            variables.push((name.clone(), value.clone()));
        }
        variables
    }
}

/// The context of a stage's or a job's condition.
fn ended_before(
    names: &[String],
    ended: &[(String, TaskResult)],
    variables: &[(String, String)],
    place: Position,
) -> Result<Context, Problem> {
    let mut status = Status::Succeeded;
    let mut dependencies = Vec::new();
    for name in names {
        let found = ended.iter().find(|(known, _)| known == name);
        let (_, result) = found.ok_or_else(|| {
            Problem::new(
                place,
                &format!("it depends on '{name}', which comes later or is unknown"),
            )
        })?;
        if !matches!(
            result,
            TaskResult::Succeeded | TaskResult::SucceededWithIssues
        ) {
            status = Status::Failed;
        }
        let result = Value::Text(format!("{result:?}"));
        dependencies.push((
            name.clone(),
            Value::Map(vec![("result".to_owned(), result)]),
        ));
    }
    let variables = variables.iter();
    let variables = variables.map(|(name, value)| (name.clone(), Value::Text(value.clone())));
    let mut context = Context::default()
        .with("variables", Value::Map(variables.collect()))
        .with("dependencies", Value::Map(dependencies));
    context.status = Some(status);
    Ok(context)
}

pub(crate) fn holds(condition: &str, context: &Context, place: Position) -> Result<bool, Problem> {
    let value = context.evaluate(condition);
    let value = value.map_err(|message| Problem::new(place, &message))?;
    Ok(value.is_true())
}
