//! `adieu git-credential`: real git, old and new, asks it for repositories behind Azure DevOps' sign-in.
//!
//! git's settings are those of `configure: git`; none is made up here.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use adieu_emulator::{Connection, Job, MY_CONNECTION, TaskResult, World};
use expect_test::expect;

use crate::harness::{TaskFolder, stable};

const HELLO: &str = "https://dev.azure.com/contoso/fabrikam/_git/hello";
const OLD_HELLO: &str = "https://contoso.visualstudio.com/fabrikam/_git/hello";

/// A world whose connection and machine are members of `contoso`, with a repository.
fn world() -> World {
    let world = World::start();
    world.organization_member("contoso", MY_CONNECTION);
    world.add_connection(Connection::managed_identity("machine", None));
    world.organization_member("contoso", "machine");
    world.add_repository("contoso", "fabrikam", "hello", &[("a.txt", "hello")]);
    world
}

/// The rest of a job, after EntraToken@1 with `configure: git`.
struct Rest<'w> {
    world: &'w World,
    job: Job<'w>,
    task: TaskFolder,
    git: PathBuf,
    environment: BTreeMap<String, String>,
}

impl<'w> Rest<'w> {
    fn of(world: &'w World, job: Job<'w>, git: &Path) -> Self {
        Self::with_task(world, job, git, TaskFolder::unpacked("token"))
    }

    fn with_task(world: &'w World, mut job: Job<'w>, git: &Path, task: TaskFolder) -> Self {
        let outcome = job
            .step(task.path())
            .input("azureSubscription", MY_CONNECTION)
            .input("configure", "git")
            .run();
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        let mut environment = job.environment_of_next_script();
        environment.extend(plain_environment(world, job.work_folder()));
        Self {
            world,
            job,
            task,
            git: git.to_owned(),
            environment,
        }
    }

    /// With the machine's own endpoint in place of the broker: it gives a new token at each question.
    fn without_broker(world: &'w World, git: &Path) -> Self {
        let mut rest = Self::of(world, world.job(), git);
        for (name, value) in endpoint(world) {
            rest.environment.insert(name, value);
        }
        rest
    }

    fn folder(&self) -> PathBuf {
        self.job.work_folder().join("s")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(&self.git, &self.folder(), &self.environment, arguments)
    }

