//! The broker with many clients at the same time.
//!
//! `cargo xtask bench serve` measures how many it serves per second.

use std::thread;
use std::time::Duration;

use adieu_emulator::{Fault, World};

use crate::harness::JobWithBroker;

#[test]
fn two_hundred_clients_of_a_cold_broker_share_one_exchange() {
    let world = World::start();
    let served = JobWithBroker::start(&world, "identity");
    let before = (world.azure_devops().requests(), world.entra().requests());
    // Long enough for all clients to arrive before there is a token.
    world.entra().fault(Fault::Delay(Duration::from_secs(2)));
    let tokens: Vec<String> = thread::scope(|scope| {
        let clients: Vec<_> = (0..200)
            .map(|_| scope.spawn(|| served.endpoint.token("https://vault.azure.net")))
            .collect();
        let answers = clients.into_iter().map(|client| client.join().unwrap());
        answers
            .map(|(status, body)| {
                assert_eq!(status, 200, "{body}");
                body["access_token"].as_str().unwrap().to_owned()
            })
            .collect()
    });
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    let after = (world.azure_devops().requests(), world.entra().requests());
    assert_eq!(after.0.len() - before.0.len(), 1);
    assert_eq!(after.1.len() - before.1.len(), 1);
    served.end();
}
