//! nuget.exe, as the react-native-windows project packs it for npm, under mono: with the provider that the step
//! configures, and with the plugin that newer clients find.
//!
//! It shows nothing about dotnet, whose SDK is not in any registry that the tests can use.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use adieu_emulator::{MY_CONNECTION, Role};
use expect_test::expect;

use super::MINUTE;
use crate::emulated_time::Time;
use crate::harness::client;
use crate::job::{Feeds, world, write};

/// Without `clear`, nuget.org is used, too.
const CONFIG: &str = "<configuration><packageSources><clear/>\n<add key=\"packages\" value=\"FEED/nuget/v3/index.json\"/>\n</packageSources></configuration>\n";

const PACKAGES: &str = "<packages><package id=\"Hello-Feed\" version=\"1.0.0\"/></packages>\n";

/// How nuget.exe finds our program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// `CredentialProvider.*.exe`, started for each source: what the step configures.
    Provider,
    /// `-Plugin`, started once for each source, with messages as requests.
    Plugin,
}

impl Feeds<'_> {
    /// Runs nuget.exe in a folder.
    pub(super) fn nuget_in(&self, folder: &Path, protocol: Protocol, arguments: &[&str]) -> Output {
        let program = client("feeds-large").join("node_modules/nuget-exe/nuget-5.8.0.exe");
        let mut command = Command::new("mono");
        command
            .arg(program)
            .args(arguments)
            .arg("-NonInteractive")
            .current_dir(folder)
            .env_clear()
            .envs(self.environment())
            // NuGet's own variable for a proxy for both schemes.
            .env("http_proxy", self.proxy.url())
            .stdin(Stdio::null());
        if protocol == Protocol::Plugin {
            let plugin = self.folder().join("bin/nuget-plugin-adieu");
            command
                .env_remove("NUGET_CREDENTIALPROVIDERS_PATH")
                .env("NUGET_NETFX_PLUGIN_PATHS", plugin);
        }
        command.output().expect("mono starts")
    }

    /// mono has its own list of certificate authorities, in the home folder.
    pub(super) fn trusted_by_mono(&self) {
        let status = Command::new("cert-sync")
            .args(["--quiet", "--user"])
            .arg(self.world.ca_file())
            .env("HOME", self.home())
            .status();
        assert!(status.expect("cert-sync starts").success());
    }

    /// Runs nuget.exe in the checkout, which must succeed.
    fn nuget(&self, protocol: Protocol, arguments: &[&str]) {
        let output = self.nuget_in(&self.sources().join("nuget"), protocol, arguments);
        let is_success = output.status.success();
        let text = self.printed(output);
        assert!(is_success, "{protocol:?} {arguments:?}: {text}");
    }

    /// With an empty home folder, and without packages of an earlier run.
    fn nuget_restores(&self, protocol: Protocol) {
        let folder = self.sources().join("nuget");
        let _ = fs::remove_dir_all(folder.join("packages"));
        for left in [".nuget", ".local", ".config/NuGet"] {
            let _ = fs::remove_dir_all(self.home().join(left));
        }
        let arguments = [
            "restore",
            "packages.config",
            "-PackagesDirectory",
            "packages",
        ];
        self.nuget(protocol, &arguments);
        let file = folder.join("packages/Hello-Feed.1.0.0/content/hello.txt");
        assert!(file.is_file(), "{protocol:?}");
    }

    fn nuget_publishes(&self, protocol: Protocol, version: &str) {
        let id = format!("Team.{protocol:?}");
        let manifest = format!(
            "<package><metadata><id>{id}</id><version>{version}</version><authors>team</authors><description>x</description></metadata><files><file src=\"packages.config\" target=\"content\"/></files></package>\n"
        );
        write(&self.sources().join("nuget/team.nuspec"), &manifest);
        self.nuget(protocol, &["pack", "team.nuspec"]);
        let package = format!("{id}.{version}.nupkg");
        let push = ["push", &package, "-Source", "packages", "-ApiKey", "az"];
        self.nuget(protocol, &push);
    }

    fn nuget_does_both(&self, version: &str) {
        for protocol in [Protocol::Provider, Protocol::Plugin] {
            self.nuget_restores(protocol);
            self.nuget_publishes(protocol, version);
        }
    }
}

#[test]
fn restores_and_publishes_for_hours_by_both_protocols() {
    let world = world();
    world
        .feeds()
        .grant("contoso", "packages", MY_CONNECTION, Role::Publisher);
    let time = Time::of(&world);
    let mut feeds = Feeds::in_job(&world, time.job())
        .file("npm/.npmrc", "registry=FEED/npm/registry/\n")
        .file("nuget/nuget.config", CONFIG)
        .file("nuget/packages.config", PACKAGES);
    feeds.succeed(&[]);
    feeds.trusted_by_mono();
    feeds.nuget_does_both("1.0.0");
    feeds.pass(&time, 61 * MINUTE);
    feeds.nuget_does_both("1.0.61");
    feeds.pass(&time, 239 * MINUTE);
    feeds.nuget_does_both("1.0.300");
    expect![[r#"
        nuget team.plugin 1.0.0
        nuget team.plugin 1.0.300
        nuget team.plugin 1.0.61
        nuget team.provider 1.0.0
        nuget team.provider 1.0.300
        nuget team.provider 1.0.61"#]]
    .assert_eq(&world.feeds().published("contoso", "packages").join("\n"));
    feeds.end();
}
