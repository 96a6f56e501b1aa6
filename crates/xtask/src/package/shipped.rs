//! Writes the files with which others can check a package: `SHA256SUMS`, an SBOM, and the licenses of the crates in
//! the binaries.
//!
//! It never lists crates that are only used to build or test, and two runs with the same lock file write the same
//! bytes. `cargo xtask demo` writes these files too, so this is our own code: cargo-about is 152 crates to compile,
//! cargo-cyclonedx 140, `cyclonedx-bom` 65, and none of them lists the crates of each platform's binary.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::command::{Context as _, output, this_cargo};
use crate::{dist, files, platforms, root};

/// The files, as `vss-extension.json` names them.
pub(crate) const FILES: [&str; 3] = ["SHA256SUMS", "sbom.cdx.json", "THIRD-PARTY-NOTICES"];

/// A crate in a binary.
struct Component {
    /// Its entry in cargo's metadata.
    package: Value,
    license: String,
    /// SHA-256 of its archive from Cargo.lock; `None` for our own crates.
    checksum: Option<String>,
    platforms: BTreeSet<String>,
}

/// Crates by name and version.
type Components = BTreeMap<(String, String), Component>;

/// A binary: its platform, its path in a task's folder, and its SHA-256.
type Digest = (String, String, String);

/// Writes the files into a folder. `tasks` are the folders in which the binaries are.
pub(crate) fn write(
    folder: &Path,
    tasks: &[String],
    binaries: &[dist::Binary],
) -> Result<(), String> {
    let mut components = BTreeMap::new();
    let mut digests = Vec::new();
    for (name, binary) in binaries {
        let platform = platforms::one(name)?;
        collect(name, &platform.target, &mut components)?;
        let path = format!("bin/{name}/{}", platform.binary);
        digests.push((name.clone(), path, dist::sha256(&files::read(binary)?)));
    }
    let sums = tasks.iter().flat_map(|task| {
        let lines = digests.iter();
        lines.map(move |(_, path, digest)| format!("{digest}  {task}/{path}\n"))
    });
    let texts = [
        sums.collect(),
        sbom(&components, &digests)?,
        notices(&components)?,
    ];
    for (name, text) in FILES.iter().zip(texts) {
        files::write(&folder.join(name), text)?;
    }
    Ok(())
}

/// The crates that are linked into a platform's binary, as cargo lists them for our package's features, without build
/// dependencies.
fn collect(platform: &str, target: &str, components: &mut Components) -> Result<(), String> {
    let tree = cargo(&format!(
        "tree --locked --package adieu --edges normal,no-proc-macro --prefix none --target {target}"
    ))?;
    let metadata = cargo(&format!(
        "metadata --locked --format-version 1 --filter-platform {target}"
    ))?;
    let mut metadata: Value = serde_json::from_str(&metadata).context("cargo metadata")?;
    let lock = files::read_text(&root().join("Cargo.lock"))?;
    let linked = tree.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?, words.next()?.strip_prefix('v')?))
    });
    let linked: BTreeSet<(&str, &str)> = linked.collect();
    for package in metadata["packages"].as_array_mut().into_iter().flatten() {
        let key = (text(package, "name"), text(package, "version"));
        if !linked.contains(&key) {
            continue;
        }
        let key = (key.0.to_owned(), key.1.to_owned());
        let component = components.entry(key).or_insert_with(|| Component {
            checksum: checksum(&lock, package),
            // cargo's old syntax for "or".
            license: text(package, "license").replace('/', " OR "),
            package: package.take(),
            platforms: BTreeSet::new(),
        });
        component.platforms.insert(platform.to_owned());
    }
    Ok(())
}

fn cargo(arguments: &str) -> Result<String, String> {
    let mut cargo = this_cargo();
    let output = output(cargo.current_dir(root()).args(arguments.split(' ')));
    output.ok_or_else(|| format!("cargo {arguments} failed."))
}

fn text<'value>(value: &'value Value, key: &str) -> &'value str {
    value[key].as_str().unwrap_or_default()
}

fn checksum(lock: &str, package: &Value) -> Option<String> {
    let (name, version) = (text(package, "name"), text(package, "version"));
    let opening = format!("\nname = \"{name}\"\nversion = \"{version}\"\n");
    let package = { lock.split("[[package]]") }.find(|package| package.starts_with(&opening))?;
    let mut lines = package.lines();
    let line = lines.find_map(|line| line.strip_prefix("checksum = \""))?;
    Some(line.trim_end_matches('"').to_owned())
}

