//! A pipeline to run: its files, tasks, variables and parameters; and the outcome of a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::check::Tasks;
use super::error::Problem;
use super::expression::Context;
use super::template;
use super::value::Value;
use super::yaml::Node;
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
    pub(super) definitions: Tasks,
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

    pub(crate) fn folder_of(&self, task: &str) -> Option<&Path> {
        let name = task.split('@').next()?.to_lowercase();
        self.tasks.get(&name).map(PathBuf::as_path)
    }

    /// The variables that the service sends with each run, and those of this one (learn.microsoft.com, "Use
    /// predefined variables").
    pub(super) fn all_variables(&self) -> Vec<(String, String)> {
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
