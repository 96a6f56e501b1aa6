//! What Azure DevOps and the Marketplace demand of an extension's manifest.
//!
//! It looks at what manifests say, never at files. The rules of tfx-cli's composers are all here; the
//! version's form, unnamed contributions and a paid extension's support link are checked besides.

use std::collections::HashMap;

use super::{Extension, Said};
use crate::document::{Node, Place};
use crate::finding::{Finding, Problem};

/// Checks the extension; `manifest` is blamed for what is missing.
#[must_use]
pub fn check(extension: &Extension, manifest: &Place) -> Vec<Finding> {
    let mut findings = Vec::new();
    identity(extension, manifest, &mut findings);
    targets(extension, manifest, &mut findings);
    if extension.has_service_manifest() {
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
            let place = extension.gallery_flags_place.as_ref().unwrap_or(manifest);
            findings.push(Finding::new(place, Problem::PaidWithoutSupport));
        }
    }
    findings
}

fn identity(extension: &Extension, manifest: &Place, findings: &mut Vec<Finding>) {
    let mut need = |said: &Option<Said<String>>, key: &str| match said {
        Some(said) if !said.value.is_empty() => Some(said.clone()),
        Some(said) => {
            findings.push(Finding::new(
                &said.place,
                Problem::Missing {
                    key: key.to_owned(),
                },
            ));
            None
        }
        None => {
            findings.push(Finding::new(
                manifest,
                Problem::Missing {
                    key: key.to_owned(),
                },
            ));
            None
        }
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
        findings.push(Finding::new(
            &id.place,
            Problem::BadIdentifier {
                what: "extension ID",
                value: id.value,
            },
        ));
    }
    if let Some(version) = version
        && parse_version(&version.value).is_none()
    {
        findings.push(Finding::new(
            &version.place,
            Problem::BadVersion {
                value: version.value,
            },
        ));
    }
    if extension.categories.is_empty() {
        findings.push(Finding::new(
            manifest,
            Problem::Missing {
                key: "categories".to_owned(),
            },
        ));
    }
    if let Some(description) = &extension.description {
        let length = description.value.chars().count();
        if length > 200 {
            findings.push(Finding::new(
                &description.place,
                Problem::LongDescription { length },
            ));
        }
    }
}

/// The numbers of a version: one to four, each of 31 bits, as the Marketplace takes them.
#[must_use]
pub fn parse_version(version: &str) -> Option<Vec<u32>> {
    let parts: Vec<u32> = version
        .split('.')
        .map(|part| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            digits
                .then(|| part.parse().ok())
                .flatten()
                .filter(|number| *number <= u32::MAX / 2)
        })
        .collect::<Option<_>>()?;
    (1..=4).contains(&parts.len()).then_some(parts)
}

fn targets(extension: &Extension, manifest: &Place, findings: &mut Vec<Finding>) {
    if extension.targets.is_empty() {
        findings.push(Finding::new(manifest, Problem::NoTargets));
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
            other => findings.push(Finding::new(
                &target.place,
                Problem::UnknownTarget {
                    id: other.to_owned(),
                },
            )),
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
        findings.push(Finding::new(manifest, Problem::IntegrationWithoutLink));
    }
}

fn contributions(extension: &Extension, manifest: &Place, findings: &mut Vec<Finding>) {
    let contributions = extension.contributions();
    let types = extension
        .service_value("contributionTypes")
        .and_then(Node::list)
        .unwrap_or_default();
    if contributions.is_empty() && types.is_empty() {
        findings.push(Finding::new(manifest, Problem::NoContributions));
    }
    let mut seen: HashMap<&str, &Place> = HashMap::new();
    for contribution in contributions {
        match contribution.get("id").and_then(Node::text) {
            Some(id) => match seen.get(id) {
                Some(first) => findings.push(Finding::new(
                    &contribution.place,
                    Problem::DuplicateContribution {
                        id: id.to_owned(),
                        first: (*first).clone(),
                    },
                )),
                None => {
                    seen.insert(id, &contribution.place);
                }
            },
            None => findings.push(Finding::new(
                &contribution.place,
                Problem::IncompleteContribution { key: "id" },
            )),
        }
        if contribution.get("type").and_then(Node::text).is_none() {
            findings.push(Finding::new(
                &contribution.place,
                Problem::IncompleteContribution { key: "type" },
            ));
        }
    }
}
