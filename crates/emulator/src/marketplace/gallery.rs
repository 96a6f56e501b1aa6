//! The gallery: its routes, and showing, sharing and removing extensions.
//!
//! It never shows an extension to a caller who cannot see it.

mod assets;
mod reports;
mod upload;

use serde_json::{Value, json};

pub use assets::Delivery;
pub(crate) use assets::{StoredPackage, public};

use super::{Context, Extension};
use crate::http::{Answer, Request};
use crate::vss::{self, error, version};

/// The validation of what is published.
#[derive(Debug, Clone, Default)]
pub struct Validation {
    /// Number of requests that are answered with "not done" first.
    pub takes: u32,
    /// The validator's message, if it refuses: a sentence, or JSON with `results`.
    pub refuses: Option<String>,
}

const VERSIONS: [&str; 2] = ["7.2-preview.2", "3.1-preview.1"];

/// `_apis/gallery/…`.
pub(crate) fn answer(
    request: &Request,
    path: &[&str],
    caller: &str,
    context: &mut Context<'_>,
) -> Option<Answer> {
    match path {
        ["extensions"] if request.method == "POST" => {
            Some(upload::answer(request, None, caller, context))
        }
        ["publishers", publisher, "extensions", extension] => {
            let name = format!("{publisher}.{extension}");
            match request.method.as_str() {
                "GET" => Some(show(request, &name, caller, context)),
                "PUT" => Some(upload::answer(request, Some(&name), caller, context)),
                "DELETE" => Some(remove(request, &name, caller, context)),
                _ => None,
            }
        }
        [
            "publishers",
            publisher,
            "extensions",
            extension,
            version,
            "verificationlog",
        ] if request.method == "GET" => {
            let found = context
                .own
                .extensions
                .get(&format!("{publisher}.{extension}"))?;
            let failure = found.failure.clone().unwrap_or_default();
            Some(Answer {
                status: 200,
                headers: vec![(
                    "Content-Type".to_owned(),
                    "application/octet-stream".to_owned(),
                )],
                body: format!("Verifying {version}\n{failure}\n").into_bytes(),
            })
        }
        [
            "publisher",
            publisher,
            "extension",
            extension,
            version,
            "assetbyname",
            assets::PACKAGE,
        ] if request.method == "GET" => Some(assets::answer(
            request, publisher, extension, version, caller, context,
        )),
        ["publishers", publisher, "extensions", extension, "events"] if request.method == "GET" => {
            Some(reports::events(
                request, publisher, extension, caller, context,
            ))
        }
        ["publishers", publisher, "extensions", extension, "stats"] if request.method == "GET" => {
            Some(reports::stats(request, publisher, extension))
        }
        [
            "publisher",
            publisher,
            "extension",
            extension,
            "accountsbyname",
            organization,
        ] => share(
            request,
            &format!("{publisher}.{extension}"),
            organization,
            caller,
            context,
        ),
        _ => None,
    }
}

/// The routes that Microsoft's Node client looks up with `OPTIONS`, with the IDs in its `GalleryApi.js` and
/// `ExtensionManagementApi.js`.
pub(crate) fn locations() -> Value {
    let location = |id: &str, area: &str, name: &str, route: &str| {
        let version = if name == "ConnectionData" { 1 } else { 2 };
        json!({
            "id": id, "area": area, "resourceName": name, "routeTemplate": route,
            "resourceVersion": version,
            "minVersion": "1.0", "maxVersion": "7.2", "releasedVersion": "0.0",
        })
    };
    json!({ "count": 6, "value": [
        location("9461c234-c84c-4ed2-b918-2f0f92ad0a35", "securityroles", "roleassignments", "_apis/{area}/scopes/{scopeId}/{resource}/resources/{resourceId}/{identityId}"),
        location("a41192c8-9525-4b58-bc86-179fa549d80d", "gallery", "extensions", "_apis/{area}/extensions/{extensionId}"),
        location("e11ea35a-16fe-4b80-ab11-c4cab88a0966", "gallery", "extensions", "_apis/{area}/publishers/{publisherName}/extensions/{extensionName}"),
        location("a1e66d8f-f5de-4d16-8309-91a4e015ee46", "gallery", "accountsbyname", "_apis/{area}/publisher/{publisherName}/extension/{extensionName}/accountsbyname/{accountName}"),
        location("fb0da285-f23e-4b56-8b53-3ef5f9f6de66", "ExtensionManagement", "InstalledExtensionsByName", "{organization}/_apis/{area}/{resource}/{publisherName}/{extensionName}/{version}"),
        location("00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/connectionData"),
    ] })
}

fn role<'a>(context: &'a Context<'_>, publisher: &str, caller: &str) -> Option<&'a str> {
    let members = context.own.members.get(publisher)?;
    members.get(caller).map(String::as_str)
}

/// The permission that an identity lacks on a publisher. Public issues quote "View user permissions on a resource"
/// and "Publish new extensions to an existing publisher" (microsoft/vscode-vsce#656, #851); the other texts are
/// modeled on them.
pub(super) fn denied(
    publisher: &str,
    caller: &str,
    permission: &str,
    context: &mut Context<'_>,
) -> Answer {
    let id = context.directory.azure_devops_id(caller);
    let status = context.own.access_check_status.unwrap_or(403);
    vss::access_check(status, &id, &format!("/{publisher}"), permission)
}

