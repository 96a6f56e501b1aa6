//! A run: stages and jobs in order, and the result of each step.
//!
//! It never waits for approval: it passes all checks and approvals of an environment.

use std::collections::BTreeMap;
use std::fs;

use super::artifacts::Artifacts;
use super::check;
use super::definition::{Pipeline, Run};
use super::error::Problem;
use super::expression::{Context, Status};
use super::job;
use super::plan::{self, Action, Stage, holds};
use super::value::Value;
use super::yaml::Position;
use crate::agent::TaskResult;

impl Pipeline<'_> {
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
            let context = ended_before(&stage.depends_on, &ended, &all, stage.position)?;
            if !holds(&stage.condition, &context, stage.position)? {
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
            let context = ended_before(&planned.depends_on, &ended, variables, planned.position)?;
            if !holds(&planned.condition, &context, planned.position)? {
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
                return Err(Problem::new(step.position, &message));
            }
        }
        Ok(())
    }
}

/// The context of a stage's or a job's condition.
fn ended_before(
    names: &[String],
    ended: &[(String, TaskResult)],
    variables: &[(String, String)],
    position: Position,
) -> Result<Context, Problem> {
    let mut status = Status::Succeeded;
    let mut dependencies = Vec::new();
    for name in names {
        let found = ended.iter().find(|(known, _)| known == name);
        let (_, result) = found.ok_or_else(|| {
            Problem::new(
                position,
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
