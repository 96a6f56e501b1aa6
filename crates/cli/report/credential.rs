//! The messages about credentials: which one was used, and why others returned no token.
//!
//! It makes no decisions and prints nothing.

use std::time::Duration;

use adieu_devops::Reason;
use adieu_identity::{
    ConnectionFacts, Credential, CredentialProblem, CredentialProblemKind, Error,
    ManagedIdentityProblem, NotAnAuthority, ToolError, ToolProblem,
};

use super::requested_by::RequestedBy;
use super::{Report, azure_devops, connection, identity};
use crate::aadsts;
use crate::console;
use adieu_agent::is_in_a_pipeline;

/// No credential returned a token: the selected one, or all that `auto` tries.
pub(super) fn none(problems: &[CredentialProblem]) -> Report {
    if let [problem] = problems {
        let name = problem.credential.name();
        let mut report = one(problem);
        if let CredentialProblemKind::NotSet(variable) = problem.fault {
            report.sentence = format!("{name} needs {variable}, which is not set.");
        }
        return report;
    }
    let mut report = Report::new("credential", "You are not signed in.");
    let remedy = command_that_helps(problems).filter(|_| !is_in_a_pipeline());
    let mut absent = Vec::new();
    for problem in problems {
        let is_absent = is_absent(&problem.fault);
        if is_absent && remedy.is_some() && !console::is_verbose() {
            absent.push(problem.credential.name());
            continue;
        }
        let one = one(problem);
        let what_to_do = one.remedy.filter(|_| is_absent || remedy.is_none());
        let fact = format!("{} {}", one.sentence, what_to_do.unwrap_or_default());
        report = report.fact(problem.credential.name(), fact.trim_end());
    }
    if !absent.is_empty() {
        let absent = format!("{} (--verbose shows why)", absent.join(", "));
        report = report.fact("not available here", &absent);
    }
    match remedy {
        Some(remedy) => report.remedy(&remedy),
        None => report,
    }
}

/// Whether nothing is configured for it here.
fn is_absent(fault: &CredentialProblemKind) -> bool {
    matches!(
        fault,
        CredentialProblemKind::NotSet(_) | CredentialProblemKind::NotInstalled(_)
    )
}

/// The command that signs a person in on this machine: with a tool that requires it, or else with one to install.
/// `None` if something else is configured and fails.
fn command_that_helps(problems: &[CredentialProblem]) -> Option<String> {
    let of = |credential: Credential| {
        let problem = problems
            .iter()
            .find(|problem| problem.credential == credential)?;
        one(problem).remedy
    };
    let mut failing = problems.iter().filter(|problem| !is_absent(&problem.fault));
    let tools = [Credential::Az, Credential::Azd];
    if !failing.all(|problem| tools.contains(&problem.credential)) {
        return None;
    }
    let sign_in = |remedy: &String| remedy.starts_with("Sign in: ");
    let mut of_tools = tools.into_iter().filter_map(of);
    of_tools.find(sign_in).or_else(|| of(Credential::Az))
}

/// The message about the credential that is used, and a warning for each configured one that failed.
pub(crate) fn signed_in(
    used: Credential,
    passed_over: &[CredentialProblem],
) -> (String, Vec<String>) {
    let mut absent = Vec::new();
    let mut warnings = Vec::new();
    for problem in passed_over {
        let name = problem.credential.name();
        match &problem.fault {
            CredentialProblemKind::NotSet(variable) => {
                absent.push(format!("{name} ({variable} is not set)"))
            }
            CredentialProblemKind::NotInstalled(_) => {
                absent.push(format!("{name} (not installed)"))
            }
            CredentialProblemKind::NoIdTokenPermission => {
                absent.push(format!("{name} (the job may not request an ID token)"));
            }
            _ => warnings.push(one(problem).sentence),
        }
    }
    let mut line = format!("Signed in with {}.", used.name());
    if !absent.is_empty() {
        line.push_str(&format!(" Skipped: {}.", absent.join(", ")));
    }
    (line, warnings)
}

