//! Only files below the extension's folder are packed, and only regular ones.
//!
//! Each case could be part of a pull request: a manifest, a path or a link that leads to files that the agent's
//! account can read.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use super::super::extension_folder::{Folder, parts};
use super::{MANIFEST, TASK, hello, png};

/// The extension in `root`, next to a folder `secret` with a file, and links to it in the places that a test names.
fn beside_a_secret(links: &[(&str, &str)]) -> Folder {
    let folder = Folder::with(&[
        ("root/vss-extension.json", MANIFEST),
        ("root/Hello/task.json", TASK),
        ("root/Hello/index.js", "hello"),
        ("secret/key.json", r#"{ "key": "hunter2" }"#),
    ]);
    folder.write("root/icon.png", &png(128));
    folder.write("root/Hello/icon.png", &png(32));
    for (link, target) in links {
        let link = folder.path(link);
        // The link may replace a file.
        let _ = fs::remove_file(&link);
        symlink(target, link).expect("links can be made");
    }
    folder
}

fn refused(folder: &Folder, arguments: &[&str]) -> String {
    let all = [&["package", "--root", "root", "-o", "out.vsix"], arguments].concat();
    for more in [&[][..], &["--bypass-validation"]] {
        let ran = folder.adieu(&[&all, more].concat());
        assert_eq!(ran.status, 1, "{}", ran.transcript());
    }
    assert!(!folder.path("out.vsix").exists());
    folder.adieu(&all).transcript()
}

#[test]
fn reports_paths_outside_the_folder_with_their_line() {
    let folder = beside_a_secret(&[]);
    let manifest = MANIFEST
        .replace(
            r#""icons": { "default": "icon.png" },"#,
            r#""icons": { "default": "../secret/key.json" },
  "content": { "details": { "path": "/etc/hostname" }, "license": { "path": "Hello/../../secret/key.json" } },
  "screenshots": [{ "path": "..\\secret\\key.json" }],"#,
        )
        .replace(
            r#"[{ "path": "Hello" }]"#,
            r#"[{ "path": "Hello" }, { "path": "../secret", "packagePath": "s" },
  { "path": "/proc/self/environ", "packagePath": "e.txt" }]"#,
        );
    folder.write("root/vss-extension.json", manifest.as_bytes());
    assert_eq!(refused(&folder, &[]),
        "\
error: root/vss-extension.json:4: `../secret/key.json` leads out of the extension's folder
  Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
error: root/vss-extension.json:5: `/etc/hostname` leads out of the extension's folder
  Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
error: root/vss-extension.json:5: `Hello/../../secret/key.json` leads out of the extension's folder
  Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
error: root/vss-extension.json:6: `..\\secret\\key.json` leads out of the extension's folder
  Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
error: root/vss-extension.json:7: `../secret` leads out of the extension's folder
  Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
error: root/vss-extension.json:8: `/proc/self/environ` leads out of the extension's folder
  Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
error: The extension cannot be packed: 6 errors to correct.
More: adieu explain extension-package
exit 1
"
    );
}

#[test]
fn refuses_links_that_lead_outside() {
    let folder = beside_a_secret(&[
        ("root/Hello/key.json", "../../secret/key.json"),
        ("root/Hello/environ", "/proc/self/environ"),
        ("root/Hello/secret", "../../secret"),
        ("root/icon.png", "../secret/key.json"),
    ]);
    assert_eq!(refused(&folder, &[]),
        "\
error: root/vss-extension.json:4: `icon.png` leads out of the extension's folder
  Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
error: root/vss-extension.json:5: `root/Hello/environ` leads out of the extension's folder
  Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
error: root/vss-extension.json:5: `root/Hello/key.json` leads out of the extension's folder
  Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
error: root/vss-extension.json:5: `root/Hello/secret` leads out of the extension's folder
  Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
error: The extension cannot be packed: 4 errors to correct.
More: adieu explain extension-package
exit 1
"
    );
}

#[test]
fn reads_no_document_through_a_link() {
    let output = [
        ("root/vss-extension.json", &[][..]),
        ("root/Hello/task.json", &[]),
        (
            "root/overrides.json",
            &["--overrides-file", "root/overrides.json"],
        ),
        (
            "root/more.json",
            &["--manifests", "vss-extension.json", "more.json"],
        ),
        ("root/m.json", &["--manifest-globs", "*.json"]),
    ]
    .map(|(link, arguments)| {
        let target = if link.contains("Hello") {
            "../../secret/key.json"
        } else {
            "../secret/key.json"
        };
        refused(&beside_a_secret(&[(link, target)]), arguments)
    });
    assert_eq!(output.concat(),
        "\
error: `root/vss-extension.json` leads out of the extension's folder
  Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
error: root/vss-extension.json:5: `root/Hello/task.json` leads out of the extension's folder
  Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
error: root/vss-extension.json:8: task contribution `hello-task` names folder `Hello`, and the package has no `Hello/task.json`
  Add the task's folder to `files`, under the name in `properties.name`.
error: The extension cannot be packed: 2 errors to correct.
More: adieu explain extension-package
exit 1
error: `root/overrides.json` leads out of the extension's folder
  Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
error: `root/more.json` leads out of the extension's folder
  Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
error: `root/m.json` leads out of the extension's folder
  Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
"
    );
}

