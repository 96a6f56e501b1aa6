//! Keys that become properties, badges and targets of the package manifest.
//!
//! It never chooses between manifests; `merge` does.

use super::expect::{boolean, expect_list, expect_object, incomplete};
use super::{Badge, Property, Target};
use crate::document::{Node, Value};
use crate::finding::{Finding, Problem};
use crate::{color, words};

const SERVICES: &str = "Microsoft.VisualStudio.Services";

fn property(suffix: &str, value: String, node: &Node) -> Property {
    Property {
        id: format!("{SERVICES}.{suffix}"),
        value,
        position: node.position.clone(),
    }
}

/// A text under one of two names: manifests use both `uri` and `url`.
fn either(node: &Node, one: &str, other: &str) -> Option<String> {
    [one, other]
        .into_iter()
        .find_map(|key| node.get(key).filter(|value| value.is_truthy())?.scalar())
}

/// `links`
pub(super) fn links(value: &Node, findings: &mut Vec<Finding>) -> Vec<Property> {
    let Some(members) = expect_object(value, "links", findings) else {
        return Vec::new();
    };
    let mut properties = Vec::new();
    for (kind, link) in members {
        match either(link, "uri", "url") {
            Some(address) => properties.push(property(
                &format!("Links.{}", words::joined(kind)),
                address,
                link,
            )),
            None => findings.push(link.position.finding(incomplete("link", kind, "uri"))),
        }
    }
    properties
}

/// `repository`
pub(super) fn repository(value: &Node, findings: &mut Vec<Finding>) -> Option<Property> {
    expect_object(value, "repository", findings)?;
    let mut find = |problem| findings.push(value.position.finding(problem));
    match value.get("type").and_then(Node::scalar) {
        Some(kind) if kind == "git" => {}
        Some(kind) if !kind.is_empty() => {
            find(Problem::RepositoryType { kind });
            return None;
        }
        Some(_) | None => {
            find(Problem::NoRepositoryType);
            return None;
        }
    }
    let address = either(value, "url", "uri");
    if address.is_none() {
        find(Problem::NoRepositoryAddress);
    }
    Some(property("Links.GitHub", address?, value))
}

/// `branding`
pub(super) fn branding(value: &Node, findings: &mut Vec<Finding>) -> Vec<Property> {
    let Some(members) = expect_object(value, "branding", findings) else {
        return Vec::new();
    };
    let mut properties = Vec::new();
    for (kind, setting) in members {
        let kind = words::joined(kind);
        let written = setting.scalar().unwrap_or_default();
        let value = if kind == "Color" {
            color::hex(&written)
        } else {
            Some(written.clone())
        };
        match value {
            Some(value) => properties.push(property(&format!("Branding.{kind}"), value, setting)),
            None => findings.push(
                setting
                    .position
                    .finding(Problem::BadColor { value: written }),
            ),
        }
    }
    properties
}

/// `CustomerQnASupport`
pub(super) fn customer_support(value: &Node, findings: &mut Vec<Finding>) -> Vec<Property> {
    let Some(members) = expect_object(value, "CustomerQnASupport", findings) else {
        return Vec::new();
    };
    let last = |wanted: &[&str]| {
        members
            .iter()
            .rev()
            .find(|(key, _)| wanted.contains(&key.to_lowercase().as_str()))
    };
    let mut properties = Vec::new();
    if let Some((key, node)) = last(&["enablemarketplaceqna"])
        && let Some(enabled) = boolean(node, &format!("CustomerQnASupport.{key}"), findings)
    {
        properties.push(property("EnableMarketplaceQnA", enabled.to_string(), node));
    }
    if let Some((key, node)) = last(&["url", "uri"]) {
        match node.text() {
            Some(address) => properties.push(property("CustomerQnALink", address.to_owned(), node)),
            None if node.value == Value::Null => {}
            None => findings.push(Finding::wrong_type(
                node,
                &format!("CustomerQnASupport.{key}"),
                "a string",
            )),
        }
    }
    properties
}

/// A boolean that becomes a property.
pub(super) fn switch(
    key: &str,
    suffix: &str,
    value: &Node,
    findings: &mut Vec<Finding>,
) -> Option<Property> {
    let on = boolean(value, key, findings)?;
    Some(property(suffix, on.to_string(), value))
}

/// `galleryProperties`: an object, or an array of objects.
pub(super) fn gallery_properties(
    value: &Node,
    existing: &[Property],
    findings: &mut Vec<Finding>,
) -> Vec<Property> {
    let groups: Vec<&[(String, Node)]> = match &value.value {
        Value::Object(members) => vec![members.as_slice()],
        Value::List(list) => list.iter().filter_map(Node::members).collect(),
        _ => {
            findings.push(Finding::wrong_type(value, "galleryProperties", "an object"));
            return Vec::new();
        }
    };
    let mut properties: Vec<Property> = Vec::new();
    for (key, setting) in groups.into_iter().flatten() {
        let Some(text) = setting
            .scalar()
            .filter(|text| !text.is_empty() && !key.is_empty())
        else {
            findings.push(
                setting
                    .position
                    .finding(Problem::EmptyProperty { key: key.clone() }),
            );
            continue;
        };
        let id = if key.starts_with("Microsoft.") {
            key.clone()
        } else {
            format!("{SERVICES}.GalleryProperties.{}", words::upper_first(key))
        };
        if existing
            .iter()
            .chain(&properties)
            .any(|property| property.id == id)
        {
            findings.push(
                setting
                    .position
                    .finding(Problem::DuplicateProperty { key: key.clone() }),
            );
        } else {
            properties.push(Property {
                id,
                value: text,
                position: setting.position.clone(),
            });
        }
    }
    properties
}

/// `badges`
pub(super) fn badges(value: &Node, findings: &mut Vec<Finding>) -> Vec<Badge> {
    let Some(list) = expect_list(value, "badges", findings) else {
        return Vec::new();
    };
    list.iter()
        .filter(|badge| is_object(badge, "badges[]", findings))
        .map(|badge| Badge {
            link: either(badge, "link", "href"),
            image: either(badge, "imgUri", "uri"),
            description: badge.get("description").and_then(Node::scalar),
        })
        .collect()
}

/// `targets`. One without an ID is reported, because the Marketplace could not use it.
pub(super) fn targets(value: &Node, findings: &mut Vec<Finding>) -> Vec<Target> {
    let Some(list) = expect_list(value, "targets", findings) else {
        return Vec::new();
    };
    list.iter()
        .filter(|target| {
            if !is_object(target, "targets[]", findings) {
                return false;
            }
            let has_id = target.get("id").and_then(Node::scalar).is_some();
            if !has_id {
                let key = "targets[].id".to_owned();
                findings.push(target.position.finding(Problem::Missing { key }));
            }
            has_id
        })
        .map(|target| Target {
            id: target.get("id").and_then(Node::scalar).unwrap_or_default(),
            version: target
                .get("version")
                .filter(|version| version.is_truthy())
                .and_then(Node::scalar),
            position: target.position.clone(),
        })
        .collect()
}

fn is_object(node: &Node, key: &str, findings: &mut Vec<Finding>) -> bool {
    expect_object(node, key, findings).is_some()
}