fn not_found(name: &str) -> Answer {
    error(
        404,
        "ExtensionDoesNotExistException",
        &format!("The extension '{name}' does not exist."),
    )
}

fn show(request: &Request, name: &str, caller: &str, context: &mut Context<'_>) -> Answer {
    if let Some(refusal) = version(request, &VERSIONS) {
        return refusal;
    }
    let publisher = name.split('.').next().unwrap_or_default();
    let may_see = role(context, publisher, caller).is_some();
    let Some(extension) = context.own.extensions.get_mut(name) else {
        return not_found(name);
    };
    if !may_see && !extension.gallery_flags.contains("Public") {
        return not_found(name);
    }
    let body = described(
        name,
        extension,
        request.parameter("flags"),
        request.parameter("version"),
    );
    // Each request advances the validation.
    extension.pending = extension.pending.saturating_sub(1);
    Answer::json(200, &body)
}

fn described(
    name: &str,
    extension: &Extension,
    flags: Option<String>,
    wanted: Option<String>,
) -> Value {
    let (publisher, id) = name.split_once('.').unwrap_or_default();
    let asked: u32 = flags
        .and_then(|flags| flags.parse().ok())
        .unwrap_or_default();
    let last = extension.versions.len().saturating_sub(1);
    let versions: Vec<Value> = extension
        .versions
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, (version, _))| wanted.as_ref().is_none_or(|wanted| wanted == version))
        .map(|(index, (version, _))| {
            let is_done = index < last || extension.pending == 0;
            let failure = extension
                .failure
                .as_ref()
                .filter(|_| index == last && is_done);
            let mut value = json!({
                "version": version, "lastUpdated": format!("2026-11-01T00:00:{index:02}Z"),
                "flags": if is_done && failure.is_none() { "validated" } else { "none" },
            });
            let package = extension.packages.get(index);
            if let Some(platform) = package.and_then(|package| package.platform.as_ref()) {
                value["targetPlatform"] = json!(platform);
            }
            if let Some(failure) = failure {
                value["validationResultMessage"] = json!(failure);
            }
            value
        })
        .collect();
    let mut body = json!({
        "publisher": { "publisherName": publisher, "displayName": publisher },
        "extensionId": "6f9d0b1e-0000-4000-8000-000000000001", "extensionName": id,
        "displayName": extension.display_name,
        "flags": format!("validated, {}", extension.gallery_flags.to_lowercase().replace(' ',
        ", ")).trim_end_matches([',', ' ']),
    });
    if asked & 1 == 1 {
        body["versions"] = json!(versions);
    }
    if asked & 8 == 8 {
        let shared = extension.shared_with.iter();
        body["sharedWith"] = shared
            .map(|organization| {
                json!({ "type": "account", "id": organization,
                "name": organization, "isOrg": false })
            })
            .collect();
    }
    body
}

fn remove(request: &Request, name: &str, caller: &str, context: &mut Context<'_>) -> Answer {
    if let Some(refusal) = version(request, &VERSIONS) {
        return refusal;
    }
    let publisher = name.split('.').next().unwrap_or_default();
    match role(context, publisher, caller) {
        None => return not_found(name),
        Some("Reader" | "Contributor") => {
            return denied(publisher, caller, "Delete an extension", context);
        }
        Some(_) => {}
    }
    let gone = Answer {
        status: 204,
        headers: Vec::new(),
        body: Vec::new(),
    };
    let wanted = request.parameter("version");
    let Some(extension) = context.own.extensions.get_mut(name) else {
        return not_found(name);
    };
    let Some(wanted) = wanted else {
        context.own.extensions.remove(name);
        return gone;
    };
    let before = extension.versions.len();
    extension.versions.retain(|(version, _)| *version != wanted);
    extension
        .packages
        .retain(|package| package.version != wanted);
    if extension.versions.len() == before {
        not_found(name)
    } else {
        gone
    }
}

fn share(
    request: &Request,
    name: &str,
    organization: &str,
    caller: &str,
    context: &mut Context<'_>,
) -> Option<Answer> {
    if let Some(refusal) = version(request, &["7.2-preview.1", "7.2-preview", "7.1"]) {
        return Some(refusal);
    }
    let publisher = name.split('.').next().unwrap_or_default();
    if role(context, publisher, caller).is_none() {
        return Some(not_found(name));
    }
    let is_known = context.organizations.members.contains_key(organization);
    let extension = context.own.extensions.get_mut(name)?;
    let done = Answer {
        status: 204,
        headers: Vec::new(),
        body: Vec::new(),
    };
    match request.method.as_str() {
        "POST" if !is_known => Some(error(
            404,
            "AccountDoesNotExistException",
            &format!("The account {organization} does not exist."),
        )),
        "POST" => {
            extension.shared_with.push(organization.to_owned());
            Some(done)
        }
        "DELETE" => {
            let before = extension.shared_with.len();
            extension.shared_with.retain(|one| one != organization);
            Some(if extension.shared_with.len() == before {
                not_found(name)
            } else {
                done
            })
        }
        _ => None,
    }
}
