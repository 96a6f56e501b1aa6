//! A command that runs under this process: it gets the signals, and its end is this one's.
//!
//! It never reads what the command says.

use std::future::pending;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{Child, Command};

use crate::platform::{self, Parent, Stop, Stops, Whom};

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

/// A command that runs.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) process: Child,
    stops: Stops,
}

impl Running {
    /// Starts a command, which can be asked to stop through `stops` from the first moment. They are listened
    /// to before it starts: a signal that this process was told to ignore, as what runs in a script's background
    /// is, the command would ignore as well and could not change that.
    pub(crate) fn start(command: &mut Command, stops: Stops) -> io::Result<Self> {
        let process = command.spawn()?;
        Ok(Self { process, stops })
    }

    /// Waits for its end, and passes every stop on to it. It ends with `parent`, where one is given.
    pub(crate) async fn wait(mut self, whom: Whom, parent: Option<Parent>) -> io::Result<Ended> {
        let process = self.process.id().unwrap_or_default();
        let mut stopped = false;
        let abandoned = async {
            match parent {
                Some(parent) => parent.gone().await,
                None => pending().await,
            }
        };
        tokio::pin!(abandoned);
        loop {
            tokio::select! {
                status = self.process.wait() => {
                    let code = code(status?);
                    return Ok(if stopped { Ended::Stopped(code) } else { Ended::Code(code) });
                }
                stop = self.stops.next() => {
                    stopped = true;
                    platform::pass_on(stop, process, whom);
                }
                () = &mut abandoned => {
                    platform::pass_on(Stop::Terminate, process, whom);
                    if tokio::time::timeout(GRACE, self.process.wait()).await.is_err() {
                        platform::kill(process, whom);
                    }
                    return Ok(Ended::Abandoned);
                }
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
