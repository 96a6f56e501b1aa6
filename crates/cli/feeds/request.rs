//! The feeds and clients of a step: what the repository declares, and what the inputs add or exclude.
//!
//! It uses no service and writes nothing.

use adieu_agent::undefined_variable;
use adieu_feeds::{Declaration, FeedAddress, NotAFeed, Reading, Tool};
use adieu_order::Set;

use crate::failure::{FeedLineProblemKind, FeedsProblem};
use crate::lines::meaningful_lines;

/// The clients that get credentials from a step.
pub(crate) const SERVED: [Tool; 11] = Tool::ALL;

/// Clients that need no file outside the private folder: locally, such files are not written.
pub(crate) const SERVED_LOCALLY: [Tool; 9] = [
    Tool::Npm,
    Tool::NuGet,
    Tool::Pip,
    Tool::Uv,
    Tool::Poetry,
    Tool::Pdm,
    Tool::Maven,
    Tool::Cargo,
    Tool::Twine,
];

/// A line of `feeds`.
#[derive(Debug)]
struct Line {
    is_exclusion: bool,
    address: FeedAddress,
    tools: Vec<Tool>,
}

/// The feeds and clients to serve.
#[derive(Debug, Default)]
pub(crate) struct Request {
    /// Feeds for clients that get credentials, by file and line.
    pub(crate) served: Vec<Declaration>,
    /// Feeds for clients that do not.
    pub(crate) unserved: Vec<Declaration>,
    /// Whether the repository uses yarn 1.
    pub(crate) has_yarn_1: bool,
    /// Whether the repository uses pnpm.
    pub(crate) has_pnpm: bool,
    /// The IDs of Maven's repositories to which it deploys, if publishing was requested.
    pub(crate) deployed_to: Vec<String>,
    /// The repositories to which it would deploy.
    deployable_to: Vec<String>,
    /// The clients of `served`.
    pub(crate) tools: Set<Tool>,
}

impl Request {
    /// Selects from the declarations. If `feeds` lists feeds, only those are served, declared or not; `input` is
    /// their position.
    pub(crate) fn choose(
        reading: &Reading,
        input: &str,
        feeds: &str,
        tools: &str,
        can_serve: &[Tool],
    ) -> Result<Self, FeedsProblem> {
        let lines = lines(feeds)?;
        let wanted = self::tools(tools)?;
        let (excluded, listed): (Vec<_>, Vec<_>) =
            lines.into_iter().partition(|line| line.is_exclusion);
        let names = |line: &Line, declaration: &Declaration| {
            line.address.is_same_feed(&declaration.address)
                && (line.tools.is_empty() || line.tools.contains(&declaration.tool))
        };
        let is_chosen = |declaration: &&Declaration| {
            (listed.is_empty() || listed.iter().any(|line| names(line, declaration)))
                && !excluded.iter().any(|line| names(line, declaration))
                && wanted
                    .as_ref()
                    .is_none_or(|tools| tools.contains(&declaration.tool))
        };
        let declared = reading.declarations.iter().filter(is_chosen).cloned();
        let mut all: Vec<Declaration> = declared.collect();
        for line in &listed {
            // Files outside the private folder, and those for publishing, are written only for clients that were
            // requested.
            let tools = match (line.tools.as_slice(), &wanted) {
                ([], None) => SERVED_LOCALLY[..8].to_vec(),
                ([], Some(wanted)) => wanted.iter().copied().collect(),
                (tools, _) => tools.to_vec(),
            };
            for tool in tools {
                let is_wanted = wanted.as_ref().is_none_or(|tools| tools.contains(&tool));
                let is_there =
                    |one: &Declaration| one.tool == tool && line.address.is_same_feed(&one.address);
                // Maven finds a feed only by an ID, which only a POM has.
                if is_wanted && tool != Tool::Maven && !all.iter().any(is_there) {
                    all.push(Declaration {
                        place: input.to_owned(),
                        line: 0,
                        tool,
                        address: line.address.clone(),
                        name: None,
                    });
                }
            }
        }
        let (served, unserved): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|one| can_serve.contains(&one.tool));
        Ok(Self {
            has_yarn_1: reading.has_yarn_1,
            has_pnpm: reading.has_pnpm,
            deployed_to: Vec::new(),
            deployable_to: deployable_to(reading, &served),
            tools: served.iter().map(|one| one.tool).collect(),
            served,
            unserved,
        })
    }

    /// The organizations of the feeds that are served.
    pub(crate) fn organizations(&self) -> Set<&str> {
        let served = self.served.iter();
        served
            .map(|one| one.address.organization.as_str())
            .collect()
    }

    /// Whether one of these clients is served.
    pub(crate) fn has_any(&self, tools: &[Tool]) -> bool {
        tools.iter().any(|tool| self.tools.contains(tool))
    }

    /// Adds what publishing needs: the IDs to which Maven deploys, and twine and hatch for Python feeds.
    pub(crate) fn add_publishing(&mut self) {
        self.deployed_to = std::mem::take(&mut self.deployable_to);
        if self.has_any(&[Tool::Pip, Tool::Uv, Tool::Poetry, Tool::Pdm]) {
            self.tools.insert(Tool::Twine);
        }
    }

    /// Removes the feeds of other organizations, and returns them.
    pub(crate) fn only_of(&mut self, organization: &str) -> Vec<Declaration> {
        let all = std::mem::take(&mut self.served);
        let (own, others): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|one| one.address.organization.eq_ignore_ascii_case(organization));
        self.tools = own.iter().map(|one| one.tool).collect();
        self.served = own;
        others
    }
}

