//! A process of the agent, whose two pipes are read line by line (`ProcessInvoker.cs`).
//!
//! It knows no commands: lines are passed on unchanged.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How long the agent waits for the pipes after a process has ended.
const PIPES_AFTER_EXIT: Duration = Duration::from_secs(5);

/// Signals for a process that is to be stopped, and their delays after the request (`PROCESS_SIGINT_TIMEOUT`,
/// `PROCESS_SIGTERM_TIMEOUT`). The last one first.
const STOPS: [(Duration, &str); 2] = [
    (Duration::from_millis(10_000), "KILL"),
    (Duration::from_millis(7_500), "TERM"),
];

/// An event of a process.
pub(crate) enum Event {
    /// A line on one of its pipes.
    Line(Pipe, String),
    /// The arguments of the process or of one of its children.
    Arguments(String),
    /// The environment of a program that the task started, other than Node and the task's own: name, and variables
    /// that end with zero bytes.
    Environment(String, Vec<u8>),
}

/// The pipe of a line. The order matters: of all the available lines, the agent takes those of standard error first
/// (`ProcessOutput`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pipe {
    Error,
    Output,
}

/// A running native program.
pub(crate) struct Program {
    pub(crate) id: u32,
    /// The parent process.
    pub(crate) launcher: u32,
}

