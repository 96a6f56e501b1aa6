//! New IDs: random, in the version that each service uses.
//!
//! It keeps none.

/// A new Azure DevOps ID: a GUID of version 6, as its users have.
pub(crate) fn azure_devops_id() -> String {
    let mut id = guid();
    id.replace_range(14..15, "6");
    id
}

/// A new random GUID.
pub(crate) fn guid() -> String {
    let bytes = random::<16>();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes)
        .expect("randomness");
    bytes
}
