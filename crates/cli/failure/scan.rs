//! What can go wrong in `adieu scan`.
//!
//! It contains no messages; `report/scan.rs` does.

/// Why there is no scan, or no result.
#[derive(Debug)]
pub(crate) enum ScanProblem {
    /// A problem with a path, a repository or git.
    Scan(adieu_scan::Error),
    /// `--machine` was used on an agent.
    MachineInAPipeline,
    /// A file is not a baseline, or cannot be read.
    Baseline { path: String, reason: String },
    /// An organization does not have this project, or the caller cannot see it.
    NoProject { organization: String, name: String },
    /// A file cannot be written.
    NotWritten { path: String, reason: String },
}
