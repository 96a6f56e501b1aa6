//! `adieu exec`: tokens in a command's environment, a broker for it, and its exit code.
//!
//! It uses only the emulator and the fake azd and az.

use std::fs;
use std::io::Read as _;
use std::process::Command;

use adieu_emulator::{MY_CONNECTION, World};
use expect_test::expect;

use crate::harness::{set_mode, stable};
use crate::shell::{Shell, signed_in_user};

const SH: &str = "/bin/sh";

#[test]
fn a_command_finds_its_tokens_in_its_environment() {
    let (world, token) = signed_in_user();
    let shell = Shell::with(&world, &["azd"]).signed_in(&token);
    let print = "echo $AZURE_DEVOPS_TOKEN $AZURE_DEVOPS_TOKEN_EXPIRES_ON $OTHER";
    let output = shell.adieu(&["exec", "--", SH, "-c", print]);
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert_eq!(output.stdout, format!("{token} 2030-01-02T03:04:05Z\n"));
    expect![""].assert_eq(&output.stderr);
    let output = shell.adieu(&[
        "exec",
        "--credential",
        "azd",
        "--token",
        "SECRET_OTHER=azureDevOps",
        SH,
        "-c",
        "echo $AZURE_DEVOPS_TOKEN$SECRET_OTHER",
    ]);
    assert_eq!(
        (output.stdout, output.stderr.as_str()),
        (format!("{token}\n"), "")
    );
}

#[test]
fn reads_the_tokens_that_a_project_file_lists() {
    let (world, token) = signed_in_user();
    let shell = Shell::with(&world, &["az"]).signed_in(&token);
    let lines = "# for jest.integration.config.js\nINTEGRATION_TOKEN = azureDevOps\n";
    fs::write(shell.home().join("adieu.tokens"), lines).expect("a file");
    let print = "echo $INTEGRATION_TOKEN$AZURE_DEVOPS_TOKEN";
    let output = shell.adieu(&["exec", "--credential", "az", "--", SH, "-c", print]);
    assert_eq!(output.stdout, format!("{token}\n"), "{}", output.stderr);
}

