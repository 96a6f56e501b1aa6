//! The messages for answers of Azure DevOps and Microsoft Entra to an identity that signs in.
//!
//! It makes no decisions and prints nothing; `aadsts.rs` has the meanings of AADSTS codes.

use std::time::Duration;

use adieu_identity::{ClientCertificateProblem, ConnectionFacts, Error, Federation, Mismatch};
use time::OffsetDateTime;

use super::requested_by::RequestedBy;
use super::{Report, service};
use crate::aadsts;
use crate::federated_credential::Trust;
use crate::moment::rfc_3339;

/// Errors with the same message are reported together: ten tokens of a broken connection are one failure.
pub(super) fn no_token(
    connection: &ConnectionFacts,
    errors: &[(String, Error)],
    requested_by: RequestedBy,
) -> Report {
    let mut reports: Vec<(Vec<&str>, Report)> = Vec::new();
    for (name, error) in errors {
        let report = of(connection, error, requested_by);
        let same = reports
            .iter_mut()
            .find(|(_, known)| known.sentence == report.sentence && known.remedy == report.remedy);
        match same {
            Some((names, _)) => names.push(name),
            None => reports.push((vec![name], report)),
        }
    }
    let reports = reports.into_iter().map(|(names, report)| {
        let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        report
            .fact("tokens", &names.join(", "))
            .fact("connection", &connection.page)
    });
    Report::of_several(reports)
}

pub(super) fn of(connection: &ConnectionFacts, error: &Error, requested_by: RequestedBy) -> Report {
    match error {
        Error::Service(failure) => service::failure(failure, requested_by),
        Error::JobTokenRefused {
            host,
            status,
            message,
            correlation,
        } => Report::new(
            "job-token",
            format!(
                "Azure DevOps ({host}) did not accept the job's own token and asks for a \
             sign-in ({status})."
            ),
        )
        .service_message(message.as_deref().unwrap_or_default(), correlation)
        .remedy(
            "Run the job again: its token expires with the job's time limit, and only its \
         own collection accepts it.",
        ),
        Error::IdTokenRefused {
            status,
            message,
            correlation,
        } => {
            let (section, reason, remedy) = if message.contains("TF24668") {
                (
                    "tf24668",
                    "issued no ID token: the organization is inactive (TF24668, ",
                    "Have an owner open the organization in a browser and follow the page; \
                     retrying does not help.",
                )
            } else if message.contains("VS800075") {
                (
                    "vs800075",
                    "issued no ID token: the project does not exist, or is not shown to the job \
                     (VS800075, ",
                    "Add the job's build identity to the project (Project settings → Permissions \
                     → Readers), or limit the job's scope to it.",
                )
            } else {
                (
                    "id-token",
                    "did not issue an ID token for the service connection (HTTP ",
                    "Write the connection's name, not a variable, into \
                     azureDevOpsServiceConnection or azureSubscription, and permit the pipeline \
                     (the connection's page → Security).",
                )
            };
            Report::new(section, format!("Azure DevOps {reason}{status})."))
                .service_message(message, correlation)
                .remedy(remedy)
        }
        Error::WorkflowTokenRefused {
            host,
            status,
            message,
            correlation,
        } => Report::new(
            "github-actions",
            format!("GitHub Actions ({host}) did not issue an ID token (HTTP {status})."),
        )
        .service_message(message.as_deref().unwrap_or_default(), correlation)
        .remedy(
            "Run the job again: its request token expires with the job, and only a running job \
             has one.",
        ),
        Error::EntraRefused { .. } => entra_refused(connection, error, requested_by),
        Error::AnotherToken(mismatch) => another_token(mismatch, requested_by),
        Error::Certificate(fault) => certificate(fault),
        Error::FederatedTokenFile { .. } | Error::Credential(_) => {
            Report::new("connection", format!("There is no token: {error}."))
        }
        Error::ManagedIdentity(fault) => Report::new(
            "managed-identity",
            format!("The agent's managed identity returned no token: {fault}."),
        )
        .remedy(if fault.is_about_several_identities() {
            "Put the identity's client ID into the service connection."
        } else if fault.is_settling() {
            "Run the job again in a few minutes; the machine or its identity is still being set up."
        } else {
            "Run the job on an agent whose machine has that identity, or use a connection with \
             workload identity federation, which works on every agent."
        }),
    }
}

/// The message about waiting for a managed identity.
pub(crate) fn settling(error: &Error, time: Duration) -> String {
    let sentence = upper(&error.to_string());
    format!("{sentence}. Waiting up to {} seconds.", time.as_secs())
}

