//! `adieu completions`: candidates for the word that is being typed.
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

/// The candidates for the last word.
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
        (&["e"][..], "exec extension events explain"),
        (&["extension", "pub"], "publish"),
        (&["pa"], "pats"),
        (&["feeds", ""], "list check login logout"),
        (&["feeds", "login", "--sh"], "--shell"),
        (&["exec", "--fe"], "--feeds"),
        (&["pats", "--output", ""], "text json csv html"),
        (&["pats", "--e"], "--expires-before"),
        (&["token", "--o"], "--organization --output"),
        (&["token", "--credential", "a"], "auto azd az"),
        (
            &["token", "--credential=a"],
            "--credential=auto --credential=azd --credential=az",
        ),
        // The words as bash splits them.
        (&["token", "--credential", "=", "a"], "auto azd az"),
        (&["token", "-o", "head"], "header headervalue"),
        (&["token", "--tenant", ""], ""),
        (&["completions", ""], "bash zsh fish powershell"),
        (&["exec", "--env", "A=arm", "--cr"], "--credential"),
        (&["whoami", "--q"], "--quiet"),
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
        github-actions	The identity of a GitHub Actions workflow
        gitlab	The identity of a GitLab CI/CD job
        workload-identity	A federated token in a file, as on Kubernetes, or in a variable
        managed-identity	The managed identity of the machine or app
        azd	The sign-in of the Azure Developer CLI
        az	The sign-in of the Azure CLI
    "#]]
    .assert_eq(&adieu(&["complete", "--", "token", "--credential", ""]));
}

#[test]
fn bash_uses_the_completions() {
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
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        (text.as_ref(), errors.as_ref()),
        ("managed-identity\nextension\n", "")
    );
}

#[test]
fn installs_itself_in_an_empty_home() {
    let home = tempfile::tempdir().expect("a folder");
    for (shell, file) in [
        ("bash", ".local/share/bash-completion/completions/adieu"),
        ("zsh", ".zfunc/_adieu"),
        ("fish", ".config/fish/completions/adieu.fish"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_adieu"))
            .args(["completions", shell, "--install"])
            .env_clear()
            .env("HOME", home.path())
            .output()
            .expect("the binary starts");
        assert!(output.status.success(), "{shell}");
        let script = std::fs::read_to_string(home.path().join(file)).expect("a script");
        assert_eq!(script.trim_end(), adieu(&["completions", shell]).trim_end());
    }
    let output = Command::new(env!("CARGO_BIN_EXE_adieu"))
        .args(["completions", "powershell", "--install"])
        .output()
        .expect("the binary starts");
    expect![[r#"
        error: Cannot find the folder from which this shell loads completions.
        What to do: Print the script, and put it where your shell looks: adieu completions powershell >> $PROFILE
        More: adieu explain completions
    "#]]
    .assert_eq(&String::from_utf8_lossy(&output.stderr));
}

/// Without -f, fish would offer all files of the folder in addition to each answer.
#[test]
fn fish_offers_files_only_where_there_is_no_answer() {
    let script = adieu(&["completions", "fish"]);
    assert!(script.contains("complete -c adieu -f "), "{script}");
    assert!(script.contains("__fish_complete_path"), "{script}");
}