#[test]
fn a_file_of_tokens_may_begin_with_a_byte_order_mark_and_its_errors_name_the_line() {
    let (world, token) = signed_in_user();
    let shell = Shell::with(&world, &["az"]).signed_in(&token);
    let file = shell.home().join("adieu.tokens");
    fs::write(&file, "\u{feff}INTEGRATION_TOKEN=azureDevOps\r\n").expect("a file");
    let print = "echo $INTEGRATION_TOKEN";
    let arguments = ["exec", "--credential", "az", "--", SH, "-c", print];
    let output = shell.adieu(&arguments);
    assert_eq!(output.stdout, format!("{token}\n"), "{}", output.stderr);
    fs::write(&file, "\u{feff}# mine\n\nbad\n9=arm\nA=azureDevOps\n").expect("a file");
    let output = shell.adieu(&arguments);
    expect![[r#"
        error: adieu.tokens:3: 'bad' has no '='.
        What to do: Write VARIABLE=resource, as in AZURE_DEVOPS_TOKEN=azureDevOps.
        More: adieu explain token
        adieu.tokens:4: '9=arm': '9' is not a valid variable name: it may have letters, digits, '.' and '_' only, and starts with a letter or '_'.
        What to do: Use letters, digits and underscores.
        More: adieu explain token
    "#]]
    .assert_eq(&output.stderr);
    assert_eq!((output.status, output.stdout.as_str()), (2, ""));
}

/// Other processes can read neither its environment nor, with a debugger, its memory: the system gives the files of
/// such a process to root.
#[cfg(target_os = "linux")]
#[test]
fn hides_its_environment_and_memory_from_other_processes() {
    use std::os::unix::process::CommandExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let adieu = folder.path().join("adieu");
    fs::copy(env!("CARGO_BIN_EXE_adieu"), &adieu).expect("a copy");
    set_mode(&adieu, 0o755);
    set_mode(folder.path(), 0o755);
    let script = "stat -c %u /proc/$PPID/environ; cat /proc/$PPID/environ 2>/dev/null | tr -d '\\0' | grep -c A_SECRET";
    let mut command = std::process::Command::new(&adieu);
    command
        .args(["exec", "--token", "A=azureDevOps", "--", SH, "-c", script])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("A", "A_SECRET")
        .current_dir("/");
    // Root can read everything.
    if fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
        command.uid(65534).gid(65534);
    }
    let output = command.output().expect("adieu starts");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n0\n");
}

#[test]
fn requests_nothing_for_a_variable_that_is_set() {
    let world = World::start();
    // There is no credential.
    let shell = Shell::with(&world, &[]).set("INTEGRATION_TOKEN", "from the pipeline");
    let arguments = [
        "exec",
        "--token",
        "INTEGRATION_TOKEN=azureDevOps",
        "--",
        SH,
        "-c",
        "echo $INTEGRATION_TOKEN$IDENTITY_ENDPOINT",
    ];
    let output = shell.adieu(&arguments);
    expect![[r#"
        warning: INTEGRATION_TOKEN is already set, so it is left alone; unset it to use a new token.
    "#]]
    .assert_eq(&output.stderr);
    assert_eq!(
        (output.status, output.stdout.as_str()),
        (0, "from the pipeline\n")
    );
    let quiet = shell.adieu(&[&["-q"], &arguments[..]].concat());
    assert_eq!((quiet.status, quiet.stderr.as_str()), (0, ""));
    let shell = shell.managed_identity();
    assert_eq!(shell.adieu(&arguments).status, 0);
    // In a pipeline, a variable that is already set is expected.
    let output = shell.set("TF_BUILD", "True").adieu(&arguments);
    assert_eq!((output.status, output.stderr.as_str()), (0, ""));
    assert!(world.managed_identity().requests().is_empty());
}

#[test]
fn an_undefined_macro_does_not_count_as_set() {
    let world = World::start();
    let shell = Shell::with(&world, &[])
        .managed_identity()
        .set("INTEGRATION_TOKEN", "$(integrationToken)");
    let output = shell.adieu(&[
        "exec",
        "--token",
        "INTEGRATION_TOKEN=azureDevOps",
        "--",
        SH,
        "-c",
        "echo $INTEGRATION_TOKEN",
    ]);
    assert_eq!(world.secrets_in(&output.stdout), ["access token"]);
}

#[test]
fn the_broker_of_a_command_issues_fresh_tokens() {
    let (world, token) = signed_in_user();
    let shell = Shell::with(&world, &["azd"])
        .signed_in(&token)
        .set("HTTP_PROXY", "http://127.0.0.1:9")
        .set("NO_PROXY", "contoso.example");
    let client = "/usr/bin/curl -sS -H \"X-IDENTITY-HEADER: $IDENTITY_HEADER\" \"$IDENTITY_ENDPOINT?api-version=2019-08-01&resource=499b84ac-1321-427f-aa17-267ca6975798\"";
    let output = shell.adieu(&["exec", "--credential", "azd", "--", SH, "-c", client]);
    let body: serde_json::Value = serde_json::from_str(&output.stdout).expect(&output.stderr);
    assert_eq!(body["access_token"].as_str(), Some(token.as_str()));
    let variables =
        "echo $NO_PROXY; echo ${IDENTITY_ENDPOINT%%:[0-9]*} ${AZD_AUTH_ENDPOINT%%:[0-9]*}";
    let output = shell.adieu(&[
        "exec",
        "--credential",
        "azd",
        "--configure",
        "azd",
        "--",
        SH,
        "-c",
        variables,
    ]);
    expect![[r#"
        contoso.example,127.0.0.1,localhost
        http://127.0.0.1
    "#]]
    .assert_eq(&output.stdout);
    let output = shell.adieu(&[
        "exec",
        "--credential",
        "azd",
        "--configure=",
        "--",
        SH,
        "-c",
        variables,
    ]);
    expect![[r#"
        contoso.example

    "#]]
    .assert_eq(&output.stdout);
}

#[test]
fn uses_one_identity_for_all_tokens_of_a_command() {
    let (world, token) = signed_in_user();
    let pod = world.azure_devops().late_bound_id_token(MY_CONNECTION, 0);
    // A person who is signed in there could provide the token that the pod's identity cannot get.
    let shell = Shell::in_a_pod(&world, &pod, &["azd"])
        .signed_in(&token)
        .set("FAKE_SCOPE", "api://unknown-1/.default");
    let tokens = ["--token", "A=azureDevOps", "--token", "B=api://unknown-1"];
    let output = shell.adieu(&[&["exec"], &tokens[..], &["--", SH, "-c", "echo no"]].concat());
    expect![[r#"
        error: Microsoft Entra refused the workload identity (AADSTS500011) because the tenant does not have the resource that the token is for.
          it said: The resource principal named api://unknown-1 was not found in the tenant named [TENANT].
          authority: [ENTRA]
          tenant: [TENANT]
          client id: [GUID]
          scope: api://unknown-1/.default
          correlation id: [GUID]
          trace id: [GUID]
          timestamp: [TIME]
          credential: workload-identity
        What to do: Check --resource; for Azure DevOps, --organization finds the tenant that the organization is connected to.
        More: adieu explain aadsts500011
    "#]].assert_eq(&stable(&world, &output.stderr));
    assert_eq!((output.status, output.stdout.as_str()), (1, ""));
}

#[test]
fn exits_like_the_command() {
    let world = World::start();
    let shell = Shell::with(&world, &[]).managed_identity();
    for (script, status) in [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137)] {
        let output = shell.adieu(&[
            "exec",
            "--credential",
            "managed-identity",
            "--",
            SH,
            "-c",
            script,
        ]);
        assert_eq!(
            (output.status, output.stderr.as_str()),
            (status, ""),
            "{script}"
        );
    }
}

#[test]
fn passes_signals_on() {
    let world = World::start();
    let shell = Shell::with(&world, &[]).managed_identity();
    for (signal, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        let script = format!(
            // A signal is lost if it arrives before the background job has become `sleep`, which holds none of the
            // test's pipes.
            "trap 'kill $!; echo bye; exit {}' {signal}; sleep 600 >/dev/null 2>&1 & echo ready; wait",
            40 + number
        );
        let mut child = shell.start(&[
            "exec",
            "--credential",
            "managed-identity",
            "--",
            SH,
            "-c",
            &script,
        ]);
        let mut ready = [0; 6];
        let output = child.stdout.as_mut().expect("its output");
        output.read_exact(&mut ready).expect("a line");
        let send = format!("kill -s {signal} {}", child.id());
        let sent = Command::new(SH).args(["-c", &send]).status();
        assert!(sent.expect("a shell starts").success());
        let result = shell.end(child);
        assert_eq!(
            (result.status, result.stdout.as_str()),
            (40 + number, "bye\n")
        );
    }
}

/// A terminal also signals the command, and a second Ctrl+C means "immediately" to Terraform and others. It does not
/// matter whether standard input is the terminal: here it is not.
#[cfg(target_os = "linux")]
#[test]
fn passes_one_ctrl_c_on_once() {
    use std::io::Write as _;
    let world = World::start();
    let shell = Shell::with(&world, &[]).set("AZURE_DEVOPS_TOKEN", "x");
    let [script, ready, heard] =
        ["count.sh", "ready", "heard"].map(|name| world.folder().join(name));
    let count = format!(
        "n=0\ntrap 'n=$((n + 1)); echo yes > {}' INT\ntrap 'kill $!; exit $((40 + n))' TERM\nsleep 600 &\necho $PPID > {}\nwhile :; do wait; done\n",
        heard.display(),
        ready.display()
    );
    fs::write(&script, count).expect("a file");
    let command = format!(
        "exec {} exec -- {SH} {} < /dev/null",
        env!("CARGO_BIN_EXE_adieu"),
        script.display()
    );
    let mut terminal = shell
        .command("/usr/bin/script")
        .args(["-qefc", &command, "/dev/null"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .expect("a terminal");
    let adieu = loop {
        let number = fs::read_to_string(&ready).unwrap_or_default();
        if let Some(number) = number.strip_suffix('\n') {
            break number.to_owned();
        }
        std::thread::yield_now();
    };
    let mut keyboard = terminal.stdin.take().expect("its keyboard");
    keyboard.write_all(b"\x03").expect("Ctrl+C");
    // Until adieu has ignored the signal and waits again.
    let rests = || {
        let stat = fs::read_to_string(format!("/proc/{adieu}/stat")).unwrap_or_default();
        heard.exists() && stat.contains(") S ")
    };
    let mut seen = 0;
    while seen < 1000 {
        seen = if rests() { seen + 1 } else { 0 };
        std::thread::yield_now();
    }
    let send = format!("kill -s TERM {adieu}");
    let sent = Command::new(SH).args(["-c", &send]).status();
    assert!(sent.expect("a shell starts").success());
    let ended = terminal.wait().expect("an end");
    assert_eq!(ended.code(), Some(41));
}

#[test]
fn reports_why_a_command_cannot_run() {
    let world = World::start();
    let shell = Shell::with(&world, &[]).set("A", "x");
    let token = ["exec", "--token", "A=azureDevOps"];
    let mut text = String::new();
    for arguments in [
        &["--", "no-such-command"][..],
        &["--", "/"],
        &["--configure", "terraform", "--", SH],
        &[
            "--token", "B", "--token", "9=arm", "--token", "A=arm", "--token", "C=x", "--", SH,
        ],
        &[],
    ] {
        let one = shell.adieu(&[&token[..], arguments].concat());
        assert_eq!(one.stdout, "");
        text.push_str(&format!("{}exit {}\n\n", one.stderr, one.status));
    }
    let one =
        Shell::with(&world, &[]).adieu(&["exec", "--credential", "az", "--", SH, "-c", "echo no"]);
    assert_eq!(one.stdout, "");
    text.push_str(&format!("{}exit {}\n", one.stderr, one.status));
    expect![[r#"
        warning: A is already set, so it is left alone; unset it to use a new token.
        error: no-such-command: command not found.
        What to do: Write the command after --, as it is on the PATH.
        More: adieu explain exec
        exit 127

        warning: A is already set, so it is left alone; unset it to use a new token.
        error: Cannot start /: Permission denied.
        More: adieu explain exec
        exit 126

        error: terraform needs a service connection, so it works in the tasks only.
        What to do: Use identity, azd, git or proxy here, and EntraToken@1 in a pipeline.
        More: adieu explain configure
        exit 2

        error: --env 'B' has no '='.
        What to do: Write VARIABLE=resource, as in AZURE_DEVOPS_TOKEN=azureDevOps.
        More: adieu explain token
        --env '9=arm': '9' is not a valid variable name: it may have letters, digits, '.' and '_' only, and starts with a letter or '_'.
        What to do: Use letters, digits and underscores.
        More: adieu explain token
        --env 'A=arm' sets 'A' a second time.
        What to do: Give each token its own name; NAME_EXPIRES_ON belongs to NAME.
        More: adieu explain token
        --env 'C=x' names 'x', which is not a resource.
        What to do: Use azureDevOps, arm, graph, keyVault, storage, sql, an application ID or URI, or a scope that ends in /.default.
        More: adieu explain token
        exit 2

        error: the following required arguments were not provided:
          <COMMAND>...

        Usage: adieu exec [OPTIONS] -- <COMMAND>...

        For more information, try '--help'.
        exit 2

        error: az is not on the PATH.
        What to do: Install az (https://aka.ms/azure-cli), then: az login
        More: adieu explain credential
        exit 1
    "#]].assert_eq(&text);
}

#[test]
fn warns_where_the_log_would_show_the_tokens() {
    let (world, token) = signed_in_user();
    let shell = Shell::with(&world, &["az"])
        .signed_in(&token)
        .set("TF_BUILD", "True");
    let output = shell.adieu(&["exec", "--credential", "az", "--", SH, "-c", "echo on"]);
    expect![[r#"
        warning: Azure Pipelines does not mask these tokens, so the command must not print them; RunWithToken@1 masks its own.
    "#]].assert_eq(&output.stderr);
    assert_eq!((output.status, output.stdout.as_str()), (0, "on\n"));
}

#[test]
fn a_file_of_tokens_that_cannot_be_read_is_named() {
    let world = World::start();
    let shell = Shell::with(&world, &["az"]);
    fs::create_dir(shell.home().join("adieu.tokens")).expect("a folder");
    let output = shell.adieu(&["exec", "--credential", "az", "--", SH, "-c", "echo no"]);
    expect![[r#"
        error: Cannot read adieu.tokens: Is a directory.
        More: adieu explain exec
    "#]]
    .assert_eq(&output.stderr);
    assert_eq!((output.status, output.stdout.as_str()), (1, ""));
}

#[test]
fn help_has_examples() {
    let world = World::start();
    let output = Shell::with(&world, &[]).adieu(&["exec", "-h"]);
    expect![[r#"
        Run a command with access tokens in its environment, and a local endpoint for fresh ones

        Usage: adieu exec [OPTIONS] -- <COMMAND>...

        Arguments:
          <COMMAND>...  The command and its arguments

        Options:
              --env <VARIABLE=RESOURCE>      Set this variable to a token for this resource; may be repeated
              --configure <WORD>             Give fresh tokens to these clients: identity, azd, git, proxy; may be repeated, empty for none [default: identity]
              --feeds                        Give package clients fresh credentials for the Azure Artifacts feeds that this folder declares; without --env, no variable has a token
              --stand-in                     Set variables to stand-ins, which a local proxy replaces with fresh tokens in requests to the organization; the same as --configure proxy
              --tenant <TENANT>              Tenant ID or domain [default: the identity's]
              --organization <ORGANIZATION>  Get the tokens from the tenant of this Azure DevOps organization
              --credential <CREDENTIAL>      How to sign in [default: auto] [possible values: auto, pipelines, github-actions, gitlab, workload-identity, managed-identity, azd, az]
              --identity <ID>                User-assigned managed identity, by its client ID, object-id:ID or resource ID; implies --credential managed-identity [default: AZURE_CLIENT_ID]
          -h, --help                         Print help (see more with '--help')

        Output options:
          -q, --quiet         Print only results and errors
          -v, --verbose       Show which credential is used, and a line for each request
              --color <WHEN>  Color messages: auto, always or never [default: auto]

        Examples:
          adieu exec -- npx jest  with AZURE_DEVOPS_TOKEN in its environment
          adieu exec --env INTEGRATION_TOKEN=azureDevOps -- npx jest
          adieu exec --env ARM_TOKEN=arm --credential az -- ./deploy.sh
          adieu exec --configure identity --configure azd -- azd provision
          adieu exec --feeds -- npm ci  with credentials for the feeds of this folder
          adieu exec --stand-in --organization contoso -- npx renovate

        Variables that are already set are left alone (--env warns): the same command
        runs in a pipeline that has the token, and on a machine where you are signed in.
        The file adieu.tokens in the working directory can contain such lines.

        Exit codes: that of the command; 126 if it cannot be started, 127 if it does not
        exist; 1 without a token, 2 usage error
    "#]].assert_eq(&output.stdout);
}

#[test]
fn names_a_missing_command_before_requesting_a_token() {
    let world = World::start();
    let shell = Shell::with(&world, &[]);
    let output = shell.adieu(&["exec", "--", "nosuchcmd"]);
    expect![[r#"
        error: nosuchcmd: command not found.
        What to do: Write the command after --, as it is on the PATH.
        More: adieu explain exec
    "#]]
    .assert_eq(&output.stderr);
    assert_eq!(output.status, 127);
}
