//! `adieu scan --machine`: the files in which clients keep tokens, and the environment.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{ScanOutput, new_token, old_token, run, tree};

fn machine(home: &std::path::Path, variables: &[(&str, &str)]) -> ScanOutput {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adieu"));
    command
        .args(["scan", "--machine", "--output", "json"])
        .current_dir(home)
        .env_clear()
        .env("HOME", home)
        .envs(variables.iter().copied());
    run(command, b"")
}

#[test]
fn reads_the_places_of_clients_and_the_environment() {
    let (new, old) = (new_token(), old_token());
    let password = STANDARD.encode(&new);
    let npmrc = format!("//pkgs.dev.azure.com/c/:_password={password}\n");
    let git = format!("https://me:{old}@dev.azure.com\n");
    let folder = tree(&[
        (".npmrc", npmrc.as_bytes()),
        (".git-credentials", git.as_bytes()),
        (".bash_history", format!("export PAT={new}\n").as_bytes()),
        ("work/secret.txt", new.as_bytes()),
        (".azure/azuredevops/personalAccessTokens", old.as_bytes()),
    ]);
    let scanned = machine(folder.path(), &[("MY_PAT", &new), ("OTHER", "x")]);
    let home = folder.path().display().to_string();
    let places: Vec<String> = scanned
        .places()
        .iter()
        .filter(|place| place.contains("azure-devops-pat"))
        .map(|place| place.replace(&home, "~"))
        .collect();
    assert_eq!(
        places,
        [
            "(environment) MY_PAT:1:1 azure-devops-pat certain",
            "~/.azure/azuredevops/personalAccessTokens:1:1 azure-devops-pat-legacy certain",
            "~/.bash_history:1:12 azure-devops-pat certain",
            "~/.git-credentials:1:12 azure-devops-pat-legacy certain",
            "~/.npmrc:1:35 azure-devops-pat certain",
        ]
    );
}

#[test]
fn is_refused_in_a_pipeline() {
    let folder = tree(&[(".npmrc", new_token().as_bytes())]);
    let scanned = machine(folder.path(), &[("TF_BUILD", "True")]);
    assert_eq!((scanned.status, scanned.stdout.as_str()), (2, ""));
    assert!(
        scanned
            .stderr
            .starts_with("error: --machine does not work in a pipeline.\n"),
        "{}",
        scanned.stderr
    );
}
