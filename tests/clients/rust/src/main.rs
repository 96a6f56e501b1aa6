//! A program that uses azure_identity for Rust like any other: it prints a token for each line of its input.
//!
//! It never stores a token itself; the SDK's cache does, until the program ends.

use std::error::Error;

use azure_core::credentials::TokenCredential as _;
use azure_identity::ManagedIdentityCredential;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let credential = ManagedIdentityCredential::new(None)?;
    for line in std::io::stdin().lines() {
        // A line contains only the scope of a resource.
        let scope = line?;
        match credential.get_token(&[&scope], None).await {
            Ok(token) => println!("{}", token.token.secret()),
            Err(error) => println!("error: {error}"),
        }
    }
    Ok(())
}
