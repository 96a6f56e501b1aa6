//! Microsoft Graph, as far as it looks up enterprise applications and app registrations.
//!
//! It never accepts a token with another audience, and shows other applications only to identities that may read the
//! directory ("Get servicePrincipal" of Microsoft Graph's reference: an application may always read itself).

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::directory::{Application, Directory, ExpectedSecrets};
use crate::http::{Answer, Request, decoded};
use crate::ids::guid;
use crate::issued::MICROSOFT_GRAPH;
use crate::shared_state::EmulatedService;

/// The secrets that it expects from its clients.
pub(crate) const EXPECTED_SECRETS: ExpectedSecrets = ExpectedSecrets {
    headers: &["access token"],
    body: &[],
};

/// The handle of Microsoft Graph.
pub type MicrosoftGraph = EmulatedService<State>;

/// The state of Microsoft Graph.
#[derive(Debug, Default)]
pub struct State {
    /// Client IDs of the applications that may read others.
    readers: BTreeSet<String>,
}

impl MicrosoftGraph {
    /// Lets a connection's application read the directory.
    pub fn add_reader(&self, connection: &str) {
        let client = self.directory().client_of(connection);
        self.own().readers.insert(client);
    }
}

/// What is looked up, and by which ID.
enum Question {
    EnterpriseApplication(LookupId),
    AppRegistration(LookupId),
    FederatedCredentials(LookupId),
}

enum LookupId {
    ClientId(String),
    ObjectId(String),
}

/// Answers one request.
pub(crate) fn answer(
    request: &Request,
    own: &State,
    directory: &mut Directory,
    clock: &Clock,
) -> Answer {
    let Some(issued) = directory.token_of(request, clock).cloned() else {
        return error(401, "InvalidAuthenticationToken", "Access token is empty.");
    };
    if issued.audience.trim_end_matches('/') != MICROSOFT_GRAPH {
        directory.violation(format!(
            "Microsoft Graph was sent a token for {}",
            issued.audience
        ));
        return error(
            401,
            "InvalidAuthenticationToken",
            "Access token validation failure. Invalid audience.",
        );
    }
    let path = request.path.trim_matches('/').split('/').map(decoded);
    let path: Vec<String> = path.collect();
    let segments: Vec<&str> = path.iter().map(String::as_str).collect();
    let question = match (request.method.as_str(), segments.as_slice()) {
        ("GET", ["v1.0", "servicePrincipals", id]) => Some(Question::EnterpriseApplication(
            LookupId::ObjectId((*id).to_owned()),
        )),
        ("GET", ["v1.0", "applications", id]) => Some(Question::AppRegistration(
            LookupId::ObjectId((*id).to_owned()),
        )),
        ("GET", ["v1.0", name]) => by_client_id(name, "servicePrincipals")
            .map(Question::EnterpriseApplication)
            .or_else(|| by_client_id(name, "applications").map(Question::AppRegistration)),
        ("GET", ["v1.0", name, "federatedIdentityCredentials"]) => {
            by_client_id(name, "applications").map(Question::FederatedCredentials)
        }
        _ => None,
    };
    let Some(question) = question else {
        directory.violation(format!(
            "Microsoft Graph has no route {} {}",
            request.method, request.path
        ));
        return error(400, "BadRequest", "Resource not found for the segment.");
    };
    look_up(&question, &issued.identity, &issued.tenant, own, directory)
}

/// `servicePrincipals(appId='…')`.
fn by_client_id(segment: &str, collection: &str) -> Option<LookupId> {
    let rest = segment.strip_prefix(collection)?;
    let id = rest.strip_prefix("(appId='")?.strip_suffix("')")?;
    Some(LookupId::ClientId(id.to_owned()))
}

fn look_up(
    question: &Question,
    caller: &str,
    tenant: &str,
    own: &State,
    directory: &Directory,
) -> Answer {
    let (Question::EnterpriseApplication(by)
    | Question::AppRegistration(by)
    | Question::FederatedCredentials(by)) = question;
    let is_registration = !matches!(question, Question::EnterpriseApplication(_));
    let object_id = |known: &Application| {
        if is_registration {
            known.registration_id.clone()
        } else {
            known.object_id.clone()
        }
    };
    let is_meant = |known: &&Application| match by {
        LookupId::ClientId(id) => known.client_id == *id,
        LookupId::ObjectId(id) => object_id(known) == *id,
    };
    // An enterprise application exists in each tenant, the registration only in its home tenant.
    let tenant = if is_registration {
        &directory.tenants[0]
    } else {
        tenant
    };
    let found = directory
        .applications
        .iter()
        .filter(|known| known.tenant == *tenant && !object_id(known).is_empty())
        .find(is_meant);
    let is_own =
        found.is_some_and(|found| directory.identity(&found.client_id, &found.tenant) == caller);
    // "List federatedIdentityCredentials" makes no exception for the application itself.
    let is_own = is_own && !matches!(question, Question::FederatedCredentials(_));
    if !is_own && !own.readers.contains(caller) {
        return error(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        );
    }
    let Some(found) = found else {
        let (LookupId::ClientId(id) | LookupId::ObjectId(id)) = by;
        return error(
            404,
            "Request_ResourceNotFound",
            &format!(
                "Resource '{id}' does not exist or one of its queried reference-property \
                 objects are not present."
            ),
        );
    };
    let id = if is_registration {
        &found.registration_id
    } else {
        &found.object_id
    };
    Answer::json(
        200,
        &match question {
            Question::FederatedCredentials(_) => federated(found),
            _ => json!({
                "@odata.context": "https://graph.microsoft.com/v1.0/$metadata",
                "id": id, "appId": found.client_id, "displayName": found.name,
            }),
        },
    )
}

fn federated(application: &Application) -> Value {
    let list: Vec<Value> = application
        .federated
        .iter()
        .enumerate()
        .map(|(index, known)| {
            let name = match index {
                0 => "azure-pipelines".to_owned(),
                _ => format!("credential-{index}"),
            };
            json!({
                "id": URL_SAFE_NO_PAD.encode(&known.subject), "name": name,
                "issuer": known.issuer,
                "subject": known.subject, "audiences": [known.audience], "description": null,
            })
        })
        .collect();
    json!({
        "@odata.context": format!(
            "https://graph.microsoft.com/v1.0/$metadata#applications('{}')/federatedIdentityCredentials",
            application.registration_id
        ),
        "value": list,
    })
}

/// An error in Microsoft Graph's shape ("Microsoft Graph error responses and resource types").
fn error(status: u16, code: &str, message: &str) -> Answer {
    let id = guid();
    Answer::json(
        status,
        &json!({
            "error": {
                "code": code, "message": message,
                "innerError": { "date": "2026-11-25T00:00:00", "request-id": id,
                "client-request-id": id },
            }
        }),
    )
    .with("request-id", &id)
}
