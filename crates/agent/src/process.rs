//! The one file that reads the environment of this process.
//!
//! It never changes it; the variables of a child are set on its command. `clippy.toml` forbids the standard library's
//! readers.
#![expect(
    clippy::disallowed_methods,
    reason = "everything else reads the environment through this file"
)]

use std::ffi::OsString;

/// A variable of this process that has a value. One that is not Unicode counts as none.
#[must_use]
pub fn process_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The same for a path, which may be anything.
#[must_use]
pub fn process_path(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// All variables of this process.
pub fn process_variables() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}

/// Whether a job of Azure Pipelines runs this process, as a task or from a script.
#[must_use]
pub fn is_in_a_pipeline() -> bool {
    process_variable("TF_BUILD").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}
