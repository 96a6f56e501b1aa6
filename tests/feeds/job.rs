//! A job with a checkout that declares feeds, the step, and real package clients after it.
//!
//! It contains no test.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use adieu_emulator::{Job, MY_CONNECTION, Outcome, Proxy, TaskResult, World};

use crate::emulated_time::Time;
use crate::harness::{TaskFolder, client, stable};

/// A job with a checkout, and the task.
pub(crate) struct Feeds<'w> {
    pub(crate) world: &'w World,
    pub(crate) job: Job<'w>,
    task: TaskFolder,
    pub(crate) proxy: Proxy,
}

/// A world whose connection is a member of `contoso`, which has the feed `packages`.
pub(crate) fn world() -> World {
    let world = World::start();
    world.organizations().add_member("contoso", MY_CONNECTION);
    world.feeds().add("contoso", "packages");
    world
}

pub(crate) const FEED: &str = "https://pkgs.dev.azure.com/contoso/_packaging/packages";

impl<'w> Feeds<'w> {
    pub(crate) fn of(world: &'w World) -> Self {
        Self::in_job(world, world.job())
    }

    pub(crate) fn in_job(world: &'w World, job: Job<'w>) -> Self {
        Self::behind(world, job, world.network())
    }

    /// The same, with another network and job.
    pub(crate) fn behind(world: &'w World, mut job: Job<'w>, proxy: Proxy) -> Self {
        job.variable("agent.proxyurl", &proxy.url());
        job.keeps_secrets_in("adieu-feeds-");
        Self {
            world,
            job,
            task: TaskFolder::unpacked("feeds"),
            proxy,
        }
    }

