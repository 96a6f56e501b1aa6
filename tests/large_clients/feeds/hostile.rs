//! Larger clients and hosts that look like a feed's: each contacts those with a valid address, and sends no
//! credential. The emulator's ledger checks each request.

use std::fs;

use adieu_emulator::{OtherHosts, World};

use super::nuget::Protocol;
use crate::addresses::addresses;
use crate::harness::client;
use crate::job::{Feeds, world, write};

/// A project for each address, so that one refusal does not end the build.
const BUILD: &str = "\
def addresses = file('addresses.txt').readLines()
subprojects { project ->
    def address = addresses[Integer.parseInt(project.name.substring(1))]
    project.configurations { fetched }
    project.dependencies { fetched 'com.contoso:hello-feed:1.0.0' }
    try {
        project.repositories { maven { url address } }
    } catch (ignored) {
    }
    project.task('fetch') { doLast { project.configurations.fetched.files } }
}
";

/// A job whose network has other hosts, after the step.
fn served<'w>(world: &'w World, other_hosts: &OtherHosts) -> Feeds<'w> {
    let mut feeds = Feeds::behind(world, world.job(), other_hosts.proxy())
        .file("npm/.npmrc", "registry=FEED/npm/registry/\n")
        .file("web/.yarnrc.yml", "npmRegistryServer: FEED/npm/registry/\n")
        .file("java/build.gradle", "repositories { maven { url 'FEED/maven/v1' } }\n")
        .file("poetry/pyproject.toml", "[[tool.poetry.source]]\nname = \"feed\"\nurl = \"FEED/pypi/simple/\"\n")
        .file("nuget/nuget.config", "<configuration><packageSources>\n<add key=\"packages\" value=\"FEED/nuget/v3/index.json\"/>\n</packageSources></configuration>\n");
    feeds.prepare_java();
    feeds.succeed(&[]);
    // yarn looks for its file above the project.
    fs::create_dir_all(feeds.sources().join("hostile")).unwrap();
    feeds
}

/// The hosts that a client contacts in its own job. A few addresses are invalid for one client or another.
fn asks_and_sends_nothing(asks: fn(&Feeds<'_>, &OtherHosts) -> Vec<String>) {
    let world = world();
    let other_hosts = world.network_with_other_hosts();
    let mut feeds = served(&world, &other_hosts);
    let asked = asks(&feeds, &other_hosts);
    assert!(asked.len() >= 30, "{asked:?}");
    assert_eq!(world.violations(), [""; 0]);
    feeds.end();
}

/// A scope for each, with optional packages.
#[test]
fn bun_sends_other_hosts_nothing() {
    asks_and_sends_nothing(|feeds, other_hosts| {
        let folder = feeds.sources().join("hostile");
        let (mut registries, mut packages) = (String::new(), Vec::new());
        for (number, address) in addresses("npm/registry/").iter().enumerate() {
            registries.push_str(&format!("@h{number}:registry={address}\n"));
            packages.push(format!("\"@h{number}/x\":\"1\""));
        }
        write(&folder.join(".npmrc"), &registries);
        let manifest = format!("{{\"optionalDependencies\":{{{}}}}}\n", packages.join(","));
        write(&folder.join("package.json"), &manifest);
        let bun = client("feeds-large").join("node_modules/@oven/bun-linux-x64/bin/bun");
        let authority = feeds.world.ca_file().display().to_string();
        let install = ["install", "--cafile", &authority];
        feeds.printed(feeds.client_in(&folder, bun, &install));
        other_hosts.contacted_hosts()
    });
}

#[test]
fn gradle_sends_other_hosts_nothing() {
    asks_and_sends_nothing(|feeds, other_hosts| {
        let folder = feeds.sources().join("hostile");
        let names: Vec<String> = (0..addresses("").len())
            .map(|number| format!("'h{number}'"))
            .collect();
        let settings = format!("include {}\n", names.join(", "));
        write(&folder.join("settings.gradle"), &settings);
        write(&folder.join("build.gradle"), BUILD);
        write(
            &folder.join("addresses.txt"),
            &addresses("maven/v1").join("\n"),
        );
        feeds.printed(feeds.gradle_runs(&folder, &["fetch", "--continue"]));
        other_hosts.contacted_hosts()
    });
}

#[test]
fn yarn_4_sends_other_hosts_nothing() {
    asks_and_sends_nothing(|feeds, other_hosts| {
        let folder = feeds.sources().join("hostile");
        let script = client("yarn").join("node_modules/@yarnpkg/cli-dist/bin/yarn.js");
        let script = script.display().to_string();
        let proxy = other_hosts.proxy().url();
        let authority = feeds.world.ca_file().display().to_string();
        write(&folder.join("package.json"), "{}\n");
        for address in addresses("npm/registry/") {
            let text = format!(
                "npmRegistryServer: {address:?}\nhttpsProxy: {proxy:?}\nhttpsCaFilePath: {authority:?}\nenableTelemetry: false\nhttpRetry: 0\nunsafeHttpWhitelist: [\"*\"]\n"
            );
            write(&folder.join(".yarnrc.yml"), &text);
            let arguments = [script.as_str(), "npm", "info", "hello-feed"];
            feeds.printed(feeds.client_in(&folder, "node", &arguments));
        }
        other_hosts.contacted_hosts()
    });
}

#[test]
fn poetry_sends_other_hosts_nothing() {
    asks_and_sends_nothing(|feeds, other_hosts| {
        let folder = feeds.sources().join("hostile");
        let program = client("feeds-python-large").join("bin/poetry");
        for address in addresses("pypi/simple/") {
            let text = format!(
                "[project]\nname = \"app\"\nversion = \"1.0.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"hello-feed\"]\n[[tool.poetry.source]]\nname = \"feed\"\nurl = {address:?}\n[tool.poetry]\npackage-mode = false\n"
            );
            write(&folder.join("pyproject.toml"), &text);
            let arguments = ["lock", "--no-interaction", "--no-cache"];
            feeds.printed(feeds.client_in(&folder, &program, &arguments));
        }
        other_hosts.contacted_hosts()
    });
}

#[test]
fn nuget_sends_other_hosts_nothing() {
    asks_and_sends_nothing(|feeds, other_hosts| {
        let folder = feeds.sources().join("hostile");
        feeds.trusted_by_mono();
        for address in addresses("nuget/v3/index.json") {
            let arguments = ["list", "hello", "-Source", &address];
            let output = feeds.nuget_in(&folder, Protocol::Provider, &arguments);
            feeds.printed(output);
        }
        other_hosts.contacted_hosts()
    });
}
