//! Clients that take minutes and hundreds of megabytes to install: they only run by name.
//!
//! It asserts nothing new about our own programs; it shows that these clients accept what we give them.
#![allow(
    clippy::disallowed_methods,
    reason = "tests start programs in an environment that is close to their own"
)]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../harness/mod.rs"]
#[allow(dead_code, unused_imports)]
mod harness;

#[path = "../emulated_time.rs"]
#[allow(dead_code)]
mod emulated_time;

#[cfg(target_os = "linux")]
#[path = "../feeds/job.rs"]
#[allow(dead_code)]
mod job;

#[cfg(target_os = "linux")]
#[path = "../feeds/addresses.rs"]
mod addresses;

// `cargo xtask test --feeds`
#[cfg(target_os = "linux")]
mod feeds;
// `cargo xtask test --az`
mod az;
// `cargo xtask test --go`
mod go;
// `cargo xtask test --java`
mod java;
// What the Azure SDKs for both languages get.
mod sdk;
// `cargo xtask test --renovate`
mod renovate;
// `cargo xtask test --sarif`
mod sarif;
