//! Files for packagers that download a release, from `templates/`: a container file, a Homebrew formula, and
//! manifests for winget.
//!
//! Files that contain an address are written only if Cargo.toml has a `repository`.

use super::{Entry, Release};
use crate::command::print_line;
use crate::{dist, files, root};

/// Names and texts of the templates.
pub(super) fn all() -> Result<Vec<(String, String)>, String> {
    let folder = root().join("crates/xtask/src/release/templates");
    let paths = files::below(&folder)?.into_iter();
    let templates = paths.map(|path| {
        let name = path.strip_prefix(&folder).unwrap_or(&path);
        let name = name.to_string_lossy().replace('\\', "/");
        Ok((name, files::read_text(&path)?))
    });
    templates.collect()
}

/// The templates, with the version, the address and the digests of the archives filled in.
pub(super) fn files(release: &Release, archives: &[Entry]) -> Result<Vec<Entry>, String> {
    let mut templates = all()?;
    if release.repository.is_none() {
        print_line("Cargo.toml has no repository: no Homebrew formula and no winget manifest.");
        templates.retain(|(name, _)| name == "Containerfile");
    }
    let mut written = Vec::new();
    for (name, template) in templates {
        let mut text = template.replace("@VERSION@", &release.version);
        if let Some(repository) = &release.repository {
            text = text.replace("@REPOSITORY@", repository);
        }
        for (binary, archive) in release.binaries.iter().zip(archives) {
            let place = binary.platform.to_uppercase().replace('-', "_");
            text = text.replace(&format!("@SHA256_{place}@"), &dist::sha256(&archive.bytes));
        }
        match text.split('@').nth(1) {
            None => written.push(Entry::text(name, text)),
            Some(place) if place.starts_with("SHA256_") => {
                print_line(&format!(
                    "{name} needs the binaries of all platforms: not written."
                ));
            }
            Some(place) => return Err(format!("{name} has a place that nothing fills: {place}.")),
        }
    }
    Ok(written)
}
