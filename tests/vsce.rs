//! VS Code extensions: the real vsce with tokens and the broker of `adieu`, and its packages published by `adieu`.
//!
//! `cargo xtask test` installs vsce; no part of it is imitated here.

use std::fs;
use std::path::{Path, PathBuf};

use adieu_emulator::{MY_CONNECTION, WorkflowJob, World};
use expect_test::expect;

use crate::github_actions;
use crate::shell::{CommandOutput, Shell};

/// A workflow's step in a folder with the extension `pub.sample`, whose application may publish it.
struct Step<'a> {
    shell: Shell<'a>,
    world: &'a World,
}

impl<'a> Step<'a> {
    fn new(world: &'a World) -> Self {
        let marketplace = world.marketplace();
        marketplace.set_role("pub", MY_CONNECTION, Some("Creator"));
        // Azure DevOps' Node client supports no proxy, so vsce uses the Marketplace as a server on this machine.
        let url = world
            .plain_marketplace()
            .url()
            .trim_end_matches('/')
            .to_owned();
        let shell = Shell::in_a_workflow(world, &WorkflowJob::default(), &[])
            .set("VSCE_MARKETPLACE_URL", url);
        for tool in ["node", "sh"] {
            let found = std::env::split_paths(&std::env::var_os("PATH").expect("a PATH"))
                .map(|folder| folder.join(tool))
                .find(|path| path.is_file())
                .expect("node and sh");
            std::os::unix::fs::symlink(found, shell.bin().join(tool)).expect("a link");
        }
        let manifest = r#"{"name":"sample","publisher":"pub","version":"1.2.3","engines":{"vscode":"^1.90.0"},
            "description":"A sample","license":"MIT","repository":"https://example.org/sample"}"#;
        for (name, text) in [
            ("package.json", manifest),
            ("README.md", "# Sample\n"),
            ("LICENSE.md", "MIT\n"),
        ] {
            fs::write(shell.home().join(name), text).expect("a file");
        }
        Self { shell, world }
    }

    /// `vsce package`, for a platform or as a preview version.
    fn package(&self, more: &[&str]) -> PathBuf {
        let file = self.shell.home().join(format!("{}.vsix", more.join("")));
        let made = self
            .shell
            .command("node")
            .arg(vsce())
            .args(["package", "--no-dependencies", "--out"])
            .arg(&file)
            .args(more)
            .output()
            .expect("node starts");
        let text = String::from_utf8_lossy(&made.stderr).into_owned();
        assert!(made.status.success(), "{text}");
        file
    }

    /// `adieu exec <flags> -- vsce <arguments>`.
    fn vsce(&self, flags: &[&str], arguments: &[&str]) -> CommandOutput {
        let script = vsce().display().to_string();
        let command = [&["exec"], flags, &["--", "node", &script], arguments].concat();
        self.shell.adieu(&command)
    }

    /// `adieu extension publish`, with the same Marketplace.
    fn publish(&self, package: &Path) -> CommandOutput {
        let (file, url) = (
            package.display().to_string(),
            self.world.plain_marketplace().url(),
        );
        let arguments = ["--vsix", &file, "--service-url", url];
        self.shell
            .adieu(&[&["extension", "publish"], &arguments[..]].concat())
    }

    fn versions(&self) -> Vec<String> {
        let known = self.world.marketplace().extension("pub.sample");
        known.map(|known| known.published()).unwrap_or_default()
    }
}

fn vsce() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/clients/vsce/node_modules/@vscode/vsce/vsce");
    assert!(
        script.is_file(),
        "vsce is not installed: run cargo xtask test"
    );
    script
}

#[test]
fn vsce_publishes_with_a_token_in_place_of_its_pat() {
    let world = github_actions::world();
    let step = Step::new(&world);
    let package = step.package(&[]).display().to_string();
    let pat = ["--env", "VSCE_PAT=azureDevOps", "--configure="];
    let verified = step.vsce(&pat, &["verify-pat", "pub"]);
    assert_eq!(verified.status, 0, "{}{}", verified.stdout, verified.stderr);
    let published = step.vsce(&pat, &["publish", "--packagePath", &package]);
    assert_eq!(published.status, 0, "{}", published.stderr);
    assert!(world.secrets_in(&published.stdout).is_empty());
    assert_eq!(step.versions(), ["1.2.3"]);
    // Here, vsce reads no token from a variable.
    let identity = ["--configure", "identity"];
    let arguments = ["unpublish", "--azure-credential", "--force", "pub.sample"];
    let removed = step.vsce(&identity, &arguments);
    assert_eq!(removed.status, 0, "{}{}", removed.stdout, removed.stderr);
    assert_eq!(step.versions(), [""; 0]);
}

