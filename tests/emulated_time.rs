//! The emulator's clock for real processes: a job and its clients use the emulated time.
//!
//! It never changes a process: Debian's libfaketime, between the process and the system's clocks, moves all of them
//! forward as far as the emulator's, including the one for timers.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::harness::client;
use adieu_emulator::{Job, World};

/// How far ahead the clocks are.
pub(crate) struct Time<'w> {
    world: &'w World,
    ahead: Cell<Duration>,
    file: PathBuf,
}

impl<'w> Time<'w> {
    /// The time of a world: the current time until it advances.
    pub(crate) fn of(world: &'w World) -> Self {
        let time = Self {
            world,
            ahead: Cell::default(),
            file: world.folder().join("time"),
        };
        time.write("");
        time
    }

    /// A job that uses it, with everything that it starts.
    pub(crate) fn job(&self) -> Job<'w> {
        let mut job = self.world.job();
        for (name, value) in self.environment() {
            job.agent_environment(name, &value);
        }
        job
    }

    /// The variables that make a process use it.
    pub(crate) fn environment(&self) -> [(&'static str, String); 4] {
        let library = client("time").join("libfaketimeMT.so.1");
        let text = |path: &Path| path.to_string_lossy().into_owned();
        [
            ("LD_PRELOAD", text(&library)),
            ("FAKETIME_TIMESTAMP_FILE", text(&self.file)),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            // The times of files do not change.
            ("NO_FAKE_STAT", "1".to_owned()),
        ]
    }

    /// Advances all clocks.
    pub(crate) fn advance(&self, by: Duration) {
        self.ahead.set(self.ahead.get() + by);
        self.world.clock().advance(by);
        self.write("");
    }

    /// Almost stops the clocks of processes until it advances.
    pub(crate) fn stand_still(&self) {
        self.write(" x0.001");
    }

    /// Atomically, so that no reader sees half of it.
    fn write(&self, pace: &str) {
        let next = self.file.with_extension("next");
        fs::write(&next, format!("+{}{pace}\n", self.ahead.get().as_secs())).expect("a file");
        fs::rename(next, &self.file).expect("a file");
    }
}

impl Drop for Time<'_> {
    /// A process that is killed, or replaced by another program, leaves libfaketime's shared memory behind.
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
