//! The helper without git: requests as git writes them, and answers as git reads them.
//!
//! The protocol is in `git help credential`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use adieu_emulator::World;
use expect_test::expect;

use super::{endpoint, world};

/// Sends a request as git does.
fn ask(world: &World, arguments: &[&str], question: &str) -> (String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_adieu"))
        .arg("git-credential")
        .args(arguments)
        .env_clear()
        .envs(endpoint(world))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("adieu starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(question.as_bytes()).expect("adieu reads");
    drop(stdin);
    let output = child.wait_with_output().expect("adieu ends");
    assert!(output.status.success());
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn answers_in_the_form_that_git_reads() {
    let world = world();
    let place = "protocol=https\nhost=dev.azure.com\npath=contoso/fabrikam/_git/hello\n";
    let mut answers = String::new();
    for question in [
        format!("{place}\n"),
        format!("{place}username=contoso\n\n"),
        format!("capability[]=authtype\ncapability[]=state\n{place}wwwauth[]=TFS-Federated\n\n"),
    ] {
        let (answer, errors) = ask(&world, &["get"], &question);
        assert_eq!(errors, "");
        assert_eq!(world.secrets_in(&answer).last(), Some(&"access token"));
        for line in answer.lines() {
            let (key, value) = line.split_once('=').expect("a line");
            let shown = match key {
                "password" | "credential" => "[TOKEN]",
                "password_expiry_utc" => "[SECONDS]",
                _ => value,
            };
            answers.push_str(&format!("{key}={shown}\n"));
        }
        answers.push('\n');
    }
    expect![[r#"
        username=adieu
        password=[TOKEN]
        password_expiry_utc=[SECONDS]
        quit=1

        username=contoso
        password=[TOKEN]
        password_expiry_utc=[SECONDS]
        quit=1

        capability[]=authtype
        authtype=Bearer
        credential=[TOKEN]
        ephemeral=1
        password_expiry_utc=[SECONDS]

    "#]]
    .assert_eq(&answers);
}

/// A token for another tenant would be refused, so it is not returned if it can be decoded, as in 2025, in whatever
/// form the challenge is.
#[test]
fn reads_the_challenge_in_any_form() {
    let world = world();
    world.entra().readable_tokens();
    let another = "11111111-2222-4333-8444-555555555555";
    for challenge in [
        format!("Bearer authorization_uri=https://login.microsoftonline.com/{another}"),
        format!("bearer Authorization_Uri='https://login.microsoftonline.com/{another}'"),
        format!("BEARER AUTHORIZATION_URI=\"https://login.windows.net/{another}/\""),
    ] {
        let place = "protocol=https\nhost=dev.azure.com\npath=contoso/fabrikam/_git/hello\n";
        let question = format!("{place}wwwauth[]={challenge}\n\n");
        let (answer, errors) = ask(&world, &["get"], &question);
        assert_eq!(answer, "quit=1\n", "{challenge}");
        assert!(errors.starts_with("error: contoso is connected to another tenant"));
    }
}

#[test]
fn ignores_requests_for_other_hosts() {
    let world = world();
    let place = "protocol=https\nhost=dev.azure.com\npath=contoso/fabrikam/_git/hello\n\n";
    for (arguments, question) in [
        (
            &["get"][..],
            "protocol=https\nhost=github.com\npath=contoso/hello\n\n",
        ),
        (
            &["get"],
            "protocol=http\nhost=dev.azure.com\npath=contoso/fabrikam/_git/hello\n\n",
        ),
        (&["get"], "protocol=https\nhost=dev.azure.com.example\n\n"),
        (&["get"], ""),
        (&["--organization", "fabrikam", "get"], place),
        (
            &["--organization", "contoso", "get"],
            "protocol=https\nhost=dev.azure.com\n\n",
        ),
        (&["store"], place),
        (&["erase"], place),
        (&["capability"], ""),
    ] {
        let answer = ask(&world, arguments, question);
        assert_eq!(
            answer,
            (String::new(), String::new()),
            "{arguments:?} {question}"
        );
    }
    assert_eq!(world.managed_identity().requests(), Vec::<String>::new());
    // Azure DevOps' own addresses have the organization as the user; without useHttpPath there is nothing else.
    let user = "protocol=https\nhost=dev.azure.com\nusername=contoso\n\n";
    for question in [place, user] {
        let (answer, _) = ask(&world, &["--organization", "Contoso", "get"], question);
        assert!(answer.contains("password="), "{question}");
        let others = ask(&world, &["--organization", "fabrikam", "get"], question);
        assert_eq!(others, (String::new(), String::new()), "{question}");
    }
}
