//! The files in which npm and clients of netrc find credentials: the existing contents with our lines.
//!
//! It writes no file. Our lines are recognized by their keys, so that a file can be rewritten repeatedly and keeps
//! what others have added.

use adieu_secret::AccessToken;
use zeroize::Zeroizing;

use crate::address::SHARED;

/// Other clients that read npm's file, each with a setting about which npm warns.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OtherClients<'a> {
    /// yarn 1, which sends no credential without `always-auth`.
    pub(crate) has_yarn_1: bool,
    /// pnpm's token helper, without its organization's name: pnpm runs it instead of using the token on the next
    /// line.
    pub(crate) token_helper: Option<&'a str>,
}

/// `.npmrc` with a token for each organization and for each registry, by address and organization. npm, pnpm and bun
/// look for a credential at the registry's address and then at each parent path, so one line serves all feeds of an
/// organization. `npm publish` and yarn 1 look only for the registry's own line.
pub(crate) fn npmrc<'a>(
    there: &str,
    tokens: impl Iterator<Item = (&'a str, &'a AccessToken)> + Clone,
    registries: &[(&str, &str)],
    others: OtherClients<'_>,
) -> Zeroizing<String> {
    let keys: Vec<String> = tokens
        .clone()
        .flat_map(|(organization, _)| npm_keys(organization))
        .collect();
    let is_ours = |line: &str| {
        let line = line.trim_start();
        let lowercase = line.to_ascii_lowercase();
        // An older credential with a longer key for the same organization would take precedence.
        keys.iter().any(|key| lowercase.starts_with(key.as_str()))
    };
    let mut all: Vec<(String, &str, &AccessToken)> = Vec::new();
    for (organization, token) in tokens {
        for key in npm_keys(organization) {
            all.push((key, organization, token));
        }
        for (address, _) in registries.iter().filter(|(_, of)| *of == organization) {
            let key = address.strip_prefix("https:").unwrap_or(address);
            all.push((
                format!("{}/", key.trim_end_matches('/')),
                organization,
                token,
            ));
        }
    }
    let helper = others.token_helper.unwrap_or_default();
    let mut text = Zeroizing::new(String::new());
    // Allocate everything at once: a buffer that grows leaves copies of a token behind.
    let lengths = all.iter().map(|(key, organization, token)| {
        3 * key.len() + token.reveal().len() + helper.len() + organization.len() + 64
    });
    text.reserve(there.len() + 1 + lengths.sum::<usize>());
    for line in there.lines().filter(|line| !is_ours(line)) {
        text.push_str(line);
        text.push('\n');
    }
    for (key, organization, token) in &all {
        for part in [key, ":_authToken=", token.reveal(), "\n"] {
            text.push_str(part);
        }
        if !helper.is_empty() {
            for part in [key, ":tokenHelper=", helper, organization, "\n"] {
                text.push_str(part);
            }
        }
        if others.has_yarn_1 && key.contains("/npm/") {
            for part in [key, ":always-auth=true\n"] {
                text.push_str(part);
            }
        }
    }
    text
}

/// The file that yarn 2 and newer read in every folder above a project.
pub(crate) const YARN_FILE: &str = ".yarnrc.yml";

/// yarn's file (2 and newer), with a token for each registry's address.
pub(crate) fn yarnrc(registries: &[(&str, &AccessToken)]) -> Zeroizing<String> {
    let tokens = registries.iter().map(|(address, token)| (*address, *token));
    let mut text = with_room("npmRegistries:", tokens, 1);
    text.push_str("npmRegistries:\n");
    for (address, token) in registries {
        let lines = [
            "  \"",
            address,
            "\":\n    npmAlwaysAuth: true\n    npmAuthToken: \"",
        ];
        for part in lines.into_iter().chain([token.reveal(), "\"\n"]) {
            text.push_str(part);
        }
    }
    text
}

