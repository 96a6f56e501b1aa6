//! What an application's federated credential must contain for an ID token, which of its credentials comes closest,
//! and the command that creates the missing one.
//! It changes nothing. Microsoft Entra compares the three values exactly ("Workload identity federation" in its
//! documents); the issuers' values are from docs.github.com and docs.gitlab.com, "OpenID Connect".

use adieu_devops::FederatedCredential;
use adieu_identity::Claims;
use adieu_identity::resource::Cloud;
use serde_json::{Value, json};

/// The issuers of github.com and gitlab.com.
pub(crate) const GITHUB: &str = "https://token.actions.githubusercontent.com";
pub(crate) const GITLAB: &str = "https://gitlab.com";

/// Most federated credentials of an application.
const MOST: usize = 20;

/// Score for an equal issuer or subject, higher than any common prefix.
const SAME: usize = 1000;

/// The three values in an ID token and in a federated credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trust {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) audience: String,
}

/// An application that does not trust some ID tokens.
#[derive(Debug)]
pub(crate) struct MissingTrust {
    /// Its name.
    pub(crate) application: String,
    pub(crate) client_id: String,
    /// The values in the ID tokens.
    pub(crate) trust: Trust,
    /// Name of the closest federated credential, and the values in which it differs.
    pub(crate) nearest: Option<String>,
    pub(crate) differs: Vec<(&'static str, String)>,
    /// Whether it already has the maximum number.
    pub(crate) is_full: bool,
    /// The command that creates or changes one.
    pub(crate) command: String,
}

/// Values by their names.
type Facts<'a> = [(&'static str, &'a str); 3];

impl Trust {
    /// The values by their names on the pages of Microsoft Entra.
    pub(crate) fn facts(&self) -> Facts<'_> {
        facts(&self.issuer, &self.subject, &self.audience)
    }

    /// The credential of an application that trusts this, or why there is none. `list` is `None` if the tenant has no
    /// app registration for it.
    pub(crate) fn find(
        &self,
        application: &str,
        client_id: &str,
        list: Option<&[FederatedCredential]>,
    ) -> Result<String, MissingTrust> {
        let mut nearest: Option<(usize, &FederatedCredential)> = None;
        for known in list.unwrap_or_default() {
            if self.facts() == values(known) {
                return Ok(known.name.clone());
            }
            let likeness = self.likeness(known);
            if nearest.is_none_or(|(most, _)| likeness > most) {
                nearest = Some((likeness, known));
            }
        }
        // Without a common issuer or subject, it serves another purpose.
        let nearest = nearest
            .filter(|(likeness, _)| *likeness >= SAME)
            .map(|(_, one)| one);
        let differs = nearest.map(|known| self.differences(known));
        let command = match (list, nearest) {
            (None, _) => self.command_of_managed_identity(application),
            // An application cannot have two credentials with the same issuer and subject.
            (Some(_), Some(known))
                if known.issuer == self.issuer && known.subject == self.subject =>
            {
                format!(
                    "az ad app federated-credential update --id {client_id} \
                     --federated-credential-id {} --parameters {}",
                    quoted(&known.name),
                    quoted(&self.parameters(&known.name).to_string())
                )
            }
            (Some(list), _) => self.command(client_id, list),
        };
        Err(MissingTrust {
            application: application.to_owned(),
            client_id: client_id.to_owned(),
            trust: self.clone(),
            nearest: nearest.map(|known| known.name.clone()),
            differs: differs.unwrap_or_default(),
            is_full: list.is_some_and(|list| list.len() >= MOST),
            command,
        })
    }

    /// How similar a credential is: by issuer, by subject, then by the length of the subjects' common prefix.
    fn likeness(&self, known: &FederatedCredential) -> usize {
        let common = self.subject.bytes().zip(known.subject.bytes());
        let common = common.take_while(|(ours, theirs)| ours == theirs).count();
        usize::from(known.issuer == self.issuer) * SAME
            + usize::from(known.subject == self.subject) * SAME
            + common.min(SAME - 1)
    }

    /// The values in which a credential differs.
    fn differences(&self, known: &FederatedCredential) -> Vec<(&'static str, String)> {
        let mut differences = Vec::new();
        for ((name, ours), (_, theirs)) in self.facts().into_iter().zip(values(known)) {
            if ours != theirs {
                differences.push((name, format!("{theirs}{}", hint(ours, theirs))));
            }
        }
        differences
    }

