//! Inputs, groups and the rules that show and hide them.
//!
//! It never evaluates a rule: it asks whether the inputs in it exist.

use std::collections::HashMap;

use crate::document::{Node, Place};
use crate::finding::{Finding, Problem};

const TYPES: [&str; 10] = [
    "boolean",
    "filePath",
    "multiLine",
    "pickList",
    "radio",
    "secureFile",
    "string",
    "int",
    "identities",
    "querycontrol",
];

/// Checks `inputs` and `groups`.
pub(super) fn check(document: &Node, findings: &mut Vec<Finding>) {
    let inputs = document
        .get("inputs")
        .and_then(Node::list)
        .unwrap_or_default();
    let groups = document
        .get("groups")
        .and_then(Node::list)
        .unwrap_or_default();
    let names = declared_names(inputs, findings);
    for (index, input) in inputs.iter().enumerate() {
        let path = format!("inputs[{index}]");
        for key in ["name", "type", "label"] {
            if input.get(key).is_none() {
                findings.push(Finding::new(
                    &input.place,
                    Problem::TaskMissing {
                        key: format!("{path}.{key}"),
                    },
                ));
            }
        }
        check_type(input, &path, findings);
        check_group(input, groups, findings);
        check_rule(input, &names, findings);
    }
    for group in groups {
        check_rule(group, &names, findings);
    }
}

/// Names and aliases, in lower case: the agent reads them without letter case.
fn declared_names(inputs: &[Node], findings: &mut Vec<Finding>) -> HashMap<String, Place> {
    let mut names: HashMap<String, Place> = HashMap::new();
    for input in inputs {
        let aliases = input
            .get("aliases")
            .and_then(Node::list)
            .unwrap_or_default();
        let mut own: Vec<String> = Vec::new();
        for node in input.get("name").into_iter().chain(aliases) {
            let Some(name) = node.text() else { continue };
            let folded = name.to_lowercase();
            if own.contains(&folded) {
                continue;
            }
            if let Some(first) = names.get(&folded) {
                let problem = Problem::DuplicateInput {
                    name: name.to_owned(),
                    first: first.clone(),
                };
                findings.push(Finding::new(&node.place, problem));
            }
            names.insert(folded.clone(), node.place.clone());
            own.push(folded);
        }
    }
    names
}

fn check_type(input: &Node, path: &str, findings: &mut Vec<Finding>) {
    let Some(node) = input.get("type") else {
        return;
    };
    let Some(kind) = node.text() else { return };
    let is_connection = kind.split_once(':').is_some_and(|(prefix, rest)| {
        prefix.eq_ignore_ascii_case("connectedService") && !rest.is_empty()
    });
    if !is_connection && !TYPES.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        let allowed = format!("{}, connectedService:<type>", TYPES.join(", "));
        let problem = Problem::NotOneOf {
            key: format!("{path}.type"),
            value: kind.to_owned(),
            allowed,
        };
        findings.push(Finding::new(&node.place, problem));
    }
}

fn check_group(input: &Node, groups: &[Node], findings: &mut Vec<Finding>) {
    let Some(node) = input.get("groupName") else {
        return;
    };
    let Some(name) = node.text().filter(|name| !name.is_empty()) else {
        return;
    };
    let exists = groups
        .iter()
        .any(|group| group.get("name").and_then(Node::text) == Some(name));
    if !exists {
        let input = input
            .get("name")
            .and_then(Node::text)
            .unwrap_or_default()
            .to_owned();
        findings.push(Finding::new(
            &node.place,
            Problem::NoSuchGroup {
                input,
                group: name.to_owned(),
            },
        ));
    }
}

/// A rule is terms such as `action = publish` with `&&` or `||` between them; each starts with an input's name.
fn check_rule(owner: &Node, names: &HashMap<String, Place>, findings: &mut Vec<Finding>) {
    let Some(node) = owner.get("visibleRule") else {
        return;
    };
    let Some(rule) = node.text() else { return };
    for term in rule.split("&&").flat_map(|terms| terms.split("||")) {
        let term = term.trim_matches([' ', '(', ')', '\t']);
        let name = term.split([' ', '=', '!', '\t']).next().unwrap_or_default();
        if !name.is_empty() && !names.contains_key(&name.to_lowercase()) {
            let owner = owner
                .get("name")
                .and_then(Node::text)
                .unwrap_or_default()
                .to_owned();
            findings.push(Finding::new(
                &node.place,
                Problem::RuleWithoutInput {
                    owner,
                    name: name.to_owned(),
                },
            ));
        }
    }
}
