//! Real clients, each with its usual command and an empty home folder: they restore and publish immediately, and
//! after the first tokens have expired.
//!
//! The emulated feeds redirect every download to blob storage, which must not receive a credential.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use adieu_emulator::{MY_CONNECTION, Role, World};
use expect_test::expect;

use super::job::{FEED, Feeds, wheel_of, world, write};
use crate::emulated_time::Time;
use crate::harness::client;

const MINUTE: Duration = Duration::from_secs(60);

/// A job after the step, with a checkout that declares the feed for each client.
pub(super) fn served<'w>(world: &'w World, time: &Time<'w>) -> Feeds<'w> {
    let mut feeds = Feeds::in_job(world, time.job())
        .file("npm/.npmrc", "registry=FEED/npm/registry/\n")
        .file("npm/package.json", "{\"private\":true}\n")
        .file("pnpm/.npmrc", "registry=FEED/npm/registry/\n")
        .file("pnpm/package.json", "{\"private\":true}\n")
        .file(
            "uv/pyproject.toml",
            "[project]\nname = \"app\"\nversion = \"1.0.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"hello-feed\"]\n[[tool.uv.index]]\nname = \"packages\"\nurl = \"FEED/pypi/simple/\"\ndefault = true\n",
        )
        .file(
            "published/cargo/.cargo/config.toml",
            "[registries.packages]\nindex = \"sparse+FEED/Cargo/index/\"\n",
        )
        .file("published/cargo/src/lib.rs", "")
        .file("published/npm/.npmrc", "registry=FEED/npm/registry/\n")
        .file("pip/requirements.txt", "--index-url FEED/pypi/simple/\nhello-feed\n")
        .file(
            "cargo/.cargo/config.toml",
            "[registries.packages]\nindex = \"sparse+FEED/Cargo/index/\"\n",
        )
        .file(
            "cargo/Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[dependencies]\nhello-feed = { version = \"1\", registry = \"packages\" }\n[workspace]\n",
        )
        .file("cargo/src/main.rs", "fn main() { println!(\"{}\", hello_feed::GREETING); }\n")
        .file(
            "maven/pom.xml",
            "<project><modelVersion>4.0.0</modelVersion><parent><groupId>com.contoso</groupId><artifactId>hello-parent</artifactId><version>1.0.0</version><relativePath/></parent><artifactId>app</artifactId><packaging>pom</packaging>\n<repositories><repository><id>packages</id>\n<url>FEED/maven/v1</url></repository></repositories></project>\n",
        );
    feeds.prepare_java();
    feeds.succeed(&[]);
    feeds
}

