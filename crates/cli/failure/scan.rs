//! What keeps `adieu scan` from its work.
//!
//! It has no words; `report/scan.rs` has them.

/// Why there is no scan, or no result.
#[derive(Debug)]
pub(crate) enum ScanProblem {
    /// A path, a repository or git.
    Scan(adieu_scan::Error),
    /// The places of a person's machine, on an agent.
    MachineInAPipeline,
    /// A file is not a baseline, or cannot be read.
    Baseline { path: String, reason: String },
    /// An organization has no project of this name, or does not show it.
    NoProject { organization: String, name: String },
    /// A file cannot be written.
    NotWritten { path: String, reason: String },
}
