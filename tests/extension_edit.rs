//! `adieu extension edit`: a package with other words in it, and every other byte as it was.
//!
//! It never looks inside the library: packages go in and come out by the binary.

use std::collections::BTreeMap;
use std::fs;

use super::extension_folder::{Folder, text};
use super::extension_package::{MANIFEST, TASK, hello};

fn packed(folder: &Folder) {
    folder
        .adieu(&["package", "--output-path", "in.vsix"])
        .done();
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
fn a_flag_that_was_never_there_is_put_in() {
    let folder = hello(&[]);
    packed(&folder);
    folder
        .adieu(&[
            "edit",
            "--vsix",
            "in.vsix",
            "--output-path",
            "out.vsix",
            "--visibility",
            "public",
        ])
        .done();
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
fn an_identity_that_lacks_its_publisher_gets_one() {
    let manifest = MANIFEST.replace(r#""publisher": "pub", "#, "");
    let folder = hello(&[("vss-extension.json", &manifest)]);
    folder
        .adieu(&["package", "--bypass-validation", "--output-path", "in.vsix"])
        .done();
    folder
        .adieu(&[
            "edit",
            "--vsix",
            "in.vsix",
            "--output-path",
            "out.vsix",
            "--publisher",
            "p&q",
        ])
        .done();
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
    folder
        .adieu(&[
            "edit",
            "--vsix",
            "in.vsix",
            "--output-path",
            "out.vsix",
            "--extension-id",
            "new",
        ])
        .done();
    let (mut before, mut after) = (
        compressed(&folder, "in.vsix"),
        compressed(&folder, "out.vsix"),
    );
    before.remove("extension.vsixmanifest");
    after.remove("extension.vsixmanifest");
    assert_eq!(before, after);
}

#[test]
fn the_package_that_is_read_is_never_written_over() {
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
error: `in.vsix` is the package that is read: write to another file
exit 1
"
    );
    assert_eq!(folder.files(), before);
}

#[test]
fn values_that_the_marketplace_refuses_are_asked_wrongly() {
    let folder = hello(&[]);
    packed(&folder);
    let said: String = [
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
    assert_eq!(said, "\
error: --extension-id: the extension ID `a b` may have letters, digits, dashes and underscores only
exit 2
error: --extension-version: the extension version `1.2.x` is not one to four numbers with dots between them
exit 2
error: --publisher: the publisher `` may have letters, digits, dashes and underscores only
exit 2
");
}

#[test]
fn an_identity_that_is_a_path_stays_in_the_folder() {
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
