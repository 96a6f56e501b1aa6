//! git's credential protocol (`git help credential`): the requests, and the answers that git can read.
//!
//! It never creates a token; one that git passes back is only examined, and wiped.

use std::time::UNIX_EPOCH;

use adieu_identity::resource::AZURE_DEVOPS;
use adieu_identity::{Claims, Token};
use adieu_secret::{AccessToken, GitCredential};
use zeroize::Zeroizing;

/// The user name in an answer if the address has none.
const USER: &str = "adieu";
/// The host that organizations share.
const SHARED_HOST: &str = "dev.azure.com";
/// Older organizations each have their own host.
const OWN_HOST: &str = ".visualstudio.com";

/// A request for a credential.
#[derive(Debug, Default)]
pub struct Question {
    protocol: String,
    host: String,
    /// Set only with `credential.useHttpPath`.
    path: String,
    username: String,
    /// Whether git accepts an authentication scheme and a value for it (2.46 and newer).
    takes_schemes: bool,
    challenges: Vec<String>,
    /// The credential, if git passes one back.
    credential: Option<GitCredential>,
}

/// Minimum length of a Microsoft Entra token; a personal access token has 84 characters.
const SHORTEST_TOKEN: usize = 200;

/// A refused token.
pub enum RefusedToken {
    /// Its claims can be read.
    Readable(Box<Claims>),
    /// Its claims cannot be read.
    Opaque(AccessToken),
}

impl Question {
    /// Parses `key=value` lines. Unknown keys are ignored, as git's page requires.
    pub fn read(text: &GitCredential) -> Self {
        let mut question = Self::default();
        for line in text.reveal().lines() {
            let Some((key, value)) = line.split_once('=') else {
                continue;
            };
            match key {
                "protocol" => value.clone_into(&mut question.protocol),
                "host" => question.host = value.to_ascii_lowercase(),
                "path" => value.clone_into(&mut question.path),
                "username" => value.clone_into(&mut question.username),
                "password" | "credential" => {
                    question.credential = Some(GitCredential::new(value.to_owned()));
                }
                "capability[]" if value == "authtype" => question.takes_schemes = true,
                // An empty value clears earlier ones.
                "wwwauth[]" if value.is_empty() => question.challenges.clear(),
                "wwwauth[]" => question.challenges.push(value.to_owned()),
                _ => {}
            }
        }
        question
    }

    /// The organization whose repositories git wants to access, as far as git names it; `None` if they do not belong
    /// to Azure DevOps, or would be accessed over plain HTTP.
    pub fn organization(&self) -> Option<Organization<'_>> {
        if self.protocol != "https" {
            return None;
        }
        let host = self.host.strip_suffix(":443").unwrap_or(&self.host);
        if host == SHARED_HOST {
            let name = self.path.trim_start_matches('/').split('/').next();
            let name = name.filter(|name| !name.is_empty());
            // Azure DevOps' own page shows `https://contoso@dev.azure.com/contoso/…`; without the path, the user is
            // the organization, as in Git Credential Manager (`UriHelpers.cs`).
            return Some(match name.or_else(|| self.user_as_an_organization()) {
                Some(name) => Organization::Named(name),
                None => Organization::NotGiven,
            });
        }
        let name = host.strip_suffix(OWN_HOST)?;
        let is_one_label = !name.is_empty() && !name.contains('.');
        is_one_label.then_some(Organization::Named(name))
    }

    /// The user in the address, if it can be an organization's name: it is neither our helper's user nor a person's
    /// e-mail address.
    fn user_as_an_organization(&self) -> Option<&str> {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        Some(self.username.as_str()).filter(|name| {
            let ends = name.bytes().next().zip(name.bytes().last());
            ends.is_some_and(|(first, last)| {
                first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric()
            }) && *name != USER
                && name.bytes().all(is_inner)
        })
    }

    /// The challenges of the server, as it sent them in `WWW-Authenticate`.
    pub fn challenges(&self) -> &[String] {
        &self.challenges
    }

    /// The credential that git passes back, if it can be a token for Azure DevOps.
    pub fn refused(&self) -> Option<RefusedToken> {
        let credential = self.credential.as_ref()?.reveal();
        match Claims::read(credential) {
            Some(claims) => {
                let is_for_us = claims.audience.as_deref() == Some(AZURE_DEVOPS);
                is_for_us.then(|| RefusedToken::Readable(Box::new(claims)))
            }
            // A personal access token is far shorter.
            None if credential.len() >= SHORTEST_TOKEN => AccessToken::parse(credential.to_owned())
                .ok()
                .map(RefusedToken::Opaque),
            None => None,
        }
    }

    /// The answer with a token: as a bearer token if git supports that (2.46 and newer), otherwise as a password.
    /// `ephemeral` and the expiry keep other helpers from storing it.
    pub fn answer(&self, token: &Token) -> Zeroizing<String> {
        let value = token.value.reveal();
        let mut lines = Zeroizing::new(if self.takes_schemes {
            format!("capability[]=authtype\nauthtype=Bearer\ncredential={value}\nephemeral=1")
        } else {
            format!("username={}\npassword={value}", self.username())
        });
        let since_1970 = token.expires_on.duration_since(UNIX_EPOCH);
        if let Ok(expires_on) = since_1970 {
            lines.push_str(&format!("\npassword_expiry_utc={}", expires_on.as_secs()));
        }
        if !self.takes_schemes {
            // Older versions of git ask the next helper until they have both values.
            lines.push_str("\nquit=1");
        }
        lines
    }

    /// The user in the address, which every answer must repeat; Azure DevOps ignores it.
    fn username(&self) -> &str {
        if self.username.is_empty() {
            USER
        } else {
            &self.username
        }
    }
}

