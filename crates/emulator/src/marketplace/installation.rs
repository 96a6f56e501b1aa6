//! Extensions in organizations: the installed ones, and their tasks for pipelines.
//!
//! It never installs an extension that the organization cannot see.

use serde_json::{Value, json};

use super::Context;
use crate::http::{Answer, Request};
use crate::ids::guid;
use crate::vss::{error, json_body, version};

/// `{organization}/_apis/{area}/…` for a member of the organization.
pub(crate) fn answer(
    request: &Request,
    organization: &str,
    area: &str,
    rest: &[&str],
    context: &mut Context<'_>,
) -> Option<Answer> {
    match (area.to_ascii_lowercase().as_str(), rest) {
        ("extensionmanagement", [by_name, publisher, extension, versions @ ..])
            if by_name.eq_ignore_ascii_case("installedextensionsbyname") && versions.len() < 2 =>
        {
            let name = format!("{publisher}.{extension}");
            installed(
                request,
                organization,
                &name,
                versions.first().copied(),
                context,
            )
        }
        ("distributedtask", ["tasks", id]) if request.method == "GET" => {
            if let Some(refusal) = version(request, &["7.2-preview", "7.1"]) {
                return Some(refusal);
            }
            Some(tasks(organization, id, context))
        }
        _ => None,
    }
}

fn installed(
    request: &Request,
    organization: &str,
    name: &str,
    wanted: Option<&str>,
    context: &mut Context<'_>,
) -> Option<Answer> {
    if let Some(refusal) = version(request, &["7.1-preview", "7.2-preview", "4."]) {
        return Some(refusal);
    }
    let takes = context.own.installation_takes;
    let not_found = || {
        error(
            404,
            "ExtensionDoesNotExistException",
            &format!("TF1590001: The extension {name} does not exist in {organization}."),
        )
    };
    let extension = context.own.extensions.get_mut(name);
    let Some(extension) = extension else {
        return Some(not_found());
    };
    match request.method.as_str() {
        "POST" => {
            if json_body(request) != Some(Value::Null) {
                return Some(error(
                    400,
                    "VssServiceException",
                    "The body has to be null.",
                ));
            }
            let is_visible = extension.gallery_flags.contains("Public")
                || extension.shared_with.iter().any(|one| one == organization);
            if !is_visible {
                return Some(error(
                    403,
                    "ExtensionNotSharedException",
                    &format!(
                        "Access Denied: the extension {name} is not shared with {organization}."
                    ),
                ));
            }
            if extension.installed_in.contains_key(organization) {
                return Some(error(
                    409,
                    "ExtensionAlreadyInstalledException",
                    &format!("TF1590010: Extension {name} is already installed in {organization}."),
                ));
            }
            let latest = extension
                .versions
                .last()
                .map(|(version, _)| version.clone());
            let version = wanted.map(str::to_owned).or(latest)?;
            extension
                .installed_in
                .insert(organization.to_owned(), version.clone());
            extension.arriving.insert(organization.to_owned(), takes);
            Some(Answer::json(200, &state(name, &version)))
        }
        "GET" => {
            let left = extension
                .arriving
                .entry(organization.to_owned())
                .or_default();
            if *left > 0 {
                *left -= 1;
                return Some(not_found());
            }
            match extension.installed_in.get(organization) {
                Some(version) => Some(Answer::json(200, &state(name, version))),
                None => Some(not_found()),
            }
        }
        "DELETE" => match extension.installed_in.remove(organization) {
            Some(_) => Some(Answer {
                status: 204,
                headers: Vec::new(),
                body: Vec::new(),
            }),
            None => Some(not_found()),
        },
        _ => None,
    }
}

fn state(name: &str, version: &str) -> Value {
    let (publisher, extension) = name.split_once('.').unwrap_or_default();
    json!({
        "extensionId": extension, "publisherId": publisher, "version": version, "flags": "none",
        "registrationId": guid(), "installState": { "flags": "none", "lastUpdated": "2026-11-01T00:00:00Z" },
    })
}

fn tasks(organization: &str, id: &str, context: &Context<'_>) -> Answer {
    let mut list = Vec::new();
    for (name, extension) in &context.own.extensions {
        let Some(version) = extension.installed_in.get(organization) else {
            continue;
        };
        for task in extension
            .tasks
            .iter()
            .filter(|task| task.id.eq_ignore_ascii_case(id))
        {
            let [major, minor, patch] = task.version;
            list.push(json!({
                "id": task.id, "name": task.name, "contributionIdentifier": format!("{name}.task"),
                "contributionVersion": version,
                "version": { "major": major, "minor": minor, "patch": patch, "isTest": false },
            }));
        }
    }
    Answer::json(200, &json!({ "count": list.len(), "value": list }))
}
