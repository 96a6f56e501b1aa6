//! `cargo xtask bench start [BINARY]`: `adieu --version` by the binary and by each way in which a package starts it: the
//! command that npm installs, `npx` and `uvx`.
//!
//! It installs the packages of `cargo xtask release --host`, or of the binary whose path is given, without a network.

use super::commands::{command, variables};
use super::report::Report;
use crate::command::run as run_command;
use crate::{files, package, platforms, release, target};

pub(super) fn run(report: &mut Report, binary: Option<&str>) -> Result<(), String> {
    let binary = binary.map_or_else(package::release_binary, super::absolute)?;
    release::of(&binary)?;
    let packages = target().join("release-files");
    let folder = super::folder("start");
    let _ = std::fs::remove_dir_all(&folder);
    files::write(&folder.join("package.json"), "{\"private\":true}")?;
    let wheel = files::find(&packages, "python/*")?;
    let variables = variables([
        ("BINARY", binary.display().to_string()),
        ("WHEEL", wheel[0].display().to_string()),
    ]);
    let npm = "npm install --offline --no-audit --no-fund --silent";
    let mut npm = command(npm, &folder, &variables, 0)?;
    for name in [&*format!("adieu-{}", platforms::host()?.0), "adieu"] {
        npm.arg(packages.join(format!("npm/{name}-{}.tgz", env!("CARGO_PKG_VERSION"))));
    }
    run_command(&mut npm)?;
    report.measure("adieu --version", &folder, &variables)?;
    Ok(())
}
