//! How the Marketplace, Azure DevOps Services and Azure DevOps Server treat an extension decides what is an error:
//! what published extensions contain causes at most one warning, what a server refuses is an error.
//!
//! Sources are the public issues named with each check in `crates/manifest` and `crates/vsix`.

mod manifests;

use expect_test::{Expect, expect};

use super::super::extension_folder::{Folder, text};
use super::{MANIFEST, TASK, hello};

/// The extension of `MANIFEST`, with replacements in its manifest and its task.
fn extension(manifest: &[(&str, &str)], task: &[(&str, &str)]) -> Folder {
    let replaced = |text: &str, changes: &[(&str, &str)]| {
        changes.iter().fold(text.to_owned(), |text, (old, new)| {
            assert!(text.contains(old), "{old}");
            text.replace(old, new)
        })
    };
    hello(&[
        ("vss-extension.json", &replaced(MANIFEST, manifest)),
        ("Hello/task.json", &replaced(TASK, task)),
    ])
}

/// The packer's messages, without the result.
fn notes(folder: &Folder, arguments: &[&str]) -> String {
    let ran = folder.adieu(&[&["package"], arguments].concat());
    format!("{}exit {}\n", ran.stderr, ran.status)
}

fn task_is(changes: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&notes(&extension(&[], changes), &[]));
}

fn manifest_is(changes: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&notes(&extension(changes, &[]), &[]));
}

