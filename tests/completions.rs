//! `adieu completions`: what a shell may put in place of the word that is being written.
//!
//! It sends no request.

use std::process::{Command, Stdio};

use expect_test::expect;

/// Runs the binary, and returns what it prints.
fn adieu(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the binary starts");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("text")
}

/// What can replace the last word.
fn values(words: &[&str]) -> String {
    let lines = adieu(&[&["complete", "--"], words].concat());
    let values: Vec<&str> = lines
        .lines()
        .filter_map(|line| line.split('\t').next())
        .collect();
    values.join(" ")
}

#[test]
fn completes_verbs_flags_and_values() {
    for (words, expected) in [
        (&["e"][..], "exec extension events"),
        (&["extension", "pub"], "publish"),
        (&["token", "--o"], "--organization --output"),
        (&["token", "--credential", "a"], "auto azd az"),
        (
            &["token", "--credential=a"],
            "--credential=auto --credential=azd --credential=az",
        ),
        // As bash takes it apart.
        (&["token", "--credential", "=", "a"], "auto azd az"),
        (&["token", "-o", "head"], "header headervalue"),
        (&["token", "--tenant", ""], ""),
        (&["completions", ""], "bash zsh fish powershell"),
        (&["exec", "--token", "A=arm", "--cr"], "--credential"),
        (&["exec", "--", "npx", "--"], ""),
        (&["exec", "npx", "--to"], ""),
        (&["no-such-verb", "x"], ""),
        (&["ta"], ""),
    ] {
        assert_eq!(values(words), expected, "{words:?}");
    }
    expect![[r#"
        auto	Try each of the following in order and use the first that works
        pipelines	The service connection of the pipeline
        workload-identity	A federated token in a file, as on Kubernetes
        managed-identity	The managed identity of the machine or app
        azd	The sign-in of the Azure Developer CLI
        az	The sign-in of the Azure CLI
    "#]]
    .assert_eq(&adieu(&["complete", "--", "token", "--credential", ""]));
}

#[test]
fn bash_completes_by_it() {
    let script = adieu(&["completions", "bash"]);
    let ask = r#"
        COMP_WORDS=(adieu token --credential m) COMP_CWORD=3
        _adieu
        printf '%s\n' "${COMPREPLY[@]}"
        COMP_WORDS=(adieu exten) COMP_CWORD=1
        _adieu
        printf '%s\n' "${COMPREPLY[@]}""#;
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_adieu"));
    let folder = binary.parent().expect("a folder").display();
    let path = format!("{folder}:{}", std::env::var("PATH").expect("a path"));
    let output = Command::new("bash")
        .args(["--norc", "-c", &format!("{script}{ask}")])
        .env("PATH", path)
        .output()
        .expect("bash starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        (said.as_ref(), errors.as_ref()),
        ("managed-identity\nextension\n", "")
    );
}
