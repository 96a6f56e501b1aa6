//! Converts a service connection, as the agent passes it, into one that can sign in.
//!
//! It never signs in.

use std::sync::Arc;

use adieu_agent::{Endpoint, EndpointId, Environment, Job};
use adieu_devops::Hosts;
use adieu_identity::resource::{Cloud, CustomCloud};
use adieu_identity::{
    Authority, AzureCloud, Connection, ConnectionFacts, Error, IdTokenRequest, IssuedTokens,
    JobOfPlan, ManagedIdentity, Scheme, Scope, ServiceConnection, Token, UserAssignedId,
    are_of_one_collection,
};
use adieu_secret::kind;
use adieu_transport::Transport;

use crate::failure::{ConnectionProblem, Failure};
use crate::machine;
use crate::report;
use crate::reporter::Reporter;

/// A token for each scope. It waits for a managed identity that is still being set up, and notifies `reporter`.
pub(crate) async fn tokens(
    connection: &Connection,
    scopes: &[Scope],
    transport: &Transport,
    reporter: &impl Reporter,
) -> Result<IssuedTokens, Error> {
    let service = &connection.service;
    let tokens = service.tokens(scopes, transport).await?;
    let errors = tokens
        .access
        .iter()
        .filter_map(|token| token.as_ref().err());
    let settling = errors.filter_map(|error| Some((error, error.settles_within()?)));
    let Some((error, time)) = settling.max_by_key(|(_, time)| *time) else {
        return Ok(tokens);
    };
    reporter.say(&report::settling(error, time));
    service.tokens_when_settled(scopes, transport, time).await
}

/// The only token of a result for one scope.
pub(crate) fn one(
    connection: &Connection,
    tokens: Result<IssuedTokens, Error>,
) -> Result<Token, Box<Failure>> {
    let refused = |error| Failure::NoToken {
        connection: connection.facts.clone(),
        errors: vec![(String::new(), error)],
    };
    match tokens.map_err(refused)?.access.pop() {
        Some(token) => Ok(token.map_err(refused)?),
        None => Err(Failure::Internal("one scope has no outcome").into()),
    }
}

/// The connection that a step names in one of two inputs.
pub(crate) fn named(
    azure_devops: Option<EndpointId>,
    azure_rm: Option<EndpointId>,
) -> Result<EndpointId, Box<Failure>> {
    match (azure_devops, azure_rm) {
        (Some(id), None) | (None, Some(id)) => Ok(id),
        (None, None) => Err(Failure::NoConnection.into()),
        (Some(_), Some(_)) => Err(Failure::TwoConnections.into()),
    }
}

/// The connection of an input. `tenant` replaces the connection's own, if it is given.
pub(crate) fn read(
    environment: &Environment,
    id: &EndpointId,
    tenant: Option<String>,
) -> Result<Connection, Box<Failure>> {
    let job = environment.job().map_err(Failure::PlatformVariable)?;
    let mut facts = ConnectionFacts {
        id: id.as_str().to_owned(),
        page: page(&job, id),
        ..ConnectionFacts::default()
    };
    match connect(environment, id, tenant, &job, &mut facts) {
        Ok((service, cloud)) => Ok(Connection {
            service,
            cloud,
            facts,
        }),
        Err(problem) => Err(Failure::Connection {
            connection: facts,
            problem,
        }
        .into()),
    }
}

fn connect(
    environment: &Environment,
    id: &EndpointId,
    tenant: Option<String>,
    job: &Job,
    facts: &mut ConnectionFacts,
) -> Result<(ServiceConnection, Cloud), ConnectionProblem> {
    let endpoint = environment
        .endpoint(id)
        .ok_or(ConnectionProblem::NotGiven)?;
    facts.scheme = endpoint.scheme().unwrap_or_default().to_owned();
    let own = |key: &'static str| endpoint.parameter(key).map(str::to_owned);
    facts.client_id = own("servicePrincipalId").unwrap_or_default();
    facts.organization = organization(&endpoint);
    facts.tenant = tenant.or_else(|| own("tenantId")).unwrap_or_default();
    let cloud = cloud(&endpoint);
    let authority = authority(&endpoint, &cloud)?;
    facts.authority = authority.host();
    let scheme = scheme(environment, &endpoint, id, job, facts)?;
    let client_id = match &scheme {
        Scheme::ManagedServiceIdentity(_) => {
            endpoint.data("msiClientId").unwrap_or_default().to_owned()
        }
        _ => facts.client_id.clone(),
    };
    let service = ServiceConnection {
        authority,
        tenant: facts.tenant.clone(),
        client_id,
        scheme,
    };
    Ok((service, cloud))
}

fn scheme(
    environment: &Environment,
    endpoint: &Endpoint<'_>,
    id: &EndpointId,
    job: &Job,
    facts: &ConnectionFacts,
) -> Result<Scheme, ConnectionProblem> {
    let is = |name: &str| facts.scheme.eq_ignore_ascii_case(name);
    if is("ManagedServiceIdentity") {
        return Ok(Scheme::ManagedServiceIdentity(ManagedIdentity {
            endpoint: machine::endpoint(),
            user_assigned: user_assigned(endpoint),
        }));
    }
    if !is("WorkloadIdentityFederation") && !is("ServicePrincipal") {
        return Err(ConnectionProblem::Scheme);
    }
    for (value, name) in [
        (&facts.tenant, "tenant"),
        (&facts.client_id, "service principal (client) id"),
    ] {
        if value.is_empty() {
            return Err(ConnectionProblem::Missing(name));
        }
    }
    if is("WorkloadIdentityFederation") {
        return Ok(Scheme::WorkloadIdentityFederation {
            request: id_token_request(environment, id, job)?,
            late_bound: endpoint.secret::<kind::IdToken>("idToken").map(Arc::new),
        });
    }
    let with_certificate = endpoint
        .parameter("authenticationType")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("spnCertificate"));
    if with_certificate {
        let certificate = endpoint.secret("servicePrincipalCertificate");
        return certificate
            .map(Scheme::ServicePrincipalCertificate)
            .ok_or(ConnectionProblem::Missing("certificate"));
    }
    endpoint
        .secret("servicePrincipalKey")
        .map(Scheme::ServicePrincipalKey)
        .ok_or(ConnectionProblem::Missing("service principal key"))
}

