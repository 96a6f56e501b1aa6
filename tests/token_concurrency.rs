//! EntraToken@1: five hundred tasks at once, with a Microsoft Entra that accepts fifty requests per second.
//!
//! It tests that all succeed, how many requests they send, and that they do not retry at the same time.

use std::process::Command;
use std::thread;
use std::time::Duration;

use adieu_emulator::{Fault, MY_CONNECTION, World};

use crate::harness::TaskFolder;

const TASKS: usize = 500;
const LIMIT: usize = 50;
const STARTING: usize = 8;
const BEAT: Duration = Duration::from_secs(4);

#[test]
fn five_hundred_tasks_succeed_with_a_throttling_service() {
    let world = World::start();
    let limit = u32::try_from(LIMIT).expect("a small number");
    world.entra().throttle(limit);
    // All tasks that send a request within four seconds get their ID tokens at the same moment, on any machine.
    world.azure_devops().always(Fault::OnTheBeat(BEAT));
    let folder = TaskFolder::unpacked("token");
    let environment = world
        .job()
        .step(folder.path())
        .input("connectedService", MY_CONNECTION)
        .environment();
    let mut tasks = Vec::new();
    for number in 0..TASKS {
        // A machine with two cores starts only some at a time; those that have requested their ID tokens wait for the
        // interval's end and need no core.
        world
            .azure_devops()
            .wait_for_requests(number.saturating_sub(STARTING));
        let environment = environment.clone();
        tasks.push(thread::spawn(move || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_adieu"));
            command
                .args(["task", "EntraToken", "execution"])
                .env_clear()
                .envs(environment);
            let output = command.output().expect("the binary runs");
            String::from_utf8_lossy(&output.stdout).into_owned()
        }));
    }
    for task in tasks {
        let output = task.join().expect("the thread ends");
        assert!(
            output.contains("##vso[task.complete result=Succeeded]"),
            "{output}"
        );
    }
    let arrivals = world.entra().arrivals();
    assert!(arrivals.len() > TASKS, "no request was throttled");
    assert!(
        arrivals.len() <= 3 * TASKS,
        "{} attempts for {TASKS} tasks",
        arrivals.len()
    );
    let mut a_second = vec![0; 120];
    for arrival in &arrivals {
        a_second[usize::try_from(arrival.at.as_secs()).expect("a small number")] += 1;
    }
    // The first wave ends when the last ID tokens were issued, at the end of the interval of their request.
    let last = world
        .azure_devops()
        .arrivals()
        .last()
        .map(|arrival| arrival.at.as_secs());
    let beat = last.unwrap_or_default() / BEAT.as_secs() + 1;
    let first_wave = usize::try_from(beat * BEAT.as_secs() + 1).expect("a small number");
    for (second, count) in a_second.iter().enumerate().skip(first_wave + 1) {
        assert!(
            *count <= 2 * LIMIT,
            "{count} came in second {second}: {a_second:?}"
        );
    }
}