#[test]
fn vsce_signs_in_at_the_endpoint_of_exec() {
    let world = github_actions::world();
    let step = Step::new(&world);
    let package = step.package(&[]).display().to_string();
    let arguments = ["publish", "--azure-credential", "--packagePath", &package];
    let published = step.vsce(&["--configure", "identity"], &arguments);
    assert_eq!(published.status, 0, "{}", published.stderr);
    assert_eq!(step.versions(), ["1.2.3"]);
}

#[test]
fn adieu_publishes_each_platform_of_a_version_and_vsce_sees_them() {
    let world = github_actions::world();
    let step = Step::new(&world);
    let mut shown = String::new();
    for target in ["linux-x64", "win32-arm64", "linux-x64"] {
        let published = step.publish(&step.package(&["--target", target]));
        assert_eq!(published.status, 0, "{}", published.stderr);
        let sizes = regex_lite::Regex::new("[0-9]+ bytes").expect("an expression");
        let text = format!("{}{}", published.stdout, published.stderr);
        shown.push_str(&sizes.replace_all(&text, "[N] bytes"));
    }
    expect![[r#"
        pub.sample 1.2.3 (linux-x64)
        Uploading pub.sample 1.2.3 (linux-x64), [N] bytes; the extension is new.
        Uploaded pub.sample 1.2.3 (linux-x64).
        pub.sample 1.2.3 (linux-x64) is validated.
        pub.sample 1.2.3 (win32-arm64)
        Uploading pub.sample 1.2.3 (win32-arm64), [N] bytes; the extension already exists.
        Uploaded pub.sample 1.2.3 (win32-arm64).
        pub.sample 1.2.3 (win32-arm64) is validated.
        pub.sample 1.2.3 (linux-x64)
        pub.sample 1.2.3 (linux-x64) is already in the Marketplace (since 2026-11-01T00:00:00Z) with the same contents; nothing was uploaded.
        pub.sample 1.2.3 (linux-x64) is validated.
    "#]].assert_eq(&shown);
    assert_eq!(
        step.versions(),
        ["1.2.3 (linux-x64)", "1.2.3 (win32-arm64)"]
    );
    let package = step
        .package(&["--target", "win32-arm64"])
        .display()
        .to_string();
    let arguments = ["publish", "--packagePath", &package];
    let again = step.vsce(&["--env", "VSCE_PAT=azureDevOps"], &arguments);
    assert_ne!(again.status, 0);
    let text = format!("{}{}", again.stdout, again.stderr);
    assert!(
        text.contains("pub.sample (win32-arm64) v1.2.3 already exists."),
        "{text}"
    );
}

#[test]
fn publishes_a_pre_release_as_one() {
    let world = github_actions::world();
    let step = Step::new(&world);
    let package = step.package(&["--pre-release", "--target", "darwin-arm64"]);
    let inspected = step.shell.adieu(&[
        "extension",
        "inspect",
        "--vsix",
        &package.display().to_string(),
    ]);
    let facts: Vec<&str> = inspected.stdout.lines().take(7).collect();
    expect![[r#"
        extension     pub.sample 1.2.3
        name          sample
        description   A sample
        flags         Public
        tags          __web_extension
        platform      darwin-arm64
        release       pre-release"#]]
    .assert_eq(&facts.join("\n"));
    let published = step.publish(&package);
    assert_eq!(published.status, 0, "{}", published.stderr);
    // The exact bytes that vsce packed, in which the Marketplace finds the property.
    let known = world.marketplace().extension("pub.sample").expect("it");
    let sent = fs::read(&package).expect("a package");
    assert!(known.has_package(&sent));
}