fn one(problem: &CredentialProblem) -> Report {
    let name = problem.credential.name();
    let report = |sentence: String| Report::new("credential", sentence);
    match &problem.fault {
        CredentialProblemKind::NotSet(variable) => {
            let remedy = where_it_is_set(problem.credential, variable);
            report(format!("{variable} is not set.")).remedy(remedy)
        }
        CredentialProblemKind::NotAToken(variable) => report(format!(
            "{variable} contains something that is not a token."
        ))
        .remedy(where_it_is_set(problem.credential, variable)),
        CredentialProblemKind::NoIdTokenPermission => Report::new(
            "github-actions",
            "GitHub does not let this job request an ID token: ACTIONS_ID_TOKEN_REQUEST_URL is \
             not set.",
        )
        .remedy(
            "Add id-token: write to the job's permissions. Workflows for a pull request from a \
             fork cannot have it.",
        ),
        CredentialProblemKind::NotTheIssuer(reason) => Report::new(
            "github-actions",
            format!(
                "The request token was not sent: ACTIONS_ID_TOKEN_REQUEST_URL points outside \
                 GitHub ({reason})."
            ),
        )
        .remedy(
            "Leave ACTIONS_ID_TOKEN_REQUEST_URL and GITHUB_SERVER_URL as the runner sets them.",
        ),
        CredentialProblemKind::NotInstalled(tool) => report(format!("{tool} is not on the PATH."))
            .remedy(&format!(
                "Install {tool} ({}), then: {}",
                page(tool),
                sign_in(problem.credential, None, None)
            )),
        CredentialProblemKind::Authority { text, reason } => report(format!(
            "AZURE_AUTHORITY_HOST is '{text}', which {}.",
            match reason {
                NotAnAuthority::NotAnAddress => "is not an address",
                NotAnAuthority::NotHttps => "is not HTTPS",
                NotAnAuthority::Adfs => "is an AD FS",
            }
        ))
        .remedy("Leave it out for the public cloud."),
        CredentialProblemKind::NotTheCollection(reason) => Report::new(
            "job-token",
            format!(
                "The job token was not sent: SYSTEM_OIDCREQUESTURI points outside the \
                collection ({reason})."
            ),
        )
        .remedy("Leave SYSTEM_OIDCREQUESTURI as Azure DevOps sets it."),
        CredentialProblemKind::AnotherCollection {
            collection,
            connection,
        } => connection::another_collection(collection, connection),
        CredentialProblemKind::Identity { connection, error } => {
            of_identity(problem.credential, connection, error)
        }
        CredentialProblemKind::AnotherTenant { expected, actual } => report(format!(
            "{name} has a token of tenant {actual}, not of tenant {expected}."
        ))
        .remedy(&another_tenant(problem.credential, expected)),
        CredentialProblemKind::Tool(ToolError {
            problem: fault,
            command,
            scope,
            tenant,
        }) => {
            let by_hand = format!("To see its whole output, run: {command}");
            let sign_in = sign_in(problem.credential, tenant.as_deref(), Some(scope));
            match fault {
                ToolProblem::NotPlain(text) => report(format!(
                    "'{text}' was not passed to {name}: it has characters that a tool could \
                     misread."
                )),
                ToolProblem::NotStarted(reason) => {
                    report(format!("{name} cannot be started: {reason}."))
                }
                ToolProblem::Time(limit) => report(format!(
                    "{name} did not answer within {} seconds.",
                    seconds(*limit)
                ))
                .remedy(&by_hand),
                ToolProblem::Silent(status) => report(format!(
                    "{name} failed without an error message ({status})."
                ))
                .remedy(&by_hand),
                ToolProblem::NoToken => {
                    report(format!("{name} did not print a token that can be read."))
                        .remedy(&by_hand)
                }
                ToolProblem::Message(words) => {
                    let sentence =
                        format!("{name} failed: {}.", words.trim_end_matches(['.', ':']));
                    match meaning_in(words) {
                        Some(meaning) => Report::new(&format!("aadsts{}", meaning.code), sentence)
                            .remedy(meaning.by_flags),
                        None => report(sentence).remedy(&remedy_for(words, &sign_in, by_hand)),
                    }
                }
            }
        }
    }
}

/// In whole seconds; the rest of a limit is slightly less than the limit itself.
fn seconds(limit: Duration) -> u64 {
    (limit + Duration::from_millis(500)).as_secs().max(1)
}

/// A refusal has the same messages as in a task, except for what an agent would be configured with.
fn of_identity(credential: Credential, connection: &ConnectionFacts, error: &Error) -> Report {
    if let Error::FederatedTokenFile { path, reason } = error {
        let path = path.display();
        return Report::new(
            "credential",
            format!("The federated token in {path} cannot be read: {reason}."),
        )
        .remedy(
            "The platform writes that file: on Kubernetes, label the pod \
             azure.workload.identity/use: \"true\" and name its service account.",
        );
    }
    if let Error::ManagedIdentity(fault) = error {
        return Report::new(
            "managed-identity",
            format!("The managed identity returned no token: {fault}."),
        )
        .remedy(match fault {
            ManagedIdentityProblem::Unanswered { .. } => {
                "Managed identities exist on Azure machines and apps only. Elsewhere, sign \
                 in with azd or az."
            }
            ManagedIdentityProblem::NotSupported(_) => {
                "Sign in with az, which supports it: az login --identity"
            }
            fault if fault.is_about_several_identities() => {
                "Name the identity: --identity ID or AZURE_CLIENT_ID, with its client ID."
            }
            fault if fault.is_transient() => "Try again later; its endpoint cannot answer now.",
            _ => {
                "Assign an identity to this machine or app; --identity or AZURE_CLIENT_ID \
                 names a user-assigned one."
            }
        });
    }
    identity::of(connection, error, RequestedBy::CommandLine).fact("credential", credential.name())
}

