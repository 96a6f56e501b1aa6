//! `.yarnrc.yml` of yarn 2 and newer: registries and their credentials (yarnpkg.com, "yarnrc").
//!
//! It parses lines by their indentation, which is enough for this file's settings.

use crate::address::with_userinfo;
use crate::declaration::{Reading, Tool};
use crate::source::{Source, addresses};

pub(crate) fn read(source: &Source<'_>, reading: &mut Reading) {
    let lines: Vec<(usize, &str)> = source
        .lines()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .collect();
    for (index, (number, line)) in lines.iter().enumerate() {
        source.take(*number, Tool::Yarn, line, reading);
        let is_credential = ["npmAuthToken:", "npmAuthIdent:"]
            .iter()
            .any(|key| line.starts_with(key));
        if is_credential && is_for_a_feed(source, &lines, index) {
            source.stale(*number, Tool::Yarn, source.edit(line, ""), reading);
        }
    }
}

/// Whether the registry of a credential's block is a feed: the key above it, a setting next to it, or else the file's
/// own.
fn is_for_a_feed(source: &Source<'_>, lines: &[(usize, &str)], index: usize) -> bool {
    let indent = |index: usize| {
        let start = source.edit(lines[index].1, "").map_or(0, |edit| edit.start);
        start - source.text[..start].rfind('\n').map_or(0, |end| end + 1)
    };
    let own = indent(index);
    let above = (0..index)
        .rev()
        .take_while(|at| indent(*at) >= own)
        .last()
        .unwrap_or(index);
    let behind = (index..lines.len())
        .take_while(|at| indent(*at) >= own)
        .last()
        .unwrap_or(index);
    let title = above
        .checked_sub(1)
        .filter(|_| own > 0)
        .map(|at| lines[at].1);
    let mut settings = lines[above..=behind].iter().map(|(_, line)| *line);
    let registry = title
        .filter(|title| title.contains("//"))
        .or_else(|| settings.find(|line| line.starts_with("npmRegistryServer:")));
    let mut all = lines.iter().map(|(_, line)| *line);
    let registry = registry.or_else(|| all.find(|line| line.starts_with("npmRegistryServer:")));
    // A key may lack its scheme.
    let text = registry.unwrap_or_default().trim_start_matches(['"', '\'']);
    let address = match text.strip_prefix("//") {
        Some(rest) => format!("https://{rest}"),
        None => text.to_owned(),
    };
    addresses(&address).any(|address| with_userinfo(address.trim_end_matches(':')).is_ok())
}

#[test]
fn a_credential_is_for_the_registry_of_its_block() {
    const FEED: &str = "https://pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/";
    for (text, lines) in [
        ("npmRegistryServer: FEED\nnpmAuthToken: x\n", &[2][..]),
        ("npmAuthIdent: x\nnpmRegistryServer: \"FEED\"\n", &[1]),
        (
            "npmRegistryServer: FEED\nnpmScopes:\n  a:\n    npmRegistryServer: https://npm.example\n    npmAuthToken: x\n  b:\n    npmAuthToken: y\n",
            &[7],
        ),
        (
            "npmScopes:\n  a:\n    npmAuthToken: x\n    npmRegistryServer: 'FEED'\n  b:\n    npmRegistryServer: https://npm.example\n    npmAuthToken: y\n",
            &[3],
        ),
        (
            "npmRegistries:\n  \"//pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/\":\n    npmAlwaysAuth: true\n    npmAuthToken: x\n  \"//npm.example/\":\n    npmAuthToken: y\n",
            &[4],
        ),
        ("npmRegistries:\n  FEED:\n    npmAuthToken: x\n", &[3]),
        ("npmAuthToken: x\n# npmRegistryServer: FEED\n", &[]),
    ] {
        let text = text.replace("FEED", FEED);
        let mut reading = Reading::default();
        read(
            &Source {
                place: ".yarnrc.yml",
                text: &text,
            },
            &mut reading,
        );
        let found: Vec<usize> = reading.stale.iter().map(|one| one.line).collect();
        assert_eq!(found, lines, "{text}");
    }
}
