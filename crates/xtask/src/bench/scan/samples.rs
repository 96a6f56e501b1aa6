//! What scanners are measured over: a tree, a repository with a long history, a commit that is about to be made, and
//! eleven planted tokens as files and as a history.
//!
//! The texts are those of the crates that this workspace depends on. Nothing random is in what it makes.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::command::{output, print_line, run};
use crate::{files, root, target};

/// The size of the tree: that of the checkouts of four public repositories.
const FILES: usize = 17_156;
/// Its bytes, in MB.
const TREE: u64 = 186;

/// Of what is larger, crates have a few libraries for linkers.
const LARGEST: u64 = 500_000;

/// The size of the history: about that of pip, 860 MB in blobs.
const COMMITS: usize = 26_965;
const TEXTS: usize = 2_976;
const VERSIONS: usize = 16;

/// Files of the commit that is about to be made, of so many that are committed.
const STAGED: usize = 20;
const COMMITTED: usize = 1_000;

fn folder(name: &str) -> PathBuf {
    target().join("bench/scan").join(name)
}

/// Makes a sample once. A file beside it says that it is whole.
fn made(name: &str, make: impl FnOnce(&Path) -> Result<(), String>) -> Result<PathBuf, String> {
    let (sample, mark) = (folder(name), folder(&format!("{name}.whole")));
    if !mark.exists() {
        print_line(&format!("Making {} …", sample.display()));
        let _ = fs::remove_dir_all(&sample);
        files::create(&sample)?;
        make(&sample)?;
        files::write(&mark, "")?;
    }
    Ok(sample)
}

/// The sources of the crates that this workspace depends on, and their sizes; without libraries for linkers.
fn sources() -> Result<Vec<(PathBuf, u64)>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let metadata = output(Command::new(cargo).current_dir(root()).args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
    ]));
    let metadata = metadata.ok_or("cargo metadata failed.")?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut folders: Vec<PathBuf> = packages
        .filter(|package| package["source"].is_string())
        .filter_map(|package| {
            Some(
                Path::new(package["manifest_path"].as_str()?)
                    .parent()?
                    .into(),
            )
        })
        .collect();
    folders.sort();
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in files::list(&folder)? {
            if path.is_dir() {
                folders.push(path);
            } else {
                let size = fs::metadata(&path).map_or(0, |file| file.len());
                sources.push((path, size));
            }
        }
    }
    sources.retain(|(_, size)| *size < LARGEST);
    match sources.is_empty() {
        true => Err("cargo has no sources of dependencies.".to_owned()),
        false => Ok(sources),
    }
}

/// 17,156 files, or 186 MB.
pub(super) fn tree() -> Result<PathBuf, String> {
    made("tree", |tree| {
        let sources = sources()?;
        let mut bytes = 0;
        for (number, (source, size)) in sources.iter().cycle().take(FILES).enumerate() {
            let name = source.file_name().unwrap_or_default().to_string_lossy();
            let path = format!("{}/{}/{number}-{name}", number % 50, number / 50 % 12);
            files::copy(source, &tree.join(path))?;
            bytes += size;
            if bytes > TREE * 1_000_000 {
                break;
            }
        }
        Ok(())
    })
}

/// A repository whose every file has changed fifteen times.
pub(super) fn history() -> Result<PathBuf, String> {
    made("history", |folder| {
        git(folder, &["init", "--quiet"])?;
        let mut import = Command::new("git")
            .arg("-C")
            .arg(folder)
            .args(["fast-import", "--quiet"])
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|error| format!("git cannot be started: {error}."))?;
        let input = import.stdin.take().ok_or("git takes no input.")?;
        let texts = texts()?;
        let mut input = BufWriter::new(input);
        write_history(&mut input, &texts)
            .and_then(|()| input.flush())
            .map_err(|error| format!("git fast-import: {error}."))?;
        drop(input);
        let status = import.wait().map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("git fast-import failed ({status})."));
        }
        git(folder, &["repack", "-a", "-d", "--quiet"])
    })
}

/// Texts of a usual size.
fn texts() -> Result<Vec<Vec<u8>>, String> {
    let mut texts = Vec::new();
    let sources = sources()?;
    let of_usual_size = |(_, size): &&(PathBuf, u64)| (6_000..60_000).contains(size);
    for (source, _) in sources.iter().filter(of_usual_size).cycle().take(TEXTS) {
        texts.push(files::read(source)?);
    }
    Ok(texts)
}

