//! Files for packagers that download a release: a container file, a Homebrew formula, and manifests for winget.
//!
//! Those that name an address are written only where Cargo.toml has a `repository`.

use super::{File, Release, archive};
use crate::command::print_line;
use crate::dist;

/// Which files, from which templates; and whether they name an address.
pub(super) const TEMPLATES: [(&str, &str, bool); 5] = [
    (
        "Containerfile",
        include_str!("templates/Containerfile"),
        false,
    ),
    (
        "homebrew/adieu.rb",
        include_str!("templates/adieu.rb"),
        true,
    ),
    (
        "winget/Adieu.Adieu.yaml",
        include_str!("templates/winget/Adieu.Adieu.yaml"),
        true,
    ),
    (
        "winget/Adieu.Adieu.installer.yaml",
        include_str!("templates/winget/Adieu.Adieu.installer.yaml"),
        true,
    ),
    (
        "winget/Adieu.Adieu.locale.en-US.yaml",
        include_str!("templates/winget/Adieu.Adieu.locale.en-US.yaml"),
        true,
    ),
];

/// The templates with the version, the address and the digests of `files` put in.
pub(super) fn files(release: &Release, files: &[File]) -> Result<Vec<File>, String> {
    if release.repository.is_none() {
        print_line("Cargo.toml has no repository: no Homebrew formula and no winget manifest.");
    }
    let mut written = Vec::new();
    for (name, template, needs_address) in TEMPLATES {
        if needs_address && release.repository.is_none() {
            continue;
        }
        let text = filled(release, files, template);
        if needs_address && text.contains("@SHA256_") {
            print_line(&format!(
                "{name} needs the binaries of all platforms: not written."
            ));
            continue;
        }
        if text.contains("@VERSION@") || text.contains("@REPOSITORY@") {
            return Err(format!("{name} has a place that nothing fills."));
        }
        written.push(File {
            name: name.to_owned(),
            bytes: text.into_bytes(),
        });
    }
    Ok(written)
}

fn filled(release: &Release, files: &[File], template: &str) -> String {
    let repository = release.repository.as_deref().unwrap_or_default();
    let mut text = template
        .replace("@VERSION@", &release.version)
        .replace("@REPOSITORY@", repository);
    for binary in &release.binaries {
        let name = archive::name(release, binary);
        if let Some(file) = files.iter().find(|file| file.name == name) {
            let place = binary.platform.to_uppercase().replace('-', "_");
            let digest = dist::sha256(&file.bytes);
            text = text.replace(&format!("@SHA256_{place}@"), &digest);
        }
    }
    text
}
