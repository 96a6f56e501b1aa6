//! What `onboard` and `offboard` share: the application, the results, and refusals.
//!
//! It changes nothing.

use adieu_devops::{Error, GivenId, Reason};
use serde_json::{Value, json};

use crate::failure::{Failure, OnboardProblem};
use crate::reporter::{Reporter as _, Terminal};
use crate::result::{self, OutputFormat};
use crate::session::Session;
use crate::whoami;

/// The application that is meant.
pub(crate) struct Application {
    /// Its name and client ID, or the given ID instead of both.
    pub(crate) name: String,
    pub(crate) client_id: String,
    /// The enterprise application's object ID, or the ID that is used as such.
    pub(crate) object_id: String,
    /// Why Microsoft Graph did not show which ID was given; `None` if it did.
    pub(crate) graph_failure: Option<String>,
}

/// The changes and messages so far.
pub(crate) struct Outcome {
    pub(crate) lines: Vec<String>,
    pub(crate) json: Value,
    /// The requests that a dry run would send.
    pub(crate) requests: Vec<Value>,
}

impl Outcome {
    pub(crate) fn new() -> Self {
        Self {
            lines: Vec::new(),
            json: json!({}),
            requests: Vec::new(),
        }
    }

    /// Prints it, with the requests of a dry run, and what was done before a failure.
    pub(crate) fn print(
        mut self,
        form: OutputFormat,
        is_dry_run: bool,
        is_complete: bool,
    ) -> Result<(), Box<Failure>> {
        if is_dry_run {
            if !self.requests.is_empty() {
                self.lines.push("These requests would be sent:".to_owned());
            }
            for request in &self.requests {
                let text = |field: &str| {
                    let value = request.get(field).and_then(Value::as_str);
                    value.unwrap_or_default()
                };
                let body = match request.get("body") {
                    Some(body) => format!("\n{body:#}"),
                    None => String::new(),
                };
                let line = format!("{} {}{body}", text("method"), text("url"));
                self.lines.push(line);
            }
            self.json["requests"] = Value::Array(self.requests);
        }
        if is_complete || !self.lines.is_empty() {
            result::print(form, &self.lines, &self.json)?;
        }
        Ok(())
    }
}

/// Asks Microsoft Graph which of the three IDs was given. If that is not possible, the ID is used as the required
/// one.
pub(crate) async fn find_application(
    session: &Session,
    id: &str,
    tenant: Option<String>,
    outcome: &mut Outcome,
) -> Result<Application, Box<Failure>> {
    let found = session.application(id).await;
    let tenant = || tenant.or(session.ids().tenant).unwrap_or_default();
    match found {
        Ok(Some(found)) if found.object_id.is_empty() => {
            Err(Failure::Onboard(OnboardProblem::NoEnterpriseApplication {
                name: found.name,
                client_id: found.client_id,
                tenant: tenant(),
            })
            .into())
        }
        Ok(Some(found)) => {
            let (given, name) = match found.given {
                GivenId::ClientId => ("client id", "clientId"),
                GivenId::EnterpriseApplication => (
                    "enterprise application's object id",
                    "enterpriseApplication",
                ),
                GivenId::AppRegistration => ("app registration's object id", "appRegistration"),
            };
            outcome.lines.push(format!(
                "identity: {} ({given} given; client id {}, enterprise application's object id {})",
                found.name, found.client_id, found.object_id
            ));
            outcome.json["identity"] = json!({
                "name": found.name, "given": name, "clientId": found.client_id, "objectId": found.object_id,
            });
            Ok(Application {
                name: found.name,
                client_id: found.client_id,
                object_id: found.object_id,
                graph_failure: None,
            })
        }
        Ok(None) => Err(Failure::Onboard(OnboardProblem::NoApplication {
            id: id.to_owned(),
            tenant: tenant(),
        })
        .into()),
        Err(reason) => {
            Terminal.warn(&format!(
                "Microsoft Graph did not say which application this is ({}), so {id} is \
                 used as the object id of its enterprise application.",
                reason.trim_end_matches('.')
            ));
            outcome.json["identity"] = json!({ "given": "unknown", "objectId": id });
            Ok(Application {
                name: id.to_owned(),
                client_id: id.to_owned(),
                object_id: id.to_owned(),
                graph_failure: Some(reason),
            })
        }
    }
}

/// A publisher's refusal.
pub(crate) fn refused_by_publisher(
    session: &Session,
    publisher: &str,
    doing: &str,
    error: Error,
) -> Failure {
    let page = session.hosts().publisher_page(publisher);
    if error.is(Reason::NotPermitted) {
        return Failure::Onboard(OnboardProblem::NotOwner {
            publisher: publisher.to_owned(),
            page,
            error,
        });
    }
    Failure::Marketplace {
        doing: doing.to_owned(),
        error,
        identity: None,
        page: Some(page),
    }
}

/// Adds the caller's IDs to a failure that is an organization's refusal.
pub(crate) async fn with_ids(session: &Session, mut failure: Box<Failure>) -> Box<Failure> {
    if let Failure::UnknownIdentity(refused) = &mut *failure {
        whoami::learn_ids(session).await;
        refused.ids = session.ids();
    }
    failure
}
