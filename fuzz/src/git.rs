//! The reader of git's questions, compiled from the program's file, because a program has no library to link.
//!
//! It changes nothing in it.

#[path = "../../crates/cli/git_credential/question.rs"]
pub(crate) mod question;

/// The organization that a question is about, if it is one.
pub(crate) fn organization(text: &str) -> Option<String> {
    let question = question::Question::read(text);
    question
        .organization()
        .map(|organization| organization.name().to_owned())
}