fn where_it_is_set(credential: Credential, variable: &str) -> &'static str {
    match (credential, variable) {
        (Credential::GithubActions, "AZURE_CLIENT_ID" | "AZURE_TENANT_ID") => {
            return "Set AZURE_CLIENT_ID and AZURE_TENANT_ID in the workflow's env; neither is \
                    secret.";
        }
        (Credential::GithubActions, _) => {
            return "The runner sets it for a job with permissions: id-token: write.";
        }
        (Credential::Gitlab, "AZURE_CLIENT_ID" | "AZURE_TENANT_ID") => {
            return "Set AZURE_CLIENT_ID and AZURE_TENANT_ID as variables of the job or the \
                    project; neither is secret.";
        }
        (Credential::Gitlab, _) => {
            return "Declare it in the job: id_tokens: ADIEU_ID_TOKEN: aud: \
                    api://AzureADTokenExchange";
        }
        _ => {}
    }
    match variable {
        "SYSTEM_ACCESSTOKEN" => {
            "Map it in the step: env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)"
        }
        "SYSTEM_OIDCREQUESTURI" | "SYSTEM_COLLECTIONURI" => "Azure Pipelines sets it in every job.",
        "IDENTITY_ENDPOINT" => {
            "App Service and Functions set it; on a virtual machine, use --credential \
             managed-identity."
        }
        _ if variable.starts_with("AZURESUBSCRIPTION_") => {
            "AzureCLI@2 and AzurePowerShell@5 set it, and EntraToken@1 with configure: \
             azurePipelinesCredential."
        }
        _ => {
            "Azure Kubernetes Service sets it in a pod with the label \
             azure.workload.identity/use: \"true\"."
        }
    }
}

fn page(tool: &str) -> &'static str {
    match tool {
        "azd" => "https://aka.ms/azd-install",
        _ => "https://aka.ms/azure-cli",
    }
}

/// The command with which a person signs in.
fn sign_in(credential: Credential, tenant: Option<&str>, scope: Option<&str>) -> String {
    let mut command = match credential {
        Credential::Azd => "azd auth login".to_owned(),
        _ => "az login".to_owned(),
    };
    if let Some(tenant) = tenant {
        let flag = if credential == Credential::Azd {
            "--tenant-id"
        } else {
            "--tenant"
        };
        command.push_str(&format!(" {flag} {tenant}"));
    }
    if let Some(scope) = scope {
        command.push_str(&format!(" --scope {scope}"));
    }
    command
}

/// Guests, and applications that are not in the tenant: another tenant helps, but no sign-in does.
const OTHER_TENANT: [&str; 4] = ["AADSTS50020", "AADSTS90072", "AADSTS500011", "AADSTS650057"];

/// Failures that a new sign-in fixes, in the messages of both tools.
const SIGN_IN: [&str; 8] = [
    "az login",
    "az account set",
    "azd auth login",
    "AADSTS",
    "not logged in",
    "logged out",
    "reauthentication required",
    "multi-factor authentication",
];

/// Codes with which a person's sign-in can succeed the next time.
const OF_A_PERSON: [u32; 3] = [50_076, 53_003, 530_003];

/// The meaning of a Microsoft Entra code for which a new sign-in does not help.
fn meaning_in(words: &str) -> Option<&'static aadsts::Meaning> {
    if OTHER_TENANT.iter().any(|code| words.contains(code)) {
        return None;
    }
    let (_, rest) = words.split_once("AADSTS")?;
    let end = rest
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(rest.len());
    let code = rest[..end].parse().ok()?;
    aadsts::meaning(code).filter(|meaning| !OF_A_PERSON.contains(&meaning.code))
}

fn remedy_for(words: &str, sign_in: &str, by_hand: String) -> String {
    let mentions = |known: &str| words.contains(known);
    if OTHER_TENANT.iter().any(|code| mentions(code)) {
        return "Use the resource's tenant: --organization <name> finds that of Azure DevOps, \
                --tenant takes any."
            .to_owned();
    }
    if SIGN_IN.iter().any(|known| mentions(known)) {
        // Without a sign-in, a general one is needed; a policy requires one for a resource.
        let is_about_policy = ["AADSTS", "reauthentication required", "multi-factor"]
            .iter()
            .any(|known| mentions(known));
        let plain = sign_in.split(" --scope").next().unwrap_or(sign_in);
        let command = if is_about_policy { sign_in } else { plain };
        let flag = if mentions("No subscription") {
            " --allow-no-subscriptions"
        } else {
            ""
        };
        return format!("Sign in: {command}{flag}");
    }
    by_hand
}

fn another_tenant(credential: Credential, expected: &str) -> String {
    match credential {
        Credential::ManagedIdentity => {
            "A managed identity belongs to one tenant. Use an identity in that tenant, or leave \
             out --tenant."
                .to_owned()
        }
        _ => format!("Sign in: {}", sign_in(credential, Some(expected), None)),
    }
}

/// The request for an organization's tenant needs no token, so a refusal means that the name is wrong.
pub(super) fn no_tenant(organization: &str, error: &adieu_devops::Error) -> Report {
    let doing = format!("find the tenant of {organization}");
    if error.is(Reason::NotFound) {
        return Report::new(
            "organizations",
            format!("Azure DevOps has no organization {organization}."),
        )
        .remedy("Compare the name with the address in the browser: https://dev.azure.com/<name>.");
    }
    azure_devops::by_command_line(&doing, error)
}
