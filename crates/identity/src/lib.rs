//! From a service connection to access tokens: the ID token and the exchange with Microsoft Entra, as a credential of
//! the Azure SDK; and the credentials of a command line, in their order.
//!
//! It knows nothing of the Pipelines agent, of tasks or of logs: values come in, tokens or failures go out.
//!
//! azure_identity builds the requests and reads the tokens. This crate adds what a pipeline needs: ID tokens from
//! Azure DevOps, the agent's proxy and certificates, one attempt if a refusal is permanent, bounded retries, and
//! errors with every fact that a service reported.
//!
//! ```
//! use adieu_identity::{Authority, ConnectionCredential, Scheme, ServiceConnection};
//! use adieu_identity::azure_core::credentials::TokenCredential;
//! use adieu_transport::{Network, Transport};
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let connection = ServiceConnection {
//!     authority: Authority::parse("https://login.microsoftonline.com/")?,
//!     tenant: "contoso.onmicrosoft.com".to_owned(),
//!     client_id: "11111111-1111-1111-1111-111111111111".to_owned(),
//!     scheme: Scheme::FederatedTokenFile("/var/run/secrets/azure/tokens/azure-identity-token".into()),
//! };
//! let transport = Transport::new(Network::default())?;
//! // Any client of the Azure SDK takes it: `SecretClient::new(vault, credential, None)`.
//! let credential: Arc<dyn TokenCredential> = ConnectionCredential::new(connection, transport);
//! # let _ = credential;
//! # Ok(())
//! # }
//! ```

// Declared here so that Cargo.toml can turn its error texts off; azure_core uses it.
use tracing as _;

mod answers;
mod authority;
mod certificate;
mod claims;
mod connection;
mod credentials;
mod entra;
mod error;
mod id_token;
mod identity_endpoint;
mod managed_identity;
pub mod resource;
mod scope;
mod sdk;
mod sdk_client;
mod service_connection;
mod token;
mod tool;
mod user_assigned;
mod workflow_token;

pub use azure_core;

pub use authority::{Authority, AzureCloud, NotAnAuthority};
pub use claims::Claims;
pub use connection::{Connection, ConnectionFacts};
pub use credentials::{
    Credential, CredentialProblem, CredentialProblemKind, Credentials, Federation, FirstToken,
    PresentedClaims, Surroundings,
};
pub use error::{ClientCertificateProblem, Error, ManagedIdentityProblem, Mismatch};
pub use id_token::{IdTokenRequest, JobOfPlan, NotTheCollection, are_of_one_collection};
pub use identity_endpoint::{IdentityEndpoint, LocalEndpoint};
pub use managed_identity::ManagedIdentity;
pub use scope::Scope;
pub use sdk_client::SdkClient;
pub use service_connection::{ConnectionCredential, IssuedTokens, Scheme, ServiceConnection};
pub use token::{Token, TokenRequest};
pub use tool::{Tool, ToolError, ToolProblem};
pub use user_assigned::{NotAnIdentity, UserAssignedId, is_guid};
pub use workflow_token::{NotTheIssuer, WorkflowTokenRequest};
