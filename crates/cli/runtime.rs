//! The one place that starts an async runtime: of one thread, for as long as one verb or task takes.
//!
//! It never knows what runs in it.

use std::pin::{Pin, pin};

use crate::failure::Failure;

/// Runs work to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let mut outcome = None;
    drive(pin!(async { outcome = Some(work.await) }))?;
    Ok(outcome.expect("the work has ended"))
}

/// Is in the binary once, not for each verb.
fn drive(work: Pin<&mut dyn Future<Output = ()>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::NoRuntime)?;
    runtime.block_on(work);
    // A name that is still being resolved must not keep the program from ending.
    runtime.shutdown_background();
    Ok(())
}
