//! Fuzzes the reader of git's questions, compiled from the program's file, because a program has no library to link.
//!
//! It does not change that file.

#[path = "../../crates/cli/git_credential/question.rs"]
pub(crate) mod question;

/// The organization of a question; `None` if it is not about one.
pub(crate) fn organization(text: &str) -> Option<String> {
    let question = question::Question::read(text);
    question
        .organization()
        .map(|organization| organization.name().to_owned())
}
