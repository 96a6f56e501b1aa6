//! Checks inputs, groups and visibility rules.
//!
//! It never evaluates a rule: it checks whether servers can parse it, and whether its inputs exist.

use std::collections::HashMap;

use super::{Servers, rule};
use crate::document::{FilePosition, Node};
use crate::finding::{Finding, Problem};

const TYPES: [&str; 11] = [
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
    "githubRepositoryPicker",
];

/// Names and aliases of inputs, in lowercase (the agent ignores letter case), with their position and group.
type DeclaredInputs<'d> = HashMap<String, (FilePosition, &'d str)>;

/// Checks `inputs` and `groups`.
pub(super) fn check(document: &Node, servers: Servers, findings: &mut Vec<Finding>) {
    let list = |key: &str| {
        let node = document.get_any_case(key);
        node.and_then(Node::list).unwrap_or_default()
    };
    let (inputs, groups) = (list("inputs"), list("groups"));
    let declared = declared(inputs, findings);
    for (index, input) in inputs.iter().enumerate() {
        if input.members().is_none() {
            continue;
        }
        for key in ["name", "type", "label"] {
            if input.get_any_case(key).is_none() {
                let path = format!("inputs[{index}].{key}");
                let problem = match key {
                    "name" => Problem::TaskMissing { key: path },
                    _ => Problem::TaskLacks { key: path },
                };
                findings.push(input.position.finding(problem));
            }
        }
        check_type(input, index, findings);
        check_group(input, groups, findings);
        check_rule(input, &declared, Some(servers), findings);
    }
    for group in groups {
        check_rule(group, &declared, None, findings);
    }
}

fn text<'d>(node: &'d Node, key: &str) -> &'d str {
    node.get_any_case(key)
        .and_then(Node::text)
        .unwrap_or_default()
}

fn declared<'d>(inputs: &'d [Node], findings: &mut Vec<Finding>) -> DeclaredInputs<'d> {
    let mut declared = DeclaredInputs::new();
    for input in inputs {
        let aliases = input
            .get_any_case("aliases")
            .and_then(Node::list)
            .unwrap_or_default();
        let mut own: Vec<String> = Vec::new();
        for node in input.get_any_case("name").into_iter().chain(aliases) {
            let Some(name) = node.text() else { continue };
            let folded = name.to_lowercase();
            if own.contains(&folded) {
                continue;
            }
            if let Some((first, _)) = declared.get(&folded) {
                let problem = Problem::DuplicateInput {
                    name: name.to_owned(),
                    first: first.clone(),
                };
                findings.push(node.position.finding(problem));
            }
            let group = text(input, "groupName");
            declared.insert(folded.clone(), (node.position.clone(), group));
            own.push(folded);
        }
    }
    declared
}

fn check_type(input: &Node, index: usize, findings: &mut Vec<Finding>) {
    let Some(node) = input.get_any_case("type") else {
        return;
    };
    let Some(kind) = node.text() else { return };
    let is_connection = kind.split_once(':').is_some_and(|(prefix, rest)| {
        prefix.eq_ignore_ascii_case("connectedService") && !rest.is_empty()
    });
    if !is_connection && !TYPES.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        let allowed = format!("{}, connectedService:<type>", TYPES.join(", "));
        let problem = Problem::NotOneOf {
            key: format!("inputs[{index}].type"),
            value: kind.to_owned(),
            allowed,
        };
        findings.push(node.position.finding(problem));
    }
}

fn check_group(input: &Node, groups: &[Node], findings: &mut Vec<Finding>) {
    let Some(node) = input.get_any_case("groupName") else {
        return;
    };
    let Some(name) = node.text().filter(|name| !name.is_empty()) else {
        return;
    };
    if !groups
        .iter()
        .any(|group| text(group, "name").eq_ignore_ascii_case(name))
    {
        let problem = Problem::NoSuchGroup {
            input: text(input, "name").to_owned(),
            group: name.to_owned(),
        };
        findings.push(node.position.finding(problem));
    }
}

/// Checks the rule of an input or a group. A group may depend on any input, and no server refuses characters in its
/// rule.
fn check_rule(
    owner: &Node,
    declared: &DeclaredInputs<'_>,
    servers: Option<Servers>,
    findings: &mut Vec<Finding>,
) {
    let Some(node) = owner.get_any_case("visibleRule") else {
        return;
    };
    let Some(rule) = node.text().filter(|rule| !rule.trim().is_empty()) else {
        return;
    };
    let name = text(owner, "name").to_owned();
    let mut find = |problem| findings.push(node.position.finding(problem));
    let terms = match rule::parse(rule) {
        Ok(terms) => terms,
        Err(fault) => {
            return find(Problem::MalformedRule {
                owner: name,
                rule: rule.to_owned(),
                fault,
            });
        }
    };
    let is_on_premises = servers.is_some_and(|servers| servers != Servers::Cloud);
    if is_on_premises && !terms.iter().all(rule::Term::is_plain) {
        find(Problem::RuleCharacters {
            owner: name.clone(),
            rule: rule.to_owned(),
        });
    }
    let own_group = text(owner, "groupName");
    for term in terms {
        match declared.get(&term.input.to_lowercase()) {
            None => find(Problem::RuleWithoutInput {
                owner: name.clone(),
                name: term.input.to_owned(),
            }),
            Some((_, group)) if is_on_premises && !group.eq_ignore_ascii_case(own_group) => {
                find(Problem::RuleAcrossGroups {
                    owner: name.clone(),
                    group: in_group(own_group),
                    input: term.input.to_owned(),
                    other: in_group(group),
                    is_for_servers_alone: servers == Some(Servers::OnPremises),
                });
            }
            Some(_) => {}
        }
    }
}

fn in_group(name: &str) -> String {
    if name.is_empty() {
        "in no group".to_owned()
    } else {
        format!("in group `{name}`")
    }
}
