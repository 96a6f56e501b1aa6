//! NuGet's protocol, version 3 (learn.microsoft.com, "NuGet Server API"): service index, package content,
//! registrations and publishing.
//!
//! It never answers queries of version 2: that path only accepts packages.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use serde_json::{Value, json};
use zip::ZipArchive;

use super::exchange::{Exchange, conflict, invalid, not_found};
use super::{empty, form, packages};
use crate::http::Answer;

/// By ID in lowercase and version: the ID as published, and the package.
pub(super) type Packages = BTreeMap<String, BTreeMap<String, (String, Vec<u8>)>>;

pub(super) fn first() -> Packages {
    let package = (
        "Hello-Feed".to_owned(),
        packages::nuget("Hello-Feed", "1.0.0"),
    );
    let versions = BTreeMap::from([("1.0.0".to_owned(), package)]);
    BTreeMap::from([("hello-feed".to_owned(), versions)])
}

pub(super) fn names(packages: &Packages) -> impl Iterator<Item = String> {
    packages
        .iter()
        .flat_map(|(name, versions)| versions.keys().map(move |it| format!("nuget {name} {it}")))
}

pub(super) fn answer(exchange: &mut Exchange<'_, Packages>, path: &[&str]) -> Option<Answer> {
    match (exchange.request.method.as_str(), path) {
        ("GET", ["v3", "index.json"]) => Some(service_index(exchange)),
        ("GET", ["v3", "flat2", id, "index.json"]) => Some(match versions(exchange, id) {
            Some(versions) => {
                let versions: Vec<&String> = versions.keys().collect();
                Answer::json(200, &json!({ "versions": versions }))
            }
            None => not_found(id),
        }),
        ("GET", ["v3", "flat2", id, version, file]) => Some(content(exchange, id, version, file)),
        ("GET", ["v3", "registrations2-semver2", id, "index.json"]) => {
            Some(registration(exchange, id))
        }
        ("PUT", ["v2"]) => Some(push(exchange)),
        _ => None,
    }
}

/// Names resources as Azure Artifacts does; links have the feed's ID.
fn service_index(exchange: &Exchange<'_, Packages>) -> Answer {
    let base = format!("{}/nuget", exchange.asked.by_id);
    let resources = [
        ("PackageBaseAddress/3.0.0", "v3/flat2/"),
        ("RegistrationsBaseUrl/3.6.0", "v3/registrations2-semver2/"),
        (
            "RegistrationsBaseUrl/Versioned",
            "v3/registrations2-semver2/",
        ),
        ("PackagePublish/2.0.0", "v2/"),
    ];
    let resources =
        resources.map(|(kind, path)| json!({ "@id": format!("{base}/{path}"), "@type": kind }));
    Answer::json(200, &json!({ "version": "3.0.0", "resources": resources }))
}

fn versions<'a>(
    exchange: &'a Exchange<'_, Packages>,
    id: &str,
) -> Option<&'a BTreeMap<String, (String, Vec<u8>)>> {
    // Addresses have IDs and versions in lowercase.
    let versions = exchange.packages.get(id)?;
    exchange.shows(id).then_some(versions)
}

fn content(exchange: &mut Exchange<'_, Packages>, id: &str, version: &str, file: &str) -> Answer {
    let package = versions(exchange, id).and_then(|versions| versions.get(version));
    let Some((_, package)) = package else {
        return not_found(id);
    };
    let bytes = if file == format!("{id}.{version}.nupkg") {
        package.clone()
    } else if file == format!("{id}.nuspec") {
        nuspec(package).unwrap_or_default().into_bytes()
    } else {
        return not_found(id);
    };
    exchange.blobs.stored(&bytes)
}

fn registration(exchange: &Exchange<'_, Packages>, id: &str) -> Answer {
    let Some(versions) = versions(exchange, id) else {
        return not_found(id);
    };
    let base = format!("{}/nuget/v3", exchange.asked.by_id);
    let items: Vec<Value> = versions
        .iter()
        .map(|(version, (id, _))| {
            let lower = id.to_ascii_lowercase();
            let content = format!("{base}/flat2/{lower}/{version}/{lower}.{version}.nupkg");
            let address = format!("{base}/registrations2-semver2/{lower}/{version}.json");
            json!({
                "@id": address, "packageContent": content,
                "catalogEntry": {
                    "@id": address, "id": id, "version": version, "listed": true,
                    "packageContent": content, "dependencyGroups": [],
                },
            })
        })
        .collect();
    let address = format!("{base}/registrations2-semver2/{id}/index.json");
    let page = json!({
        "@id": format!("{address}#page"), "count": items.len(), "items": items,
        "lower": versions.keys().next(), "upper": versions.keys().next_back(),
    });
    Answer::json(200, &json!({ "@id": address, "count": 1, "items": [page] }))
}

/// learn.microsoft.com, "Push and Delete": a key is required, and Azure Artifacts accepts any.
fn push(exchange: &mut Exchange<'_, Packages>) -> Answer {
    if let Some(refusal) = exchange.refuses_upload() {
        return refusal;
    }
    let has_key = exchange
        .request
        .header("x-nuget-apikey")
        .is_some_and(|key| !key.is_empty());
    let fields = form::fields(exchange.request).unwrap_or_default();
    let Some(package) = fields.into_iter().next().filter(|_| has_key) else {
        return invalid("There is no package, or no key.");
    };
    let nuspec = nuspec(&package.bytes).unwrap_or_default();
    let (Some(id), Some(version)) = (tag(&nuspec, "id"), tag(&nuspec, "version")) else {
        return invalid("The package has no manifest.");
    };
    let there = exchange
        .packages
        .entry(id.to_ascii_lowercase())
        .or_default();
    if there.contains_key(version) {
        return conflict(id, version);
    }
    there.insert(version.to_owned(), (id.to_owned(), package.bytes));
    empty(202)
}

/// The manifest in a package.
fn nuspec(package: &[u8]) -> Option<String> {
    let mut archive = ZipArchive::new(Cursor::new(package)).ok()?;
    let names: Vec<String> = archive
        .file_names()
        .filter_map(|name| Some(name.ok()?.into_owned()))
        .collect();
    let name = names
        .iter()
        .find(|name| name.ends_with(".nuspec") && !name.contains('/'))?;
    let mut text = String::new();
    archive.by_name(name).ok()?.read_to_string(&mut text).ok()?;
    Some(text)
}

fn tag<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let rest = text.split_once(&format!("<{name}>"))?.1;
    Some(rest.split_once("</")?.0)
}
