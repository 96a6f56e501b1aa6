//! What Azure DevOps and the Marketplace require of an extension's manifest.
//!
//! It checks manifests, never files. It has all rules of tfx-cli's composers, and also checks the version's form,
//! categories, the types inside contributions, and the support link of a paid extension.

use std::collections::HashMap;

use super::{Extension, WithPosition, contribution_id, offers_task};
use crate::document::{FilePosition, Node, Value};
use crate::finding::{CATEGORIES, Finding, Problem};
use crate::words::is_digits;

/// Names that categories had until 2018. The Marketplace still accepts them, and extensions still use them.
const OLD_CATEGORIES: [&str; 6] = [
    "Build and release",
    "Code",
    "Collaborate",
    "Integrate",
    "Plan and track",
    "Test",
];

/// Checks the extension. What is missing is reported at the position `manifest`.
pub fn check(extension: &Extension, manifest: &FilePosition) -> Vec<Finding> {
    let mut findings = Vec::new();
    identity(extension, manifest, &mut findings);
    targets(extension, manifest, &mut findings);
    if extension.has_service_manifest() {
        categories(extension, manifest, &mut findings);
        contributions(extension, manifest, &mut findings);
        let has_support = extension.properties.iter().any(|property| {
            property.id == "Microsoft.VisualStudio.Services.Links.Support"
                && !property.value.is_empty()
        });
        let is_paid = extension
            .gallery_flags
            .iter()
            .any(|flag| flag.to_lowercase().contains("paid"));
        if is_paid && !has_support {
            let position = extension
                .gallery_flags_position
                .as_ref()
                .unwrap_or(manifest);
            findings.push(position.finding(Problem::PaidWithoutSupport));
        }
    }
    findings
}

fn identity(extension: &Extension, manifest: &FilePosition, findings: &mut Vec<Finding>) {
    let mut need = |value: &Option<WithPosition<String>>, key: &str| {
        let found = value.clone().filter(|value| !value.value.is_empty());
        if found.is_none() {
            let position = value.as_ref().map_or(manifest, |value| &value.position);
            let key = key.to_owned();
            findings.push(position.finding(Problem::Missing { key }));
        }
        found
    };
    let id = need(&extension.id, "id");
    need(&extension.publisher, "publisher");
    need(&extension.name, "name");
    let version = need(&extension.version, "version");
    if let Some(id) = id
        && !id
            .value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    {
        findings.push(id.position.finding(Problem::BadIdentifier {
            what: "extension ID",
            value: id.value,
        }));
    }
    if let Some(version) = version
        && parse_version(&version.value).is_none()
    {
        let (value, position) = (version.value, version.position);
        findings.push(position.finding(bad_version(value)));
    }
    if extension.categories.is_empty() {
        findings.push(manifest.finding(Problem::Missing {
            key: "categories".to_owned(),
        }));
    }
    if let Some(description) = &extension.description {
        // .NET and tfx count UTF-16 code units.
        let length = description.value.encode_utf16().count();
        if length > 200 {
            findings.push(
                description
                    .position
                    .finding(Problem::LongDescription { length }),
            );
        }
    }
}

/// The numbers of a version: one to four, each of at most 31 bits, as the Marketplace accepts them.
pub fn parse_version(version: &str) -> Option<Vec<u32>> {
    let parts: Option<Vec<u32>> = version.split('.').map(version_number).collect();
    parts.filter(|parts| parts.len() <= 4)
}

fn version_number(text: &str) -> Option<u32> {
    let number = is_digits(text).then(|| text.parse().ok())?;
    number.filter(|number| *number <= u32::MAX / 2)
}

fn bad_version(value: String) -> Problem {
    let mut parts = value.split('.');
    if parts.clone().count() <= 4
        && parts.clone().all(is_digits)
        && let Some(number) = parts.find(|part| version_number(part).is_none())
    {
        let number = number.to_owned();
        return Problem::VersionTooLarge { value, number };
    }
    Problem::BadVersion { value }
}

fn categories(extension: &Extension, manifest: &FilePosition, findings: &mut Vec<Finding>) {
    let position = extension.categories_position.as_ref().unwrap_or(manifest);
    for category in &extension.categories {
        let is_known = CATEGORIES
            .iter()
            .chain(&OLD_CATEGORIES)
            .any(|known| known.eq_ignore_ascii_case(category.trim()));
        if !is_known {
            let category = category.clone();
            findings.push(position.finding(Problem::UnknownCategory { category }));
        }
    }
}

