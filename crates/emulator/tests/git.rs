//! The organizations' repositories, accessed by git itself.
//!
//! It never uses the client of this repository.

use std::path::Path;
use std::process::{Command, Output};

use adieu_emulator::{MY_CONNECTION, World};

const REPOSITORY: &str = "https://dev.azure.com/contoso/fabrikam/_git/hello";

/// git in its own folder, without the settings of this machine.
fn git(world: &World, proxy: &str, folder: &Path, arguments: &[&str]) -> Output {
    Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("HTTPS_PROXY", proxy)
        .env("GIT_SSL_CAINFO", world.ca_file())
        .output()
        .expect("git is on the PATH")
}

fn header(scheme: &str, token: &str) -> String {
    use base64::Engine as _;
    let credential = match scheme {
        "bearer" => token.to_owned(),
        _ => base64::engine::general_purpose::STANDARD.encode(format!("anyone:{token}")),
    };
    format!("http.extraHeader=Authorization: {scheme} {credential}")
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn git_clones_and_pushes_with_a_token_in_either_form() {
    let world = World::start();
    world.organizations().add_member("contoso", MY_CONNECTION);
    let bare = world
        .git()
        .add_repository("contoso", "fabrikam", "hello", &[("a.txt", "hello")]);
    let proxy = world.network().url();
    let token = world.entra().azure_devops_token(MY_CONNECTION);
    for (scheme, version, url) in [
        ("bearer", "2", REPOSITORY),
        (
            "basic",
            "1",
            "https://contoso.visualstudio.com/fabrikam/_git/hello",
        ),
        (
            "Basic",
            "0",
            "https://contoso.visualstudio.com/DefaultCollection/fabrikam/_git/hello",
        ),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let header = header(scheme, &token);
        let protocol = format!("protocol.version={version}");
        let git = |arguments: &[&str]| {
            let configured = ["-c", &header, "-c", &protocol];
            let output = git(
                &world,
                &proxy,
                folder.path(),
                &[&configured, arguments].concat(),
            );
            assert!(output.status.success(), "{}", errors(&output));
        };
        git(&["clone", "--quiet", url, "."]);
        // Larger than git sends in one piece.
        let large: Vec<u8> = (0..3_000_000_u32)
            .map(|number| (number.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0])
            .collect();
        std::fs::write(folder.path().join(scheme), large).expect("a file");
        git(&["add", "."]);
        let author = ["-c", "user.name=A", "-c", "user.email=a@contoso.example"];
        git(&[&author[..], &["commit", "--quiet", "-m", scheme]].concat());
        git(&["push", "--quiet", "origin", "HEAD"]);
    }
    let log = Command::new("git")
        .arg("-C")
        .arg(bare)
        .args(["log", "--format=%s", "main"])
        .output()
        .expect("git is on the PATH");
    assert_eq!(
        String::from_utf8_lossy(&log.stdout),
        "Basic\nbasic\nbearer\nThe first commit\n"
    );
    let requests = world.git().requests();
    for expected in [
        "GET hello/info/refs?service=git-upload-pack version=2 Bearer 200",
        "GET hello/info/refs?service=git-upload-pack version=1 Basic 200",
        "GET hello/info/refs?service=git-upload-pack version=0 Basic 200",
        "POST hello/git-receive-pack version=0 Basic 200",
    ] {
        assert!(
            requests.iter().any(|request| request == expected),
            "{expected} in {requests:#?}"
        );
    }
}

#[test]
fn git_gets_the_refusals_of_azure_devops() {
    let world = World::start();
    world
        .git()
        .add_repository("contoso", "fabrikam", "hello", &[("a.txt", "hello")]);
    world
        .git()
        .add_repository("another", "fabrikam", "hello", &[("a.txt", "hello")]);
    let proxy = world.network().url();
    let folder = tempfile::tempdir().expect("a folder");
    let refusal = |token: &str, url: &str| {
        let header = header("bearer", token);
        let output = git(
            &world,
            &proxy,
            folder.path(),
            &["-c", &header, "ls-remote", url],
        );
        assert!(!output.status.success());
        errors(&output)
    };
    let token = world.entra().azure_devops_token(MY_CONNECTION);
    // No credential, and one of another identity.
    for token in ["eyJ.eyJ.c2ln", &token] {
        assert!(refusal(token, REPOSITORY).contains("could not read Username"));
    }
    world.organizations().add_member("contoso", MY_CONNECTION);
    world.organizations().add_member("another", MY_CONNECTION);
    let missing = refusal(&token, &format!("{REPOSITORY}-2"));
    assert!(missing.contains("remote: TF401019: The Git repository with name or identifier hello-2 does not exist or you do not have permissions"), "{missing}");
    world
        .organizations()
        .make_stakeholder("contoso", MY_CONNECTION);
    assert!(refusal(&token, REPOSITORY).contains("remote: TF401019"));
    let another = REPOSITORY.replace("contoso", "another");
    let header = header("bearer", &token);
    let reads = git(
        &world,
        &proxy,
        folder.path(),
        &["-c", &header, "ls-remote", &another],
    );
    assert!(reads.status.success(), "{}", errors(&reads));
    world.clock().advance(std::time::Duration::from_secs(3600));
    assert!(refusal(&token, &another).contains("could not read Username"));
}
