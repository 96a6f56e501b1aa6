//! Feeds of Azure Artifacts: one package, `hello-feed` 1.0.0, as npm and as pip ask for it.
//!
//! It is read-only, and answers members of the organization only. Addresses are those of
//! learn.microsoft.com, "Connect to a feed", answers those of npm's "package metadata" and of Python's PEP 503.

use std::io::{Cursor, Write as _};

use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Context, not_a_member};
use crate::directory::Issued;
use crate::http::{Answer, Request};
use crate::vss::{self, error};

/// Where feeds are.
pub(crate) const HOST: &str = "pkgs.dev.azure.com";

const WHEEL: &str = "hello_feed-1.0.0-py3-none-any.whl";

/// `{organization}/_packaging/{feed}/…`.
pub(crate) fn answer(
    request: &Request,
    path: &[&str],
    caller: Option<&Issued>,
    context: &mut Context<'_>,
) -> Answer {
    let [organization, "_packaging", feed, rest @ ..] = path else {
        return vss::no_controller(request);
    };
    let Some(caller) = caller else {
        // npm and pip send what they have at once, or again after this.
        let tenant = context.own.tenant_of(organization, context.directory);
        return vss::early_error(
            401,
            "UnauthorizedRequestException",
            "TF400813: The user 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa' is not authorized to \
             access this resource.",
        )
        .with(
            "WWW-Authenticate",
            &format!("Bearer authorization_uri=https://login.windows.net/{tenant}"),
        )
        .with(
            "WWW-Authenticate",
            "Basic realm=\"https://pkgsprodweu1.pkgs.visualstudio.com/\"",
        )
        .with("WWW-Authenticate", "TFS-Federated");
    };
    if let Some(refusal) = not_a_member(organization, caller, context) {
        return refusal;
    }
    let known = ((*organization).to_owned(), (*feed).to_owned());
    if !context.own.feeds.contains(&known) {
        return error(
            404,
            "FeedIdNotFoundException",
            &format!("The feed {feed} does not exist."),
        );
    }
    let base = format!("https://{HOST}/{organization}/_packaging/{feed}");
    let file = |kind: &str, body| Answer {
        status: 200,
        headers: vec![("Content-Type".to_owned(), kind.to_owned())],
        body,
    };
    match (request.method.as_str(), rest) {
        ("GET", ["npm", "registry", "hello-feed"]) => Answer::json(
            200,
            &json!({
                "name": "hello-feed", "dist-tags": { "latest": "1.0.0" },
                "versions": { "1.0.0": {
                    "name": "hello-feed", "version": "1.0.0",
                    "dist": { "tarball": format!("{base}/npm/registry/hello-feed/-/hello-feed-1.0.0.tgz") },
                } },
            }),
        ),
        ("GET", ["npm", "registry", "hello-feed", "-", "hello-feed-1.0.0.tgz"]) => {
            file("application/octet-stream", npm_package())
        }
        ("GET", ["pypi", "simple", "hello-feed"]) => {
            let link = format!("{base}/pypi/download/hello-feed/1/{WHEEL}");
            let page = format!("<!DOCTYPE html><a href=\"{link}\">{WHEEL}</a>");
            file("text/html", page.into_bytes())
        }
        ("GET", ["pypi", "download", "hello-feed", "1", WHEEL]) => {
            file("application/octet-stream", wheel())
        }
        (method, _) => {
            let path = &request.path;
            context
                .directory
                .violation(format!("the feed has no route {method} {path}"));
            vss::no_controller(request)
        }
    }
}

/// A tar archive, which npm takes without gzip too.
fn npm_package() -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, text) in [
        (
            "package/package.json",
            "{\"name\":\"hello-feed\",\"version\":\"1.0.0\"}\n",
        ),
        (
            "package/index.js",
            "module.exports = 'hello from the feed';\n",
        ),
    ] {
        let mut header = [0; 512];
        let mut put = |at: usize, text: &str| {
            header[at..at + text.len()].copy_from_slice(text.as_bytes());
        };
        put(0, name);
        put(100, "0000644\0");
        put(108, "0000000\0");
        put(116, "0000000\0");
        put(124, &format!("{:011o}\0", text.len()));
        put(136, "00000000000\0");
        put(148, "        ");
        put(156, "0");
        put(257, "ustar\x0000");
        let sum: u32 = header.iter().copied().map(u32::from).sum();
        let sum = format!("{sum:06o}\0 ");
        header[148..156].copy_from_slice(sum.as_bytes());
        archive.extend_from_slice(&header);
        archive.extend_from_slice(text.as_bytes());
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

fn wheel() -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [
        (
            "hello_feed/__init__.py",
            "greeting = 'hello from the feed'\n",
        ),
        (
            "hello_feed-1.0.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: hello-feed\nVersion: 1.0.0\n",
        ),
        (
            "hello_feed-1.0.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: emulator\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        ),
        (
            "hello_feed-1.0.0.dist-info/RECORD",
            "hello_feed/__init__.py,,\nhello_feed-1.0.0.dist-info/METADATA,,\nhello_feed-1.0.0.dist-info/WHEEL,,\nhello_feed-1.0.0.dist-info/RECORD,,\n",
        ),
    ] {
        let options = SimpleFileOptions::default();
        archive.start_file(name, options).expect("a new entry");
        archive.write_all(text.as_bytes()).expect("memory");
    }
    archive.finish().expect("an archive").into_inner()
}