fn upper(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// The remedy for each problem of a certificate.
fn certificate(fault: &ClientCertificateProblem) -> Report {
    let report = Report::new(
        "connection-certificate",
        format!("The service connection's certificate cannot be used: {fault}."),
    );
    report.remedy(match fault {
        ClientCertificateProblem::EncryptedKey => {
            "Remove the password (openssl pkey -in key.pem -out plain.pem) and save the \
             connection with that key."
        }
        ClientCertificateProblem::NoKey => {
            "Also put the private key into the connection: certificate and key, both in PEM form."
        }
        ClientCertificateProblem::AnotherKey { .. } => {
            "Put a certificate and its own key into the connection."
        }
        ClientCertificateProblem::NotRsa | ClientCertificateProblem::Key(_) => {
            "Create a certificate with an RSA key of 2048 bits or more, which Microsoft Entra \
             requires."
        }
        ClientCertificateProblem::NoCertificate
        | ClientCertificateProblem::NotPem
        | ClientCertificateProblem::DamagedPem
        | ClientCertificateProblem::Signing => {
            "Put the certificate and its RSA private key, both in PEM form and without a password, \
             into the connection; or convert it to workload identity federation."
        }
    })
}

fn entra_refused(connection: &ConnectionFacts, error: &Error, requested_by: RequestedBy) -> Report {
    let Error::EntraRefused {
        status,
        code,
        error: word,
        description,
        presented,
        scope,
        correlation,
    } = error
    else {
        return Report::new("aadsts", error.to_string());
    };
    if *code == Some(EXPIRED)
        && !connection
            .scheme
            .eq_ignore_ascii_case("WorkloadIdentityFederation")
    {
        let report = match Federation::of(&connection.scheme) {
            Some(federation) => id_token_expired(federation, description),
            None => assertion_expired(description),
        };
        return report.correlation(correlation);
    }
    let known = code.and_then(aadsts::meaning);
    let name = code
        .map(|code| format!("AADSTS{code}"))
        .unwrap_or_else(|| word.clone());
    let federation = Federation::of(&connection.scheme);
    let identity = match federation {
        Some(_) => "workload identity",
        None => "service connection",
    };
    let mut report = match known {
        Some(meaning) => Report::new(
            &format!("aadsts{}", meaning.code),
            format!(
                "Microsoft Entra refused the {identity} ({name}) {}.",
                meaning.because
            ),
        )
        .remedy(requested_by.words(meaning.in_a_step, meaning.by_flags)),
        None => Report::new(
            "aadsts",
            format!("Microsoft Entra refused the {identity} ({name}, HTTP {status})."),
        )
        .remedy("Look the code up at https://login.microsoftonline.com/error."),
    };
    report = report.fact("it said", description);
    if let Some(claims) = presented
        && known.is_none_or(|meaning| meaning.compare_claims)
    {
        let trust = Trust::from(&**claims);
        report = report.with_facts(&trust.facts());
        // Azure DevOps itself creates what its connections need.
        if federation.is_some() && code.is_some_and(|code| MISSING.contains(&code)) {
            let command = trust.command(&connection.client_id, &[]);
            report = report.fact("to create it", &command);
        }
    }
    report
        .fact("authority", &connection.authority)
        .fact("tenant", &connection.tenant)
        .fact("client id", &connection.client_id)
        .fact("scope", scope)
        .correlation(correlation)
}

/// No federated credential has the ID token's issuer or subject, or there is none.
const MISSING: [u32; 4] = [70_021, 70_025, 700_211, 700_213];

/// The times of an assertion do not fit; the code covers ID tokens and assertions of certificates.
const EXPIRED: u32 = 700_024;

/// The ID token of another issuer is not valid at this time.
fn id_token_expired(federation: Federation, description: &str) -> Report {
    let (token, remedy) = match federation {
        Federation::File => (
            "the token in its file",
            "Have the platform renew AZURE_FEDERATED_TOKEN_FILE (on Kubernetes, a token is valid \
             for an hour), and set this machine's clock (NTP).",
        ),
        Federation::Variable => (
            "the token in AZURE_OIDC_TOKEN",
            "Sign in while the token is valid, or have the platform write it to a file that it \
             renews, and set AZURE_FEDERATED_TOKEN_FILE to that file.",
        ),
        Federation::Gitlab => (
            "the job's ID token",
            "Sign in at the start of the job, or set the job's timeout: GitLab issues the token \
             once, for five minutes or for as long as that timeout.",
        ),
        Federation::GithubActions => (
            "the workflow's ID token",
            "Run the job again: GitHub issued the token a moment before it was presented.",
        ),
    };
    Report::new(
        "clock",
        format!(
            "Microsoft Entra refused the workload identity (AADSTS700024) because {token} has \
             expired, or is not valid yet."
        ),
    )
    .fact("it said", description)
    .fact("this machine's clock", &rfc_3339(OffsetDateTime::now_utc()))
    .remedy(remedy)
}

fn assertion_expired(description: &str) -> Report {
    Report::new(
        "clock",
        format!(
            "Microsoft Entra refused the assertion that the connection's certificate signed \
             (AADSTS{EXPIRED}) because it is not valid at this time."
        ),
    )
    .fact("it said", description)
    .fact("agent's clock", &rfc_3339(OffsetDateTime::now_utc()))
    .remedy("Set the agent's clock (NTP).")
}

fn another_token(mismatch: &Mismatch, requested_by: RequestedBy) -> Report {
    let answered = |expected: &str, actual: &str| {
        Report::new(
            "another-token",
            format!(
                "Microsoft Entra was asked for a token {expected} and answered with one {actual}."
            ),
        )
        .remedy(requested_by.words(
            "Check the connection's authority: something between the agent and Microsoft Entra \
             answered instead.",
            "Check AZURE_AUTHORITY_HOST: something between this machine and Microsoft Entra \
             answered instead.",
        ))
    };
    match mismatch {
        Mismatch::Tenant { expected, actual } => answered(
            &format!("of tenant {expected}"),
            &format!("of tenant {actual}"),
        ),
        Mismatch::Audience { expected, actual } => {
            answered(&format!("for {expected}"), &format!("for '{actual}'"))
        }
        Mismatch::Expired { expires_on, now } => Report::new(
            "clock",
            "By this machine's clock, the token from Microsoft Entra has already expired.",
        )
        .fact("token expires", &moment(*expires_on))
        .fact(
            requested_by.words("agent's clock", "this machine's clock"),
            &moment(*now),
        )
        .remedy(requested_by.words(
            "Set the agent's clock (NTP).",
            "Set this machine's clock (NTP).",
        )),
    }
}

fn moment(seconds: i64) -> String {
    match OffsetDateTime::from_unix_timestamp(seconds) {
        Ok(moment) => rfc_3339(moment),
        Err(_) => seconds.to_string(),
    }
}
