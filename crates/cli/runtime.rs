//! The only place that starts an async runtime: single-threaded, for one verb or task.
//!
//! It does not know what runs in it.

use std::pin::{Pin, pin};

use crate::failure::Failure;

/// Runs a future to completion.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Box<Failure>> {
    let mut outcome = None;
    drive(pin!(async { outcome = Some(work.await) }))?;
    Ok(outcome.expect("the work has ended"))
}

/// A separate function, so that the binary has it once, not for each verb.
fn drive(work: Pin<&mut dyn Future<Output = ()>>) -> Result<(), Box<Failure>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::NoRuntime)?;
    runtime.block_on(work);
    // A pending name resolution must not keep the program from exiting.
    runtime.shutdown_background();
    Ok(())
}
