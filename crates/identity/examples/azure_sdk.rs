//! A client of the Azure SDK that signs in with Adieu: it counts the subscriptions that a workload identity sees.
//!
//! It prints no token. On a pod with workload identity, or wherever `AZURE_FEDERATED_TOKEN_FILE`, `AZURE_CLIENT_ID` and
//! `AZURE_TENANT_ID` are set:
//!
//! ```sh
//! cargo run -p adieu-identity --example azure_sdk
//! ```
#![allow(
    clippy::disallowed_methods,
    reason = "an example is a program, and reads its settings itself"
)]

use std::sync::Arc;

use adieu_identity::azure_core::credentials::TokenCredential;
use adieu_identity::azure_core::http::policies::auth::BearerTokenAuthorizationPolicy;
use adieu_identity::azure_core::http::{
    ClientOptions, Context, Method, Pipeline, Request, Transport as SdkTransport, Url,
};
use adieu_identity::{
    Authority, AzureCloud, ConnectionCredential, Scheme, SdkClient, ServiceConnection,
};
use adieu_transport::{Network, Transport};

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
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
    let subscriptions = subscriptions(credential, transport).await?;
    std::io::Write::write_all(
        &mut std::io::stdout(),
        format!("{subscriptions} subscriptions\n").as_bytes(),
    )?;
    Ok(())
}

/// What a generated client of the SDK does: a pipeline with the SDK's own policy for bearer tokens, which asks the
/// credential, keeps its token, and asks again five minutes before it expires.
pub(crate) async fn subscriptions(
    credential: Arc<dyn TokenCredential>,
    transport: Transport,
) -> Result<usize, Failure> {
    let scope = "https://management.azure.com/.default";
    let bearer = BearerTokenAuthorizationPolicy::new(credential, [scope]);
    let options = ClientOptions {
        transport: Some(SdkTransport::new(Arc::new(SdkClient(transport)))),
        ..ClientOptions::default()
    };
    let pipeline = Pipeline::new(
        option_env!("CARGO_PKG_NAME"),
        option_env!("CARGO_PKG_VERSION"),
        options,
        Vec::new(),
        vec![Arc::new(bearer)],
        None,
    );
    let url = Url::parse("https://management.azure.com/subscriptions?api-version=2022-12-01")?;
    let mut request = Request::new(url, Method::Get);
    let answer = pipeline.send(&Context::new(), &mut request, None).await?;
    let body: serde_json::Value = serde_json::from_slice(answer.body().as_ref())?;
    Ok(body["value"].as_array().map_or(0, Vec::len))
}
