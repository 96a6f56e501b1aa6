//! The typed inputs of every task, made by build.rs from `task/*/task.json`.
//!
//! Nothing in it is written by hand.

include!(concat!(env!("OUT_DIR"), "/inputs.rs"));
