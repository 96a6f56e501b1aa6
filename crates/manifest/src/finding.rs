//! What can be wrong with an extension: the problem, its position, its severity and its remedy.
//!
//! It finds nothing itself and prints nothing. `problem` and `remedy` have all sentences about manifests, each once.

mod fold;
mod problem;
mod remedy;
mod severity;

use crate::document::{FilePosition, Node};

pub use fold::{Report, fold};
pub use problem::Problem;
pub(crate) use remedy::CATEGORIES;
pub use severity::Severity;

/// A problem and its position.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// File and line to look at.
    pub position: FilePosition,
    /// The problem.
    pub problem: Problem,
}

impl FilePosition {
    /// A problem at this position.
    pub fn finding(&self, problem: Problem) -> Finding {
        Finding {
            position: self.clone(),
            problem,
        }
    }
}

impl Finding {
    /// A value does not have the type that its key requires.
    pub(crate) fn wrong_type(node: &Node, key: &str, expected: &'static str) -> Self {
        let problem = Problem::WrongType {
            key: key.to_owned(),
            expected,
            found: node.kind(),
        };
        node.position.finding(problem)
    }

    /// How severe it is.
    pub fn severity(&self) -> Severity {
        self.problem.severity()
    }

    /// The remedy, as one sentence without a period; `None` if the problem's own sentence includes it.
    pub fn remedy(&self) -> Option<String> {
        remedy::remedy(self)
    }

    /// Whether the cause is a command-line flag, not a file.
    fn is_about_a_flag(&self) -> bool {
        self.position.file.starts_with("--")
    }
}
