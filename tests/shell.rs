//! A shell session: its own tools on the PATH, its own variables, and commands with their output.
//!
//! It asserts only that commands leave no secrets and no files behind.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use adieu_emulator::{Connection, Fault, MY_CONNECTION, WorkflowJob, World};
use expect_test::Expect;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{root, set_mode, stable};

/// The start of a command that registers a mask with the GitHub Actions runner.
const MASK: &str = "::add-mask::";

/// A world in which a person, or an app, has an identity, and that identity's token.
pub(crate) fn signed_in_user() -> (World, String) {
    let world = World::start();
    world.add_connection(Connection::client_secret("identity"));
    let token = world.entra().azure_devops_token("identity");
    (world, token)
}

/// A world whose machine has the identity `app`: a member of `contoso`, and a contributor of the publisher `pub`.
pub(crate) fn world_of_a_member() -> World {
    let world = World::start();
    world.add_connection(Connection::managed_identity("app", None));
    world.organizations().add_member("contoso", "app");
    world
        .marketplace()
        .set_role("pub", "app", Some("Contributor"));
    world
}

/// A world whose machine has the identity `admin`, an administrator of `contoso` without permission to read Microsoft
/// Graph.
pub(crate) fn world_of_an_administrator() -> World {
    let world = World::start();
    world.add_connection(Connection::managed_identity("admin", None));
    world.organizations().add_administrator("contoso", "admin");
    world
}

/// The three IDs of an application.
pub(crate) const THREE_IDS: [fn(&World) -> String; 3] = [
    |world| world.client_id(MY_CONNECTION),
    |world| world.entra().object_id(MY_CONNECTION),
    |world| world.entra().registration_id(MY_CONNECTION),
];

/// Makes Azure DevOps answer this many requests, and then throttle for a day.
pub(crate) fn answers_before_throttling(world: &World, requests: usize) {
    for _ in 0..requests {
        world.marketplace().fault(Fault::Delay(Duration::ZERO));
    }
    for _ in 0..8 {
        world.marketplace().fault(Fault::too_many_requests(100_000));
    }
}

/// The smallest extension that the Marketplace accepts, and more files for it.
pub(crate) fn write_hello_extension(folder: &Path, more: &[&str]) {
    let files: Vec<Value> = more.iter().map(|path| json!({ "path": path })).collect();
    let files = [
        vec![json!({ "path": "hello.html", "addressable": true })],
        files,
    ]
    .concat();
    let manifest = json!({
        "manifestVersion": 1, "id": "hello", "publisher": "pub", "version": "1.0.0", "name": "Hello",
        "description": "An extension.", "categories": ["Azure Pipelines"],
        "targets": [{ "id": "Microsoft.VisualStudio.Services" }],
        "files": files,
        "contributions": [{
            "id": "hello", "type": "ms.vss-web.hub",
            "targets": ["ms.vss-web.project-hub-groups-collection"],
            "properties": { "name": "Hello", "uri": "hello.html" },
        }],
    });
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join("vss-extension.json"), manifest.to_string()).expect("a file");
    fs::write(folder.join("hello.html"), "<p>Hello</p>").expect("a file");
}

/// Compares a command's messages and its exit code.
pub(crate) fn assert_messages(world: &World, output: &CommandOutput, expected: &Expect) {
    expected.assert_eq(&format!(
        "{}exit {}\n",
        stable(world, &output.stderr),
        output.status
    ));
}

/// The shell session of a user, a machine, a step, a workflow or a pod.
pub(crate) struct Shell<'a> {
    world: &'a World,
    folder: TempDir,
    variables: Vec<(String, OsString)>,
}

/// The output of a command.
pub(crate) struct CommandOutput {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    /// Standard error, without the masks for the GitHub Actions runner.
    pub(crate) stderr: String,
    /// The values that the GitHub Actions runner masks from now on.
    pub(crate) masks: Vec<String>,
}

