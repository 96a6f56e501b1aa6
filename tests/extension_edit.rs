//! `adieu extension edit`: changes values of a package, and leaves every other byte.
//!
//! It never uses the library: packages go through the binary.

use std::collections::BTreeMap;
use std::fs;

use super::extension_folder::{Folder, text};
use super::extension_package::{MANIFEST, TASK, hello};

fn packed(folder: &Folder) {
    folder
        .adieu(&["package", "--output-path", "in.vsix"])
        .done();
}

/// Writes `out.vsix`, which is `in.vsix` with these changes.
fn edited(folder: &Folder, changes: &[&str]) {
    let edit = ["edit", "--vsix", "in.vsix", "--output-path", "out.vsix"];
    folder.adieu(&[&edit, changes].concat()).done();
}

/// The compressed bytes of every entry.
fn compressed(folder: &Folder, package: &str) -> BTreeMap<String, Vec<u8>> {
    let bytes = fs::read(folder.path(package)).expect("the package is there");
    let mut archive =
        zip::ZipArchive::new(std::io::Cursor::new(&bytes)).expect("the package is an archive");
    (0..archive.len())
        .map(|index| {
            let entry = archive.by_index_raw(index).expect("the entry can be read");
            let start =
                usize::try_from(entry.data_start().expect("the entry has data")).expect("it fits");
            let length = usize::try_from(entry.compressed_size()).expect("it fits");
            (
                entry.name().expect("the name is UTF-8").into_owned(),
                bytes[start..start + length].to_vec(),
            )
        })
        .collect()
}

#[test]
fn identity_name_and_flags_change_and_nothing_else() {
    let manifest = MANIFEST.replace(
        r#""name": "Hello","#,
        r#""name": "Hello", "galleryFlags": ["Preview", "Trial"],"#,
    );
    let folder = hello(&[("vss-extension.json", &manifest)]);
    packed(&folder);
    let before = text(&folder.path("in.vsix"), "extension.vsixmanifest");
    let flags = [
        "edit",
        "--vsix",
        "in.vsix",
        "--output-path",
        "out.vsix",
        "--publisher",
        "other",
        "--extension-id",
        "new",
        "--extension-version",
        "4.0.0",
        "--extension-name",
        "<New>",
        "--visibility",
        "public_preview",
        "--json",
    ];
    let ran = folder.adieu(&flags);
    assert_eq!(
        ran.transcript(),
        "\
{
  \"changed\": [
    \"extension.vsixmanifest\"
  ],
  \"extensionId\": \"new\",
  \"path\": \"[FOLDER]/out.vsix\",
  \"publisher\": \"other\",
  \"sha256\": \"[SHA256]\",
  \"size\": [SIZE],
  \"tasks\": [
    {
      \"id\": \"aaaaaaaa-1111-4222-8333-444444444444\",
      \"name\": \"Hello\",
      \"part\": \"Hello/task.json\",
      \"version\": \"1.4.7\"
    }
  ],
  \"version\": \"4.0.0\"
}
exit 0
"
    );
    let expected = before
        .replace(
            r#"Id="hello" Publisher="pub" Version="3.2.1""#,
            r#"Id="new" Publisher="other" Version="4.0.0""#,
        )
        .replace("<DisplayName>Hello", "<DisplayName>&lt;New&gt;")
        .replace(
            "<GalleryFlags>Preview Trial",
            "<GalleryFlags>Preview Trial Public",
        );
    assert_eq!(
        text(&folder.path("out.vsix"), "extension.vsixmanifest"),
        expected
    );
    let (mut before, mut after) = (
        compressed(&folder, "in.vsix"),
        compressed(&folder, "out.vsix"),
    );
    assert_ne!(
        before.remove("extension.vsixmanifest"),
        after.remove("extension.vsixmanifest")
    );
    assert_eq!(before, after);
}