#[test]
fn a_long_friendly_name_is_one_warning() {
    let long = "Push the build information to all servers";
    task_is(
        &[(
            r#""friendlyName": "Hello""#,
            &format!(r#""friendlyName": "{long}""#),
        )],
        expect![[r#"
            warning: Hello/task.json:3: `friendlyName` has 41 characters, and the schema has 40; it works, and tfx warns about it
            Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
            SHA-256: [SHA256]
            exit 0
        "#]],
    );
    // Twenty-one rockets are 42 UTF-16 code units.
    let rockets = "\u{1f680}".repeat(21);
    task_is(
        &[(
            r#""friendlyName": "Hello""#,
            &format!(r#""friendlyName": "{rockets}""#),
        )],
        expect![[r#"
            warning: Hello/task.json:3: `friendlyName` has 42 characters, and the schema has 40; it works, and tfx warns about it
            Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
            SHA-256: [SHA256]
            exit 0
        "#]],
    );
}

#[test]
fn a_name_with_blanks_dots_or_underscores_is_one_warning() {
    for name in ["Hello World", "hello.world", "hello_world"] {
        let new = format!(r#""name": "{name}", "friendlyName""#);
        let ran = notes(
            &extension(&[], &[(r#""name": "Hello", "friendlyName""#, &new)]),
            &[],
        );
        assert_eq!(ran.matches("warning: ").count(), 1, "{ran}");
        assert!(ran.ends_with("exit 0\n"), "{ran}");
    }
}

#[test]
fn texts_that_people_see_may_be_missing() {
    task_is(
        &[(r#""instanceNameFormat": "Hello","#, "")],
        expect![[r#"
        warning: Hello/task.json:1: the task has no `instanceNameFormat`, which the catalog and the editor show
          Add the key to the task.json.
        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        SHA-256: [SHA256]
        exit 0
    "#]],
    );
    task_is(
        &[
            (r#""instanceNameFormat": "Hello","#, ""),
            (r#", "label": "Who""#, ""),
            (r#""author": "pub", "#, ""),
        ],
        expect![[r#"
            warning: Hello/task.json:1: the task has no `author`, which the catalog and the editor show (and 2 more)
              Add the key to the task.json.
            Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
            SHA-256: [SHA256]
            exit 0
        "#]],
    );
}

#[test]
fn the_letter_case_of_keys_is_one_warning() {
    task_is(
        &[
            (r#""friendlyName""#, r#""friendlyname""#),
            (r#""Major""#, r#""major""#),
            (r#""Node20_1""#, r#""node20_1""#),
            (r#""label""#, r#""Label""#),
        ],
        expect![[r#"
            warning: Hello/task.json:3: `friendlyName` is spelled `friendlyname`; Azure DevOps reads both (and 3 more)
            Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
            SHA-256: [SHA256]
            exit 0
        "#]],
    );
}

#[test]
fn quoted_numbers_and_booleans_are_one_warning() {
    task_is(
        &[
            (
                r#""Major": 1, "Minor": 4, "Patch": 7"#,
                r#""Major": "1", "Minor": "4", "Patch": "7""#,
            ),
            (
                r#""label": "Who""#,
                r#""label": "Who", "required": "True", "defaultValue": 5"#,
            ),
            (
                r#""category": "Utility""#,
                r#""category": "Tool", "satisfies": ["Node"], "preview": "false", "_note": 1"#,
            ),
        ],
        expect![[r#"
            warning: Hello/task.json:3: `preview` is `"false"`, and the schema has true or false without quotes; Azure DevOps reads both (and 4 more)
            Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
            SHA-256: [SHA256]
            exit 0
        "#]],
    );
}

#[test]
fn a_text_that_is_not_a_boolean_is_an_error() {
    task_is(
        &[(r#""label": "Who""#, r#""label": "Who", "required": "yes""#)],
        expect![[r#"
            error: Hello/task.json:6: `inputs[0].required` must be true or false, but it is the text `yes`
              Write true or false without quotes.
            error: The extension cannot be packed: 1 error to correct.
            More: adieu explain extension-package
            exit 1
        "#]],
    );
    for word in ["false", "no", "0", ""] {
        let files = format!(r#""files": [{{ "path": "Hello", "addressable": "{word}" }}]"#);
        let ran = notes(
            &extension(&[(r#""files": [{ "path": "Hello" }]"#, &files)], &[]),
            &[],
        );
        assert_eq!(
            ran,
            format!(
                "\
error: vss-extension.json:5: `addressable` must be true or false, but it is the text `{word}`
  Write true or false without quotes.
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
"
            )
        );
    }
    manifest_is(
        &[
            (
                r#""name": "Hello","#,
                r#""name": "Hello", "public": "no", "githubFlavoredMarkdown": "off","#,
            ),
            (
                r#""files": [{ "path": "Hello" }]"#,
                r#""files": [{ "path": "Hello", "addressable": 1 }], "CustomerQnASupport": { "enableMarketplaceQnA": "false", "url": 5 }"#,
            ),
        ],
        expect![[r#"
            error: vss-extension.json:2: `public` must be true or false, but it is the text `no`
              Write true or false without quotes.
            error: vss-extension.json:2: `gitHubFlavoredMarkdown` must be true or false, but it is the text `off`
              Write true or false without quotes.
            error: vss-extension.json:5: `addressable` must be true or false, but it is a number
            error: vss-extension.json:5: `CustomerQnASupport.enableMarketplaceQnA` must be true or false, but it is the text `false`
              Write true or false without quotes.
            error: vss-extension.json:5: `CustomerQnASupport.url` must be a string, but it is a number
            error: The extension cannot be packed: 5 errors to correct.
            More: adieu explain extension-package
            exit 1
        "#]],
    );
}

#[test]
fn accepts_true_in_quotes() {
    let folder = extension(
        &[
            (
                r#""name": "Hello","#,
                r#""name": "Hello", "public": "true","#,
            ),
            (
                r#""files": [{ "path": "Hello" }]"#,
                r#""files": [{ "path": "Hello", "addressable": "True" }]"#,
            ),
        ],
        &[],
    );
    expect![[r#"
        warning: vss-extension.json:2: `public` is in quotes; it is read as true (and 1 more)
          Write true or false without quotes.
        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        SHA-256: [SHA256]
        exit 0
    "#]]
    .assert_eq(&notes(&folder, &["--output-path", "p.vsix"]));
    let manifest = text(&folder.path("p.vsix"), "extension.vsixmanifest");
    assert!(manifest.contains("<GalleryFlags>Public</GalleryFlags>"));
    assert!(manifest.contains(r#"Path="Hello/index.js" Addressable="true""#));
}

#[test]
fn names_a_handler_that_agents_do_not_know() {
    for (handler, meant) in [
        ("Node20", "Node20_1"),
        ("Node18", "Node20_1"),
        ("Node20_0", "Node20_1"),
        ("Node22", "Node24"),
        ("NodeJS", "Node24"),
        ("Powershell7", "PowerShell3"),
        ("Proces", "Process"),
    ] {
        let new = format!(r#""{handler}""#);
        assert_eq!(
            notes(&extension(&[], &[(r#""Node20_1""#, &new)]), &[]),
            format!(
                "\
error: Hello/task.json:7: no agent knows the handler `{handler}`: nothing would run
  Write `{meant}`.
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
"
            )
        );
    }
    task_is(
        &[(
            r#""Node20_1": {"#,
            r#""Node20": { "target": "index.js" }, "Bash": {}, "Node20_1": {"#,
        )],
        expect![[r#"
            warning: Hello/task.json:7: no agent knows the handler `Node20`
              Write `Node20_1`.
            warning: Hello/task.json:7: no agent knows the handler `Bash`
              Use Node20_1, Node24 or PowerShell3.
            Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
            SHA-256: [SHA256]
            exit 0
        "#]],
    );
}

#[test]
fn unknown_keys_are_one_warning_and_misspelled_ones_have_the_right_word() {
    task_is(
        &[
            (
                r#""friendlyName""#,
                r#""colour": 1, "mood": 2, "frendlyName": "x", "friendlyName""#,
            ),
            (r#""label""#, r#""lable": "x", "label""#),
        ],
        expect![[r#"
            warning: Hello/task.json:3: `colour` is not a key of a task in a task.json: it is ignored (and 1 more)
            warning: Hello/task.json:3: `frendlyName` is not a key of a task in a task.json
              Write `friendlyName`.
            warning: Hello/task.json:6: `lable` is not a key of an input in a task.json
              Write `label`.
            Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
            SHA-256: [SHA256]
            exit 0
        "#]],
    );
}

#[test]
fn reports_numbers_that_are_out_of_range() {
    task_is(
        &[(r#""Minor": 4"#, r#""Minor": 2147483648"#)],
        expect![[r#"
            error: Hello/task.json:4: `version.Minor` is `2147483648`, which is larger than 2147483647
              Write a smaller number.
            error: The extension cannot be packed: 1 error to correct.
            More: adieu explain extension-package
            exit 1
        "#]],
    );
    task_is(
        &[(r#""Minor": 4"#, r#""Minor": "99999999999999999999""#)],
        expect![[r#"
            error: Hello/task.json:4: `version.Minor` is `99999999999999999999`, which is larger than 2147483647
              Write a smaller number.
            error: The extension cannot be packed: 1 error to correct.
            More: adieu explain extension-package
            exit 1
        "#]],
    );
    task_is(
        &[(r#", "Minor": 4, "Patch": 7"#, "")],
        expect![[r#"
        warning: Hello/task.json:4: the task has no `version.Minor`, which the schema requires; Azure DevOps works without it (and 1 more)
          Add the key to the task.json.
        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        SHA-256: [SHA256]
        exit 0
    "#]],
    );
    for (version, expected) in [
        (
            "1.0.99999999999",
            "`99999999999` in the extension version `1.0.99999999999` is larger than 2147483647",
        ),
        (
            "2147483648.0.0",
            "`2147483648` in the extension version `2147483648.0.0` is larger than 2147483647",
        ),
        (
            "1.0.0-beta",
            "the extension version `1.0.0-beta` is not one to four numbers with dots between them",
        ),
        (
            "1.2.3.4.5",
            "the extension version `1.2.3.4.5` is not one to four numbers with dots between them",
        ),
    ] {
        assert_eq!(
            notes(&extension(&[], &[]), &["--extension-version", version]),
            format!(
                "\
error: --extension-version: {expected}
  Pass a version such as 1.4.0.
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
"
            )
        );
    }
}

/// A task with two inputs; a rule shows the second one.
fn rule(rule: &str, groups: [&str; 2]) -> Vec<(String, String)> {
    let group = |name: &str| {
        if name.is_empty() {
            String::new()
        } else {
            format!(r#", "groupName": "{name}""#)
        }
    };
    let inputs = format!(
        r#""groups": [{{ "name": "a", "displayName": "A" }}, {{ "name": "b", "displayName": "B", "visibleRule": "who = x" }}],
    "inputs": [{{ "name": "who", "type": "string", "label": "Who"{} }},
      {{ "name": "pick", "type": "string", "label": "Pick", "visibleRule": "{rule}"{} }}]"#,
        group(groups[0]),
        group(groups[1])
    );
    let old = r#""inputs": [{ "name": "who", "type": "string", "label": "Who" }]"#;
    vec![(old.to_owned(), inputs)]
}

fn rule_is(text: &str, groups: [&str; 2], targets: &str) -> String {
    let changes = rule(text, groups);
    let changes: Vec<(&str, &str)> = changes
        .iter()
        .map(|(old, new)| (old.as_str(), new.as_str()))
        .collect();
    let folder = extension(&[("Microsoft.VisualStudio.Services", targets)], &changes);
    notes(&folder, &[])
}

const SERVICES: &str = "Microsoft.VisualStudio.Services";

/// microsoft/azure-pipelines-task-lib#1109, dmitryserbin/azdev-release-orchestrator#75: Azure DevOps Services accepts
/// what Azure DevOps Server 2019 and 2020 refuse.
#[test]
fn reports_inputs_that_depend_on_another_group() {
    let packed = "Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.\nSHA-256: [SHA256]\nexit 0\n";
    for groups in [["", ""], ["a", "a"], ["a", "A"]] {
        assert_eq!(rule_is("who = x", groups, SERVICES), packed);
    }
    expect![[r#"
        warning: Hello/task.json:8: input `pick` (in group `a`) is shown by input `who` (in no group): Azure DevOps Server 2020 and older refuse to install a task whose input depends on another group's
          Give both inputs the same `groupName`, or target only Microsoft.VisualStudio.Services.Cloud.
        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        SHA-256: [SHA256]
        exit 0
    "#]].assert_eq(&rule_is("who = x", ["", "a"], SERVICES));
    expect![[r#"
        error: Hello/task.json:8: input `pick` (in group `b`) is shown by input `who` (in group `a`): Azure DevOps Server 2020 and older refuse to install a task whose input depends on another group's
          Give both inputs the same `groupName`, or target only Microsoft.VisualStudio.Services.Cloud.
        error: The extension cannot be packed: 1 error to correct.
        More: adieu explain extension-package
        exit 1
    "#]].assert_eq(&rule_is("who = x", ["a", "b"], "Microsoft.TeamFoundation.Server"));
    let cloud = "Microsoft.VisualStudio.Services.Cloud";
    assert_eq!(rule_is("who = x", ["a", "b"], cloud), packed);
}

#[test]
fn reports_rules_that_servers_refuse() {
    for (text, fault) in [
        (
            "who = a && who = b || who = c",
            "a rule cannot have both && and ||",
        ),
        ("(who = a)", "a rule cannot have parentheses"),
        ("who = a || (who = b)", "a rule cannot have parentheses"),
        ("who", "`who` is not of the form \"input = value\""),
        (
            "who is a",
            "`who is a` is not of the form \"input = value\"",
        ),
        ("who =", "`who =` is not of the form \"input = value\""),
        ("who = a &&", "`` is not of the form \"input = value\""),
        (
            "who = a & who = b",
            "`who = a & who = b` is not of the form \"input = value\"",
        ),
    ] {
        assert_eq!(
            rule_is(text, ["", ""], "Microsoft.VisualStudio.Services.Cloud"),
            format!(
                "\
error: Hello/task.json:8: `visibleRule` of `pick` is `{text}`: {fault}
  Write terms such as `action = publish` with either && or || between them.
error: The extension cannot be packed: 1 error to correct.
More: adieu explain extension-package
exit 1
"
            )
        );
    }
    for text in [
        "who=a",
        "who == a b",
        "who != a && who != b",
        "who NotEndsWith war",
        "who in a",
    ] {
        assert!(
            rule_is(text, ["", ""], SERVICES).starts_with("Packed"),
            "{text}"
        );
    }
    // Servers up to 2020 accept only letters, digits and spaces.
    expect![[r#"
        warning: Hello/task.json:8: `visibleRule` of `pick` is `who = my-value`: Azure DevOps Server 2020 and older refuse other characters than letters, digits and spaces in it
        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        SHA-256: [SHA256]
        exit 0
    "#]].assert_eq(&rule_is("who = my-value", ["", ""], SERVICES));
    expect![[r#"
        warning: Hello/task.json:8: `visibleRule` of `pick` asks for input `whose`, which does not exist
          Name an input that exists; as it is, the field is never shown.
        Packed pub.hello 3.2.1: 7 parts, [SIZE] bytes.
        SHA-256: [SHA256]
        exit 0
    "#]].assert_eq(&rule_is("whose = x", ["", ""], SERVICES));
}
