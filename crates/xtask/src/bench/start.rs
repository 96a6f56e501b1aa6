//! `cargo xtask bench start [BINARY]`: `adieu --version` by the binary and by each way in which a package starts it: the
//! command that npm installs, `npx` and `uvx`.
//!
//! It installs the packages of `cargo xtask release --host`, or of the binary whose path is given, without a network.

use std::path::PathBuf;

use super::peers::Setting;
use super::report::Report;
use crate::command::run as run_command;
use crate::{files, package, platforms, release, target};

const COMMANDS: &str = "\
the binary: BINARY --version
node_modules/.bin/adieu: node_modules/.bin/adieu --version
npx adieu: npx --offline adieu --version
uvx adieu: @uv/bin/uvx --offline --from WHEEL adieu --version";

pub(super) fn run(runs: usize, binary: Option<&str>) -> Result<(), String> {
    let binary = binary.map_or_else(package::release_binary, super::absolute)?;
    release::of(&binary)?;
    let packages = target().join("release-files");
    let folder = super::folder("start");
    let _ = std::fs::remove_dir_all(&folder);
    files::write(&folder.join("package.json"), "{\"private\":true}")?;
    let wheels = files::list(&packages.join("python"))?;
    let is_wheel = |file: &&PathBuf| file.extension().is_some_and(|end| end == "whl");
    let wheel = wheels
        .iter()
        .find(is_wheel)
        .ok_or("The release has no wheel.")?;
    let words = [
        ("BINARY", &*binary.to_string_lossy()),
        ("WHEEL", &*wheel.to_string_lossy()),
    ];
    let setting = Setting::new(&folder, &words);
    let mut npm = setting.command("npm install --offline --no-audit --no-fund --silent")?;
    for name in [&*format!("adieu-{}", platforms::host()?.0), "adieu"] {
        npm.arg(packages.join(format!("npm/{name}-{}.tgz", env!("CARGO_PKG_VERSION"))));
    }
    run_command(&mut npm)?;
    let mut subjects = setting.subjects(COMMANDS)?;
    let mut report = Report::new("start", runs);
    report.measure("adieu --version", &mut subjects)?;
    report.end()
}
