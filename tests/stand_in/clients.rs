//! Real clients that read their credential once: each works for six hours, and every request has a valid token.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;
use std::time::Duration;

use adieu_emulator::MY_CONNECTION;

use super::{PROJECTS, RestOfJob, client_script, job, output_text, world};
use crate::emulated_time::Time;
use crate::harness::client;
use crate::shell::Shell;

const HOUR: Duration = Duration::from_secs(60 * 60);

#[test]
fn curl_git_and_a_python_process_work_for_six_hours() {
    let world = world();
    world.azure_devops().id_token_lifetime(600);
    world.entra().access_token_lifetime(3599);
    let time = Time::of(&world);
    let rest = RestOfJob::of(&world, job(&world, Some(&time)), &[]);
    // It reads its variable once, and keeps its connection.
    let mut process = rest
        .command(client("python").join("bin/python"))
        .arg(client_script("stand_in.py"))
        .arg(PROJECTS)
        .envs(time.environment())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python");
    let mut input = process.stdin.take().expect("its input");
    let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
    let script = format!(
        "curl -sS -o /dev/null -w '%{{http_code}}\\n' -u \"x:$AZURE_DEVOPS_TOKEN\" '{PROJECTS}'; \
         git ls-remote \"https://x:$AZURE_DEVOPS_TOKEN@dev.azure.com/contoso/fabrikam/_git/hello\" HEAD 2>&1 | cut -f 2"
    );
    let before = world.entra().requests().len();
    for hour in 0..=6 {
        assert_eq!(rest.script(&script), "200\nHEAD\n", "after {hour} hours");
        writeln!(input, "again").expect("it reads");
        let line = lines.next().expect("a line").expect("text");
        assert_eq!(line, "200 hello", "after {hour} hours");
        time.advance(HOUR);
    }
    drop(input);
    assert!(process.wait().expect("an end").success());
    let exchanges = world.entra().requests().len() - before;
    assert_eq!(exchanges, 7);
    let refused = world.git().requests();
    let refused = refused.iter().filter(|line| line.ends_with("Bearer 401"));
    assert_eq!(refused.count(), 0);
    rest.end();
}

/// tfx has its token in its arguments, and its Azure DevOps client sends no key to the proxy.
#[test]
fn tfx_works_with_the_marketplace_for_six_hours() {
    let world = world();
    world.entra().access_token_lifetime(3599);
    for identity in [MY_CONNECTION, "machine"] {
        world.marketplace().set_role("pub", identity, Some("Owner"));
    }
    let time = Time::of(&world);
    let folder = crate::extension_package::hello(&[]);
    let packed = folder.adieu(&["package", "--output-path", "hello.vsix"]);
    assert_eq!(packed.status, 0, "{}", packed.stderr);
    // A new extension's address does not name its publisher, so a stand-in does not count there.
    let file = folder.path("hello.vsix").display().to_string();
    let first = Shell::machine(&world).adieu(&["extension", "publish", "--vsix", &file]);
    assert_eq!(first.status, 0, "{}", first.stderr);
    let configure = "proxy\norganizations = contoso\npublishers = pub";
    let rest = RestOfJob::of(
        &world,
        job(&world, Some(&time)),
        &[("configure", configure)],
    );
    let script = client("tfx").join("node_modules/tfx-cli/_build/tfx-cli.js");
    let tfx = |arguments: &[&str]| {
        let output = rest
            .command("node")
            .arg(&script)
            .arg("extension")
            .args(arguments)
            .args(["--service-url", "https://marketplace.visualstudio.com"])
            .args(["--token", &rest.environment["AZURE_DEVOPS_TOKEN"]])
            .args(["--no-prompt", "--no-color", "--json"])
            .current_dir(folder.path("."))
            .output();
        output_text(&world, &output.expect("node"))
    };
    let published = tfx(&["publish", "--vsix", "hello.vsix", "--no-wait-validation"]);
    assert!(published.contains("pub"), "{published}");
    for hour in 0..6 {
        let shown = tfx(&["show", "--publisher", "pub", "--extension-id", "hello"]);
        assert!(
            shown.contains("\"extensionId\""),
            "after {hour} hours: {shown}"
        );
        time.advance(HOUR);
    }
    rest.end();
}