#[test]
fn a_translation_is_not_read_through_a_link() {
    let folder = beside_a_secret(&[]);
    fs::create_dir_all(folder.path("locales")).expect("the folder can be made");
    folder.write("secret/resources.resjson", b"{}");
    symlink("../secret", folder.path("locales/de")).expect("links can be made");
    assert_eq!(refused(&folder, &["--loc-root", "locales"]),
        "\
error: `locales/de/resources.resjson` leads out of the extension's folder
  Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
"
    );
}

#[test]
fn pipes_devices_and_files_without_a_size_are_not_read() {
    let folder = beside_a_secret(&[]);
    let made = Command::new("mkfifo")
        .arg(folder.path("root/Hello/pipe"))
        .status();
    assert!(made.expect("mkfifo is there").success());
    let piped = refused(&folder, &[]);

    // Only the system could write to this root.
    let manifest = MANIFEST
        .replace(
            r#""files": [{ "path": "Hello" }],"#,
            r#""content": { "details": { "path": "environ" } },"#,
        )
        .replace(r#""icons": { "default": "icon.png" },"#, "");
    folder.write("other.json", manifest.as_bytes());
    let other = folder.path("other.json");
    let ran = folder.adieu(&[
        "package",
        "--root",
        "/proc/self",
        "--manifests",
        other.to_str().expect("it is UTF-8"),
        "--bypass-validation",
        "-o",
        "out.vsix",
    ]);
    assert!(!folder.path("out.vsix").exists());
    assert_eq!(format!("{piped}{}", ran.transcript()),
        "\
error: root/vss-extension.json:5: `root/Hello/pipe` cannot be read: it is not a regular file
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
error: `/proc/self/environ` cannot be packed: its content does not have the size that the system states.
More: adieu explain extension-package
exit 1
"
    );
}

#[test]
fn follows_links_inside_the_folder() {
    let folder = hello(&[("shared/lib/a.js", "a")]);
    symlink("../shared/lib/a.js", folder.path("Hello/relative.js")).expect("links can be made");
    symlink(
        folder.path("shared/lib/a.js"),
        folder.path("Hello/absolute.js"),
    )
    .expect("links can be made");
    symlink("shared", folder.path("linked")).expect("links can be made");
    let files = r#"[{ "path": "Hello" }, { "path": "linked/lib/a.js" }]"#;
    folder.write(
        "vss-extension.json",
        MANIFEST
            .replace(r#"[{ "path": "Hello" }]"#, files)
            .as_bytes(),
    );
    let ran = folder.adieu(&["package", "-o", "out.vsix"]);
    assert_eq!(ran.status, 0, "{}", ran.transcript());
    let parts = parts(&folder.path("out.vsix"));
    for name in ["Hello/relative.js", "Hello/absolute.js", "linked/lib/a.js"] {
        assert_eq!(parts[name], b"a", "{name}");
    }
}

#[test]
fn an_earlier_package_is_not_packed() {
    let folder = hello(&[]);
    let everything = MANIFEST.replace(r#"[{ "path": "Hello" }]"#, r#"[{ "path": "." }]"#);
    folder.write("vss-extension.json", everything.as_bytes());
    let package = |arguments: &[&str]| {
        let ran = folder.adieu(&[&["package"], arguments].concat());
        assert_eq!(ran.status, 0, "{}", ran.transcript());
        ran.transcript()
    };
    let read = |name: &str| fs::read(folder.path(name)).expect("the package is there");
    package(&[]);
    let first = read("pub.hello-3.2.1.vsix");
    let second = package(&[]);
    assert_eq!(first, read("pub.hello-3.2.1.vsix"));
    package(&["-o", "out/other.zip"]);
    package(&["-o", "out/other.zip"]);
    assert_eq!(first, read("out/other.zip"));
    fs::rename(
        folder.path("pub.hello-3.2.1.vsix"),
        folder.path("Hello/pub.hello-3.2.0.vsix"),
    )
    .expect("it can be moved");
    package(&["-o", "out/other.zip"]);
    assert_eq!(first, read("out/other.zip"));
    assert!(Path::new(&folder.path("Hello/pub.hello-3.2.0.vsix")).exists());
    assert_eq!(
        second,
        "\
[FOLDER]/pub.hello-3.2.1.vsix
warning: vss-extension.json:5: `pub.hello-3.2.1.vsix` is a package, and is left out
  Write packages to a folder that `files` does not name, with --output-path (outputPath in a task).
Packed pub.hello 3.2.1: 8 parts, [SIZE] bytes.
SHA-256: [SHA256]
exit 0
"
    );
}
