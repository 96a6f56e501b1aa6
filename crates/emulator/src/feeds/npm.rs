//! npm's registry (github.com/npm/registry, "Package metadata"; publishing as npm 11 and pnpm 12 send it).
//!
//! It answers for packages of one upstream source, but of no other registry.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA512, digest};
use serde_json::{Value, json};

use super::exchange::{Exchange, conflict, invalid, not_found, sum};
use super::{Role, lacks, packages};
use crate::http::Answer;

/// By name and version: the manifest and the archive.
pub(super) type Packages = BTreeMap<String, BTreeMap<String, (Value, Vec<u8>)>>;

/// Comes from an upstream source: a collaborator's first download saves it to the feed.
const UPSTREAM: &str = "hello-upstream";

pub(super) fn first() -> Packages {
    let manifest = json!({ "name": "hello-feed", "version": "1.0.0" });
    let version = ("1.0.0".to_owned(), (manifest, packages::npm()));
    BTreeMap::from([("hello-feed".to_owned(), BTreeMap::from([version]))])
}

pub(super) fn names(packages: &Packages) -> impl Iterator<Item = String> {
    packages
        .iter()
        .flat_map(|(name, versions)| versions.keys().map(move |it| format!("npm {name} {it}")))
}

pub(super) fn answer(exchange: &mut Exchange<'_, Packages>, path: &[&str]) -> Option<Answer> {
    match (exchange.request.method.as_str(), path) {
        // npm requests advisories for what it installs.
        ("POST", ["-", "npm", "v1", "security", "advisories", "bulk"]) => {
            Some(Answer::json(200, &json!({})))
        }
        ("GET" | "HEAD", [scope, name]) if scope.starts_with('@') => {
            Some(package(exchange, &format!("{scope}/{name}")))
        }
        ("GET" | "HEAD", [name]) => Some(package(exchange, name)),
        ("GET" | "HEAD", [name, "-", file]) => Some(archive(exchange, name, file)),
        ("GET" | "HEAD", [scope, name, "-", file]) if scope.starts_with('@') => {
            Some(archive(exchange, &format!("{scope}/{name}"), file))
        }
        ("PUT", [name]) => Some(publish(exchange, name)),
        ("PUT", [scope, name]) if scope.starts_with('@') => {
            Some(publish(exchange, &format!("{scope}/{name}")))
        }
        _ => None,
    }
}

fn package(exchange: &Exchange<'_, Packages>, name: &str) -> Answer {
    if name == UPSTREAM {
        let manifest = json!({ "name": UPSTREAM, "version": "1.0.0" });
        let versions = BTreeMap::from([("1.0.0".to_owned(), (manifest, packages::upstream()))]);
        return document(exchange, name, &versions);
    }
    match exchange.packages.get(name) {
        Some(versions) if exchange.shows(name) => document(exchange, name, versions),
        _ => not_found(name),
    }
}

fn document(
    exchange: &Exchange<'_, Packages>,
    name: &str,
    versions: &BTreeMap<String, (Value, Vec<u8>)>,
) -> Answer {
    let by_name = &exchange.asked.by_name;
    let latest = versions.keys().next_back();
    let versions = versions.iter().map(|(version, (manifest, archive))| {
        let mut manifest = manifest.clone();
        manifest["dist"] = json!({
            "tarball": format!("{by_name}/npm/registry/{name}/-/{}", file_name(name, version)),
            "shasum": sum(&SHA1_FOR_LEGACY_USE_ONLY, archive),
            "integrity": integrity(archive),
        });
        (version.clone(), manifest)
    });
    let versions: serde_json::Map<String, Value> = versions.collect();
    Answer::json(
        200,
        &json!({ "name": name, "dist-tags": { "latest": latest }, "versions": versions }),
    )
}

fn archive(exchange: &mut Exchange<'_, Packages>, name: &str, file: &str) -> Answer {
    if name == UPSTREAM && !exchange.packages.contains_key(UPSTREAM) {
        if exchange.asked.role < Role::Collaborator {
            return lacks(&exchange.asked.caller, "AddUpstreamPackage");
        }
        let manifest = json!({ "name": UPSTREAM, "version": "1.0.0" });
        let version = ("1.0.0".to_owned(), (manifest, packages::upstream()));
        let saved = BTreeMap::from([version]);
        exchange.packages.insert(UPSTREAM.to_owned(), saved);
    }
    let shows = exchange.shows(name);
    let versions = exchange.packages.get(name).filter(|_| shows);
    let found = versions
        .into_iter()
        .flatten()
        .find(|(version, _)| file_name(name, version) == file);
    match found {
        Some((_, (_, bytes))) => exchange.blobs.stored(bytes),
        None => not_found(name),
    }
}

fn publish(exchange: &mut Exchange<'_, Packages>, name: &str) -> Answer {
    if let Some(refusal) = exchange.refuses_upload() {
        return refusal;
    }
    let Ok(body) = serde_json::from_slice::<Value>(&exchange.request.body) else {
        return invalid("The body is not JSON.");
    };
    let (Some(versions), Some(files)) = (
        body["versions"].as_object(),
        body["_attachments"].as_object(),
    ) else {
        return invalid("There are no versions and _attachments.");
    };
    let (Some((version, manifest)), Some((_, file))) =
        (versions.iter().next(), files.iter().next())
    else {
        return invalid("There is no version.");
    };
    let bytes = STANDARD.decode(file["data"].as_str().unwrap_or_default());
    let Ok(bytes) = bytes else {
        return invalid("The archive is not base64.");
    };
    let is_whole = file["length"] == bytes.len()
        && manifest["dist"]["integrity"].as_str() == Some(&integrity(&bytes));
    if body["name"] != name || manifest["name"] != name || !is_whole {
        return invalid("Name, length or integrity are wrong.");
    }
    let there = exchange.packages.entry(name.to_owned()).or_default();
    if there.contains_key(version) {
        return conflict(name, version);
    }
    there.insert(version.clone(), (manifest.clone(), bytes));
    Answer::json(201, &json!({ "success": true }))
}

/// The archive's name does not include the scope.
fn file_name(name: &str, version: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or(name);
    format!("{name}-{version}.tgz")
}

fn integrity(bytes: &[u8]) -> String {
    format!("sha512-{}", STANDARD.encode(digest(&SHA512, bytes)))
}
