//! `cargo xtask bench package` and `bench publish`: packing trees like those of public extensions, compared with `tfx
//! extension create`; and publishing a small extension, compared with `tfx extension publish` at the same
//! Marketplace.

use std::fs;
use std::path::PathBuf;

use adieu_emulator::Playground;

use super::measure::{Environment, Subject, succeeded};
use super::peers::{Setting, variables};
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

const PACKING: &str = "\
adieu extension package: adieu --quiet extension package --bypass-validation --output-path ../adieu.vsix
tfx extension create: node @tfx/node_modules/tfx-cli/_build/tfx-cli.js extension create --bypass-validation --output-path ../tfx.vsix --no-prompt";

/// Each run has its own version.
const PUBLISHING: [&str; 2] = [
    "adieu --quiet extension publish --no-wait-validation --service-url URL --output-path a/ --extension-version VERSION",
    "node @tfx/node_modules/tfx-cli/_build/tfx-cli.js extension publish --no-wait-validation --service-url URL --output-path t/ --override OVERRIDE --token TOKEN --no-prompt",
];

pub(super) fn run(runs: usize, _: Option<&str>) -> Result<(), String> {
    let mut report = Report::new("package", runs);
    for (tree, about, least_ratio) in SHAPES {
        let folder = tree()?;
        let mut subjects = Setting::new(&folder, &[]).subjects(PACKING)?;
        report.measure(about, &mut subjects)?;
        let (ours, theirs) = (&subjects[0], &subjects[1]);
        report.at_least("tfx / adieu", theirs.median() / ours.median(), least_ratio);
        let package = |name| fs::metadata(folder.with_file_name(name));
        let size = |name| package(name).map_or(f64::NAN, |file| file.len() as f64);
        report.at_most("size / tfx's", size("adieu.vsix") / size("tfx.vsix"), 1.02);
        report.at_most("memory, MB", ours.megabytes(), 150.0);
    }
    report.end()
}

/// Neither program waits for the validation.
pub(super) fn publish(runs: usize, _: Option<&str>) -> Result<(), String> {
    let playground = Playground::start();
    let world = &playground.world;
    let environment: Environment = variables(playground.variables.clone()).collect();
    let token = world.entra().azure_devops_token("you");
    let mut subjects = [0, 1].map(|which: usize| {
        let (environment, token) = (&environment, &token);
        let name = ["adieu extension publish", "tfx extension publish"][which];
        Subject::new(name, move |round| {
            let version = format!("1.{round}.{which}");
            let setting = Setting {
                folder: &world.folder().join("hello"),
                environment: environment.clone(),
                words: &[
                    ("OVERRIDE", &format!("{{\"version\":\"{version}\"}}")),
                    ("TOKEN", token),
                    ("URL", world.plain_marketplace().url()),
                    ("VERSION", &version),
                ],
            };
            succeeded(&mut setting.command(PUBLISHING[which])?)
        })
    });
    let mut report = Report::new("publish", runs);
    report.measure("package and publish", &mut subjects)?;
    let ratio = subjects[1].median() / subjects[0].median();
    report.at_least("tfx / adieu", ratio, 10.0);
    report.end()
}
