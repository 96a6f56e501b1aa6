//! `adieu task <name> <phase>`: a pipeline task, from the agent's environment to `task.complete`.
//!
//! It does not know what a task does; it selects the task, and reports the result.

use std::process::ExitCode;

use adieu_agent::{Environment, Log, TaskResult};
use clap::ValueEnum;

use crate::extension;
use crate::failure::Failure;
use crate::feeds;
use crate::inputs;
use crate::platform::{self, Parent};
use crate::report::Report;
use crate::run;
use crate::runtime;
use crate::task_outcome::Outcome;
use crate::token;

/// The launcher's arguments: `adieu task <name> <phase>`.
#[derive(Debug, clap::Parser)]
#[command(name = "adieu task")]
pub(crate) struct Arguments {
    /// The task's name in its task.json.
    name: String,
    /// The section of task.json that the agent runs.
    phase: Phase,
}

/// A section of task.json.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Phase {
    #[value(name = "prejobexecution")]
    PreJobExecution,
    #[value(name = "execution")]
    Execution,
    #[value(name = "postjobexecution")]
    PostJobExecution,
}

/// Runs the task. The exit code is 0 whenever the agent has the result: the launcher treats any other code as a
/// crash, and a container job loses it.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    complete_on_panic();
    Log::mask_before_sending();
    let environment = Environment::of_process();
    let log = Log::of_task(&environment);
    let outcome = runtime::block_on(dispatch(arguments, &environment, &log))
        .unwrap_or_else(|failure| Outcome::Done(Err(failure)));
    let ran_a_script = arguments.name == inputs::run::NAME && outcome.is_after_a_script();
    match outcome {
        // Without a result, the agent treats a step as succeeded; a command could remove the script's last line.
        Outcome::Done(Ok(())) if ran_a_script => return ExitCode::SUCCESS,
        _ if ran_a_script => log.end_line(),
        _ => {}
    }
    match outcome {
        Outcome::Done(Ok(())) => log.complete(TaskResult::Succeeded, ""),
        Outcome::Done(Err(failure)) => {
            let report = Report::of(&failure);
            log.error(&report.text());
            log.complete(TaskResult::Failed, report.sentence());
        }
        Outcome::Stopped => log.complete(TaskResult::Canceled, "Stopped before it was done."),
    }
    ExitCode::SUCCESS
}

async fn dispatch(arguments: &Arguments, environment: &Environment, log: &Log) -> Outcome {
    match (arguments.name.as_str(), arguments.phase) {
        (inputs::token::NAME, Phase::Execution) => {
            until_stopped(token::run(environment, log)).await
        }
        (inputs::token::NAME, Phase::PostJobExecution) => {
            until_stopped(token::finish(environment, log)).await
        }
        // It passes a stop on to its script and waits for that.
        (inputs::run::NAME, Phase::Execution) => run::run(environment, log).await,
        (inputs::extension::NAME, Phase::Execution) => {
            until_stopped(extension::run_task(environment, log)).await
        }
        (inputs::feeds::NAME, Phase::Execution) => {
            until_stopped(feeds::run(environment, log)).await
        }
        (inputs::feeds::NAME, Phase::PostJobExecution) => {
            until_stopped(feeds::finish(environment, log)).await
        }
        (name, phase) => Outcome::Done(Err(Failure::NoSuchTask {
            name: name.to_owned(),
            phase: phase
                .to_possible_value()
                .map(|value| value.get_name().to_owned())
                .unwrap_or_default(),
        }
        .into())),
    }
}

async fn until_stopped(work: impl Future<Output = Result<(), Box<Failure>>>) -> Outcome {
    let launcher = Parent::now();
    tokio::select! {
        result = work => Outcome::Done(result),
        _ = platform::stop_requested() => Outcome::Stopped,
        // A container job loses the launcher's exit code, so without our command the step would succeed.
        () = launcher.gone() => Outcome::Done(Err(Failure::LauncherGone.into())),
    }
}

/// A panic is our bug; the step must fail by command, because a container job loses the exit code.
fn complete_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        let log = Log::new(false);
        log.error(&format!(
            "adieu stopped because of an internal error; please report it: {panic}"
        ));
        log.complete(TaskResult::Failed, "");
    }));
}