/// An SBOM in CycloneDX 1.6. It has a time only if `SOURCE_DATE_EPOCH` is set, and no random number.
fn sbom(components: &Components, digests: &[Digest]) -> Result<String, String> {
    let version = env!("CARGO_PKG_VERSION");
    let own = |platform: &str| format!("adieu-{platform}");
    let hashes = |digest: &str| json!([{ "alg": "SHA-256", "content": digest }]);
    let mut listed = Vec::new();
    let mut depends = Vec::new();
    for (platform, path, digest) in digests {
        listed.push(json!({
            "type": "application",
            "bom-ref": own(platform),
            "name": path,
            "version": version,
            "hashes": hashes(digest),
        }));
        let linked = { components.values() }.filter(|one| one.platforms.contains(platform));
        let linked: Vec<String> = linked.map(reference).collect();
        depends.push(json!({ "ref": own(platform), "dependsOn": linked }));
    }
    for component in components.values() {
        let mut entry = json!({
            "type": "library",
            "bom-ref": reference(component),
            "name": component.package["name"],
            "version": component.package["version"],
            "licenses": [{ "expression": component.license }],
        });
        if let Some(checksum) = &component.checksum {
            entry["purl"] = reference(component).into();
            entry["hashes"] = hashes(checksum);
        }
        if let Some(repository) = component.package["repository"].as_str() {
            entry["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
        }
        listed.push(entry);
    }
    let binaries: Vec<String> = digests.iter().map(|(platform, ..)| own(platform)).collect();
    depends.push(json!({ "ref": "adieu", "dependsOn": binaries }));
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
        let time = seconds
            .parse()
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
        let time = time.and_then(|time| time.format(&Rfc3339).ok());
        let time = time
            .ok_or_else(|| format!("SOURCE_DATE_EPOCH is not a number of seconds: {seconds}."))?;
        document["metadata"]["timestamp"] = time.into();
    }
    Ok(format!("{document:#}\n"))
}

/// A crate's package URL.
fn reference(component: &Component) -> String {
    let package = &component.package;
    format!(
        "pkg:cargo/{}@{}",
        text(package, "name"),
        text(package, "version")
    )
}

/// The license texts, each once, below the names and copyright lines of its crates. If a crate offers MIT as a
/// choice, MIT is used.
fn notices(components: &Components) -> Result<String, String> {
    // The words of a text without its copyright lines; the crates with these lines; and one complete text.
    let mut texts: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut without = String::new();
    for ((name, version), component) in components {
        if component.checksum.is_none() {
            continue;
        }
        let title = format!("{name} {version} ({})", component.license);
        let files = license_files(Path::new(text(&component.package, "manifest_path")))?;
        if files.is_empty() {
            without += &format!("{title} {}\n", text(&component.package, "repository"));
        }
        for file in files {
            let text = files::read_text(&file)?;
            let is_copyright =
                |line: &&str| { line.trim_start().to_lowercase() }.starts_with("copyright (c)");
            let (owners, body): (Vec<&str>, Vec<&str>) = text.lines().partition(is_copyright);
            let body = body.join("\n").trim().to_owned();
            let words: Vec<&str> = body.split_whitespace().collect();
            let entry = texts.entry(words.join(" ").to_lowercase());
            let (crates, _) = entry.or_insert_with(|| (String::new(), body.clone()));
            *crates += &format!("{title}\n");
            owners
                .iter()
                .for_each(|owner| *crates += &format!("    {}\n", owner.trim()));
        }
    }
    let line = "=".repeat(80);
    let mut notices = String::from(
        "Third-party software in the binaries of this extension: crates from crates.io,\n\
         the standard library of Rust (MIT OR Apache-2.0), on Linux the C library musl (MIT), on\n\
         Windows the start code of MinGW-w64 (public domain and ZPL-2.1).\n",
    );
    for (crates, text) in texts.values() {
        notices += &format!("\n{line}\n\n{crates}\n{text}\n");
    }
    if !without.is_empty() {
        notices += &format!("\n{line}\n\nWithout a license text in their archive:\n{without}");
    }
    Ok(notices)
}

/// The license files beside a crate's manifest.
fn license_files(manifest: &Path) -> Result<Vec<PathBuf>, String> {
    let opens_with = |path: &PathBuf, starts: &[&str]| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        starts
            .iter()
            .any(|start| name.to_uppercase().starts_with(start))
    };
    let mut files = files::list(manifest.parent().unwrap_or(manifest))?;
    files.retain(|path| {
        path.is_file() && opens_with(path, &["LICENSE", "LICENCE", "COPYING", "NOTICE"])
    });
    if files.iter().any(|path| opens_with(path, &["LICENSE-MIT"])) {
        files.retain(|path| opens_with(path, &["LICENSE-MIT", "NOTICE"]));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{FILES, write};
    use crate::target;

    #[test]
    fn lists_the_crates_of_the_binary_and_is_reproducible() {
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
