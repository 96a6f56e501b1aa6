//! The packages of a feed, by the protocol of their clients.

use super::exchange::Exchange;
use super::{cargo, maven, npm, nuget, python};
use crate::http::Answer;

/// A feed's packages.
#[derive(Debug)]
pub(super) struct Packages {
    pub(super) cargo: cargo::Crates,
    pub(super) maven: maven::Files,
    pub(super) npm: npm::Packages,
    pub(super) nuget: nuget::Packages,
    pub(super) python: python::Projects,
}

impl Packages {
    /// The packages that every feed has.
    pub(super) fn new() -> Self {
        Self {
            cargo: cargo::first(),
            maven: maven::first(),
            npm: npm::first(),
            nuget: nuget::first(),
            python: python::first(),
        }
    }

    /// The packages that were added.
    pub(super) fn published(&self) -> Vec<String> {
        let mut all = Vec::new();
        all.extend(cargo::names(&self.cargo));
        all.extend(maven::names(&self.maven));
        all.extend(npm::names(&self.npm));
        all.extend(nuget::names(&self.nuget));
        all.extend(python::names(&self.python));
        all.retain(|line| !line.contains(" hello-"));
        all.sort();
        all
    }
}

/// Answers a request; `None` if the protocol has no such route.
pub(super) fn answer(exchange: Exchange<'_, Packages>) -> Option<Answer> {
    match exchange.asked.rest {
        ["npm", "registry", rest @ ..] | ["npm", rest @ ..] => {
            npm::answer(&mut exchange.with(|all| &mut all.npm), rest)
        }
        ["nuget", rest @ ..] => nuget::answer(&mut exchange.with(|all| &mut all.nuget), rest),
        ["pypi", rest @ ..] => python::answer(&mut exchange.with(|all| &mut all.python), rest),
        ["maven", "v1", rest @ ..] => maven::answer(&mut exchange.with(|all| &mut all.maven), rest),
        ["Cargo", rest @ ..] => cargo::answer(&mut exchange.with(|all| &mut all.cargo), rest),
        _ => None,
    }
}