impl<'a> Shell<'a> {
    /// A session with these fake tools (tests/fake_tools).
    pub(crate) fn with(world: &'a World, tools: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["bin", "home"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let shell = Self {
            world,
            folder,
            variables: Vec::new(),
        };
        for tool in tools {
            let to = shell.bin().join(tool);
            fs::copy(root().join("tests/fake_tools").join(tool), &to).expect("a copy");
            set_mode(&to, 0o755);
        }
        // The fake tools use it to hang.
        let sleep = ["/bin/sleep", "/usr/bin/sleep"].map(Path::new);
        if let Some(sleep) = sleep.into_iter().find(|path| path.is_file()) {
            link(sleep, &shell.bin().join("sleep"));
        }
        shell.set("SSL_CERT_FILE", world.ca_file())
    }

    /// A machine with its own identity that reaches the emulator's network.
    pub(crate) fn machine(world: &'a World) -> Self {
        Self::with(world, &[])
            .managed_identity()
            .set("HTTPS_PROXY", world.network().url())
    }

    /// A script of a pipeline's step that maps the job token and names `my-connection`, as `configure:
    /// azurePipelinesCredential` does.
    pub(crate) fn in_a_step(world: &'a World, tools: &[&str]) -> Self {
        let mut job = world.job();
        let step = job.step(&root().join("task/token"));
        let environment = step.input("connectedService", MY_CONNECTION).environment();
        let token = &environment["ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN"];
        let connection = world.connection_id(MY_CONNECTION);
        let mut shell = Self::with(world, tools)
            .set("SYSTEM_ACCESSTOKEN", token)
            .set("AZURE_AUTHORITY_HOST", world.entra().url())
            .set(
                "AZURESUBSCRIPTION_CLIENT_ID",
                world.client_id(MY_CONNECTION),
            )
            .set("AZURESUBSCRIPTION_TENANT_ID", world.entra().tenant())
            .set("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", connection);
        for name in ["SYSTEM_OIDCREQUESTURI", "SYSTEM_COLLECTIONURI"] {
            shell = shell.set(name, &environment[name]);
        }
        shell
    }

    /// A pod whose federated token is in a file.
    pub(crate) fn in_a_pod(world: &'a World, token: &str, tools: &[&str]) -> Self {
        let file = world.folder().join("federated-token");
        fs::write(&file, token).expect("a file");
        Self::with(world, tools)
            .set("AZURE_FEDERATED_TOKEN_FILE", file)
            .set("AZURE_CLIENT_ID", world.client_id(MY_CONNECTION))
            .set("AZURE_TENANT_ID", world.entra().tenant())
            .set("AZURE_AUTHORITY_HOST", world.entra().url())
    }

    /// A step of a job of GitHub Actions, with the application of `my-connection`.
    pub(crate) fn in_a_workflow(world: &'a World, job: &WorkflowJob, tools: &[&str]) -> Self {
        let variables = world.github().start(job);
        let shell = Self::with(world, tools)
            .set("AZURE_CLIENT_ID", world.client_id(MY_CONNECTION))
            .set("AZURE_TENANT_ID", world.entra().tenant())
            .on_the_internet();
        variables
            .iter()
            .fold(shell, |shell, (name, value)| shell.set(name, value))
    }

    /// Connects it to the emulator's network, through a proxy that is not used for this machine.
    pub(crate) fn on_the_internet(self) -> Self {
        let proxy = self.world.network().url();
        self.set("HTTPS_PROXY", proxy).set("NO_PROXY", "localhost")
    }

    /// Sets a variable.
    pub(crate) fn set(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the token that the fake tools print.
    pub(crate) fn signed_in(self, token: &str) -> Self {
        self.set("FAKE_TOKEN", token)
            .set("FAKE_EXPIRES", "2030-01-02T03:04:05Z")
            .set("FAKE_EPOCH", "1893553445")
    }

    /// Makes a fake tool print this and exit with this code; a failure prints to standard error.
    pub(crate) fn prints(self, tool: &str, code: i32, output: &[u8]) -> Self {
        let file = self.folder.path().join("output");
        fs::write(&file, output).expect("a file");
        let tool = format!("FAKE_{}", tool.to_uppercase());
        self.set(&tool, "file")
            .set("FAKE_FILE", file)
            .set("FAKE_STATUS", code.to_string())
    }

    /// The managed identity of this machine, as App Service announces it.
    pub(crate) fn managed_identity(self) -> Self {
        let url = self.world.managed_identity().url().to_owned();
        let secret = self.world.managed_identity().secret();
        self.set("IDENTITY_ENDPOINT", url)
            .set("IDENTITY_HEADER", secret)
    }

    /// The folder for a test's own programs.
    pub(crate) fn bin(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    /// The home folder.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A program with this environment.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", self.bin())
            .env("HOME", self.home())
            .env("TZ", "UTC")
            .envs(self.variables.iter().cloned())
            .current_dir(self.home())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts `adieu`, detached from the terminal that the tests may have.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(env!("CARGO_BIN_EXE_adieu"));
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.args(arguments).spawn().expect("the binary starts")
    }

    /// Runs `adieu`. Its messages contain no secret, and it leaves no file.
    pub(crate) fn adieu(&self, arguments: &[&str]) -> CommandOutput {
        let files = || fs::read_dir(self.home()).expect("a folder").count();
        let before = files();
        let output = self.end(self.start(arguments));
        assert_eq!(files(), before, "it left files behind");
        output
    }

    /// The screen of a util-linux terminal that runs `adieu`, for a user who types this.
    pub(crate) fn on_a_terminal(&self, arguments: &str, typed: &str) -> String {
        self.raw_on_a_terminal(arguments, typed).replace('\r', "")
    }

    /// The same screen, including the characters that move the cursor.
    pub(crate) fn raw_on_a_terminal(&self, arguments: &str, typed: &str) -> String {
        let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_adieu"));
        let mut terminal = self
            .command("/usr/bin/script")
            .args(["-qec", &line, "/dev/null"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("a terminal");
        let mut keyboard = terminal.stdin.take().expect("a keyboard");
        keyboard.write_all(typed.as_bytes()).expect("it takes keys");
        drop(keyboard);
        let output = terminal.wait_with_output().expect("an end");
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        let leaked = self.world.secrets_in(&shown);
        assert!(leaked.is_empty(), "{leaked:?} in {shown}");
        shown
    }

    /// Waits until all processes that were started here have ended: those with this home folder.
    pub(crate) fn wait_until_nothing_is_left(&self) {
        let home = format!("HOME={}", self.home().display());
        let is_of_here = |process: &fs::DirEntry| {
            let environment = fs::read(process.path().join("environ")).unwrap_or_default();
            let mut variables = environment.split(|byte| *byte == 0);
            variables.any(|variable| variable == home.as_bytes())
        };
        let given_up = Instant::now() + Duration::from_secs(30);
        loop {
            let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
            let left: Vec<_> = processes.filter(is_of_here).collect();
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < given_up, "{left:?} are still there");
            std::thread::yield_now();
        }
    }

    /// Waits until a process ends.
    pub(crate) fn end(&self, child: Child) -> CommandOutput {
        let output = child.wait_with_output().expect("an end");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let is_mask = |line: &&str| line.starts_with(MASK);
        let whole = text(&output.stderr);
        let (masks, lines): (Vec<&str>, Vec<&str>) = match self
            .variables
            .iter()
            .any(|(name, _)| name == "GITHUB_ACTIONS")
        {
            true => whole.split_inclusive('\n').partition(is_mask),
            false => (Vec::new(), vec![whole.as_str()]),
        };
        let stderr = lines.concat();
        let leaked = self.world.secrets_in(&stderr);
        assert!(leaked.is_empty(), "{leaked:?} in {stderr}");
        CommandOutput {
            status: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr,
            masks: masks
                .iter()
                .map(|line| line.trim_end().trim_start_matches(MASK).replace("%25", "%"))
                .collect(),
        }
    }
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) {
    std::os::unix::fs::symlink(from, to).expect("a link");
}

#[cfg(not(unix))]
fn link(from: &Path, to: &Path) {
    fs::copy(from, to).expect("a copy");
}
