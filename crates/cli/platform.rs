//! Most of what differs between operating systems: how processes are stopped, which process is the parent, and how a
//! process outlives it.
//!
//! It only kills processes that this one has started.

use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

pub(crate) use imp::{
    Parent, Stops, can_run, detach, forward_signal, is_group_empty, kill, new_process_group,
};

/// Hides this process's memory and environment from other programs of the same user: on Linux, none of them can read
/// it (`/proc/PID/environ`, `mem`, a debugger), and a crash writes no core dump. Child processes are not affected.
/// Best effort: if the system refuses, nothing changes.
pub(crate) fn keep_memory_private() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    #[cfg(all(unix, not(target_os = "linux")))]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Core);
        limit.current = Some(0);
        let _ = setrlimit(Resource::Core, limit);
    }
}

/// A request to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Ctrl+C, and the agent's first signal.
    Interrupt,
    /// The agent's second signal, and Ctrl+Break.
    Terminate,
    /// The terminal was closed.
    HangUp,
}

/// The processes that a stop is forwarded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignalTarget {
    /// A process and everything that it started, in its own process group.
    Group,
    /// A process in this one's own group, which a terminal signals as well.
    SameGroup,
}

/// Waits for the first stop.
pub(crate) async fn stop_requested() -> Stop {
    Stops::listen().next().await
}

/// Creates a temporary folder in another one, which only this user can enter.
pub(crate) fn private_folder(prefix: &str, parent: &Path) -> io::Result<TempDir> {
    let mut folder = tempfile::Builder::new();
    imp::only_for_this_user(folder.prefix(prefix)).tempdir_in(parent)
}

/// The agent's worker, which lives as long as the job (`Agent.Worker`), among the ancestors of this process. Only on
/// Linux, and not in a container, where the worker is not visible.
pub(crate) fn worker() -> Option<u32> {
    let mut process = std::process::id();
    // Node and a few wrappers are in between.
    for _ in 0..8 {
        process = parent_of(process)?;
        if is_worker(process) {
            return Some(process);
        }
    }
    None
}

/// Waits until a worker has exited; forever without one.
pub(crate) async fn gone(worker: Option<u32>) {
    let Some(worker) = worker else {
        return std::future::pending().await;
    };
    // Another process may have its ID by now.
    while is_worker(worker) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Whether a process is the agent's worker (Linux).
fn is_worker(process: u32) -> bool {
    let name = std::fs::read_to_string(format!("/proc/{process}/comm"));
    name.is_ok_and(|name| name.trim_end() == "Agent.Worker")
}

/// The parent of a process (Linux).
fn parent_of(process: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name is in parentheses and may contain any character.
    let (_, after) = stat.rsplit_once(')')?;
    after.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(unix)]
mod imp {
    use std::future::pending;
    use std::os::unix::process::parent_id;
    use std::path::Path;
    use std::time::Duration;

    use rustix::process::{
        Pid, Signal, getpgrp, kill_process, kill_process_group, test_kill_process_group,
    };
    use rustix::termios::tcgetpgrp;
    use tokio::process::Command;
    use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

    use super::{SignalTarget, Stop};

    /// The stops that reach this process while there is a listener: none of them ends it, and none is lost between two
    /// calls of [`next`](Self::next). If the system does not allow a handler for a signal, that signal ends the process,
    /// as without one.
    #[derive(Debug)]
    pub(crate) struct Stops([Option<Signals>; 3]);

    impl Stops {
        /// Listens from now on.
        pub(crate) fn listen() -> Self {
            let kinds = [
                SignalKind::interrupt(),
                SignalKind::terminate(),
                SignalKind::hangup(),
            ];
            Self(kinds.map(|kind| signal(kind).ok()))
        }

        /// Waits until this process is asked to stop: by the agent through the launcher, or by a person.
        pub(crate) async fn next(&mut self) -> Stop {
            let [interrupts, terminations, hang_ups] = &mut self.0;
            tokio::select! {
                () = one_of(interrupts) => Stop::Interrupt,
                () = one_of(terminations) => Stop::Terminate,
                () = one_of(hang_ups) => Stop::HangUp,
            }
        }
    }

    async fn one_of(signals: &mut Option<Signals>) {
        match signals {
            Some(signals) => {
                signals.recv().await;
            }
            None => pending().await,
        }
    }

    /// Forwards a stop to a process that this one started.
    pub(crate) fn forward_signal(stop: Stop, process: u32, target: SignalTarget) {
        let signal = match stop {
            // The terminal has signaled a process of this group, too: many programs take a second Ctrl+C for
            // "immediately".
            Stop::Interrupt if target == SignalTarget::SameGroup && is_in_front() => return,
            Stop::Interrupt => Signal::INT,
            Stop::Terminate => Signal::TERM,
            Stop::HangUp => Signal::HUP,
        };
        send(signal, process, target);
    }

    /// Whether this process's group is the one to which its terminal sends Ctrl+C, wherever its streams lead.
    fn is_in_front() -> bool {
        let terminal = std::fs::File::open("/dev/tty");
        terminal
            .is_ok_and(|terminal| tcgetpgrp(terminal).is_ok_and(|in_front| in_front == getpgrp()))
    }

    /// Whether no process of a group is left, as far as the system shows it.
    pub(crate) fn is_group_empty(leader: u32) -> bool {
        let leader = i32::try_from(leader).ok().and_then(Pid::from_raw);
        leader.is_none_or(|leader| test_kill_process_group(leader).is_err())
    }

    /// Kills a process that ignored the stop.
    pub(crate) fn kill(process: u32, target: SignalTarget) {
        send(Signal::KILL, process, target);
    }

    fn send(signal: Signal, process: u32, target: SignalTarget) {
        let Some(process) = i32::try_from(process).ok().and_then(Pid::from_raw) else {
            return;
        };
        // A process that has already ended needs no signal.
        let _ = match target {
            SignalTarget::Group => kill_process_group(process, signal),
            SignalTarget::SameGroup => kill_process(process, signal),
        };
    }

    pub(crate) fn only_for_this_user<'b, 'n, 's>(
        folder: &'b mut tempfile::Builder<'n, 's>,
    ) -> &'b mut tempfile::Builder<'n, 's> {
        use std::os::unix::fs::PermissionsExt as _;
        folder.permissions(std::fs::Permissions::from_mode(0o700))
    }

    /// Whether the system can run a program at this path: a file system can be mounted `noexec`.
    pub(crate) fn can_run(program: &Path) -> bool {
        rustix::fs::access(program, rustix::fs::Access::EXEC_OK).is_ok()
    }

    /// Makes a process that is about to start outlive this one and its terminal.
    pub(crate) fn detach(command: &mut Command) {
        command.process_group(0);
    }

    /// Makes a process that is about to start the leader of a group, so that everything that it starts can be signaled.
    pub(crate) fn new_process_group(command: &mut Command) {
        command.process_group(0);
    }

    /// The process that started this one: the launcher of a task.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Parent(u32);

    impl Parent {
        /// The current parent. Call it early: a parent that has already exited is not noticed.
        pub(crate) fn now() -> Self {
            Self(parent_id())
        }

        /// Waits until it has exited without a signal. On systems that do not show this, it waits forever, and the agent
        /// ends the whole tree.
        pub(crate) async fn gone(self) {
            while parent_id() == self.0 {
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        }
    }
}

