//! Maven's repository layout (maven.apache.org/repository/layout.html), which Gradle reads and writes too.
//!
//! It stores files without reading them.

use std::collections::BTreeMap;

use ring::digest::SHA1_FOR_LEGACY_USE_ONLY;

use super::exchange::{Exchange, conflict, not_found, sum};
use super::{empty, file, packages};
use crate::http::Answer;

/// By path.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

pub(super) fn first() -> Files {
    let path = |artifact: &str, kind: &str| {
        format!("com/contoso/{artifact}/1.0.0/{artifact}-1.0.0.{kind}")
    };
    BTreeMap::from([
        (
            path("hello-parent", "pom"),
            packages::pom("hello-parent", "pom"),
        ),
        (
            path("hello-feed", "pom"),
            packages::pom("hello-feed", "jar"),
        ),
        (path("hello-feed", "jar"), packages::jar()),
    ])
}

pub(super) fn names(files: &Files) -> impl Iterator<Item = String> {
    let packages = files.keys().filter(|path| path.ends_with(".pom"));
    packages.filter_map(|path| {
        let mut parts = path.rsplit('/');
        let (_, version, name) = (parts.next()?, parts.next()?, parts.next()?);
        Some(format!("maven {name} {version}"))
    })
}

pub(super) fn answer(exchange: &mut Exchange<'_, Files>, path: &[&str]) -> Option<Answer> {
    let name = path.join("/");
    match exchange.request.method.as_str() {
        "GET" | "HEAD" => Some(download(exchange, &name)),
        "PUT" => Some(upload(exchange, name)),
        _ => None,
    }
}

fn download(exchange: &mut Exchange<'_, Files>, name: &str) -> Answer {
    if !exchange.shows(name) {
        return not_found(name);
    }
    let files = &*exchange.packages;
    match (files.get(name), name.rsplit_once('.')) {
        (Some(bytes), Some((_, "jar" | "pom" | "module"))) => exchange.blobs.stored(bytes),
        (Some(bytes), _) => file("text/plain", bytes.clone()),
        (None, Some((of, "sha1"))) if files.contains_key(of) => {
            let sum = sum(&SHA1_FOR_LEGACY_USE_ONLY, &files[of]);
            file("text/plain", sum.into_bytes())
        }
        _ => not_found(name),
    }
}

fn upload(exchange: &mut Exchange<'_, Files>, name: String) -> Answer {
    if let Some(refusal) = exchange.refuses_upload() {
        return refusal;
    }
    let changes = name.contains("maven-metadata.xml") || name.contains("-SNAPSHOT/");
    if exchange.packages.contains_key(&name) && !changes {
        return conflict(&name, "");
    }
    let body = exchange.request.body.clone();
    exchange.packages.insert(name, body);
    empty(202)
}
