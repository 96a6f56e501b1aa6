//! The example with a client of the Azure SDK, against the emulated Microsoft Entra and Key Vault, and the error that
//! such a client gets for a refusal.
//!
//! It uses only the credential's public interface.

use std::path::Path;
use std::sync::Arc;

use adieu_emulator::{MY_CONNECTION, World};
use adieu_identity::azure_core::credentials::TokenCredential;
use adieu_identity::{Authority, ConnectionCredential, Error, Scheme, ServiceConnection};
use adieu_transport::{Network, Proxy, Transport, certificates};

#[path = "../examples/azure_sdk.rs"]
#[allow(dead_code)]
mod example;

/// A transport to the emulated services, configured as an agent's settings would.
fn transport(world: &World) -> Transport {
    let proxy = Proxy::new(&world.network().url(), None, None, &[]).expect("a proxy");
    let network = Network {
        proxy: Some(proxy),
        extra_roots: certificates(&std::fs::read(world.ca_file()).expect("a file")),
        ..Network::default()
    };
    Transport::new(network).expect("a transport")
}

/// A workload's identity, with a federated token in a file.
fn credential(world: &World, token: &Path, transport: &Transport) -> Arc<dyn TokenCredential> {
    let connection = ServiceConnection {
        authority: Authority::parse(world.entra().url()).expect("an authority"),
        tenant: world.entra().tenant(),
        client_id: world.client_id(MY_CONNECTION),
        scheme: Scheme::FederatedTokenFile(token.to_owned()),
    };
    ConnectionCredential::new(connection, transport.clone())
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(future)
}

#[test]
fn a_client_of_the_azure_sdk_signs_in() {
    let world = World::start();
    let file = world.folder().join("token");
    std::fs::write(
        &file,
        world.azure_devops().late_bound_id_token(MY_CONNECTION, 0),
    )
    .expect("a file");
    let transport = transport(&world);
    let credential = credential(&world, &file, &transport);
    let vault = "https://adieu.vault.azure.net";
    let client = example::secrets(vault, credential, transport).expect("a client");
    for _ in 0..2 {
        let version = run(example::version(&client, "greeting"));
        assert_eq!(
            version.expect("a secret"),
            "1f5c9f0b2d3e4a5b8c7d6e5f40312213"
        );
    }
    // The client caches its token.
    assert_eq!(world.entra().requests().len(), 1);
}

#[test]
fn an_azure_sdk_client_gets_the_facts_of_a_refusal() {
    let world = World::start();
    let file = world.folder().join("token");
    std::fs::write(
        &file,
        world.azure_devops().late_bound_id_token(MY_CONNECTION, 0),
    )
    .expect("a file");
    world.entra().refuse_with(700_016, None);
    let transport = transport(&world);
    let credential = credential(&world, &file, &transport);
    let error = run(credential.get_token(&["https://management.azure.com/.default"], None));
    let error = error.expect_err("a refusal");
    let facts = match Error::of(&error) {
        Some(Error::EntraRefused {
            status,
            code,
            correlation,
            ..
        }) => (*status, *code, correlation.ids.len()),
        other => panic!("{other:?}"),
    };
    assert_eq!(facts, (400, Some(700_016), 3));
    // A permanent refusal is not retried.
    assert_eq!(world.entra().requests().len(), 1);
}
