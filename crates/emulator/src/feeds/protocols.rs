//! The protocols of package clients: npm's registry, Python's simple index (PEP 503), Maven's layout, and Cargo's sparse
//! index (doc.rust-lang.org/cargo, "Index Format").
//!
//! It never decides who may ask.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use serde_json::json;

use super::{Asked, Context, file, packages, stored};
use crate::http::{Answer, Request};
use crate::vss;

const WHEEL: &str = "hello_feed-1.0.0-py3-none-any.whl";

/// Answers a request that may read the feed.
pub(super) fn answer(request: &Request, asked: &Asked<'_>, context: &mut Context<'_>) -> Answer {
    let Asked { by_id, by_name, .. } = asked;
    match (request.method.as_str(), asked.rest) {
        ("GET", ["npm", "registry", "hello-feed"]) => Answer::json(
            200,
            &json!({
                "name": "hello-feed", "dist-tags": { "latest": "1.0.0" },
                "versions": { "1.0.0": {
                    "name": "hello-feed", "version": "1.0.0",
                    "dist": { "tarball": format!("{by_name}/npm/registry/hello-feed/-/hello-feed-1.0.0.tgz") },
                } },
            }),
        ),
        ("GET", ["npm", "registry", "hello-feed", "-", "hello-feed-1.0.0.tgz"]) => {
            stored(packages::npm(), context)
        }
        ("GET", ["pypi", "simple", "hello-feed"]) => {
            let link = format!("{by_id}/pypi/download/hello-feed/1/{WHEEL}");
            let page = format!("<!DOCTYPE html><a href=\"{link}\">{WHEEL}</a>");
            file("text/html", page.into_bytes())
        }
        ("GET", ["pypi", "download", "hello-feed", "1", WHEEL]) => {
            stored(packages::wheel(), context)
        }
        (
            "GET",
            [
                "maven",
                "v1",
                "com",
                "contoso",
                "hello-parent",
                "1.0.0",
                name,
            ],
        ) => maven(name, context).unwrap_or_else(|| missing(request, asked, context)),
        ("GET", ["Cargo", "index", "config.json"]) => Answer::json(
            200,
            &json!({
                "dl": format!("{by_name}/Cargo/api/v1/crates"), "api": format!("{by_name}/Cargo"), "auth-required": true,
            }),
        ),
        ("GET", ["Cargo", "index", "he", "ll", "hello-feed"]) => {
            let line = json!({
                "name": "hello-feed", "vers": "1.0.0", "deps": [], "features": {}, "yanked": false,
                "cksum": hexadecimal(digest(&SHA256, &packages::cargo()).as_ref()),
            });
            file("text/plain", format!("{line}\n").into_bytes())
        }
        (
            "GET",
            [
                "Cargo",
                "api",
                "v1",
                "crates",
                "hello-feed",
                "1.0.0",
                "download",
            ],
        ) => stored(packages::cargo(), context),
        _ => missing(request, asked, context),
    }
}

fn maven(name: &str, context: &mut Context<'_>) -> Option<Answer> {
    let pom = packages::pom();
    match name {
        "hello-parent-1.0.0.pom" => Some(stored(pom, context)),
        "hello-parent-1.0.0.pom.sha1" => {
            let sum = hexadecimal(digest(&SHA1_FOR_LEGACY_USE_ONLY, &pom).as_ref());
            Some(file("text/plain", sum.into_bytes()))
        }
        _ => None,
    }
}

/// A client that asks for what no feed of this kind has is not one of the tests'.
fn missing(request: &Request, asked: &Asked<'_>, context: &mut Context<'_>) -> Answer {
    context.directory.violation(format!(
        "the feed {}/{} has no route {} {}",
        asked.organization, asked.feed, request.method, request.path
    ));
    vss::no_controller(request)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
