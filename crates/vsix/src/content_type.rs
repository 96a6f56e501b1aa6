//! Media types of parts: one table, the same on every machine.
//!
//! It looks at names only. tfx asks the registry on Windows and starts `file` elsewhere, so that its packages
//! depend on where they were made (microsoft/tfs-cli issues 257, 323, 467).

use crate::parts::Part;
use crate::xml::Element;

/// The type of a part about which nothing is known.
const UNKNOWN: &str = "application/octet-stream";

/// Extension, in lower case, to media type. The first block is tfx-cli's own table.
const TYPES: [(&str, &str); 43] = [
    ("bat", "application/bat"),
    ("css", "text/css"),
    ("eot", "application/vnd.ms-fontobject"),
    ("gif", "image/gif"),
    ("hbs", "text/x-handlebars-template"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "application/javascript"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("md", "text/markdown"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("ps1", "text/ps1"),
    ("scss", "text/plain"),
    ("svg", "image/svg+xml"),
    ("ts", "text/plain"),
    ("vsixlangpack", "text/xml"),
    ("vsixmanifest", "text/xml"),
    ("vsomanifest", "application/json"),
    ("woff", "application/font-woff"),
    // What browsers and people need besides.
    ("bmp", "image/bmp"),
    ("cjs", "application/javascript"),
    ("csv", "text/csv"),
    ("htm", "text/html"),
    ("ico", "image/x-icon"),
    ("less", "text/plain"),
    ("mjs", "application/javascript"),
    ("otf", "font/otf"),
    ("psd1", "text/plain"),
    ("psm1", "text/plain"),
    ("sh", "text/plain"),
    ("tsx", "text/plain"),
    ("ttf", "font/ttf"),
    ("txt", "text/plain"),
    ("wasm", "application/wasm"),
    ("webp", "image/webp"),
    ("woff2", "font/woff2"),
    ("xml", "text/xml"),
    ("yaml", "text/plain"),
    ("yml", "text/plain"),
    ("zip", "application/zip"),
];

/// The extension of a part, in lower case; a name that only starts with a dot has none.
fn extension(part: &str) -> Option<String> {
    let file = part.rsplit('/').next().unwrap_or(part);
    match file.rfind('.') {
        Some(at) if at > 0 && at + 1 < file.len() => file.get(at + 1..).map(str::to_lowercase),
        _ => None,
    }
}

fn of_extension(extension: &str) -> &'static str {
    TYPES
        .iter()
        .find(|(known, _)| *known == extension)
        .map_or(UNKNOWN, |(_, kind)| kind)
}

/// The type of a part without an extension: files that are text in every project, and the rest.
fn of_bare_name(part: &str) -> &'static str {
    let file = part.rsplit('/').next().unwrap_or(part);
    let is_text = file.starts_with('.')
        || ["README", "LICENSE", "AUTHORS"]
            .iter()
            .any(|name| file.eq_ignore_ascii_case(name));
    if is_text { "text/plain" } else { UNKNOWN }
}

/// `[Content_Types].xml`: a default for each extension, and an override for each part that differs from it.
///
/// The extension is written with its dot, against ECMA-376 part 2, 10.1.2.2, because the Marketplace has read
/// it so from the first day.
pub(crate) fn document(parts: &[Part]) -> String {
    let mut extensions = vec!["vsixmanifest".to_owned(), "vsomanifest".to_owned()];
    let mut overrides = Vec::new();
    for part in parts {
        match (&part.content_type, extension(&part.name)) {
            (Some(kind), _) => overrides.push((part.name.as_str(), kind.as_str())),
            (None, Some(extension)) => extensions.push(extension),
            (None, None) => overrides.push((part.name.as_str(), of_bare_name(&part.name))),
        }
    }
    extensions.sort_unstable();
    extensions.dedup();
    overrides.sort_unstable();
    let defaults = extensions.iter().map(|extension| {
        Element::new("Default")
            .attribute("Extension", format!(".{extension}"))
            .attribute("ContentType", of_extension(extension))
    });
    let overrides = overrides.iter().map(|(part, kind)| {
        Element::new("Override")
            .attribute("ContentType", *kind)
            .attribute("PartName", format!("/{part}"))
    });
    Element::new("Types")
        .attribute(
            "xmlns",
            "http://schemas.openxmlformats.org/package/2006/content-types",
        )
        .children(defaults)
        .children(overrides)
        .to_document()
}
