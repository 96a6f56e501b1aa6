//! yarn 1 and 4, and publishing with pnpm: immediately, and after the first tokens have expired.
//!
//! yarn 4 is the only client that reads its credential from a file above the checkout.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use adieu_emulator::{MY_CONNECTION, Role};
use expect_test::expect;

use super::job::{Feeds, world, write};
use crate::emulated_time::Time;
use crate::harness::client;

const MINUTE: Duration = Duration::from_secs(60);

/// The emulated feed does not report when a version was published; yarn 4 requires that, unless the project turns it
/// off.
const YARNRC: &str =
    "npmRegistryServer: FEED/npm/registry/\nnodeLinker: node-modules\nnpmMinimalAgeGate: 0\n";

const MANIFEST: &str =
    "{\"name\":\"app\",\"private\":true,\"dependencies\":{\"hello-feed\":\"^1.0.0\"}}\n";

impl Feeds<'_> {
    /// Runs a Node program in a folder of the checkout without results of an earlier run. It must succeed.
    fn node(&self, folder: &Path, script: &str, arguments: &[&str]) {
        for left in ["node_modules", ".yarn"] {
            let _ = fs::remove_dir_all(folder.join(left));
        }
        for left in [".cache", ".yarn", ".local"] {
            let _ = fs::remove_dir_all(self.home().join(left));
        }
        let output = Command::new("node")
            .arg(clients().join(script))
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .envs(self.environment())
            // yarn 4 has its own names for the proxy and its certificate authority.
            .env("YARN_HTTPS_PROXY", self.proxy.url())
            .env("YARN_HTTPS_CA_FILE_PATH", self.world.ca_file())
            .env("YARN_ENABLE_TELEMETRY", "0")
            .output()
            .expect("node starts");
        let is_success = output.status.success();
        let text = self.printed(output);
        assert!(is_success, "{script} {arguments:?}: {text}");
    }

    fn yarn_restores(&self) {
        for (name, script) in [("yarn1", YARN_1), ("yarn4", YARN_4)] {
            let folder = self.sources().join(name);
            let lock = if script == YARN_1 { LOCK_OF_1 } else { "" };
            write(&folder.join("yarn.lock"), lock);
            self.node(&folder, script, &["install"]);
            let file = folder.join("node_modules/hello-feed/index.js");
            assert!(file.is_file(), "{name}");
        }
    }

    fn yarn_and_pnpm_publish(&self, version: &str) {
        for (name, script, arguments) in [
            (
                "yarn1",
                YARN_1,
                &["publish", "--new-version", version, "--non-interactive"][..],
            ),
            ("yarn4", YARN_4, &["npm", "publish"]),
            ("pnpm", PNPM, &["publish", "--no-git-checks"]),
        ] {
            let folder = self.sources().join("published").join(name);
            let manifest = format!("{{\"name\":\"@team/of-{name}\",\"version\":\"{version}\"}}\n");
            write(&folder.join("package.json"), &manifest);
            // yarn 4 publishes what its lock file names.
            if script == YARN_4 {
                self.node(&folder, script, &["install"]);
            }
            self.node(&folder, script, arguments);
        }
    }
}

/// By this line, the step recognizes whose file it is.
const LOCK_OF_1: &str = "# yarn lockfile v1\n";

const YARN_1: &str = "yarn/node_modules/yarn/bin/yarn.js";
const YARN_4: &str = "yarn/node_modules/@yarnpkg/cli-dist/bin/yarn.js";
const PNPM: &str = "pnpm/node_modules/pnpm/bin/pnpm.cjs";

/// The folder of all clients.
fn clients() -> std::path::PathBuf {
    let folder = client("yarn");
    folder.parent().expect("a folder").to_owned()
}

#[test]
fn both_generations_restore_and_publish_for_hours() {
    let world = world();
    world
        .feeds()
        .grant("contoso", "packages", MY_CONNECTION, Role::Publisher);
    let time = Time::of(&world);
    let registry = "registry=FEED/npm/registry/\n";
    let mut feeds = Feeds::in_job(&world, time.job())
        .file("yarn1/.npmrc", registry)
        .file("yarn1/package.json", MANIFEST)
        .file("yarn1/yarn.lock", LOCK_OF_1)
        .file("yarn4/.yarnrc.yml", YARNRC)
        .file("yarn4/package.json", MANIFEST)
        .file("published/yarn1/.npmrc", registry)
        .file("published/yarn4/.yarnrc.yml", YARNRC)
        .file("published/yarn4/yarn.lock", "")
        .file("published/pnpm/.npmrc", registry);
    feeds.succeed(&[]);
    feeds.yarn_restores();
    feeds.yarn_and_pnpm_publish("1.0.0");
    feeds.pass(&time, 61 * MINUTE);
    feeds.yarn_restores();
    feeds.yarn_and_pnpm_publish("1.0.61");
    feeds.pass(&time, 239 * MINUTE);
    feeds.yarn_restores();
    feeds.yarn_and_pnpm_publish("1.0.300");
    expect![[r#"
        npm @team/of-pnpm 1.0.0
        npm @team/of-pnpm 1.0.300
        npm @team/of-pnpm 1.0.61
        npm @team/of-yarn1 1.0.0
        npm @team/of-yarn1 1.0.300
        npm @team/of-yarn1 1.0.61
        npm @team/of-yarn4 1.0.0
        npm @team/of-yarn4 1.0.300
        npm @team/of-yarn4 1.0.61"#]]
    .assert_eq(&world.feeds().published("contoso", "packages").join("\n"));
    // A client checks what exists before it publishes.
    let failed = world.feeds().arrivals().into_iter().filter_map(|arrival| {
        let status = arrival.status.filter(|status| *status >= 400)?;
        Some(format!("{} {status}", arrival.request))
    });
    expect![[r#"
        HEAD /contoso 401
        GET /contoso/_packaging/packages/npm/registry/@team%2fof-pnpm 404
        GET /contoso/_packaging/packages/npm/registry/@team%2fof-pnpm 404"#]]
    .assert_eq(&failed.collect::<Vec<String>>().join("\n"));
    feeds.end();
}
