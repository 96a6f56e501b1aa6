//! `configure: proxy` and `adieu exec --stand-in`: clients have a worthless word, and services get fresh tokens.
//!
//! The clients are real: curl, git, Python's requests and tfx. The emulator's ledger lists every real token.

// A script that looks for the token.
mod hostile;
// Real clients that read their credential once, for hours.
mod clients;
// Inputs and flags that cannot be combined.
mod refusals;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use adieu_emulator::{Connection, Job, MY_CONNECTION, Outcome, TaskResult, World};
use expect_test::expect;

use crate::emulated_time::Time;
use crate::harness::{TaskFolder, root, stable};
use crate::shell::Shell;

const PROJECTS: &str =
    "https://dev.azure.com/contoso/fabrikam/_apis/git/repositories?api-version=7.1";

/// An emulator whose connection and machine are members of `contoso` and `litware`, each with a repository.
fn world() -> World {
    let world = World::start();
    world.add_connection(Connection::managed_identity("machine", None));
    for identity in [MY_CONNECTION, "machine"] {
        world.organizations().add_member("contoso", identity);
        world.organizations().add_member("litware", identity);
    }
    world
        .git()
        .add_repository("contoso", "fabrikam", "hello", &[("a.txt", "hello")]);
    world
        .git()
        .add_repository("litware", "fabrikam", "secret", &[("a.txt", "secret")]);
    world
}

/// A job behind the agent's proxy, which leads to the emulated services.
fn job<'w>(world: &'w World, time: Option<&Time<'w>>) -> Job<'w> {
    let mut job = time.map_or_else(|| world.job(), Time::job);
    job.variable("agent.proxyurl", &world.network().url());
    job
}

/// The rest of a job, after EntraToken@1 with `configure: proxy`.
struct RestOfJob<'w> {
    world: &'w World,
    job: Job<'w>,
    task: TaskFolder,
    log: String,
    /// The environment of a script that maps the variable.
    environment: BTreeMap<String, String>,
}

impl<'w> RestOfJob<'w> {
    fn of(world: &'w World, mut job: Job<'w>, inputs: &[(&str, &str)]) -> Self {
        let task = TaskFolder::unpacked("token");
        let mut step = job
            .step(task.path())
            .name("tokens")
            .input("azureSubscription", MY_CONNECTION)
            .input("configure", "proxy\norganizations = contoso");
        for (name, value) in inputs {
            step = step.input(name, value);
        }
        let outcome = step.run();
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        let mut environment = job.environment_of_next_script();
        let stand_in = job.value("AZURE_DEVOPS_TOKEN").expect("a variable");
        environment.insert("AZURE_DEVOPS_TOKEN".to_owned(), stand_in.to_owned());
        let home = job.work_folder().display().to_string();
        environment.insert("HOME".to_owned(), home);
        environment.insert("GIT_CONFIG_NOSYSTEM".to_owned(), "1".to_owned());
        let path = std::env::var("PATH").expect("a PATH");
        environment.insert("PATH".to_owned(), path);
        Self {
            world,
            job,
            task,
            log: outcome.log,
            environment,
        }
    }

    /// Prepares a program as a later step starts it.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(&self.environment)
            .current_dir(self.job.work_folder())
            .stdin(Stdio::null());
        command
    }

    /// Runs a script in a later step; its output contains no real token.
    fn script(&self, script: &str) -> String {
        let output = self.command("/bin/sh").args(["-c", script]).output();
        output_text(self.world, &output.expect("a shell"))
    }

    /// Ends the job, and returns the log of the section after it.
    fn end(mut self) -> String {
        let outcome = self
            .job
            .step(self.task.path())
            .section("postjobexecution")
            .run();
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        outcome.log
    }
}

/// What a program wrote to both streams, which must not contain a token.
fn output_text(world: &World, output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    let leaked = world.secrets_in(&text);
    assert!(leaked.is_empty(), "{leaked:?} in {text}");
    text
}

/// Replaces stand-ins, keys and ports, which differ in each run.
fn steady(world: &World, text: &str) -> String {
    let text = stable(world, text);
    let digits = regex_lite::Regex::new("adieu-(stand-in-)?[0-9a-f]{64}").expect("a pattern");
    let text = digits.replace_all(&text, "adieu-$1[KEY]");
    let ports = regex_lite::Regex::new(r"127\.0\.0\.1:\d+").expect("a pattern");
    let text = ports.replace_all(&text, "127.0.0.1:[PORT]");
    let files = regex_lite::Regex::new(r"[^ =\n]*/adieu-roots-\w+\.pem").expect("a pattern");
    files.replace_all(&text, "[ROOTS]").into_owned()
}

