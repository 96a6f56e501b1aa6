//! `cargo run -p adieu-emulator`: a world to try things on by hand, with the environment that a task would see.
//!
//! It runs until it is stopped.

use std::path::PathBuf;

use adieu_emulator::{MY_CONNECTION, World};

#[expect(clippy::print_stdout, reason = "what it prints is what it is for")]
fn main() {
    let world = World::start();
    let mut job = world.job();
    let task = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../task/token");
    let environment = job
        .step(&task)
        .input("connectedService", MY_CONNECTION)
        .environment();
    println!("# Azure DevOps {}", world.azure_devops().url());
    println!("# Entra        {}", world.entra().url());
    println!(
        "# In another terminal, in bash: the lines below, then `adieu task EntraToken execution`."
    );
    let inherited = ["PATH", "HOME"];
    let assignments: Vec<String> = environment
        .iter()
        .filter(|(name, _)| !inherited.contains(&name.as_str()))
        .map(|(name, value)| format!("'{name}={}'", value.replace('\'', r"'\''")))
        .collect();
    println!(
        "env {} \\\n  adieu task EntraToken execution",
        assignments.join(" \\\n  ")
    );
    loop {
        std::thread::park();
    }
}
