//! Uploads to the gallery: requirements for a package, and permissions.
//!
//! It never accepts the same version twice.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::assets::StoredPackage;
use super::{VERSIONS, denied, described, not_found, role};
use crate::http::{Answer, Request};
use crate::marketplace::Context;
use crate::marketplace::package::{self, Package};
use crate::vss::{error, json_body, version};

pub(super) fn answer(
    request: &Request,
    existing: Option<&str>,
    caller: &str,
    context: &mut Context<'_>,
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
    if let Some(refusal) = refusal(&package, &name, existing, bytes.len(), caller, context) {
        return refusal;
    }
    let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
    let digest: String = digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let validation = context.own.validation.clone();
    let extension = context.own.extensions.entry(name.clone()).or_default();
    extension.versions.push((package.version.clone(), digest));
    extension.packages.push(StoredPackage {
        version: package.version.clone(),
        platform: package.platform.clone(),
        bytes: bytes.clone(),
    });
    extension.gallery_flags = package.flags;
    extension.display_name = package.name;
    extension.tasks = package.tasks;
    extension.size = bytes.len();
    extension.pending = validation.takes;
    extension.failure = validation.refuses;
    let status = if existing.is_none() { 201 } else { 200 };
    Answer::json(
        status,
        &described(&name, extension, Some("1".to_owned()), None),
    )
}

/// The bytes of the package, in the form for Azure DevOps Services or for Azure DevOps Server.
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

/// Why a package is not accepted. The messages are those that public issues quote.
fn refusal(
    package: &Package,
    name: &str,
    existing: Option<&str>,
    size: usize,
    caller: &str,
    context: &mut Context<'_>,
) -> Option<Answer> {
    let bad = |message: &str| Some(error(400, "ExtensionValidationException", message));
    let role = role(context, &package.publisher, caller).map(str::to_owned);
    if package.publisher.to_lowercase().contains("microsoft") {
        return bad(
            "You need to be logged in with your Microsoft corporate credentials to publish \
             under this publisher.",
        );
    }
    let missing = match (role.as_deref(), existing) {
        (None | Some("Reader"), Some(_)) => Some("Update existing extensions"),
        (None | Some("Reader" | "Contributor"), None) => {
            Some("Publish new extensions to an existing publisher")
        }
        _ => None,
    };
    if let Some(permission) = missing {
        return Some(denied(&package.publisher, caller, permission, context));
    }
    if context
        .own
        .largest_package
        .is_some_and(|largest| size > largest)
    {
        return bad("The extension package size exceeds the maximum size.");
    }
    if package.categories.contains("Unheard of") {
        return bad("Unsupported category Unheard of. See https://aka.ms/extensioncategories.");
    }
    for (other, extension) in &context.own.extensions {
        let reused = package
            .tasks
            .iter()
            .any(|task| extension.tasks.iter().any(|known| known.id == task.id));
        if other != name && reused {
            return bad(
                "Contribution task is re-using task ID of some other contribution from earlier \
                 version.",
            );
        }
    }
    let published = context.own.extensions.get(name);
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
                .map(|(version, _)| version.clone());
            let last = last.unwrap_or_default();
            // A VS Code package has one version for each of its platforms.
            let is_for_another_platform = package.platform.is_some()
                && extension.packages.iter().all(|stored| {
                    stored.version != package.version || stored.platform != package.platform
                });
            if is_for_another_platform || numbers(&package.version) > numbers(&last) {
                None
            } else {
                // learn.microsoft.com, "Publish from the command line", potential errors.
                Some(error(
                    500,
                    "ExtensionVersionException",
                    &format!(
                        "Version number must increase each time an extension is published. \
                         Extension: {name}  Current version: {last}  Updated version: {}",
                        package.version
                    ),
                ))
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
