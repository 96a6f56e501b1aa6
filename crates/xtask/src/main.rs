//! `cargo xtask <command>`: the repository's commands, one file each.
//!
//! It does not ship, and needs only Rust and Node to start. Its tests are the house rules (`tests/rules`).

mod bench;
mod clients;
mod command;
mod debian;
mod demo;
mod deny;
mod dist;
mod docs;
mod files;
mod fuzz;
mod package;
mod platforms;
mod prove;
mod release;
mod remap;
mod site;
mod sizes;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask <command>

  demo              the main job, offline: EntraToken@1 out of a packaged VSIX, on the built-in emulator
  test              installs what the tests need and runs them all
  test --renovate   Renovate, with a token in place of a PAT (npm, 310 MB); no part of `test`
  test --feeds      bun, poetry, pdm, pipenv, hatch, nuget.exe, Gradle, Maven 3.9 and skopeo; no part of `test`
  test --az         the Azure CLI, signed in at the broker, and `az devops` (PyPI and Debian, 790 MB); no part of `test`
  test --go         azidentity for Go and the authorizer of Terraform's providers (206 MB); no part of `test`
  test --java       azure-identity for Java (75 MB); no part of `test`
  test --git        the tests of git with git 2.47, built from source where the machine's is older; no part of `test`
  dist [platform…]  the binaries of these platforms or all, in target/dist/<platform>/
  prove [platform…] the binaries that ship, run as an agent runs them, as far as this machine can (QEMU, Wine)
  package           target/vsix/*.vsix with the binaries of all platforms
  package --built   the same with those that are in target/dist/ already, built and signed elsewhere
  package --host    the same with this machine's binary alone
  release           archives, npm packages and wheels of the binaries in target/dist/, in target/release-files/
  release --host    the same with this machine's binary alone
  deny              licenses, sources and known faults of the crates (deny.toml), by cargo-deny
  fuzz [target] [s] the readers of untrusted input, by cargo-fuzz (fuzz/), for 60 or [s] seconds each
  docs              the reference in docs/tasks/*.md, from task/*/task.json, and the index in TROUBLESHOOTING.md
  site              the documents as a site, in target/site/book/, with its links checked (installs mdBook, once)
  pictures          the pictures that ship, from docs/pictures/*.svg and *.txt
  bench             all measurements, or one of them; with --runs N, N runs of each command instead of 21:
  bench token [b]   the task's time and memory next to the Azure SDKs for Node and Python, and to an earlier binary
  bench cli [az]    adieu token next to the same SDKs, by a managed identity; and az, from the PATH or this path
  bench start [b]   adieu --version by the binary, npm's and pip's command, npx and uvx
  bench serve [s]   the broker under a thousand requests a second for a minute, or [s] seconds
  bench feeds       FeedAuthenticate@1, its helpers and its reading, next to artifacts-keyring and Microsoft's library
  bench package     packing 12,000 files, and the same modules twice, next to tfx-cli
  bench publish     packaging and publishing a small extension next to tfx-cli
  bench scan [dir]  adieu scan next to ripgrep, kingfisher, betterleaks and gitleaks: this folder and its history, or
                    15,000 files and this repository's; and a commit of twenty files";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["demo"] => demo::run(),
        ["test", filters @ ..] => test::run(filters),
        [dist::FIRST_WORD, arguments @ ..] => dist::link(arguments),
        ["dist", names @ ..] => dist::run(names).map(|_| ()),
        ["prove", names @ ..] => prove::run(names),
        ["package"] => package::all().map(|_| ()),
        ["package", "--built"] => package::built().map(|_| ()),
        ["package", "--host"] => package::run().map(|_| ()),
        ["release"] => release::all(),
        ["release", "--host"] => release::host(),
        ["deny"] => deny::run(),
        ["fuzz", arguments @ ..] => fuzz::run(arguments),
        ["docs"] => docs::run(),
        ["site"] => site::run(),
        ["pictures"] => command::cargo(&["run", "--quiet", "--package", "pictures"]),
        ["bench", names @ ..] => bench::run(names),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            command::print_line(&reason);
            ExitCode::FAILURE
        }
    }
}

/// The repository's root.
fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest
        .ancestors()
        .nth(2)
        .unwrap_or(manifest)
        .to_path_buf()
}

/// The folder of everything that is built.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