impl Feeds<'_> {
    /// npm, with an empty cache.
    fn npm(&self) {
        let folder = self.sources().join("npm");
        let _ = fs::remove_dir_all(folder.join("node_modules"));
        let _ = fs::remove_dir_all(self.home().join(".npm"));
        self.succeeds_in(&folder, "npm", &["install", "hello-feed"]);
        assert!(folder.join("node_modules/hello-feed/index.js").is_file());
    }

    /// pnpm, with an empty store.
    fn pnpm(&self) {
        let folder = self.sources().join("pnpm");
        for left in [folder.join("node_modules"), self.home().join(".local")] {
            let _ = fs::remove_dir_all(left);
        }
        let _ = fs::remove_dir_all(self.home().join(".cache"));
        let pnpm = client("pnpm").join("node_modules/.bin/pnpm");
        self.succeeds_in(&folder, pnpm, &["add", "hello-feed"]);
        assert!(folder.join("node_modules/hello-feed/index.js").is_file());
    }

    /// A generation of pip: 23 asks keyring for a user's password, 26 for user and password.
    fn pip(&self, generation: &str) {
        let python = client(generation).join("bin/python");
        let target = self.home().join("packages");
        let _ = fs::remove_dir_all(&target);
        let target = target.display().to_string();
        let arguments = [
            "-m",
            "pip",
            "install",
            "--no-cache-dir",
            "--target",
            &target,
        ];
        let folder = self.sources().join("pip");
        let arguments = [&arguments[..], &["--requirement", "requirements.txt"]].concat();
        self.succeeds_in(&folder, python, &arguments);
        assert!(Path::new(&target).join("hello_feed/__init__.py").is_file());
    }

    fn uv(&self) {
        let folder = self.sources().join("uv");
        for left in [folder.join(".venv"), self.home().join(".cache")] {
            let _ = fs::remove_dir_all(left);
        }
        let _ = fs::remove_file(folder.join("uv.lock"));
        let bin = client("feeds-python").join("bin");
        let python = bin.join("python").display().to_string();
        let arguments = ["sync", "--python", &python];
        self.succeeds_in(&folder, bin.join("uv"), &arguments);
        assert!(folder.join(".venv").is_dir());
    }

    fn cargo(&self) {
        let folder = self.sources().join("cargo");
        let _ = fs::remove_dir_all(self.home().join(".cargo/registry"));
        let _ = fs::remove_file(folder.join("Cargo.lock"));
        self.succeeds_in(&folder, "cargo", &["fetch"]);
    }

    /// Maven 3.8 does not read `MAVEN_ARGS`; 3.9 does.
    fn maven(&self) {
        let settings = self
            .job
            .value("ADIEU_MAVEN_SETTINGS")
            .expect("a variable")
            .to_owned();
        let _ = fs::remove_dir_all(self.home().join(".m2/repository"));
        let arguments = self.maven_arguments();
        let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        arguments.extend(["--settings", &settings, "validate"]);
        self.succeeds_in(&self.sources().join("maven"), "mvn", &arguments);
    }

    /// npm, Cargo and uv use the same credential to publish and to restore.
    fn publish(&self, version: &str) {
        let folder = self.sources().join("published/npm");
        let manifest = format!("{{\"name\":\"@team/app\",\"version\":\"{version}\"}}\n");
        write(&folder.join("package.json"), &manifest);
        self.succeeds_in(&folder, "npm", &["publish"]);
        let folder = self.sources().join("published/cargo");
        let manifest = format!(
            "[package]\nname = \"team-app\"\nversion = \"{version}\"\nedition = \"2021\"\ndescription = \"x\"\nlicense = \"MIT\"\n[workspace]\n"
        );
        write(&folder.join("Cargo.toml"), &manifest);
        let arguments = [
            "publish",
            "--registry",
            "packages",
            "--no-verify",
            "--allow-dirty",
        ];
        self.succeeds_in(&folder, "cargo", &arguments);
        let uv = client("feeds-python").join("bin/uv");
        let wheel = self
            .sources()
            .join(format!("published/team_app-{version}-py3-none-any.whl"));
        wheel_of(&wheel, version);
        let wheel = wheel.display().to_string();
        let address = format!("{FEED}/pypi/upload/");
        self.restores(uv, &["publish", "--publish-url", &address, &wheel]);
    }

    /// Runs every client. Returns how many requests of each were refused: the first one of clients that wait for a
    /// challenge.
    fn all(&self) -> String {
        type Client<'a> = (&'a str, &'a dyn Fn());
        let clients: [Client<'_>; 7] = [
            ("npm", &|| self.npm()),
            ("pnpm", &|| self.pnpm()),
            ("pip 23", &|| self.pip("python")),
            ("pip 26", &|| self.pip("feeds-python")),
            ("uv", &|| self.uv()),
            ("cargo", &|| self.cargo()),
            ("maven", &|| self.maven()),
        ];
        let mut lines = Vec::new();
        for (name, restore) in clients {
            let before = self.world.feeds().arrivals().len();
            restore();
            let statuses = self.world.feeds().arrivals().into_iter().skip(before);
            let statuses: Vec<u16> = statuses.filter_map(|arrival| arrival.status).collect();
            let refused = statuses.iter().filter(|status| **status == 401).count();
            let failed = statuses.iter().filter(|status| **status >= 402).count();
            lines.push(format!("{name}: {refused} refused, {failed} failed"));
        }
        lines.join("\n")
    }
}

