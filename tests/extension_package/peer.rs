//! Compares our packages with those of `tfx extension create`, fact by fact.
//!
//! Every test here expects no difference; intended ones are in `differ`.

use super::super::extension_folder::{Folder, differences};

/// The parts of a manifest that every extension needs, and more keys.
pub(crate) fn manifest(more: &str) -> String {
    format!(
        r#"{{
  "manifestVersion": 1, "id": "my-ext", "publisher": "pub", "version": "1.2.3", "name": "My Ext",
  "categories": ["Azure Pipelines"], "targets": [{{ "id": "Microsoft.VisualStudio.Services" }}],
  "contributions": [{{ "id": "hub", "type": "ms.vss-web.hub", "targets": [".x"], "properties": {{ "name": "Hub" }} }}]{more}
}}"#
    )
}

/// Packs the files with both programs, each in its own folder, because tfx may edit the sources.
pub(crate) fn compare(files: &[(&str, &str)], arguments: &[&str]) -> String {
    let (ours, theirs) = (Folder::with(files), Folder::with(files));
    ours.adieu(&[&["package", "--output-path", "out/p.vsix"], arguments].concat())
        .done();
    theirs
        .tfx(&[&["--output-path", "out/p.vsix"], arguments].concat())
        .done();
    differences(&ours.path("out/p.vsix"), &theirs.path("out/p.vsix"))
}

/// Compares the packages of one manifest with these additional keys.
pub(crate) fn compare_keys(more: &str, files: &[(&str, &str)]) -> String {
    let manifest = manifest(more);
    compare(
        &[&[("vss-extension.json", manifest.as_str())], files].concat(),
        &[],
    )
}

#[test]
fn the_smallest_extension_is_packed_as_tfx_packs_it() {
    assert_eq!(compare_keys("", &[]), "");
}

#[test]
fn spells_texts_lists_and_flags_as_tfx_does() {
    let keys = r#",
  "description": "Says \"hello\" & <goodbye>, 'twice'", "releaseNotes": "Äther\nand more", "tags": "one,two,,three",
  "galleryFlags": ["Preview", "Paid", "Preview"], "public": true, "links": { "support": { "uri": "https://s" } }"#;
    assert_eq!(compare_keys(keys, &[]), "");
}

#[test]
fn tags_as_an_array_and_flags_as_words_mean_the_same() {
    let keys = r#", "tags": ["b", "a", "b"], "galleryFlags": "Preview  Public", "public": false"#;
    assert_eq!(compare_keys(keys, &[]), "");
}

#[test]
fn icons_screenshots_and_content_become_assets() {
    let keys = r#",
  "icons": { "default": "img/logo.png", "large-icon": "img/large.png", "icon2": "img/two.png" },
  "screenshots": [{ "path": "img/s1.png" }, { "path": "img/s2.png", "contentType": "image/special" }],
  "content": {
    "details": { "path": "overview.md" }, "license": { "path": "license.md" },
    "privacy-policy": { "path": "privacy.md", "contentType": "text/x-policy" }
  }"#;
    let files = [
        ("img/logo.png", "1"),
        ("img/large.png", "2"),
        ("img/two.png", "3"),
        ("img/s1.png", "4"),
        ("img/s2.png", "5"),
        ("overview.md", "6"),
        ("license.md", "7"),
        ("privacy.md", "8"),
    ];
    assert_eq!(compare_keys(keys, &files), "");
}

#[test]
fn license_and_icon_keep_the_manifests_order() {
    let keys = r#", "content": { "license": { "path": "l.md" } }, "icons": { "default": "i.png" }"#;
    assert_eq!(compare_keys(keys, &[("l.md", "l"), ("i.png", "i")]), "");
}

#[test]
fn the_old_key_details_is_understood() {
    assert_eq!(
        compare_keys(
            r#", "details": { "path": "d.md", "contentType": "text/markdown" }"#,
            &[("d.md", "d")]
        ),
        ""
    );
}

#[test]
fn links_repository_and_badges_become_properties() {
    let keys = r#",
  "links": { "getstarted": { "uri": "https://g" }, "my-link_x": { "url": "https://m?a=1&b=2" }, "none": {} },
  "repository": { "type": "git", "uri": "https://r" },
  "badges": [{ "href": "https://h", "uri": "https://i", "description": "d" }, { "link": "https://l", "imgUri": "https://j", "description": "e" }]"#;
    assert_eq!(compare_keys(keys, &[]), "");
}

