//! Clients that publish and read their credential elsewhere: twine, Maven's deploy, and pnpm, which runs a program.
//!
//! Clients that publish with the credential for restoring are in `clients.rs`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use adieu_emulator::{MY_CONNECTION, Role, World};
use expect_test::expect;

use super::job::{FEED, Feeds, wheel_of, world, write};
use crate::emulated_time::Time;
use crate::harness::client;

const MINUTE: Duration = Duration::from_secs(60);

const POM: &str = "<project><modelVersion>4.0.0</modelVersion><groupId>com.contoso</groupId><artifactId>app</artifactId><version>VERSION</version><packaging>pom</packaging>\n<repositories><repository><id>packages</id>\n<url>FEED/maven/v1</url></repository></repositories>\n<distributionManagement><repository><id>packages</id>\n<url>FEED/maven/v1</url></repository></distributionManagement></project>\n";

/// A job whose identity may publish, after the step.
fn served<'w>(world: &'w World, time: &Time<'w>, inputs: &[(&str, &str)]) -> Feeds<'w> {
    world
        .feeds()
        .grant("contoso", "packages", MY_CONNECTION, Role::Publisher);
    let mut feeds = Feeds::in_job(world, time.job())
        .file(".npmrc", "registry=FEED/npm/registry/\n")
        .file("requirements.txt", "--index-url FEED/pypi/simple/\n")
        .file("maven/pom.xml", POM);
    feeds.prepare_java();
    let log = feeds.succeed(inputs);
    assert!(!log.contains("warning"), "{log}");
    feeds
}

impl Feeds<'_> {
    /// twine, by its usual command.
    fn twine(&self, version: &str) {
        let wheel = self
            .home()
            .join(format!("team_app-{version}-py3-none-any.whl"));
        wheel_of(&wheel, version);
        let twine = client("feeds-python").join("bin/twine");
        let wheel = wheel.display().to_string();
        let address = format!("{FEED}/pypi/upload/");
        let arguments = ["upload", "--repository-url", &address, &wheel];
        self.restores(&twine, &arguments);
        // As after TwineAuthenticate@1.
        let wheel = self
            .home()
            .join(format!("team_app-{version}.1-py3-none-any.whl"));
        wheel_of(&wheel, &format!("{version}.1"));
        let file = self.job.value("PYPIRC_PATH").expect("a variable");
        let wheel = wheel.display().to_string();
        let arguments = ["upload", "--config-file", file, "-r", "packages", &wheel];
        self.restores(&twine, &arguments);
    }

    /// `mvn deploy` without the phases before it.
    fn deploy(&self, version: &str) {
        let folder = self.sources().join("maven");
        let pom = POM.replace("FEED", FEED).replace("VERSION", version);
        write(&folder.join("pom.xml"), &pom);
        let settings = self
            .job
            .value("ADIEU_MAVEN_SETTINGS")
            .expect("a variable")
            .to_owned();
        // Maven's own plugins do not come from feeds.
        let repository = self.home().join(".m2/repository");
        let _ = fs::remove_dir_all(&repository);
        let copied = Command::new("cp")
            .arg("-r")
            .arg(client("maven-deploy").join("repository"))
            .arg(&repository)
            .status();
        assert!(copied.expect("cp starts").success());
        let mut arguments = self.maven_arguments();
        let deploy = "org.apache.maven.plugins:maven-deploy-plugin:3.1.4:deploy";
        arguments.extend(["--settings", &settings, deploy].map(str::to_owned));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.succeeds_in(&folder, "mvn", &arguments);
    }
}

