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

/// A CycloneDX document.
const SBOM: &str = include_str!("sbom.jinja");

/// The license texts, each below the names of its crates.
const NOTICES: &str = include_str!("notices.jinja");

/// Writes the files into a folder. `tasks` are the folders in which the binaries are.
pub(crate) fn write(
    folder: &Path,
    tasks: &[String],
    binaries: &[dist::Binary],
) -> Result<(), String> {
    let (mut linked, mut listed) = (BTreeSet::new(), Vec::new());
    let mut metadata = "metadata --locked --format-version 1".to_owned();
    for (name, binary) in binaries {
        let platform = platforms::one(name)?;
        let crates = crates(&platform.target)?;
        listed.push(json!({
            "platform": name,
            "path": format!("bin/{name}/{}", platform.binary),
            "sha256": dist::sha256(&files::read(binary)?),
            "crates": crates,
        }));
        linked.extend(crates);
        metadata += &format!(" --filter-platform {}", platform.target);
    }
    let mut sums = String::new();
    for task in tasks {
        for binary in &listed {
            let (digest, path) = (text(binary, "sha256"), text(binary, "path"));
            sums += &format!("{digest}  {task}/{path}\n");
        }
    }
    let packages = packages(&linked, &cargo(&metadata)?)?;
    let texts = [sums, sbom(&listed, &packages)?, notices(&packages)?];
    let written = FILES.iter().zip(texts);
    { written }.try_for_each(|(name, text)| files::write(&folder.join(name), text))
}

/// Package URLs of the crates that are linked into a target's binary, as cargo lists them for our package's features,
/// without build dependencies.
fn crates(target: &str) -> Result<BTreeSet<String>, String> {
    let edges = "--edges normal,no-proc-macro --prefix none";
    let tree = cargo(&format!(
        "tree --locked --package adieu {edges} --target {target}"
    ))?;
    let crates = tree.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some(reference(words.next()?, words.next()?.strip_prefix('v')?))
    });
    Ok(crates.collect())
}

/// The entries of crates in cargo's metadata, with their package URLs and the SHA-256 of their archives.
fn packages(linked: &BTreeSet<String>, metadata: &str) -> Result<Vec<Value>, String> {
    let mut metadata: Value = serde_json::from_str(metadata).context("cargo metadata")?;
    let lock = files::read_text(&root().join("Cargo.lock"))?;
    let mut packages = Vec::new();
    for package in metadata["packages"].as_array_mut().into_iter().flatten() {
        let reference = reference(text(package, "name"), text(package, "version"));
        if linked.contains(&reference) {
            package["checksum"] = checksum(&lock, package).into();
            package["reference"] = reference.into();
            // cargo's old syntax for "or".
            package["license"] = text(package, "license").replace('/', " OR ").into();
            packages.push(package.take());
        }
    }
    packages.sort_by_key(|package| ["name", "version"].map(|key| text(package, key).to_owned()));
    Ok(packages)
}

fn reference(name: &str, version: &str) -> String {
    format!("pkg:cargo/{name}@{version}")
}

fn cargo(arguments: &str) -> Result<String, String> {
    let mut cargo = this_cargo();
    let output = output(cargo.current_dir(root()).args(arguments.split(' ')));
    output.ok_or_else(|| format!("cargo {arguments} failed."))
}

fn text<'value>(value: &'value Value, key: &str) -> &'value str {
    value[key].as_str().unwrap_or_default()
}

/// The checksum in Cargo.lock; `None` for our own crates.
fn checksum<'lock>(lock: &'lock str, package: &Value) -> Option<&'lock str> {
    let (name, version) = (text(package, "name"), text(package, "version"));
    let opening = format!("\nname = \"{name}\"\nversion = \"{version}\"\n");
    let rest = lock.split_once(&opening)?.1.split("\n\n").next()?;
    rest.split_once("checksum = \"")?.1.split('"').next()
}

/// An SBOM. It has a time only if `SOURCE_DATE_EPOCH` is set, and no random number.
fn sbom(binaries: &[Value], packages: &[Value]) -> Result<String, String> {
    let time = std::env::var("SOURCE_DATE_EPOCH").ok().map(|seconds| {
        let time = seconds.parse().ok();
        let time = time.and_then(|time| OffsetDateTime::from_unix_timestamp(time).ok());
        let time = time.and_then(|time| time.format(&Rfc3339).ok());
        time.ok_or_else(|| format!("SOURCE_DATE_EPOCH is not a number of seconds: {seconds}."))
    });
    let values = json!({
        "binaries": binaries,
        "packages": packages,
        "time": time.transpose()?,
        "version": env!("CARGO_PKG_VERSION"),
    });
    let sbom: Value = serde_json::from_str(&files::filled(SBOM, values)?).context("The SBOM")?;
    Ok(format!("{sbom:#}\n"))
}

/// The license texts, each once, below the names and copyright lines of its crates. If a crate offers MIT as a
/// choice, MIT is used.
fn notices(packages: &[Value]) -> Result<String, String> {
    // The words of a text without its copyright lines; the crates with these lines; and one complete text.
    let mut texts: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut without = String::new();
    for package in packages
        .iter()
        .filter(|package| package["checksum"].is_string())
    {
        let [name, version, license] = ["name", "version", "license"].map(|key| text(package, key));
        let title = format!("{name} {version} ({license})");
        let files = license_files(Path::new(text(package, "manifest_path")))?;
        if files.is_empty() {
            without += &format!("{title} {}\n", text(package, "repository"));
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
            for owner in owners {
                *crates += &format!("    {}\n", owner.trim());
            }
        }
    }
    let texts: Vec<_> = texts.into_values().collect();
    files::filled(NOTICES, json!({ "texts": texts, "without": without }))
}

/// The license files beside a crate's manifest.
fn license_files(manifest: &Path) -> Result<Vec<PathBuf>, String> {
    let opens_with = |path: &PathBuf, starts: &[&str]| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.to_uppercase();
        starts.iter().any(|start| name.starts_with(start))
    };
    let mut files = files::find(manifest.parent().unwrap_or(manifest), "*")?;
    let kinds = ["LICENSE", "LICENCE", "COPYING", "NOTICE"];
    files.retain(|path| opens_with(path, &kinds));
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
