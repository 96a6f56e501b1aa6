//! The words for what Azure DevOps and Microsoft Entra say to an identity that signs in.
//!
//! It decides nothing and prints nothing; what a number of Entra's means stands in `aadsts.rs`.

use adieu_identity::{Error, Mismatch};

use super::asked::Asked;
use super::{Report, service};
use crate::aadsts;
use crate::credential::WORKLOAD_IDENTITY;
use crate::situation::ConnectionFacts;

/// Errors that read the same stand together: ten tokens of a broken connection are one fault.
pub(super) fn no_token(
    connection: &ConnectionFacts,
    errors: &[(String, Error)],
    asked: Asked,
) -> Report {
    let mut reports: Vec<(Vec<&str>, Report)> = Vec::new();
    for (name, error) in errors {
        let report = of(connection, error, asked);
        let same = reports
            .iter_mut()
            .find(|(_, known)| known.sentence == report.sentence && known.remedy == report.remedy);
        match same {
            Some((names, _)) => names.push(name),
            None => reports.push((vec![name], report)),
        }
    }
    let mut reports = reports.into_iter().map(|(names, report)| {
        let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        report
            .fact("tokens", &names.join(", "))
            .fact("connection", &connection.page)
    });
    let mut report = reports
        .next()
        .unwrap_or_else(|| Report::new("token", String::new()));
    report.also = reports.collect();
    report
}

pub(super) fn of(connection: &ConnectionFacts, error: &Error, asked: Asked) -> Report {
    match error {
        Error::Service(failure) => service::failure(failure, asked),
        Error::JobTokenRefused { host, status, message, correlation } => Report::new(
            "job-token",
            format!("Azure DevOps ({host}) did not accept the job's own token and asks for a sign-in ({status})."),
        )
        .fact("it said", message.as_deref().unwrap_or_default())
        .correlation(correlation)
        .remedy("Run the job again: the token ends with the job's time limit, and is of no use to another collection."),
        Error::IdTokenRefused { status, message, correlation } if message.contains("TF24668") => Report::new(
            "tf24668",
            format!("Azure DevOps issued no ID token: the organization is stopped (TF24668, {status})."),
        )
        .fact("it said", message)
        .correlation(correlation)
        .remedy("An owner of the organization opens it in a browser and follows the page; asking again does not help."),
        Error::IdTokenRefused { status, message, correlation } if message.contains("VS800075") => Report::new(
            "vs800075",
            format!("Azure DevOps issued no ID token: the project does not exist, or is not shown to the job (VS800075, {status})."),
        )
        .fact("it said", message)
        .correlation(correlation)
        .remedy("Add the job's build identity to the project (Project settings → Permissions → Readers), or limit the job's scope to it."),
        Error::IdTokenRefused { status, message, correlation } => Report::new(
            "id-token",
            format!("Azure DevOps minted no ID token for the service connection ({status})."),
        )
        .fact("it said", message)
        .correlation(correlation)
        .remedy("Name the connection itself, not a variable, in this step's azureSubscription, and let the pipeline use it (the connection's page → Security)."),
        Error::EntraRefused { .. } => entra_refused(connection, error),
        Error::AnotherToken(mismatch) => another_token(mismatch),
        Error::Certificate(reason) => Report::new(
            "connection",
            format!("The service connection's certificate cannot be used: {reason}."),
        )
        .remedy("Put the certificate and its RSA private key, both as PEM and without a password, into the connection; or convert it to workload identity federation."),
        Error::ManagedIdentity(fault) => Report::new(
            "managed-identity",
            format!("The agent's managed identity gave no token: {fault}."),
        )
        .remedy("Run the job on an agent whose machine has that identity, or use a connection with workload identity federation, which works on every agent."),
        Error::NoIdToken => Report::new("connection", "The service connection has no ID token.".to_owned()),
    }
}

