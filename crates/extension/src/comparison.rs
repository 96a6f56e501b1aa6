//! Whether the Marketplace's package for a version has the same contents as ours.
//!
//! It compares the files in the packages, because the gallery may rewrite or sign the archive around them.

use adieu_devops::{Client, Package};
use adieu_order::Map;
use adieu_vsix::{Digest, ReadError, entry_digests};
use tempfile::NamedTempFile;

/// The result of a comparison.
pub(crate) enum Comparison {
    /// All files are the same.
    Same,
    /// These files differ.
    Other(Vec<String>),
    /// The published package could not be compared, for this reason.
    Unknown(NotCompared),
}

/// Why two packages could not be compared.
#[derive(Debug)]
pub enum NotCompared {
    /// The temporary file for the published package cannot be created.
    File(std::io::Error),
    /// It cannot be downloaded.
    Download(adieu_devops::Error),
    /// One of them cannot be read.
    Package(ReadError),
}

/// Compares a package with the published one of its name, version and platform.
pub(crate) async fn with_published(package: &Package, client: &Client<'_>) -> Comparison {
    match differences(package, client).await {
        Ok(differing) if differing.is_empty() => Comparison::Same,
        Ok(differing) => Comparison::Other(differing),
        Err(reason) => Comparison::Unknown(reason),
    }
}

async fn differences(package: &Package, client: &Client<'_>) -> Result<Vec<String>, NotCompared> {
    let copy = NamedTempFile::new().map_err(NotCompared::File)?;
    let download = client.download(package, copy.as_file()).await;
    download.map_err(NotCompared::Download)?;
    let ours = entry_digests(&package.path).map_err(NotCompared::Package)?;
    let theirs = entry_digests(copy.path()).map_err(NotCompared::Package)?;
    Ok(differing(&ours, &theirs))
}

/// The files that differ. A signature adds parts, and changes the two parts that list the others.
fn differing(ours: &Map<String, Digest>, theirs: &Map<String, Digest>) -> Vec<String> {
    let is_signed = theirs
        .keys()
        .any(|name| is_signature(name) && !ours.contains_key(name));
    let may_differ = |name: &str| {
        is_signed && (is_signature(name) || name == "[Content_Types].xml" || name == "_rels/.rels")
    };
    let names = ours
        .keys()
        .chain(theirs.keys().filter(|name| !ours.contains_key(*name)));
    names
        .filter(|name| !may_differ(name) && ours.get(*name) != theirs.get(*name))
        .cloned()
        .collect()
}

/// Whether a part belongs to a signature: ECMA-376 part 2, "Digital signatures", or the single file of a NuGet
/// signature.
fn is_signature(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("package/services/digital-signature/")
        || name.starts_with(".signature")
        || name.ends_with(".psdsor")
        || name.ends_with(".psdsxs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignores_signatures() {
        let package = |entries: &[(&str, &str)]| {
            let entries = entries.iter();
            entries
                .map(|(name, text)| ((*name).to_owned(), Digest::of(text.as_bytes())))
                .collect::<Map<_, _>>()
        };
        let ours = package(&[("[Content_Types].xml", "1"), ("a.js", "1"), ("b.js", "1")]);
        let signature = ("package/services/digital-signature/x.psdsxs", "s");
        for (theirs, expected) in [
            (ours.clone(), &[][..]),
            (
                package(&[
                    ("[Content_Types].xml", "2"),
                    ("a.js", "1"),
                    ("b.js", "1"),
                    signature,
                ]),
                &[],
            ),
            (
                package(&[("[Content_Types].xml", "2"), ("a.js", "1"), ("b.js", "1")]),
                &["[Content_Types].xml"],
            ),
            (
                package(&[
                    ("[Content_Types].xml", "1"),
                    ("a.js", "2"),
                    ("c.js", "1"),
                    signature,
                ]),
                &["a.js", "b.js", "c.js"],
            ),
        ] {
            assert_eq!(differing(&ours, &theirs), expected);
        }
    }
}
