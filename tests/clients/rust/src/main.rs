//! A program that uses azure_identity for Rust as any other does: asked by a line, it prints a token.
//!
//! It never keeps a token itself; the SDK's cache does, for as long as the program lives.

use std::error::Error;

use azure_core::credentials::TokenCredential as _;
use azure_identity::ManagedIdentityCredential;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let credential = ManagedIdentityCredential::new(None)?;
    for line in std::io::stdin().lines() {
        // The words are a resource's scope, and nothing else.
        let scope = line?;
        match credential.get_token(&[&scope], None).await {
            Ok(token) => println!("{}", token.token.secret()),
            Err(error) => println!("error: {error}"),
        }
    }
    Ok(())
}
