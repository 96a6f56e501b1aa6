//! Installs Debian packages as root, unpacks them without root, and builds git from the source of a newer release.
//!
//! On another system, or without root, it installs nothing and lists what is missing.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Context as _, output, print_line, run, version, words};
use crate::files;

/// Folder of the programs of `rustc-web` and `cargo-web`.
pub(crate) const BIN: &str = "/usr/bin";

/// Folder of the standard library's source from `rust-web-src`.
pub(crate) const STANDARD_LIBRARY: &str = "/usr/lib/rustlib/src/rust";

/// Installs a Rust with the source of its standard library, which is then built for each target.
pub(crate) fn rust() -> Result<(), String> {
    install(&["rustc-web", "cargo-web", "rust-web-src"]).map_err(|reason| {
        format!("Run `rustup target add` for the platform's target. Without rustup: {reason}")
    })
}

/// Installs the MinGW compiler.
pub(crate) fn mingw() -> Result<(), String> {
    program("x86_64-w64-mingw32-gcc", &["gcc-mingw-w64-x86-64"])
}

/// Installs the packages if the program is missing. On another system, it comes from elsewhere.
pub(crate) fn program(name: &str, packages: &[&str]) -> Result<(), String> {
    version(name).map_or_else(|| install(packages), |_| Ok(()))
}

/// Installs the missing packages, or lists them in one sentence.
pub(crate) fn install(packages: &[&str]) -> Result<(), String> {
    let status = "dpkg-query --show --showformat=${db:Status-Status}";
    let is_installed =
        |package| output(words(status).arg(package)).is_some_and(|status| status == "installed");
    let missing = packages.iter().filter(|package| !is_installed(**package));
    let missing: Vec<&str> = missing.copied().collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !installs() {
        return Err(format!(
            "Install {list} (Debian 12: `apt-get install {list}`); only as root on Debian does this command do so."
        ));
    }
    print_line(&format!("Installing {list} …"));
    run(&mut apt("update"))?;
    let install = "install --yes --no-install-recommends";
    run(apt(install)
        .args(missing)
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Whether this system and this user can install packages.
pub(crate) fn installs() -> bool {
    output(&mut words("id -u")).is_some_and(|id| id == "0") && version("apt-get").is_some()
}

/// apt-get. It waits for the updates of a new machine, and runs as root: apt's own user cannot read root's folders.
fn apt(arguments: &str) -> Command {
    let options = "-qq -o=Dpkg::Use-Pty=0 -o=DPkg::Lock::Timeout=300 -o=APT::Sandbox::User=root";
    words(&format!("apt-get {options} {arguments}"))
}

/// Unpacks a package from the repositories of this Debian or Ubuntu.
pub(crate) fn unpack(package: &str, folder: &Path) -> Result<(), String> {
    let download = || run(apt("download").arg(package).current_dir(folder));
    download()
        // A new machine has no package lists yet, and only root can download them.
        .or_else(|_| run(&mut apt("update")).and_then(|()| download()))
        .context(format_args!("Install the package {package}"))?;
    let file = downloaded(folder, "*.deb")?;
    run(words("dpkg-deb --extract").arg(file).arg(folder))
}

/// Builds git from a source package (`git/<release>`) into the folder's `bin`, without the parts that the tests do
/// not use.
pub(crate) fn build_git(package: &str, folder: &Path) -> Result<(), String> {
    install(&["make", "gcc", "libcurl4-openssl-dev", "zlib1g-dev"])?;
    // The mirror of this machine's packages. The mirror of a release's updates is another, and incomplete.
    let mirrors = "apt-get indextargets --format $(REPO_URI)|$(RELEASE)";
    let mirrors = output(words(mirrors).args(["Created-By: Packages", "Origin: Debian"]));
    let mirrors = mirrors.unwrap_or_default();
    let mirrors = mirrors.lines().filter_map(|line| line.split_once('|'));
    let (mirror, _) = { mirrors }
        .find(|(_, release)| !release.contains('-'))
        .ok_or("apt has no mirror of Debian, from which git's source would come.")?;
    let (_, release) = package.split_once('/').unwrap_or_default();
    let apt_folder = folder.join("apt");
    for name in ["parts", "lists/partial", "cache/archives/partial"] {
        files::create(&apt_folder.join(name))?;
    }
    // apt checks the signature.
    let source = format!(
        "Types: deb-src\nURIs: {mirror}\nSuites: {release}\nComponents: main\n\
         Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    );
    files::write(&apt_folder.join("parts/source.sources"), source)?;
    let folders = "-o=Dir::Etc::sourcelist=/dev/null -o=Dir::Etc::sourceparts=./apt/parts \
                  -o=Dir::State::lists=./apt/lists -o=Dir::Cache=./apt/cache";
    for arguments in ["update", &format!("source --download-only {package}")] {
        run(apt(&format!("{folders} {arguments}")).current_dir(folder))?;
    }
    let archive = downloaded(folder, "git_*.orig.tar.*")?;
    run(words("tar --extract --file")
        .arg(archive)
        .current_dir(folder))?;
    let makefile = downloaded(folder, "git-*/Makefile")?;
    let source = makefile.parent().unwrap_or(folder);
    let make = "make --silent -j2 CFLAGS=-O1 NO_INSTALL_HARDLINKS=1 NO_PERL=1 NO_PYTHON=1 NO_TCLTK=1 NO_GETTEXT=1 \
                NO_OPENSSL=1 NO_EXPAT=1 install";
    let prefix = format!("prefix={}", folder.display());
    run(words(make).arg(prefix).current_dir(source))?;
    std::fs::remove_dir_all(source).context(source.display())
}

/// The file below a folder that matches a pattern.
fn downloaded(folder: &Path, pattern: &str) -> Result<PathBuf, String> {
    let found = files::find(folder, pattern)?.into_iter().next();
    found.ok_or_else(|| format!("{} does not contain {pattern}.", folder.display()))
}
