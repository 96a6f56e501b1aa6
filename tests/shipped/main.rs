//! A binary that ships, in a task's folder as an agent unpacks it: `cargo xtask prove` builds both, and sets the variables.
//!
//! It reads results where the next step would read them, not from the log.
#![allow(
    clippy::disallowed_methods,
    reason = "tests start programs in an environment that is close to their own"
)]
#![allow(missing_docs)]

#[path = "../harness/mod.rs"]
#[allow(dead_code, unused_imports)]
mod harness;

use std::net::TcpStream;
use std::path::PathBuf;

use adieu_emulator::{Job, MY_CONNECTION, Outcome, TaskResult, World};

use harness::Endpoint;

#[test]
fn gets_two_secret_tokens() {
    let world = World::start();
    let mut job = trusting(&world);
    let tokens = "AZURE_DEVOPS_TOKEN = azureDevOps\nGRAPH_TOKEN = graph";
    let outcome = step(&mut job, "tokens", tokens);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    for name in ["AZURE_DEVOPS_TOKEN", "GRAPH_TOKEN"] {
        let variable = job.get(name).expect("a variable");
        assert!(variable.secret, "{name}");
        let secrets = world.secrets_in(&variable.value);
        assert!(!secrets.is_empty(), "{name} is not a token");
    }
}

/// Without the agent's certificate authority nothing is trusted, and nothing is sent.
#[test]
fn refuses_an_unknown_certificate() {
    let world = World::start();
    let mut job = job(&world);
    job.without("agent.cainfo");
    let outcome = step(&mut job, "tokens", "TOKEN = azureDevOps");
    assert_eq!(outcome.result, TaskResult::Failed, "{}", outcome.log);
    assert!(outcome.log.contains("certificate"), "{}", outcome.log);
    assert_eq!(world.azure_devops().requests(), [""; 0]);
}

/// The broker outlives its step, does not hold the step's pipes, answers, and ends with the job.
#[test]
fn serves_until_the_job_ends_and_holds_no_pipe_of_its_step() {
    let world = World::start();
    let mut job = trusting(&world);
    let outcome = step(&mut job, "configure", "identity");
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    assert!(!outcome.delayed, "the broker holds the pipes of its step");
    let endpoint = Endpoint::of(&job);
    let (status, answer) = endpoint.token("https%3A%2F%2Fgraph.microsoft.com");
    assert_eq!(status, 200, "{answer}");
    assert!(!world.secrets_in(&answer.to_string()).is_empty());
    let outcome = job.step(&task()).section("postjobexecution").run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let connection = TcpStream::connect(("127.0.0.1", endpoint.port));
    assert!(connection.is_err(), "the broker answers after the job");
}

fn setting(name: &str) -> Option<String> {
    std::env::var(format!("ADIEU_PROVE_{name}")).ok()
}

fn task() -> PathBuf {
    setting("TASK").expect("`cargo xtask prove`").into()
}

/// A job whose launcher sees the binary's platform.
fn job(world: &World) -> Job<'_> {
    let mut job = world.job();
    if let Some(preload) = setting("PRELOAD") {
        job.agent_environment("NODE_OPTIONS", &format!("--require={preload}"));
    }
    job
}

/// A job that accepts the certificates of the emulated services. Where no root can be added, the agent is configured to
/// skip their validation.
fn trusting(world: &World) -> Job<'_> {
    let mut job = job(world);
    if setting("WITHOUT_ROOTS").is_some() {
        job.without("agent.cainfo");
        job.variable("agent.skipcertvalidation", "True");
    }
    job
}

fn step(job: &mut Job<'_>, input: &str, value: &str) -> Outcome {
    let step = job.step(&task());
    let step = step.input("azureSubscription", MY_CONNECTION);
    step.input(input, value).run()
}
