//! The oldest Rust is the same in every file that names it, and no dependency needs a newer one.
//!
//! It changes nothing.

use std::process::Command;

use super::{read, root};

#[test]
fn the_oldest_rust_suffices_for_the_gate_and_the_dependencies() {
    let manifest = read("Cargo.toml");
    let ours = manifest
        .split("\nrust-version = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a version");
    let image = format!(" rust:{ours}-");
    assert!(
        read("pipelines/build.yml").contains(&image),
        "pipelines/build.yml has no image{image}…"
    );
    for document in ["README.md", "CONTRIBUTING.md"] {
        let text = read(document);
        assert!(text.contains(ours), "{document} does not name Rust {ours}");
    }
    let metadata = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(root())
        .args(["metadata", "--locked", "--format-version", "1"])
        .output()
        .expect("cargo starts");
    let metadata: serde_json::Value =
        serde_json::from_slice(&metadata.stdout).expect("cargo's own JSON");
    let numbers = |version: &str| -> Vec<u32> { version.split('.').flat_map(str::parse).collect() };
    let newer: Vec<String> = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|package| {
            let theirs = package["rust_version"].as_str()?;
            (numbers(theirs)[..2] > numbers(ours)[..2])
                .then(|| format!("{} needs Rust {theirs}", package["name"]))
        })
        .collect();
    assert!(newer.is_empty(), "more than Rust {ours}: {newer:?}");
}
