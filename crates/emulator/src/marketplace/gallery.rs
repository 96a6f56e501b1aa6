//! The gallery: extensions, uploads, validation, sharing, events.
//!
//! It never publishes for somebody who is no member, and never the same version twice.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::package::Package;
use super::{Extension, error, json_body, package, version};
use crate::clock::Clock;
use crate::directory::{Directory, guid};
use crate::http::{Answer, Request};

/// How the validation of what is published goes.
#[derive(Debug, Clone, Default)]
pub struct Validation {
    /// Questions that are answered with "not done" first.
    pub takes: u32,
    /// The validator's words, where it refuses: a sentence, or JSON with `results`.
    pub refuses: Option<String>,
}

const VERSIONS: [&str; 2] = ["7.2-preview.2", "3.1-preview.1"];

/// `_apis/gallery/…`.
pub(super) fn answer(
    request: &Request,
    path: &[&str],
    caller: &str,
    directory: &mut Directory,
    clock: &Clock,
) -> Option<Answer> {
    match path {
        ["extensions"] if request.method == "POST" => {
            Some(upload(request, None, caller, directory, clock))
        }
        ["publishers", publisher, "extensions", extension] => {
            let name = format!("{publisher}.{extension}");
            match request.method.as_str() {
                "GET" => Some(show(request, &name, caller, directory)),
                "PUT" => Some(upload(request, Some(&name), caller, directory, clock)),
                "DELETE" => Some(remove(request, &name, caller, directory)),
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
            let found = directory
                .marketplace
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
        ["publishers", publisher, "extensions", extension, "events"] if request.method == "GET" => {
            Some(events(request, publisher, extension, caller, directory))
        }
        ["publishers", publisher, "extensions", extension, "stats"] if request.method == "GET" => {
            if let Some(refusal) = version(request, &["7.2-preview"]) {
                return Some(refusal);
            }
            Some(Answer::json(
                200,
                &json!({
                    "publisherName": publisher, "extensionName": extension, "statCount": 1,
                    "dailyStats": [{
                        "statisticDate": "2026-11-02T00:00:00Z", "version": "1.0.0",
                        "counts": { "installCount": 3, "webPageViews": 40 },
                    }],
                }),
            ))
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
            directory,
        ),
        _ => None,
    }
}

/// The routes that Microsoft's Node client looks up by `OPTIONS`, with the ids of its `GalleryApi.js` and
/// `ExtensionManagementApi.js`.
pub(super) fn locations() -> Value {
    let location = |id: &str, area: &str, name: &str, route: &str| {
        json!({
            "id": id, "area": area, "resourceName": name, "routeTemplate": route, "resourceVersion": 2,
            "minVersion": "1.0", "maxVersion": "7.2", "releasedVersion": "0.0",
        })
    };
    json!({ "count": 5, "value": [
        location("a41192c8-9525-4b58-bc86-179fa549d80d", "gallery", "extensions", "_apis/{area}/extensions/{extensionId}"),
        location("e11ea35a-16fe-4b80-ab11-c4cab88a0966", "gallery", "extensions", "_apis/{area}/publishers/{publisherName}/extensions/{extensionName}"),
        location("a1e66d8f-f5de-4d16-8309-91a4e015ee46", "gallery", "accountsbyname", "_apis/{area}/publisher/{publisherName}/extension/{extensionName}/accountsbyname/{accountName}"),
        location("fb0da285-f23e-4b56-8b53-3ef5f9f6de66", "ExtensionManagement", "InstalledExtensionsByName", "{organization}/_apis/{area}/{resource}/{publisherName}/{extensionName}/{version}"),
        location("00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/connectionData"),
    ] })
}

fn role<'a>(directory: &'a Directory, publisher: &str, caller: &str) -> Option<&'a str> {
    let members = directory.marketplace.members.get(publisher)?;
    members.get(caller).map(String::as_str)
}

fn denied(publisher: &str, caller: &str, what: &str) -> Answer {
    error(
        403,
        "AccessCheckException",
        &format!(
            "Access Denied: {caller} needs the following permission(s) on the resource /{publisher} to perform this action: {what}"
        ),
    )
}

