//! A job on the emulator with a binary that ships: tokens, a certificate that must be refused, a broker.
//!
//! It reads results where the next step would read them, not from the log.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Instant;

use adieu_emulator::{Job, MY_CONNECTION, Outcome, TaskResult, World};

use super::{Starter, preload};
use crate::{package, root, target};

/// Runs the job. Returns what it proved, in one line.
pub(crate) fn run(
    platform: &str,
    binaries: &[(String, PathBuf)],
    starter: Option<&Starter>,
) -> Result<String, String> {
    let stage = target().join("prove").join(platform);
    let _ = fs::remove_dir_all(&stage);
    package::stage_task(&root().join("task/token"), &stage, binaries)?;
    let task = stage.join("token");
    let mut proved = vec![tokens(platform, &task, starter)?];
    proved.push(refusal(platform, &task, starter)?);
    if starter.is_none_or(|starter| starter.starts_others) {
        proved.push(broker(platform, &task, starter)?);
    }
    if starter.is_some_and(|starter| !starter.takes_roots) {
        proved.push("that a known certificate is accepted was NOT proved".to_owned());
    }
    let by = starter.map_or_else(String::new, |starter| format!(" under {}", starter.name));
    Ok(format!("{platform}: ran{by}: {}.", proved.join("; ")))
}

/// The step that everybody runs.
fn tokens(platform: &str, task: &Path, starter: Option<&Starter>) -> Result<String, String> {
    let world = World::start();
    let mut job = prepared(&world, platform, starter)?;
    trust(&mut job, starter);
    let begun = Instant::now();
    let outcome = job
        .step(task)
        .input("azureSubscription", MY_CONNECTION)
        .input(
            "tokens",
            "AZURE_DEVOPS_TOKEN = azureDevOps\nGRAPH_TOKEN = graph",
        )
        .run();
    let elapsed = begun.elapsed();
    expect(&outcome, TaskResult::Succeeded)?;
    for name in ["AZURE_DEVOPS_TOKEN", "GRAPH_TOKEN"] {
        let is_secret_token = job.get(name).is_some_and(|variable| {
            variable.secret && !world.secrets_in(&variable.value).is_empty()
        });
        if !is_secret_token {
            return Err(format!(
                "{platform}: {name} is not a secret token.\n{}",
                outcome.log
            ));
        }
    }
    clean(&world)?;
    Ok(format!(
        "EntraToken@1 gave two tokens in {:.1} s",
        elapsed.as_secs_f64()
    ))
}

/// Without the agent's certificate authority nothing is trusted, and nothing is sent.
fn refusal(platform: &str, task: &Path, starter: Option<&Starter>) -> Result<String, String> {
    let world = World::start();
    let mut job = prepared(&world, platform, starter)?;
    job.without("agent.cainfo");
    let outcome = job
        .step(task)
        .input("azureSubscription", MY_CONNECTION)
        .run();
    expect(&outcome, TaskResult::Failed)?;
    let requests = world.azure_devops().requests();
    if !requests.is_empty() || !outcome.log.contains("certificate") {
        return Err(format!(
            "{platform}: an unknown certificate authority was not refused as one. {requests:?}\n{}",
            outcome.log
        ));
    }
    Ok("an unknown certificate was refused".to_owned())
}

/// The broker outlives its step, does not hold the step's pipes, answers, and ends with the job.
fn broker(platform: &str, task: &Path, starter: Option<&Starter>) -> Result<String, String> {
    let world = World::start();
    let mut job = prepared(&world, platform, starter)?;
    trust(&mut job, starter);
    let outcome = job
        .step(task)
        .input("azureSubscription", MY_CONNECTION)
        .input("configure", "identity")
        .run();
    expect(&outcome, TaskResult::Succeeded)?;
    if outcome.delayed {
        return Err(format!(
            "{platform}: the broker holds the pipes of its step."
        ));
    }
    let environment = job.environment_of_next_script();
    let variable = |name: &str| {
        let found = environment.get(name).cloned();
        found.or_else(|| job.value(name).map(str::to_owned))
    };
    let endpoint = variable("IDENTITY_ENDPOINT").ok_or("There is no IDENTITY_ENDPOINT.")?;
    let header = variable("IDENTITY_HEADER").ok_or("There is no IDENTITY_HEADER.")?;
    let answer = ask(&endpoint, &header)
        .map_err(|error| format!("{platform}: the broker does not answer: {error}."))?;
    if !answer.starts_with("HTTP/1.1 200") || world.secrets_in(&answer).is_empty() {
        return Err(format!("{platform}: the broker gave no token: {answer}"));
    }
    let outcome = job.step(task).section("postjobexecution").run();
    expect(&outcome, TaskResult::Succeeded)?;
    if ask(&endpoint, &header).is_ok() {
        return Err(format!(
            "{platform}: the broker answers after the job's end."
        ));
    }
    clean(&world)?;
    Ok("the broker answered after its step, held no pipe of it, and ended with the job".to_owned())
}

/// As an Azure SDK asks App Service's endpoint.
fn ask(endpoint: &str, header: &str) -> std::io::Result<String> {
    let rest = endpoint.trim_start_matches("http://");
    let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET /{path}?api-version=2019-08-01&resource=https%3A%2F%2Fgraph.microsoft.com HTTP/1.1\r\n\
         Host: {address}\r\nX-IDENTITY-HEADER: {header}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn prepared<'w>(
    world: &'w World,
    platform: &str,
    starter: Option<&Starter>,
) -> Result<Job<'w>, String> {
    let mut job = world.job();
    if let Some(starter) = starter {
        let file = world.folder().join("preload.js");
        preload(platform, starter, &file)?;
        job.agent_environment("NODE_OPTIONS", &format!("--require={}", file.display()));
    }
    Ok(job)
}

/// Where no root can be added, the agent is configured to skip the validation of certificates.
fn trust(job: &mut Job<'_>, starter: Option<&Starter>) {
    if starter.is_some_and(|starter| !starter.takes_roots) {
        job.without("agent.cainfo");
        job.variable("agent.skipcertvalidation", "True");
    }
}

fn expect(outcome: &Outcome, result: TaskResult) -> Result<(), String> {
    if outcome.result == result {
        Ok(())
    } else {
        Err(format!(
            "A step's result is {:?} and should be {result:?}:\n{}\n{}",
            outcome.result,
            outcome.log,
            outcome.raw.join("\n")
        ))
    }
}

fn clean(world: &World) -> Result<(), String> {
    match world.violations().first() {
        None => Ok(()),
        Some(violation) => Err(format!("The services object: {violation}")),
    }
}
