//! Hosts that look like a feed's, or are the feed's in another way: every one answers with a feed's challenges, and none
//! may be sent a credential. The emulator's ledger sees each request.

use std::fs;

use adieu_emulator::{Strangers, World};
use expect_test::expect;

use super::addresses::addresses;
use super::job::{FEED, Feeds, world, write};
use crate::harness::client;

/// A job whose network has strangers, after the step.
fn served<'w>(world: &'w World, strangers: &Strangers) -> Feeds<'w> {
    let mut feeds = Feeds::behind(world, world.job(), strangers.proxy())
        .file(".npmrc", "registry=FEED/npm/registry/\n")
        .file("yarn.lock", "# yarn lockfile v1\n")
        .file("requirements.txt", "--index-url FEED/pypi/simple/\n")
        .file(".cargo/config.toml", "[registries.packages]\nindex = \"sparse+FEED/Cargo/index/\"\n")
        .file("pom.xml", "<project><repositories><repository><id>packages</id>\n<url>FEED/maven/v1</url></repository></repositories></project>\n");
    feeds.prepare_java();
    feeds.succeed(&[]);
    feeds
}

/// Each client asks every stranger that it can, once the step has run.
#[test]
fn are_asked_and_sent_nothing() {
    let world = world();
    let strangers = world.network_with_strangers();
    let mut feeds = served(&world, &strangers);
    // npm: a scope for each, and packages without which it can do.
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
    let npm = strangers.asked();
    let script = |name: &str| crate::harness::clients().join(name).display().to_string();
    let pnpm = script("pnpm/node_modules/pnpm/bin/pnpm.cjs");
    let pnpm = [pnpm.as_str(), "install", "--config.fetch-retries=0"];
    feeds.printed(feeds.client_in(&folder, "node", &pnpm));
    let pnpm = strangers.asked();
    // pip, of both generations, with each as one more index.
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
        pips.push(strangers.asked());
    }
    // Cargo, uv and yarn 1 stop at the first that refuses them.
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
        others[0].extend(strangers.asked());
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
        others[1].extend(strangers.asked());
        let arguments = [&yarn, "info", "hello-feed", "--registry", &registry];
        feeds.printed(feeds.client_in(&folder, "node", &arguments));
        others[2].extend(strangers.asked());
    }
    // Maven: the repositories of another POM, with the id of the feed's and of the mirror.
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
    let maven = strangers.asked();
    let [pip23, pip26] = pips.try_into().expect("two");
    let [cargo, uv, yarn] = others;
    // A few are not an address to one client or another.
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

/// A download that leads to a host like the feed's gets its file there, and no credential goes along.
#[test]
fn get_no_credential_by_a_redirect() {
    let world = world();
    let strangers = world.network_with_strangers();
    let mut feeds = served(&world, &strangers);
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
    assert_eq!(strangers.asked(), [host]);
    feeds.end();
}

/// The feed's own host by plain HTTP, by another port and with a dot behind it: who sends a credential there is the
/// client's decision, and the helpers never make it possible.
#[test]
fn the_feeds_host_in_another_way() {
    let mut world = world();
    world.expect_violations();
    let strangers = world.network_with_strangers();
    let mut feeds = served(&world, &strangers);
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
            let word = match (strangers.asked().is_empty(), is_sent) {
                (_, true) => "a credential",
                (false, false) => "asked",
                (true, false) => "-",
            };
            lines.push(format!("{host} {name}: {word}"));
        }
    }
    // npm's keys have no scheme, and netrc has no ports. docs/tasks/feeds.md says so.
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
