//! How long packing takes, beside `tfx extension create`, on trees as public extensions have them.
//!
//! It measures two programs on one tree in one run, and builds neither.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A tree, and what packing it must reach.
struct Shape {
    /// Folder and word in the results.
    name: &'static str,
    /// What is in it.
    about: &'static str,
    /// How much faster than tfx packing must be.
    least_ratio: f64,
    generate: fn(&Path) -> std::io::Result<()>,
}

/// One task with its `node_modules` (azdo-marketplace v6 packs 11,801 files), and two tasks that ship the same PowerShell
/// modules, as extensions for Azure do.
const SHAPES: [Shape; 2] = [
    Shape {
        name: "modules",
        about: "12000 small files, 90 MB",
        least_ratio: 24.0,
        generate: modules,
    },
    Shape {
        name: "twins",
        about: "two tasks with the same PowerShell modules, 2 x 80 MB",
        least_ratio: 15.0,
        generate: twins,
    },
];

/// Bytes of memory that packing may need.
const MOST_MEMORY: u64 = 150 << 20;
/// How much larger than tfx's the package may be.
const MOST_SIZE: f64 = 1.02;

/// What one program needed.
#[derive(Debug, Clone)]
struct Measured {
    /// Median of its runs.
    median: Duration,
    /// Runs.
    runs: usize,
    /// Most memory in bytes, as Linux counts it (`VmHWM`, read until the program ends); 0 on other systems.
    memory: u64,
    /// Bytes of its package.
    package: u64,
}

/// Ours beside theirs, on one shape.
struct Pair {
    shape: &'static Shape,
    adieu: Measured,
    tfx: Measured,
}

impl Pair {
    /// How much faster ours is.
    fn ratio(&self) -> f64 {
        self.tfx.median.as_secs_f64() / self.adieu.median.as_secs_f64()
    }

    /// How much larger our package is.
    fn size(&self) -> f64 {
        self.adieu.package as f64 / self.tfx.package as f64
    }

    fn is_within_targets(&self) -> bool {
        self.ratio() >= self.shape.least_ratio
            && self.size() <= MOST_SIZE
            && self.adieu.memory < MOST_MEMORY
    }

    fn table(&self) -> String {
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
            "| packing {} | median | runs | memory | package |\n|---|---|---|---|---|\n{}{}\
             ratio {:.1} (at least {:.0}), size {:.3} (at most {MOST_SIZE}), memory below {} MB\n\n",
            self.shape.about,
            line("adieu extension package", &self.adieu),
            line("tfx extension create", &self.tfx),
            self.ratio(),
            self.shape.least_ratio,
            self.size(),
            MOST_MEMORY >> 20
        )
    }

    fn json(&self) -> String {
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
            r#""{}":{{"adieu":{},"tfx":{},"ratio":{:.2},"size":{:.3}}}"#,
            self.shape.name,
            one(&self.adieu),
            one(&self.tfx),
            self.ratio(),
            self.size()
        )
    }
}

/// All shapes.
pub(crate) struct PackageBench(Vec<Pair>);

impl PackageBench {
    /// Whether all targets are met.
    #[must_use]
    pub(crate) fn is_within_targets(&self) -> bool {
        self.0.iter().all(Pair::is_within_targets)
    }

    /// The tables' lines.
    #[must_use]
    pub(crate) fn table(&self) -> String {
        self.0.iter().map(Pair::table).collect()
    }

