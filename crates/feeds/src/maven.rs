//! Maven: the repositories of a `pom.xml`, and settings that map their IDs to feeds.
//!
//! In Maven a credential belongs to an ID, not to an address, and any POM, including that of a dependency, may use
//! that ID for another host. So a mirror maps the ID to the feed, and only the mirror's own ID has the credential.

use std::fmt::Write as _;

use adieu_secret::AccessToken;
use roxmltree::Node;
use zeroize::Zeroizing;

use crate::address::with_userinfo;
use crate::declaration::{Reading, Tool};
use crate::source::{Source, addresses};
use crate::xml::{OfAnyNamespace, parse};

/// The start of our mirrors' IDs.
const PREFIX: &str = "adieu-";

/// A repository's ID, and the feed that it is mapped to.
#[derive(Debug)]
pub(crate) struct Mirror<'a> {
    /// The ID in the POM.
    pub id: &'a str,
    /// The feed's address, as in the POM.
    pub address: &'a str,
    /// The credential for the feed's organization.
    pub token: &'a AccessToken,
    /// Whether Maven deploys to it. Maven ignores mirrors for that, so the ID has the credential, too; for downloads,
    /// the ID still leads to the feed in every POM.
    pub is_deployed_to: bool,
}

/// Reads the repositories of a POM.
pub(crate) fn read(source: &Source<'_>, reading: &mut Reading) {
    let Some(document) = parse(source.text) else {
        return;
    };
    let input = document.input_text();
    for url in document.descendants() {
        let repository = url.parent().filter(|parent| {
            ["repository", "pluginRepository", "snapshotRepository"]
                .iter()
                .any(|name| parent.has_tag_name_of(name))
        });
        let Some(repository) = repository.filter(|_| url.has_tag_name_of("url")) else {
            continue;
        };
        let id = repository.text_of("id");
        let address = addresses(&input[url.range()]).next().unwrap_or_default();
        let first = reading.declarations.len();
        let line = source.line_of(url.range().start);
        source.take(line, Tool::Maven, address, reading);
        for one in &mut reading.declarations[first..] {
            one.name.clone_from(&id);
        }
        let parent = repository.parent();
        if parent.is_some_and(|parent| parent.has_tag_name_of("distributionManagement")) {
            let feed = with_userinfo(address).ok().map(|(feed, _)| feed);
            reading.deployed_to.push((id.unwrap_or_default(), feed));
        }
    }
}

/// Reads the credentials in a project's settings.
pub(crate) fn read_settings(source: &Source<'_>, reading: &mut Reading) {
    let Some(document) = parse(source.text) else {
        return;
    };
    let input = document.input_text();
    for server in document.descendants() {
        let password = server.text_of("password");
        // A password from a variable is as current as the variable.
        let is_there = password.is_some_and(|password| !password.starts_with('$'));
        if let (true, Some(id)) = (
            is_there && server.has_tag_name_of("server"),
            server.text_of("id"),
        ) {
            let line = source.line_of(server.range().start);
            let edit = source.edit(&input[server.range()], "");
            source.stale_of(Some(id), (line, edit), Tool::Maven, reading);
        }
    }
}

/// The user's own settings with a mirror and a server for each repository before the existing ones: Maven uses the
/// first server with an ID, and the first mirror that names an ID literally. `None` if the user's own settings cannot
/// be parsed.
pub(crate) fn settings(own: Option<&str>, mirrors: &[Mirror<'_>]) -> Option<Zeroizing<String>> {
    const EMPTY: &str = "<settings>\n</settings>\n";
    let own = own.unwrap_or(EMPTY);
    let own = own.strip_prefix('\u{feff}').unwrap_or(own);
    let document = parse(own)?;
    let root = document.root_element();
    if root.tag_name().name() != "settings" {
        return None;
    }
    if root.first_child().is_none() && own != EMPTY {
        return settings(None, mirrors);
    }
    let (mut ours, mut servers) = (String::new(), Zeroizing::new(String::new()));
    // Allocate everything at once: a buffer that grows leaves copies of the token behind.
    servers.reserve(
        mirrors
            .iter()
            .map(|one| 2 * (one.token.reveal().len() + one.id.len() + 256))
            .sum(),
    );
    for (number, mirror) in mirrors.iter().enumerate() {
        let (id, address) = (escaped(mirror.id), escaped(mirror.address));
        let _ = write!(
            ours,
            "<mirror><id>{PREFIX}{number}</id><mirrorOf>{id}</mirrorOf><url>{address}</url></mirror>\n    "
        );
        let own = format!("{PREFIX}{number}");
        for id in [&own, &id]
            .into_iter()
            .take(1 + usize::from(mirror.is_deployed_to))
        {
            for part in [
                "<server><id>",
                id,
                "</id><username>adieu</username><password>",
                mirror.token.reveal(),
                "</password></server>\n    ",
            ] {
                servers.push_str(part);
            }
        }
    }
    let mut text = Zeroizing::new(String::new());
    text.reserve(own.len() + ours.len() + servers.len() + 128);
    let mut insertions = [
        insertion(own, &root, "mirrors", &ours),
        insertion(own, &root, "servers", &servers),
    ];
    adieu_order::sort_by(&mut insertions, |one, other| one.at.cmp(&other.at));
    let mut copied = 0;
    for insertion in insertions {
        text.push_str(&own[copied..insertion.at]);
        for part in [insertion.before, insertion.text, insertion.after] {
            text.push_str(part);
        }
        copied = insertion.at + insertion.replaced;
    }
    text.push_str(&own[copied..]);
    Some(text)
}

/// A text to insert into another one.
struct Insertion<'a> {
    at: usize,
    /// Number of bytes that it replaces.
    replaced: usize,
    before: &'static str,
    text: &'a str,
    after: &'static str,
}

