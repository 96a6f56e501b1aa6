//! Commands in turns, measured: their times from start to end, and the most memory that each had in use.
//!
//! It knows nothing of what a command does.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A command that is run again and again.
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) command: Command,
    /// Whether its exit code says something else than that it failed.
    pub(super) may_fail: bool,
    pub(super) times: Vec<Duration>,
    /// In KiB; 0 where the system does not report it.
    pub(super) memory: u64,
}

impl Subject {
    /// One that has not run yet. It gets no input, and what it prints is dropped.
    pub(super) fn new(name: &'static str, command: Command) -> Self {
        Self {
            name,
            command,
            may_fail: false,
            times: Vec::new(),
            memory: 0,
        }
    }

    /// Runs it once.
    pub(super) fn run(&mut self) -> Result<(), String> {
        let errors = if self.may_fail {
            Stdio::null()
        } else {
            Stdio::inherit()
        };
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors);
        let begun = Instant::now();
        let mut child = self
            .command
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}.", self.name))?;
        let status = loop {
            if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
                break status;
            }
            let memory = memory_of(child.id(), "VmHWM:");
            self.memory = self.memory.max(memory);
            std::thread::sleep(Duration::from_micros(300));
        };
        self.times.push(begun.elapsed());
        if self.may_fail || status.success() {
            Ok(())
        } else {
            Err(format!("{} failed ({status}).", self.name))
        }
    }

    pub(super) fn median(&mut self) -> Duration {
        median(&mut self.times)
    }
}

/// Runs all of them once without counting it, and then in turns, so that a noisy minute is everyone's.
pub(super) fn in_turns(subjects: &mut [Subject], runs: usize) -> Result<(), String> {
    for round in 0..=runs {
        for subject in &mut *subjects {
            subject.run()?;
            if round == 0 {
                (subject.times, subject.memory) = (Vec::new(), 0);
            }
        }
    }
    Ok(())
}

pub(super) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

pub(super) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// A line of a process' status, in KiB; 0 where the system does not report it.
pub(super) fn memory_of(process: u32, line: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|text| text.strip_prefix(line));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}
