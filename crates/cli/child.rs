//! A command that runs under this process: it gets the signals, and its end is this one's.
//!
//! It never reads what the command says.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{Child, Command};

use crate::platform::{self, Stop, Whom};

/// What a command whose launcher is gone gets before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By itself, with this code; 128 and the signal's number where a signal ended it, as shells say.
    Code(i32),
    /// Because this process was asked to stop, whatever its code.
    Stopped(i32),
    /// Because whoever started this process is gone.
    Abandoned,
}

/// Starts a command. It can be asked to stop before this process has got as far as to wait for it; and a
/// signal that this process was told to ignore, as what runs in a script's background is, the command would
/// ignore as well and could not change that.
pub(crate) fn start(command: &mut Command) -> io::Result<Child> {
    platform::hear_stops();
    command.spawn()
}

/// Waits for a command's end, and passes every stop on to it.
pub(crate) async fn wait(child: &mut Child, whom: Whom) -> io::Result<Ended> {
    let process = child.id().unwrap_or_default();
    let mut stopped = false;
    loop {
        tokio::select! {
            status = child.wait() => {
                let code = code(status?);
                return Ok(if stopped { Ended::Stopped(code) } else { Ended::Code(code) });
            }
            stop = platform::stop_requested() => {
                stopped = true;
                platform::pass_on(stop, process, whom);
            }
            () = platform::parent_gone(), if whom == Whom::Group => {
                platform::pass_on(Stop::Terminate, process, whom);
                if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
                    platform::kill(process, whom);
                }
                return Ok(Ended::Abandoned);
            }
        }
    }
}

#[cfg(unix)]
fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    let signal = status.signal().map(|signal| 128 + signal);
    status.code().or(signal).unwrap_or(1)
}

#[cfg(not(unix))]
fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(1)
}