    /// The parameters for `az ad app federated-credential` and Microsoft Graph.
    pub(crate) fn parameters(&self, name: &str) -> Value {
        json!({
            "name": name, "issuer": self.issuer, "subject": self.subject,
            "audiences": [self.audience],
        })
    }

    /// The command that creates the credential of an app registration.
    pub(crate) fn command(&self, client_id: &str, list: &[FederatedCredential]) -> String {
        let name = self.name(list);
        format!(
            "az ad app federated-credential create --id {client_id} --parameters {}",
            quoted(&self.parameters(&name).to_string())
        )
    }

    fn command_of_managed_identity(&self, identity: &str) -> String {
        format!(
            "az identity federated-credential create --resource-group GROUP --identity-name {} \
             --name {} --issuer {} --subject {} --audiences {}",
            quoted(identity),
            self.name(&[]),
            quoted(&self.issuer),
            quoted(&self.subject),
            quoted(&self.audience)
        )
    }

    /// A name that the application does not have yet: letters, digits and hyphens from the subject, because a name
    /// can be part of an address.
    pub(crate) fn name(&self, list: &[FederatedCredential]) -> String {
        let mut name = String::new();
        for character in self.subject.chars().take(100) {
            if character.is_ascii_alphanumeric() {
                name.push(character.to_ascii_lowercase());
            } else if !name.is_empty() && !name.ends_with('-') {
                name.push('-');
            }
        }
        let name = match name.trim_end_matches('-') {
            // The shortest name has three characters.
            short if short.len() < 3 => format!("adieu-{short}0"),
            name => name.to_owned(),
        };
        let is_there = |name: &str| {
            list.iter()
                .any(|known| known.name.eq_ignore_ascii_case(name))
        };
        let mut numbered = name.clone();
        let mut number = 1;
        while is_there(&numbered) {
            number += 1;
            numbered = format!("{name}-{number}");
        }
        numbered
    }

    /// What is doubtful about a subject that a user typed.
    pub(crate) fn doubt(&self) -> Option<&'static str> {
        let subject = self.subject.as_str();
        if subject.contains('*') {
            return Some("Microsoft Entra compares the subject exactly and knows no wildcards");
        }
        let context = |prefix: &str| {
            subject
                .strip_prefix(prefix)?
                .split_once(':')
                .map(|(_, it)| it)
        };
        let begins = |text: &str, forms: &[&str]| forms.iter().any(|form| text.starts_with(form));
        if self.issuer == GITHUB && subject.starts_with("repo:") {
            let forms = [
                "ref:refs/heads/",
                "ref:refs/tags/",
                "ref:refs/pull/",
                "environment:",
            ];
            // A customized subject has more claims, with their names.
            let is_known = context("repo:").is_some_and(|context| {
                context == "pull_request" || begins(context, &forms) || context.contains("_ref:")
            });
            return (!is_known).then_some(
                "GitHub writes ref:refs/heads/BRANCH, ref:refs/tags/TAG, environment:NAME or \
                 pull_request after the repository",
            );
        }
        if subject.starts_with("project_path:") {
            let is_known = context("project_path:").is_some_and(|context| {
                let of = |kind: &str| {
                    context
                        .strip_prefix(kind)
                        .is_some_and(|name| !name.is_empty())
                };
                !context.contains(":ref:refs/")
                    && (of("ref_type:branch:ref:") || of("ref_type:tag:ref:"))
            });
            return (!is_known).then_some(
                "GitLab writes ref_type:branch:ref:BRANCH or ref_type:tag:ref:TAG after the \
                 project",
            );
        }
        None
    }
}

fn facts<'a>(issuer: &'a str, subject: &'a str, audience: &'a str) -> Facts<'a> {
    [
        ("issuer", issuer),
        ("subject identifier", subject),
        ("audience", audience),
    ]
}

fn values(known: &FederatedCredential) -> Facts<'_> {
    facts(&known.issuer, &known.subject, &known.audience)
}

/// The values of an ID token.
impl From<&Claims> for Trust {
    fn from(claims: &Claims) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Self {
            issuer: text(&claims.issuer),
            subject: text(&claims.subject),
            audience: text(&claims.audience),
        }
    }
}

/// The audience of every ID token for Microsoft Entra in a cloud.
pub(crate) fn audience(cloud: &Cloud) -> &'static str {
    match cloud {
        Cloud::UsGovernment => "api://AzureADTokenExchangeUSGov",
        Cloud::China => "api://AzureADTokenExchangeChina",
        Cloud::Public | Cloud::Custom(_) => "api://AzureADTokenExchange",
    }
}

