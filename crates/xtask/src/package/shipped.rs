//! What a package has alongside its tasks, so that others can check it: `SHA256SUMS`, an SBOM, and the licenses of the
//! crates in the binaries.
//!
//! It never lists what only builds or tests, and two runs on one lock file write the same bytes. `cargo xtask demo` writes
//! these files too, so the code is here: cargo-about is 152 crates to compile, cargo-cyclonedx 140, `cyclonedx-bom` 65, and
//! none of them knows which crate is in which platform's binary.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::command::this_cargo;
use crate::platforms::{self, Platform};
use crate::{dist, files, root};

/// The files, as they are named in `vss-extension.json`.
pub(crate) const FILES: [&str; 3] = ["SHA256SUMS", "sbom.cdx.json", "THIRD-PARTY-NOTICES"];

/// A crate in a binary.
struct Component {
    name: String,
    version: String,
    license: String,
    repository: Option<String>,
    folder: PathBuf,
    /// SHA-256 of its archive, out of Cargo.lock; none for ours.
    checksum: Option<String>,
    platforms: BTreeSet<String>,
}

/// Writes the files into a folder. `tasks` are the folders in which the binaries are.
pub(crate) fn write(
    folder: &Path,
    tasks: &[String],
    binaries: &[(String, PathBuf)],
) -> Result<(), String> {
    let table = platforms::all()?;
    let mut components = BTreeMap::new();
    let mut digests = Vec::new();
    for (name, binary) in binaries {
        let platform = table
            .get(name)
            .ok_or_else(|| format!("There is no platform {name}."))?;
        collect(name, platform, &mut components)?;
        let digest = dist::sha256(&files::read(binary)?);
        digests.push((name.clone(), platform.binary.clone(), digest));
    }
    let mut sums = String::new();
    for task in tasks {
        for (name, binary, digest) in &digests {
            let _ = writeln!(sums, "{digest}  {task}/bin/{name}/{binary}");
        }
    }
    let texts = [sums, sbom(&components, &digests)?, notices(&components)?];
    for (name, text) in FILES.iter().zip(texts) {
        files::write(&folder.join(name), text)?;
    }
    Ok(())
}

/// The crates that are linked into a platform's binary: cargo's own answer, for our package's features, without
/// what runs at build time.
fn collect(
    platform: &str,
    row: &Platform,
    components: &mut BTreeMap<(String, String), Component>,
) -> Result<(), String> {
    let tree = cargo(&[
        "tree",
        "--locked",
        "--package",
        "adieu",
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
        "--target",
        &row.target,
    ])?;
    let metadata = cargo(&[
        "metadata",
        "--locked",
        "--format-version",
        "1",
        "--filter-platform",
        &row.target,
    ])?;
    let metadata: Value = serde_json::from_str(&metadata)
        .map_err(|error| format!("cargo's metadata cannot be read: {error}."))?;
    let lock = files::read_text(&root().join("Cargo.lock"))?;
    let linked: BTreeSet<(String, String)> = tree
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let name = words.next()?;
            let version = words.next()?.strip_prefix('v')?;
            Some((name.to_owned(), version.to_owned()))
        })
        .collect();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let text = |key: &str| package[key].as_str().map(str::to_owned);
        let key = (
            text("name").unwrap_or_default(),
            text("version").unwrap_or_default(),
        );
        if !linked.contains(&key) {
            continue;
        }
        let manifest = PathBuf::from(text("manifest_path").unwrap_or_default());
        components
            .entry(key.clone())
            .or_insert_with(|| Component {
                checksum: checksum(&lock, &key.0, &key.1),
                // Cargo's old form of "or".
                license: text("license").unwrap_or_default().replace('/', " OR "),
                repository: text("repository"),
                folder: manifest.parent().unwrap_or(&manifest).to_path_buf(),
                name: key.0,
                version: key.1,
                platforms: BTreeSet::new(),
            })
            .platforms
            .insert(platform.to_owned());
    }
    Ok(())
}

