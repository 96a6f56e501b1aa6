//! Downloads of packages from the gallery: as uploaded, signed, or from a storage host.
//!
//! It never returns a private extension's package to a caller who cannot see the extension.

use std::io::{Cursor, Write as _};

use super::{not_found, role};
use crate::http::{Answer, Request};
use crate::marketplace::{Context, Extension};
use crate::vss::version as refused_version;

/// The asset that is the package itself.
pub(super) const PACKAGE: &str = "Microsoft.VisualStudio.Services.VSIXPackage";

/// A package that was uploaded.
#[derive(Debug, Clone)]
pub(crate) struct StoredPackage {
    pub(crate) version: String,
    pub(crate) platform: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

impl Extension {
    /// The versions with their platforms, as vsce shows them: `1.2.3 (linux-x64)`.
    #[must_use]
    pub fn published(&self) -> Vec<String> {
        let packages = self.packages.iter();
        let named = packages.map(|package| match &package.platform {
            Some(platform) => format!("{} ({platform})", package.version),
            None => package.version.clone(),
        });
        named.collect()
    }

    /// Whether one of the uploaded packages has these bytes.
    #[must_use]
    pub fn has_package(&self, bytes: &[u8]) -> bool {
        self.packages.iter().any(|package| package.bytes == bytes)
    }
}

/// How the gallery returns packages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Delivery {
    /// The bytes that were uploaded.
    #[default]
    AsUploaded,
    /// Compressed again and signed (ECMA-376 part 2, "Digital signatures").
    Signed,
    /// By a redirect to the public form of the address, which accepts no credential.
    Redirected,
    /// Not at all: 404.
    Missing,
}

pub(super) fn answer(
    request: &Request,
    publisher: &str,
    extension: &str,
    version: &str,
    caller: &str,
    context: &Context<'_>,
) -> Answer {
    if let Some(refusal) = refused_version(request, &["7.1-preview.1"]) {
        return refusal;
    }
    let name = format!("{publisher}.{extension}");
    let platform = request.parameter("targetPlatform");
    let found = stored(&name, version, platform.as_deref(), context);
    let Some(package) = found.filter(|_| role(context, publisher, caller).is_some()) else {
        return not_found(&name);
    };
    match context.own.delivery {
        Delivery::AsUploaded => octets(package.bytes.clone()),
        Delivery::Signed => octets(signed(&package.bytes)),
        Delivery::Missing => not_found(&name),
        Delivery::Redirected => {
            let host = request.header("host").unwrap_or_default();
            Answer {
                status: 302,
                headers: vec![(
                    "Location".to_owned(),
                    format!(
                        "https://{host}{}?{}",
                        request.path.replace("/gallery/", "/public/gallery/"),
                        request.query
                    ),
                )],
                body: Vec::new(),
            }
        }
    }
}

/// The public form of the address, which must not receive a credential.
pub(crate) fn public(
    request: &Request,
    path: &[&str],
    context: &mut Context<'_>,
) -> Option<Answer> {
    let [
        "_apis",
        "public",
        "gallery",
        "publisher",
        publisher,
        "extension",
        extension,
        version,
        "assetbyname",
        PACKAGE,
    ] = path
    else {
        return None;
    };
    if request.header("authorization").is_some() {
        context
            .directory
            .violation(format!("a credential was sent to {}", request.path));
    }
    let name = format!("{publisher}.{extension}");
    let platform = request.parameter("targetPlatform");
    let found = stored(&name, version, platform.as_deref(), context);
    Some(found.map_or_else(|| not_found(&name), |package| octets(package.bytes.clone())))
}

fn stored<'a>(
    name: &str,
    version: &str,
    platform: Option<&str>,
    context: &'a Context<'_>,
) -> Option<&'a StoredPackage> {
    let packages = &context.own.extensions.get(name)?.packages;
    packages
        .iter()
        .find(|package| package.version == version && package.platform.as_deref() == platform)
}

fn octets(body: Vec<u8>) -> Answer {
    Answer {
        status: 200,
        headers: vec![(
            "Content-Type".to_owned(),
            "application/octet-stream".to_owned(),
        )],
        body,
    }
}

/// The same entries, stored without compression, with the parts of a signature and a changed list of types.
fn signed(bytes: &[u8]) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(Cursor::new(bytes)).expect("a package");
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for index in 0..from.len() {
        let mut entry = from.by_index(index).expect("an entry");
        let name = entry.name().expect("a name").into_owned();
        to.start_file(&name, options).expect("an entry");
        std::io::copy(&mut entry, &mut to).expect("its bytes");
        if name == "[Content_Types].xml" {
            to.write_all(b"<!-- and the signature's -->")
                .expect("its bytes");
        }
    }
    let part = "package/services/digital-signature/xml-signature/1.psdsxs";
    to.start_file(part, options).expect("an entry");
    to.write_all(b"<Signature/>").expect("its bytes");
    to.finish().expect("a package").into_inner()
}
