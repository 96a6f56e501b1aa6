//! A job on the emulator with a binary that ships: tokens, a certificate that must be refused, a broker.
//!
//! It reads results where the next step would read them, not from the log.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Instant;

use adieu_emulator::{Job, MY_CONNECTION, Outcome, TaskResult, World};
use serde_json::json;

use super::Starter;
use crate::command::Context as _;
use crate::dist::Binary;
use crate::{files, package, root, target};

const PRELOAD: &str = include_str!("preload.js");

/// What runs: the task's folder with a platform's binary, and what starts it.
struct Proof<'a> {
    platform: &'a str,
    task: PathBuf,
    starter: Option<Starter>,
}

/// Runs the job. Returns what it proved, in one line.
pub(crate) fn run(
    platform: &str,
    binaries: &[Binary],
    starter: Option<Starter>,
) -> Result<String, String> {
    let stage = target().join("prove").join(platform);
    let _ = fs::remove_dir_all(&stage);
    let binaries = binaries.iter().filter(|(name, _)| name == platform);
    let binaries: Vec<Binary> = binaries.cloned().collect();
    package::stage_task(&root().join("task/token"), &stage, &binaries)?;
    let by = starter
        .as_ref()
        .map_or_else(String::new, |starter| format!(" under {}", starter.name));
    let proof = Proof {
        platform,
        task: stage.join("token"),
        starter,
    };
    let prove = || {
        let mut proved = vec![proof.tokens()?, proof.refusal()?];
        if proof
            .starter
            .as_ref()
            .is_none_or(|starter| starter.starts_others)
        {
            proved.push(proof.broker()?);
        }
        if !proof.takes_roots() {
            proved.push("that a known certificate is accepted was NOT proved".to_owned());
        }
        Ok(proved.join("; "))
    };
    let proved = prove().map_err(|reason: String| format!("{platform}: {reason}"))?;
    Ok(format!("ran{by}: {proved}."))
}

impl Proof<'_> {
    /// The step that everybody runs.
    fn tokens(&self) -> Result<String, String> {
        let world = World::start();
        let mut job = self.job(&world)?;
        self.trust(&mut job);
        let begun = Instant::now();
        let tokens = "AZURE_DEVOPS_TOKEN = azureDevOps\nGRAPH_TOKEN = graph";
        let outcome = self.step(&mut job, &[("tokens", tokens)], TaskResult::Succeeded)?;
        let elapsed = begun.elapsed().as_secs_f64();
        for name in ["AZURE_DEVOPS_TOKEN", "GRAPH_TOKEN"] {
            let is_secret_token = job.get(name).is_some_and(|variable| {
                variable.secret && !world.secrets_in(&variable.value).is_empty()
            });
            if !is_secret_token {
                return Err(format!("{name} is not a secret token.\n{}", outcome.log));
            }
        }
        clean(&world)?;
        Ok(format!("EntraToken@1 gave two tokens in {elapsed:.1} s"))
    }

    /// Without the agent's certificate authority nothing is trusted, and nothing is sent.
    fn refusal(&self) -> Result<String, String> {
        let world = World::start();
        let mut job = self.job(&world)?;
        job.without("agent.cainfo");
        let log = self.step(&mut job, &[], TaskResult::Failed)?.log;
        let requests = world.azure_devops().requests();
        match requests.is_empty() && log.contains("certificate") {
            true => Ok("an unknown certificate was refused".to_owned()),
            false => Err(format!(
                "an unknown certificate authority was not refused as one. {requests:?}\n{log}"
            )),
        }
    }

    /// The broker outlives its step, does not hold the step's pipes, answers, and ends with the job.
    fn broker(&self) -> Result<String, String> {
        let world = World::start();
        let mut job = self.job(&world)?;
        self.trust(&mut job);
        let outcome = self.step(
            &mut job,
            &[("configure", "identity")],
            TaskResult::Succeeded,
        )?;
        if outcome.delayed {
            return Err("the broker holds the pipes of its step.".to_owned());
        }
        let environment = job.environment_of_next_script();
        let variable = |name: &str| {
            let found = environment.get(name).cloned();
            let found = found.or_else(|| job.value(name).map(str::to_owned));
            found.ok_or_else(|| format!("there is no {name}."))
        };
        let (endpoint, header) = (variable("IDENTITY_ENDPOINT")?, variable("IDENTITY_HEADER")?);
        let answer = ask(&endpoint, &header).context("the broker does not answer")?;
        if !answer.starts_with("HTTP/1.1 200") || world.secrets_in(&answer).is_empty() {
            return Err(format!("the broker gave no token: {answer}"));
        }
        let outcome = job.step(&self.task).section("postjobexecution").run();
        expect(outcome, TaskResult::Succeeded)?;
        if ask(&endpoint, &header).is_ok() {
            return Err("the broker answers after the job's end.".to_owned());
        }
        clean(&world)?;
        Ok(
            "the broker answered after its step, held no pipe of it, and ended with the job"
                .to_owned(),
        )
    }

    fn job<'w>(&self, world: &'w World) -> Result<Job<'w>, String> {
        let mut job = world.job();
        if let Some(starter) = &self.starter {
            let mut values = json!(starter);
            let (system, processor) = self.platform.split_once('-').unwrap_or_default();
            values["system"] = system.into();
            values["processor"] = processor.into();
            let file = world.folder().join("preload.js");
            files::write(
                &file,
                format!("'use strict';\nvar starter = {values};\n{PRELOAD}"),
            )?;
            job.agent_environment("NODE_OPTIONS", &format!("--require={}", file.display()));
        }
        Ok(job)
    }

    fn takes_roots(&self) -> bool {
        self.starter
            .as_ref()
            .is_none_or(|starter| starter.takes_roots)
    }

    /// Where no root can be added, the agent is configured to skip the validation of certificates.
    fn trust(&self, job: &mut Job<'_>) {
        if !self.takes_roots() {
            job.without("agent.cainfo");
            job.variable("agent.skipcertvalidation", "True");
        }
    }

    fn step(
        &self,
        job: &mut Job<'_>,
        inputs: &[(&str, &str)],
        result: TaskResult,
    ) -> Result<Outcome, String> {
        let step = job
            .step(&self.task)
            .input("azureSubscription", MY_CONNECTION);
        let step = inputs
            .iter()
            .fold(step, |step, (name, value)| step.input(name, value));
        expect(step.run(), result)
    }
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

fn expect(outcome: Outcome, result: TaskResult) -> Result<Outcome, String> {
    if outcome.result == result {
        return Ok(outcome);
    }
    let (log, raw) = (&outcome.log, outcome.raw.join("\n"));
    let is = outcome.result;
    Err(format!(
        "a step's result is {is:?} and should be {result:?}:\n{log}\n{raw}"
    ))
}

fn clean(world: &World) -> Result<(), String> {
    let violations = world.violations();
    let first = violations.first();
    first.map_or(Ok(()), |first| Err(format!("the services object: {first}")))
}
