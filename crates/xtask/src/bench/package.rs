//! How long packing takes, beside `tfx extension create`: 12,000 files of 90 MB.
//!
//! It measures two programs on one tree in one run, and builds neither.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Files of the tree: what one task with its `node_modules` has (azdo-marketplace v6 packs 11,801).
const FILES: usize = 12_000;
/// Bytes of the tree.
const BYTES: usize = 90_000_000;
/// How much faster than tfx packing must be.
const LEAST_RATIO: f64 = 10.0;
/// Bytes of memory that packing may need.
const MOST_MEMORY: u64 = 150 << 20;

/// What one program needed.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    /// Median of its runs.
    pub(crate) median: Duration,
    /// Runs.
    pub(crate) runs: usize,
    /// Most memory in bytes, as Linux counts it (`VmHWM`, read until the program ends); 0 on other systems.
    pub(crate) memory: u64,
    /// Bytes of its package.
    pub(crate) package: u64,
}

/// Ours beside theirs.
#[derive(Debug, Clone)]
pub(crate) struct PackageBench {
    /// `adieu extension package`.
    pub(crate) adieu: Measured,
    /// `tfx extension create`.
    pub(crate) tfx: Measured,
}

impl PackageBench {
    /// How much faster ours is.
    #[must_use]
    pub(crate) fn ratio(&self) -> f64 {
        self.tfx.median.as_secs_f64() / self.adieu.median.as_secs_f64()
    }

    /// Whether both targets are met.
    #[must_use]
    pub(crate) fn is_within_targets(&self) -> bool {
        self.ratio() >= LEAST_RATIO && self.adieu.memory < MOST_MEMORY
    }

    /// The table's lines.
    #[must_use]
    pub(crate) fn table(&self) -> String {
        let line = |name: &str, measured: &Measured| {
            format!(
                "| {name} | {:.2} s | {} | {:.0} MB | {:.1} MB |\n",
                measured.median.as_secs_f64(),
                measured.runs,
                measured.memory as f64 / 1e6,
                measured.package as f64 / 1e6
            )
        };
        format!(
            "| packing {FILES} files, {} MB | median | runs | memory | package |\n|---|---|---|---|---|\n{}{}\
             ratio {:.1} (at least {LEAST_RATIO:.0}), memory below {} MB\n",
            BYTES / 1_000_000,
            line("adieu extension package", &self.adieu),
            line("tfx extension create", &self.tfx),
            self.ratio(),
            MOST_MEMORY >> 20
        )
    }

    /// The same as JSON.
    #[must_use]
    pub(crate) fn json(&self) -> String {
        let one = |measured: &Measured| {
            format!(
                r#"{{"medianSeconds":{:.3},"runs":{},"memoryBytes":{},"packageBytes":{}}}"#,
                measured.median.as_secs_f64(),
                measured.runs,
                measured.memory,
                measured.package
            )
        };
        format!(
            r#"{{"package":{{"files":{FILES},"bytes":{BYTES},"adieu":{},"tfx":{},"ratio":{:.2}}}}}"#,
            one(&self.adieu),
            one(&self.tfx),
            self.ratio()
        )
    }
}

/// Measures the release binary and tfx. `target` is cargo's target folder.
///
/// # Errors
/// A program is missing or fails; the text says what to do.
pub(crate) fn run(target: &Path, binary: &Path) -> Result<PackageBench, String> {
    // The programs run in another folder.
    let absolute = |path: &Path| std::path::absolute(path).map_err(|error| error.to_string());
    let (target, binary) = (&absolute(target)?, &absolute(binary)?);
    let root = target.join("bench").join("package");
    let tree = root.join("extension");
    if !tree.join("vss-extension.json").is_file() {
        generate(&tree).map_err(|error| format!("the tree cannot be written: {error}"))?;
    }
    let script = target.join("clients/tfx/node_modules/tfx-cli/_build/tfx-cli.js");
    let (ours, theirs) = (root.join("adieu.vsix"), root.join("tfx.vsix"));
    let adieu = measure(5, &ours, || {
        let mut command = Command::new(binary);
        command
            .args([
                "extension",
                "package",
                "--bypass-validation",
                "--output-path",
            ])
            .arg(&ours)
            .current_dir(&tree);
        command
    })?;
    let tfx = measure(3, &theirs, || {
        let mut command = Command::new("node");
        command.arg(&script).args([
            "extension",
            "create",
            "--no-prompt",
            "--no-color",
            "--output-path",
        ]);
        command.arg(&theirs).current_dir(&tree).env("HOME", &root);
        command
    })?;
    Ok(PackageBench { adieu, tfx })
}