    /// The same as JSON.
    #[must_use]
    pub(crate) fn json(&self) -> String {
        let pairs: Vec<String> = self.0.iter().map(Pair::json).collect();
        format!(r#"{{"package":{{{}}}}}"#, pairs.join(","))
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
    let pairs = SHAPES.iter().map(|shape| pair(shape, target, binary));
    Ok(PackageBench(pairs.collect::<Result<_, _>>()?))
}

fn pair(shape: &'static Shape, target: &Path, binary: &Path) -> Result<Pair, String> {
    let root = target.join("bench").join("package").join(shape.name);
    let tree = root.join("extension");
    if !tree.join("vss-extension.json").is_file() {
        (shape.generate)(&tree).map_err(|error| format!("the tree cannot be written: {error}"))?;
    }
    let script = target.join("clients/tfx/node_modules/tfx-cli/_build/tfx-cli.js");
    let (ours, theirs) = (root.join("adieu.vsix"), root.join("tfx.vsix"));
    let flags = ["--bypass-validation", "--output-path"];
    let adieu = measure(5, &ours, || {
        let mut command = Command::new(binary);
        command.args(["extension", "package"]).args(flags);
        command.arg(&ours).current_dir(&tree);
        command
    })?;
    let tfx = measure(3, &theirs, || {
        let mut command = Command::new("node");
        command.arg(&script).args(["extension", "create"]);
        command.args(["--no-prompt", "--no-color"]).args(flags);
        command.arg(&theirs).current_dir(&tree).env("HOME", &root);
        command
    })?;
    Ok(Pair { shape, adieu, tfx })
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
/// module has and about which tfx asks `file`.
fn modules(tree: &Path) -> std::io::Result<()> {
    const FILES: usize = 12_000;
    let kinds = [
        "js", "js", "js", "js", "d.ts", "map", "json", "md", "mjs", "LICENSE",
    ];
    let mut words = Words::new();
    for index in 0..FILES {
        let folder = tree.join(format!("Task/node_modules/module{}/lib", index / 10));
        let kind = kinds[index % kinds.len()];
        let name = if kind == "LICENSE" {
            kind.to_owned()
        } else {
            format!("file{index}.{kind}")
        };
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), words.text(90_000_000 / FILES))?;
    }
    fs::write(tree.join("Task/index.js"), "// nothing\n")?;
    fs::write(tree.join("Task/task.json"), task("Task", "Node20_1", 1))?;
    fs::write(tree.join("vss-extension.json"), manifest(&["Task"]))
}

/// Two tasks with the same modules: scripts, help texts and libraries, of which some are large.
fn twins(tree: &Path) -> std::io::Result<()> {
    let mut words = Words::new();
    for task in ["First", "Second"] {
        fs::create_dir_all(tree.join(task).join("ps_modules/Az"))?;
    }
    let write = |name: String, bytes: Vec<u8>| {
        for task in ["First", "Second"] {
            fs::write(tree.join(task).join("ps_modules/Az").join(&name), &bytes)?;
        }
        Ok::<_, std::io::Error>(())
    };
    for index in 0..600 {
        let kind = ["ps1", "psm1", "psd1", "xml"][index % 4];
        let size = 20_000 + words.random.below(80_000);
        write(
            format!("Module{index}.{kind}"),
            words.text(size).into_bytes(),
        )?;
    }
    for index in 0..90 {
        let size = if index % 45 == 0 {
            9_000_000
        } else {
            100_000 + words.random.below(400_000)
        };
        write(format!("Library{index}.dll"), words.library(size))?;
    }
    for (number, name) in ["First", "Second"].into_iter().enumerate() {
        fs::write(tree.join(name).join("main.ps1"), format!("# {name}\n"))?;
        fs::write(
            tree.join(name).join("task.json"),
            task(name, "PowerShell3", number + 1).replace("index.js", "main.ps1"),
        )?;
    }
    fs::write(
        tree.join("vss-extension.json"),
        manifest(&["First", "Second"]),
    )
}

/// Text drawn from a dictionary, so that it compresses as source does.
struct Words {
    random: Random,
    dictionary: Vec<String>,
}

impl Words {
    fn new() -> Self {
        let mut random = Random(1);
        let dictionary = (0..1500)
            .map(|_| {
                (0..3 + random.below(8))
                    .map(|_| char::from(b'a' + u8::try_from(random.below(26)).unwrap_or(0)))
                    .collect()
            })
            .collect();
        Self { random, dictionary }
    }

    fn text(&mut self, size: usize) -> String {
        let mut text = String::with_capacity(size + 80);
        while text.len() < size {
            text += "    const ";
            for _ in 0..4 + self.random.below(6) {
                // The square makes some words far more common than others, as in source.
                let pick = self.random.below(1000) * self.random.below(1000) * 3 / 2 / 1000;
                text += &self.dictionary[pick % self.dictionary.len()];
                text += [".", " = ", "(", ", "][self.random.below(4)];
            }
            text += ");\n";
        }
        text.truncate(size);
        text
    }

    /// Code and names in turns: it compresses to two fifths, as libraries of .NET do.
    fn library(&mut self, size: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(size + 8192);
        while bytes.len() < size {
            for _ in 0..300 {
                let opcode = self.random.below(40) * self.random.below(6);
                let operand = self.random.below(1 << 12) as u32;
                bytes.push(u8::try_from(opcode).unwrap_or(0));
                bytes.extend(operand.to_le_bytes());
            }
            bytes.extend(self.text(500).bytes());
        }
        bytes.truncate(size);
        bytes
    }
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

fn task(name: &str, handler: &str, number: usize) -> String {
    format!(
        r#"{{ "id": "aaaaaaaa-1111-4222-8333-44444444444{number}", "name": "{name}", "friendlyName": "{name}",
  "description": "d", "author": "a", "category": "Utility", "version": {{ "Major": 1, "Minor": 0, "Patch": 0 }},
  "instanceNameFormat": "{name}", "execution": {{ "{handler}": {{ "target": "index.js" }} }} }}"#
    )
}

fn manifest(tasks: &[&str]) -> String {
    let all = |item: fn(&str) -> String| {
        let items: Vec<String> = tasks.iter().map(|task| item(task)).collect();
        items.join(", ")
    };
    format!(
        r#"{{ "manifestVersion": 1, "id": "bench", "publisher": "pub", "version": "1.0.0", "name": "Bench",
  "categories": ["Azure Pipelines"], "targets": [{{ "id": "Microsoft.VisualStudio.Services" }}],
  "files": [{}], "contributions": [{}] }}"#,
        all(|task| format!(r#"{{ "path": "{task}" }}"#)),
        all(|task| {
            format!(
                r#"{{ "id": "{task}", "type": "ms.vss-distributed-task.task",
    "targets": ["ms.vss-distributed-task.tasks"], "properties": {{ "name": "{task}" }} }}"#
            )
        })
    )
}
