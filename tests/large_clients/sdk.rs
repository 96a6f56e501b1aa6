//! What an Azure SDK gets in a job, and when it gets another token: the same for every language.
//!
//! Programs in Go and Java do not live in the emulated time, so tokens live for seconds here: an SDK renews one that
//! has five minutes left, and so does the broker.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use adieu_emulator::{MY_CONNECTION, TaskResult, World};

use crate::harness::{AZURE_DEVOPS, TaskFolder};

/// The credentials that every SDK has for a managed identity get their tokens from the endpoint.
pub(crate) fn managed_identity(program: fn(&str) -> Command) {
    for credential in ["ManagedIdentityCredential", "DefaultAzureCredential"] {
        gets_two_tokens("identity", None, program(credential));
    }
}

/// The credential for Azure Pipelines takes what `configure` sets.
pub(crate) fn pipelines(program: fn(&str) -> Command) {
    gets_two_tokens(
        "azurePipelinesCredential",
        Some("SYSTEM_ACCESSTOKEN"),
        program("AzurePipelinesCredential"),
    );
}

/// Asks a program, in a script of a job with these words of `configure`, until it has had two tokens. The job's own token
/// is mapped where `maps` names a variable for it.
pub(crate) fn gets_two_tokens(configure: &str, maps: Option<&str>, mut program: Command) {
    let world = World::start();
    // Two seconds more than what is renewed.
    world.entra().access_token_lifetime(5 * 60 + 2);
    let mut job = world.job();
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
        // The agent gives it to every script.
        let uri = "SYSTEM_OIDCREQUESTURI";
        environment.insert(uri.to_owned(), own[uri].clone());
    }
    let proxy = world.network();
    if program.get_program() == "java" {
        program.env("JAVA_TOOL_OPTIONS", trust_of_java(&world));
    }
    let mut running = program
        .envs(&environment)
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", world.folder())
        .env("SSL_CERT_FILE", world.ca_file())
        .env("HTTPS_PROXY", proxy.url())
        // Without NO_PROXY, which the task sets, a client would send the broker's secret to this proxy.
        .env("HTTP_PROXY", proxy.url())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut asks = running.stdin.take().unwrap();
    let mut answers = BufReader::new(running.stdout.take().unwrap()).lines();
    let mut get = || {
        writeln!(asks, "{AZURE_DEVOPS}/.default").expect("it listens");
        let answer = answers.next().expect("an answer").expect("text");
        assert_eq!(world.secrets_in(&answer), ["access token"], "{answer}");
        answer
    };
    let first = get();
    let given_up = Instant::now() + Duration::from_secs(60);
    loop {
        if get() != first {
            break;
        }
        assert!(
            Instant::now() < given_up,
            "it kept a token that has expired"
        );
    }
    drop(asks);
    assert!(running.wait().expect("an end").success());
    assert!(!proxy.asked().iter().any(|host| host.contains("127.0.0.1")));
    let last = job.step(task.path()).section("postjobexecution").run();
    assert_eq!(last.result, TaskResult::Succeeded, "{}", last.log);
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
