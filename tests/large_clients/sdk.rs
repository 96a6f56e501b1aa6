//! Tokens for an Azure SDK in a job, and when it gets a new one: the same for every language.
//!
//! An SDK renews a token that has five minutes left, and so does the broker: in some tests tokens live for seconds,
//! in others hours pass.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use adieu_emulator::{Job, MY_CONNECTION, TaskResult, World};

use crate::emulated_time::Time;
use crate::harness::{AZURE_DEVOPS, TaskFolder, seconds_left};

/// How a program learns that time has passed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Clock {
    /// Through libfaketime, between it and the system.
    Library,
    /// Through a line on its standard input.
    Line,
}

/// The credentials for a managed identity in every SDK get their tokens from the endpoint.
pub(crate) fn managed_identity(program: fn(&str) -> Command) {
    for credential in ["ManagedIdentityCredential", "DefaultAzureCredential"] {
        gets_two_tokens("identity", None, program(credential));
    }
}

/// The credential for Azure Pipelines uses the variables that `configure` sets.
pub(crate) fn pipelines(program: fn(&str) -> Command) {
    gets_two_tokens(
        "azurePipelinesCredential",
        Some("SYSTEM_ACCESSTOKEN"),
        program("AzurePipelinesCredential"),
    );
}

/// Each of these credentials, and those in `others` with their words of `configure`, gets a new token three and six
/// hours later.
pub(crate) fn hours_apart(program: fn(&str) -> Command, clock: Clock, others: &[(&str, &str)]) {
    for credential in ["ManagedIdentityCredential", "DefaultAzureCredential"] {
        gets_tokens_hours_apart("identity", None, program(credential), clock);
    }
    gets_tokens_hours_apart(
        "azurePipelinesCredential",
        Some("SYSTEM_ACCESSTOKEN"),
        program("AzurePipelinesCredential"),
        clock,
    );
    for (configure, credential) in others {
        gets_tokens_hours_apart(configure, None, program(credential), clock);
    }
}

/// A script of a job, after EntraToken@1 with some words of `configure`, whose program requests tokens.
struct Script<'w> {
    world: &'w World,
    job: Job<'w>,
    task: TaskFolder,
    running: Child,
    asks: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl<'w> Script<'w> {
    /// The job token is mapped to the variable that `maps` names, if any.
    fn start(
        world: &'w World,
        mut job: Job<'w>,
        configure: &str,
        maps: Option<&str>,
        mut program: Command,
        with: &[(&str, String)],
    ) -> Self {
        let task = TaskFolder::unpacked("token");
        let outcome = job
            .step(task.path())
            .input("azureSubscription", MY_CONNECTION)
            .input("configure", configure)
            .run();
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        let mut environment: BTreeMap<String, String> = job.environment_of_next_script();
        if let Some(name) = maps {
            let own = job.step(task.path()).environment();
            let token = &own["ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN"];
            environment.insert(name.to_owned(), token.clone());
            // The agent sets it for every script.
            let uri = "SYSTEM_OIDCREQUESTURI";
            environment.insert(uri.to_owned(), own[uri].clone());
        }
        if program.get_program() == "java" {
            program.env("JAVA_TOOL_OPTIONS", trust_of_java(world));
        }
        let proxy = world.network().url();
        let mut running = program
            .envs(&environment)
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", world.folder())
            .env("SSL_CERT_FILE", world.ca_file())
            .env("HTTPS_PROXY", &proxy)
            // Without NO_PROXY, which the task sets, a client would send the broker's key to this proxy.
            .env("HTTP_PROXY", &proxy)
            .env_remove("LD_PRELOAD")
            .envs(with.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        Self {
            world,
            job,
            task,
            asks: running.stdin.take().unwrap(),
            answers: BufReader::new(running.stdout.take().unwrap()).lines(),
            running,
        }
    }

    fn token(&mut self) -> String {
        writeln!(self.asks, "{AZURE_DEVOPS}/.default").expect("it listens");
        let answer = self.answers.next().expect("an answer").expect("text");
        assert_eq!(self.world.secrets_in(&answer), ["access token"], "{answer}");
        answer
    }

    fn end(mut self) {
        drop(self.asks);
        assert!(self.running.wait().expect("an end").success());
        let asked = self.world.network().contacted_hosts();
        assert!(!asked.iter().any(|host| host.contains("127.0.0.1")));
        let last = self
            .job
            .step(self.task.path())
            .section("postjobexecution")
            .run();
        assert_eq!(last.result, TaskResult::Succeeded, "{}", last.log);
    }
}

/// Requests tokens from a program until it has had two, each of which lives for seconds.
pub(crate) fn gets_two_tokens(configure: &str, maps: Option<&str>, program: Command) {
    let world = World::start();
    // Two seconds longer than the renewal threshold.
    world.entra().access_token_lifetime(5 * 60 + 2);
    let mut script = Script::start(&world, world.job(), configure, maps, program, &[]);
    let first = script.token();
    let given_up = Instant::now() + Duration::from_secs(60);
    while script.token() == first {
        assert!(
            Instant::now() < given_up,
            "it kept a token that has expired"
        );
    }
    script.end();
}

/// Requests tokens at the start of a job, after three hours and after six, with ID tokens that live for ten minutes
/// and access tokens that live for an hour, as the real ones do.
fn gets_tokens_hours_apart(configure: &str, maps: Option<&str>, program: Command, clock: Clock) {
    const HOURS: Duration = Duration::from_secs(3 * 60 * 60);
    let world = World::start();
    world.azure_devops().id_token_lifetime(600);
    world.entra().access_token_lifetime(3599);
    let time = Time::of(&world);
    let environment = time.environment();
    let with = match clock {
        Clock::Library => &environment[..],
        Clock::Line => &[],
    };
    let mut script = Script::start(&world, time.job(), configure, maps, program, with);
    let mut known = vec![script.token()];
    for _ in 0..2 {
        time.advance(HOURS);
        if let Clock::Line = clock {
            writeln!(script.asks, "+{}", HOURS.as_secs()).expect("it listens");
        }
        let token = script.token();
        assert!(!known.contains(&token), "it kept a token that has expired");
        let left = seconds_left(&world, &token);
        assert!(left >= 300, "a token of {left} seconds");
        known.push(token);
    }
    script.end();
}

/// Java has its own store of certificate authorities, in another format.
fn trust_of_java(world: &World) -> String {
    let store = world.folder().join("trust.p12");
    let made = Command::new("keytool")
        .args([
            "-importcert",
            "-noprompt",
            "-alias",
            "emulator",
            "-storetype",
            "PKCS12",
        ])
        .args(["-storepass", "changeit", "-file"])
        .arg(world.ca_file())
        .arg("-keystore")
        .arg(&store)
        .output()
        .expect("keytool");
    assert!(made.status.success(), "{made:?}");
    format!(
        "-Djavax.net.ssl.trustStore={} -Djavax.net.ssl.trustStorePassword=changeit \
         -Djava.net.useSystemProxies=true",
        store.display()
    )
}
