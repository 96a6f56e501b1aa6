//! Typed `task.json` and `vss-extension.json`: what a file says, and where it is wrong.
//!
//! It reads and checks documents; it never touches a package, an agent or the network.

pub mod task;