/// The issuer of a subject, recognized by its first claim.
pub(crate) fn issuer_of(subject: &str) -> Option<&'static str> {
    if subject.starts_with("repo:") {
        Some(GITHUB)
    } else if subject.starts_with("project_path:") {
        Some(GITLAB)
    } else {
        None
    }
}

/// A hint about a difference that is easy to miss.
fn hint(ours: &str, theirs: &str) -> &'static str {
    if ours.eq_ignore_ascii_case(theirs) {
        " (another letter case)"
    } else if ours.trim_end_matches('/') == theirs.trim_end_matches('/') {
        " (one of them has a trailing slash)"
    } else if ours.trim() == theirs.trim() {
        " (it has spaces around it)"
    } else if theirs.is_empty() {
        "an expression, which is not compared here"
    } else if without_ids(ours) == without_ids(theirs) {
        " (GitHub writes the IDs of owner and repository, or neither)"
    } else {
        ""
    }
}

/// Converts `repo:owner@1/name@2:…` to `repo:owner/name:…`: github.com uses the first form for repositories that were
/// created or renamed since 2026-07-15 ("Immutable subject claims" of docs.github.com).
fn without_ids(subject: &str) -> String {
    let mut rest = subject;
    let mut text = String::new();
    while let Some((before, after)) = rest.split_once('@') {
        text.push_str(before);
        rest = after.trim_start_matches(|character: char| character.is_ascii_digit());
    }
    text + rest
}

/// Quotes a text for a POSIX shell; PowerShell accepts it as well if the text has no quotation mark.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(subject: &str) -> Trust {
        Trust {
            issuer: issuer_of(subject).unwrap_or("https://issuer").to_owned(),
            subject: subject.to_owned(),
            audience: audience(&Cloud::Public).to_owned(),
        }
    }

    #[test]
    fn doubts_subjects_that_no_issuer_writes() {
        for (subject, is_doubtful) in [
            ("repo:contoso/web:ref:refs/heads/main", false),
            ("repo:contoso@1/web@2:ref:refs/tags/v1", false),
            ("repo:contoso/web:environment:production", false),
            ("repo:contoso/web:pull_request", false),
            (
                "repo:contoso/web:job_workflow_ref:contoso/a/.github/workflows/b.yml@refs/heads/main",
                false,
            ),
            ("repo:contoso/web:pull-request", true),
            ("repo:contoso/web:ref:main", true),
            ("repo:contoso/web:refs/heads/main", true),
            ("repo:contoso/web:branch:main", true),
            ("repo:contoso/web", true),
            ("repo:contoso/*:environment:production", true),
            ("project_path:contoso/web:ref_type:branch:ref:main", false),
            ("project_path:contoso/team/web:ref_type:tag:ref:v1", false),
            (
                "project_path:contoso/web:ref_type:branch:ref:refs/heads/main",
                true,
            ),
            ("project_path:contoso/web:ref_type:branch:ref:*", true),
            ("project_path:contoso/web:ref:main", true),
            ("system:serviceaccount:default:web", false),
        ] {
            assert_eq!(trust(subject).doubt().is_some(), is_doubtful, "{subject}");
        }
    }

    #[test]
    fn names_are_new_and_fit_into_an_address() {
        let known = |name: &str| FederatedCredential {
            name: name.to_owned(),
            issuer: String::new(),
            subject: String::new(),
            audience: String::new(),
        };
        for (subject, list, name) in [
            (
                "repo:contoso/web:ref:refs/heads/main",
                vec![],
                "repo-contoso-web-ref-refs-heads-main",
            ),
            ("Ünï", vec![], "adieu-n0"),
            (
                "repo:a/b:pull_request",
                vec![known("Repo-A-B-pull-request")],
                "repo-a-b-pull-request-2",
            ),
        ] {
            assert_eq!(trust(subject).name(&list), name);
        }
        let long = trust(&"a:".repeat(200));
        assert!(long.name(&[]).len() <= 100);
    }

    #[test]
    fn a_command_is_one_line_whatever_the_subject_holds() {
        let command = trust("repo:contoso/web:ref:refs/heads/it's \"new\"").command("id", &[]);
        assert_eq!(
            command,
            "az ad app federated-credential create --id id --parameters \
             '{\"audiences\":[\"api://AzureADTokenExchange\"],\"issuer\":\"https://token.actions.githubusercontent.com\",\
             \"name\":\"repo-contoso-web-ref-refs-heads-it-s-new\",\
             \"subject\":\"repo:contoso/web:ref:refs/heads/it'\\''s \\\"new\\\"\"}'"
        );
    }
}