fn cargo(arguments: &[&str]) -> Result<String, String> {
    let output = this_cargo()
        .current_dir(root())
        .args(arguments)
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}."))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(format!("cargo {} failed: {errors}", arguments[0]))
    }
}

fn checksum(lock: &str, name: &str, version: &str) -> Option<String> {
    let opening = format!("\nname = \"{name}\"\nversion = \"{version}\"\n");
    let package = lock
        .split("[[package]]")
        .find(|package| package.starts_with(&opening))?;
    let line = package
        .lines()
        .find_map(|line| line.strip_prefix("checksum = \""))?;
    Some(line.trim_end_matches('"').to_owned())
}

/// CycloneDX 1.6. It has a time only where `SOURCE_DATE_EPOCH` gives one, and no random number.
fn sbom(
    components: &BTreeMap<(String, String), Component>,
    digests: &[(String, String, String)],
) -> Result<String, String> {
    let reference =
        |component: &Component| format!("pkg:cargo/{}@{}", component.name, component.version);
    let version = env!("CARGO_PKG_VERSION");
    let mut listed = Vec::new();
    let mut depends = Vec::new();
    for (platform, binary, digest) in digests {
        let own = format!("adieu-{platform}");
        listed.push(json!({
            "type": "application",
            "bom-ref": own,
            "name": format!("bin/{platform}/{binary}"),
            "version": version,
            "hashes": [{ "alg": "SHA-256", "content": digest }],
        }));
        let linked: Vec<String> = components
            .values()
            .filter(|component| component.platforms.contains(platform))
            .map(reference)
            .collect();
        depends.push(json!({ "ref": own, "dependsOn": linked }));
    }
    for component in components.values() {
        let mut entry = json!({
            "type": "library",
            "bom-ref": reference(component),
            "name": component.name,
            "version": component.version,
            "licenses": [{ "expression": component.license }],
        });
        if let Some(checksum) = &component.checksum {
            entry["purl"] = reference(component).into();
            entry["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
        }
        if let Some(repository) = &component.repository {
            entry["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
        }
        listed.push(entry);
    }
    let references: Vec<String> = digests
        .iter()
        .map(|(platform, _, _)| format!("adieu-{platform}"))
        .collect();
    depends.push(json!({ "ref": "adieu", "dependsOn": references }));
    let mut document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application", "bom-ref": "adieu", "name": "adieu", "version": version,
                "licenses": [{ "expression": "MIT" }],
            },
        },
        "components": listed,
        "dependencies": depends,
    });
    if let Ok(seconds) = std::env::var("SOURCE_DATE_EPOCH") {
        document["metadata"]["timestamp"] = rfc3339(&seconds)?.into();
    }
    serde_json::to_string_pretty(&document)
        .map(|text| text + "\n")
        .map_err(|error| error.to_string())
}

/// Seconds since 1970 as RFC 3339 in UTC.
fn rfc3339(seconds: &str) -> Result<String, String> {
    seconds
        .parse()
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|time| time.format(&Rfc3339).ok())
        .ok_or_else(|| format!("SOURCE_DATE_EPOCH is not a number of seconds: {seconds}."))
}

