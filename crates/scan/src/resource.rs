//! A resource of an organization, as Azure DevOps' REST API writes it: finds tokens in its values, and habits.
//!
//! It uses no service: callers pass documents, and the addresses of their pages.

use serde_json::Value;

use crate::finding::{Certainty, Finding, NotRead, NotReadReason, Report, Resource, ResourceKind};
use crate::habits::{self, variables};
use crate::matcher;

/// Deepest nesting that is read; no resource of the API exceeds it.
const DEEPEST: usize = 64;

/// Types of service connections with a secret for Azure DevOps or its feeds, in lowercase: Azure DevOps' own
/// (`ServiceEndpointTypes` of its REST API), and those of the extension tasks on the Marketplace.
const TYPES: [&str; 12] = [
    "externaltfs",
    "externalnugetfeed",
    "externalnpmregistry",
    "externalpythondownloadfeed",
    "externalpythonuploadfeed",
    "externalmavenrepository",
    "externalcargorepository",
    "vsmarketplace",
    "cloudmarketplaceendpoint",
    "servermarketplaceendpoint",
    "azuredevops",
    "tfsmarketplacepublishing",
];

/// Schemes with a secret that a person created, in lowercase.
const SCHEMES: [&str; 5] = [
    "token",
    "usernamepassword",
    "personalaccesstoken",
    "basic",
    "none",
];

/// Hosts of Azure DevOps.
const HOSTS: [&str; 2] = ["dev.azure.com", ".visualstudio.com"];

/// The findings in a resource. `path` names it; `resource` has its page in the portal.
pub fn scan_resource(document: &Value, path: &str, resource: &Resource, now: u64) -> Report {
    let mut report = Report {
        files: 1,
        ..Report::default()
    };
    let mut pointer = String::new();
    let mut found = Vec::new();
    tokens(document, &mut pointer, now, 0, &mut found);
    found.extend(habits(resource.kind, document));
    for mut finding in found {
        path.clone_into(&mut finding.path);
        finding.resource = Some(resource.clone());
        report.findings.push(finding);
    }
    if let Some(reason) = yaml_file(document) {
        let path = path.to_owned();
        report.not_read.push(NotRead { path, reason });
    }
    report
}

/// How likely a service connection contains a personal access token; `None` if it does not.
pub fn connection_with_a_pat(connection: &Value) -> Option<Certainty> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_ascii_lowercase();
    let kind = text(&connection["type"]);
    let authorization = &connection["authorization"];
    let scheme = text(&authorization["scheme"]);
    let url = text(&connection["url"]);
    let has_key = authorization["parameters"]
        .as_object()
        .is_some_and(|parameters| parameters.contains_key("nugetkey"));
    if !SCHEMES.contains(&scheme.as_str()) || (scheme == "none" && !has_key) {
        return None;
    }
    let is_for_azure_devops = HOSTS.iter().any(|host| {
        let address = url.split("://").nth(1).unwrap_or_default();
        let authority = address.split(['/', '?']).next().unwrap_or_default();
        let authority = authority.rsplit('@').next().unwrap_or_default();
        authority == host.trim_start_matches('.')
            || authority.ends_with(host) && host.starts_with('.')
            || authority.ends_with(&format!(".{host}"))
    });
    let is_of_such_a_type = TYPES.contains(&kind.as_str());
    match (is_for_azure_devops, is_of_such_a_type) {
        (true, _) => Some(Certainty::Certain),
        // Its address is a registry elsewhere, or the connection has no address.
        (false, true) if kind.contains("marketplace") || kind == "externaltfs" => {
            Some(Certainty::Certain)
        }
        (false, true) if url.is_empty() => Some(Certainty::Probable),
        _ => None,
    }
}

fn habits(kind: ResourceKind, document: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut named = |rule, certainty, pointer| found.push(habits::named(rule, certainty, pointer));
    let below = |object: &str, name: &str| format!("/{object}/{}", habits::escaped(name));
    match kind {
        ResourceKind::ServiceConnection => {
            if let Some(certainty) = connection_with_a_pat(document) {
                named(&habits::CONNECTION, certainty, "/authorization".to_owned());
            }
        }
        ResourceKind::VariableGroup => {
            let name = document["name"].as_str().unwrap_or_default();
            if variables::is_pat(name) {
                named(&habits::GROUP, Certainty::Possible, "/name".to_owned());
            }
            // A group that is linked to a key vault has only names.
            let is_vault = document["type"] == "AzureKeyVault";
            for (name, value) in document["variables"].as_object().into_iter().flatten() {
                if habits::is_secret_pat(name, value) || (is_vault && variables::is_pat(name)) {
                    let pointer = below("variables", name);
                    named(&habits::VARIABLE, Certainty::Probable, pointer);
                }
            }
        }
        ResourceKind::BuildDefinition
        | ResourceKind::ReleaseDefinition
        | ResourceKind::TaskGroup => {
            let habits = habits::in_definition(document).unwrap_or_default();
            found.extend(habits.into_iter().map(|(_, finding)| finding));
        }
        ResourceKind::ServiceHook => {
            let inputs = &document["consumerInputs"];
            let is_set = |name: &&str| inputs[name].as_str().is_some_and(|text| !text.is_empty());
            let name = ["basicAuthPassword", "password"].into_iter().find(is_set);
            if let Some(name) = name {
                let is_ours = inputs.as_object().is_some_and(|inputs| {
                    let mut values = inputs.values().filter_map(Value::as_str);
                    values.any(|value| HOSTS.iter().any(|host| value.contains(host)))
                });
                let certainty = match is_ours {
                    true => Certainty::Certain,
                    false => Certainty::Possible,
                };
                named(
                    &habits::SERVICE_HOOK,
                    certainty,
                    below("consumerInputs", name),
                );
            }
        }
        ResourceKind::Agent => {
            for list in ["systemCapabilities", "userCapabilities"] {
                for (name, value) in document[list].as_object().into_iter().flatten() {
                    let is_set = value.as_str().is_some_and(|value| !value.is_empty());
                    let is_about_a_token =
                        variables::is_pat(name) || name.eq_ignore_ascii_case("AZP_TOKEN");
                    if is_set && is_about_a_token {
                        named(&habits::CAPABILITY, Certainty::Probable, below(list, name));
                    }
                }
            }
        }
    }
    found
}

