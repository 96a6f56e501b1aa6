//! Reads a value as the type that its key requires, with a finding if it has another type.

use crate::document::{Node, Value};
use crate::finding::{Finding, Problem};

pub(super) fn expect_list<'a>(
    node: &'a Node,
    key: &str,
    findings: &mut Vec<Finding>,
) -> Option<&'a [Node]> {
    let list = node.list();
    if list.is_none() {
        findings.push(Finding::wrong_type(node, key, "an array"));
    }
    list
}

pub(super) fn expect_object<'a>(
    node: &'a Node,
    key: &str,
    findings: &mut Vec<Finding>,
) -> Option<&'a [(String, Node)]> {
    let members = node.members();
    if members.is_none() {
        findings.push(Finding::wrong_type(node, key, "an object"));
    }
    members
}

/// A boolean. A quoted boolean is accepted; any other text is an error, because tfx treats `"false"` as true.
pub(super) fn boolean(node: &Node, key: &str, findings: &mut Vec<Finding>) -> Option<bool> {
    let key = key.to_owned();
    let mut find = |problem| findings.push(node.position.finding(problem));
    match &node.value {
        Value::Bool(value) => Some(*value),
        Value::Null => None,
        Value::Text(text) if text.trim().eq_ignore_ascii_case("true") => {
            find(Problem::LooseBoolean { key, value: true });
            Some(true)
        }
        Value::Text(text) => {
            let value = text.clone();
            find(Problem::NotABoolean { key, value });
            None
        }
        _ => {
            findings.push(Finding::wrong_type(node, &key, "true or false"));
            None
        }
    }
}

pub(super) fn incomplete(what: &'static str, key: &str, missing: &'static str) -> Problem {
    Problem::Incomplete {
        what,
        key: key.to_owned(),
        missing,
    }
}