#[test]
fn twine_and_maven_publish_at_once_and_after_hours() {
    let world = world();
    let time = Time::of(&world);
    let mut feeds = served(&world, &time, &[("publish", "true")]);
    for (pause, version) in [(0, "1.0.0"), (61, "1.0.61"), (239, "1.0.300")] {
        if pause > 0 {
            feeds.pass(&time, pause * MINUTE);
        }
        feeds.twine(version);
        feeds.deploy(version);
    }
    expect![[r#"
        maven app 1.0.0
        maven app 1.0.300
        maven app 1.0.61
        python team-app team_app-1.0.0-py3-none-any.whl
        python team-app team_app-1.0.0.1-py3-none-any.whl
        python team-app team_app-1.0.300-py3-none-any.whl
        python team-app team_app-1.0.300.1-py3-none-any.whl
        python team-app team_app-1.0.61-py3-none-any.whl
        python team-app team_app-1.0.61.1-py3-none-any.whl"#]]
    .assert_eq(&world.feeds().published("contoso", "packages").join("\n"));
    feeds.end();
}

/// The server with the repository's own ID is used only for deploying.
#[test]
fn a_repository_id_on_another_host_gets_no_credential() {
    let world = world();
    let foreign = POM.replace(
        "<url>FEED/maven/v1</url></repository></distributionManagement>",
        "<url>https://maven.example/</url></repository></distributionManagement>",
    );
    let mut feeds = Feeds::of(&world)
        .file("a/pom.xml", POM)
        .file("b/pom.xml", &foreign);
    feeds.succeed(&[("publish", "true")]);
    let settings = fs::read_to_string(feeds.folder().join("settings.xml")).expect("a file");
    assert!(settings.contains("<mirrorOf>packages</mirrorOf>"));
    assert!(!settings.contains("<server><id>packages</id>"));
    feeds.end();
    let mut feeds = Feeds::of(&world).file("a/pom.xml", POM);
    feeds.succeed(&[]);
    let settings = fs::read_to_string(feeds.folder().join("settings.xml")).expect("a file");
    assert!(!settings.contains("<server><id>packages</id>"));
    feeds.end();
}

#[test]
fn warns_if_the_identity_cannot_publish() {
    let world = world();
    let mut feeds = Feeds::of(&world)
        .file("a/.npmrc", "registry=FEED/npm/registry/\n")
        .file("b/.npmrc", "registry=FEED/npm/registry/\n");
    expect![[r#"
        a/.npmrc:1: contoso/packages for npm (NPM_CONFIG_USERCONFIG).
        b/.npmrc:1: contoso/packages for npm (NPM_CONFIG_USERCONFIG).
        Credentials are renewed until the job ends; the first one is valid until [TIME].
        ##[warning]This identity can read the feed contoso/packages, and cannot publish to it. An owner of the feed gives it the role Feed Publisher (Contributor): Artifacts → the feed → ⚙ → Permissions → Add users/groups."#]]
    .assert_eq(&feeds.succeed(&[("publish", "true")]));
    feeds.end();
    // Without the service's list there is no warning.
    world.feeds().hide_roles();
    let mut feeds = Feeds::of(&world).file(".npmrc", "registry=FEED/npm/registry/\n");
    let log = feeds.succeed(&[("publish", "true")]);
    assert!(!log.contains("warning"), "{log}");
    feeds.end();
}

/// With pnpm's lock file in the checkout. The tokens next to the program do not work here, so that pnpm must run it.
#[test]
fn pnpm_runs_the_token_helper() {
    let world = world();
    world.organizations().add_member("fabrikam", MY_CONNECTION);
    world.feeds().add("fabrikam", "packages");
    let second = "https://pkgs.dev.azure.com/fabrikam/_packaging/packages";
    let mut feeds = Feeds::of(&world)
        .file(
            ".npmrc",
            &format!("registry=FEED/npm/registry/\n@team:registry={second}/npm/registry/\n"),
        )
        .file("package.json", "{\"private\":true}\n")
        .file("pnpm-lock.yaml", "lockfileVersion: '9.0'\n");
    feeds.succeed(&[]);
    let mut programs: Vec<PathBuf> = fs::read_dir(feeds.folder().join("bin"))
        .expect("a folder")
        .flatten()
        .map(|entry| PathBuf::from(entry.file_name()))
        .collect();
    programs.sort();
    let names = ["adieu-npm-token-contoso", "adieu-npm-token-fabrikam"];
    assert_eq!(programs, names.map(PathBuf::from));
    let file = feeds.folder().join("npmrc");
    let text = fs::read_to_string(&file).expect("a file");
    let without: String = text
        .lines()
        .filter(|line| !line.contains("_authToken"))
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(&file, without).expect("a file");
    let pnpm = client("pnpm").join("node_modules/.bin/pnpm");
    feeds.restores(&pnpm, &["add", "hello-feed"]);
    assert!(feeds.sources().join("node_modules/hello-feed").is_dir());
    let answer = Command::new(feeds.folder().join("bin/adieu-npm-token-contoso"))
        .env_clear()
        .output()
        .expect("it starts");
    let answer = String::from_utf8_lossy(&answer.stdout).into_owned();
    assert!(answer.starts_with("Bearer "), "{answer}");
    assert_eq!(world.secrets_in(&answer), ["access token"]);
    // The program for another organization's name has no token.
    let other = feeds.folder().join("bin/adieu-npm-token-northwind");
    fs::hard_link(feeds.folder().join("bin").join(names[0]), &other).expect("a link");
    let answer = Command::new(&other)
        .env_clear()
        .output()
        .expect("it starts");
    assert_eq!((answer.stdout.len(), answer.status.code()), (0, Some(1)));
    feeds.end();
}
