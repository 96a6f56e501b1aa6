//! `adieu onboard --trust`: whether the application trusts the ID tokens of a workflow, a job or a workload.
//!
//! It creates no federated credential; it prints the command that does.

use clap::Args;
use serde_json::json;

use crate::credential;
use crate::failure::{Failure, OnboardProblem};
use crate::federated_credential::{self, Trust};
use crate::membership::{Application, Outcome};
use crate::report::Report;
use crate::reporter::{Reporter as _, Terminal};
use crate::session::Session;

// The ID tokens that the application should trust.
#[derive(Debug, Args)]
pub(super) struct TrustArguments {
    /// Also check that the identity trusts ID tokens with this subject, such as
    /// repo:contoso/web:environment:production from GitHub Actions
    #[arg(long, value_name = "SUBJECT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) trust: Option<String>,
    /// Issuer of these ID tokens [default: github.com or gitlab.com, as the subject shows]
    #[arg(long, value_name = "URL", requires = "trust")]
    issuer: Option<String>,
    /// Audience of these ID tokens [default: api://AzureADTokenExchange]
    #[arg(long, value_name = "TEXT", requires = "trust")]
    audience: Option<String>,
}

impl TrustArguments {
    /// The three values, if a subject was given.
    pub(super) fn read(&self) -> Result<Option<Trust>, Box<Failure>> {
        let Some(subject) = &self.trust else {
            return Ok(None);
        };
        let issuer = match &self.issuer {
            Some(issuer) if issuer.starts_with("https://") => issuer.as_str(),
            Some(issuer) => {
                let text = Some(issuer.clone());
                return Err(Failure::Onboard(OnboardProblem::NoIssuer(text)).into());
            }
            None => federated_credential::issuer_of(subject)
                .ok_or(Failure::Onboard(OnboardProblem::NoIssuer(None)))?,
        };
        let audience = match &self.audience {
            Some(audience) => audience.as_str(),
            None => federated_credential::audience(&credential::cloud()),
        };
        Ok(Some(Trust {
            issuer: issuer.to_owned(),
            subject: subject.clone(),
            audience: audience.to_owned(),
        }))
    }
}

/// Looks for the federated credential. If Microsoft Graph does not show them, prints the required values.
pub(super) async fn check(
    session: &Session,
    application: &Application,
    trust: &Trust,
    outcome: &mut Outcome,
) -> Result<(), Box<Failure>> {
    if let Some(doubt) = trust.doubt() {
        let subject = &trust.subject;
        Terminal.warn(&format!("The subject '{subject}' may be wrong: {doubt}."));
    }
    let listed = match &application.graph_failure {
        Some(reason) => Err(reason.clone()),
        None => match session.microsoft_graph().await {
            Ok(graph) => graph
                .federated_credentials(&application.client_id)
                .await
                .map_err(|error| error.to_string()),
            Err(failure) => Err(Report::sentence_of(&failure)),
        },
    };
    let subject = &trust.subject;
    let mut command = None;
    let (word, problem) = match listed {
        Err(reason) => {
            let create = trust.command(&application.client_id, &[]);
            Terminal.warn(&format!(
                "Microsoft Graph did not show the federated credentials ({}), so it is not known \
                 whether one trusts '{subject}'.",
                reason.trim_end_matches('.')
            ));
            let lines = trust
                .facts()
                .map(|(name, value)| format!("  {name}: {value}"));
            outcome
                .lines
                .push("federated credential: not known; it must contain".to_owned());
            outcome.lines.extend(lines);
            outcome.lines.push(format!("  {create}"));
            command = Some(create);
            ("unknown", None)
        }
        Ok(list) => match trust.find(&application.name, &application.client_id, list.as_deref()) {
            Ok(name) => {
                let line =
                    format!("federated credential: {name} trusts {subject}; nothing to change");
                outcome.lines.push(line);
                ("unchanged", None)
            }
            Err(untrusted) => {
                command = Some(untrusted.command.clone());
                let problem = OnboardProblem::MissingTrust(Box::new(untrusted));
                ("missing", Some(problem))
            }
        },
    };
    outcome.json["federatedCredential"] = json!({
        "outcome": word, "issuer": trust.issuer, "subject": subject, "audience": trust.audience,
        "command": command,
    });
    match problem {
        Some(problem) => Err(Failure::Onboard(problem).into()),
        None => Ok(()),
    }
}
