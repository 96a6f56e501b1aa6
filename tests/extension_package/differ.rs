//! Intended differences from tfx-cli's packages, which `docs/packaging.md` explains.
//!
//! What is the same is in `peer`.

use super::super::extension_folder::Folder;
use super::peer::{compare, compare_keys, manifest};

#[test]
fn each_file_name_is_a_separate_asset() {
    let keys = r#", "files": [{ "path": "a.html", "packagePath": ["one.html", "two.html"], "addressable": true }]"#;
    assert_eq!(compare_keys(keys, &[("a.html", "a")]), "\
adieu: extension.vsixmanifest PackageManifest Assets Asset Addressable=\"true\" Path=\"two.html\" Source=\"File\" Type=\"two.html\"
tfx:   extension.vsixmanifest PackageManifest Assets Asset Addressable=\"true\" Path=\"one.html\" Source=\"File\" Type=\"two.html\"
");
}

#[test]
fn an_icon_in_a_folder_that_is_not_addressable_stays_an_asset() {
    let keys = r#", "files": [{ "path": "img" }], "icons": { "default": "img/i.png" }"#;
    assert_eq!(compare_keys(keys, &[("img/i.png", "i")]), "\
adieu: extension.vsixmanifest PackageManifest Assets Asset Addressable=\"true\" Path=\"img/i.png\" Source=\"File\" Type=\"Microsoft.VisualStudio.Services.Icons.Default\"
adieu: extension.vsixmanifest PackageManifest Metadata[3] Icon \"img/i.png\"
");
}

#[test]
fn a_file_listed_after_its_folder_keeps_its_properties() {
    let keys = r#", "files": [{ "path": "dist" }, { "path": "dist/a.html", "addressable": true }]"#;
    assert_eq!(compare_keys(keys, &[("dist/a.html", "a")]), "\
adieu: extension.vsixmanifest PackageManifest Assets Asset Addressable=\"true\" Path=\"dist/a.html\" Source=\"File\" Type=\"dist/a.html\"
");
}

#[test]
fn gallery_properties_may_be_an_array_and_zero_and_false() {
    assert_eq!(
        compare_keys(r#", "galleryProperties": [{ "trialDays": "30" }]"#, &[]),
        "\
adieu: extension.vsixmanifest PackageManifest Metadata[3] Properties Property Id=\"Microsoft.VisualStudio.Services.GalleryProperties.TrialDays\" Value=\"30\"
tfx:   extension.vsixmanifest PackageManifest Metadata[3] Properties Property Id=\"Microsoft.VisualStudio.Services.GalleryProperties.0\" Value=\"[object Object]\"
"
    );
    assert_eq!(
        compare_keys(r#", "galleryProperties": { "zero": 0, "off": false }"#, &[]),
        "\
adieu: extension.vsixmanifest PackageManifest Metadata[3] Properties
adieu: extension.vsixmanifest PackageManifest Metadata[3] Properties Property Id=\"Microsoft.VisualStudio.Services.GalleryProperties.Off\" Value=\"false\"
adieu: extension.vsixmanifest PackageManifest Metadata[3] Properties Property Id=\"Microsoft.VisualStudio.Services.GalleryProperties.Zero\" Value=\"0\"
"
    );
}

#[test]
fn leaves_notes_to_translators_out_of_the_package() {
    assert_eq!(
        compare_keys(r#", "_name.comment": "a note", "a.b": 1"#, &[]),
        "\
adieu: extension.vsomanifest \"a.b\" = 1
tfx:   extension.vsomanifest \"_name\" \"comment\" = \"a note\"
tfx:   extension.vsomanifest \"a\" \"b\" = 1
"
    );
}

#[test]
fn a_translated_manifest_is_complete() {
    let manifest = r#"{ "id": "e", "publisher": "p", "version": "1.0.0", "name": "n", "categories": "c",
        "targets": [{ "id": "Microsoft.VisualStudio.Services" }], "contributions": [{ "id": "c", "type": "t" }], "releaseNotes": "i18n:New" }"#;
    let files = [
        ("vss-extension.json", manifest),
        ("loc/fr/resources.resjson", "{}"),
    ];
    assert_eq!(
        compare(&files, &["--loc-root", "loc"]),
        "\
adieu: fr/Extension.vsixlangpack VsixLanguagePack LocalizedReleaseNotes \"New\"
adieu: fr/extension.vsomanifest \"contributionTypes\" = []
adieu: fr/extension.vsomanifest \"manifestVersion\" = 1
adieu: fr/extension.vsomanifest \"scopes\" = []
adieu: type of fr/Extension.vsixlangpack: text/xml
adieu: type of fr/extension.vsomanifest: application/json
tfx:   fr/Extension.vsixlangpack VsixLanguagePack LocalizedReleaseNotes
tfx:   type of fr/Extension.vsixlangpack: text/as-file-says
tfx:   type of fr/extension.vsomanifest: text/as-file-says
"
    );
}

#[test]
fn the_media_type_of_a_folder_holds_for_its_files() {
    let keys = r#", "files": [{ "path": "dist", "contentType": "text/x-own" }]"#;
    assert_eq!(
        compare_keys(keys, &[("dist/a.html", "a")]),
        "\
adieu: type of dist/a.html: text/x-own
tfx:   type of dist/a.html: text/html
"
    );
}

#[test]
fn media_types_do_not_depend_on_the_machine() {
    let keys = r#", "files": [{ "path": "dist" }]"#;
    let files = [
        ("dist/LICENSE", "words and words"),
        ("dist/.npmignore", "words and words"),
        ("dist/a.mjs", "export const a = 1;"),
        ("dist/font.woff2", "wOF2"),
        ("dist/data.bin", "\u{1}\u{2}"),
        ("dist/run", "#!/bin/sh\necho\n"),
    ];
    assert_eq!(
        compare_keys(keys, &files),
        "\
adieu: type of dist/.npmignore: text/plain
adieu: type of dist/LICENSE: text/plain
adieu: type of dist/a.mjs: application/javascript
adieu: type of dist/data.bin: application/octet-stream
adieu: type of dist/font.woff2: font/woff2
adieu: type of dist/run: application/octet-stream
tfx:   type of dist/.npmignore: text/as-file-says
tfx:   type of dist/LICENSE: text/as-file-says
tfx:   type of dist/a.mjs: text/as-file-says
tfx:   type of dist/data.bin: text/as-file-says
tfx:   type of dist/font.woff2: text/as-file-says
tfx:   type of dist/run: text/as-file-says
"
    );
}

#[test]
fn the_root_folder_can_have_a_package_path() {
    let folder = [(
        "vss-extension.json",
        manifest(r#", "files": [{ "path": ".", "packagePath": "all" }]"#),
    )];
    let files: Vec<(&str, &str)> = folder
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    assert_eq!(
        compare(&files, &[]),
        "\
adieu: all/vss-extension.json 361 bytes 84e10b25
adieu: type of all/vss-extension.json: application/json
tfx:   allvss-extension.json 361 bytes 84e10b25
tfx:   type of allvss-extension.json: application/json
"
    );
}

#[test]
fn numbers_screenshots_across_manifests() {
    let first = manifest(r#", "screenshots": [{ "path": "1.png" }]"#);
    let files = [
        ("vss-extension.json", first.as_str()),
        ("second.json", r#"{ "screenshots": [{ "path": "2.png" }] }"#),
        ("1.png", "1"),
        ("2.png", "2"),
    ];
    let arguments = ["--manifests", "vss-extension.json", "second.json"];
    let folder = Folder::with(&files);
    folder
        .adieu(&[&["package"], &arguments[..]].concat())
        .done();
    assert_ne!(folder.tfx(&arguments).status, 0);
}

#[test]
fn names_that_differ_by_letter_case_are_refused() {
    let keys = manifest(
        r#", "files": [{ "path": "a.html" }, { "path": "b.html", "packagePath": "A.HTML" }]"#,
    );
    let folder = Folder::with(&[
        ("vss-extension.json", &keys),
        ("a.html", "a"),
        ("b.html", "b"),
    ]);
    folder.tfx(&["--output-path", "tfx.vsix"]).done();
    assert_eq!(
        folder.adieu(&["package"]).transcript(),
        "warning: vss-extension.json:1: the extension has no `icons.default`: the Marketplace shows a gray square
  Add \"icons\": { \"default\": \"icon.png\" }, 128x128 pixels.
error: vss-extension.json:4: part `A.HTML` conflicts with part `a.html` (from vss-extension.json:4): they would be one path on disk
  Rename one of the files, or give it another name with `packagePath`.
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
"
    );
}
