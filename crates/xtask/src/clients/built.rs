//! Installs the clients that no package manager installs completely: compiled programs, Maven's artifacts,
//! libfaketime and a newer git.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{output, run, this_cargo, words};
use crate::{debian, files, root};

/// Installs the client of this name.
pub(super) fn install(name: &str, packages: &[&str], folder: &Path) -> Result<(), String> {
    match (name, packages) {
        ("rust", _) => run(this_cargo()
            .args(["build", "--quiet", "--locked", "--manifest-path"])
            .arg(root().join("tests/clients/rust/Cargo.toml"))
            .arg("--target-dir")
            .arg(folder)),
        ("go", _) => go(folder),
        ("java", _) => {
            let pom = root().join("tests/clients/java/pom.xml");
            run(maven(folder)
                .arg("--file")
                .arg(pom)
                .arg(format!("-Dadieu.target={}", folder.display()))
                .args(["compile", "dependency:copy-dependencies"]))
        }
        ("maven", [artifact]) => run(maven(folder)
            .arg("dependency:unpack")
            .arg(format!("-Dartifact={artifact}"))
            .arg(format!("-DoutputDirectory={}", folder.display()))),
        ("maven-deploy", [plugin]) => {
            // Maven downloads some of its parts only when it deploys.
            files::write(&folder.join("pom.xml"), POM)?;
            run(maven(folder).arg(format!("{plugin}:deploy")))
        }
        ("time", [package]) => time(package, folder),
        ("git", [source]) => debian::build_git(source, folder),
        _ => Err(format!("clients/built.rs does not install {name}.")),
    }
}

const POM: &str = "<project><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId>\
    <version>1</version><packaging>pom</packaging><distributionManagement><repository><id>x</id>\
    <url>file:///${project.basedir}/deployed</url></repository></distributionManagement></project>\n";

/// Maven, with its own repository of packages.
fn maven(folder: &Path) -> Command {
    let mut maven = words("mvn --quiet --batch-mode");
    maven.current_dir(folder);
    maven.arg(format!(
        "-Dmaven.repo.local={}",
        folder.join("repository").display()
    ));
    maven
}

/// Builds `tests/clients/go`. The modules and the compiler's files remain in its folder.
fn go(folder: &Path) -> Result<(), String> {
    let overlay = go_with_its_own_time(folder)?;
    run(
        words("go build -modcacherw -mod=readonly -buildvcs=false -o")
            .current_dir(root().join("tests/clients/go"))
            .arg(folder.join("identity"))
            .arg("-overlay")
            .args([overlay, ".".into()])
            .env("GOMODCACHE", folder.join("modules"))
            .env("GOCACHE", folder.join("cache")),
    )
}

/// Makes go build the package `time` with a variable that sets it ahead (`ahead` in `tests/clients/go/main.go`).
/// Nothing else in Go's library or in the SDKs changes.
fn go_with_its_own_time(folder: &Path) -> Result<PathBuf, String> {
    let library = output(&mut words("go env GOROOT")).ok_or("Install Go 1.24 or newer.")?;
    let original = Path::new(&library).join("src/time/time.go");
    let mut text = files::read_text(&original)?;
    for (from, to, count) in [
        ("mono -= startNano\n", "mono += ahead*1e9 - startNano\n", 1),
        ("sec += unix", "sec += ahead + unix", 1),
        ("Nano()-startNano", "Nano()+ahead*1e9-startNano", 2),
    ] {
        if text.matches(from).count() != count {
            return Err(format!("This Go's time.go has not '{from}' {count} times."));
        }
        text = text.replace(from, to);
    }
    let changed = folder.join("time.go");
    files::write(&changed, text + "\n//go:linkname ahead\nvar ahead int64\n")?;
    let overlay =
        serde_json::json!({ "Replace": { original.to_string_lossy(): changed.to_string_lossy() } });
    let file = folder.join("overlay.json");
    files::write(&file, overlay.to_string())?;
    Ok(file)
}

/// libfaketime from this system, or from Debian's package.
fn time(package: &str, folder: &Path) -> Result<(), String> {
    const LIBRARY: &str = "libfaketimeMT.so.1";
    // It can be in a folder with the processor's name.
    let find = |root: &Path| {
        let places = [root.join("usr/lib"), root.join("usr/lib64")];
        let below = places.iter().filter_map(|place| fs::read_dir(place).ok());
        let below = below.flatten().flatten().map(|entry| entry.path());
        let mut all = below.chain(places.clone());
        all.find_map(|place| {
            let library = place.join("faketime").join(LIBRARY);
            library.is_file().then_some(library)
        })
    };
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    if find(Path::new("/")).is_none() {
        debian::unpack(package, folder)?;
    }
    let library = find(Path::new("/")).or_else(|| find(folder));
    let library = library.ok_or_else(|| format!("{package} has no {LIBRARY}."))?;
    files::copy(&library, &folder.join(LIBRARY))
}