fn write_history(git: &mut dyn Write, texts: &[Vec<u8>]) -> std::io::Result<()> {
    // The versions of a text come one after the other, so that each is stored as what differs.
    for (number, text) in texts.iter().enumerate() {
        let mut lines: Vec<Vec<u8>> = text
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        for version in 0..VERSIONS {
            let at = (number * 31 + version * 977) % lines.len();
            lines.insert(
                at,
                format!("// change {version} of text {number}").into_bytes(),
            );
            let removed = (at + 13) % lines.len();
            lines.remove(removed);
            let mut blob = lines.join(&b'\n');
            // Three of them have had a token.
            if version == 5 && number % 1000 == 10 {
                blob.extend_from_slice(format!("\npat = {}\n", new_token()).as_bytes());
            }
            let mark = number * VERSIONS + version + 1;
            write!(git, "blob\nmark :{mark}\ndata {}\n", blob.len())?;
            git.write_all(&blob)?;
            git.write_all(b"\n")?;
        }
    }
    let blobs = texts.len() * VERSIONS;
    for commit in 0..COMMITS {
        let when = 1_500_000_000 + commit * 3_600;
        write!(
            git,
            "commit refs/heads/main\ncommitter A <a@contoso.example> {when} +0000\ndata 6\nchange\n"
        )?;
        for changed in commit * blobs / COMMITS..(commit + 1) * blobs / COMMITS {
            let (version, number) = (changed / texts.len(), changed % texts.len());
            let mark = number * VERSIONS + version + 1;
            let path = format!("src/{}/{number}.rs", number % 40);
            writeln!(git, "M 100644 :{mark} {path}")?;
        }
    }
    Ok(())
}

/// A repository with twenty files that are staged.
pub(super) fn staged() -> Result<PathBuf, String> {
    made("staged", |folder| {
        git(folder, &["init", "--quiet"])?;
        let texts = texts()?;
        let write = |number: usize, more: &str| {
            let text = [&texts[number][..], more.as_bytes()].concat();
            files::write(&folder.join(format!("{}/{number}.rs", number % 20)), text)
        };
        (0..COMMITTED).try_for_each(|number| write(number, ""))?;
        git(folder, &["add", "--all"])?;
        git(folder, &["commit", "--quiet", "--message", "x"])?;
        (0..STAGED).try_for_each(|number| write(number * 7, "\n// changed\n"))?;
        git(folder, &["add", "--all"])
    })
}

/// Eleven files with a token each.
pub(super) fn planted() -> Result<PathBuf, String> {
    made("planted", plant)
}

/// A repository that has had the same files, and has none of them any more.
pub(super) fn planted_history() -> Result<PathBuf, String> {
    made("planted-history", |folder| {
        git(folder, &["init", "--quiet"])?;
        plant(folder)?;
        git(folder, &["add", "--all"])?;
        git(folder, &["commit", "--quiet", "--message", "x"])?;
        git(folder, &["rm", "--quiet", "-r", "."])?;
        git(folder, &["commit", "--quiet", "--message", "y"])
    })
}

/// A repository in which the same files are staged.
pub(super) fn planted_commit() -> Result<PathBuf, String> {
    made("planted-commit", |folder| {
        git(folder, &["init", "--quiet"])?;
        plant(folder)?;
        git(folder, &["add", "--all"])
    })
}

fn git(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    run(Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=A", "-c", "user.email=a@contoso.example"])
        .args(["-c", "init.defaultBranch=main", "-c", "gc.auto=0"])
        .args(arguments))
}

/// Synthetic tokens, joined here.
fn new_token() -> String {
    [
        "u8jzPde0IgxLd6GncfBAepfJBd0K",
        "h8oOOL8dKLzdocJ2isAjIhKtJQQJ",
        "99CKACAAAAAJ0RlgAAASAZDO2Y4V",
    ]
    .concat()
}

/// Synthetic tokens, one in each file.
fn plant(folder: &Path) -> Result<(), String> {
    let new = new_token();
    let old = ["t3vbjq32bxpiwmwtwgjf4eyczjlv", "ah7azknoluomyfivaqsccjlq"].concat();
    let texts: BTreeMap<&str, String> = BTreeMap::from([
        ("01-new.env", format!("AZURE_DEVOPS_EXT_PAT={new}\n")),
        ("02-old.env", format!("AZURE_DEVOPS_EXT_PAT={old}\n")),
        (
            "03-url.txt",
            format!("https://me:{new}@dev.azure.com/c/_git/x\n"),
        ),
        (
            "04-basic.http",
            format!(
                "Authorization: Basic {}\n",
                STANDARD.encode(format!(":{new}"))
            ),
        ),
        (
            "05-password.npmrc",
            format!(
                "//pkgs.dev.azure.com/c/:_password={}\n",
                STANDARD.encode(&new)
            ),
        ),
        (
            "06-header.config",
            format!(
                "[http]\n\textraheader = AUTHORIZATION: basic {}\n",
                STANDARD.encode(format!("u:{old}"))
            ),
        ),
        (
            "07-nuget.xml",
            format!("<add key=\"ClearTextPassword\" value=\"{old}\" />\n"),
        ),
        ("08-pat.json", format!("{{\"pat\": \"{new}\"}}\n")),
        (
            "09-script.yml",
            format!("steps:\n- script: |\n    curl -u :{old} https://dev.azure.com/c\n"),
        ),
        (
            "10-secret.yaml",
            format!("kind: Secret\ndata:\n  pat: {}\n", STANDARD.encode(&new)),
        ),
    ]);
    for (name, text) in texts {
        files::write(&folder.join(name), text)?;
    }
    let utf16 = format!("\u{feff}$pat = \"{new}\"\r\n");
    let utf16: Vec<u8> = utf16.encode_utf16().flat_map(u16::to_le_bytes).collect();
    files::write(&folder.join("11-utf-16.ps1"), utf16)
}