fn targets(extension: &Extension, manifest: &FilePosition, findings: &mut Vec<Finding>) {
    if extension.targets.is_empty() {
        findings.push(manifest.finding(Problem::NoTargets));
    }
    let mut is_integration = false;
    for target in &extension.targets {
        match target.id.as_str() {
            "Microsoft.VisualStudio.Services"
            | "Microsoft.VisualStudio.Services.Cloud"
            | "Microsoft.TeamFoundation.Server"
            | "Microsoft.VisualStudio.Offer" => {}
            "Microsoft.VisualStudio.Services.Integration"
            | "Microsoft.VisualStudio.Services.Cloud.Integration"
            | "Microsoft.TeamFoundation.Server.Integration" => is_integration = true,
            other => findings.push(target.position.finding(Problem::UnknownTarget {
                id: other.to_owned(),
            })),
        }
    }
    let leads_in = |id: &str| {
        matches!(
            id,
            "Microsoft.VisualStudio.Services.Links.Getstarted"
                | "Microsoft.VisualStudio.Services.Links.Action"
        )
    };
    if is_integration
        && !extension
            .properties
            .iter()
            .any(|property| leads_in(&property.id))
    {
        findings.push(manifest.finding(Problem::IntegrationWithoutLink));
    }
}

fn contributions(extension: &Extension, manifest: &FilePosition, findings: &mut Vec<Finding>) {
    let contributions = extension.contributions();
    let types = extension
        .service_value("contributionTypes")
        .and_then(Node::list)
        .unwrap_or_default();
    if contributions.is_empty() && types.is_empty() {
        findings.push(manifest.finding(Problem::NoContributions));
    }
    let mut seen: HashMap<&str, &FilePosition> = HashMap::new();
    for contribution in contributions {
        match contribution.get("id").and_then(Node::text) {
            Some(id) => match seen.get(id) {
                Some(first) => findings.push(contribution.position.finding(
                    Problem::DuplicateContribution {
                        id: id.to_owned(),
                        first: (*first).clone(),
                    },
                )),
                None => {
                    seen.insert(id, &contribution.position);
                }
            },
            None => findings.push(
                contribution
                    .position
                    .finding(Problem::IncompleteContribution { key: "id" }),
            ),
        }
        if contribution.get("type").and_then(Node::text).is_none() {
            findings.push(
                contribution
                    .position
                    .finding(Problem::IncompleteContribution { key: "type" }),
            );
        }
        if offers_task(contribution) {
            task_folder(contribution, findings);
        }
    }
    for contribution in contributions.iter().chain(types) {
        types_of(contribution, findings);
    }
}

fn task_folder(contribution: &Node, findings: &mut Vec<Finding>) {
    let properties = contribution.get("properties");
    let name = properties.and_then(|properties| properties.get("name"));
    if name.is_none_or(|name| name.text() == Some("")) {
        let node = name.or(properties).unwrap_or(contribution);
        let contribution = contribution_id(contribution);
        let problem = Problem::NoTaskFolder { contribution };
        findings.push(node.position.finding(problem));
    } else if let Some(name) = name.filter(|name| name.text().is_none()) {
        findings.push(Finding::wrong_type(name, "properties.name", "a string"));
    }
}

/// Checks the types of keys that every contribution can have: tfx packs any value, and the service refuses wrong
/// ones.
fn types_of(contribution: &Node, findings: &mut Vec<Finding>) {
    for key in ["id", "type", "description"] {
        if let Some(value) = contribution.get(key)
            && value.text().is_none()
            && value.value != Value::Null
        {
            findings.push(Finding::wrong_type(
                value,
                &format!("contributions[].{key}"),
                "a string",
            ));
        }
    }
    for key in ["targets", "includes", "restrictedTo", "constraints"] {
        let Some(value) = contribution.get(key) else {
            continue;
        };
        let is_of_texts = |list: &[Node]| list.iter().all(|item| item.text().is_some());
        let expected = "an array of strings";
        match value.list() {
            Some(list) if key == "constraints" || is_of_texts(list) => {}
            _ if value.value == Value::Null => {}
            Some(_) => findings.push(value.position.finding(Problem::WrongType {
                key: format!("contributions[].{key}"),
                expected,
                found: "an array of other values",
            })),
            None => {
                let key = format!("contributions[].{key}");
                findings.push(Finding::wrong_type(value, &key, expected));
            }
        }
    }
    if let Some(value) = contribution.get("properties")
        && value.members().is_none()
        && value.value != Value::Null
    {
        findings.push(Finding::wrong_type(
            value,
            "contributions[].properties",
            "an object",
        ));
    }
}
