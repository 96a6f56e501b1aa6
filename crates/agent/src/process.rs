//! The only file that reads the environment of this process.
//!
//! It never changes it; a child's variables are set on its command. `clippy.toml` forbids the standard library's
//! readers elsewhere.
#![expect(
    clippy::disallowed_methods,
    reason = "everything else reads the environment through this file"
)]

use std::ffi::OsString;

/// A variable of this process; `None` if it is not set, empty or not Unicode.
pub fn process_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A variable that holds a path, which need not be Unicode.
pub fn process_path(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// All variables of this process.
pub fn process_variables() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}

/// Whether this process runs in a job of Azure Pipelines, as a task or from a script.
pub fn is_in_a_pipeline() -> bool {
    process_variable("TF_BUILD").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}
