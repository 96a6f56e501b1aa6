//! Media types of parts, from a table that is the same on every machine.
//!
//! It uses only names. tfx asks the registry on Windows and runs `file` elsewhere, so its packages depend on the
//! machine (microsoft/tfs-cli issues 257, 323, 467).

use crate::parts::Part;
use crate::xml::Element;

/// The type of a part with an unknown extension.
const UNKNOWN: &str = "application/octet-stream";

/// Media types by extension, in lowercase. The first block is tfx-cli's own table.
const TYPES: [(&str, &str); 106] = [
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
    // Other common files of extensions. All other text is `text/plain`.
    ("7z", "application/x-7z-compressed"),
    ("appcache", "text/plain"),
    ("avif", "image/avif"),
    ("bash", "text/plain"),
    ("bmp", "image/bmp"),
    ("c", "text/plain"),
    ("cer", "application/pkix-cert"),
    ("cfg", "text/plain"),
    ("cjs", "application/javascript"),
    ("cmd", "text/plain"),
    ("conf", "text/plain"),
    ("config", "text/xml"),
    ("cpp", "text/plain"),
    ("cs", "text/plain"),
    ("csproj", "text/xml"),
    ("csv", "text/csv"),
    ("cts", "text/plain"),
    ("flow", "text/plain"),
    ("geojson", "application/json"),
    ("go", "text/plain"),
    ("gz", "application/gzip"),
    ("h", "text/plain"),
    ("htm", "text/html"),
    ("ico", "image/x-icon"),
    ("ini", "text/plain"),
    ("ipynb", "application/json"),
    ("jar", "application/java-archive"),
    ("java", "text/plain"),
    ("json5", "text/plain"),
    ("jsonc", "text/plain"),
    ("jsonl", "text/plain"),
    ("jsx", "application/javascript"),
    ("less", "text/plain"),
    ("lock", "text/plain"),
    ("log", "text/plain"),
    ("markdown", "text/markdown"),
    ("mjs", "application/javascript"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("mts", "text/plain"),
    ("nupkg", "application/zip"),
    ("nuspec", "text/xml"),
    ("opts", "text/plain"),
    ("otf", "font/otf"),
    ("patch", "text/plain"),
    ("pem", "text/plain"),
    ("props", "text/xml"),
    ("properties", "text/plain"),
    ("ps1xml", "text/xml"),
    ("psd1", "text/plain"),
    ("psm1", "text/plain"),
    ("py", "text/plain"),
    ("rb", "text/plain"),
    ("resjson", "application/json"),
    ("resx", "text/xml"),
    ("rst", "text/plain"),
    ("sass", "text/plain"),
    ("sh", "text/plain"),
    ("sln", "text/plain"),
    ("snap", "text/plain"),
    ("sql", "text/plain"),
    ("tar", "application/x-tar"),
    ("targets", "text/xml"),
    ("tf", "text/plain"),
    ("tgz", "application/gzip"),
    ("toml", "text/plain"),
    ("tsx", "text/plain"),
    ("ttf", "font/ttf"),
    ("txt", "text/plain"),
    ("vue", "text/plain"),
    ("war", "application/java-archive"),
    ("wasm", "application/wasm"),
    ("wav", "audio/wav"),
    ("webm", "video/webm"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff2", "font/woff2"),
    ("xml", "text/xml"),
    ("xsd", "text/xml"),
    ("xsl", "text/xml"),
    ("xslt", "text/xml"),
    ("yaml", "text/plain"),
    ("yml", "text/plain"),
    ("zip", "application/zip"),
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
    TYPES
        .iter()
        .find(|(known, _)| *known == extension)
        .map_or(UNKNOWN, |(_, kind)| kind)
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
