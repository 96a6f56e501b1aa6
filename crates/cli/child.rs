//! A child command: signals are forwarded to it, and its exit code becomes this process's.
//!
//! It never reads the command's output.

use std::future::pending;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::Instant;

use crate::platform::{self, Parent, SignalTarget, Stop, Stops};

/// The agent kills all processes ten seconds after its first signal (`ProcessInvoker.cs`). A command that has not
/// ended by then is killed a little earlier, so that the step can still report how it ended.
const STOPPED: Duration = Duration::from_secs(9);

/// Time for a command whose launcher has exited, before it is killed.
const ABANDONED: Duration = Duration::from_secs(2);

/// Time for the rest of a command's group after SIGTERM, once the command itself has ended.
const LEFTOVERS: Duration = Duration::from_secs(1);

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommandEnd {
    /// On its own, with this code; 128 plus the signal's number if a signal ended it, as in shells.
    Code(i32),
    /// Because this process was asked to stop, whatever its code.
    Stopped(i32),
    /// Because the process that started this one has exited.
    Abandoned,
}

/// A running command.
#[derive(Debug)]
pub(crate) struct RunningCommand {
    pub(crate) process: Child,
    stops: Stops,
}

impl RunningCommand {
    /// Starts a command, which can be stopped through `stops` from the first moment. The signal handlers are
    /// installed before it starts: a signal that this process ignores, as a script's background processes do, would
    /// be ignored by the command as well, which could not change that.
    pub(crate) fn start(command: &mut Command, stops: Stops) -> io::Result<Self> {
        let process = command.spawn()?;
        Ok(Self { process, stops })
    }

    /// Waits until it ends, and forwards every stop to it. A stopped command ends within the time that the agent
    /// gives a step, with its whole group: a process that holds the step's pipes would make the agent wait. It also
    /// ends with `parent`, if one is given.
    pub(crate) async fn wait(
        mut self,
        target: SignalTarget,
        parent: Option<Parent>,
    ) -> io::Result<CommandEnd> {
        let process = self.process.id().unwrap_or_default();
        let abandoned = async {
            match parent {
                Some(parent) => parent.gone().await,
                None => pending().await,
            }
        };
        tokio::pin!(abandoned);
        let mut kill_at = None;
        let ended = loop {
            tokio::select! {
                status = self.process.wait() => {
                    let code = code(status?);
                    break if kill_at.is_some() { CommandEnd::Stopped(code) } else { CommandEnd::Code(code) };
                }
                stop = self.stops.next() => {
                    kill_at.get_or_insert(Instant::now() + STOPPED);
                    platform::forward_signal(stop, process, target);
                }
                () = until(kill_at), if target == SignalTarget::Group => {
                    // Signal the whole group, so that no process remains.
                    platform::kill(process, target);
                    return Ok(CommandEnd::Stopped(code(self.process.wait().await?)));
                }
                () = &mut abandoned => {
                    platform::forward_signal(Stop::Terminate, process, target);
                    if tokio::time::timeout(ABANDONED, self.process.wait()).await.is_err() {
                        platform::kill(process, target);
                    }
                    break CommandEnd::Abandoned;
                }
            }
        };
        if target == SignalTarget::Group && !matches!(ended, CommandEnd::Code(_)) {
            end_group(process).await;
        }
        Ok(ended)
    }
}

/// Ends the rest of a group whose leader has exited: a shell's background jobs ignore the agent's first signal.
async fn end_group(leader: u32) {
    if platform::is_group_empty(leader) {
        return;
    }
    platform::forward_signal(Stop::Terminate, leader, SignalTarget::Group);
    let emptied = async {
        while !platform::is_group_empty(leader) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(LEFTOVERS, emptied).await.is_err() {
        platform::kill(leader, SignalTarget::Group);
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => pending().await,
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
