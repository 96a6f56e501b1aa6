//! The samples of the measurements: trees for scanners and packers, a commit with staged files, and eleven planted
//! tokens.
//!
//! The texts are those of the crates that this workspace depends on. No sample contains anything random.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::command::{print_line, run, this_cargo, words};
use crate::{files, package, root};

/// Synthetic tokens, one for each file; they are joined when the files are written.
const PLANTED: &str = include_str!("planted.txt");

/// An extension with one folder.
const MANIFEST: &str = include_str!("vss-extension.json");

/// What makes a folder a repository with one commit.
const COMMIT: &str = "init --quiet, add --all, commit --quiet --message x";

/// Creates a sample once. A file beside it shows that it is complete.
fn made(name: &str, make: impl FnOnce(&Path) -> Result<(), String>) -> Result<PathBuf, String> {
    let sample = super::folder("samples").join(name);
    let mark = sample.with_extension("whole");
    if !mark.exists() {
        print_line(&format!("Making {} …", sample.display()));
        let _ = fs::remove_dir_all(&sample);
        files::create(&sample)?;
        make(&sample)?;
        files::write(&mark, "")?;
    }
    Ok(sample)
}

/// The sources of the crates that this workspace depends on: about 15,000 files and 250 MB.
pub(super) fn tree() -> Result<PathBuf, String> {
    made("tree", |tree| {
        let mut vendor = this_cargo();
        let vendor = vendor.current_dir(root()).stdout(Stdio::null());
        run(vendor.args(["vendor", "--quiet", "--locked"]).arg(tree))
    })
}

/// Writes texts with these sizes, each with its own number, so that no two are the same.
fn fill(
    folder: &Path,
    numbers: Range<usize>,
    sizes: Range<u64>,
    name: impl Fn(usize) -> String,
) -> Result<(), String> {
    let has_size = |path: &PathBuf| fs::metadata(path).is_ok_and(|it| sizes.contains(&it.len()));
    let mut paths = files::find(&tree()?, "**/*")?;
    paths.retain(has_size);
    for number in numbers {
        let text = files::read(&paths[number % paths.len()])?;
        let text = [format!("// {number}\n").into_bytes(), text].concat();
        files::write(&folder.join(name(number)), text)?;
    }
    Ok(())
}

/// An extension with the modules of a task: mostly JavaScript with its maps and types, and each module's files
/// without an extension, for which tfx runs `file`.
pub(super) fn modules() -> Result<PathBuf, String> {
    let kinds = ".js .js .js .js .d.ts .map .json .md .mjs ";
    let kinds: Vec<&str> = kinds.split(' ').collect();
    made("modules", |tree| {
        fill(tree, 0..12_000, 1_000..30_000, |number| {
            let (module, kind) = (number / 10, kinds[number % 10]);
            format!("files/node_modules/module{module}/lib/file{number}{kind}")
        })?;
        files::write(&tree.join("vss-extension.json"), MANIFEST)
    })
}

/// An extension whose two tasks have the same modules: scripts and libraries.
pub(super) fn twins() -> Result<PathBuf, String> {
    let binary = files::read(&package::release_binary()?)?;
    made("twins", |tree| {
        for task in ["First", "Second"].map(|task| tree.join("files").join(task)) {
            fill(&task, 0..600, 20_000..100_000, |number| {
                format!("Module{number}.psm1")
            })?;
            for number in 0..90 {
                // Compiled code compresses to half its size, as .NET libraries do. Each library begins at another
                // position in it.
                let code = binary.iter().cycle().skip(number * 40_000).take(500_000);
                let code: Vec<u8> = code.copied().collect();
                files::write(&task.join(format!("Library{number}.dll")), code)?;
            }
        }
        files::write(&tree.join("vss-extension.json"), MANIFEST)
    })
}

/// A repository with a thousand files, and twenty staged ones, of which eleven contain a token.
pub(super) fn commit() -> Result<PathBuf, String> {
    made("commit", |folder| {
        let name = |number| format!("{}/{number}.rs", number % 20);
        fill(folder, 0..1_000, 6_000..60_000, name)?;
        git(folder, COMMIT)?;
        fill(folder, 1_000..1_009, 6_000..60_000, name)?;
        plant(folder)?;
        git(folder, "add --all")
    })
}

/// Eleven files with a token each.
pub(super) fn planted() -> Result<PathBuf, String> {
    made("planted", plant)
}

/// A repository in whose history these files are, but not in its last commit.
pub(super) fn planted_history() -> Result<PathBuf, String> {
    made("planted-history", |folder| {
        plant(folder)?;
        git(folder, COMMIT)?;
        git(folder, "rm --quiet -r ., commit --quiet --message y")
    })
}

/// The names and texts of these files.
pub(super) fn tokens() -> impl Iterator<Item = (&'static str, &'static str)> {
    PLANTED.lines().filter_map(|line| line.split_once(": "))
}

fn plant(folder: &Path) -> Result<(), String> {
    let new =
        "u8jzPde0IgxLd6GncfBAepfJBd0K h8oOOL8dKLzdocJ2isAjIhKtJQQJ 99CKACAAAAAJ0RlgAAASAZDO2Y4V";
    let new = new.replace(' ', "");
    let old = "t3vbjq32bxpiwmwtwgjf4eyczjlv ah7azknoluomyfivaqsccjlq".replace(' ', "");
    let values = [
        ("{new in base64}", STANDARD.encode(&new)),
        ("{:new}", STANDARD.encode(format!(":{new}"))),
        ("{u:old}", STANDARD.encode(format!("u:{old}"))),
        ("{new}", new),
        ("{old}", old),
    ];
    tokens().try_for_each(|(name, text)| {
        let mut text = format!("{text}\n");
        for (name, value) in &values {
            text = text.replace(name, value);
        }
        let utf_16 = format!("\u{feff}{text}");
        let utf_16: Vec<u8> = utf_16.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let is_wide = name.contains("utf-16");
        let content = if is_wide { &utf_16 } else { text.as_bytes() };
        files::write(&folder.join(name), content)
    })
}

/// Runs git with each of these arguments.
fn git(folder: &Path, lines: &str) -> Result<(), String> {
    lines.split(", ").try_for_each(|line| {
        let mut git = words("git -c user.name=A -c user.email=a@contoso.example -c gc.auto=0");
        run(git.args(line.split(' ')).current_dir(folder))
    })
}
