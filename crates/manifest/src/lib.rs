//! Typed `task.json` and `vss-extension.json`: what a file says, and where it is wrong.
//!
//! It reads and checks documents; it never touches a package, an agent or the network.

pub mod color;
pub mod document;
pub mod extension;
pub mod finding;
pub mod task;
pub mod task_check;
pub mod words;
