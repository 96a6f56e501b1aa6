//! Each task must have its files, and each message a section of TROUBLESHOOTING.md.
//!
//! It changes nothing.

use super::{files, links, read, root};

#[test]
fn a_task_has_its_files() {
    for path in files("task/")
        .into_iter()
        .filter(|path| path.ends_with("/task.json"))
    {
        let name = path.split('/').nth(1).unwrap_or_default();
        for place in [
            format!("crates/cli/{name}.rs"),
            format!("tests/{name}.rs"),
            format!("pipelines/templates/{name}.yml"),
        ] {
            assert!(root().join(&place).is_file(), "{path} without {place}");
        }
        let headings = links::headings("TROUBLESHOOTING.md");
        assert!(
            headings.contains(name),
            "TROUBLESHOOTING.md has no heading {name}"
        );
        let page = format!("docs/tasks/{name}.md");
        assert!(
            read("README.md").contains(&page),
            "README.md does not name {page}"
        );
    }
}

#[test]
fn each_message_has_a_section() {
    let headings = links::headings("TROUBLESHOOTING.md");
    let report: String = files("crates/cli/report/")
        .iter()
        .map(|path| read(path))
        .chain([read("crates/cli/report.rs")])
        .collect();
    let anchors = report
        .split("Report::new(")
        .skip(1)
        .chain(report.split("report(").skip(1));
    fn first_word(rest: &str) -> Option<&str> {
        rest.trim_start().strip_prefix('"')?.split('"').next()
    }
    // A sentence is not an anchor; a closure with the same name takes sentences.
    for anchor in anchors
        .filter_map(first_word)
        .filter(|anchor| !anchor.contains(' '))
    {
        assert!(
            headings.contains(anchor),
            "TROUBLESHOOTING.md has no heading {anchor}"
        );
    }
    let codes = read("crates/cli/aadsts.rs");
    let numbers: Vec<String> = codes
        .lines()
        .map(str::trim)
        .filter(|line| line.ends_with(',') || line.starts_with("federation("))
        .filter_map(|line| {
            let number = line
                .trim_start_matches("federation(")
                .split(',')
                .next()?
                .replace('_', "");
            (number.len() >= 5 && number.bytes().all(|byte| byte.is_ascii_digit()))
                .then_some(number)
        })
        .collect();
    assert!(
        numbers.len() >= 25,
        "only {} codes were found in aadsts.rs",
        numbers.len()
    );
    for number in numbers {
        assert!(
            headings.contains(&format!("aadsts{number}")),
            "TROUBLESHOOTING.md has no heading AADSTS{number}"
        );
    }
}
