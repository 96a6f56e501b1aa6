//! FeedAuthenticate@1: one step, and real package clients that restore from feeds until the job ends.
//!
//! The feeds accept no other host's questions, and the store of blobs fails the test when a credential comes along.

// npm, pip, Cargo and Maven, at once and after more than an hour.
mod clients;
// What clients ask a helper, byte by byte.
mod helpers;
// What a step leaves, whatever happens to it.
mod leftovers;
// `adieu feeds` and `adieu exec --feeds`, locally.
mod local;
// What a reader of the log sees when there is no credential.
mod refusals;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use adieu_emulator::{Job, MY_CONNECTION, Outcome, Proxy, TaskResult, World};
use expect_test::expect;

use crate::harness::{TaskFolder, stable};

/// A job with a checkout, and the task.
struct Feeds<'w> {
    world: &'w World,
    job: Job<'w>,
    task: TaskFolder,
    proxy: Proxy,
}

/// A world whose connection is a member of `contoso`, which has the feed `packages`.
fn world() -> World {
    let world = World::start();
    world.organizations().add_member("contoso", MY_CONNECTION);
    world.feeds().add("contoso", "packages");
    world
}

const FEED: &str = "https://pkgs.dev.azure.com/contoso/_packaging/packages";

impl<'w> Feeds<'w> {
    fn of(world: &'w World) -> Self {
        Self::in_job(world, world.job())
    }

    fn in_job(world: &'w World, mut job: Job<'w>) -> Self {
        let proxy = world.network();
        job.variable("agent.proxyurl", &proxy.url());
        job.keeps_secrets_in("adieu-feeds-");
        Self {
            world,
            job,
            task: TaskFolder::unpacked("feeds"),
            proxy,
        }
    }

    /// Writes a file of the checkout; `FEED` means the feed.
    fn file(self, name: &str, text: &str) -> Self {
        write(&self.sources().join(name), &text.replace("FEED", FEED));
        self
    }

    fn sources(&self) -> PathBuf {
        self.job.work_folder().join("s")
    }

    fn home(&self) -> PathBuf {
        self.job.work_folder().join("_home")
    }

    /// Runs the step with the connection.
    fn run(&mut self, inputs: &[(&str, &str)]) -> Outcome {
        let inputs = [&[("azureSubscription", MY_CONNECTION)], inputs].concat();
        self.run_with(&inputs)
    }

    fn run_with(&mut self, inputs: &[(&str, &str)]) -> Outcome {
        let mut step = self.job.step(self.task.path());
        for (name, value) in inputs {
            step = step.input(name, value);
        }
        step.run()
    }

    /// The same, which has to succeed. Returns the log.
    fn succeed(&mut self, inputs: &[(&str, &str)]) -> String {
        let outcome = self.run(inputs);
        assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
        assert!(!outcome.delayed, "the broker holds the step's pipes");
        stable(self.world, &outcome.log)
    }

