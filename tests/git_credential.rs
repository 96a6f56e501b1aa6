//! `adieu git-credential`: real git, old and new, uses it for repositories that require Azure DevOps' sign-in.
//!
//! git's settings are those of `configure: git`; none is set here.

// Headers in git's configuration, in any file.
mod headers;
// Clone, fetch and push, with every git.
mod repositories;
// Under `adieu exec`, locally, in a folder from which no program can run.
mod environments;
// The messages if git gets no credential.
mod refusals;
// Without git: requests and answers in the protocol's format.
mod protocol;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use adieu_emulator::{Connection, Job, MY_CONNECTION, TaskResult, World};

use crate::harness::{TaskFolder, clients};

const HELLO: &str = "https://dev.azure.com/contoso/fabrikam/_git/hello";

const OLD_HELLO: &str = "https://contoso.visualstudio.com/fabrikam/_git/hello";

/// A world whose connection and machine are members of `contoso`, with a repository.
fn world() -> World {
    let world = World::start();
    world.organizations().add_member("contoso", MY_CONNECTION);
    world.add_connection(Connection::managed_identity("machine", None));
    world.organizations().add_member("contoso", "machine");
    world
        .git()
        .add_repository("contoso", "fabrikam", "hello", &[("a.txt", "hello")]);
    world
}

/// The rest of a job after EntraToken@1 with `configure: git`.
struct RestOfJob<'w> {
    world: &'w World,
    job: Job<'w>,
    task: TaskFolder,
    git: PathBuf,
    environment: BTreeMap<String, String>,
}

impl<'w> RestOfJob<'w> {
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

    /// With the machine's own endpoint instead of the broker: it issues a new token for each request.
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

    /// Runs git, which must succeed.
    fn git(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {errors}");
        assert!(self.world.secrets_in(&errors).is_empty(), "{errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs git, which must fail. Returns the messages of git and its helper.
    fn git_fails(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "git {arguments:?}: {errors}");
        assert!(self.world.secrets_in(&errors).is_empty(), "{errors}");
        errors
    }

    /// The requests that a git command makes.
    fn requests(&self, arguments: &[&str]) -> String {
        let before = self.world.git().requests().len();
        self.git(arguments);
        self.world.git().requests()[before..].join("\n")
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

/// The environment in which git finds the emulator under the names of Azure DevOps, without settings of this machine.
fn plain_environment(world: &World, home: &Path) -> BTreeMap<String, String> {
    let settings = "[user]\n name = A\n email = a@contoso.example\n[credential]\n helper = store\n";
    std::fs::write(home.join(".gitconfig"), settings).expect("a file");
    let certificates = world.ca_file().display().to_string();
    let path = std::env::var("PATH").expect("a PATH");
    [
        ("HOME", home.display().to_string()),
        ("PATH", path),
        ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
        ("HTTPS_PROXY", world.network().url()),
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
            world.managed_identity().secret(),
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

/// The versions of git on this machine, oldest first: they read a helper's answers differently. `cargo xtask test
/// --git` may have built one of them.
fn gits() -> Vec<(PathBuf, (u32, u32))> {
    let mut found: Vec<(PathBuf, (u32, u32))> = Vec::new();
    let mut programs = ["git", "/usr/bin/git", "/usr/local/bin/git"]
        .map(PathBuf::from)
        .to_vec();
    programs.push(clients().join("git/bin/git"));
    for program in programs {
        let Ok(output) = Command::new(&program).arg("--version").output() else {
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
            found.push((program, version));
        }
    }
    assert!(!found.is_empty(), "git is not on the PATH");
    found.sort_by_key(|(_, version)| *version);
    found
}

/// The first version that passes the server's challenges to a helper.
const WITH_CHALLENGES: (u32, u32) = (2, 41);

/// The first version in which a helper can set the scheme of its credential.
const WITH_SCHEMES: (u32, u32) = (2, 46);
