//! Typed `task.json` and `vss-extension.json`: their contents and their problems, with positions.
//!
//! It reads and checks documents; it never touches a package, an agent or the network.

pub mod color;
pub mod document;
pub mod extension;
pub mod finding;
pub mod task;
pub mod task_check;
pub mod words;
