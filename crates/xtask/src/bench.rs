//! `cargo xtask bench <name>`: the measurements that documents and commits claim.
//!
//! It measures whole commands only, and judges nothing.

/// Runs the named measurements.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    match names {
        [] | ["token"] => Err("not there yet".to_owned()),
        _ => Err(format!("There is no measurement {}.", names.join(" "))),
    }
}