    /// Writes a file of the checkout; `FEED` is replaced with the feed's address.
    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        write(&self.sources().join(name), &text.replace("FEED", FEED));
        self
    }

    pub(crate) fn sources(&self) -> PathBuf {
        self.job.work_folder().join("s")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.job.work_folder().join("_home")
    }

    /// Runs the step with the connection.
    pub(crate) fn run(&mut self, inputs: &[(&str, &str)]) -> Outcome {
        let inputs = [&[("azureSubscription", MY_CONNECTION)], inputs].concat();
        self.run_with(&inputs)
    }

    pub(crate) fn run_with(&mut self, inputs: &[(&str, &str)]) -> Outcome {
        let mut step = self.job.step(self.task.path());
        for (name, value) in inputs {
            step = step.input(name, value);
        }
        step.run()
    }

    /// Runs the step, which must succeed. Returns the log.
    pub(crate) fn succeed(&mut self, inputs: &[(&str, &str)]) -> String {
        let outcome = self.run(inputs);
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        assert!(!outcome.delayed, "the broker holds the step's pipes");
        stable(self.world, &outcome.log)
    }

    /// Runs the post-job section.
    pub(crate) fn end(&mut self) -> String {
        let outcome = self
            .job
            .step(self.task.path())
            .section("postjobexecution")
            .run();
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        self.job.wait_until_nothing_is_left();
        stable(self.world, &outcome.log)
    }

    /// The private folder.
    pub(crate) fn folder(&self) -> PathBuf {
        let entries = fs::read_dir(self.job.temp_folder())
            .expect("a folder")
            .flatten();
        let mut folders = entries.map(|entry| entry.path()).filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("adieu-feeds-")
        });
        folders.next().expect("a private folder")
    }

    /// The environment of a later step's script, with what clients need to reach the emulator.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        let certificates = self.world.ca_file().display().to_string();
        let path = std::env::var("PATH").expect("a PATH");
        let path = match self.job.path_of_steps() {
            Some(steps) => format!("{steps}:{path}"),
            None => path,
        };
        let mut environment = self.job.environment_of_next_script();
        for (name, value) in [
            ("HOME", self.home().display().to_string()),
            ("PATH", path),
            ("HTTPS_PROXY", self.proxy.url()),
            ("POETRY_VIRTUALENVS_IN_PROJECT", "true".to_owned()),
            ("PDM_CHECK_UPDATE", "false".to_owned()),
            ("PIPENV_VENV_IN_PROJECT", "1".to_owned()),
            ("NPM_CONFIG_CAFILE", certificates.clone()),
            ("PIP_CERT", certificates.clone()),
            ("PIP_DISABLE_PIP_VERSION_CHECK", "1".to_owned()),
            ("PIP_NO_INPUT", "1".to_owned()),
            ("NODE_EXTRA_CA_CERTS", certificates.clone()),
            ("SSL_CERT_FILE", certificates.clone()),
            ("REQUESTS_CA_BUNDLE", certificates.clone()),
            ("NPM_CONFIG_UPDATE_NOTIFIER", "false".to_owned()),
            ("CARGO_HTTP_CAINFO", certificates),
            (
                "CARGO_HOME",
                self.home().join(".cargo").display().to_string(),
            ),
            // rustup's own folder, below the home folder of the user who runs the tests.
            (
                "RUSTUP_HOME",
                std::env::var("RUSTUP_HOME").unwrap_or_else(|_| {
                    let home = std::env::home_dir().unwrap_or_default();
                    home.join(".rustup").display().to_string()
                }),
            ),
        ] {
            environment.insert(name.to_owned(), value);
        }
        environment
    }

    /// Runs a client in the checkout.
    pub(crate) fn client(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Output {
        self.client_in(&self.sources(), program, arguments)
    }

    pub(crate) fn client_in(
        &self,
        folder: &Path,
        program: impl AsRef<Path>,
        arguments: &[&str],
    ) -> Output {
        Command::new(program.as_ref())
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}", program.as_ref().display()))
    }

    /// Runs a client, which must succeed and show no secret. Returns its output.
    pub(crate) fn restores(&self, program: impl AsRef<Path>, arguments: &[&str]) -> String {
        self.succeeds_in(&self.sources(), program, arguments)
    }

    /// Runs it in another folder.
    pub(crate) fn succeeds_in(
        &self,
        folder: &Path,
        program: impl AsRef<Path>,
        arguments: &[&str],
    ) -> String {
        let output = self.client_in(folder, program.as_ref(), arguments);
        let is_success = output.status.success();
        let text = self.printed(output);
        let program = program.as_ref().display();
        assert!(is_success, "{program} {arguments:?}: {text}");
        text
    }

    /// The output of a client, which contains no secret.
    pub(crate) fn printed(&self, output: Output) -> String {
        let text =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        let text = text.join("\n");
        assert!(self.world.secrets_in(&text).is_empty(), "{text}");
        text
    }

    /// Maven reads its proxy from the user's settings, which ours include, and certificates from a Java file.
    pub(crate) fn prepare_java(&self) {
        let address = self.proxy.url();
        let port = address.rsplit(':').next().expect("a port");
        let settings = format!(
            "<settings>\n  <proxies><proxy><active>true</active><protocol>https</protocol><host>127.0.0.1</host><port>{port}</port></proxy></proxies>\n</settings>\n"
        );
        write(&self.home().join(".m2/settings.xml"), &settings);
        let store = self.world.folder().join("trust.jks");
        let status = Command::new("keytool")
            .args([
                "-importcert",
                "-noprompt",
                "-alias",
                "emulator",
                "-storepass",
                "changeit",
                "-file",
            ])
            .arg(self.world.ca_file())
            .arg("-keystore")
            .arg(&store)
            .output()
            .expect("keytool starts");
        assert!(status.status.success(), "{status:?}");
    }

    /// The folders of Maven's packages and certificates.
    pub(crate) fn maven_arguments(&self) -> Vec<String> {
        let store = self.world.folder().join("trust.jks");
        vec![
            "--batch-mode".to_owned(),
            format!("-Djavax.net.ssl.trustStore={}", store.display()),
            "-Djavax.net.ssl.trustStorePassword=changeit".to_owned(),
            format!(
                "-Dmaven.repo.local={}",
                self.home().join(".m2/repository").display()
            ),
        ]
    }

    /// Advances the time, and waits until the files have a new token.
    pub(crate) fn pass(&self, time: &Time<'_>, by: Duration) {
        let file = self.folder().join("npmrc");
        let before = fs::read_to_string(&file).expect("a file");
        time.advance(by);
        // It sleeps by the system's clock; any connection wakes it.
        let broker = fs::read_to_string(self.folder().join("broker.json")).expect("a file");
        let port = broker
            .split("127.0.0.1:")
            .nth(1)
            .and_then(|rest| rest.split('/').next());
        let port: u16 = port.and_then(|port| port.parse().ok()).expect("a port");
        let begun = Instant::now();
        while fs::read_to_string(&file).expect("a file") == before {
            let _ = TcpStream::connect(("127.0.0.1", port));
            assert!(
                begun.elapsed() < Duration::from_secs(120),
                "the files are not renewed"
            );
            std::thread::yield_now();
        }
    }
}

pub(crate) fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// Every file below a folder, with its contents.
pub(crate) fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.clone(), fs::read(&path).unwrap_or_default());
            }
        }
    }
    files
}

/// An empty wheel.
pub(crate) fn wheel_of(path: &Path, version: &str) {
    let script = "\
import sys, zipfile
path, version = sys.argv[1:]
info = f'team_app-{version}.dist-info/'
with zipfile.ZipFile(path, 'w') as wheel:
    wheel.writestr(info + 'METADATA', f'Metadata-Version: 2.1\\nName: team-app\\nVersion: {version}\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(info + 'RECORD', '')
";
    let python = client("feeds-python").join("bin/python");
    let status = Command::new(python)
        .args(["-c", script])
        .arg(path)
        .arg(version)
        .status();
    assert!(status.expect("Python starts").success());
}
