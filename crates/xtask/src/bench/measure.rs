//! Runs commands in turns, and measures the time of each from start to end and the most memory that it used.
//!
//! It does not know what a command does.

use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::command::Context as _;

/// A command whose runs took longer than this altogether does not run again.
const ENOUGH: Duration = Duration::from_secs(15);

/// One run's time, and its memory in KiB; 0 where the system does not report it.
pub(super) type Sample = (Duration, u64);

/// What is measured repeatedly: a row of a table.
pub(super) struct Subject<'a> {
    pub(super) name: &'static str,
    /// Takes the number of the run.
    run: Box<dyn FnMut(usize) -> Result<Sample, String> + 'a>,
    pub(super) times: Vec<Duration>,
    /// The most of all runs.
    pub(super) memory: u64,
    /// Further values; each has a column.
    pub(super) facts: Vec<(&'static str, f64)>,
}

impl<'a> Subject<'a> {
    /// A subject that does something else in each run.
    pub(super) fn new(
        name: &'static str,
        run: impl FnMut(usize) -> Result<Sample, String> + 'a,
    ) -> Self {
        Self {
            name,
            run: Box::new(run),
            times: Vec::new(),
            memory: 0,
            facts: Vec::new(),
        }
    }

    /// In milliseconds, as all that follow.
    pub(super) fn median(&self) -> f64 {
        self.at(50)
    }

    pub(super) fn fastest(&self) -> f64 {
        self.at(0)
    }

    /// The time within which this percentage of the runs ended.
    pub(super) fn at(&self, percent: usize) -> f64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        let last = times.len().saturating_sub(1);
        let time = times.get((times.len() * percent / 100).min(last));
        time.map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
    }

    pub(super) fn megabytes(&self) -> f64 {
        self.memory as f64 / 1024.0
    }
}

/// Runs each subject once without counting it, and then all in turns, so that a busy minute affects all of them.
pub(super) fn in_turns(subjects: &mut [Subject<'_>], runs: usize) -> Result<(), String> {
    for round in 0..=runs {
        for subject in &mut *subjects {
            if subject.times.iter().sum::<Duration>() > ENOUGH {
                continue;
            }
            if round == 1 {
                (subject.times, subject.memory) = (Vec::new(), 0);
            }
            let (time, memory) = (subject.run)(round).context(subject.name)?;
            subject.times.push(time);
            subject.memory = subject.memory.max(memory);
        }
    }
    Ok(())
}

/// Runs a command that must succeed.
pub(super) fn succeeded(command: &mut Command) -> Result<Sample, String> {
    match ended(command)? {
        (sample, 0) => Ok(sample),
        (_, code) => Err(format!("it failed with exit code {code}.")),
    }
}

/// Runs a command. Returns its exit code as well.
pub(super) fn ended(command: &mut Command) -> Result<(Sample, i32), String> {
    let begun = Instant::now();
    let mut child = command.spawn().context("it cannot be run")?;
    let mut memory = 0;
    loop {
        if let Some(status) = child.try_wait().context("it cannot be run")? {
            return Ok(((begun.elapsed(), memory), status.code().unwrap_or(-1)));
        }
        memory = memory.max(memory_of(child.id(), "VmHWM:"));
        thread::sleep(Duration::from_micros(300));
    }
}

/// A line of a process' status, in KiB; 0 where the system does not report it.
pub(super) fn memory_of(process: u32, line: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|text| text.strip_prefix(line));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}
