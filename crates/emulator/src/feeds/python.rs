//! Python's simple index (PEP 503) and its uploads (docs.pypi.org/api/upload).
//!
//! It never shows a file without its checksum.

use std::collections::BTreeMap;

use ring::digest::SHA256;

use super::exchange::{Exchange, conflict, invalid, not_found, sum};
use super::{empty, file, form, packages};
use crate::http::Answer;

/// By normalized name and file: the version and the bytes.
pub(super) type Projects = BTreeMap<String, BTreeMap<String, (String, Vec<u8>)>>;

pub(super) fn first() -> Projects {
    let wheel = "hello_feed-1.0.0-py3-none-any.whl".to_owned();
    let files = BTreeMap::from([(wheel, ("1.0.0".to_owned(), packages::wheel()))]);
    BTreeMap::from([("hello-feed".to_owned(), files)])
}

pub(super) fn names(projects: &Projects) -> impl Iterator<Item = String> {
    projects
        .iter()
        .flat_map(|(name, files)| files.keys().map(move |it| format!("python {name} {it}")))
}

pub(super) fn answer(exchange: &mut Exchange<'_, Projects>, path: &[&str]) -> Option<Answer> {
    match (exchange.request.method.as_str(), path) {
        ("GET" | "HEAD", ["simple", name]) => Some(page(exchange, name)),
        // pipenv adds a second slash to an index that ends with one, and does not need an answer.
        ("GET", ["simple", "", name]) => Some(not_found(name)),
        ("GET" | "HEAD", ["download", name, _, file]) => Some(download(exchange, name, file)),
        // hatch asks the upload address for existing files, and does not need an answer.
        ("GET", ["upload", "+simple", name]) => Some(not_found(name)),
        ("POST", ["upload"]) => Some(upload(exchange)),
        _ => None,
    }
}

/// PEP 503's normal form.
fn normal(name: &str) -> String {
    let mut normal = String::new();
    for part in name.split(['-', '_', '.']).filter(|part| !part.is_empty()) {
        if !normal.is_empty() {
            normal.push('-');
        }
        normal.push_str(&part.to_ascii_lowercase());
    }
    normal
}

fn page(exchange: &Exchange<'_, Projects>, name: &str) -> Answer {
    let name = normal(name);
    let files = exchange.packages.get(&name);
    let Some(files) = files.filter(|_| exchange.shows(&name)) else {
        return not_found(&name);
    };
    let mut page = "<!DOCTYPE html><html><body>".to_owned();
    for (file, (version, bytes)) in files {
        let by_id = &exchange.asked.by_id;
        let sum = sum(&SHA256, bytes);
        let link = format!("{by_id}/pypi/download/{name}/{version}/{file}#sha256={sum}");
        page.push_str(&format!("<a href=\"{link}\">{file}</a>\n"));
    }
    page.push_str("</body></html>");
    file("text/html", page.into_bytes())
}

fn download(exchange: &mut Exchange<'_, Projects>, name: &str, file: &str) -> Answer {
    let name = normal(name);
    let shows = exchange.shows(&name);
    let files = exchange.packages.get(&name).filter(|_| shows);
    match files.and_then(|files| files.get(file)) {
        Some((_, bytes)) => exchange.blobs.stored(bytes),
        None => not_found(&name),
    }
}

fn upload(exchange: &mut Exchange<'_, Projects>) -> Answer {
    if let Some(refusal) = exchange.refuses_upload() {
        return refusal;
    }
    let Some(fields) = form::fields(exchange.request) else {
        return invalid("The body is not a form.");
    };
    let text = |name: &str| {
        let field = fields.iter().find(|field| field.name == name);
        field.map(form::Field::text).unwrap_or_default()
    };
    let content = fields.iter().find(|field| field.name == "content");
    let Some((content, file)) = content.and_then(|it| Some((it, it.file.clone()?))) else {
        return invalid("The form has no file.");
    };
    let (name, version) = (text("name"), text("version"));
    if text(":action") != "file_upload" || name.is_empty() || version.is_empty() {
        return invalid("The form has no action, name or version.");
    }
    if text("sha256_digest") != sum(&SHA256, &content.bytes) {
        return invalid("The sum of the file is not the form's.");
    }
    let there = exchange.packages.entry(normal(&name)).or_default();
    if there.contains_key(&file) {
        return conflict(&name, &version);
    }
    there.insert(file, (version, content.bytes.clone()));
    empty(202)
}
