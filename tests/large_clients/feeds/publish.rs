//! hatch, skopeo, and poetry with several tenants, after FeedAuthenticate@1: they publish, pull and restore with
//! their usual commands.
//!
//! None of them gets a token in a variable.

use std::fs;
use std::time::Duration;

use adieu_emulator::{MY_CONNECTION, Role};

use crate::emulated_time::Time;
use crate::harness::client;
use crate::job::{FEED, Feeds, wheel_of, world};

const MINUTE: Duration = Duration::from_secs(60);

impl Feeds<'_> {
    /// hatch uses no proxy, so its process resolves the feed's host to the emulator's port; and it only trusts the
    /// certificate that a variable names.
    fn hatch(&self, version: &str) {
        let wheel = self
            .home()
            .join(format!("team_app-{version}-py3-none-any.whl"));
        wheel_of(&wheel, version);
        let authority = format!("HATCH_INDEX_CA_CERT={}", self.world.ca_file().display());
        let script = format!(
            "import socket, sys\nfind = socket.getaddrinfo\nsocket.getaddrinfo = lambda host, port, *rest, **named: find('127.0.0.1', {}, *rest, **named)\nfrom hatch.cli import main\nsys.exit(main())\n",
            self.world.marketplace().port()
        );
        let python = client("hatch").join("bin/python").display().to_string();
        let address = format!("{FEED}/pypi/upload/");
        let wheel = wheel.display().to_string();
        let arguments = [
            &authority,
            &python,
            "-c",
            &script,
            "publish",
            "--no-prompt",
            "--repo",
            &address,
            &wheel,
        ];
        self.restores("env", &arguments);
    }

    /// Poetry publishes the files in `dist`; for a repository without credentials, requests reads netrc.
    fn poetry(&self, version: &str) {
        let folder = self.sources().join("poetry");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("dist")).expect("a folder");
        let project = format!("[project]\nname = \"team-app\"\nversion = \"{version}\"\n");
        fs::write(folder.join("pyproject.toml"), project).expect("a file");
        let wheel = format!("dist/team_app-{version}-py3-none-any.whl");
        wheel_of(&folder.join(wheel), version);
        let address = format!("POETRY_REPOSITORIES_FEED_URL={FEED}/pypi/upload/");
        let poetry = client("feeds-python-large").join("bin/poetry");
        let arguments = [
            &address,
            &poetry.display().to_string(),
            "publish",
            "--no-interaction",
            "--repository",
            "feed",
        ];
        self.succeeds_in(&folder, "env", &arguments);
    }

    fn skopeo(&self) {
        let target = self.home().join("image");
        let _ = fs::remove_dir_all(&target);
        let target = format!("dir:{}", target.display());
        let arguments = [
            "--insecure-policy",
            "copy",
            "docker://adieu.azurecr.io/hello:1",
            &target,
        ];
        self.restores("skopeo", &arguments);
        assert!(self.home().join("image/manifest.json").is_file());
    }
}

#[test]
fn publish_and_pull_at_once_and_after_hours() {
    let world = world();
    world
        .feeds()
        .grant("contoso", "packages", MY_CONNECTION, Role::Publisher);
    let time = Time::of(&world);
    let mut feeds = Feeds::in_job(&world, time.job())
        .file(".npmrc", "registry=FEED/npm/registry/\n")
        .file("requirements.txt", "--index-url FEED/pypi/simple/\n");
    feeds.succeed(&[
        ("publish", "true"),
        ("containerRegistries", "adieu.azurecr.io"),
    ]);
    for (pause, minute) in [(0, "0"), (61, "61"), (239, "300")] {
        if pause > 0 {
            feeds.pass(&time, pause * MINUTE);
        }
        feeds.hatch(&format!("1.0.{minute}"));
        feeds.poetry(&format!("2.0.{minute}"));
        feeds.skopeo();
    }
    assert_eq!(
        world.feeds().published("contoso", "packages"),
        ["1.0.0", "1.0.300", "1.0.61", "2.0.0", "2.0.300", "2.0.61"]
            .map(|version| format!("python team-app team_app-{version}-py3-none-any.whl"))
    );
    feeds.end();
}

/// netrc has one credential for the host of both tenants, so poetry uses Python's keyring.
#[test]
fn poetry_restores_from_the_feeds_of_two_tenants() {
    let world = world();
    let second = world.entra().add_tenant(MY_CONNECTION);
    world.organizations().connect("northwind", &second);
    world.organizations().add_member("northwind", MY_CONNECTION);
    world.feeds().add("northwind", "packages");
    let northwind = FEED.replace("contoso", "northwind");
    let project = |feed: &str| {
        format!(
            "[project]\nname = \"app\"\nversion = \"1.0.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"hello-feed\"]\n[[tool.poetry.source]]\nname = \"feed\"\nurl = \"{feed}/pypi/simple/\"\npriority = \"primary\"\n[tool.poetry]\npackage-mode = false\n"
        )
    };
    let mut feeds = Feeds::of(&world)
        .file("one/pyproject.toml", &project(FEED))
        .file("two/pyproject.toml", &project(&northwind));
    feeds.succeed(&[]);
    let poetry = client("feeds-python-large").join("bin/poetry");
    for folder in ["one", "two"] {
        let folder = feeds.sources().join(folder);
        feeds.succeeds_in(&folder, &poetry, &["install", "--no-interaction"]);
        assert!(folder.join(".venv/bin/python").exists());
    }
    feeds.end();
}
