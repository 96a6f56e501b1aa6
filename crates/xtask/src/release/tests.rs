//! Installs a release of this machine's binary as users do, without a network.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::{Binary, Entry, Release, write};
use crate::platforms::{self, Platform};
use crate::target;

/// Writes a release of the debug binary, which `cargo test` has built, into a folder.
fn release(folder: &Path, repository: Option<&str>) -> Vec<PathBuf> {
    let (platform, row) = this_machine();
    let path = target().join("debug").join(&row.binary);
    if !path.is_file() {
        crate::command::cargo(&["build", "--quiet", "--package", "adieu"]).expect("a binary");
    }
    let release = Release {
        manual: super::manual::pages(&path).expect("pages"),
        repository: repository.map(str::to_owned),
        binaries: vec![Binary {
            platform,
            row,
            bytes: std::fs::read(path).expect("a binary"),
        }],
        texts: vec![
            Entry::text("README.md", "# adieu\n"),
            Entry::text("LICENSE", "MIT\n"),
            Entry::text("THIRD-PARTY-NOTICES", "notices\n"),
        ],
    };
    write(&release, folder).expect("a release")
}

/// This machine's platform, with the target of its binary.
fn this_machine() -> (String, Platform) {
    let (platform, row) = platforms::host().expect("a platform");
    (platform, super::native(row).expect("a target"))
}

/// The output of a program, which must succeed.
fn printed(command: &mut Command) -> String {
    let output = command.output().expect("a program");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?}: {stdout}{stderr}");
    stdout
}

fn is_our_version(text: &str) -> bool {
    text.starts_with(&format!("adieu {} (", env!("CARGO_PKG_VERSION")))
}

/// The only file whose name has this ending.
fn file(files: &[PathBuf], end: &str) -> PathBuf {
    let found: Vec<_> = files
        .iter()
        .filter(|path| path.to_string_lossy().ends_with(end))
        .collect();
    assert_eq!(found.len(), 1, "{end} in {files:?}");
    found[0].clone()
}

#[test]
fn a_release_installs_without_a_network() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let files = release(&out, None);
    let version = env!("CARGO_PKG_VERSION");
    let (platform, row) = this_machine();

    // The archive and the checksums.
    if row.format == "ELF" {
        let archive = file(&files, &format!("{}.tar.gz", row.target));
        let home = folder.path().join("archive");
        std::fs::create_dir(&home).expect("a folder");
        printed(
            Command::new("tar")
                .arg("-xzf")
                .arg(archive)
                .current_dir(&home),
        );
        let unpacked = home.join(format!("adieu-{version}-{}", row.target));
        let program = unpacked.join("adieu");
        check_manual(&unpacked.join("share/man/man1"));
        assert!(is_our_version(&printed(
            Command::new(program).arg("--version")
        )));
        printed(
            Command::new("sha256sum")
                .args(["--check", "--strict", "SHA256SUMS"])
                .current_dir(&out),
        );
    }

    // npm, with the command `npx adieu`.
    let home = folder.path().join("npm");
    std::fs::create_dir(&home).expect("a folder");
    std::fs::write(home.join("package.json"), "{\"private\":true}").expect("a file");
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    printed(
        Command::new(npm)
            .args([
                "install",
                "--offline",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
            ])
            .arg(file(&files, &format!("npm/adieu-{platform}-{version}.tgz")))
            .arg(file(&files, &format!("npm/adieu-{version}.tgz")))
            .current_dir(&home),
    );
    let npx = if cfg!(windows) { "npx.cmd" } else { "npx" };
    let run = |arguments: &[&str]| {
        let mut command = Command::new(npx);
        command.args(["--offline", "adieu"]).args(arguments);
        command.current_dir(&home);
        command
    };
    assert!(is_our_version(&printed(&mut run(&["--version"]))));
    // The exit code is the binary's.
    let wrong = run(&["tokne"]).output().expect("npx");
    assert_eq!(wrong.status.code(), Some(2));

    // pip, without a network.
    let home = folder.path().join("python");
    let python = if cfg!(windows) { "python" } else { "python3" };
    printed(
        Command::new(python)
            .args(["-m", "pip", "install", "--quiet", "--no-index"])
            .args(["--disable-pip-version-check", "--no-warn-script-location"])
            .arg("--prefix")
            .arg(&home)
            .arg(file(&files, ".whl")),
    );
    let scripts = if cfg!(windows) { "Scripts" } else { "bin" };
    let program = home.join(scripts).join(&row.binary);
    assert!(is_our_version(&printed(
        Command::new(program).arg("--version")
    )));
}

/// troff reads each page without warnings, and the page has the words of the help text.
fn check_manual(folder: &Path) {
    let pages: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("a page").path())
        .collect();
    assert!(pages.len() > 30, "{pages:?}");
    let shown = |path: &Path| {
        let mut command = Command::new("groff");
        let output = command
            .args(["-man", "-ww", "-Tutf8", "-P-cbou"])
            .arg("-k")
            .arg(path)
            .output();
        let output = output.expect("groff");
        let warnings = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(warnings, "", "{}", path.display());
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for page in &pages {
        let text = shown(page);
        for section in ["NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUS", "SEE ALSO"] {
            assert!(
                text.lines().any(|line| line == section),
                "{}: {text}",
                page.display()
            );
        }
    }
    let text = shown(&folder.join("adieu-offboard.1"));
    for part in [
        "adieu-offboard - Remove a service principal or managed identity",
        "--identity <ID>",
        "adieu offboard --identity CLIENT_ID --organization contoso --dry-run",
        "adieu(1)",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_release_is_reproducible_and_has_no_address_without_a_repository() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    let files = release(&one, None);
    for (path, again) in files.iter().zip(release(&other, None)) {
        assert_eq!(
            std::fs::read(path).expect("a file"),
            std::fs::read(&again).expect("a file"),
            "{}",
            path.display()
        );
    }
    let names: Vec<&str> = files
        .iter()
        .filter_map(|path| path.strip_prefix(&one).ok()?.to_str())
        .collect();
    assert!(names.contains(&"Containerfile"), "{names:?}");
    assert!(
        !names.iter().any(|name| name.contains("winget")),
        "{names:?}"
    );
}

/// A release fills in every placeholder of the templates.
#[test]
fn a_release_fills_every_placeholder() {
    let known = json!({
        "version": "1.2.3",
        "repository": "https://example.com/adieu",
        "sha256": {
            "linux_x64": "1",
            "linux_arm64": "2",
            "win32_x64": "3",
            "darwin_x64": "4",
            "darwin_arm64": "5",
        },
    });
    let names: Vec<String> = super::filled(&known)
        .expect("files")
        .into_iter()
        .map(|file| file.path)
        .collect();
    assert_eq!(
        names,
        [
            "Containerfile",
            "homebrew/adieu.rb",
            "winget/Adieu.Adieu.installer.yaml",
            "winget/Adieu.Adieu.locale.en-US.yaml",
            "winget/Adieu.Adieu.yaml",
        ]
    );
}