fn not_found(name: &str) -> Answer {
    error(
        404,
        "ExtensionDoesNotExistException",
        &format!("The extension '{name}' does not exist."),
    )
}

fn show(request: &Request, name: &str, caller: &str, directory: &mut Directory) -> Answer {
    if let Some(refusal) = version(request, &VERSIONS) {
        return refusal;
    }
    let publisher = name.split('.').next().unwrap_or_default();
    let may_see = role(directory, publisher, caller).is_some();
    let Some(extension) = directory.marketplace.extensions.get_mut(name) else {
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
    // Validation goes on while it is asked for.
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
        "flags": format!("validated, {}", extension.gallery_flags.to_lowercase().replace(' ', ", ")).trim_end_matches([',', ' ']),
    });
    if asked & 1 == 1 {
        body["versions"] = json!(versions);
    }
    if asked & 8 == 8 {
        let shared = extension.shared_with.iter();
        body["sharedWith"] = shared
            .map(|organization| json!({ "type": "account", "id": organization, "name": organization, "isOrg": false }))
            .collect();
    }
    body
}

/// The bytes of the package, as Azure DevOps Services or as Azure DevOps Server takes them.
fn package_bytes(request: &Request) -> Result<Vec<u8>, Answer> {
    let kind = request.header("content-type").unwrap_or_default();
    if kind == "application/octet-stream" {
        return match version(request, &VERSIONS[..1]) {
            Some(refusal) => Err(refusal),
            None => Ok(request.body.clone()),
        };
    }
    if let Some(refusal) = version(request, &["3.1-preview.1", "7.2-preview"]) {
        return Err(refusal);
    }
    json_body(request)
        .and_then(|body| STANDARD.decode(body["extensionManifest"].as_str()?).ok())
        .ok_or_else(|| {
            error(
                415,
                "VssServiceException",
                "The request's content type is not supported.",
            )
        })
}

fn upload(
    request: &Request,
    existing: Option<&str>,
    caller: &str,
    directory: &mut Directory,
    clock: &Clock,
) -> Answer {
    let bytes = match package_bytes(request) {
        Ok(bytes) => bytes,
        Err(refusal) => return refusal,
    };
    let Some(package) = package::read(&bytes) else {
        return error(
            400,
            "InvalidPackageFormatException",
            "Extension package is malformed/corrupted.",
        );
    };
    let name = format!("{}.{}", package.publisher, package.id);
    if let Some(refusal) = refusal(&package, &name, existing, bytes.len(), caller, directory) {
        return refusal;
    }
    let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
    let digest: String = digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let validation = directory.marketplace.validation.clone();
    let extension = directory
        .marketplace
        .extensions
        .entry(name.clone())
        .or_default();
    extension.versions.push((package.version.clone(), digest));
    extension.gallery_flags = package.flags;
    extension.display_name = package.name;
    extension.tasks = package.tasks;
    extension.size = bytes.len();
    extension.pending = validation.takes;
    extension.failure = validation.refuses;
    let _ = clock;
    let status = if existing.is_none() { 201 } else { 200 };
    Answer::json(
        status,
        &described(&name, extension, Some("1".to_owned()), None),
    )
}

