//! What differs between operating systems: how a process is asked to stop, and who started it.
//!
//! It never kills anything.

/// Waits until someone asks this process to stop: the agent by way of the launcher, or a person.
pub(crate) async fn stop_requested() {
    imp::stop_requested().await;
}

/// Waits until the launcher is gone without having told us. Only where that can be seen: elsewhere it
/// waits for ever, and the agent ends the whole tree.
pub(crate) async fn parent_gone() {
    imp::parent_gone().await;
}

#[cfg(unix)]
mod imp {
    use std::future::pending;
    use std::os::unix::process::parent_id;
    use std::time::Duration;

    use tokio::signal::unix::{SignalKind, signal};

    pub(super) async fn stop_requested() {
        let wait = async |kind| match signal(kind) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(_) => pending().await,
        };
        tokio::select! {
            () = wait(SignalKind::interrupt()) => {}
            () = wait(SignalKind::terminate()) => {}
            () = wait(SignalKind::hangup()) => {}
        }
    }

    pub(super) async fn parent_gone() {
        let parent = parent_id();
        while parent_id() == parent {
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
}

#[cfg(not(unix))]
mod imp {
    use std::future::pending;

    /// The agent sends Ctrl+C, and Ctrl+Break when that was not enough (`ProcessInvoker.cs`).
    pub(super) async fn stop_requested() {
        let ctrl_break = async {
            match tokio::signal::windows::ctrl_break() {
                Ok(mut signals) => {
                    signals.recv().await;
                }
                Err(_) => pending().await,
            }
        };
        tokio::select! {
            Ok(()) = tokio::signal::ctrl_c() => {}
            () = ctrl_break => {}
        }
    }

    pub(super) async fn parent_gone() {
        pending().await
    }
}