/// A running process.
pub(crate) struct Process {
    child: Child,
    events: Receiver<Event>,
    /// Events that were available at the same time, in the order in which the agent takes them.
    batch: VecDeque<Event>,
    watching: Arc<AtomicBool>,
    ended: Option<Instant>,
    status: Option<ExitStatus>,
    held: bool,
    stop_requested_at: Option<Instant>,
    stops: Vec<(Duration, &'static str)>,
}

impl Process {
    /// Starts a program with these arguments.
    pub(crate) fn start(
        program: &str,
        arguments: &[&Path],
        environment: &BTreeMap<String, String>,
        working_folder: &Path,
        input: Option<&str>,
    ) -> Self {
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(environment)
            .current_dir(working_folder)
            .stdin(if input.is_some() {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
        if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
            pipe.write_all(input.as_bytes())
                .expect("the process reads its input");
        }
        let (sender, events) = channel();
        let watching = Arc::new(AtomicBool::new(true));
        let output = child.stdout.take().expect("a pipe");
        let errors = child.stderr.take().expect("a pipe");
        read(Pipe::Output, output, sender.clone());
        read(Pipe::Error, errors, sender.clone());
        watch(child.id(), sender, watching.clone());
        Self {
            child,
            events,
            batch: VecDeque::new(),
            watching,
            ended: None,
            status: None,
            held: false,
            stop_requested_at: None,
            stops: STOPS.to_vec(),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next event; `None` once the process has ended and its pipes are closed, or five seconds later.
    pub(crate) fn next(&mut self) -> Option<Event> {
        loop {
            self.stop_harder();
            if let Some(event) = self.batch.pop_front() {
                return Some(event);
            }
            match self.events.recv_timeout(Duration::from_millis(20)) {
                Ok(event) => {
                    let mut batch: Vec<Event> = vec![event];
                    batch.extend(self.events.try_iter());
                    batch.sort_by_key(|event| match event {
                        Event::Line(pipe, _) => *pipe,
                        Event::Arguments(_) | Event::Environment(..) => Pipe::Error,
                    });
                    self.batch = batch.into();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    self.status = self.child.wait().ok();
                    return None;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                self.status = Some(status);
                self.watching.store(false, Ordering::SeqCst);
                let ended = *self.ended.get_or_insert_with(Instant::now);
                if ended.elapsed() > PIPES_AFTER_EXIT {
                    self.held = true;
                    return None;
                }
            }
        }
    }

    /// Whether a child kept the pipes open, so that the agent stopped waiting for them.
    pub(crate) fn pipes_were_held(&self) -> bool {
        self.held
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Its exit code; `None` if a signal ended it.
    pub(crate) fn exit_code(&self) -> Option<i32> {
        self.status?.code()
    }

    /// Its exit code as in .NET: 128 plus the signal's number, if a signal ended it.
    pub(crate) fn exit_code_of_dotnet(&self) -> i32 {
        self.exit_code()
            .or_else(|| signal_number(self.status?).map(|signal| 128 + signal))
            .unwrap_or(-1)
    }

    /// Stops only this process: with SIGINT now, then with SIGTERM and SIGKILL if it continues.
    pub(crate) fn cancel(&mut self) {
        self.stop_requested_at.get_or_insert_with(Instant::now);
        self.signal("INT");
    }

    fn stop_harder(&mut self) {
        let Some(requested_at) = self.stop_requested_at.filter(|_| self.ended.is_none()) else {
            return;
        };
        while let Some((_, signal)) = self
            .stops
            .pop_if(|(after, _)| requested_at.elapsed() >= *after)
        {
            self.signal(signal);
        }
    }

    /// Sends a signal only to this process, as the agent does on Linux and macOS.
    pub(crate) fn signal(&self, signal: &str) {
        send(signal, self.child.id());
    }

    /// Native programs below this process at any depth, each with its parent process (Linux).
    pub(crate) fn programs(&self) -> Vec<Program> {
        let mut found = Vec::new();
        let mut processes = vec![self.child.id()];
        while let Some(launcher) = processes.pop() {
            for id in children(launcher) {
                let name = fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
                if name.trim_end() == "adieu" {
                    found.push(Program { id, launcher });
                }
                processes.push(id);
            }
        }
        found
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.watching.store(false, Ordering::SeqCst);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to one process.
pub(crate) fn send(signal: &str, process: u32) {
    let _ = Command::new("kill")
        .arg(format!("-{signal}"))
        .arg(process.to_string())
        .status();
}

#[cfg(unix)]
fn signal_number(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal_number(_status: ExitStatus) -> Option<i32> {
    None
}

/// The children of a process (Linux).
fn children(process: u32) -> Vec<u32> {
    let list =
        fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    list.split_whitespace()
        .filter_map(|id| id.parse().ok())
        .collect()
}

/// Reads lines like .NET's `ReadLine`: they end at `\n`, at `\r` and at `\r\n`.
fn read(of: Pipe, mut pipe: impl Read + Send + 'static, sender: Sender<Event>) {
    let send = move |line: &[u8]| {
        let line = String::from_utf8_lossy(line).into_owned();
        let _ = sender.send(Event::Line(of, line));
    };
    std::thread::spawn(move || {
        let mut line = Vec::new();
        let mut after_return = false;
        let mut bytes = [0; 16 * 1024];
        while let Ok(count @ 1..) = pipe.read(&mut bytes) {
            for byte in &bytes[..count] {
                match byte {
                    b'\n' if after_return => {}
                    b'\n' | b'\r' => {
                        send(&line);
                        line.clear();
                    }
                    byte => line.push(*byte),
                }
                after_return = *byte == b'\r';
            }
        }
        if !line.is_empty() {
            send(&line);
        }
    });
}

/// Repeatedly reads the arguments of the process and its children, and the environment of children other than the
/// task itself (Linux).
fn watch(process: u32, sender: Sender<Event>, watching: Arc<AtomicBool>) {
    let of = |id: u32, what: &str| fs::read(format!("/proc/{id}/{what}")).unwrap_or_default();
    std::thread::spawn(move || {
        let mut seen = Vec::new();
        while watching.load(Ordering::SeqCst) {
            let mut processes = vec![(process, false)];
            let mut alive = false;
            while let Some((id, is_of_task)) = processes.pop() {
                let name = String::from_utf8_lossy(&of(id, "comm")).trim().to_owned();
                let line = String::from_utf8_lossy(&of(id, "cmdline")).into_owned();
                let is_task = ["node", "MainThread", "adieu"]
                    .iter()
                    .any(|known| name.starts_with(known))
                    || runs_the_task(&line);
                let below = children(id).into_iter();
                processes.extend(below.map(|child| (child, is_of_task || is_task)));
                let arguments = line.replace('\0', " ");
                if arguments.is_empty() {
                    continue;
                }
                alive = true;
                if seen.contains(&arguments) {
                    continue;
                }
                seen.push(arguments.clone());
                let mut events = vec![Event::Arguments(arguments)];
                if is_of_task && !is_task {
                    events.push(Event::Environment(name, of(id, "environ")));
                }
                if events.into_iter().any(|event| sender.send(event).is_err()) {
                    return;
                }
            }
            if !alive {
                return;
            }
            std::thread::sleep(Duration::from_millis(4));
        }
    });
}

/// Whether a command line runs the task's program with QEMU or Wine. Such a process counts as the program.
fn runs_the_task(line: &str) -> bool {
    let words = line.split('\0');
    words.skip(1).take(2).any(|word| {
        let file = word.rsplit(['/', '\\']).next();
        matches!(file, Some("adieu" | "adieu.exe"))
    })
}
