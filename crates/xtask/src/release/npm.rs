//! npm packages: one for each platform with its binary, and `adieu`, which depends on all of them optionally and starts
//! the one that npm has installed.
//!
//! No package has an install script, so that `npm install --ignore-scripts` works.

use serde_json::{Map, Value, json};

use super::archive::tar_gz;
use super::{Binary, Entry, File, Release, SUMMARY};

/// Starts the binary. Node runs it, so it is old syntax and has no dependency.
const START: &str = include_str!("templates/adieu.js");

/// The packages, as `npm pack` names them.
pub(super) fn files(release: &Release) -> Result<Vec<File>, String> {
    let mut files = Vec::new();
    let mut platforms = Map::new();
    for binary in &release.binaries {
        let name = format!("adieu-{}", binary.platform);
        platforms.insert(name.clone(), Value::from(release.version.clone()));
        files.push(packed(release, &name, of_platform(release, binary, &name))?);
    }
    let mut manifest = manifest(release, "adieu");
    manifest["description"] = SUMMARY.into();
    manifest["bin"] = json!({ "adieu": "bin/adieu.js" });
    manifest["engines"] = json!({ "node": ">=16" });
    manifest["optionalDependencies"] = platforms.into();
    let mut entries = release.texts("package/");
    entries.push(Entry::text("package/package.json", pretty(&manifest)));
    entries.push(Entry::program("package/bin/adieu.js", START.as_bytes()));
    files.push(packed(release, "adieu", entries)?);
    Ok(files)
}

fn of_platform(release: &Release, binary: &Binary, name: &str) -> Vec<Entry> {
    let (system, processor) = binary
        .platform
        .split_once('-')
        .unwrap_or((&binary.platform, "x64"));
    // Windows on ARM runs the x64 binary.
    let processors = match system {
        "win32" => vec![processor, "arm64"],
        _ => vec![processor],
    };
    let mut manifest = manifest(release, name);
    manifest["description"] = format!("The binary of adieu for {}", binary.platform).into();
    manifest["os"] = json!([system]);
    manifest["cpu"] = json!(processors);
    let mut entries = release.texts("package/");
    entries.push(Entry::text("package/package.json", pretty(&manifest)));
    let program = format!("package/bin/{}", binary.row.binary);
    entries.push(Entry::program(program, &binary.bytes));
    entries
}

fn manifest(release: &Release, name: &str) -> Value {
    let mut manifest = json!({
        "name": name,
        "version": release.version,
        "license": "MIT",
    });
    if let Some(repository) = &release.repository {
        manifest["repository"] = json!({ "type": "git", "url": format!("git+{repository}.git") });
    }
    manifest
}

fn pretty(manifest: &Value) -> String {
    format!("{manifest:#}\n")
}

fn packed(release: &Release, name: &str, entries: Vec<Entry>) -> Result<File, String> {
    Ok(File {
        name: format!("npm/{name}-{}.tgz", release.version),
        bytes: tar_gz(&entries)?,
    })
}
