//! A service connection as the agent hands it to a task.
//!
//! It does not interpret the scheme.

use adieu_secret::kind::JobToken as JobTokenKind;
use adieu_secret::{JobToken, Secret};

use crate::environment::{Environment, formatted};

/// ID of a service connection: the value of an input of type `connectedService`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointId(String);

impl EndpointId {
    /// Takes the ID from an input. The agent writes the names of its variables in lowercase.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_lowercase())
    }

    /// Parses an ID that a person typed: a GUID in any letter case.
    pub fn parse(text: &str) -> Option<Self> {
        let lengths = text.split('-').map(str::len);
        let is_guid = lengths.eq([8, 4, 4, 4, 12])
            && text
                .chars()
                .all(|character| character == '-' || character.is_ascii_hexdigit());
        is_guid.then(|| Self::new(text))
    }

    /// Whether this is the job's own connection (`SystemVssConnection`), whose ID is empty.
    pub fn is_of_the_system(&self) -> bool {
        self.0
            .chars()
            .all(|character| matches!(character, '0' | '-'))
    }

    /// The ID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The environment variables of one connection.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint<'a> {
    environment: &'a Environment,
    id: &'a EndpointId,
}

impl Environment {
    /// The connection with this ID, if the agent gave it to this task.
    pub fn endpoint<'a>(&'a self, id: &'a EndpointId) -> Option<Endpoint<'a>> {
        let endpoint = Endpoint {
            environment: self,
            id,
        };
        endpoint.scheme().map(|_| endpoint)
    }

    /// The job's own token. It is always there, unlike the variable `System.AccessToken`, which a pipeline can switch
    /// off (`JobRunner.cs`).
    pub fn job_token(&self) -> Option<JobToken> {
        let token = self.get_own("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN")?;
        Secret::<JobTokenKind>::parse(token.to_owned()).ok()
    }

    /// Address of the connection that [`job_token`](Self::job_token) belongs to.
    pub(crate) fn system_connection_url(&self) -> Option<&str> {
        self.get_own("ENDPOINT_URL_SYSTEMVSSCONNECTION")
    }
}

impl<'a> Endpoint<'a> {
    /// The connection's ID.
    pub fn id(&self) -> &'a str {
        self.id.as_str()
    }

    /// Its address.
    pub fn url(&self) -> Option<&'a str> {
        self.environment.get(&format!("ENDPOINT_URL_{}", self.id.0))
    }

    /// Its authorization scheme, such as `WorkloadIdentityFederation`.
    pub fn scheme(&self) -> Option<&'a str> {
        self.environment
            .get(&format!("ENDPOINT_AUTH_SCHEME_{}", self.id.0))
    }

    /// A parameter of the authorization that is not secret, such as `tenantId`.
    pub fn parameter(&self, key: &str) -> Option<&'a str> {
        let name = format!("ENDPOINT_AUTH_PARAMETER_{}_{}", self.id.0, formatted(key));
        self.environment.get(&name)
    }

    /// A secret parameter of the authorization; `None` if the value does not have the form of its kind.
    pub fn secret<K: adieu_secret::Kind>(&self, key: &str) -> Option<Secret<K>> {
        self.parameter(key)
            .and_then(|value| Secret::parse(value.to_owned()).ok())
    }

    /// A value of the connection's data, such as `environment`.
    pub fn data(&self, key: &str) -> Option<&'a str> {
        self.environment
            .get(&format!("ENDPOINT_DATA_{}_{}", self.id.0, formatted(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(values: &[(&str, &str)]) -> Environment {
        values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn finds_keys_in_any_letter_case_and_with_dots() {
        let id = EndpointId::new(" 0A1B2C3D-0000-0000-0000-000000000000 ");
        for spelling in [
            "0a1b2c3d-0000-0000-0000-000000000000",
            "0A1B2C3D-0000-0000-0000-000000000000",
        ] {
            let environment = environment(&[
                (
                    &format!("ENDPOINT_AUTH_SCHEME_{spelling}"),
                    "WorkloadIdentityFederation",
                ),
                (
                    &format!("ENDPOINT_AUTH_PARAMETER_{spelling}_TENANTID"),
                    "tenant",
                ),
                (
                    &format!("ENDPOINT_DATA_{spelling}_SUBSCRIPTION_ID"),
                    "subscription",
                ),
            ]);
            let endpoint = environment.endpoint(&id).expect("the connection");
            assert_eq!(endpoint.scheme(), Some("WorkloadIdentityFederation"));
            assert_eq!(endpoint.parameter("tenantId"), Some("tenant"));
            assert_eq!(endpoint.data("subscription.id"), Some("subscription"));
            assert_eq!(endpoint.data("absent"), None);
        }
    }

    #[test]
    fn accepts_only_guids_from_users() {
        for (text, is_id) in [
            ("0A1B2C3D-0000-0000-0000-000000000000", true),
            ("00000000-0000-0000-0000-000000000000", true),
            ("0a1b2c3d00000000000000000000000000", false),
            ("{0a1b2c3d-0000-0000-0000-000000000000}", false),
            ("0a1b2c3d-0000-0000-0000-00000000000g", false),
            ("0a1b2c3d-0000-0000-0000-000000000000 ", false),
            ("my-connection", false),
            ("", false),
        ] {
            assert_eq!(EndpointId::parse(text).is_some(), is_id, "{text}");
        }
        let system = EndpointId::parse("00000000-0000-0000-0000-000000000000");
        assert!(system.is_some_and(|id| id.is_of_the_system()));
        let other = EndpointId::parse("0A1B2C3D-0000-0000-0000-000000000000").expect("an id");
        assert_eq!(other.as_str(), "0a1b2c3d-0000-0000-0000-000000000000");
        assert!(!other.is_of_the_system());
    }

    #[test]
    fn has_only_endpoints_from_the_agent() {
        let id = EndpointId::new("0a1b2c3d-0000-0000-0000-000000000000");
        assert!(environment(&[]).endpoint(&id).is_none());
    }

    #[test]
    fn takes_the_job_token_from_the_system_connection() {
        let environment = environment(&[
            ("SYSTEM_ACCESSTOKEN", "the variable"),
            (
                "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN",
                "the-token-of-the-endpoint",
            ),
        ]);
        let token = environment.job_token().expect("a token");
        assert_eq!(format!("{token:?}"), "JobToken(not shown)");
    }
}