/// The position for a list's children: in the existing list, or in a new one at the start of the settings.
fn insertion<'a>(own: &str, root: &Node<'_, '_>, list: &str, text: &'a str) -> Insertion<'a> {
    let (open, close) = match list {
        "mirrors" => ("\n  <mirrors>\n    ", "</mirrors>"),
        _ => ("\n  <servers>\n    ", "</servers>"),
    };
    let there = root.children().find(|child| child.has_tag_name_of(list));
    let element = there.as_ref().unwrap_or(root);
    let range = element.range();
    // Attributes may contain `>`, so the search for the end of the start tag ends at the first child or the end tag.
    let start = own[range.clone()]
        .char_indices()
        .scan(None, |quote: &mut Option<char>, (at, character)| {
            match (&quote, character) {
                (Some(open), _) if *open == character => *quote = None,
                (None, '"' | '\'') => *quote = Some(character),
                (None, '>') => return Some(Some(at)),
                _ => {}
            }
            Some(None)
        })
        .flatten()
        .next()
        .unwrap_or_default();
    let end_of_tag = range.start + start;
    let is_empty_tag = own[..end_of_tag].ends_with('/');
    let (at, replaced) = if is_empty_tag {
        (end_of_tag - 1, 2)
    } else {
        (end_of_tag + 1, 0)
    };
    let (before, after) = match (there.is_some(), is_empty_tag) {
        (true, true) => (">\n    ", close),
        (true, false) => ("\n    ", ""),
        (false, _) => (open, close),
    };
    Insertion {
        at,
        replaced,
        before,
        text,
        after,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use roxmltree::Document;

    fn shown(own: Option<&str>) -> String {
        shown_of(own, false)
    }

    fn shown_of(own: Option<&str>, is_deployed_to: bool) -> String {
        let token = AccessToken::parse("token".to_owned()).expect("a token");
        let mirror = Mirror {
            id: "packages",
            address: "https://pkgs.dev.azure.com/contoso/_packaging/packages/maven/v1",
            token: &token,
            is_deployed_to,
        };
        settings(own, &[mirror]).map_or_else(|| "nothing".to_owned(), |text| text.to_string())
    }

    #[test]
    fn maps_an_id_to_the_feed() {
        expect![[r#"
            <settings>
              <mirrors>
                <mirror><id>adieu-0</id><mirrorOf>packages</mirrorOf><url>https://pkgs.dev.azure.com/contoso/_packaging/packages/maven/v1</url></mirror>
                </mirrors>
              <servers>
                <server><id>adieu-0</id><username>adieu</username><password>token</password></server>
                </servers>
            </settings>
        "#]]
        .assert_eq(&shown(None));
        assert_eq!(shown(Some("<settings/>")), shown(None));
        let deployed = shown_of(None, true);
        let server = "<server><id>packages</id><username>adieu</username><password>token</password></server>\n    ";
        assert!(deployed.contains(server), "{deployed}");
        assert_eq!(deployed.replace(server, ""), shown(None));
    }

    #[test]
    fn keeps_the_users_own_settings() {
        expect![[r#"
            <settings xmlns="http://maven.apache.org/SETTINGS/1.2.0" a=">">
              <mirrors>
                <mirror><id>adieu-0</id><mirrorOf>packages</mirrorOf><url>https://pkgs.dev.azure.com/contoso/_packaging/packages/maven/v1</url></mirror>
                </mirrors>
              <!-- <servers></servers> -->
              <servers>
                <server><id>adieu-0</id><username>adieu</username><password>token</password></server>
                
                <server><id>own</id></server>
              </servers>
              <proxies><proxy><host>proxy</host></proxy></proxies>
            </settings>
        "#]]
        .assert_eq(&shown(Some(
            "<settings xmlns=\"http://maven.apache.org/SETTINGS/1.2.0\" a=\">\">
  <!-- <servers></servers> -->
  <servers>
    <server><id>own</id></server>
  </servers>
  <proxies><proxy><host>proxy</host></proxy></proxies>
</settings>
",
        )));
        for lists in ["<mirrors/><servers/>", "<servers /><mirrors></mirrors>"] {
            let text = shown(Some(&format!("<settings>{lists}</settings>")));
            let document = Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            let count = |name| {
                document
                    .descendants()
                    .filter(|node| node.has_tag_name(name))
                    .count()
            };
            assert_eq!((count("mirrors"), count("servers")), (1, 1), "{text}");
            assert_eq!((count("mirror"), count("server")), (1, 1), "{text}");
        }
        for wrong in [
            "",
            "<settings>",
            "<project/>",
            "<!DOCTYPE settings [<!ENTITY a \"b\">]><settings/>",
        ] {
            assert_eq!(shown(Some(wrong)), "nothing", "{wrong}");
        }
    }
}