/// The user-assigned identity that the connection's data names, in any of three ways; `None` for a system-assigned
/// one.
fn user_assigned(endpoint: &Endpoint<'_>) -> Option<UserAssignedId> {
    let data = |key| endpoint.data(key).map(str::to_owned);
    data("msiClientId")
        .map(UserAssignedId::Client)
        .or_else(|| data("msiObjectId").map(UserAssignedId::Object))
        .or_else(|| data("msiResourceId").map(UserAssignedId::Resource))
}

fn id_token_request(
    environment: &Environment,
    id: &EndpointId,
    job: &Job,
) -> Result<IdTokenRequest, ConnectionProblem> {
    let token = environment
        .job_token()
        .ok_or(ConnectionProblem::NoJobToken)?;
    if let Some(connection) = &job.connection_url
        && !are_of_one_collection(&job.collection, connection)
            .map_err(ConnectionProblem::NotTheCollection)?
    {
        return Err(ConnectionProblem::AnotherCollection {
            collection: job.collection.clone(),
            connection: connection.clone(),
        });
    }
    match &job.oidc_request_uri {
        Some(uri) => IdTokenRequest::to(uri, &job.collection, id.as_str(), token),
        None => IdTokenRequest::rebuilt(&job.collection, of_plan(job), id.as_str(), token),
    }
    .map_err(ConnectionProblem::NotTheCollection)
}

/// The address from which other clients request the job's ID tokens; `None` if the job has none.
pub(crate) fn id_token_address(job: &Job) -> Option<String> {
    match &job.oidc_request_uri {
        Some(uri) => Some(uri.clone()),
        None => {
            let address = IdTokenRequest::address(&job.collection, of_plan(job));
            address.ok().map(String::from)
        }
    }
}

fn of_plan(job: &Job) -> JobOfPlan<'_> {
    JobOfPlan {
        project: &job.project,
        hub: &job.host_type,
        plan: &job.plan,
        job: &job.id,
    }
}

/// The cloud of the connection. A connection without one, which may be created by hand, is in the public cloud.
fn cloud(endpoint: &Endpoint<'_>) -> Cloud {
    match endpoint.data("environment").unwrap_or("AzureCloud") {
        "AzureCloud" => Cloud::Public,
        "AzureUSGovernment" => Cloud::UsGovernment,
        "AzureChinaCloud" => Cloud::China,
        _ => {
            let data = |key| endpoint.data(key).map(str::to_owned);
            Cloud::Custom(CustomCloud {
                arm: data("activeDirectoryServiceEndpointResourceId")
                    .or_else(|| endpoint.url().map(str::to_owned)),
                graph: data("microsoftGraphUrl").or_else(|| data("graphUrl")),
                key_vault: data("AzureKeyVaultServiceEndpointResourceId"),
            })
        }
    }
}

/// The authority of the connection: from its data, or the cloud's well-known host.
fn authority(endpoint: &Endpoint<'_>, cloud: &Cloud) -> Result<Authority, ConnectionProblem> {
    let named = endpoint.data("activeDirectoryAuthority");
    let known = match (named, cloud) {
        (Some(authority), _) => return parse(authority),
        (None, Cloud::Public) => AzureCloud::Public,
        (None, Cloud::UsGovernment) => AzureCloud::UsGovernment,
        (None, Cloud::China) => AzureCloud::China,
        (None, Cloud::Custom(_)) => {
            let name = endpoint.data("environment").unwrap_or_default().to_owned();
            return endpoint
                .data("environmentAuthorityUrl")
                .ok_or(ConnectionProblem::Cloud(name))
                .and_then(parse);
        }
    };
    Ok(Authority::of(known))
}

fn parse(text: &str) -> Result<Authority, ConnectionProblem> {
    Authority::parse(text).map_err(|reason| ConnectionProblem::Authority {
        text: text.to_owned(),
        reason,
    })
}

/// The organization in the connection's address. Only the type "Azure DevOps" has it: one of the type Azure Resource
/// Manager has that service's address.
fn organization(endpoint: &Endpoint<'_>) -> Option<String> {
    let address = endpoint.url()?;
    let organization = Hosts::public().organization(address).ok()?;
    Some(organization.name)
}

/// The portal page of the connection.
fn page(job: &Job, id: &EndpointId) -> String {
    let project = job.project_name.replace(' ', "%20");
    let collection = job.collection.trim_end_matches('/');
    format!(
        "{collection}/{project}/_settings/adminservices?resourceId={}",
        id.as_str()
    )
}

/// The organization that a step is about: that of its connection, else the job's own.
pub(crate) fn organization_of(
    environment: &Environment,
    connection: &Connection,
) -> Option<String> {
    let own = connection.facts.organization.clone();
    own.or_else(|| {
        let job = environment.job().ok()?;
        let organization = Hosts::public().organization(&job.collection).ok()?;
        Some(organization.name)
    })
}