/// The organization of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Organization<'a> {
    /// This one.
    Named(&'a str),
    /// An Azure DevOps repository; git is not configured to name the organization.
    NotGiven,
}

impl<'a> Organization<'a> {
    /// Its name; empty if git did not name it.
    pub fn name(self) -> &'a str {
        match self {
            Self::Named(name) => name,
            Self::NotGiven => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Question {
        Question::read(&GitCredential::new(text.to_owned()))
    }

    #[test]
    fn answers_for_azure_devops_alone() {
        let named = |name| Some(Organization::Named(name));
        for (text, expected) in [
            (
                "protocol=https\nhost=dev.azure.com\npath=contoso/fabrikam/_git/hello\n",
                named("contoso"),
            ),
            (
                "protocol=https\nhost=DEV.azure.com:443\npath=contoso\n",
                named("contoso"),
            ),
            (
                "protocol=https\nhost=dev.azure.com\n",
                Some(Organization::NotGiven),
            ),
            (
                "protocol=https\nhost=dev.azure.com\nusername=contoso\n",
                named("contoso"),
            ),
            (
                "protocol=https\nhost=dev.azure.com\nusername=contoso\npath=fabrikam/a/_git/b\n",
                named("fabrikam"),
            ),
            (
                "protocol=https\nhost=dev.azure.com\nusername=adieu\n",
                Some(Organization::NotGiven),
            ),
            (
                "protocol=https\nhost=dev.azure.com\nusername=a@contoso.example\n",
                Some(Organization::NotGiven),
            ),
            (
                "protocol=https\nhost=contoso.visualstudio.com\npath=a/_git/b\n",
                named("contoso"),
            ),
            ("protocol=http\nhost=dev.azure.com\n", None),
            ("protocol=http\nhost=contoso.visualstudio.com\n", None),
            ("protocol=https\nhost=dev.azure.com:8443\n", None),
            ("protocol=https\nhost=dev.azure.com.example\n", None),
            ("protocol=https\nhost=xdev.azure.com\n", None),
            ("protocol=https\nhost=visualstudio.com\n", None),
            ("protocol=https\nhost=.visualstudio.com\n", None),
            ("protocol=https\nhost=a.b.visualstudio.com\n", None),
            (
                "protocol=https\nhost=github.com\npath=dev.azure.com\n",
                None,
            ),
            ("protocol=https\nhost=user@dev.azure.com\n", None),
            ("host=dev.azure.com\n", None),
            ("", None),
        ] {
            assert_eq!(read(text).organization(), expected, "{text}");
        }
    }

    #[test]
    fn passes_on_the_challenges_since_an_empty_one() {
        let question =
            read("wwwauth[]=Basic\nwwwauth[]=\nwwwauth[]=Bearer x\nwwwauth[]=TFS-Federated\n");
        assert_eq!(question.challenges(), ["Bearer x", "TFS-Federated"]);
    }

    #[test]
    fn knows_which_answers_git_reads() {
        let old = read("protocol=https\ncapability[]=state\nusername=contoso\n");
        assert!(!old.takes_schemes);
        assert_eq!(old.username(), "contoso");
        let new = read("capability[]=authtype\ncapability[]=state\nunknown=1\nno line\n");
        assert!(new.takes_schemes);
        assert_eq!(new.username(), "adieu");
    }
}
