//! `cargo xtask bench package`: how long packing takes, beside `tfx extension create`, on trees as public extensions
//! have them.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::measure::{Subject, in_turns};
use crate::command::print_line;
use crate::{clients, package, target};

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

/// Runs of each program, after one that does not count.
const RUNS: usize = 3;

/// Measures the release binary and tfx on each shape. An error where ours takes longer or more than it may.
pub(crate) fn run() -> Result<(), String> {
    let adieu = package::release_binary()?;
    clients::tfx()?;
    let mut all = serde_json::Map::new();
    let mut is_within_targets = true;
    for shape in &SHAPES {
        let (measured, is_within) = measure(shape, &adieu)?;
        all.insert(shape.name.to_owned(), measured);
        is_within_targets &= is_within;
    }
    print_line(&json!({ "package": all }).to_string());
    if is_within_targets {
        Ok(())
    } else {
        Err("Packing is slower or larger than it may be.".to_owned())
    }
}

/// Prints a shape's table. Returns the same as JSON, and whether all targets are met.
fn measure(shape: &Shape, adieu: &Path) -> Result<(Value, bool), String> {
    let root = target().join("bench").join("package").join(shape.name);
    let tree = root.join("extension");
    if !tree.join("vss-extension.json").is_file() {
        (shape.generate)(&tree).map_err(|error| format!("the tree cannot be written: {error}"))?;
    }
    let packages = [root.join("adieu.vsix"), root.join("tfx.vsix")];
    let mut ours = Command::new(adieu);
    ours.args(["extension", "package"]);
    let mut theirs = Command::new("node");
    theirs.arg(clients::tfx_script());
    theirs.args(["extension", "create", "--no-prompt", "--no-color"]);
    theirs.env("HOME", &root);
    for (command, package) in [&mut ours, &mut theirs].into_iter().zip(&packages) {
        command.args(["--bypass-validation", "--output-path"]);
        command.arg(package).current_dir(&tree);
    }
    let mut subjects = [
        Subject::new("adieu extension package", ours),
        Subject::new("tfx extension create", theirs),
    ];
    in_turns(&mut subjects, RUNS)?;
    print_line(&format!(
        "| packing {} | median of {RUNS} | memory | package |\n|---|---|---|---|",
        shape.about
    ));
    let mut rows = Vec::new();
    for (subject, package) in subjects.iter_mut().zip(&packages) {
        let seconds = subject.median().as_secs_f64();
        let memory = subject.memory * 1024;
        let bytes = fs::metadata(package)
            .map_err(|error| format!("{}: {error}", package.display()))?
            .len();
        print_line(&format!(
            "| {} | {seconds:.2} s | {:.0} MB | {:.1} MB |",
            subject.name,
            memory as f64 / 1e6,
            bytes as f64 / 1e6
        ));
        rows.push((seconds, memory, bytes));
    }
    let (adieu, tfx) = (rows[0], rows[1]);
    let (ratio, size) = (tfx.0 / adieu.0, adieu.2 as f64 / tfx.2 as f64);
    print_line(&format!(
        "ratio {ratio:.1} (at least {:.0}), size {size:.3} (at most {MOST_SIZE}), memory below {} MB\n",
        shape.least_ratio,
        MOST_MEMORY >> 20
    ));
    let is_within = ratio >= shape.least_ratio && size <= MOST_SIZE && adieu.1 < MOST_MEMORY;
    let one = |(seconds, memory, bytes)| json!({ "medianSeconds": seconds, "runs": RUNS, "memoryBytes": memory, "packageBytes": bytes });
    let both = json!({ "adieu": one(adieu), "tfx": one(tfx), "ratio": ratio, "size": size });
    Ok((both, is_within))
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
