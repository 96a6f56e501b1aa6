//! Reads the declarations in a folder's files, within limits, and in environment variables.
//!
//! It follows no links, runs no clients and uses no network.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::declaration::{Reading, Tool};
use crate::rules;
use crate::source::Source;

/// Most levels of folders. Deeper ones are generated.
const DEEPEST: usize = 16;

/// Most files and folders to look at.
const MOST: usize = 200_000;

/// The largest file to read, in bytes. Lock files are larger, and declare nothing.
const LARGEST: u64 = 1 << 20;

/// Folders of installed packages, output and version control.
const SKIPPED: [&str; 14] = [
    ".git",
    ".gradle",
    ".hg",
    ".nox",
    ".svn",
    ".tox",
    ".venv",
    "__pycache__",
    "bower_components",
    "node_modules",
    "obj",
    "site-packages",
    "target",
    "venv",
];

/// Reads the declarations in the files of a folder. Files that cannot be read are ignored.
#[must_use]
pub fn read(root: &Path) -> Reading {
    let mut reading = Reading::default();
    let mut seen = 0;
    let mut folders = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            seen += 1;
            if seen > MOST {
                reading.is_incomplete = true;
                return sorted(reading);
            }
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if kind.is_dir() {
                if SKIPPED.contains(&&*name) {
                    continue;
                }
                if depth + 1 > DEEPEST {
                    reading.is_incomplete = true;
                } else {
                    folders.push((entry.path(), depth + 1));
                }
            } else if kind.is_file() {
                read_file(root, &folder, &name, &mut reading);
            }
        }
    }
    sorted(reading)
}

fn read_file(root: &Path, folder: &Path, name: &str, reading: &mut Reading) {
    let own_folder = folder.file_name().unwrap_or_default().to_string_lossy();
    let path: PathBuf = folder.join(name);
    if name == "yarn.lock" {
        reading.has_yarn_1 |= is_of_yarn_1(&path);
    }
    reading.has_pnpm |= name == "pnpm-lock.yaml";
    let Some(kind) = rules::kind(&own_folder, name) else {
        return;
    };
    let is_small = path.metadata().is_ok_and(|file| file.len() <= LARGEST);
    let Some(bytes) = is_small.then(|| fs::read(&path).ok()).flatten() else {
        return;
    };
    let place = path.strip_prefix(root).unwrap_or(&path);
    let place = place.to_string_lossy().replace('\\', "/");
    let source = Source {
        place: &place,
        text: &String::from_utf8_lossy(&bytes),
    };
    rules::read(kind, &source, reading);
}

/// Whether a lock file belongs to yarn 1, which is written at its start; such files are long.
fn is_of_yarn_1(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = fs::File::open(path).map(|file| file.take(256).read_to_end(&mut start));
    read.is_ok() && String::from_utf8_lossy(&start).contains("# yarn lockfile v1")
}

/// Reads the declarations in environment variables.
#[must_use]
pub fn read_variables<'a>(variables: impl Iterator<Item = (&'a str, &'a str)>) -> Reading {
    let mut reading = Reading::default();
    for (name, value) in variables {
        let tool = match name {
            "PIP_INDEX_URL" | "PIP_EXTRA_INDEX_URL" => Tool::Pip,
            "TWINE_REPOSITORY_URL" | "HATCH_INDEX_REPO" => Tool::Twine,
            "UV_INDEX" | "UV_DEFAULT_INDEX" | "UV_INDEX_URL" | "UV_EXTRA_INDEX_URL" => Tool::Uv,
            "NPM_CONFIG_REGISTRY" | "npm_config_registry" => Tool::Npm,
            _ if name.starts_with("CARGO_REGISTRIES_") && name.ends_with("_INDEX") => Tool::Cargo,
            _ => continue,
        };
        let source = Source {
            place: name,
            text: "",
        };
        source.take(0, tool, value, &mut reading);
    }
    sorted(reading)
}