#[test]
fn branding_colors_are_normalized() {
    for color in [
        "#ABC",
        "a1b2c3",
        "rgb(1, 22, 133)",
        "rgba(0,50%,255,0.5)",
        "navy",
        "Orange",
    ] {
        let keys = format!(r#", "branding": {{ "color": "{color}", "theme": "dark" }}"#);
        assert_eq!(compare_keys(&keys, &[]), "", "{color}");
    }
}

#[test]
fn switches_and_gallery_properties_become_properties() {
    let keys = r#",
  "CustomerQnASupport": { "enableMarketplaceQnA": true, "url": "https://q" }, "githubFlavoredMarkdown": false,
  "showPricingCalculator": true,
  "galleryProperties": { "trialDays": "30", "Microsoft.Own.Name": "x", "count": 5, "empty": "" }"#;
    assert_eq!(compare_keys(keys, &[]), "");
}

#[test]
fn targets_decide_whether_there_is_a_services_manifest() {
    let targets = [
        r#"[{ "id": "Microsoft.VisualStudio.Services.Cloud" }, { "id": "Microsoft.TeamFoundation.Server", "version": "[14.0,)" }]"#,
        r#"[{ "id": "Microsoft.VisualStudio.Services.Integration" }]"#,
        r#"[{ "id": "Microsoft.VisualStudio.Services.Cloud.Integration" }, { "id": "Microsoft.VisualStudio.Services" }]"#,
        r#"[{ "id": "Microsoft.VisualStudio.Offer" }]"#,
        "[]",
    ];
    for targets in targets {
        let manifest = format!(
            r#"{{ "id": "e", "publisher": "p", "version": "1.0.0", "name": "n", "categories": "c", "targets": {targets},
               "links": {{ "getstarted": {{ "uri": "https://g" }} }}, "contributions": [{{ "id": "c", "type": "t" }}] }}"#
        );
        assert_eq!(
            compare(&[("vss-extension.json", &manifest)], &[]),
            "",
            "{targets}"
        );
    }
}

#[test]
fn a_folder_is_packed_with_everything_below_it() {
    let keys = r#", "files": [{ "path": "dist", "addressable": true }, { "path": "lib" }, { "path": "one.json", "addressable": true }]"#;
    let files = [
        ("dist/a.html", "<p>"),
        ("dist/deep/er/b.js", "b"),
        ("dist/deep/er/c.css", ""),
        ("lib/d.ps1", "d"),
        ("lib/.hidden.json", "h"),
        ("one.json", "{}"),
    ];
    assert_eq!(compare_keys(keys, &files), "");
}

#[test]
fn files_take_other_names_types_and_languages() {
    let keys = r#", "files": [
    { "path": "dist", "packagePath": "/site/", "addressable": true },
    { "path": "lib", "packagePath": "other" },
    { "path": "a.html", "packagePath": "/pages/start.html", "addressable": true, "assetType": "my.start" },
    { "path": "b.html", "partName": "b2.html", "assetType": ["my.one", "my.two"], "addressable": true, "lang": "fr-fr" },
    { "path": "c.html", "assetType": "my.three" },
    { "path": "d.html", "contentType": "text/x-special" }]"#;
    let files = [
        ("dist/x/y.html", "y"),
        ("lib/z.js", "z"),
        ("a.html", "a"),
        ("b.html", "b"),
        ("c.html", "c"),
        ("d.html", "d"),
    ];
    assert_eq!(compare_keys(keys, &files), "");
}

#[test]
fn a_file_listed_before_its_folder_keeps_its_properties() {
    let keys = r#", "files": [{ "path": "dist/a.html", "addressable": true, "assetType": "my.a", "contentType": "text/x-a" }, { "path": "dist" }]"#;
    assert_eq!(
        compare_keys(keys, &[("dist/a.html", "a"), ("dist/b.html", "b")]),
        ""
    );
}

#[test]
fn an_icon_in_an_addressable_folder_is_two_assets() {
    let keys = r#", "files": [{ "path": "img", "addressable": true }], "icons": { "default": "img/i.png" }"#;
    assert_eq!(compare_keys(keys, &[("img/i.png", "i")]), "");
}