/// License texts, each once, under the crates that come under it with their own copyright lines. Where a crate
/// gives a choice with MIT in it, MIT is taken.
fn notices(components: &BTreeMap<(String, String), Component>) -> Result<String, String> {
    // Words of a text without its copyright lines, the crates with these lines, and one text as it is.
    let mut texts: BTreeMap<String, (Vec<String>, String)> = BTreeMap::new();
    let mut without = Vec::new();
    for component in components.values().filter(|one| one.checksum.is_some()) {
        let title = format!(
            "{} {} ({})",
            component.name, component.version, component.license
        );
        let files = license_files(&component.folder)?;
        if files.is_empty() {
            without.push(format!(
                "{title} {}",
                component.repository.as_deref().unwrap_or_default()
            ));
        }
        for file in files {
            let text = files::read_text(&file)?;
            let is_copyright = |line: &&str| {
                line.trim_start()
                    .to_lowercase()
                    .starts_with("copyright (c)")
            };
            let owners: Vec<&str> = text.lines().filter(is_copyright).map(str::trim).collect();
            let body: Vec<&str> = text.lines().filter(|line| !is_copyright(line)).collect();
            let body = body.join("\n").trim().to_owned();
            let words: Vec<&str> = body.split_whitespace().collect();
            let head = std::iter::once(title.clone())
                .chain(owners.iter().map(|owner| format!("    {owner}")))
                .collect::<Vec<_>>()
                .join("\n");
            let entry = texts.entry(words.join(" ").to_lowercase());
            let (crates, _) = entry.or_insert_with(|| (Vec::new(), body));
            crates.push(head);
        }
    }
    let mut notices = String::from(
        "Third-party software in the binaries of this extension: crates from crates.io,\n\
         the standard library of Rust (MIT OR Apache-2.0), on Linux the C library musl (MIT), on\n\
         Windows the start code of MinGW-w64 (public domain and ZPL-2.1).\n",
    );
    for (crates, text) in texts.values() {
        let _ = write!(
            notices,
            "\n{}\n\n{}\n\n{text}\n",
            "=".repeat(80),
            crates.join("\n")
        );
    }
    if !without.is_empty() {
        let _ = write!(
            notices,
            "\n{}\n\nWithout a license text in their archive:\n{}\n",
            "=".repeat(80),
            without.join("\n")
        );
    }
    Ok(notices)
}

fn license_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files: Vec<PathBuf> = files::list(folder)?
        .into_iter()
        .filter(|path| {
            path.is_file() && has_any(path, &["LICENSE", "LICENCE", "COPYING", "NOTICE"])
        })
        .collect();
    if files.iter().any(|path| has_any(path, &["LICENSE-MIT"])) {
        files.retain(|path| has_any(path, &["LICENSE-MIT", "NOTICE"]));
    }
    Ok(files)
}

fn has_any(path: &Path, starts: &[&str]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_uppercase();
    starts.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{FILES, write};
    use crate::target;

    #[test]
    fn lists_what_is_in_the_binary_and_nothing_else_twice_the_same() {
        let folder = target().join("tmp").join("shipped");
        fs::create_dir_all(&folder).expect("a folder");
        let binary = folder.join("adieu");
        fs::write(&binary, "abc").expect("a file");
        let binaries = [("linux-x64".to_owned(), binary)];
        let read = || {
            write(&folder, &["token".to_owned()], &binaries).expect("three files");
            FILES.map(|name| fs::read_to_string(folder.join(name)).expect("a text"))
        };
        let [sums, sbom, notices] = read();
        assert_eq!([sums.clone(), sbom.clone(), notices.clone()], read());
        assert_eq!(
            sums,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  \
             token/bin/linux-x64/adieu\n"
        );
        let sbom: serde_json::Value = serde_json::from_str(&sbom).expect("JSON");
        let names: Vec<&str> = sbom["components"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|component| component["name"].as_str())
            .collect();
        for linked in [
            "bin/linux-x64/adieu",
            "adieu-broker",
            "ring",
            "rustls",
            "rustls-native-certs",
        ] {
            assert!(names.contains(&linked), "{linked} is missing");
        }
        for other in [
            "adieu-emulator",
            "xtask",
            "serde_derive",
            "cc",
            "windows-sys",
            "expect-test",
        ] {
            assert!(!names.contains(&other), "{other} is in no binary for Linux");
        }
        assert!(notices.contains("Copyright"));
        assert!(notices.len() < 128 * 1024, "{}", notices.len());
    }
}
