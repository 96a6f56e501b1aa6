//! `adieu extension <sub-verb> --help`: each has examples that are valid command lines.
//!
//! It runs none of them: each stops at its own `--help`.

use super::extension_folder::Folder;

/// The sub-verbs that the verb's own help lists.
fn sub_verbs(help: &str) -> Vec<&str> {
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    commands
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| *word != "help")
        .collect()
}

/// The words of the examples; text after two spaces is a remark, and `>` starts a redirection.
fn examples(help: &str) -> Vec<Vec<String>> {
    let lines = help.split("\n  adieu ").skip(1);
    lines
        .map(|text| {
            let mut lines = text.lines();
            let mut words = vec![lines.next().unwrap_or_default()];
            // A line that ends with a backslash continues in the next one.
            while let Some(rest) = words.last().and_then(|line| line.strip_suffix(" \\")) {
                words.pop();
                words.extend([rest, lines.next().unwrap_or_default().trim()]);
            }
            words.join(" ")
        })
        .map(|line| line.split("  ").next().unwrap_or_default().to_owned())
        .map(|line| {
            let words = line.split(" >").next().unwrap_or_default();
            words.split_whitespace().map(str::to_owned).collect()
        })
        .collect()
}

#[test]
fn each_sub_verb_has_examples_that_are_understood() {
    let folder = Folder::with(&[]);
    let help = folder.adieu(&["--help"]).done().stdout;
    let verbs = sub_verbs(&help);
    assert!(
        verbs.contains(&"package") && verbs.contains(&"who-am-i"),
        "{help}"
    );
    for verb in verbs {
        let help = folder.adieu(&[verb, "--help"]).done().stdout;
        let examples = examples(&help);
        assert!(!examples.is_empty(), "{verb} has no example: {help}");
        for words in &examples {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let words = match words.as_slice() {
                ["extension", words @ ..] => words,
                // The verb `events` is the same without `extension`.
                words => words,
            };
            assert_eq!(words.first(), Some(&verb));
            folder.adieu(&[words, &["--help"]].concat()).done();
        }
    }
}