#[test]
fn several_manifests_become_one() {
    let first = manifest(r#", "files": [{ "path": "top.html" }], "tags": "a""#);
    let second = r#"{ "name": "Ignored", "tags": ["b", "a"], "scopes": ["vso.work", "vso.code"], "manifestVersion": 2,
        "files": [{ "path": "near.html", "addressable": true }], "icons": { "default": "near.png" },
        "content": { "details": { "path": "top.md" } },
        "contributions": [{ "id": "second", "type": "ms.vss-web.hub", "targets": [] }], "public": true }"#;
    let third = r#"{ "scopes": ["vso.code", "vso.build"], "contributionTypes": [{ "id": "t", "name": "T" }], "extra": { "a": [1, 2.50, null, true] } }"#;
    let files = [
        ("vss-extension.json", first.as_str()),
        ("sub/second.json", second),
        ("sub/third.json", third),
        ("top.html", "t"),
        ("top.md", "m"),
        ("sub/near.html", "n"),
        ("sub/near.png", "p"),
    ];
    assert_eq!(
        compare(
            &files,
            &[
                "--manifests",
                "vss-extension.json",
                "sub/second.json",
                "sub/third.json"
            ]
        ),
        ""
    );
}

#[test]
fn patterns_find_manifests() {
    let first = manifest("");
    let files = [
        ("a/vss-extension.json", first.as_str()),
        (
            "b/more.manifest.json",
            r#"{ "tags": "x", "files": [{ "path": "b.html" }] }"#,
        ),
        ("b/.hidden/no.manifest.json", r#"{ "tags": "hidden" }"#),
        ("b/b.html", "b"),
    ];
    let arguments = [
        "--manifest-globs",
        "*/vss-*.json",
        "**/*.{manifest,other}.json",
    ];
    assert_eq!(compare(&files, &arguments), "");
}

#[test]
fn the_first_pattern_counts_most_and_may_lead_out_of_the_root() {
    let first = manifest(r#", "files": [{ "path": "a.html", "packagePath": "a.html" }]"#);
    let files = [
        ("z/main.json", first.as_str()),
        ("z/a.html", "a"),
        ("root/a/second.json", r#"{ "name": "Other", "tags": "t" }"#),
        ("root/a/b/deeper.json", r#"{ "tags": "deeper" }"#),
        ("root/[c]/.d/dotted.json", r#"{ "tags": "dotted" }"#),
    ];
    for patterns in [
        &["../z/*.json", "a/*.json"][..],
        &["../z/main.json,a/*.json"],
        &["../z/main.json", "**/.d/*.json", "a/**/*.json"],
        &["../z/main.json", "a/*.json", "**/sec*.json", "?/**/d*.json"],
    ] {
        let arguments = [&["--root", "root", "--manifest-globs"], patterns].concat();
        assert_eq!(compare(&files, &arguments), "", "{patterns:?}");
    }
}

#[test]
fn an_icon_with_a_leading_slash_is_next_to_its_manifest() {
    let first = manifest(r#", "icons": { "default": "/img/i.png", "small": "//img/s.png" }"#);
    let files = [
        ("sub/m.json", first.as_str()),
        ("sub/img/i.png", "i"),
        ("sub/img/s.png", "s"),
    ];
    assert_eq!(compare(&files, &["--manifests", "sub/m.json"]), "");
}

#[test]
fn an_empty_list_of_asset_types_is_not_an_asset() {
    let keys = r#", "files": [{ "path": "a.html", "addressable": true, "assetType": [] }]"#;
    assert_eq!(compare_keys(keys, &[("a.html", "a")]), "");
}

#[test]
fn overrides_replace_scalars_and_add_to_lists() {
    let first = manifest(
        r#", "description": "old", "tags": "a", "public": true, "baseUri": "https://old""#,
    );
    let overrides = r#"{ "name": "From file", "version": "2.0.0", "tags": "b", "baseUri": "https://new", "description": "file" }"#;
    let files = [
        ("vss-extension.json", first.as_str()),
        ("conf/o.json", overrides),
    ];
    let json = r#"{ "public": false, "description": "line", "extra": { "x": "y" } }"#;
    let arguments = [
        "--overrides-file",
        "conf/o.json",
        "--override",
        json,
        "--publisher",
        "other",
        "--extension-id",
        "new-id",
    ];
    assert_eq!(compare(&files, &arguments), "");
}

#[test]
fn services_keys_pass_through() {
    let keys = r#",
  "scopes": ["vso.work", "vso.code", "vso.work"], "baseUri": "https://b", "eventCallbacks": { "postInstall": { "uri": "x" } },
  "constraints": [{ "name": "Feature", "properties": { "f": "x" } }], "restrictedTo": ["member"], "demands": ["api-version/3.0"],
  "contributionTypes": [{ "id": "type", "name": "T", "properties": {} }], "preview": true, "licensing": { "o": [{ "i": null }] },
  "$schema": "https://schema", "__internal": 1, "vsoFlags": "x", "flags": ["y"], "nothing": null"#;
    assert_eq!(compare_keys(keys, &[]), "");
}

#[test]
fn a_manifest_version_in_quotes_becomes_a_number() {
    let manifest = r#"{ "manifestVersion": "1.0", "id": "e", "publisher": "p", "version": "1.0.0", "name": "n", "categories": "c",
        "targets": [{ "id": "Microsoft.VisualStudio.Services" }], "contributions": [{ "id": "c", "type": "t" }] }"#;
    assert_eq!(compare(&[("vss-extension.json", manifest)], &[]), "");
}

#[test]
fn json5_and_byte_order_marks_are_read() {
    let manifest = "\u{feff}// a comment\n{ id: 'e', publisher: 'p', version: '1.0.0', name: 'it\\'s \\u00e9', categories: ['c',],
        targets: [{ id: 'Microsoft.VisualStudio.Services' }], contributions: [{ id: 'c', type: 't', properties: { n: 0x1F, f: .5, g: +2 } }], }";
    assert_eq!(
        compare(&[("vss-extension.json", manifest)], &["--json5"]),
        ""
    );
    let manifest = format!("\u{feff}{}", self::manifest(""));
    assert_eq!(compare(&[("vss-extension.json", &manifest)], &[]), "");
}

#[test]
fn texts_are_translated() {
    let manifest = r#"{ "id": "e", "publisher": "p", "version": "1.0.0", "name": "i18n:Name", "description": "i18n:Words",
        "releaseNotes": "Notes", "categories": "c", "targets": [{ "id": "Microsoft.VisualStudio.Services" }], "manifestVersion": 1,
        "scopes": [], "contributionTypes": [],
        "contributions": [{ "id": "my.hub", "type": "t", "properties": { "name": "i18n:Hub", "_name.comment": "for translators",
            "list": ["i18n:one", "two"], "deep": { "er": "i18n:kept" } } }] }"#;
    let french = r#"{ "displayName": "Nom", "description": "Mots", "releaseNotes": "Nouveautés",
        "contributions.my.hub.properties.name": "Moyeu", "contributions.my.hub.properties.list.0": "un" }"#;
    let files = [
        ("vss-extension.json", manifest),
        ("loc/fr-fr/resources.resjson", french),
        ("loc/de-de/resources.resjson", "{}"),
        ("loc/empty/readme.md", "nothing here"),
    ];
    // tfx runs `file` for a part that it has just created and that is not a file; this is in every one of its runs.
    assert_eq!(
        compare(&files, &["--loc-root", "loc"]),
        "\
adieu: type of de-de/Extension.vsixlangpack: text/xml
adieu: type of de-de/extension.vsomanifest: application/json
adieu: type of fr-fr/Extension.vsixlangpack: text/xml
adieu: type of fr-fr/extension.vsomanifest: application/json
tfx:   type of de-de/Extension.vsixlangpack: text/as-file-says
tfx:   type of de-de/extension.vsomanifest: text/as-file-says
tfx:   type of fr-fr/Extension.vsixlangpack: text/as-file-says
tfx:   type of fr-fr/extension.vsomanifest: text/as-file-says
"
    );
}

#[test]
fn increments_the_version_as_tfx_does_and_leaves_the_manifest() {
    let manifest = manifest("");
    let files = [("vss-extension.json", manifest.as_str())];
    assert_eq!(compare(&files, &["--rev-version"]), "");
    let folder = Folder::with(&files);
    folder.adieu(&["package", "--rev-version"]).done();
    assert!(folder.files().contains_key("pub.my-ext-1.2.4.vsix"));
    assert_eq!(folder.files()["vss-extension.json"], manifest.as_bytes());
}
