//! The feeds and clients that inputs or flags name: their lines and words, for a request.
//!
//! It makes no other decisions.

use adieu_agent::undefined_variable;
use adieu_feeds::{FeedLine, Reading, Request, Tool, parse_registry, parse_tools};

use crate::failure::{FeedLineProblemKind, FeedsProblem};
use crate::lines::meaningful_lines;

/// The request for lines of `feeds`, which are at `position`, and words of `tools`.
pub(super) fn choose(
    reading: &Reading,
    (position, feeds): (&str, &str),
    tools: &str,
    can_serve: &[Tool],
) -> Result<Request, FeedsProblem> {
    let mut lines = Vec::new();
    let mut problems = Vec::new();
    for text in meaningful_lines(feeds) {
        let undefined = undefined_variable(text);
        let line = match undefined {
            Some(variable) => Err(FeedLineProblemKind::UndefinedVariable(variable.to_owned())),
            None => FeedLine::parse(text).map_err(FeedLineProblemKind::NotAFeedLine),
        };
        match line {
            Ok(line) => lines.push(line),
            Err(problem) => problems.push((text.to_owned(), problem)),
        }
    }
    if !problems.is_empty() {
        return Err(FeedsProblem::Lines(problems));
    }
    let wanted = parse_tools(tools).map_err(FeedsProblem::NotATool)?;
    let lines = (position, lines);
    Ok(Request::choose(reading, lines, wanted.as_ref(), can_serve))
}

/// The lines of `containerRegistries`.
pub(super) fn registries(text: &str) -> Result<Vec<String>, FeedsProblem> {
    let mut registries = Vec::new();
    for line in meaningful_lines(text) {
        let registry = parse_registry(line);
        registries.push(registry.ok_or_else(|| FeedsProblem::NotARegistry(line.to_owned()))?);
    }
    Ok(registries)
}
