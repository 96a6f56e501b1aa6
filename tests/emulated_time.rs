//! The emulator's clock for real processes: a job and its clients live in the emulated time.
//!
//! It never reaches into a process: Debian's libfaketime is between it and the system's clocks, and all
//! of them, the one that timers use included, go as far ahead as the emulator's.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::harness::client;
use adieu_emulator::{Job, World};

/// How far ahead everybody is.
pub(crate) struct Time<'w> {
    world: &'w World,
    ahead: Cell<Duration>,
    file: PathBuf,
}

impl<'w> Time<'w> {
    /// The time of a world, which is today's until it advances.
    pub(crate) fn of(world: &'w World) -> Self {
        let time = Self {
            world,
            ahead: Cell::default(),
            file: world.folder().join("time"),
        };
        time.write("");
        time
    }

    /// A job that lives in it, with all that it starts.
    pub(crate) fn job(&self) -> Job<'w> {
        let mut job = self.world.job();
        for (name, value) in self.environment() {
            job.agent_environment(name, &value);
        }
        job
    }

    /// What makes a process live in it.
    pub(crate) fn environment(&self) -> [(&'static str, String); 4] {
        let library = client("time").join("libfaketimeMT.so.1");
        let text = |path: &Path| path.to_string_lossy().into_owned();
        [
            ("LD_PRELOAD", text(&library)),
            ("FAKETIME_TIMESTAMP_FILE", text(&self.file)),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            // The times of files are as they are.
            ("NO_FAKE_STAT", "1".to_owned()),
        ]
    }

    /// Lets time pass for everybody.
    pub(crate) fn advance(&self, by: Duration) {
        self.ahead.set(self.ahead.get() + by);
        self.world.clock().advance(by);
        self.write("");
    }

    /// Lets hardly any time pass for processes, until it advances.
    pub(crate) fn stand_still(&self) {
        self.write(" x0.001");
    }

    /// At once, so that no reader sees half of it.
    fn write(&self, pace: &str) {
        let next = self.file.with_extension("next");
        fs::write(&next, format!("+{}{pace}\n", self.ahead.get().as_secs())).expect("a file");
        fs::rename(next, &self.file).expect("a file");
    }
}

impl Drop for Time<'_> {
    /// libfaketime's shared memory stays where its process was killed or became another program.
    fn drop(&mut self) {
        for entry in fs::read_dir("/dev/shm").into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let process = ["faketime_shm_", "sem.faketime_sem_"]
                .iter()
                .find_map(|start| name.strip_prefix(start));
            if process.is_some_and(|id| !Path::new("/proc").join(id).exists()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}