#[test]
fn adds_a_missing_flag() {
    let folder = hello(&[]);
    packed(&folder);
    edited(&folder, &["--visibility", "public"]);
    let manifest = text(&folder.path("out.vsix"), "extension.vsixmanifest");
    assert!(
        manifest.contains(r#"Version="3.2.1"/><GalleryFlags>Public</GalleryFlags>"#),
        "{manifest}"
    );
    folder
        .adieu(&[
            "edit",
            "--vsix",
            "out.vsix",
            "--output-path",
            "back.vsix",
            "--visibility",
            "private",
        ])
        .done();
    folder
        .adieu(&[
            "edit",
            "--vsix",
            "back.vsix",
            "--output-path",
            "paid.vsix",
            "--pricing",
            "paid",
        ])
        .done();
    let manifest = text(&folder.path("paid.vsix"), "extension.vsixmanifest");
    assert!(
        manifest.contains("<GalleryFlags>Paid</GalleryFlags>"),
        "{manifest}"
    );
}

#[test]
fn adds_a_missing_publisher() {
    let manifest = MANIFEST.replace(r#""publisher": "pub", "#, "");
    let folder = hello(&[("vss-extension.json", &manifest)]);
    folder
        .adieu(&["package", "--bypass-validation", "--output-path", "in.vsix"])
        .done();
    edited(&folder, &["--publisher", "p&q"]);
    let manifest = text(&folder.path("out.vsix"), "extension.vsixmanifest");
    let identity = manifest.lines().find(|line| line.contains("<Identity"));
    assert_eq!(
        identity.map(str::trim),
        Some(r#"<Identity Publisher="p&amp;q" Language="en-US" Id="hello" Version="3.2.1"/>"#)
    );
}

#[test]
fn tasks_get_versions_and_ids_of_their_new_extension() {
    let folder = hello(&[("Hello/task.loc.json", TASK)]);
    packed(&folder);
    let flags = [
        "edit",
        "--vsix",
        "in.vsix",
        "--output-path",
        "out",
        "--publisher",
        "other",
        "--extension-version",
        "9.8.7.6",
        "--update-tasks-version",
        "major",
        "--update-tasks-id",
    ];
    assert_eq!(
        folder.adieu(&flags).transcript(),
        "\
[FOLDER]/out/other.hello-9.8.7.6.vsix
Changed Hello/task.json.
Changed Hello/task.loc.json.
Changed extension.vsixmanifest.
Changed extension.vsomanifest.
SHA-256: [SHA256]
exit 0
"
    );
    assert_eq!(
        folder
            .adieu(&["inspect", "--vsix", "out/other.hello-9.8.7.6.vsix"])
            .transcript(),
        "\
extension     other.hello 9.8.7.6
name          Hello
categories    Azure Pipelines
target        Microsoft.VisualStudio.Services
contribution  hello-task (ms.vss-distributed-task.task)
contribution  decorator (ms.azure-pipelines.pipeline-decorator)
task          Hello@9.8.7 4292dbef-4da0-53f9-b5b4-718950118576 (Hello/task.json)
size          [SIZE] bytes, 8 files of [SIZE] bytes
SHA-256       [SHA256]
exit 0
"
    );
    let manifest = text(
        &folder.path("out/other.hello-9.8.7.6.vsix"),
        "extension.vsomanifest",
    );
    let supports: Vec<&str> = manifest
        .lines()
        .skip_while(|line| !line.contains("supportsTasks"))
        .take(4)
        .map(str::trim)
        .collect();
    assert_eq!(
        supports.join(" "),
        "\
\"supportsTasks\": [ \"4292dbef-4da0-53f9-b5b4-718950118576\", \"99999999-1111-4222-8333-444444444444\" ]"
    );
}

#[test]
fn a_package_of_tfx_can_be_edited() {
    let folder = hello(&[]);
    folder.tfx(&["--output-path", "in.vsix"]).done();
    edited(&folder, &["--extension-id", "new"]);
    let (mut before, mut after) = (
        compressed(&folder, "in.vsix"),
        compressed(&folder, "out.vsix"),
    );
    before.remove("extension.vsixmanifest");
    after.remove("extension.vsixmanifest");
    assert_eq!(before, after);
}

#[test]
fn never_overwrites_its_input() {
    let folder = hello(&[]);
    packed(&folder);
    let before = folder.files();
    assert_eq!(
        folder
            .adieu(&[
                "edit",
                "--vsix",
                "in.vsix",
                "--output-path",
                "in.vsix",
                "--extension-id",
                "new"
            ])
            .transcript(),
        "\
error: `in.vsix` is the package that is read: write to another file.
More: adieu explain extension-package
exit 1
"
    );
    assert_eq!(folder.files(), before);
}

#[test]
fn invalid_values_are_usage_errors() {
    let folder = hello(&[]);
    packed(&folder);
    let output: String = [
        ["--extension-id", "a b"],
        ["--extension-version", "1.2.x"],
        ["--publisher", ""],
    ]
    .iter()
    .map(|flag| {
        folder
            .adieu(&[&["edit", "--vsix", "in.vsix"], &flag[..]].concat())
            .transcript()
    })
    .collect();
    assert_eq!(output, "\
error: --extension-id: the extension ID `a b` may have letters, digits, dashes and underscores only.
More: adieu explain extension-package
exit 2
error: --extension-version: the extension version `1.2.x` is not one to four numbers with dots between them.
More: adieu explain extension-package
exit 2
error: --publisher: the publisher `` may have letters, digits, dashes and underscores only.
More: adieu explain extension-package
exit 2
");
}

#[test]
fn an_identity_with_a_path_stays_in_the_folder() {
    let folder = hello(&[]);
    let flags = [
        "package",
        "--bypass-validation",
        "--output-path",
        "in.vsix",
        "--publisher",
        "../../up",
        "--extension-id",
        "a/b",
    ];
    folder.adieu(&flags).done();
    let ran = folder.adieu(&[
        "edit",
        "--vsix",
        "in.vsix",
        "--output-path",
        "out",
        "--visibility",
        "public",
    ]);
    assert_eq!(ran.stdout, "[FOLDER]/out/_.._up.a_b-3.2.1.vsix\n");
}

/// A package for Visual Studio Code, as `vsce` writes one.
fn vs_code(folder: &Folder) {
    let manifest = r#"<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011"><Metadata>
<Identity Language="en-US" Id="tool" Version="1.0.0" Publisher="pub" TargetPlatform="linux-x64"/>
<DisplayName>T</DisplayName><Description xml:space="preserve">d</Description></Metadata>
<Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation><Dependencies/>
<Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/></Assets>
</PackageManifest>"#;
    let json = "{\n  // as written\n  \"name\": \"tool\", \"publisher\": \"pub\",\n  \"version\": \"1.0.0\", \"engines\": { \"vscode\": \"^1.90.0\" }\n}\n";
    let json = json.replace("  // as written\n", "");
    let file = fs::File::create(folder.path("code.vsix")).expect("the file can be made");
    let mut writer = zip::ZipWriter::new(file);
    for (part, text) in [
        ("extension.vsixmanifest", manifest),
        ("extension/package.json", &json),
    ] {
        writer
            .start_file(part, zip::write::SimpleFileOptions::default())
            .expect("it can be started");
        std::io::Write::write_all(&mut writer, text.as_bytes()).expect("it can be written");
    }
    writer.finish().expect("it can be finished");
}

#[test]
fn both_manifests_of_a_vs_code_package_change() {
    let folder = Folder::with(&[]);
    vs_code(&folder);
    let edit = |more: &[&str]| {
        folder.adieu(&[&["edit", "--vsix", "code.vsix", "-o", "out.vsix"], more].concat())
    };
    edit(&["--extension-version", "2.0.0", "--publisher", "other"]).done();
    assert_eq!(
        text(&folder.path("out.vsix"), "extension/package.json"),
        "{\n  \"name\": \"tool\", \"publisher\": \"other\",\n  \"version\": \"2.0.0\", \"engines\": { \"vscode\": \"^1.90.0\" }\n}\n"
    );
    let facts = folder
        .adieu(&["inspect", "--vsix", "out.vsix"])
        .transcript();
    assert!(
        facts.starts_with("extension     other.tool 2.0.0\n"),
        "{facts}"
    );
    assert!(facts.contains("platform      linux-x64\n"), "{facts}");
    let refused = [
        &["--extension-version", "2.0.0.1"][..],
        &["--visibility", "public"],
        &["--extension-name", "New"],
        &["--update-tasks-id"],
    ]
    .map(|more| edit(more).transcript());
    assert_eq!(
        refused.concat(),
        "\
error: `code.vsix` is a package for Visual Studio Code: its version has three numbers, such as 1.4.0.
More: adieu explain extension-package
exit 1
error: `code.vsix` is a package for Visual Studio Code: visibility and price are not a part of it.
More: adieu explain extension-package
exit 1
error: `code.vsix` is a package for Visual Studio Code: its display name may be translated; change it in package.json and run vsce.
More: adieu explain extension-package
exit 1
error: `code.vsix` is a package for Visual Studio Code: it has no tasks.
More: adieu explain extension-package
exit 1
"
    );
}

#[test]
fn a_package_that_is_replaced_is_named_and_patterns_are_read() {
    let folder = hello(&[]);
    folder.adieu(&["package"]).done();
    fs::rename(folder.path("pub.hello-3.2.1.vsix"), folder.path("in.vsix"))
        .expect("it can be moved");
    let edit = || folder.adieu(&["edit", "--vsix", "i*.vsix", "--visibility", "public"]);
    let first = edit().transcript();
    let second = edit().transcript();
    assert_eq!(
        second,
        format!(
            "[FOLDER]/pub.hello-3.2.1.vsix\nwarning: [FOLDER]/pub.hello-3.2.1.vsix already \
             existed, and was replaced.\n{}",
            first.trim_start_matches("[FOLDER]/pub.hello-3.2.1.vsix\n")
        )
    );
    let ran = folder.adieu(&["inspect", "--vsix", "*.vsix"]);
    assert_eq!(
        ran.transcript(),
        "\
error: '*.vsix' matches 2 packages; it must match exactly one.
  folder: .
  found: in.vsix, pub.hello-3.2.1.vsix
What to do: Give the path of the package to use.
More: adieu explain extension
exit 1
"
    );
}
