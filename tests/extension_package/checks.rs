//! Problems that no other packer reports, each with its file, its line and a remedy.
//!
//! It contains no checks that tfx-cli has; peer.rs does. servers.rs has what published extensions contain, and what
//! servers accept or refuse.

mod tasks;

use expect_test::expect;

use super::super::extension_folder::Folder;
use super::{MANIFEST, hello};

/// The packer's output for a manifest with this change.
fn manifest_with(old: &str, new: &str) -> String {
    let manifest = MANIFEST.replace(old, new);
    assert_ne!(manifest, MANIFEST);
    hello(&[("vss-extension.json", &manifest)])
        .adieu(&["package"])
        .transcript()
}

#[test]
fn reports_a_missing_manifest() {
    expect![[r#"
        error: `vss-extension.json` does not exist
          Name the extension's folder with --root (rootFolder in a task), its manifests with --manifests.
        error: The extension cannot be packed: 1 error to correct.
        More: adieu explain extension-package
        exit 1
    "#]]
    .assert_eq(&Folder::with(&[]).adieu(&["package"]).transcript());
    expect![[r#"
        error: --loc-root: `loc` does not exist
          --overrides-file and --loc-root are relative to the current folder.
        error: .: no file matches `no/*.json, no*.json`
          Patterns are relative to --root (rootFolder in a task).
        error: `o.json` does not exist
          --overrides-file and --loc-root are relative to the current folder.
        error: The extension cannot be packed: 3 errors to correct.
        More: adieu explain extension-package
        exit 1
    "#]]
    .assert_eq(
        &hello(&[])
            .adieu(&[
                "package",
                "--manifest-globs",
                "no/*.json",
                "no*.json",
                "--overrides-file",
                "o.json",
                "--loc-root",
                "loc",
            ])
            .transcript(),
    );
}

#[test]
fn reports_a_manifest_with_another_encoding_or_type() {
    let folder = hello(&[("list.json", "[{}]"), ("loc/fr/resources.resjson", "\n5")]);
    let utf_16: Vec<u8> = std::iter::once(0xfeff)
        .chain(MANIFEST.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    folder.write("utf-16.json", &utf_16);
    folder.write("Hello/task.json", &utf_16);
    expect![[r#"
        error: --override:1: this must be an object, but it is null
        error: Hello/task.json: the file is not UTF-8
          Save it as UTF-8, with or without a byte order mark.
        error: list.json:1: this must be an object, but it is an array
        error: loc/fr/resources.resjson:2: this must be an object, but it is a number
        error: utf-16.json: the file is not UTF-8
          Save it as UTF-8, with or without a byte order mark.
        error: The extension cannot be packed: 5 errors to correct.
        More: adieu explain extension-package
        exit 1
    "#]]
    .assert_eq(
        &folder
            .adieu(&[
                "package",
                "--manifests",
                "utf-16.json",
                "list.json",
                "vss-extension.json",
                "--override",
                "null",
                "--loc-root",
                "loc",
            ])
            .transcript(),
    );
}

#[test]
fn reports_a_manifest_that_is_not_json() {
    expect![[r#"
        error: vss-extension.json:4: this is not JSON: Comments are not allowed
          Correct the line; comments and trailing commas need --json5.
        error: The extension cannot be packed: 1 error to correct.
        More: adieu explain extension-package
        exit 1
    "#]]
    .assert_eq(&manifest_with("\"icons\"", "// no\n\"icons\""));
}

#[test]
fn reports_a_manifest_that_is_a_program() {
    expect![[r#"
        error: m.js: a manifest that is a JavaScript program cannot be run here
          Run it with Node and write its result to a file: node -e "console.log(JSON.stringify(require('./manifest.js')({})))" > vss-extension.json.
        error: The extension cannot be packed: 1 error to correct.
        More: adieu explain extension-package
        exit 1
    "#]].assert_eq(&hello(&[("m.js", "module.exports = () => ({})")])
            .adieu(&["package", "--manifest-js", "m.js"])
            .transcript());
}

#[test]
fn reports_all_missing_keys_together() {
    expect![[r#"
        error: vss-extension.json:1: `id` is missing
          Add the key to the manifest or to an overrides file.
        error: vss-extension.json:1: `publisher` is missing
          Add the key to the manifest or to an overrides file.
        error: vss-extension.json:1: `name` is missing
          Add the key to the manifest or to an overrides file.
        error: vss-extension.json:1: `version` is missing
          Add the key to the manifest or to an overrides file.
        error: vss-extension.json:1: `categories` is missing
          Add the key to the manifest or to an overrides file.
        warning: vss-extension.json:1: `targets` is missing: the extension is packed for `Microsoft.VisualStudio.Services`
          Add "targets": [{ "id": "Microsoft.VisualStudio.Services" }].
        error: vss-extension.json:1: the extension has no contribution and no contribution type
        warning: vss-extension.json:1: the extension has no `icons.default`: the Marketplace shows a gray square
          Add "icons": { "default": "icon.png" }, 128x128 pixels.
        error: The extension cannot be packed: 6 errors to correct.
        More: adieu explain extension-package
        exit 1
    "#]].assert_eq(&Folder::with(&[("vss-extension.json", "{}")])
            .adieu(&["package"])
            .transcript());
}

#[test]
fn reports_values_that_the_marketplace_refuses() {
    let manifest = format!(
        r#"{{ "id": "my ext", "publisher": "p", "version": "1.x", "name": 5, "categories": ["c"],
  "description": "{}",
  "targets": [{{ "id": "Visual.Studio" }}, {{ "id": "Microsoft.VisualStudio.Services" }}, {{ "id": "Microsoft.VisualStudio.Services.Integration" }}],
  "galleryFlags": "Paid", "icons": {{ "default": "i.svg" }}, "restrictedTo": "member",
  "contributions": [
    {{ "id": "a", "type": "t" }},
    {{ "id": "a", "type": "t" }},
    {{ "properties": {{}} }}]
}}"#,
        "x".repeat(201)
    );
    expect![[r#"
        error: vss-extension.json:1: `name` must be a string, but it is a number
        error: vss-extension.json:1: the extension ID `my ext` may have letters, digits, dashes and underscores only
        error: vss-extension.json:1: the extension version `1.x` is not one to four numbers with dots between them
          Write a version such as 1.4.0, or pass --extension-version.
        error: vss-extension.json:1: an integration needs a `getstarted` or an `action` link
        warning: vss-extension.json:1: `c` is not a category of Azure DevOps extensions; the Marketplace refuses others
          Use Azure Boards, Azure Repos, Azure Pipelines, Azure Test Plans, Azure Artifacts.
        error: vss-extension.json:2: `description` has 201 characters (UTF-16), and the Marketplace allows 200
          Move the long text to content.details.
        error: vss-extension.json:3: `Visual.Studio` is not an installation target
          Use Microsoft.VisualStudio.Services, or one of its .Cloud, .Integration and Microsoft.TeamFoundation.Server forms.
        error: vss-extension.json:4: `restrictedTo` must be an array, but it is a string
        error: vss-extension.json:4: a paid extension needs a support link
          Add "links": { "support": { "uri": "https://…" } }.
        warning: vss-extension.json:4: icon `i.svg` is not a PNG, JPEG, GIF or BMP image
          Replace it with a PNG that is large enough.
        error: vss-extension.json:7: contribution `a` is already declared in vss-extension.json:6
        error: vss-extension.json:8: a contribution has no `id`
        error: vss-extension.json:8: a contribution has no `type`
        error: The extension cannot be packed: 11 errors to correct.
        More: adieu explain extension-package
        exit 1
    "#]].assert_eq(&Folder::with(&[("vss-extension.json", &manifest), ("i.svg", "<svg/>")])
            .adieu(&["package"])
            .transcript());
}

#[test]
fn reports_files_that_cannot_be_packed() {
    let files = r#""files": [{ "path": "Hello" }, {}, { "path": "gone.txt" }, { "path": "../out.txt" },
    { "path": "icon.png", "packagePath": "a b.png" }, { "path": "icon.png", "packagePath": "Hello/index.js" },
    { "path": "icon.png", "packagePath": "extension.vsomanifest" }, { "path": "icon.png", "packagePath": "icon.png/x" }]"#;
    expect![[r#"
        error: vss-extension.json:5: an entry of `files` has no `path`
        error: vss-extension.json:5: `gone.txt` does not exist
          `files` and `icons` are relative to the manifest; `content` and `screenshots` to --root.
        error: vss-extension.json:5: `../out.txt` leads out of the extension's folder
          Copy what is needed into the folder, or set --root (rootFolder in a task) to a folder that contains both.
        error: vss-extension.json:6: `a b.png` cannot be the name of a part: only ASCII letters, digits and ._~%!$&'()+,;=@- are allowed: no space, colon or asterisk
          Rename the file, or give it another name with `packagePath`.
        error: vss-extension.json:6: part `Hello/index.js` conflicts with part `Hello/index.js` (from vss-extension.json:5): they would be one path on disk
          Rename one of the files, or give it another name with `packagePath`.
        warning: vss-extension.json:7: part `extension.vsomanifest` is written by the packer: the file of that name is left out
          Leave the file out of `files`.
        error: vss-extension.json:7: part `icon.png/x` conflicts with part `icon.png` (from vss-extension.json:4): they would be one path on disk
          Rename one of the files, or give it another name with `packagePath`.
        error: The extension cannot be packed: 6 errors to correct.
        More: adieu explain extension-package
        exit 1
    "#]].assert_eq(&manifest_with(r#""files": [{ "path": "Hello" }]"#, files));
}

#[test]
fn reports_missing_and_small_icons() {
    let folder = hello(&[("icon.png", "GIF89a\u{1}\0\u{1}\0")]);
    std::fs::remove_file(folder.path("Hello/icon.png")).expect("the file is there");
    expect![[r#"
        warning: Hello/task.json: the task has no `Hello/icon.png`: the catalog shows a gray square
          Add a PNG of 32x32 pixels.
        warning: vss-extension.json:4: icon `icon.png` is 1x1 pixels, at least 128x128 are needed
          Replace it with a PNG that is large enough.
        Packed pub.hello 3.2.1: 6 parts, [SIZE] bytes.
        SHA-256: [SHA256]
    "#]]
    .assert_eq(&folder.adieu(&["package"]).stderr);
}

#[test]
fn reports_a_package_too_large_for_servers() {
    let folder = hello(&[]);
    // Noise that cannot be compressed, from a linear congruential generator, so that every run packs the same.
    let mut state = 7_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
    .take(26 << 20)
    .collect();
    folder.write("Hello/noise.bin", &noise);
    expect![[r#"
        warning: p.vsix: the package has 27273320 bytes, and Azure DevOps Server 2019 takes 26214400 by default
          Leave out what the extension does not need at run time, or raise the server's limit.
        Packed pub.hello 3.2.1: 8 parts, [SIZE] bytes.
        SHA-256: [SHA256]
    "#]].assert_eq(&folder.adieu(&["package", "--output-path", "p.vsix"]).stderr);
}

#[test]
fn validation_can_be_bypassed_as_long_as_a_package_can_be_made() {
    let manifest = MANIFEST.replace(r#""version": "3.2.1""#, r#""version": "3.x""#);
    let folder = hello(&[("vss-extension.json", &manifest)]);
    expect![[r##"
[FOLDER]/pub.hello-3.x.vsix
warning: vss-extension.json:2: the extension version `3.x` is not one to four numbers with dots between them
  Write a version such as 1.4.0, or pass --extension-version.
Packed pub.hello 3.x: 7 parts, [SIZE] bytes.
SHA-256: [SHA256]
exit 0
"##]].assert_eq(&folder
            .adieu(&["package", "--bypass-validation"])
            .transcript());
}

#[test]
fn deactivates_commands_in_a_manifest() {
    expect![[r#"
        error: vss-extension.json:2: the extension ID `**vso[task.complete] x` may have letters, digits, dashes and underscores only
        error: The extension cannot be packed: 1 error to correct.
        More: adieu explain extension-package
        exit 1
    "#]].assert_eq(&manifest_with(r#""id": "hello""#, r###""id": "##vso[task.complete]\nx""###));
}

#[test]
fn an_unknown_flag_is_a_usage_error() {
    let ran = hello(&[]).adieu(&["package", "--visibility", "secret"]);
    assert_eq!(ran.status, 2);
}

#[cfg(unix)]
#[test]
fn reports_a_link_to_a_folder() {
    let folder = hello(&[]);
    std::os::unix::fs::symlink(folder.path(""), folder.path("Hello/loop"))
        .expect("links can be made");
    std::os::unix::fs::symlink(folder.path("icon.png"), folder.path("Hello/linked.png"))
        .expect("links can be made");
    expect![[r##"
error: vss-extension.json:5: `Hello/loop` is a link to a folder; links to folders are not followed
  Name the folder that it leads to in `files`, with a `packagePath`.
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
"##]]
    .assert_eq(&folder.adieu(&["package"]).transcript());
}