#[test]
fn exec_passes_a_stand_in_to_a_command_and_a_token_to_services() {
    let world = world();
    let shell = Shell::machine(&world).set("PATH", std::env::var("PATH").expect("a PATH"));
    let script = format!(
        "env | grep -E 'TOKEN|PROXY|proxy|CA|CERT' | sort; curl -sSf -u \":$AZURE_DEVOPS_TOKEN\" '{PROJECTS}' \
         | grep -o '\"name\":\"hello\"'; ls \"$NODE_EXTRA_CA_CERTS\" > files"
    );
    let arguments = [
        "-v",
        "exec",
        "--stand-in",
        "--organization",
        "contoso",
        "--",
        "/bin/sh",
        "-c",
        &script,
    ];
    let output = shell.end(shell.start(&arguments));
    assert_eq!(output.status, 0, "{}", output.stderr);
    expect![[r#"
        AZURE_DEVOPS_TOKEN=adieu-stand-in-[KEY]
        CURL_CA_BUNDLE=[ROOTS]
        GIT_SSL_CAINFO=[ROOTS]
        HTTPS_PROXY=http://adieu:adieu-[KEY]@127.0.0.1:[PORT]
        NODE_EXTRA_CA_CERTS=[ROOTS]
        NO_PROXY=127.0.0.1,localhost
        PIP_CERT=[ROOTS]
        REQUESTS_CA_BUNDLE=[ROOTS]
        SSL_CERT_FILE=[ROOTS]
        https_proxy=http://adieu:adieu-[KEY]@127.0.0.1:[PORT]
        no_proxy=127.0.0.1,localhost
        "name":"hello"
    "#]]
    .assert_eq(&steady(&world, &output.stdout));
    let lines = output.stderr.lines().filter(|line| line.contains("TOKEN:"));
    expect![
        "AZURE_DEVOPS_TOKEN: GET dev.azure.com/contoso/fabrikam/_apis/git/repositories: fresh token"
    ]
    .assert_eq(&lines.collect::<Vec<_>>().join("\n"));
    let file = std::fs::read_to_string(shell.home().join("files")).expect("a file");
    assert!(!Path::new(file.trim()).exists(), "{file} is still there");
}

#[test]
fn a_script_has_a_stand_in_while_it_runs() {
    let world = world();
    let mut job = job(&world, None);
    let folder = TaskFolder::unpacked("run");
    let script = format!(
        "echo \"$AZURE_DEVOPS_TOKEN\" | sed 's/[0-9a-f]\\{{64\\}}/KEY/'; echo \"expires: $AZURE_DEVOPS_TOKEN_EXPIRES_ON\"\n\
         curl -sS -H \"Authorization: Bearer $AZURE_DEVOPS_TOKEN\" '{PROJECTS}' | grep -o '\"name\":\"hello\"'\n\
         curl -sS -H \"Authorization: Bearer $AZURE_DEVOPS_TOKEN\" https://dev.azure.com/litware/_apis/projects"
    );
    let outcome = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION)
        .input("configure", "proxy\norganizations = contoso")
        .input("script", &script)
        .run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    expect![[r#"
        AZURE_DEVOPS_TOKEN: a stand-in for Azure DevOps, valid for contoso through HTTPS_PROXY.
        adieu-stand-in-KEY
        expires: 
        "name":"hello"
        adieu: the stand-in of AZURE_DEVOPS_TOKEN is replaced for the organization contoso only.
        Requests with stand-ins:
        AZURE_DEVOPS_TOKEN: GET dev.azure.com/contoso/fabrikam/_apis/git/repositories: fresh token
        AZURE_DEVOPS_TOKEN: GET dev.azure.com/litware/_apis/projects: refused"#]]
    .assert_eq(&steady(&world, &outcome.log));
}

#[test]
fn a_job_has_a_stand_in_until_it_ends() {
    let world = world();
    let rest = RestOfJob::of(&world, job(&world, None), &[]);
    expect![[r#"
        Signed in at [ENTRA], tenant [TENANT].
        AZURE_DEVOPS_TOKEN: a stand-in for Azure DevOps, valid for contoso through HTTPS_PROXY.
        Configured until the job ends: proxy."#]]
    .assert_eq(&steady(&world, &rest.log));
    let curl = format!(
        "curl -sS -u \"x:$AZURE_DEVOPS_TOKEN\" '{PROJECTS}' | grep -o '\"name\":\"hello\"'"
    );
    expect![[r#"
        "name":"hello"
        "name":"hello"
    "#]]
    .assert_eq(&rest.script(&format!("{curl}; {curl}")));
    let environment = rest.environment.clone();
    let world_after = rest.world;
    expect![[r#"
        Requests with stand-ins:
        AZURE_DEVOPS_TOKEN: GET dev.azure.com/contoso/fabrikam/_apis/git/repositories: fresh token (2 times)
        The job's credential endpoint is closed."#]].assert_eq(&steady(&world, &rest.end()));
    // From now on, the stand-in is worthless and the port is closed.
    let output = Command::new("/bin/sh")
        .args(["-c", &curl])
        .env_clear()
        .envs(&environment)
        .output();
    let text = output_text(world_after, &output.expect("a shell"));
    assert!(text.contains("Failed to connect to 127.0.0.1"), "{text}");
}

#[test]
fn post_job_section_keeps_the_clients_root_certificates() {
    let world = world();
    let mut rest = RestOfJob::of(&world, job(&world, None), &[]);
    let outcome = rest
        .job
        .step(rest.task.path())
        .section("postjobexecution")
        .run();
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    let environment = rest.job.environment_of_next_script();
    let empty: Vec<&str> = [
        "HTTPS_PROXY",
        "SSL_CERT_FILE",
        "NODE_EXTRA_CA_CERTS",
        "NO_PROXY",
    ]
    .into_iter()
    .filter(|name| environment.get(*name).is_none_or(String::is_empty))
    .collect();
    assert_eq!(empty, ["HTTPS_PROXY"]);
    assert!(Path::new(&environment["SSL_CERT_FILE"]).is_file());
}

fn token_step(world: &World, inputs: &[(&str, &str)]) -> Outcome {
    let mut job = job(world, None);
    let folder = TaskFolder::unpacked("token");
    let mut step = job
        .step(folder.path())
        .input("azureSubscription", MY_CONNECTION);
    for (name, value) in inputs {
        step = step.input(name, value);
    }
    step.run()
}

fn client_script(name: &str) -> std::path::PathBuf {
    root().join("tests/clients").join(name)
}
