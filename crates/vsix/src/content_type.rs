//! Media types of parts, from a table that is the same on every machine.
//!
//! It uses only names. tfx asks the registry on Windows and runs `file` elsewhere, so its packages depend on the
//! machine (microsoft/tfs-cli issues 257, 323, 467).

use crate::parts::Part;
use crate::xml::Element;

/// The type of a part with an unknown extension.
const UNKNOWN: &str = "application/octet-stream";

/// Media types, and their extensions in lowercase. The first block is tfx-cli's own table.
const TYPES: [(&str, &str); 45] = [
    ("application/bat", "bat"),
    ("text/css", "css"),
    ("application/vnd.ms-fontobject", "eot"),
    ("image/gif", "gif"),
    ("text/x-handlebars-template", "hbs"),
    ("text/html", "html"),
    ("image/jpeg", "jpeg jpg"),
    ("application/javascript", "js"),
    ("application/json", "json map vsomanifest"),
    ("text/markdown", "md"),
    ("application/pdf", "pdf"),
    ("image/png", "png"),
    ("text/ps1", "ps1"),
    ("text/plain", "scss ts"),
    ("image/svg+xml", "svg"),
    ("text/xml", "vsixlangpack vsixmanifest"),
    ("application/font-woff", "woff"),
    // Other common files of extensions. All other text is `text/plain`.
    ("application/x-7z-compressed", "7z"),
    (
        "text/plain",
        "appcache bash c cfg cmd conf cpp cs cts flow go h ini java json5 jsonc jsonl",
    ),
    (
        "text/plain",
        "less lock log mts opts patch pem properties psd1 psm1 py rb rst sass sh sln",
    ),
    ("text/plain", "snap sql tf toml tsx txt vue yaml yml"),
    ("image/avif", "avif"),
    ("image/bmp", "bmp"),
    ("application/pkix-cert", "cer"),
    ("application/javascript", "cjs jsx mjs"),
    (
        "text/xml",
        "config csproj nuspec props ps1xml resx targets xml xsd xsl xslt",
    ),
    ("text/csv", "csv"),
    ("application/json", "geojson ipynb resjson"),
    ("application/gzip", "gz tgz"),
    ("text/html", "htm"),
    ("image/x-icon", "ico"),
    ("application/java-archive", "jar war"),
    ("text/markdown", "markdown"),
    ("audio/mpeg", "mp3"),
    ("video/mp4", "mp4"),
    ("application/zip", "nupkg zip"),
    ("font/otf", "otf"),
    ("application/x-tar", "tar"),
    ("font/ttf", "ttf"),
    ("application/wasm", "wasm"),
    ("audio/wav", "wav"),
    ("video/webm", "webm"),
    ("application/manifest+json", "webmanifest"),
    ("image/webp", "webp"),
    ("font/woff2", "woff2"),
];

/// The extension of a part, in lowercase; a name whose only dot is at the start has none.
fn extension(part: &str) -> Option<String> {
    let file = part.rsplit('/').next().unwrap_or(part);
    match file.rfind('.') {
        Some(at) if at > 0 && at + 1 < file.len() => file.get(at + 1..).map(str::to_lowercase),
        _ => None,
    }
}

fn of_extension(extension: &str) -> &'static str {
    let is_of = |extensions: &str| extensions.split(' ').any(|known| known == extension);
    let known = TYPES.iter().find(|(_, extensions)| is_of(extensions));
    known.map_or(UNKNOWN, |(kind, _)| kind)
}

/// The type of a part without an extension: text for files that are text in every project.
fn of_bare_name(part: &str) -> &'static str {
    let file = part.rsplit('/').next().unwrap_or(part);
    let is_text = file.starts_with('.')
        || ["README", "LICENSE", "AUTHORS"]
            .iter()
            .any(|name| file.eq_ignore_ascii_case(name));
    if is_text { "text/plain" } else { UNKNOWN }
}

/// `[Content_Types].xml`: a default for each extension, and an override for each part with another type.
///
/// The extension is written with its dot, contrary to ECMA-376 part 2, 10.1.2.2, because the Marketplace has always
/// read it that way.
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
    adieu_order::sort(&mut extensions);
    extensions.dedup();
    adieu_order::sort(&mut overrides);
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