/// Why a package is not taken. The words are those that public issues quote.
fn refusal(
    package: &Package,
    name: &str,
    existing: Option<&str>,
    size: usize,
    caller: &str,
    directory: &Directory,
) -> Option<Answer> {
    let bad = |message: &str| Some(error(400, "ExtensionValidationException", message));
    let role = role(directory, &package.publisher, caller);
    if package.publisher.to_lowercase().contains("microsoft") {
        return bad(
            "You need to be logged in with your Microsoft corporate credentials to publish under this publisher.",
        );
    }
    match (role, existing) {
        (None, _) => {
            return Some(denied(
                &package.publisher,
                caller,
                "Publish, update extensions",
            ));
        }
        (Some("Reader"), _) => {
            return Some(denied(
                &package.publisher,
                caller,
                "Publish, update extensions",
            ));
        }
        (Some("Contributor"), None) => {
            return Some(denied(&package.publisher, caller, "Create extensions"));
        }
        _ => {}
    }
    if directory
        .marketplace
        .largest_package
        .is_some_and(|largest| size > largest)
    {
        return bad("The extension package size exceeds the maximum size.");
    }
    if package.categories.contains("Unheard of") {
        return bad("Unsupported category Unheard of. See https://aka.ms/extensioncategories.");
    }
    for (other, extension) in &directory.marketplace.extensions {
        let reused = package
            .tasks
            .iter()
            .any(|task| extension.tasks.iter().any(|known| known.id == task.id));
        if other != name && reused {
            return bad(
                "Contribution task is re-using task ID of some other contribution from earlier version.",
            );
        }
    }
    let published = directory.marketplace.extensions.get(name);
    match (existing, published) {
        (None, Some(_)) => Some(error(
            409,
            "ExtensionAlreadyExistsException",
            "The extension already exists.",
        )),
        (Some(existing), _) if existing != name => bad("The package is another extension's."),
        (Some(_), None) => Some(not_found(name)),
        (Some(_), Some(extension)) => {
            let last = extension
                .versions
                .last()
                .map(|(version, _)| numbers(version))
                .unwrap_or_default();
            if numbers(&package.version) > last {
                None
            } else {
                bad(
                    "The extension version number must increase each time an extension is published.",
                )
            }
        }
        (None, None) => None,
    }
}

fn numbers(version: &str) -> Vec<u32> {
    version
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect()
}

fn remove(request: &Request, name: &str, caller: &str, directory: &mut Directory) -> Answer {
    if let Some(refusal) = version(request, &VERSIONS) {
        return refusal;
    }
    let publisher = name.split('.').next().unwrap_or_default();
    match role(directory, publisher, caller) {
        None => return not_found(name),
        Some("Reader" | "Contributor") => return denied(publisher, caller, "Delete extensions"),
        Some(_) => {}
    }
    let gone = Answer {
        status: 204,
        headers: Vec::new(),
        body: Vec::new(),
    };
    let wanted = request.parameter("version");
    let Some(extension) = directory.marketplace.extensions.get_mut(name) else {
        return not_found(name);
    };
    let Some(wanted) = wanted else {
        directory.marketplace.extensions.remove(name);
        return gone;
    };
    let before = extension.versions.len();
    extension.versions.retain(|(version, _)| *version != wanted);
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
    directory: &mut Directory,
) -> Option<Answer> {
    if let Some(refusal) = version(request, &["7.2-preview.1", "7.2-preview", "7.1"]) {
        return Some(refusal);
    }
    let publisher = name.split('.').next().unwrap_or_default();
    if role(directory, publisher, caller).is_none() {
        return Some(not_found(name));
    }
    let is_known = directory
        .marketplace
        .organizations
        .contains_key(organization);
    let extension = directory.marketplace.extensions.get_mut(name)?;
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

/// Events of all kinds after a date, oldest first, at most a page of each.
fn events(
    request: &Request,
    publisher: &str,
    extension: &str,
    caller: &str,
    directory: &Directory,
) -> Answer {
    if let Some(refusal) = version(request, &["7.2-preview"]) {
        return refusal;
    }
    let name = format!("{publisher}.{extension}");
    if role(directory, publisher, caller).is_none() {
        return denied(publisher, caller, "View reports");
    }
    let Some(found) = directory.marketplace.extensions.get(&name) else {
        return not_found(&name);
    };
    let after = request.parameter("afterDate").unwrap_or_default();
    let page = directory.marketplace.page_of_events.unwrap_or(usize::MAX);
    let mut kinds = serde_json::Map::new();
    for (kind, id, date) in &found.events {
        let list = kinds.entry(kind.clone()).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut().filter(|list| list.len() < page)
            && *date >= after
        {
            list.push(json!({ "id": id, "statisticDate": date, "version": "1.0.0", "properties": { "hostName": "contoso" } }));
        }
    }
    Answer::json(
        200,
        &json!({
            "extensionId": guid(), "extensionName": extension, "publisherName": publisher, "events": kinds,
        }),
    )
}
