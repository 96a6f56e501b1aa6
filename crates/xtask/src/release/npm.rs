//! npm packages: one for each platform with its binary, and `adieu`, which depends optionally on all of them and
//! starts the one that npm has installed.
//!
//! No package has an install script, so `npm install --ignore-scripts` works.

use serde_json::{Map, Value, json};

use super::archive::tar_gz;
use super::{Entry, Release, SUMMARY};

/// Starts the binary. Old versions of Node must be able to run it, so it has old syntax and no dependencies.
const START: &str = include_str!("adieu.js");

/// The packages, with the file names of `npm pack`.
pub(super) fn files(release: &Release) -> Result<Vec<Entry>, String> {
    let mut files = Vec::new();
    let mut platforms = Map::new();
    for binary in &release.binaries {
        let name = format!("adieu-{}", binary.platform);
        let (system, processor) = binary.platform.split_once('-').unwrap_or_default();
        // Windows on ARM runs the x64 binary.
        let processors = [processor, "arm64"];
        let count = if system == "win32" { 2 } else { 1 };
        let about = json!({
            "description": format!("The binary of adieu for {}", binary.platform),
            "os": [system],
            "cpu": processors[..count],
        });
        let program = format!("package/bin/{}", binary.row.binary);
        files.push(package(
            release,
            &name,
            about,
            Entry::program(program, &binary.bytes),
        )?);
        platforms.insert(name, Value::from(&*release.version));
    }
    let about = json!({
        "description": SUMMARY,
        "bin": { "adieu": "bin/adieu.js" },
        "engines": { "node": ">=16" },
        "optionalDependencies": platforms,
    });
    let start = Entry::program("package/bin/adieu.js", START.as_bytes());
    files.push(package(release, "adieu", about, start)?);
    Ok(files)
}

fn package(
    release: &Release,
    name: &str,
    mut about: Value,
    program: Entry,
) -> Result<Entry, String> {
    about["name"] = name.into();
    about["version"] = release.version.clone().into();
    about["license"] = "MIT".into();
    if let Some(repository) = &release.repository {
        about["repository"] = json!({ "type": "git", "url": format!("git+{repository}.git") });
    }
    let mut entries = release.texts("package/");
    entries.push(Entry::text("package/package.json", format!("{about:#}\n")));
    entries.push(program);
    let path = format!("npm/{name}-{}.tgz", release.version);
    Ok(Entry::text(path, tar_gz(&entries)?))
}
