//! Cargo's sparse index and its API (doc.rust-lang.org/cargo, "Registry Index" and "Registry Web API").
//!
//! It never answers without a token: `config.json` has `auth-required`.

use std::collections::BTreeMap;

use ring::digest::SHA256;
use serde_json::{Value, json};

use super::exchange::{Exchange, conflict, invalid, not_found, sum};
use super::{file, packages};
use crate::http::Answer;

/// By name and version: the line of the index and the archive.
pub(super) type Crates = BTreeMap<String, BTreeMap<String, (Value, Vec<u8>)>>;

pub(super) fn first() -> Crates {
    let archive = packages::cargo();
    let line = json!({
        "name": "hello-feed", "vers": "1.0.0", "deps": [], "features": {}, "yanked": false,
        "cksum": sum(&SHA256, &archive),
    });
    let version = ("1.0.0".to_owned(), (line, archive));
    BTreeMap::from([("hello-feed".to_owned(), BTreeMap::from([version]))])
}

pub(super) fn names(crates: &Crates) -> impl Iterator<Item = String> {
    crates
        .iter()
        .flat_map(|(name, versions)| versions.keys().map(move |it| format!("cargo {name} {it}")))
}

pub(super) fn answer(exchange: &mut Exchange<'_, Crates>, path: &[&str]) -> Option<Answer> {
    match (exchange.request.method.as_str(), path) {
        ("GET", ["index", "config.json"]) => {
            let by_name = &exchange.asked.by_name;
            Some(Answer::json(
                200,
                &json!({
                    "dl": format!("{by_name}/Cargo/api/v1/crates"), "api": format!("{by_name}/Cargo"),
                    "auth-required": true,
                }),
            ))
        }
        ("GET", ["index", folders @ .., name]) if folders == folders_of(name) => {
            Some(index(exchange, name))
        }
        ("GET", ["api", "v1", "crates", name, version, "download"]) => {
            let shows = exchange.shows(name);
            let versions = exchange.packages.get(*name).filter(|_| shows);
            Some(match versions.and_then(|versions| versions.get(*version)) {
                Some((_, archive)) => exchange.blobs.stored(archive),
                None => not_found(name),
            })
        }
        ("PUT", ["api", "v1", "crates", "new"]) => Some(publish(exchange)),
        _ => None,
    }
}

/// "Index Files": the folders of a crate's file.
fn folders_of(name: &str) -> Vec<&str> {
    match name.len() {
        1 => vec!["1"],
        2 => vec!["2"],
        3 => vec!["3", &name[..1]],
        _ => vec![&name[..2], &name[2..4]],
    }
}

fn index(exchange: &Exchange<'_, Crates>, name: &str) -> Answer {
    let versions = exchange.packages.get(name);
    let Some(versions) = versions.filter(|_| exchange.shows(name)) else {
        return not_found(name);
    };
    let lines = versions.values().map(|(line, _)| format!("{line}\n"));
    file("text/plain", lines.collect::<String>().into_bytes())
}

fn publish(exchange: &mut Exchange<'_, Crates>) -> Answer {
    if let Some(refusal) = exchange.refuses_upload() {
        return refusal;
    }
    let read = || {
        let (metadata, rest) = part(&exchange.request.body)?;
        let (archive, rest) = part(rest)?;
        let metadata: Value = serde_json::from_slice(metadata).ok()?;
        let name = metadata["name"].as_str()?.to_owned();
        let version = metadata["vers"].as_str()?.to_owned();
        rest.is_empty()
            .then(|| (name, version, metadata, archive.to_vec()))
    };
    let Some((name, version, metadata, archive)) = read() else {
        return invalid("The body is not metadata and an archive.");
    };
    let line = json!({
        "name": name, "vers": version, "deps": [], "features": metadata["features"], "yanked": false,
        "cksum": sum(&SHA256, &archive),
    });
    let there = exchange.packages.entry(name.clone()).or_default();
    if there.contains_key(&version) {
        return conflict(&name, &version);
    }
    there.insert(version, (line, archive));
    let none: [&str; 0] = [];
    Answer::json(
        200,
        &json!({ "warnings": { "invalid_categories": none, "invalid_badges": none, "other": none } }),
    )
}

/// A part of a publication, after its length.
fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    rest.split_at_checked(length)
}
