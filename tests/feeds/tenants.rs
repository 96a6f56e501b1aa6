//! Many feeds, organizations and tenants in one step, and no token in an argument.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use adieu_emulator::{MY_CONNECTION, World};

use super::job::{Feeds, world};
use crate::harness::client;

/// 20 feeds of 5 organizations, 2 of which belong to another tenant.
#[test]
fn requests_one_token_for_each_tenant() {
    let world = world();
    let second = world.entra().add_tenant(MY_CONNECTION);
    let organizations = ["contoso", "org-1", "org-2", "org-3", "org-4"];
    let mut registries = String::new();
    for (number, organization) in organizations.into_iter().enumerate() {
        if number >= 3 {
            world.organizations().connect(organization, &second);
        }
        world
            .organizations()
            .add_member(organization, MY_CONNECTION);
        for feed in 0..4 {
            world.feeds().add(organization, &format!("feed-{feed}"));
            registries.push_str(&format!(
                "@s{number}{feed}:registry=https://pkgs.dev.azure.com/{organization}/_packaging/feed-{feed}/npm/registry/\n"
            ));
        }
    }
    let mut feeds = Feeds::of(&world).file(".npmrc", &registries);
    let log = feeds.succeed(&[]);
    assert_eq!(
        log.lines()
            .filter(|line| line.contains(" for npm "))
            .count(),
        20
    );
    assert_eq!(world.entra().requests().len(), 2);
    // One of each tenant.
    for organization in ["org-1", "org-4"] {
        let registry =
            format!("https://pkgs.dev.azure.com/{organization}/_packaging/feed-3/npm/registry/");
        let arguments = ["view", "--registry", &registry, "hello-feed", "version"];
        assert_eq!(feeds.restores("npm", &arguments).trim(), "1.0.0");
    }
    assert_eq!(world.entra().requests().len(), 2);
    feeds.end();
}

/// The arguments of every process on this machine while something runs.
fn arguments_during(run: &mut dyn FnMut()) -> BTreeSet<String> {
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut seen = BTreeSet::new();
            while !is_done.load(Ordering::Relaxed) {
                for process in fs::read_dir("/proc").expect("Linux").flatten() {
                    let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
                    seen.insert(String::from_utf8_lossy(&line).replace('\0', " "));
                }
            }
            seen
        });
        run();
        is_done.store(true, Ordering::Relaxed);
        watching.join().expect("it only reads")
    })
}

fn job(world: &World) -> Feeds<'_> {
    Feeds::of(world)
        .file(".npmrc", "registry=FEED/npm/registry/\n")
        .file("package.json", "{\"private\":true}\n")
        .file("pnpm-lock.yaml", "lockfileVersion: '9.0'\n")
        .file("requirements.txt", "--index-url https://adieu@pkgs.dev.azure.com/contoso/_packaging/packages/pypi/simple/\nhello-feed\n")
        .file(".cargo/config.toml", "[registries.packages]\nindex = \"sparse+FEED/Cargo/index/\"\n")
        .file("src/lib.rs", "")
        .file("Cargo.toml", "[package]\nname = \"app\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[dependencies]\nhello-feed = { version = \"1\", registry = \"packages\" }\n[workspace]\n")
}

#[test]
fn no_token_is_in_an_argument() {
    let world = world();
    let mut feeds = job(&world);
    let mut seen = arguments_during(&mut || {
        feeds.succeed(&[]);
    });
    let pnpm = client("pnpm").join("node_modules/.bin/pnpm");
    let python = client("python").join("bin/python");
    let mut environment = feeds.environment();
    // Without it, pip asks keyring, each time through a program.
    environment.remove("NETRC");
    let install = [
        "-m",
        "pip",
        "download",
        "--no-cache-dir",
        "--dest",
        "x",
        "--requirement",
        "requirements.txt",
    ];
    // A helper lives for milliseconds, so a snapshot of all processes can miss it: they are run until each was seen.
    let helpers = [
        "bin/keyring get",
        "cargo-credential-adieu",
        "adieu-npm-token-contoso",
    ];
    for _ in 0..20 {
        seen.extend(arguments_during(&mut || {
            feeds.restores("npm", &["view", "hello-feed", "version"]);
            feeds.restores(&pnpm, &["add", "hello-feed"]);
            let output = std::process::Command::new(&python)
                .args(install)
                .current_dir(feeds.sources())
                .env_clear()
                .envs(&environment)
                .output()
                .expect("pip starts");
            assert!(output.status.success(), "{}", feeds.printed(output));
            feeds.restores("cargo", &["update"]);
        }));
        let is_seen = |helper: &&str| seen.iter().any(|line| line.contains(*helper));
        if helpers.iter().all(is_seen) {
            break;
        }
    }
    seen.extend(arguments_during(&mut || {
        feeds.end();
    }));
    let seen: Vec<String> = seen.into_iter().collect();
    let seen = seen.join("\n");
    assert!(
        world.secrets_in(&seen).is_empty(),
        "a secret is in an argument"
    );
    for program in ["task FeedAuthenticate"].into_iter().chain(helpers) {
        assert!(seen.contains(program), "{program} was not seen");
    }
}
