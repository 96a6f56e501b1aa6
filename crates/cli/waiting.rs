//! What the command line waits for: one line that is redrawn on a terminal, with the elapsed time, and one plain line
//! elsewhere.
//!
//! It measures only that time, and `--quiet` hides it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use adieu_agent::Stream;
use adieu_transport::PATIENCE;

use crate::console;

/// How long a wait lasts before a log without a terminal shows it.
const PATIENCE_OF_LOGS: Duration = Duration::from_secs(10);

/// Interval of redrawing the line.
const BEAT: Duration = Duration::from_millis(500);

/// All current waits; the last one is shown.
#[derive(Default)]
struct Waits {
    list: Vec<Entry>,
    last: u64,
    /// Whether a thread redraws the line.
    is_ticking: bool,
}

struct Entry {
    id: u64,
    text: String,
    since: Instant,
    /// Whether its plain line was written.
    is_written: bool,
}

static WAITS: Mutex<Waits> = Mutex::new(Waits {
    list: Vec::new(),
    last: 0,
    is_ticking: false,
});

/// A wait, until it is dropped.
#[derive(Debug)]
pub(crate) struct Wait(Option<u64>);

impl Wait {
    /// Starts a wait with a text such as `Waiting for az`.
    pub(crate) fn begin(text: &str) -> Self {
        Self::with(text, false)
    }

    /// Starts a wait that already has its line.
    pub(crate) fn for_a_line(text: &str) -> Self {
        Self::with(text, true)
    }

    fn with(text: &str, is_written: bool) -> Self {
        if console::is_quiet() {
            return Self(None);
        }
        let mut waits = waits();
        waits.last += 1;
        let id = waits.last;
        waits.list.push(Entry {
            id,
            text: text.to_owned(),
            since: Instant::now(),
            is_written,
        });
        if !waits.is_ticking {
            waits.is_ticking = std::thread::Builder::new().spawn(tick).is_ok();
        }
        Self(Some(id))
    }

    /// Starts a wait that has already lasted long enough to be shown.
    pub(crate) fn begun(text: &str) -> Self {
        let wait = Self::begin(text);
        let mut waits = waits();
        if let Some(entry) = waits.list.iter_mut().find(|entry| Some(entry.id) == wait.0) {
            entry.since = entry.since.checked_sub(PATIENCE).unwrap_or(entry.since);
            show(entry);
        }
        wait
    }

    /// Updates the text.
    pub(crate) fn update(&self, text: &str) {
        let mut waits = waits();
        let mut list = waits.list.iter_mut();
        if let Some(entry) = list.find(|entry| Some(entry.id) == self.0) {
            text.clone_into(&mut entry.text);
            show(entry);
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if self.0.is_some() {
            let mut waits = waits();
            waits.list.retain(|entry| Some(entry.id) != self.0);
            Stream::clear_status();
        }
    }
}

fn waits() -> MutexGuard<'static, Waits> {
    WAITS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Redraws the last wait until there is none.
fn tick() {
    loop {
        std::thread::sleep(BEAT);
        let mut waits = waits();
        match waits.list.last_mut() {
            Some(entry) => show(entry),
            None => {
                waits.is_ticking = false;
                return;
            }
        }
    }
}

fn show(entry: &mut Entry) {
    let elapsed = entry.since.elapsed();
    if console::redraws() {
        if elapsed >= PATIENCE {
            let line = format!("{} … {}", entry.text, in_words(elapsed.as_secs()));
            // A line that wraps would stay on the screen.
            let columns = terminal_size::terminal_size();
            let columns = columns.map_or(80, |(width, _)| usize::from(width.0));
            let line: String = line.chars().take(columns.saturating_sub(1)).collect();
            let _ = Stream::Error.status(&line);
        }
        return;
    }
    let patience = if Stream::Error.is_terminal() {
        PATIENCE
    } else {
        PATIENCE_OF_LOGS
    };
    if !entry.is_written && elapsed >= patience {
        entry.is_written = true;
        let _ = Stream::Error.text(&format!("{} …", entry.text));
    }
}

/// `12 s`, or `2:10`.
fn in_words(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        _ => format!("{}:{:02}", seconds / 60, seconds % 60),
    }
}

#[test]
fn minutes_have_two_digits_of_seconds() {
    for (seconds, expected) in [(2, "2 s"), (59, "59 s"), (60, "1:00"), (130, "2:10")] {
        assert_eq!(in_words(seconds), expected);
    }
}