/// twine's file, with a section for each index: its name, the address for uploads, and the token.
pub(crate) fn pypirc(indexes: &[(&str, &str, &AccessToken)]) -> Zeroizing<String> {
    let tokens = indexes
        .iter()
        .map(|(name, address, token)| (*address, *token, name.len()));
    let room =
        tokens.map(|(address, token, name)| address.len() + token.reveal().len() + 2 * name + 64);
    let mut text = Zeroizing::new(String::new());
    text.reserve(room.sum::<usize>() + 64);
    text.push_str("[distutils]\nindex-servers =\n");
    for (name, ..) in indexes {
        for part in ["    ", name, "\n"] {
            text.push_str(part);
        }
    }
    for (name, address, token) in indexes {
        let lines = [
            "[",
            name,
            "]\nrepository = ",
            address,
            "\nusername = adieu\npassword = ",
        ];
        for part in lines.into_iter().chain([token.reveal(), "\n"]) {
            text.push_str(part);
        }
    }
    text
}

/// The start of npm's keys for an organization, in lowercase.
fn npm_keys(organization: &str) -> [String; 2] {
    [
        format!("//{SHARED}/{organization}/"),
        format!("//{organization}.pkgs.visualstudio.com/"),
    ]
}

/// `netrc` with the only token that the shared host can have, and one for each organization's own host.
pub(crate) fn netrc<'a>(
    there: &str,
    tokens: impl Iterator<Item = (&'a str, &'a AccessToken)> + Clone,
) -> Zeroizing<String> {
    const OURS: &str = " login adieu password ";
    let mut text = with_room(there, tokens.clone(), 2);
    // A host's first entry counts.
    let shared = tokens
        .clone()
        .next()
        .map(|(_, token)| (SHARED.to_owned(), token));
    let own = tokens
        .map(|(organization, token)| (format!("{organization}.pkgs.visualstudio.com"), token));
    for (host, token) in shared.into_iter().chain(own) {
        for part in ["machine ", &host, OURS, token.reveal(), "\n"] {
            text.push_str(part);
        }
    }
    let is_ours = |line: &str| line.starts_with("machine ") && line.contains(OURS);
    for line in there.lines().filter(|line| !is_ours(line)) {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// Allocates everything at once: a buffer that grows leaves copies of a token behind.
fn with_room<'a>(
    there: &str,
    tokens: impl Iterator<Item = (&'a str, &'a AccessToken)>,
    lines: usize,
) -> Zeroizing<String> {
    let line = |(name, token): (&str, &AccessToken)| token.reveal().len() + name.len() + 128;
    let room = there.len() + 1 + tokens.map(line).sum::<usize>() * (lines + 1);
    Zeroizing::new(String::with_capacity(room))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn tokens(value: &str) -> Vec<(&'static str, AccessToken)> {
        ["contoso", "fabrikam"]
            .map(|name| {
                (
                    name,
                    AccessToken::parse(format!("{value}-{name}")).expect("a token"),
                )
            })
            .into()
    }

    fn pairs<'a>(
        tokens: &'a [(&'static str, AccessToken)],
    ) -> impl Iterator<Item = (&'a str, &'a AccessToken)> + Clone {
        tokens.iter().map(|(name, token)| (*name, token))
    }

    #[test]
    fn npm_has_a_line_for_each_organization_and_keeps_the_rest() {
        let (first, second) = (tokens("one"), tokens("two"));
        let there = "registry=https://registry.npmjs.org/\r\n; a comment\n//pkgs.dev.azure.com/Contoso/_packaging/a/npm/registry/:_password=old\n//pkgs.dev.azure.com/contoso2/:_authToken=other";
        let once = npmrc(there, pairs(&first), &[], OtherClients::default());
        expect![[r#"
            registry=https://registry.npmjs.org/
            ; a comment
            //pkgs.dev.azure.com/contoso2/:_authToken=other
            //pkgs.dev.azure.com/contoso/:_authToken=one-contoso
            //contoso.pkgs.visualstudio.com/:_authToken=one-contoso
            //pkgs.dev.azure.com/fabrikam/:_authToken=one-fabrikam
            //fabrikam.pkgs.visualstudio.com/:_authToken=one-fabrikam
        "#]]
        .assert_eq(&once);
        let again = npmrc(
            &format!("{}color=false\n", *once),
            pairs(&second),
            &[],
            OtherClients::default(),
        );
        assert_eq!(again.matches("two-").count(), 4);
        assert!(!again.contains("one-") && again.contains("color=false\n"));
    }

    const REGISTRY: &str = "https://pkgs.dev.azure.com/contoso/_packaging/a/npm/registry/";

    #[test]
    fn publishing_and_yarn_1_have_a_line_for_each_registry() {
        let tokens = tokens("one");
        let registries = [(REGISTRY, "contoso")];
        let yarn = OtherClients {
            has_yarn_1: true,
            token_helper: None,
        };
        let text = npmrc("", pairs(&tokens[..1]), &registries, yarn);
        expect![[r#"
            //pkgs.dev.azure.com/contoso/:_authToken=one-contoso
            //contoso.pkgs.visualstudio.com/:_authToken=one-contoso
            //pkgs.dev.azure.com/contoso/_packaging/a/npm/registry/:_authToken=one-contoso
            //pkgs.dev.azure.com/contoso/_packaging/a/npm/registry/:always-auth=true
        "#]]
        .assert_eq(&text);
        let again = npmrc(&text, pairs(&tokens[..1]), &registries, yarn);
        assert_eq!(*again, *text);
        // npm warns about yarn's setting.
        let without = npmrc(
            &text,
            pairs(&tokens[..1]),
            &registries,
            OtherClients::default(),
        );
        assert_eq!(
            text.strip_prefix(without.as_str())
                .map(|rest| rest.contains("always-auth")),
            Some(true)
        );
    }

    #[test]
    fn pnpm_asks_a_program_of_the_organization() {
        let tokens = tokens("one");
        let pnpm = OtherClients {
            has_yarn_1: false,
            token_helper: Some("/f/bin/adieu-npm-token-"),
        };
        let text = npmrc("", pairs(&tokens[..1]), &[(REGISTRY, "contoso")], pnpm);
        expect![[r#"
            //pkgs.dev.azure.com/contoso/:_authToken=one-contoso
            //pkgs.dev.azure.com/contoso/:tokenHelper=/f/bin/adieu-npm-token-contoso
            //contoso.pkgs.visualstudio.com/:_authToken=one-contoso
            //contoso.pkgs.visualstudio.com/:tokenHelper=/f/bin/adieu-npm-token-contoso
            //pkgs.dev.azure.com/contoso/_packaging/a/npm/registry/:_authToken=one-contoso
            //pkgs.dev.azure.com/contoso/_packaging/a/npm/registry/:tokenHelper=/f/bin/adieu-npm-token-contoso
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn yarn_has_an_entry_for_each_registry() {
        let tokens = tokens("one");
        let text = yarnrc(&[(REGISTRY, &tokens[0].1)]);
        expect![[r#"
            npmRegistries:
              "https://pkgs.dev.azure.com/contoso/_packaging/a/npm/registry/":
                npmAlwaysAuth: true
                npmAuthToken: "one-contoso"
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn twine_has_a_section_for_each_index() {
        let tokens = tokens("one");
        let address = "https://pkgs.dev.azure.com/contoso/_packaging/a/pypi/upload/";
        let text = pypirc(&[("a", address, &tokens[0].1), ("b", "x", &tokens[1].1)]);
        expect![[r#"
            [distutils]
            index-servers =
                a
                b
            [a]
            repository = https://pkgs.dev.azure.com/contoso/_packaging/a/pypi/upload/
            username = adieu
            password = one-contoso
            [b]
            repository = x
            username = adieu
            password = one-fabrikam
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn netrc_has_one_token_for_the_shared_host() {
        let (first, second) = (tokens("one"), tokens("two"));
        let once = netrc("machine example.org\n login a password b", pairs(&first));
        expect![[r#"
            machine pkgs.dev.azure.com login adieu password one-contoso
            machine contoso.pkgs.visualstudio.com login adieu password one-contoso
            machine fabrikam.pkgs.visualstudio.com login adieu password one-fabrikam
            machine example.org
             login a password b
        "#]]
        .assert_eq(&once);
        let again = netrc(&once, pairs(&second));
        assert_eq!(again.replace("two-", "one-"), *once);
    }
}
