//! Measurements beside peers, one file for each.
//!
//! It judges; it never changes what it measures.

pub(crate) mod package;
