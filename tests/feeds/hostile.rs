//! Hosts that look like a feed's, or are the feed's with another scheme or port: each answers with a feed's
//! challenges, and none may receive a credential. The emulator's ledger checks each request.

use std::fs;

use adieu_emulator::{OtherHosts, World};
use expect_test::expect;

use super::addresses::addresses;
use super::job::{FEED, Feeds, world, write};
use crate::harness::client;

/// A job whose network has other hosts, after the step.
fn served<'w>(world: &'w World, other_hosts: &OtherHosts) -> Feeds<'w> {
    let mut feeds = Feeds::behind(world, world.job(), other_hosts.proxy())
        .file(".npmrc", "registry=FEED/npm/registry/\n")
        .file("yarn.lock", "# yarn lockfile v1\n")
        .file("requirements.txt", "--index-url FEED/pypi/simple/\n")
        .file(".cargo/config.toml", "[registries.packages]\nindex = \"sparse+FEED/Cargo/index/\"\n")
        .file("pom.xml", "<project><repositories><repository><id>packages</id>\n<url>FEED/maven/v1</url></repository></repositories></project>\n");
    feeds.prepare_java();
    feeds.succeed(&[]);
    feeds
}

/// Each client contacts every other host that it can, after the step.
#[test]
fn hosts_that_look_like_feeds_get_no_credential() {
    let world = world();
    let other_hosts = world.network_with_other_hosts();
    let mut feeds = served(&world, &other_hosts);
    // npm: a scope for each, with optional packages.
    let folder = feeds.home().join("npm");
    let (mut registries, mut packages) = (String::new(), Vec::new());
    for (number, address) in addresses("npm/registry/").iter().enumerate() {
        registries.push_str(&format!("@h{number}:registry={address}\n"));
        packages.push(format!("\"@h{number}/x\":\"1\""));
    }
    write(&folder.join(".npmrc"), &registries);
    let manifest = format!("{{\"optionalDependencies\":{{{}}}}}\n", packages.join(","));
    write(&folder.join("package.json"), &manifest);
    feeds.printed(feeds.client_in(&folder, "npm", &["install", "--fetch-retries=0"]));
    let npm = other_hosts.contacted_hosts();
    let script = |name: &str| crate::harness::clients().join(name).display().to_string();
    let pnpm = script("pnpm/node_modules/pnpm/bin/pnpm.cjs");
    let pnpm = [pnpm.as_str(), "install", "--config.fetch-retries=0"];
    feeds.printed(feeds.client_in(&folder, "node", &pnpm));
    let pnpm = other_hosts.contacted_hosts();
    // pip, both generations, with each host as an extra index.
    let mut pips = Vec::new();
    for generation in ["python", "feeds-python"] {
        let mut arguments = [
            "-m",
            "pip",
            "download",
            "--no-cache-dir",
            "--no-deps",
            "--retries=0",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.extend(["--index-url".to_owned(), format!("{FEED}/pypi/simple/")]);
        for address in addresses("pypi/simple/") {
            arguments.extend(["--extra-index-url".to_owned(), address]);
        }
        arguments.push("hello-feed".to_owned());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let python = client(generation).join("bin/python");
        feeds.printed(feeds.client_in(&folder, python, &arguments));
        pips.push(other_hosts.contacted_hosts());
    }
    // Cargo, uv and yarn 1 stop at the first refusal.
    let mut others = [Vec::new(), Vec::new(), Vec::new()];
    let yarn = script("yarn/node_modules/yarn/bin/yarn.js");
    let uv = client("feeds-python").join("bin/uv");
    let python = client("feeds-python")
        .join("bin/python")
        .display()
        .to_string();
    for ((index, simple), registry) in addresses("Cargo/index/")
        .iter()
        .zip(addresses("pypi/simple/"))
        .zip(addresses("npm/registry/"))
    {
        let config = format!("[registries.x]\nindex = \"sparse+{index}\"\n");
        write(&folder.join(".cargo/config.toml"), &config);
        feeds.printed(feeds.client_in(&folder, "cargo", &["info", "x", "--registry", "x"]));
        others[0].extend(other_hosts.contacted_hosts());
        let arguments = [
            "pip",
            "install",
            "--python",
            &python,
            "--target",
            "x",
            "--no-cache",
            "--index-url",
            &simple,
            "hello-feed",
        ];
        feeds.printed(feeds.client_in(&folder, &uv, &arguments));
        others[1].extend(other_hosts.contacted_hosts());
        let arguments = [&yarn, "info", "hello-feed", "--registry", &registry];
        feeds.printed(feeds.client_in(&folder, "node", &arguments));
        others[2].extend(other_hosts.contacted_hosts());
    }
    // Maven: the repositories of another POM, with the IDs of the feed and of the mirror.
    let repositories = addresses("maven/v1")
        .into_iter()
        .enumerate()
        .map(|(number, address)| {
            let id = match number {
                0 => "packages".to_owned(),
                1 => "adieu-0".to_owned(),
                _ => format!("r{number}"),
            };
            format!("<repository><id>{id}</id><url>{address}</url></repository>\n")
        });
    let pom = format!(
        "<project><modelVersion>4.0.0</modelVersion><parent><groupId>com.contoso</groupId><artifactId>nowhere</artifactId><version>1</version><relativePath/></parent><artifactId>app</artifactId><packaging>pom</packaging><repositories>{}</repositories></project>\n",
        repositories.collect::<String>()
    );
    write(&folder.join("pom.xml"), &pom);
    let settings = feeds
        .job
        .value("ADIEU_MAVEN_SETTINGS")
        .expect("a variable")
        .to_owned();
    let mut arguments = feeds.maven_arguments();
    arguments.extend(["--settings", &settings, "validate"].map(str::to_owned));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    feeds.printed(feeds.client_in(&folder, "mvn", &arguments));
    let maven = other_hosts.contacted_hosts();
    let [pip23, pip26] = pips.try_into().expect("two");
    let [cargo, uv, yarn] = others;
    // A few addresses are invalid for one client or another.
    for (name, asked) in [
        ("npm", npm),
        ("pnpm", pnpm),
        ("yarn 1", yarn),
        ("pip 23", pip23),
        ("pip 26", pip26),
        ("cargo", cargo),
        ("uv", uv),
        ("maven", maven),
    ] {
        assert!(asked.len() >= 30, "{name} asked {asked:?}");
    }
    assert_eq!(world.violations(), [""; 0]);
    feeds.end();
}

/// A download that redirects to a host like the feed's gets its file there, without a credential.
#[test]
fn redirect_targets_get_no_credential() {
    let world = world();
    let other_hosts = world.network_with_other_hosts();
    let mut feeds = served(&world, &other_hosts);
    let host = "pkgs.dev.azure.com.evil.example";
    world.feeds().lead_downloads_to(host);
    let folder = feeds.home().join("project");
    fs::create_dir_all(&folder).expect("a folder");
    let registry = format!("--registry={FEED}/npm/registry/");
    feeds.succeeds_in(&folder, "npm", &["install", &registry, "hello-feed"]);
    let pnpm = client("pnpm").join("node_modules/.bin/pnpm");
    feeds.succeeds_in(&folder, pnpm, &["add", &registry, "hello-feed"]);
    let index = format!("{FEED}/pypi/simple/");
    for generation in ["python", "feeds-python"] {
        let python = client(generation).join("bin/python");
        let arguments = [
            "-m",
            "pip",
            "download",
            "--no-cache-dir",
            "--index-url",
            &index,
            "hello-feed",
        ];
        feeds.succeeds_in(&folder, python, &arguments);
    }
    assert_eq!(other_hosts.contacted_hosts(), [host]);
    feeds.end();
}

/// The feed's own host with plain HTTP, another port or a dot at the end: whether a client sends a credential there
/// is its own decision, and the helpers never return one for it.
#[test]
fn the_helpers_never_serve_the_feeds_host_without_https() {
    let mut world = world();
    world.expect_violations();
    let other_hosts = world.network_with_other_hosts();
    let mut feeds = served(&world, &other_hosts);
    let folder = feeds.home().join("project");
    fs::create_dir_all(&folder).expect("a folder");
    let bin = client("feeds-python").join("bin");
    let python = bin.join("python").display().to_string();
    let old = client("python").join("bin/python").display().to_string();
    let pnpm = client("pnpm")
        .join("node_modules/.bin/pnpm")
        .display()
        .to_string();
    let uv = bin.join("uv").display().to_string();
    let mut lines = Vec::new();
    for host in [
        "http://pkgs.dev.azure.com",
        "https://pkgs.dev.azure.com:8443",
        "https://pkgs.dev.azure.com.",
    ] {
        let base = format!("{host}/contoso/_packaging/packages");
        let registry = format!("--registry={base}/npm/registry/");
        let index = format!("{base}/pypi/simple/");
        let config = format!("[registries.x]\nindex = \"sparse+{base}/Cargo/index/\"\n");
        write(&folder.join(".cargo/config.toml"), &config);
        let pip = [
            "-m",
            "pip",
            "download",
            "--retries=0",
            "--index-url",
            &index,
            "hello-feed",
        ];
        let runs: [(&str, &str, Vec<&str>); 6] = [
            (
                "npm",
                "npm",
                vec!["view", &registry, "--fetch-retries=0", "hello-feed"],
            ),
            (
                "pnpm",
                &pnpm,
                vec!["view", &registry, "--fetch-retries=0", "hello-feed"],
            ),
            ("pip 23", &old, pip.to_vec()),
            ("pip 26", &python, pip.to_vec()),
            (
                "uv",
                &uv,
                vec![
                    "pip",
                    "install",
                    "--python",
                    &python,
                    "--target",
                    "x",
                    "--index-url",
                    &index,
                    "hello-feed",
                ],
            ),
            ("cargo", "cargo", vec!["info", "x", "--registry", "x"]),
        ];
        for (name, program, arguments) in runs {
            let before = world.violations().len();
            feeds.client_in(&folder, program, &arguments);
            let is_sent = world.violations().len() > before;
            let word = match (other_hosts.contacted_hosts().is_empty(), is_sent) {
                (_, true) => "a credential",
                (false, false) => "asked",
                (true, false) => "-",
            };
            lines.push(format!("{host} {name}: {word}"));
        }
    }
    // npm's keys have no scheme, and netrc has no ports; docs/tasks/feeds.md documents this.
    expect![[r#"
        http://pkgs.dev.azure.com npm: a credential
        http://pkgs.dev.azure.com pnpm: a credential
        http://pkgs.dev.azure.com pip 23: -
        http://pkgs.dev.azure.com pip 26: -
        http://pkgs.dev.azure.com uv: -
        http://pkgs.dev.azure.com cargo: -
        https://pkgs.dev.azure.com:8443 npm: asked
        https://pkgs.dev.azure.com:8443 pnpm: asked
        https://pkgs.dev.azure.com:8443 pip 23: a credential
        https://pkgs.dev.azure.com:8443 pip 26: a credential
        https://pkgs.dev.azure.com:8443 uv: a credential
        https://pkgs.dev.azure.com:8443 cargo: asked
        https://pkgs.dev.azure.com. npm: asked
        https://pkgs.dev.azure.com. pnpm: asked
        https://pkgs.dev.azure.com. pip 23: -
        https://pkgs.dev.azure.com. pip 26: asked
        https://pkgs.dev.azure.com. uv: asked
        https://pkgs.dev.azure.com. cargo: asked"#]]
    .assert_eq(&lines.join("\n"));
    feeds.end();
}