fn sorted(mut reading: Reading) -> Reading {
    adieu_order::sort(&mut reading.declarations);
    reading.declarations.dedup();
    adieu_order::sort(&mut reading.nearly);
    reading.nearly.dedup();
    let declared = &reading.declarations;
    // A credential may be in another file than its source.
    reading.stale.retain(|one| {
        one.source.is_none()
            || declared
                .iter()
                .any(|declared| declared.tool == one.tool && declared.name == one.source)
    });
    adieu_order::sort(&mut reading.stale);
    reading.stale.dedup();
    reading
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn shown(reading: &Reading) -> String {
        let declared = reading.declarations.iter().map(|one| {
            let name = one.name.as_deref().map(|name| format!(" ({name})"));
            let name = name.unwrap_or_default();
            format!(
                "{}:{} {} {}{name}\n",
                one.place, one.line, one.tool, one.address
            )
        });
        let stale = reading
            .stale
            .iter()
            .map(|one| format!("{}:{} {} has a credential\n", one.place, one.line, one.tool));
        declared.chain(stale).collect()
    }

    fn write(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    const FEED: &str = "https://pkgs.dev.azure.com/contoso/_packaging/packages";

    #[test]
    fn reads_what_each_client_declares() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [
            (
                ".npmrc",
                "; registry=FEED/npm/registry/\nregistry=https://registry.npmjs.org/\n@contoso:registry = FEED/npm/registry/\n//pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/:_authToken=${TOKEN}\n//registry.npmjs.org/:_authToken=x\n",
            ),
            (
                "web/package.json",
                "{\n  \"publishConfig\": {\n    \"registry\": \"FEED/npm/registry/\"\n  }\n}\n",
            ),
            (
                "web/.yarnrc.yml",
                "npmScopes:\n  contoso:\n    npmRegistryServer: \"FEED/npm/registry/\"\n",
            ),
            (
                "NuGet.Config",
                "<configuration>\n<packageSources>\n<!-- <add key=\"old\" value=\"FEED/nuget/v3/index.json\" /> -->\n<add key=\"packages\" value=\"FEED/nuget/v3/index.json\" />\n</packageSources>\n<packageSourceCredentials><packages>\n<add key=\"ClearTextPassword\" value=\"secret\" />\n</packages></packageSourceCredentials>\n</configuration>\n",
            ),
            (
                "requirements-dev.txt",
                "# FEED\n--index-url https://adieu@pkgs.dev.azure.com/contoso/_packaging/packages/pypi/simple/\n--extra-index-url https://u:p@pkgs.dev.azure.com/contoso/_packaging/packages/pypi/simple/\nrequests\n",
            ),
            (
                "lib/pyproject.toml",
                "[project]\nname = \"x\"\nurl = \"FEED/pypi/simple/\"\n[[tool.uv.index]]\nname = \"my-feed\"\nurl = \"FEED/pypi/simple/\"\n[[tool.uv.index]]\nurl = \"FEED@Local/pypi/simple/\"\nname = \"second\"\n[[tool.poetry.source]]\nurl = 'FEED/pypi/simple/'\n[[tool.pdm.source]]\nurl = 'FEED/pypi/simple/'\n",
            ),
            (
                "pom.xml",
                "<project>\n<repositories><repository>\n<id>packages</id>\n<url>FEED/maven/v1</url>\n</repository></repositories>\n<url>FEED/maven/v1</url>\n<distributionManagement><snapshotRepository><url> FEED/maven/v1 </url></snapshotRepository></distributionManagement>\n</project>\n",
            ),
            ("build.gradle", "// FEED\nmaven { url 'FEED/maven/v1' }\n"),
            (
                "web/yarn.lock",
                "# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.\n# yarn lockfile v1\n\n\n",
            ),
            (
                "bun/bunfig.toml",
                "[install]\nregistry = \"FEED/npm/registry/\"\n",
            ),
            (
                ".cargo/config.toml",
                "[registries]\npackages = { index = \"sparse+FEED/Cargo/index/\" }\n",
            ),
            ("config.toml", "index = \"sparse+FEED/Cargo/index/\"\n"),
            ("node_modules/a/.npmrc", "registry=FEED/npm/registry/\n"),
            ("README.md", "FEED\n"),
        ] {
            write(folder.path(), name, &text.replace("FEED", FEED));
        }
        expect![[r#"
            .cargo/config.toml:2 cargo contoso/packages
            .npmrc:3 npm contoso/packages
            NuGet.Config:4 nuget contoso/packages (packages)
            build.gradle:2 gradle contoso/packages
            bun/bunfig.toml:2 npm contoso/packages
            lib/pyproject.toml:6 uv contoso/packages (my-feed)
            lib/pyproject.toml:8 uv contoso/packages@Local (second)
            lib/pyproject.toml:11 poetry contoso/packages
            lib/pyproject.toml:13 pdm contoso/packages
            pom.xml:4 maven contoso/packages (packages)
            pom.xml:7 maven contoso/packages
            requirements-dev.txt:2 pip contoso/packages
            requirements-dev.txt:3 pip contoso/packages
            web/.yarnrc.yml:3 yarn contoso/packages
            web/package.json:3 npm contoso/packages
            .npmrc:4 npm has a credential
            NuGet.Config:7 nuget has a credential
            requirements-dev.txt:3 pip has a credential
        "#]]
        .assert_eq(&shown(&read(folder.path())));
        assert!(read(folder.path()).has_yarn_1);
    }

    #[test]
    fn reads_variables() {
        let feed = format!("{FEED}/pypi/simple/");
        let sparse = format!("sparse+{FEED}/Cargo/index/");
        let variables = [
            ("PIP_INDEX_URL", feed.as_str()),
            ("UV_INDEX", &format!("https://pypi.org/simple {feed}")),
            ("CARGO_REGISTRIES_PACKAGES_INDEX", &sparse),
            ("OTHER", &feed),
        ];
        expect![[r#"
            CARGO_REGISTRIES_PACKAGES_INDEX:0 cargo contoso/packages
            PIP_INDEX_URL:0 pip contoso/packages
            UV_INDEX:0 uv contoso/packages
        "#]]
        .assert_eq(&shown(&read_variables(variables.into_iter())));
    }

    #[test]
    fn stops_at_its_limits() {
        let folder = tempfile::tempdir().expect("a folder");
        let deep = "a/".repeat(DEEPEST + 1);
        write(
            folder.path(),
            &format!("{deep}.npmrc"),
            &format!("registry={FEED}/npm/registry/"),
        );
        let large = format!("registry={FEED}/npm/registry/\n{}", " ".repeat(1 << 20));
        write(folder.path(), ".npmrc", &large);
        let reading = read(folder.path());
        assert_eq!(shown(&reading), "");
        assert!(reading.is_incomplete);
    }

    #[cfg(unix)]
    #[test]
    fn follows_no_link() {
        let folder = tempfile::tempdir().expect("a folder");
        let other = tempfile::tempdir().expect("a folder");
        write(
            other.path(),
            ".npmrc",
            &format!("registry={FEED}/npm/registry/"),
        );
        std::os::unix::fs::symlink(other.path(), folder.path().join("a")).expect("a link");
        let file = other.path().join(".npmrc");
        std::os::unix::fs::symlink(file, folder.path().join(".npmrc")).expect("a link");
        assert_eq!(read(folder.path()), Reading::default());
    }
}
