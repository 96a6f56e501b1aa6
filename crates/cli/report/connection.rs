//! The messages for a service connection that cannot sign in as it is configured.
//!
//! It makes no decisions and prints nothing; `identity.rs` has the messages for a refused sign-in.

use adieu_identity::{ConnectionFacts, NotAnAuthority};

use super::Report;
use crate::failure::ConnectionProblem;

pub(super) fn problem(connection: &ConnectionFacts, problem: &ConnectionProblem) -> Report {
    let report = |anchor: &str, sentence: String| {
        Report::new(anchor, sentence).fact("connection", &connection.page)
    };
    match problem {
        ConnectionProblem::NotGiven => report(
            "connection",
            format!(
                "The agent did not give this step the service connection '{}'.",
                connection.id
            ),
        )
        .remedy(
            "Write the connection's name, not a variable, into azureDevOpsServiceConnection or \
             azureSubscription, and permit the pipeline (the connection's page → Security).",
        ),
        ConnectionProblem::Scheme => report(
            "connection",
            format!(
                "The service connection's scheme, {}, has no Microsoft Entra identity.",
                connection.scheme
            ),
        )
        .remedy(
            "Use a connection of the type Azure DevOps, or Azure Resource Manager with workload \
             identity federation.",
        ),
        ConnectionProblem::Missing(field) => report(
            "connection",
            format!("The service connection has no {field}."),
        )
        .remedy("Edit and save the connection on its page."),
        ConnectionProblem::Authority { text, reason } => {
            let why = match reason {
                NotAnAuthority::NotAnAddress => "is not an address",
                NotAnAuthority::NotHttps => "is not HTTPS",
                NotAnAuthority::Adfs => "is an AD FS, which has no federated credentials",
            };
            report(
                "connection",
                format!("The service connection's authority, '{text}', {why}."),
            )
            .remedy(
                "Correct the connection's environment, or use one that signs in with \
                 Microsoft Entra.",
            )
        }
        ConnectionProblem::Cloud(name) => report(
            "connection",
            format!(
                "The service connection's cloud, '{name}', has no known authority, and its \
                data names none."
            ),
        )
        .remedy("Edit and save the connection, so that Azure DevOps fills in its addresses."),
        ConnectionProblem::NoJobToken => report(
            "job-token",
            "The job token is not in this step's environment.".to_owned(),
        )
        .remedy(
            "Let the agent run the task; a wrapper must pass on the ENDPOINT_AUTH_* variables.",
        ),
        ConnectionProblem::NotTheCollection(reason) => report(
            "job-token",
            format!(
                "The job token was not sent: System.OidcRequestUri points outside the \
                collection ({reason})."
            ),
        )
        .remedy(
            "Remove the variable System.OidcRequestUri from the pipeline; Azure DevOps sets it.",
        ),
        ConnectionProblem::AnotherCollection {
            collection,
            connection,
        } => another_collection(collection, connection),
        ConnectionProblem::NoIdToken => report(
            "connection",
            format!(
                "idToken is set, but a connection with the scheme {} has no ID token.",
                connection.scheme
            ),
        )
        .remedy("Convert the connection to workload identity federation, or leave idToken empty."),
    }
}

/// A variable names a collection other than that of the job's own connection.
pub(super) fn another_collection(collection: &str, connection: &str) -> Report {
    Report::new(
        "job-token",
        format!(
            "The job token was not sent: System.CollectionUri is '{collection}', and the job's \
             own connection is for '{connection}'."
        ),
    )
    .remedy(
        "Remove the variable System.CollectionUri from the pipeline and from the step's \
     env; Azure DevOps sets it.",
    )
}