/// The IDs to which Maven deploys. A credential for deploying belongs to an ID, so all repositories with that ID must
/// be the same feed.
fn deployable_to(reading: &Reading, served: &[Declaration]) -> Vec<String> {
    let mut ids = Vec::new();
    for (id, feed) in &reading.deployed_to {
        let mut same = reading.deployed_to.iter().filter(|(other, _)| other == id);
        let is_one = same.all(|(_, other)| match (feed, other) {
            (Some(feed), Some(other)) => feed.is_same_feed(other),
            _ => false,
        });
        let mut declared = served.iter().filter(|one| one.name.as_ref() == Some(id));
        let is_served = declared.any(|one| one.tool == Tool::Maven);
        if is_one && is_served && !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    ids
}

/// `file:line`, or another source of the declaration.
pub(crate) fn place(place: &str, line: usize) -> String {
    match line {
        0 => place.to_owned(),
        line => format!("{place}:{line}"),
    }
}

fn lines(text: &str) -> Result<Vec<Line>, FeedsProblem> {
    let mut lines = Vec::new();
    let mut problems = Vec::new();
    for text in meaningful_lines(text) {
        match line(text) {
            Ok(line) => lines.push(line),
            Err(fault) => problems.push((text.to_owned(), fault)),
        }
    }
    match problems.is_empty() {
        true => Ok(lines),
        false => Err(FeedsProblem::Lines(problems)),
    }
}

fn line(text: &str) -> Result<Line, FeedLineProblemKind> {
    if let Some(variable) = undefined_variable(text) {
        return Err(FeedLineProblemKind::UndefinedVariable(variable.to_owned()));
    }
    let rest = text.strip_prefix('-').map(str::trim_start);
    let is_exclusion = rest.is_some();
    let (feed, tools) = match rest.unwrap_or(text).split_once(" =") {
        Some((feed, tools)) => (feed.trim(), tools),
        None => (rest.unwrap_or(text), ""),
    };
    let tools = words(tools).map(|word| {
        Tool::of(word)
            .filter(|tool| is_exclusion || SERVED.contains(tool))
            .ok_or_else(|| FeedLineProblemKind::NotATool(word.to_owned()))
    });
    Ok(Line {
        is_exclusion,
        tools: tools.collect::<Result<_, _>>()?,
        address: address(feed).map_err(FeedLineProblemKind::NotAFeed)?,
    })
}

/// An address, or `organization[/project]/feed`.
pub(crate) fn address(text: &str) -> Result<FeedAddress, NotAFeed> {
    if text.contains("://") {
        return FeedAddress::parse(text);
    }
    let parts: Vec<String> = text
        .split('/')
        .map(|part| part.trim().replace(' ', "%20"))
        .collect();
    let path = match parts.as_slice() {
        [organization, feed] => format!("{organization}/_packaging/{feed}"),
        [organization, project, feed] => format!("{organization}/{project}/_packaging/{feed}"),
        _ => return Err(NotAFeed::Path),
    };
    FeedAddress::parse(&format!("https://pkgs.dev.azure.com/{path}"))
}

/// The clients in the input `tools`; `None` means all that are found.
fn tools(text: &str) -> Result<Option<Set<Tool>>, FeedsProblem> {
    let mut tools = Set::new();
    for word in words(text) {
        if word.eq_ignore_ascii_case("auto") {
            return Ok(None);
        }
        let tool = Tool::of(word).filter(|tool| SERVED.contains(tool));
        tools.insert(tool.ok_or_else(|| FeedsProblem::NotATool(word.to_owned()))?);
    }
    Ok((!tools.is_empty()).then_some(tools))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ', '\n', '\r', '\t'])
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn declared(place: &str, tool: Tool, feed: &str) -> Declaration {
        Declaration {
            place: place.to_owned(),
            line: 1,
            tool,
            address: address(feed).expect("a feed"),
            name: None,
        }
    }

    fn chosen(feeds: &str, tools: &str) -> String {
        let reading = Reading {
            declarations: vec![
                declared(".npmrc", Tool::Npm, "contoso/packages"),
                declared("pom.xml", Tool::Maven, "contoso/packages"),
                declared("web/.npmrc", Tool::Npm, "fabrikam/web/shared"),
                declared("web/.yarnrc.yml", Tool::Yarn, "contoso/packages"),
            ],
            ..Reading::default()
        };
        match Request::choose(&reading, "input feeds", feeds, tools, &SERVED) {
            Ok(request) => {
                let shown = |one: &Declaration| {
                    format!(
                        "{} {} {}",
                        place(&one.place, one.line),
                        one.tool,
                        one.address
                    )
                };
                let mut lines: Vec<String> = request.served.iter().map(shown).collect();
                lines.extend(
                    request
                        .unserved
                        .iter()
                        .map(|one| format!("not {}", shown(one))),
                );
                lines.join("\n")
            }
            Err(problem) => format!("{problem:?}"),
        }
    }

    #[test]
    fn serves_what_is_declared() {
        expect![[r#"
            .npmrc:1 npm contoso/packages
            pom.xml:1 maven contoso/packages
            web/.npmrc:1 npm fabrikam/web/shared
            web/.yarnrc.yml:1 yarn contoso/packages"#]]
        .assert_eq(&chosen("", "auto"));
        expect!["web/.npmrc:1 npm fabrikam/web/shared"].assert_eq(&chosen(
            "- https://pkgs.dev.azure.com/Contoso/_packaging/Packages/npm/registry/",
            "",
        ));
        expect![[r#"
            pom.xml:1 maven contoso/packages
            web/.npmrc:1 npm fabrikam/web/shared
            web/.yarnrc.yml:1 yarn contoso/packages"#]]
        .assert_eq(&chosen("-contoso/packages = npm", "auto"));
        expect!["pom.xml:1 maven contoso/packages"].assert_eq(&chosen("", "Maven, cargo"));
    }

    #[test]
    fn serves_what_is_listed() {
        expect![[r#"
            web/.npmrc:1 npm fabrikam/web/shared
            input feeds pip other/My Project/tools"#]]
        .assert_eq(&chosen(
            "# two\nfabrikam/web/shared = pnpm\nother/My Project/tools = pip",
            "",
        ));
        expect!["input feeds cargo other/tools"].assert_eq(&chosen("other/tools", "cargo"));
    }

    #[test]
    fn quotes_what_is_wrong() {
        for (feeds, tools, expected) in [
            (
                "packages",
                "",
                expect![[r#"Lines([("packages", NotAFeed(Path))])"#]],
            ),
            (
                "https://pkgs.dev.azure.com.evil.example/a/_packaging/b\nhttp://pkgs.dev.azure.com/a/_packaging/b",
                "",
                expect![[
                    r#"Lines([("https://pkgs.dev.azure.com.evil.example/a/_packaging/b", NotAFeed(Host)), ("http://pkgs.dev.azure.com/a/_packaging/b", NotAFeed(Scheme))])"#
                ]],
            ),
            (
                "a/b = sbt",
                "",
                expect![[r#"Lines([("a/b = sbt", NotATool("sbt"))])"#]],
            ),
            (
                "$(feed)",
                "",
                expect![[r#"Lines([("$(feed)", UndefinedVariable("feed"))])"#]],
            ),
            ("", "npm, nodejs", expect![[r#"NotATool("nodejs")"#]]),
        ] {
            expected.assert_eq(&chosen(feeds, tools));
        }
    }
}
