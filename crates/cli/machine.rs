//! The managed identity of this machine, as its platform announces it: never one of our brokers, whose variables hide
//! the platform's own.
//!
//! It sends no requests.

use adieu_identity::{IdentityEndpoint, LocalEndpoint};
use adieu_secret::EndpointSecret;

use adieu_agent::process_variable as variable;

/// The variable with which App Service, Functions and Container Apps announce an endpoint.
pub(crate) const ENDPOINT: &str = "IDENTITY_ENDPOINT";

/// The variable with its key.
pub(crate) const HEADER: &str = "IDENTITY_HEADER";

/// Where `configure: identity` keeps the platform's own values while those of a broker hide them.
pub(crate) const KEPT_ENDPOINT: &str = "ADIEU_MACHINE_IDENTITY_ENDPOINT";
pub(crate) const KEPT_HEADER: &str = "ADIEU_MACHINE_IDENTITY_HEADER";

/// The endpoint of the machine's own identity.
pub(crate) fn endpoint() -> IdentityEndpoint {
    IdentityEndpoint::announced(|name| announced(name, variable))
}

/// Whether the platform announces an identity of this machine.
pub(crate) fn is_announced() -> bool {
    announced(ENDPOINT, variable).is_some()
}

/// The broker that the environment names; another adieu process started it for this one.
pub(crate) fn broker() -> Option<Result<IdentityEndpoint, String>> {
    let key = variable(HEADER).filter(|key| adieu_broker::is_key(key))?;
    let address = variable(ENDPOINT)?;
    let endpoint = LocalEndpoint::new(&address, EndpointSecret::new(key), ENDPOINT);
    Some(endpoint.map(LocalEndpoint::into_endpoint))
}

/// The platform's own endpoint and its key, which a broker's variables would hide.
pub(crate) fn hidden_by_a_broker(
    variable: impl Fn(&str) -> Option<String>,
) -> Option<(String, EndpointSecret)> {
    let own = |name| announced(name, &variable);
    Some((own(ENDPOINT)?, EndpointSecret::new(own(HEADER)?)))
}

/// The platform's own value of a variable.
fn announced(name: &str, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let is_ours = variable(HEADER).is_some_and(|key| adieu_broker::is_key(&key));
    match name {
        ENDPOINT if is_ours => variable(KEPT_ENDPOINT),
        HEADER if is_ours => variable(KEPT_HEADER),
        // A pipeline variable that was emptied when its broker stopped also hides the platform's.
        ENDPOINT => variable(ENDPOINT).or_else(|| variable(KEPT_ENDPOINT)),
        HEADER => variable(HEADER).or_else(|| variable(KEPT_HEADER)),
        _ => variable(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_the_platforms_endpoint_behind_a_brokers() {
        const OURS: (&str, &str) = (HEADER, "adieu-00");
        for (environment, expected) in [
            (&[(ENDPOINT, "a"), (HEADER, "b")][..], Some("a")),
            (&[(ENDPOINT, "a"), OURS], None),
            (&[(ENDPOINT, "a"), OURS, (KEPT_ENDPOINT, "k")], Some("k")),
            (&[(KEPT_ENDPOINT, "k"), (KEPT_HEADER, "h")], Some("k")),
            (&[], None),
        ] {
            let variable = |name: &str| {
                let mut all = environment.iter();
                let known = all.find(|(known, _)| *known == name);
                known.map(|(_, value)| (*value).to_owned())
            };
            let endpoint = announced(ENDPOINT, variable);
            assert_eq!(endpoint.as_deref(), expected, "{environment:?}");
        }
    }
}
