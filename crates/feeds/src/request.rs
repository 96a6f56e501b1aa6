//! The feeds and clients to serve: what the repository declares, and what the user adds or excludes.
//!
//! It uses no service and writes nothing.

use adieu_order::Set;

use crate::address::{FeedAddress, NotAFeed};
use crate::declaration::{Declaration, Reading, Tool};

/// Clients that need no file outside the private folder: locally, such files are not written.
pub const SERVED_LOCALLY: [Tool; 9] = [
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

/// A feed that the user adds or excludes: an address or `organization[/project]/feed`, after `-` if it is excluded,
/// and before ` = ` and clients if it is meant for these only.
#[derive(Debug)]
pub struct FeedLine {
    is_exclusion: bool,
    address: FeedAddress,
    tools: Vec<Tool>,
}

/// What is wrong with a [`FeedLine`].
#[derive(Debug)]
pub enum NotAFeedLine {
    /// It is neither an address of a feed nor `organization[/project]/feed`.
    NotAFeed(NotAFeed),
    /// A word after `=` is not a client.
    NotATool(String),
}

impl FeedLine {
    /// Parses a line.
    ///
    /// # Errors
    /// It names no feed, or a client that is not known.
    pub fn parse(text: &str) -> Result<Self, NotAFeedLine> {
        let rest = text.strip_prefix('-').map(str::trim_start);
        let is_exclusion = rest.is_some();
        let (feed, list) = match rest.unwrap_or(text).split_once(" =") {
            Some((feed, list)) => (feed.trim(), list),
            None => (rest.unwrap_or(text), ""),
        };
        let mut tools = Vec::new();
        for word in words(list) {
            let tool = Tool::of(word);
            tools.push(tool.ok_or_else(|| NotAFeedLine::NotATool(word.to_owned()))?);
        }
        Ok(Self {
            is_exclusion,
            tools,
            address: FeedAddress::parse_name(feed).map_err(NotAFeedLine::NotAFeed)?,
        })
    }
}

/// The feeds and clients to serve.
#[derive(Debug, Default)]
pub struct Request {
    /// Feeds for clients that get credentials, by file and line.
    pub served: Vec<Declaration>,
    /// Feeds for clients that do not.
    pub unserved: Vec<Declaration>,
    /// Whether the repository uses yarn 1.
    pub has_yarn_1: bool,
    /// Whether the repository uses pnpm.
    pub has_pnpm: bool,
    /// The IDs of Maven's repositories to which it deploys, if publishing was requested.
    pub deployed_to: Vec<String>,
    /// The repositories to which it would deploy.
    deployable_to: Vec<String>,
    /// The clients of `served`.
    pub tools: Set<Tool>,
}

impl Request {
    /// Selects from the declarations. If `lines` list feeds, only those are served, declared or not; `position` is
    /// where they are. `wanted` are the only clients, if there is one, and `can_serve` those that are supported.
    #[must_use]
    pub fn choose(
        reading: &Reading,
        (position, lines): (&str, Vec<FeedLine>),
        wanted: Option<&Set<Tool>>,
        can_serve: &[Tool],
    ) -> Self {
        let (excluded, listed): (Vec<_>, Vec<_>) =
            lines.into_iter().partition(|line| line.is_exclusion);
        let names = |line: &FeedLine, declaration: &Declaration| {
            line.address.is_same_feed(&declaration.address)
                && (line.tools.is_empty() || line.tools.contains(&declaration.tool))
        };
        let is_chosen = |declaration: &&Declaration| {
            (listed.is_empty() || listed.iter().any(|line| names(line, declaration)))
                && !excluded.iter().any(|line| names(line, declaration))
                && wanted.is_none_or(|tools| tools.contains(&declaration.tool))
        };
        let declared = reading.declarations.iter().filter(is_chosen).cloned();
        let mut all: Vec<Declaration> = declared.collect();
        for line in &listed {
            // Files outside the private folder, and those for publishing, are written only for clients that were
            // requested.
            let tools = match (line.tools.as_slice(), wanted) {
                ([], None) => SERVED_LOCALLY[..8].to_vec(),
                ([], Some(wanted)) => wanted.iter().copied().collect(),
                (tools, _) => tools.to_vec(),
            };
            for tool in tools {
                let is_wanted = wanted.is_none_or(|tools| tools.contains(&tool));
                let is_there =
                    |one: &Declaration| one.tool == tool && line.address.is_same_feed(&one.address);
                // Maven finds a feed only by an ID, which only a POM has.
                if is_wanted && tool != Tool::Maven && !all.iter().any(is_there) {
                    all.push(Declaration {
                        place: position.to_owned(),
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
        Self {
            has_yarn_1: reading.has_yarn_1,
            has_pnpm: reading.has_pnpm,
            deployed_to: Vec::new(),
            deployable_to: deployable_to(reading, &served),
            tools: served.iter().map(|one| one.tool).collect(),
            served,
            unserved,
        }
    }

    /// The organizations of the feeds that are served.
    #[must_use]
    pub fn organizations(&self) -> Set<&str> {
        let served = self.served.iter();
        served
            .map(|one| one.address.organization.as_str())
            .collect()
    }

    /// Whether one of these clients is served.
    #[must_use]
    pub fn has_any(&self, tools: &[Tool]) -> bool {
        tools.iter().any(|tool| self.tools.contains(tool))
    }

    /// Adds what publishing needs: the IDs to which Maven deploys, and twine and hatch for Python feeds.
    pub fn add_publishing(&mut self) {
        self.deployed_to = std::mem::take(&mut self.deployable_to);
        if self.has_any(&[Tool::Pip, Tool::Uv, Tool::Poetry, Tool::Pdm]) {
            self.tools.insert(Tool::Twine);
        }
    }

    /// Removes the feeds of other organizations, and returns them.
    pub fn only_of(&mut self, organization: &str) -> Vec<Declaration> {
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

/// The clients in a list of words; `None` means all that are found.
///
/// # Errors
/// The word that is not a client.
pub fn parse_tools(text: &str) -> Result<Option<Set<Tool>>, String> {
    let mut tools = Set::new();
    for word in words(text) {
        if word.eq_ignore_ascii_case("auto") {
            return Ok(None);
        }
        tools.insert(Tool::of(word).ok_or_else(|| word.to_owned())?);
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
            address: FeedAddress::parse_name(feed).expect("a feed"),
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
        let lines: Result<Vec<_>, _> = feeds.lines().map(FeedLine::parse).collect();
        let (lines, wanted) = match (lines, parse_tools(tools)) {
            (Ok(lines), Ok(wanted)) => (lines, wanted),
            (lines, wanted) => return format!("{:?} {:?}", lines.err(), wanted.err()),
        };
        let request = Request::choose(&reading, ("input", lines), wanted.as_ref(), &Tool::ALL);
        let shown = |one: &Declaration| format!("{} {} {}", one.position(), one.tool, one.address);
        let lines: Vec<String> = request.served.iter().map(shown).collect();
        lines.join("\n")
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
            input pip other/My Project/tools"#]]
        .assert_eq(&chosen(
            "fabrikam/web/shared = pnpm\nother/My Project/tools = pip",
            "",
        ));
        expect!["input cargo other/tools"].assert_eq(&chosen("other/tools", "cargo"));
    }

    #[test]
    fn quotes_what_is_wrong() {
        for (feeds, tools, expected) in [
            ("packages", "", "Some(NotAFeed(Path)) None"),
            (
                "https://pkgs.dev.azure.com.evil.example/a/_packaging/b",
                "",
                "Some(NotAFeed(Host)) None",
            ),
            (
                "http://pkgs.dev.azure.com/a/_packaging/b",
                "",
                "Some(NotAFeed(Scheme)) None",
            ),
            ("a/b = sbt", "", "Some(NotATool(\"sbt\")) None"),
            ("", "npm, nodejs", "None Some(\"nodejs\")"),
        ] {
            assert_eq!(chosen(feeds, tools), expected);
        }
    }
}
