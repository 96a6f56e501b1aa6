//! Larger clients at hosts that look like a feed's: each asks those that are an address to it, and sends no credential.
//! The emulator's ledger sees each request.

use std::fs;

use adieu_emulator::{Strangers, World};

use super::nuget::Protocol;
use crate::addresses::addresses;
use crate::harness::client;
use crate::job::{Feeds, world, write};

/// A project for each address, so that the refusal of one does not end the build.
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

/// A job whose network has strangers, after the step.
fn served<'w>(world: &'w World, strangers: &Strangers) -> Feeds<'w> {
    let mut feeds = Feeds::behind(world, world.job(), strangers.proxy())
        .file("npm/.npmrc", "registry=FEED/npm/registry/\n")
        .file("web/.yarnrc.yml", "npmRegistryServer: FEED/npm/registry/\n")
        .file("java/build.gradle", "repositories { maven { url 'FEED/maven/v1' } }\n")
        .file("poetry/pyproject.toml", "[[tool.poetry.source]]\nname = \"feed\"\nurl = \"FEED/pypi/simple/\"\n")
        .file("nuget/nuget.config", "<configuration><packageSources>\n<add key=\"packages\" value=\"FEED/nuget/v3/index.json\"/>\n</packageSources></configuration>\n");
    feeds.prepare_java();
    feeds.succeed(&[]);
    feeds
}

#[test]
fn larger_clients_send_them_nothing() {
    let world = world();
    let strangers = world.network_with_strangers();
    let mut feeds = served(&world, &strangers);
    feeds.trusted_by_mono();
    // yarn looks for its file above the project.
    let folder = feeds.sources().join("hostile");
    fs::create_dir_all(&folder).unwrap();
    let mut all = Vec::new();
    // bun: a scope for each, and packages without which it can do.
    let (mut registries, mut packages) = (String::new(), Vec::new());
    for (number, address) in addresses("npm/registry/").iter().enumerate() {
        registries.push_str(&format!("@h{number}:registry={address}\n"));
        packages.push(format!("\"@h{number}/x\":\"1\""));
    }
    write(&folder.join("bun/.npmrc"), &registries);
    let manifest = format!("{{\"optionalDependencies\":{{{}}}}}\n", packages.join(","));
    write(&folder.join("bun/package.json"), &manifest);
    let bun = client("feeds-large").join("node_modules/@oven/bun-linux-x64/bin/bun");
    let authority = world.ca_file().display().to_string();
    let install = ["install", "--cafile", &authority];
    feeds.printed(feeds.client_in(&folder.join("bun"), bun, &install));
    all.push(("bun", strangers.asked()));
    // Gradle.
    let project = folder.join("gradle");
    let names: Vec<String> = (0..addresses("").len())
        .map(|it| format!("'h{it}'"))
        .collect();
    let settings = format!("include {}\n", names.join(", "));
    write(&project.join("settings.gradle"), &settings);
    write(&project.join("build.gradle"), BUILD);
    write(
        &project.join("addresses.txt"),
        &addresses("maven/v1").join("\n"),
    );
    feeds.gradle_runs(&project, &["fetch", "--continue"]);
    all.push(("gradle", strangers.asked()));
    // One run for each address.
    let (mut yarn, mut poetry, mut nuget) = (Vec::new(), Vec::new(), Vec::new());
    let script = client("yarn").join("node_modules/@yarnpkg/cli-dist/bin/yarn.js");
    let script = script.display().to_string();
    for address in addresses("npm/registry/") {
        let text = format!(
            "npmRegistryServer: {address:?}\nhttpsProxy: {:?}\nhttpsCaFilePath: {authority:?}\nenableTelemetry: false\nhttpRetry: 0\nunsafeHttpWhitelist: [\"*\"]\n",
            strangers.proxy().url()
        );
        write(&folder.join("yarn/.yarnrc.yml"), &text);
        write(&folder.join("yarn/package.json"), "{}\n");
        let arguments = [script.as_str(), "npm", "info", "hello-feed"];
        feeds.printed(feeds.client_in(&folder.join("yarn"), "node", &arguments));
        yarn.extend(strangers.asked());
    }
    let program = client("feeds-python-large").join("bin/poetry");
    for address in addresses("pypi/simple/") {
        let text = format!(
            "[project]\nname = \"app\"\nversion = \"1.0.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"hello-feed\"]\n[[tool.poetry.source]]\nname = \"feed\"\nurl = {address:?}\n[tool.poetry]\npackage-mode = false\n"
        );
        write(&folder.join("poetry/pyproject.toml"), &text);
        let arguments = ["lock", "--no-interaction", "--no-cache"];
        feeds.printed(feeds.client_in(&folder.join("poetry"), &program, &arguments));
        poetry.extend(strangers.asked());
    }
    fs::create_dir_all(folder.join("nuget")).unwrap();
    for address in addresses("nuget/v3/index.json") {
        let arguments = ["list", "hello", "-Source", &address];
        for protocol in [Protocol::Provider, Protocol::Plugin] {
            let output = feeds.nuget_in(&folder.join("nuget"), protocol, &arguments);
            feeds.printed(output);
        }
        nuget.extend(strangers.asked());
    }
    all.extend([("yarn 4", yarn), ("poetry", poetry), ("nuget", nuget)]);
    // A few are not an address to one client or another.
    for (name, asked) in all {
        assert!(asked.len() >= 30, "{name} asked {asked:?}");
    }
    assert_eq!(world.violations(), [""; 0]);
    feeds.end();
}
