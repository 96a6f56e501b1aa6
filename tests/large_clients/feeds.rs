//! The larger package clients after FeedAuthenticate@1: bun, poetry, pdm and pipenv restore for hours, each with its
//! usual command and an empty home folder; those that can also publish.
//!
//! The emulated feeds redirect every download to blob storage, which must not receive a credential.

// Hosts that look like a feed's.
mod hostile;
// Gradle, and Maven 3.9.
mod jvm;
// nuget.exe.
mod nuget;
// hatch and skopeo.
mod publish;

use std::fs;
use std::path::Path;
use std::time::Duration;

use adieu_emulator::{MY_CONNECTION, Role};
use expect_test::expect;

use crate::emulated_time::Time;
use crate::harness::client;
use crate::job::{FEED, Feeds, wheel_of, world, write};

const MINUTE: Duration = Duration::from_secs(60);

const POETRY: &str = "[project]\nname = \"app\"\nversion = \"1.0.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"hello-feed\"]\n[[tool.poetry.source]]\nname = \"my.feed\"\nurl = \"FEED/pypi/simple/\"\npriority = \"primary\"\n[tool.poetry]\npackage-mode = false\n";

const PDM: &str = "[project]\nname = \"app\"\nversion = \"1.0.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"hello-feed\"]\n[[tool.pdm.source]]\nname = \"pypi\"\nurl = \"FEED/pypi/simple/\"\n";

const PIPFILE: &str = "[[source]]\nurl = \"FEED/pypi/simple/\"\nverify_ssl = true\nname = \"feed\"\n[packages]\nhello-feed = \"*\"\n";

impl Feeds<'_> {
    /// Runs a client in its folder of the checkout, after removing these files.
    fn installs(&self, folder: &str, program: &Path, arguments: &[&str], there: &[&str]) {
        let folder = self.sources().join(folder);
        for left in there {
            let _ = fs::remove_dir_all(folder.join(left));
            let _ = fs::remove_file(folder.join(left));
        }
        let _ = fs::remove_dir_all(self.home().join(".cache"));
        self.succeeds_in(&folder, program, arguments);
    }

    fn all(&self) {
        let python = |name: &str| client("feeds-python-large").join("bin").join(name);
        let poetry = ["install", "--no-interaction"];
        let venv = ".venv/bin/python";
        self.installs(
            "poetry",
            &python("poetry"),
            &poetry,
            &[".venv", "poetry.lock"],
        );
        assert!(self.sources().join("poetry").join(venv).exists());
        let pdm = ["install", "--no-self"];
        self.installs(
            "pdm",
            &client("pdm").join("bin/pdm"),
            &pdm,
            &[".venv", "pdm.lock"],
        );
        assert!(self.sources().join("pdm").join(venv).exists());
        self.installs(
            "pipenv",
            &python("pipenv"),
            &["install"],
            &[".venv", "Pipfile.lock"],
        );
        assert!(self.sources().join("pipenv").join(venv).exists());
        let node = client("feeds-large").join("node_modules");
        let bun = node.join("@oven/bun-linux-x64/bin/bun");
        let authority = self.world.ca_file().display().to_string();
        let add = ["add", "--cafile", &authority, "hello-feed"];
        let _ = fs::remove_dir_all(self.home().join(".bun"));
        self.installs("bun", &bun, &add, &["node_modules", "bun.lock"]);
        assert!(self.sources().join("bun/node_modules/hello-feed").is_dir());
    }

    /// pdm uploads the files in `dist/`, with the credential for restoring.
    fn publish(&self, version: &str) {
        let dist = self.sources().join("published/pdm/dist");
        let _ = fs::remove_dir_all(&dist);
        let wheel = format!("team_app-{version}-py3-none-any.whl");
        fs::create_dir_all(&dist).unwrap();
        wheel_of(&dist.join(&wheel), version);
        let pdm = client("pdm").join("bin/pdm");
        let upload = format!("{FEED}/pypi/upload/");
        let arguments = ["publish", "--no-build", "--repository", &upload];
        self.succeeds_in(&self.sources().join("published/pdm"), pdm, &arguments);
        let folder = self.sources().join("published/bun");
        let manifest = format!("{{\"name\":\"@team/app\",\"version\":\"{version}\"}}\n");
        write(&folder.join("package.json"), &manifest);
        let bun = client("feeds-large").join("node_modules/@oven/bun-linux-x64/bin/bun");
        let authority = self.world.ca_file().display().to_string();
        self.succeeds_in(&folder, bun, &["publish", "--cafile", &authority]);
    }
}

#[test]
fn restore_and_publish_at_once_and_after_hours() {
    let world = world();
    world
        .feeds()
        .grant("contoso", "packages", MY_CONNECTION, Role::Publisher);
    let time = Time::of(&world);
    let mut feeds = Feeds::in_job(&world, time.job())
        .file("npm/.npmrc", "registry=FEED/npm/registry/\n")
        .file("bun/.npmrc", "registry=FEED/npm/registry/\n")
        .file("bun/package.json", "{}\n")
        .file("poetry/pyproject.toml", POETRY)
        .file("pdm/pyproject.toml", PDM)
        .file("pipenv/Pipfile", PIPFILE)
        .file("published/bun/.npmrc", "registry=FEED/npm/registry/\n")
        .file("published/pdm/pyproject.toml", PDM);
    feeds.succeed(&[]);
    feeds.all();
    feeds.publish("1.0.0");
    feeds.pass(&time, 61 * MINUTE);
    feeds.all();
    feeds.publish("1.0.61");
    feeds.pass(&time, 239 * MINUTE);
    feeds.all();
    feeds.publish("1.0.300");
    expect![[r#"
        npm @team/app 1.0.0
        npm @team/app 1.0.300
        npm @team/app 1.0.61
        python team-app team_app-1.0.0-py3-none-any.whl
        python team-app team_app-1.0.300-py3-none-any.whl
        python team-app team_app-1.0.61-py3-none-any.whl"#]]
    .assert_eq(&world.feeds().published("contoso", "packages").join("\n"));
    feeds.end();
}