fn measure(runs: usize, package: &Path, command: impl Fn() -> Command) -> Result<Measured, String> {
    let mut times = Vec::with_capacity(runs);
    let mut memory = 0;
    for _ in 0..runs {
        let mut command = command();
        let start = Instant::now();
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{command:?} cannot be started: {error}"))?;
        let status = loop {
            memory = memory.max(high_water(child.id()));
            match child.try_wait().map_err(|error| error.to_string())? {
                Some(status) => break status,
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        times.push(start.elapsed());
        if !status.success() {
            return Err(format!("{command:?} failed: {status}"));
        }
    }
    times.sort();
    let package = fs::metadata(package)
        .map_err(|error| format!("{}: {error}", package.display()))?
        .len();
    Ok(Measured {
        median: times[runs / 2],
        runs,
        memory,
        package,
    })
}

/// The most memory that the process has had, in bytes. Linux keeps the mark, so a late look is as good as an early one.
fn high_water(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .unwrap_or(0)
        * 1024
}

/// The tree of one task: mostly JavaScript and its maps and types, and the files without an extension that every
/// module has and about which tfx asks `file`. Text is drawn from a dictionary, so that it compresses as source does.
fn generate(tree: &Path) -> std::io::Result<()> {
    let kinds = [
        "js", "js", "js", "js", "d.ts", "map", "json", "md", "mjs", "LICENSE",
    ];
    let mut random = Random(1);
    let dictionary: Vec<String> = (0..1500)
        .map(|_| {
            (0..3 + random.below(8))
                .map(|_| char::from(b'a' + u8::try_from(random.below(26)).unwrap_or(0)))
                .collect()
        })
        .collect();
    for index in 0..FILES {
        let folder: PathBuf = tree.join(format!("Task/node_modules/module{}/lib", index / 10));
        let kind = kinds[index % kinds.len()];
        let name = if kind == "LICENSE" {
            kind.to_owned()
        } else {
            format!("file{index}.{kind}")
        };
        fs::create_dir_all(&folder)?;
        let mut text = String::with_capacity(BYTES / FILES + 80);
        while text.len() < BYTES / FILES {
            text += "    const ";
            for _ in 0..4 + random.below(6) {
                // The square makes some words far more common than others, as in source.
                let pick = random.below(1000) * random.below(1000) * 3 / 2 / 1000;
                text += &dictionary[pick % dictionary.len()];
                text += [".", " = ", "(", ", "][random.below(4)];
            }
            text += ");\n";
        }
        text.truncate(BYTES / FILES);
        fs::write(folder.join(name), text)?;
    }
    fs::write(tree.join("Task/index.js"), "// nothing\n")?;
    fs::write(tree.join("Task/task.json"), TASK)?;
    fs::write(tree.join("vss-extension.json"), MANIFEST)
}

/// SplitMix64: the same tree everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((value ^ (value >> 31)) % limit as u64).unwrap_or(0)
    }
}

const TASK: &str = r#"{ "id": "aaaaaaaa-1111-4222-8333-444444444444", "name": "Task", "friendlyName": "Task",
  "description": "d", "author": "a", "category": "Utility", "version": { "Major": 1, "Minor": 0, "Patch": 0 },
  "instanceNameFormat": "Task", "execution": { "Node20_1": { "target": "index.js" } } }"#;

const MANIFEST: &str = r#"{ "manifestVersion": 1, "id": "bench", "publisher": "pub", "version": "1.0.0", "name": "Bench",
  "categories": ["Azure Pipelines"], "targets": [{ "id": "Microsoft.VisualStudio.Services" }], "files": [{ "path": "Task" }],
  "contributions": [{ "id": "task", "type": "ms.vss-distributed-task.task", "targets": ["ms.vss-distributed-task.tasks"],
    "properties": { "name": "Task" } }] }"#;