/// The tokens in every text of a document, with lines and columns relative to the text.
fn tokens(value: &Value, pointer: &mut String, now: u64, depth: usize, found: &mut Vec<Finding>) {
    let before = pointer.len();
    match value {
        _ if depth > DEEPEST => {}
        Value::String(text) => {
            for token in matcher::tokens(text.as_bytes(), now) {
                let head = &text[..token.start];
                let line = head.matches('\n').count() as u64 + 1;
                let column = |end: usize| {
                    let start = text[..token.start].rfind('\n').map_or(0, |at| at + 1);
                    text[start..end].chars().count() as u64 + 1
                };
                found.push(Finding {
                    line,
                    column: column(token.start),
                    end_column: column(token.end),
                    pointer: Some(pointer.clone()),
                    ..Finding::from(token)
                });
            }
        }
        Value::Array(list) => {
            for (number, inner) in list.iter().enumerate() {
                pointer.push_str(&format!("/{number}"));
                tokens(inner, pointer, now, depth + 1, found);
                pointer.truncate(before);
            }
        }
        Value::Object(fields) => {
            for (name, inner) in fields {
                pointer.push('/');
                pointer.push_str(&habits::escaped(name));
                tokens(inner, pointer, now, depth + 1, found);
                pointer.truncate(before);
            }
        }
        _ => {}
    }
}

/// The file with the steps of a build definition that contains none itself.
fn yaml_file(definition: &Value) -> Option<NotReadReason> {
    let file = definition["process"]["yamlFilename"].as_str()?.to_owned();
    let repository = definition["repository"]["name"].as_str();
    let repository = repository.unwrap_or_default().to_owned();
    Some(NotReadReason::InRepository { file, repository })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn knows_connections_that_hold_a_token_for_azure_devops() {
        let certain = Some(Certainty::Certain);
        for (kind, scheme, url, certainty) in [
            (
                "externaltfs",
                "Token",
                "https://dev.azure.com/contoso",
                certain,
            ),
            (
                "externaltfs",
                "Token",
                "https://tfs.contoso.example",
                certain,
            ),
            (
                "externalnpmregistry",
                "Token",
                "https://pkgs.dev.azure.com/c/_packaging/f",
                certain,
            ),
            (
                "externalnpmregistry",
                "Token",
                "https://registry.npmjs.org",
                None,
            ),
            (
                "ExternalNuGetFeed",
                "UsernamePassword",
                "https://c.pkgs.visualstudio.com/f",
                certain,
            ),
            (
                "externalpythonuploadfeed",
                "Token",
                "",
                Some(Certainty::Probable),
            ),
            (
                "generic",
                "UsernamePassword",
                "https://dev.azure.com/contoso",
                certain,
            ),
            (
                "generic",
                "UsernamePassword",
                "https://contoso.example",
                None,
            ),
            (
                "generic",
                "UsernamePassword",
                "https://dev.azure.com.example",
                None,
            ),
            (
                "git",
                "UsernamePassword",
                "https://me@dev.azure.com/c/_git/x",
                certain,
            ),
            ("github", "PersonalAccessToken", "https://github.com", None),
            (
                "VsMarketplace",
                "Token",
                "https://marketplace.visualstudio.com",
                certain,
            ),
            (
                "azurerm",
                "WorkloadIdentityFederation",
                "https://management.azure.com",
                None,
            ),
            (
                "workloadidentityuser",
                "WorkloadIdentityFederation",
                "https://dev.azure.com/c",
                None,
            ),
            (
                "externalnugetfeed",
                "None",
                "https://pkgs.dev.azure.com/c",
                None,
            ),
        ] {
            let connection =
                json!({ "type": kind, "url": url, "authorization": { "scheme": scheme } });
            assert_eq!(
                connection_with_a_pat(&connection),
                certainty,
                "{kind} {url}"
            );
        }
        let key = json!({ "type": "externalnugetfeed", "url": "https://pkgs.dev.azure.com/c",
            "authorization": { "scheme": "None", "parameters": { "nugetkey": null } } });
        assert_eq!(connection_with_a_pat(&key), certain);
    }
}
