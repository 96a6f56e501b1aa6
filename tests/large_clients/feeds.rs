//! The larger package clients after FeedAuthenticate@1: bun, poetry, pdm and pipenv restore for hours, each by
//! its usual command and from an empty home.
//!
//! The emulated feeds lead every download to a store of blobs, which must not see a credential.

// hatch and skopeo.
mod publish;

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::emulated_time::Time;
use crate::harness::client;
use crate::job::{Feeds, world};

const MINUTE: Duration = Duration::from_secs(60);

const POETRY: &str = "[project]\nname = \"app\"\nversion = \"1.0.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"hello-feed\"]\n[[tool.poetry.source]]\nname = \"my.feed\"\nurl = \"FEED/pypi/simple/\"\npriority = \"primary\"\n[tool.poetry]\npackage-mode = false\n";

const PDM: &str = "[project]\nname = \"app\"\nversion = \"1.0.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"hello-feed\"]\n[[tool.pdm.source]]\nname = \"pypi\"\nurl = \"FEED/pypi/simple/\"\n";

const PIPFILE: &str = "[[source]]\nurl = \"FEED/pypi/simple/\"\nverify_ssl = true\nname = \"feed\"\n[packages]\nhello-feed = \"*\"\n";

impl Feeds<'_> {
    /// A client in its folder of the checkout, from which these are removed first.
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
        self.installs("pdm", &python("pdm"), &pdm, &[".venv", "pdm.lock"]);
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
}

#[test]
fn restore_at_once_and_after_hours() {
    let world = world();
    let time = Time::of(&world);
    let mut feeds = Feeds::in_job(&world, time.job())
        .file("npm/.npmrc", "registry=FEED/npm/registry/\n")
        .file("bun/.npmrc", "registry=FEED/npm/registry/\n")
        .file("bun/package.json", "{}\n")
        .file("poetry/pyproject.toml", POETRY)
        .file("pdm/pyproject.toml", PDM)
        .file("pipenv/Pipfile", PIPFILE);
    feeds.succeed(&[]);
    feeds.all();
    for minutes in [61, 239] {
        feeds.pass(&time, minutes * MINUTE);
        feeds.all();
    }
    feeds.end();
}
