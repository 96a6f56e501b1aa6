//! Text stubs of the macOS frameworks that the certificate verifier uses, for a linker without Apple's SDK.
//!
//! They contain only the names that are linked (in Apple's TAPI format, version 4). A new one is reported as an
//! "undefined symbol", and belongs in one of the two files.

use std::path::{Path, PathBuf};

use crate::files;

const STUBS: [(&str, &str); 2] = [
    ("CoreFoundation", include_str!("CoreFoundation.tbd")),
    ("Security", include_str!("Security.tbd")),
];

/// The folders with the stubs.
pub(crate) struct Sdk {
    pub(crate) root: PathBuf,
    pub(crate) frameworks: PathBuf,
}

/// Writes the stubs. A file that is correct already keeps its time.
pub(crate) fn write(root: &Path) -> Result<Sdk, String> {
    let frameworks = root.join("System/Library/Frameworks");
    for (name, text) in STUBS {
        let file = frameworks.join(format!("{name}.framework/{name}.tbd"));
        if files::read_text(&file).is_ok_and(|there| there == text) {
            continue;
        }
        files::write(&file, text)?;
    }
    Ok(Sdk {
        root: root.to_path_buf(),
        frameworks,
    })
}
