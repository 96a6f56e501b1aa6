//! One command, measured: its time from start to end, and the most memory that it had in use.
//!
//! It knows nothing of what the command does.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs a command, whatever its exit code says. Returns its time and its memory in KiB.
pub(super) fn until_its_end(name: &str, command: &mut Command) -> Result<(Duration, u64), String> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begun = Instant::now();
    let child = command
        .spawn()
        .map_err(|error| format!("{name} cannot be started: {error}."))?;
    let (ended, peak, _) = watch(child)?;
    Ok((ended - begun, peak))
}

/// Runs a command with this environment and no other. Returns its time and its memory in KiB.
pub(super) fn measure(
    name: &str,
    command: &mut Command,
    environment: &BTreeMap<String, String>,
) -> Result<(Duration, u64), String> {
    command
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit());
    let begun = Instant::now();
    let child = command
        .spawn()
        .map_err(|error| format!("{name} cannot be started: {error}."))?;
    let (ended, peak, success) = watch(child)?;
    if success {
        Ok((ended - begun, peak))
    } else {
        Err(format!("{name} failed."))
    }
}

pub(super) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

pub(super) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn watch(mut child: Child) -> Result<(Instant, u64, bool), String> {
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok((Instant::now(), peak, status.success()));
        }
        peak = peak.max(peak_memory(&status_file));
        std::thread::sleep(Duration::from_micros(300));
    }
}

/// `VmHWM` of a process, in KiB; 0 where the system does not report it.
fn peak_memory(status_file: &str) -> u64 {
    let status = fs::read_to_string(status_file).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}
