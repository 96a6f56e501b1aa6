//! `cargo xtask bench crowd`: five hundred tasks at once against an Entra that lets fifty requests a second pass.
//!
//! It is `tests/token_crowd.rs` with the binary that ships and a clock; it judges nothing.

use std::process::Command;
use std::thread;
use std::time::Instant;

use adieu_emulator::{MY_CONNECTION, World};
use serde_json::json;

use crate::command::print_line;
use crate::{package, root};

const TASKS: usize = 500;
const LIMIT: u32 = 50;

/// Measures and prints.
pub(crate) fn run() -> Result<(), String> {
    let binary = package::release_binary()?;
    let world = World::start();
    world.entra().throttle(LIMIT);
    let mut job = world.job();
    let task = root().join("task").join("token");
    let environment = job
        .step(&task)
        .input("connectedService", MY_CONNECTION)
        .environment();
    let begun = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let (binary, environment) = (binary.clone(), environment.clone());
            thread::spawn(move || {
                let mut command = Command::new(binary);
                command
                    .args(["task", "EntraToken", "execution"])
                    .env_clear()
                    .envs(environment);
                let output = command
                    .output()
                    .map(|output| output.stdout)
                    .unwrap_or_default();
                String::from_utf8_lossy(&output).contains("##vso[task.complete result=Succeeded]")
            })
        })
        .collect();
    let succeeded = tasks
        .into_iter()
        .filter_map(|task| task.join().ok())
        .filter(|succeeded| *succeeded)
        .count();
    let seconds = begun.elapsed().as_secs_f64();
    let arrivals = world.entra().arrivals();
    let mut a_second: Vec<usize> = Vec::new();
    for arrival in &arrivals {
        let second = usize::try_from(arrival.at.as_secs()).unwrap_or_default();
        a_second.resize(a_second.len().max(second + 1), 0);
        a_second[second] += 1;
    }
    let attempts = arrivals.len() as f64 / TASKS as f64;
    print_line(&format!(
        "{succeeded} of {TASKS} tasks succeeded in {seconds:.1} s, with {attempts:.2} attempts a task on average."
    ));
    print_line(&format!(
        "Requests a second at Entra, which takes {LIMIT}: {a_second:?}"
    ));
    print_line(&json!({ "tasks": TASKS, "succeeded": succeeded, "seconds": seconds, "attempts": attempts, "a_second": a_second }).to_string());
    Ok(())
}