fn entra_refused(connection: &ConnectionFacts, error: &Error) -> Report {
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
    if *code == Some(OVER)
        && !connection
            .scheme
            .eq_ignore_ascii_case("WorkloadIdentityFederation")
    {
        let report = if connection.scheme == WORKLOAD_IDENTITY {
            file_over(description)
        } else {
            assertion_over(description)
        };
        return report.correlation(correlation);
    }
    let known = code.and_then(aadsts::meaning);
    let name = code
        .map(|code| format!("AADSTS{code}"))
        .unwrap_or_else(|| word.clone());
    let whom = name_of(connection);
    let mut report = match known {
        Some(meaning) => Report::new(
            &format!("aadsts{}", meaning.code),
            format!(
                "Microsoft Entra refused the {whom} ({name}) {}.",
                meaning.because
            ),
        )
        .remedy(meaning.remedy),
        None => Report::new(
            "aadsts",
            format!("Microsoft Entra refused the {whom} ({name}, HTTP {status})."),
        )
        .remedy("Look the code up at https://login.microsoftonline.com/error."),
    };
    report = report.fact("it said", description);
    if let Some(claims) = presented
        && known.is_none_or(|meaning| meaning.compare_claims)
    {
        report = report
            .fact("issuer", claims.issuer.as_deref().unwrap_or_default())
            .fact(
                "subject identifier",
                claims.subject.as_deref().unwrap_or_default(),
            )
            .fact("audience", claims.audience.as_deref().unwrap_or_default());
    }
    report
        .fact("authority", &connection.authority)
        .fact("tenant", &connection.tenant)
        .fact("client id", &connection.client_id)
        .fact("scope", scope)
        .correlation(correlation)
}

/// What Microsoft Entra refused.
fn name_of(connection: &ConnectionFacts) -> &'static str {
    if connection.scheme == WORKLOAD_IDENTITY {
        "workload identity"
    } else {
        "service connection"
    }
}

/// An assertion's times do not fit: the number stands for ID tokens and for what a certificate signs.
const OVER: u32 = 700_024;

/// What the platform wrote into the file is not good at this moment.
fn file_over(description: &str) -> Report {
    Report::new(
        "clock",
        "Microsoft Entra refused the workload identity (AADSTS700024) because the token in its file is over, or not good yet.".to_owned(),
    )
    .fact("it said", description)
    .fact("this machine's clock", &moment(now()))
    .remedy("Let whoever writes AZURE_FEDERATED_TOKEN_FILE renew it (it lives for an hour on Kubernetes), and set this machine's clock (NTP).")
}

fn assertion_over(description: &str) -> Report {
    Report::new(
        "clock",
        format!("Microsoft Entra refused what the connection's certificate signed (AADSTS{OVER}) because its times do not fit."),
    )
    .fact("it said", description)
    .fact("agent's clock", &moment(now()))
    .remedy("Set the agent's clock (NTP).")
}

fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

fn another_token(mismatch: &Mismatch) -> Report {
    match mismatch {
        Mismatch::Tenant { asked, got } => Report::new(
            "another-token",
            format!("Microsoft Entra was asked for a token of tenant {asked} and gave one of tenant {got}."),
        )
        .remedy("Check the connection's authority: something between the agent and Microsoft Entra answers in its place."),
        Mismatch::Audience { asked, got } => Report::new(
            "another-token",
            format!("Microsoft Entra was asked for a token for {asked} and gave one for '{got}'."),
        )
        .remedy("Check the connection's authority: something between the agent and Microsoft Entra answers in its place."),
        Mismatch::Expired { expires_on, now } => Report::new(
            "clock",
            "Microsoft Entra's token is over already, as this agent's clock sees it.".to_owned(),
        )
        .fact("token ends", &moment(*expires_on))
        .fact("agent's clock", &moment(*now))
        .remedy("Set the agent's clock (NTP)."),
    }
}

fn moment(seconds: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|moment| {
            moment
                .format(&time::format_description::well_known::Rfc3339)
                .ok()
        })
        .unwrap_or_else(|| seconds.to_string())
}