    /// Runs git, which has to succeed.
    fn git(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {errors}");
        assert!(self.world.secrets_in(&errors).is_empty(), "{errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs git, which has to fail. Returns what it and its helper said.
    fn git_fails(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "git {arguments:?}: {errors}");
        assert!(self.world.secrets_in(&errors).is_empty(), "{errors}");
        errors
    }

    /// The requests that git makes for something.
    fn requests(&self, arguments: &[&str]) -> String {
        let before = self.world.git_requests().len();
        self.git(arguments);
        self.world.git_requests()[before..].join("\n")
    }

    /// Ends the job.
    fn end(mut self) {
        let outcome = self
            .job
            .step(self.task.path())
            .section("postjobexecution")
            .run();
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    }
}

/// What git needs to find the emulator by the names of Azure DevOps, and no settings of this machine.
fn plain_environment(world: &World, home: &Path) -> BTreeMap<String, String> {
    let settings = "[user]\n name = A\n email = a@contoso.example\n[credential]\n helper = store\n";
    std::fs::write(home.join(".gitconfig"), settings).expect("a file");
    let certificates = world.ca_file().display().to_string();
    let path = std::env::var("PATH").expect("a PATH");
    [
        ("HOME", home.display().to_string()),
        ("PATH", path),
        ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
        ("HTTPS_PROXY", world.internet().url()),
        ("GIT_SSL_CAINFO", certificates.clone()),
        ("SSL_CERT_FILE", certificates),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn endpoint(world: &World) -> [(String, String); 2] {
    [
        (
            "ADIEU_ENDPOINT".to_owned(),
            world.managed_identity().url().to_owned(),
        ),
        (
            "ADIEU_ENDPOINT_KEY".to_owned(),
            world.managed_identity_secret().to_owned(),
        ),
    ]
}

fn run(
    program: &Path,
    folder: &Path,
    environment: &BTreeMap<String, String>,
    arguments: &[&str],
) -> Output {
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

/// The versions of git on this machine, oldest first: what they read of a helper differs.
fn gits() -> Vec<(PathBuf, (u32, u32))> {
    let mut found: Vec<(PathBuf, (u32, u32))> = Vec::new();
    for program in ["git", "/usr/bin/git", "/usr/local/bin/git"] {
        let Ok(output) = Command::new(program).arg("--version").output() else {
            continue;
        };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut numbers = text
            .split([' ', '.'])
            .filter_map(|word| word.parse::<u32>().ok());
        let version = (
            numbers.next().expect("a version"),
            numbers.next().expect("a version"),
        );
        if !found.iter().any(|(_, known)| *known == version) {
            found.push((PathBuf::from(program), version));
        }
    }
    assert!(!found.is_empty(), "git is not on the PATH");
    found.sort_by_key(|(_, version)| *version);
    found
}

/// Since this version a helper is told the challenges of the server.
const WITH_CHALLENGES: (u32, u32) = (2, 41);
/// Since this version a helper can say which scheme its credential is for.
const WITH_SCHEMES: (u32, u32) = (2, 46);

#[test]
fn every_git_clones_fetches_and_pushes_by_every_protocol() {
    for (git, version) in gits() {
        let world = world();
        let rest = Rest::of(&world, world.job(), &git);
        let requests = rest.requests(&["clone", "--quiet", HELLO, "first"]);
        if version >= WITH_SCHEMES {
            expect![[r#"
                GET hello/info/refs?service=git-upload-pack version=2 anonymous 401
                GET hello/info/refs?service=git-upload-pack version=2 Bearer 200
                POST hello/git-upload-pack version=2 Bearer 200
                POST hello/git-upload-pack version=2 Bearer 200"#]]
            .assert_eq(&requests);
        } else {
            expect![[r#"
                GET hello/info/refs?service=git-upload-pack version=2 anonymous 401
                GET hello/info/refs?service=git-upload-pack version=2 anonymous 401
                GET hello/info/refs?service=git-upload-pack version=2 Basic 200
                POST hello/git-upload-pack version=2 Basic 200
                POST hello/git-upload-pack version=2 Basic 200"#]]
            .assert_eq(&requests);
        }
        for (protocol, url) in [
            ("0", HELLO),
            ("1", OLD_HELLO),
            (
                "2",
                "https://contoso@dev.azure.com/contoso/fabrikam/_git/hello",
            ),
        ] {
            let version = format!("protocol.version={protocol}");
            rest.git(&["-c", &version, "clone", "--quiet", url, protocol]);
            std::fs::write(rest.folder().join(protocol).join(protocol), "new").expect("a file");
            rest.git(&["-C", protocol, "add", "."]);
            rest.git(&["-C", protocol, "commit", "--quiet", "-m", protocol]);
            rest.git(&["-C", protocol, "-c", &version, "push", "--quiet"]);
            rest.git(&["-C", "first", "-c", &version, "pull", "--quiet"]);
            assert!(rest.folder().join("first").join(protocol).is_file());
        }
        // The helper that the machine has was told nothing.
        assert!(!rest.job.work_folder().join(".git-credentials").exists());
        rest.end();
    }
}

#[test]
fn every_git_brings_submodules_and_large_files() {
    for (git, _) in gits() {
        let world = world();
        let parts = world.add_repository("contoso", "fabrikam", "parts", &[("p.txt", "a part")]);
        let commit = Command::new("git")
            .arg("-C")
            .arg(parts)
            .args(["rev-parse", "main"])
            .output()
            .expect("git starts");
        let link = format!(
            "submodule {}",
            String::from_utf8_lossy(&commit.stdout).trim()
        );
        let modules = "[submodule \"a\"]\n path = a\n url = ../parts\n[submodule \"b\"]\n path = b\n url = https://contoso.visualstudio.com/fabrikam/_git/parts\n";
        let files = [(".gitmodules", modules), ("a", &link), ("b", &link)];
        world.add_repository("contoso", "fabrikam", "whole", &files);
        let rest = Rest::of(&world, world.job(), &git);
        let whole = HELLO.replace("hello", "whole");
        rest.git(&["clone", "--quiet", "--recurse-submodules", &whole, "whole"]);
        for part in ["a", "b"] {
            assert!(
                rest.folder()
                    .join("whole")
                    .join(part)
                    .join("p.txt")
                    .is_file()
            );
        }
        rest.git(&["clone", "--quiet", HELLO, "here"]);
        rest.git(&["-C", "here", "lfs", "install", "--local"]);
        rest.git(&["-C", "here", "lfs", "track", "*.bin"]);
        let large = "large\n".repeat(100_000);
        std::fs::write(rest.folder().join("here/x.bin"), &large).expect("a file");
        rest.git(&["-C", "here", "add", "."]);
        rest.git(&["-C", "here", "commit", "--quiet", "-m", "a large file"]);
        rest.git(&["-C", "here", "push", "--quiet"]);
        rest.git(&["clone", "--quiet", HELLO, "there"]);
        rest.git(&["-C", "there", "lfs", "install", "--local"]);
        rest.git(&["-C", "there", "lfs", "pull"]);
        let there = std::fs::read_to_string(rest.folder().join("there/x.bin")).expect("a file");
        assert!(there == large);
        rest.end();
    }
}

#[test]
fn a_header_that_checkout_left_is_undone_for_git_and_for_large_files() {
    for (git, _) in gits() {
        let world = world();
        let before = Rest::of(&world, world.job(), &git);
        before.git(&["clone", "--quiet", HELLO, "."]);
        before.git(&["lfs", "install", "--local"]);
        before.git(&["lfs", "track", "*.bin"]);
        std::fs::write(before.folder().join("x.bin"), "large").expect("a file");
        before.git(&["add", "."]);
        before.git(&["commit", "--quiet", "-m", "a large file"]);
        before.git(&["push", "--quiet"]);
        before.end();

        let job = world.job();
        let sources = job.work_folder().join("s");
        let other = "https://contoso@dev.azure.com/contoso/fabrikam/_git/hello";
        let environment = plain_environment(&world, job.work_folder());
        for (folder, address) in [(".", HELLO), ("other", other)] {
            let folder = sources.join(folder);
            std::fs::create_dir_all(&folder).expect("a folder");
            for arguments in [
                &["init", "--quiet", "--initial-branch=main"][..],
                &["remote", "add", "origin", address],
                &[
                    "config",
                    &format!("http.{address}.extraheader"),
                    "AUTHORIZATION: bearer stale",
                ],
            ] {
                assert!(run(&git, &folder, &environment, arguments).status.success());
            }
        }
        let every = sources.join("every");
        std::fs::create_dir_all(&every).expect("a folder");
        for arguments in [
            &["init", "--quiet", "--initial-branch=main"][..],
            &["remote", "add", "origin", OLD_HELLO],
            &["config", "http.extraheader", "AUTHORIZATION: bearer stale"],
        ] {
            assert!(run(&git, &every, &environment, arguments).status.success());
        }
        let rest = Rest::of(&world, job, &git);
        for protocol in ["0", "1", "2"] {
            let protocol = format!("protocol.version={protocol}");
            for folder in [".", "other", "every"] {
                rest.git(&["-C", folder, "-c", &protocol, "fetch", "--quiet", "origin"]);
            }
        }
        for folder in [".", "other", "every"] {
            rest.git(&["-C", folder, "lfs", "install", "--local"]);
            rest.git(&["-C", folder, "checkout", "--quiet", "main"]);
            let large = std::fs::read_to_string(rest.folder().join(folder).join("x.bin"));
            assert_eq!(large.expect("a file"), "large");
        }
        // It is the environment that undoes it; what stands in the repositories stands there still.
        let header = rest.git(&[
            "config",
            "--file",
            ".git/config",
            "--get-regexp",
            "extraheader",
        ]);
        assert!(header.ends_with("AUTHORIZATION: bearer stale\n"));
        let mut without = Rest {
            environment: environment.clone(),
            ..rest
        };
        for (name, value) in without.job.environment_of_next_script() {
            let is_header = value.is_empty() && name.starts_with("GIT_CONFIG_VALUE_");
            let stays = if is_header {
                "x-nothing: 1".to_owned()
            } else {
                value
            };
            without.environment.insert(name, stays);
        }
        assert!(
            without
                .git_fails(&["fetch"])
                .contains("Authentication failed")
        );
        without.end();
    }
}

#[test]
fn a_token_that_ended_between_two_fetches_is_replaced() {
    for (git, _) in gits() {
        let world = world();
        let rest = Rest::without_broker(&world, &git);
        rest.git(&["clone", "--quiet", HELLO, "a"]);
        world.clock().advance(Duration::from_secs(2 * 60 * 60));
        rest.git(&["-C", "a", "fetch", "--quiet"]);
        world.clock().advance(Duration::from_secs(2 * 60 * 60));
        rest.git(&[
            "-C",
            "a",
            "push",
            "--quiet",
            "origin",
            "HEAD:refs/heads/another",
        ]);
        assert_eq!(world.managed_identity().requests().len(), 3);
        rest.end();
    }
}

/// A machine with an identity of its own, and no job.
fn machine(world: &World, home: &Path) -> BTreeMap<String, String> {
    let mut environment = plain_environment(world, home);
    for (name, value) in [
        ("IDENTITY_ENDPOINT", world.managed_identity().url()),
        ("IDENTITY_HEADER", world.managed_identity_secret()),
    ] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    environment
}

#[test]
fn a_command_of_adieu_exec_has_git_configured() {
    let (git, _) = gits().pop().expect("a git");
    let world = world();
    let home = tempfile::tempdir().expect("a folder");
    let environment = machine(&world, home.path());
    let git = git.display().to_string();
    let exec = |folder: &Path, arguments: &[&str]| {
        let adieu = [
            "exec",
            "--credential",
            "managed-identity",
            "--configure",
            "git",
            "--",
            &git,
        ];
        let program = Path::new(env!("CARGO_BIN_EXE_adieu"));
        let output = run(program, folder, &environment, &[&adieu, arguments].concat());
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{errors}");
        assert_eq!(errors, "");
    };
    exec(home.path(), &["clone", "--quiet", HELLO, "a"]);
    let clone = home.path().join("a");
    let header = format!("http.{HELLO}.extraheader");
    exec(&clone, &["config", &header, "AUTHORIZATION: bearer stale"]);
    exec(&clone, &["fetch", "--quiet"]);
}

#[test]
fn at_a_desk_gits_own_configuration_names_the_helper() {
    for (git, _) in gits() {
        let world = world();
        let home = tempfile::tempdir().expect("a folder");
        let environment = machine(&world, home.path());
        let place = "credential.https://dev.azure.com";
        let program = env!("CARGO_BIN_EXE_adieu");
        let helper = format!("!'{program}' git-credential --credential managed-identity");
        for arguments in [
            &["config", "--global", &format!("{place}.helper"), ""][..],
            &[
                "config",
                "--global",
                "--add",
                &format!("{place}.helper"),
                &helper,
            ],
            &[
                "config",
                "--global",
                &format!("{place}.useHttpPath"),
                "true",
            ],
            &["clone", "--quiet", HELLO, "a"],
        ] {
            let output = run(&git, home.path(), &environment, arguments);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "git {arguments:?}: {errors}");
            assert_eq!(errors, "");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn git_finds_the_helper_where_the_task_folder_lets_no_program_run() {
    use crate::launcher::{mounted, prepare_machine};
    let (git, _) = gits().pop().expect("a git");
    let world = world();
    let mut job = world.job();
    let task = TaskFolder::unpacked("token");
    let without = std::env::var("PATH").expect("a PATH");
    let machine = prepare_machine(&mut job, &mounted(task.path(), "noexec"));
    let mut rest = Rest::with_task(&world, job, &git, task);
    rest.environment.insert("PATH".to_owned(), without);
    let helper = &rest.environment["GIT_CONFIG_VALUE_1"];
    let temporary = rest.job.temp_folder().display().to_string();
    assert!(helper.contains(&temporary), "{helper}");
    rest.git(&["clone", "--quiet", HELLO, "a"]);
    rest.end();
    drop(machine);
}

#[test]
fn git_says_what_azure_devops_says() {
    let (git, _) = gits().pop().expect("a git");
    let world = World::start();
    world.add_repository("contoso", "fabrikam", "hello", &[("a.txt", "hello")]);
    let rest = Rest::of(&world, world.job(), &git);
    let stranger = rest.git_fails(&["ls-remote", HELLO]);
    world.organization_member("contoso", MY_CONNECTION);
    world.stakeholder("contoso", MY_CONNECTION);
    let stakeholder = rest.git_fails(&["ls-remote", HELLO]);
    expect![[r#"
        contoso refused the token.
          client id: [GUID]
          object id: [GUID]
          tenant: [TENANT]
        What to do: Add this identity to the organization (Organization settings → Users; the organization has to be connected to that tenant) with the access level Basic, and to the project.
        More: TROUBLESHOOTING.md#git-credential
        fatal: Authentication failed for 'https://dev.azure.com/contoso/fabrikam/_git/hello/'
        ----
        remote: TF401019: The Git repository with name or identifier hello does not exist or you do not have permissions for the operation you are attempting.
        fatal: repository 'https://dev.azure.com/contoso/fabrikam/_git/hello/' not found
    "#]].assert_eq(&stable(&world, &format!("{stranger}----\n{stakeholder}")));
    rest.end();
}

#[test]
fn git_is_stopped_in_one_sentence_where_there_is_no_token() {
    let (git, _) = gits().pop().expect("a git");
    let world = world();
    let mut rest = Rest::without_broker(&world, &git);
    let mut log = String::new();
    let mut told = |rest: &Rest<'_>| {
        let said = rest.git_fails(&["ls-remote", HELLO]);
        let program = env!("CARGO_BIN_EXE_adieu");
        let folder = rest.task.path().display().to_string();
        let said = said.replace(program, "[ADIEU]").replace(&folder, "[TASK]");
        log.push_str(&stable(&world, &said));
        log.push_str("----\n");
    };
    rest.environment
        .insert("ADIEU_ENDPOINT_KEY".to_owned(), "wrong".to_owned());
    told(&rest);
    rest.environment.remove("ADIEU_ENDPOINT_KEY");
    told(&rest);
    for address in [
        "https://contoso.example/token",
        "http://contoso.example/",
        "nowhere",
    ] {
        rest.environment.extend(endpoint(&world));
        rest.environment
            .insert("ADIEU_ENDPOINT".to_owned(), address.to_owned());
        told(&rest);
    }
    expect![[r#"
        git gets no token from the job's credential endpoint: it answered 401: The X-IDENTITY-HEADER is wrong.
        More: TROUBLESHOOTING.md#git-credential
        fatal: credential helper '!'[TASK]/bin/linux-x64/adieu' git-credential' told us to quit
        ----
        git gets no token, because ADIEU_ENDPOINT is set without ADIEU_ENDPOINT_KEY.
        What to do: Let EntraToken@1 or RunWithToken@1 set both variables (configure: git), and set neither yourself.
        More: TROUBLESHOOTING.md#git-credential
        fatal: credential helper '!'[TASK]/bin/linux-x64/adieu' git-credential' told us to quit
        ----
        git gets no token, because ADIEU_ENDPOINT is no address of this machine.
        What to do: Let EntraToken@1 or RunWithToken@1 set both variables (configure: git), and set neither yourself.
        More: TROUBLESHOOTING.md#git-credential
        fatal: credential helper '!'[TASK]/bin/linux-x64/adieu' git-credential' told us to quit
        ----
        git gets no token, because ADIEU_ENDPOINT is no address of this machine.
        What to do: Let EntraToken@1 or RunWithToken@1 set both variables (configure: git), and set neither yourself.
        More: TROUBLESHOOTING.md#git-credential
        fatal: credential helper '!'[TASK]/bin/linux-x64/adieu' git-credential' told us to quit
        ----
        git gets no token, because ADIEU_ENDPOINT is no address: relative URL without a base.
        What to do: Let EntraToken@1 or RunWithToken@1 set both variables (configure: git), and set neither yourself.
        More: TROUBLESHOOTING.md#git-credential
        fatal: credential helper '!'[TASK]/bin/linux-x64/adieu' git-credential' told us to quit
        ----
    "#]].assert_eq(&log);
    rest.end();
}

#[test]
fn another_tenants_organization_is_named_before_it_refuses() {
    for (git, version) in gits() {
        let world = world();
        world.organization_tenant("another", "11111111-2222-4333-8444-555555555555");
        world.add_repository("another", "fabrikam", "hello", &[]);
        let rest = Rest::of(&world, world.job(), &git);
        let said = rest.git_fails(&["ls-remote", &HELLO.replace("contoso", "another")]);
        let said = said.replace(&rest.task.path().display().to_string(), "[TASK]");
        // Older ones do not tell helpers what the server said, so it is said after the refusal.
        if version >= WITH_CHALLENGES {
            expect![[r#"
                another is connected to another tenant than the one that signed in, so it would refuse the token.
                  organization's tenant: [GUID]
                  token's tenant: [TENANT]
                  client id: [GUID]
                What to do: Use a service connection, or sign in, in the organization's tenant; in EntraToken@1, tenantId names it.
                More: TROUBLESHOOTING.md#git-credential
                fatal: credential helper '!'[TASK]/bin/linux-x64/adieu' git-credential' told us to quit
            "#]].assert_eq(&stable(&world, &said));
        } else {
            expect![[r#"
                another refused the token.
                  client id: [GUID]
                  object id: [GUID]
                  tenant: [TENANT]
                What to do: Add this identity to the organization (Organization settings → Users; the organization has to be connected to that tenant) with the access level Basic, and to the project.
                More: TROUBLESHOOTING.md#git-credential
                fatal: Authentication failed for 'https://dev.azure.com/another/fabrikam/_git/hello/'
            "#]].assert_eq(&stable(&world, &said));
        }
        rest.end();
    }
}

/// Asks as git does.
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

#[test]
fn leaves_every_other_question_to_others() {
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
    let (answer, _) = ask(&world, &["--organization", "Contoso", "get"], place);
    assert!(answer.contains("password="));
}