    /// The section after the job.
    fn end(&mut self) -> String {
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
    fn folder(&self) -> PathBuf {
        let entries = fs::read_dir(self.job.temp_folder())
            .expect("a folder")
            .flatten();
        let mut folders = entries.map(|entry| entry.path()).filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("adieu-feeds-")
        });
        folders.next().expect("a private folder")
    }

    /// What a script of a later step finds in its environment, and how clients reach the emulator.
    fn environment(&self) -> BTreeMap<String, String> {
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
            ("NPM_CONFIG_CAFILE", certificates.clone()),
            ("PIP_CERT", certificates.clone()),
            ("PIP_DISABLE_PIP_VERSION_CHECK", "1".to_owned()),
            ("NPM_CONFIG_UPDATE_NOTIFIER", "false".to_owned()),
            ("CARGO_HTTP_CAINFO", certificates),
            (
                "CARGO_HOME",
                self.home().join(".cargo").display().to_string(),
            ),
            // rustup's own place, which is below the home of the user who runs the tests.
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
    fn client(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Output {
        self.client_in(&self.sources(), program, arguments)
    }

    fn client_in(&self, folder: &Path, program: impl AsRef<Path>, arguments: &[&str]) -> Output {
        Command::new(program.as_ref())
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}", program.as_ref().display()))
    }

    /// The same, which has to succeed and to show no secret. Returns what it printed.
    fn restores(&self, program: impl AsRef<Path>, arguments: &[&str]) -> String {
        let output = self.client(program.as_ref(), arguments);
        let text =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        let text = text.join("\n");
        let program = program.as_ref().display();
        assert!(output.status.success(), "{program} {arguments:?}: {text}");
        assert!(self.world.secrets_in(&text).is_empty(), "{text}");
        text
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// Every file below a folder, with what is in it.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
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

#[test]
fn one_step_serves_what_the_repository_declares() {
    let world = world();
    let mut feeds = Feeds::of(&world)
        .file(".npmrc", "registry=FEED/npm/registry/\n")
        .file("nuget.config", "<configuration><packageSources>\n<add key=\"packages\" value=\"FEED/nuget/v3/index.json\"/>\n</packageSources></configuration>\n")
        .file("pyproject.toml", "[[tool.uv.index]]\nname = \"my-feed\"\nurl = \"FEED/pypi/simple/\"\n")
        .file("java/pom.xml", "<project><repositories><repository><id>packages</id>\n<url>FEED/maven/v1</url></repository></repositories></project>\n")
        .file("java/build.gradle", "maven { url 'FEED/maven/v1' }\n")
        .file(".cargo/config.toml", "[registries.packages]\nindex = \"sparse+FEED/Cargo/index/\"\n");
    feeds.job.variable("MAVEN_ARGS", "--batch-mode");
    let before = (snapshot(&feeds.sources()), snapshot(&feeds.home()));
    let log = feeds.succeed(&[]);
    expect![[r#"
        ##[warning]java/build.gradle:1: gradle gets no credential for contoso/packages; it is not supported yet.
        .cargo/config.toml:2: contoso/packages for cargo (credential provider).
        .npmrc:1: contoso/packages for npm (NPM_CONFIG_USERCONFIG).
        java/pom.xml:2: contoso/packages for maven (MAVEN_ARGS).
        nuget.config:2: contoso/packages for nuget (credential provider).
        pyproject.toml:3: contoso/packages for uv (keyring and netrc).
        Credentials are renewed until the job ends; the first one is valid until [TIME]."#]].assert_eq(&log);
    assert_eq!(
        (snapshot(&feeds.sources()), snapshot(&feeds.home())),
        before
    );
    // One exchange for all clients.
    assert_eq!(world.entra().requests().len(), 1);
    let folder = feeds.folder().display().to_string();
    let seen: Vec<String> = feeds
        .job
        .environment_of_next_script()
        .into_iter()
        .map(|(name, value)| format!("{name}={}", value.replace(&folder, "[FOLDER]")))
        .collect();
    let seen = seen.join("\n");
    assert!(world.secrets_in(&seen).is_empty(), "{seen}");
    expect![[r#"
        ADIEU_MAVEN_SETTINGS=[FOLDER]/settings.xml
        CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS=cargo:token cargo-credential-adieu
        MAVEN_ARGS=--batch-mode --settings [FOLDER]/settings.xml
        NETRC=[FOLDER]/netrc
        NPM_CONFIG_USERCONFIG=[FOLDER]/npmrc
        NUGET_CREDENTIALPROVIDERS_PATH=[FOLDER]/bin
        UV_INDEX_MY_FEED_USERNAME=adieu
        UV_KEYRING_PROVIDER=subprocess"#]]
    .assert_eq(&seen);
    let mut names: Vec<String> = snapshot(&feeds.folder())
        .into_keys()
        .map(|path| {
            path.strip_prefix(&folder)
                .expect("below it")
                .display()
                .to_string()
        })
        .collect();
    names.sort();
    expect!["bin/CredentialProvider.Adieu.exe bin/cargo-credential-adieu bin/keyring bin/nuget-plugin-adieu broker.json netrc npmrc plan.json settings.xml"].assert_eq(&names.join(" "));
    expect!["The credentials for feeds are removed."].assert_eq(&feeds.end());
    assert_eq!(
        (snapshot(&feeds.sources()), snapshot(&feeds.home())),
        before
    );
    assert_eq!(feeds.job.value("MAVEN_ARGS"), Some("--batch-mode"));
    assert_eq!(feeds.job.value("NPM_CONFIG_USERCONFIG"), Some(""));
    assert!(!Path::new(&folder).exists());
}

#[test]
fn shows_each_feed_on_the_runs_page() {
    let world = world();
    let mut feeds = Feeds::of(&world)
        .file(".npmrc", "registry=FEED/npm/registry/\n")
        .file(
            "web/.yarnrc.yml",
            "npmRegistryServer: FEED@Local/npm/registry/\n",
        );
    feeds.succeed(&[]);
    let page = fs::read_to_string(feeds.job.temp_folder().join("Feeds 1.md"));
    expect![[r#"
        ### Azure Artifacts feeds

        | feed | client | declared in | credential by |
        |---|---|---|---|
        | `contoso/packages` | npm | `.npmrc:1` | NPM_CONFIG_USERCONFIG |
        | `contoso/packages@Local` | yarn | `web/.yarnrc.yml:1` | not supported yet |
    "#]]
    .assert_eq(&page.expect("a page"));
    feeds.end();
}

/// Two organizations in two tenants, each with a feed of the same name, and a third organization in the first tenant.
#[test]
fn each_tenant_has_its_own_token() {
    let world = world();
    let tenant = world.entra().add_tenant(MY_CONNECTION);
    world.organizations().connect("northwind", &tenant);
    for organization in ["northwind", "fabrikam"] {
        world
            .organizations()
            .add_member(organization, MY_CONNECTION);
        world.feeds().add(organization, "packages");
    }
    let mut feeds = Feeds::of(&world).file(
        ".npmrc",
        "@contoso:registry=FEED/npm/registry/\n@northwind:registry=https://pkgs.dev.azure.com/northwind/_packaging/packages/npm/registry/\n@fabrikam:registry=https://pkgs.dev.azure.com/fabrikam/_packaging/packages/npm/registry/\n",
    )
    .file("requirements.txt", "--index-url FEED/pypi/simple/\n")
    .file("lib/pyproject.toml", "[[tool.poetry.source]]\nurl = \"https://pkgs.dev.azure.com/northwind/_packaging/packages/pypi/simple/\"\n");
    let log = feeds.succeed(&[]);
    expect![[r#"
        .npmrc:1: contoso/packages for npm (NPM_CONFIG_USERCONFIG).
        .npmrc:2: northwind/packages for npm (NPM_CONFIG_USERCONFIG).
        .npmrc:3: fabrikam/packages for npm (NPM_CONFIG_USERCONFIG).
        lib/pyproject.toml:2: northwind/packages for poetry (none).
        requirements.txt:1: contoso/packages for pip (keyring).
        ##[warning]poetry gets no credential: the feeds belong to several tenants, and netrc has one credential for all of pkgs.dev.azure.com. Serve one tenant for each step.
        Credentials are renewed until the job ends; the first one is valid until [TIME]."#]].assert_eq(&log);
    assert_eq!(
        world.entra().requests().len(),
        2,
        "an exchange for each tenant"
    );
    for organization in ["contoso", "northwind", "fabrikam"] {
        let registry =
            format!("https://pkgs.dev.azure.com/{organization}/_packaging/packages/npm/registry/");
        feeds.restores(
            "npm",
            &["view", "--registry", &registry, "hello-feed", "version"],
        );
    }
    assert_eq!(feeds.job.value("NETRC"), None);
    feeds.end();
}

#[test]
fn without_a_connection_the_jobs_own_token_serves_its_organization() {
    let world = world();
    let mut feeds = Feeds::of(&world)
        .file(".npmrc", "registry=FEED/npm/registry/\n")
        .file(
            "web/.npmrc",
            "registry=https://pkgs.dev.azure.com/fabrikam/_packaging/packages/npm/registry/\n",
        );
    feeds.job.collection("https://dev.azure.com/contoso/");
    let outcome = feeds.run_with(&[]);
    assert_eq!(outcome.result, TaskResult::Succeeded, "{}", outcome.log);
    expect![[r#"
        ##[warning]fabrikam/packages (web/.npmrc:1) belongs to another organization than contoso and gets no credential. Set azureDevOpsServiceConnection or azureSubscription.
        .npmrc:1: contoso/packages for npm (NPM_CONFIG_USERCONFIG).
        Credentials are the job's own token, valid until the job ends."#]].assert_eq(&stable(&world, &outcome.log));
    assert!(world.entra().requests().is_empty());
    let version = feeds.restores("npm", &["view", "hello-feed", "version"]);
    assert_eq!(version.trim(), "1.0.0");
    feeds.end();
}
