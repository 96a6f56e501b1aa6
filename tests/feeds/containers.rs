//! `containerRegistries`: the configuration for docker, podman and skopeo, and the helper's answers.
//!
//! `cargo xtask test --feeds` runs skopeo itself.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use adieu_emulator::{MY_CONNECTION, TaskResult};
use expect_test::expect;

use super::job::{Feeds, world, write};

const REGISTRY: (&str, &str) = ("containerRegistries", "adieu.azurecr.io");

/// What the helper prints for a registry, and its exit code.
fn answer(feeds: &Feeds<'_>, verb: &str, registry: &str) -> (String, Option<i32>) {
    let mut process = Command::new(feeds.folder().join("bin/docker-credential-adieu"))
        .arg(verb)
        .env_clear()
        .envs(feeds.environment())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the helper starts");
    let mut stream = process.stdin.take().expect("a pipe");
    let _ = stream.write_all(registry.as_bytes());
    drop(stream);
    let output = process.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (text, output.status.code())
}

#[test]
fn a_registry_gets_its_own_token() {
    let world = world();
    let mut feeds = Feeds::of(&world);
    let user = feeds.home().join(".docker");
    write(
        &user.join("config.json"),
        "{\"credHelpers\":{\"other.example\":\"own\"},\"currentContext\":\"remote\"}",
    );
    write(&user.join("contexts/meta/x"), "x");
    let log = feeds.succeed(&[REGISTRY]);
    assert_eq!(
        log,
        "adieu.azurecr.io: for docker, podman and skopeo (docker-credential-adieu)."
    );
    let folder = feeds.folder().join("docker");
    let config = fs::read_to_string(folder.join("config.json")).expect("a file");
    expect![[r#"{"credHelpers":{"adieu.azurecr.io":"adieu","other.example":"own"},"currentContext":"remote"}"#]]
        .assert_eq(&config);
    assert!(folder.join("contexts/meta/x").is_file());
    let value = |name: &str| feeds.job.value(name).expect("a variable").to_owned();
    assert_eq!(value("DOCKER_CONFIG"), folder.display().to_string());
    let file = folder.join("config.json").display().to_string();
    assert_eq!(value("REGISTRY_AUTH_FILE"), file);
    for registry in ["adieu.azurecr.io", "https://adieu.azurecr.io"] {
        let (text, code) = answer(&feeds, "get", registry);
        assert_eq!(code, Some(0), "{text}");
        let answer: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(answer["ServerURL"], registry);
        assert_eq!(answer["Username"], "00000000-0000-0000-0000-000000000000");
        assert_eq!(world.secrets_in(&text), ["registry refresh token"]);
    }
    for other in [
        "other.azurecr.io",
        "adieu.azurecr.io.evil.example",
        "adieu.azurecr.io:8443",
        "https://adieu.azurecr.io@evil.example",
        "http://adieu.azurecr.io",
        "docker.io",
        "",
    ] {
        let found = answer(&feeds, "get", other);
        let not_found = "credentials not found in native keychain".to_owned();
        assert_eq!(found, (not_found, Some(1)), "{other}");
    }
    assert_eq!(answer(&feeds, "list", ""), ("{}".to_owned(), Some(0)));
    for verb in ["store", "erase"] {
        assert_eq!(answer(&feeds, verb, "{}"), (String::new(), Some(0)));
    }
    feeds.end();
    assert!(user.join("contexts/meta/x").is_file());
}

#[test]
fn a_registry_needs_a_connection_and_a_name() {
    let world = world();
    let failed = |inputs: &[(&str, &str)]| {
        let mut feeds = Feeds::of(&world);
        let outcome = feeds.run_with(inputs);
        assert_eq!(outcome.result, TaskResult::Failed, "{}", outcome.log);
        outcome.log
    };
    expect![[r#"
        ##[error]containerRegistries needs a service connection: the job's own token is not valid for Azure.
        What to do: Set azureSubscription or azureDevOpsServiceConnection to a connection whose identity has the role AcrPull of the registry, or AcrPush.
        More: adieu explain feeds"#]]
    .assert_eq(&failed(&[REGISTRY]));
    expect![[r#"
        ##[error]containerRegistries: 'docker.io' is not an Azure container registry.
        What to do: Write its login server, one per line: contoso.azurecr.io
        More: adieu explain feeds"#]]
    .assert_eq(&failed(&[
        ("azureSubscription", MY_CONNECTION),
        ("containerRegistries", "docker.io"),
    ]));
}
