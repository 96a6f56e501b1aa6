//! Text stubs of the macOS frameworks that the certificate verifier uses, and of libraries, for a linker without Apple's
//! SDK.
//!
//! Those of the frameworks contain only the names that are linked (in Apple's TAPI format, version 4). A new one is
//! reported as an "undefined symbol", and belongs in one of the two files.

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

/// Writes the stubs.
pub(crate) fn write(root: &Path) -> Result<Sdk, String> {
    let frameworks = root.join("System/Library/Frameworks");
    for (name, text) in STUBS {
        let file = frameworks.join(format!("{name}.framework/{name}.tbd"));
        write_changed(&file, text)?;
    }
    Ok(Sdk {
        root: root.to_path_buf(),
        frameworks,
    })
}

/// Writes stubs of the libraries that rustc names, for a linker that has none. They are parts of the system's library,
/// whose stub is given; no symbol of libiconv is used.
pub(crate) fn write_libraries(root: &Path, system: &str) -> Result<(), String> {
    for name in ["System", "c", "m"] {
        write_changed(&root.join(format!("usr/lib/lib{name}.tbd")), system)?;
    }
    write_changed(
        &root.join("usr/lib/libiconv.tbd"),
        include_str!("libiconv.tbd"),
    )
}

/// A file that is correct already keeps its time.
fn write_changed(file: &Path, text: &str) -> Result<(), String> {
    if files::read_text(file).is_ok_and(|there| there == text) {
        return Ok(());
    }
    files::write(file, text)
}
