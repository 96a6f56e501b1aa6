//! `cargo xtask bench package` and `bench publish`: packing trees like those of public extensions, compared with `tfx
//! extension create`; and publishing a small extension, compared with `tfx extension publish` at the same
//! Marketplace.

use std::fs;
use std::path::PathBuf;

use adieu_emulator::Playground;

use super::commands::{Environment, variables};
use super::report::Report;
use super::samples;

/// A tree, what is in it, and how much faster than tfx packing must be.
type Shape = (fn() -> Result<PathBuf, String>, &'static str, f64);

/// One task with its `node_modules` (azdo-marketplace v6 packs 11,801 files), and two tasks that ship the same PowerShell
/// modules, as extensions for Azure do.
const SHAPES: [Shape; 2] = [
    (samples::modules, "packing 12,000 small files", 24.0),
    (samples::twins, "packing the same modules twice", 15.0),
];

pub(super) fn run(report: &mut Report, _: Option<&str>) -> Result<(), String> {
    for (tree, title, least_ratio) in SHAPES {
        let folder = tree()?;
        let subjects = report.measure(title, &folder, &Environment::new())?;
        let (ours, theirs) = (&subjects[0], &subjects[1]);
        report.at_least("tfx / adieu", theirs.median() / ours.median(), least_ratio);
        let package = |name| fs::metadata(folder.with_file_name(name));
        let size = |name| package(name).map_or(f64::NAN, |file| file.len() as f64);
        report.at_most("size / tfx's", size("adieu.vsix") / size("tfx.vsix"), 1.02);
        report.at_most("memory, MB", ours.megabytes(), 150.0);
    }
    Ok(())
}

/// Each run has its own version. Neither program waits for the validation.
pub(super) fn publish(report: &mut Report, _: Option<&str>) -> Result<(), String> {
    let playground = Playground::start();
    let world = &playground.world;
    let url = world.plain_marketplace().url().to_owned();
    let token = world.entra().azure_devops_token("you");
    let mut all = playground.variables;
    all.extend([("TOKEN", token), ("URL", url)]);
    let folder = world.folder().join("hello");
    let subjects = report.measure("package and publish", &folder, &variables(all))?;
    let ratio = subjects[1].median() / subjects[0].median();
    report.at_least("tfx / adieu", ratio, 10.0);
    Ok(())
}