#[cfg(not(unix))]
mod imp {
    use std::future::pending;
    use std::path::Path;

    use tokio::process::Command;
    use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

    use super::{SignalTarget, Stop};

    /// `DETACHED_PROCESS` and `CREATE_NEW_PROCESS_GROUP`: no console, and no Ctrl+C from one.
    const DETACHED: u32 = 0x0000_0008 | 0x0000_0200;

    /// The agent sends Ctrl+C, and Ctrl+Break if that was not enough (`ProcessInvoker.cs`). Windows ends a process
    /// immediately if it has no listener.
    #[derive(Debug)]
    pub(crate) struct Stops {
        interrupts: Option<CtrlC>,
        breaks: Option<CtrlBreak>,
        closings: Option<CtrlClose>,
    }

    impl Stops {
        pub(crate) fn listen() -> Self {
            Self {
                interrupts: ctrl_c().ok(),
                breaks: ctrl_break().ok(),
                closings: ctrl_close().ok(),
            }
        }

        pub(crate) async fn next(&mut self) -> Stop {
            let interrupt = async {
                match &mut self.interrupts {
                    Some(events) => events.recv().await,
                    None => pending().await,
                }
            };
            let termination = async {
                match &mut self.breaks {
                    Some(events) => events.recv().await,
                    None => pending().await,
                }
            };
            let closing = async {
                match &mut self.closings {
                    Some(events) => events.recv().await,
                    None => pending().await,
                }
            };
            tokio::select! {
                _ = interrupt => Stop::Interrupt,
                _ = termination => Stop::Terminate,
                _ = closing => Stop::HangUp,
            }
        }
    }

    /// The console signals every process in it.
    pub(crate) fn forward_signal(_stop: Stop, _process: u32, _target: SignalTarget) {}

    /// There are no groups here; the agent ends the whole tree.
    pub(crate) fn is_group_empty(_leader: u32) -> bool {
        true
    }

    /// The agent ends the whole tree.
    pub(crate) fn kill(_process: u32, _target: SignalTarget) {}

    pub(crate) fn can_run(program: &Path) -> bool {
        program.is_file()
    }

    /// A folder inherits the permissions of its parent, and only the agent's user has access to that.
    pub(crate) fn only_for_this_user<'b, 'n, 's>(
        folder: &'b mut tempfile::Builder<'n, 's>,
    ) -> &'b mut tempfile::Builder<'n, 's> {
        folder
    }

    pub(crate) fn detach(command: &mut Command) {
        keep_own_streams();
        command.creation_flags(DETACHED);
    }

    /// A new process gets every inheritable handle, and this one's streams are the agent's pipes: the agent would
    /// wait for them, and then end the whole tree (`ProcessInvoker.cs`). Processes that are explicitly started with
    /// these streams still get them.
    #[expect(
        unsafe_code,
        reason = "the standard library starts no process with some handles alone"
    )]
    fn keep_own_streams() {
        use std::os::windows::io::AsRawHandle as _;
        use windows_sys::Win32::Foundation::{HANDLE_FLAG_INHERIT, SetHandleInformation};
        let streams = [
            std::io::stdin().as_raw_handle(),
            std::io::stdout().as_raw_handle(),
            std::io::stderr().as_raw_handle(),
        ];
        for stream in streams {
            // SAFETY: the call accepts any handle, and refuses an invalid one.
            unsafe { SetHandleInformation(stream, HANDLE_FLAG_INHERIT, 0) };
        }
    }

    /// The console signals every process in it; its own group would not receive Ctrl+C.
    pub(crate) fn new_process_group(_command: &mut Command) {}

    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Parent;

    impl Parent {
        pub(crate) fn now() -> Self {
            Self
        }

        pub(crate) async fn gone(self) {
            pending().await
        }
    }
}
