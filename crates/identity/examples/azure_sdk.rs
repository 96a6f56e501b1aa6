//! A client of the Azure SDK that signs in with Adieu: it reads a secret of a key vault as a workload identity.
//!
//! It prints the secret's version, never its value or a token. On a pod with workload identity, or wherever
//! `AZURE_FEDERATED_TOKEN_FILE`, `AZURE_CLIENT_ID` and `AZURE_TENANT_ID` are set:
//!
//! ```sh
//! cargo run -p adieu-identity --example azure_sdk -- https://my-vault.vault.azure.net my-secret
//! ```
#![allow(
    clippy::disallowed_methods,
    reason = "an example is a program, and reads its settings itself"
)]

use std::sync::Arc;

use adieu_identity::azure_core::credentials::TokenCredential;
use adieu_identity::azure_core::http::{ClientOptions, Transport as SdkTransport};
use adieu_identity::{
    Authority, AzureCloud, ConnectionCredential, Scheme, SdkClient, ServiceConnection,
};
use adieu_transport::{Network, Transport};
use azure_security_keyvault_secrets::{ResourceExt, SecretClient, SecretClientOptions};

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let vault = arguments.next().ok_or("which vault?")?;
    let secret = arguments.next().ok_or("which secret?")?;
    let connection = ServiceConnection {
        authority: Authority::of(AzureCloud::Public),
        tenant: std::env::var("AZURE_TENANT_ID")?,
        client_id: std::env::var("AZURE_CLIENT_ID")?,
        scheme: Scheme::FederatedTokenFile(
            std::env::var_os("AZURE_FEDERATED_TOKEN_FILE")
                .ok_or("no file")?
                .into(),
        ),
    };
    let transport = Transport::new(Network::default())?;
    let credential = ConnectionCredential::new(connection, transport.clone());
    let client = secrets(&vault, credential, transport)?;
    let version = version(&client, &secret).await?;
    std::io::Write::write_all(
        &mut std::io::stdout(),
        format!("version {version}\n").as_bytes(),
    )?;
    Ok(())
}

/// A client of the vault: Adieu signs in, and Adieu's HTTP client carries the requests.
pub(crate) fn secrets(
    vault: &str,
    credential: Arc<dyn TokenCredential>,
    transport: Transport,
) -> Result<SecretClient, Failure> {
    let client_options = ClientOptions {
        transport: Some(SdkTransport::new(Arc::new(SdkClient(transport)))),
        ..ClientOptions::default()
    };
    let options = SecretClientOptions {
        client_options,
        ..SecretClientOptions::default()
    };
    Ok(SecretClient::new(vault, credential, Some(options))?)
}

/// The newest version of a secret.
pub(crate) async fn version(client: &SecretClient, secret: &str) -> Result<String, Failure> {
    let secret = client.get_secret(secret, None).await?.into_model()?;
    let version = secret.resource_id()?.version;
    Ok(version.ok_or("a secret without a version")?)
}
