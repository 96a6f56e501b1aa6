//! The table of sizes: what everything that ships weighs, and its budget.
//!
//! An agent downloads one zip for each task that it uses, so size is time that users wait.

use crate::command::print_line;

/// A binary on disk.
pub(crate) const BINARY: u64 = 45 * MIB / 10;
/// What the binary for Windows may have in addition: Windows requires unwind tables, which are 0.24 MB.
pub(crate) const UNWIND_TABLES: u64 = MIB / 4;
/// A binary after deflate.
pub(crate) const DEFLATED: u64 = 225 * MIB / 100;
/// What an agent downloads of one task: the binaries of all platforms, deflated.
pub(crate) const TASK: u64 = 115 * MIB / 10;
/// The whole VSIX.
pub(crate) const PACKAGE: u64 = 46 * MIB;

const MIB: u64 = 1024 * 1024;

/// Rows of the table: a name, its bytes, its budget.
#[derive(Default)]
pub(crate) struct Sizes(Vec<(String, u64, u64)>);

impl Sizes {
    /// Adds a row.
    pub(crate) fn add(&mut self, name: impl Into<String>, bytes: u64, budget: u64) {
        self.0.push((name.into(), bytes, budget));
    }

    /// Prints the table.
    ///
    /// # Errors
    /// One sentence that names what is over its budget.
    pub(crate) fn check(&self) -> Result<(), String> {
        print_line(&format!("{:<24} {:>12} {:>12}", "", "bytes", "budget"));
        for (name, bytes, budget) in &self.0 {
            print_line(&format!("{name:<24} {bytes:>12} {budget:>12}"));
        }
        let over = self.0.iter().filter(|(_, bytes, budget)| bytes > budget);
        let over: Vec<&str> = over.map(|(name, ..)| &**name).collect();
        match over.as_slice() {
            [] => Ok(()),
            over => Err(format!("Over the budget: {}.", over.join(", "))),
        }
    }
}
