//! What can be wrong with an extension: the problem, its place, its severity and its remedy.
//!
//! It finds nothing itself and prints nothing. Every sentence about a manifest is in `problem` and `remedy`, once.

mod fold;
mod problem;
mod remedy;
mod severity;

use crate::document::{Node, Place};

pub use fold::{Report, fold};
pub use problem::Problem;
pub(crate) use remedy::CATEGORIES;
pub use severity::Severity;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// File and line to look at.
    pub place: Place,
    /// What is wrong there.
    pub problem: Problem,
}

impl Finding {
    /// A problem at a place.
    #[must_use]
    pub fn new(place: &Place, problem: Problem) -> Self {
        Self {
            place: place.clone(),
            problem,
        }
    }

    /// A value of another type than its key has.
    pub(crate) fn wrong_type(node: &Node, key: &str, expected: &'static str) -> Self {
        let problem = Problem::WrongType {
            key: key.to_owned(),
            expected,
            found: node.kind(),
        };
        Self::new(&node.place, problem)
    }

    /// How severe it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.problem.severity()
    }

    /// What to do about it, as one sentence without its full stop; `None` where the problem's own sentence says it.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        remedy::remedy(self)
    }

    /// Whether a flag of the command line is to blame, and not a file.
    fn is_about_a_flag(&self) -> bool {
        self.place.file.starts_with("--")
    }
}