#[test]
fn restore_and_publish_at_once_and_after_hours() {
    let world = world();
    world
        .feeds()
        .grant("contoso", "packages", MY_CONNECTION, Role::Publisher);
    let time = Time::of(&world);
    let mut feeds = served(&world, &time);
    let first = feeds.all();
    expect![[r#"
        npm: 0 refused, 0 failed
        pnpm: 0 refused, 0 failed
        pip 23: 0 refused, 0 failed
        pip 26: 0 refused, 0 failed
        uv: 4 refused, 0 failed
        cargo: 1 refused, 0 failed
        maven: 1 refused, 0 failed"#]]
    .assert_eq(&first);
    feeds.publish("1.0.0");
    feeds.pass(&time, 61 * MINUTE);
    let exchanges = world.entra().requests().len();
    assert_eq!(feeds.all(), first);
    feeds.publish("1.0.61");
    // The helpers answer with the token of the files.
    assert_eq!(world.entra().requests().len(), exchanges);
    feeds.pass(&time, 239 * MINUTE);
    assert_eq!(feeds.all(), first);
    feeds.publish("1.0.300");
    expect![[r#"
        cargo team-app 1.0.0
        cargo team-app 1.0.300
        cargo team-app 1.0.61
        npm @team/app 1.0.0
        npm @team/app 1.0.300
        npm @team/app 1.0.61
        python team-app team_app-1.0.0-py3-none-any.whl
        python team-app team_app-1.0.300-py3-none-any.whl
        python team-app team_app-1.0.61-py3-none-any.whl"#]]
    .assert_eq(&world.feeds().published("contoso", "packages").join("\n"));
    feeds.end();
}

/// A Feed Reader can restore what is in the feed; everything else needs another role.
#[test]
fn a_reader_neither_publishes_nor_saves_from_upstream() {
    let world = world();
    let mut feeds = Feeds::of(&world)
        .file(".npmrc", "registry=FEED/npm/registry/\n")
        .file("requirements.txt", "--index-url FEED/pypi/simple/\n");
    feeds.succeed(&[]);
    let wheel = feeds.home().join("team_app-1.0.0-py3-none-any.whl");
    wheel_of(&wheel, "1.0.0");
    let wheel = wheel.display().to_string();
    let uv = client("feeds-python").join("bin/uv");
    let publish = |feed: &str| {
        let address = format!("{feed}/pypi/upload/");
        feeds.client(&uv, &["publish", "--publish-url", &address, &wheel])
    };
    let refused = |output: Output, status: &str| {
        assert!(!output.status.success());
        let text = feeds.printed(output);
        assert!(text.contains(status), "{text}");
    };
    let grant = |role| {
        world
            .feeds()
            .grant("contoso", "packages", MY_CONNECTION, role);
    };
    let install = ["install", "hello-upstream"];
    refused(publish(FEED), "403 Forbidden");
    let output = feeds.client("npm", &install);
    refused(output, "E403");
    feeds.restores("npm", &["install", "hello-feed"]);
    grant(Role::Collaborator);
    feeds.restores("npm", &install);
    refused(publish(FEED), "403 Forbidden");
    grant(Role::Publisher);
    // A view contains what was promoted, and accepts no uploads.
    let view = format!("{FEED}@Release");
    refused(publish(&view), "400 Bad Request");
    let output = publish(FEED);
    assert!(output.status.success(), "{}", feeds.printed(output));
    let index = format!("{FEED}/pypi/simple/");
    let python = client("feeds-python").join("bin/python");
    for (index, package, is_there) in [
        (index, "team-app", true),
        (format!("{view}/pypi/simple/"), "team-app", false),
        (format!("{view}/pypi/simple/"), "hello-feed", true),
    ] {
        let arguments = [
            "-m",
            "pip",
            "download",
            "--dest",
            "x",
            "--index-url",
            &index,
            package,
        ];
        let output = feeds.client(&python, &arguments);
        assert_eq!(
            output.status.success(),
            is_there,
            "{}",
            feeds.printed(output)
        );
    }
    feeds.end();
}
