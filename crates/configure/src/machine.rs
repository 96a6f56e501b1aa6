//! The variables with which a machine announces its managed identity, and where `configure: identity` keeps them while
//! those of a broker hide them.

use adieu_secret::EndpointSecret;

use crate::settings::{Setting, Value, plain};

/// The variable with which App Service, Functions and Container Apps announce an endpoint.
pub const IDENTITY_ENDPOINT: &str = "IDENTITY_ENDPOINT";

/// The variable with its key.
pub const IDENTITY_HEADER: &str = "IDENTITY_HEADER";

/// The platform's own endpoint.
const KEPT_ENDPOINT: &str = "ADIEU_MACHINE_IDENTITY_ENDPOINT";
/// Its key.
const KEPT_HEADER: &str = "ADIEU_MACHINE_IDENTITY_HEADER";

/// The settings that keep the platform's own endpoint, which a broker's variables hide, for our programs.
pub(crate) fn kept_endpoint(variable: &dyn Fn(&str) -> Option<String>) -> Option<[Setting; 2]> {
    let address = announced(IDENTITY_ENDPOINT, variable)?;
    let header = Value::Key(EndpointSecret::new(announced(IDENTITY_HEADER, variable)?));
    let header = Setting::new(KEPT_HEADER, header);
    Some([plain(KEPT_ENDPOINT, &address).staying(), header.staying()])
}

/// The platform's own value of a variable.
pub fn announced(name: &str, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let is_ours = variable(IDENTITY_HEADER).is_some_and(|key| adieu_broker::is_key(&key));
    let kept = match name {
        IDENTITY_ENDPOINT => KEPT_ENDPOINT,
        IDENTITY_HEADER => KEPT_HEADER,
        _ => return variable(name),
    };
    match is_ours {
        true => variable(kept),
        // A pipeline variable that was emptied when its broker stopped also hides the platform's.
        false => variable(name).or_else(|| variable(kept)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_the_platforms_endpoint_behind_a_brokers() {
        const OURS: (&str, &str) = (IDENTITY_HEADER, "adieu-00");
        for (environment, expected) in [
            (
                &[(IDENTITY_ENDPOINT, "a"), (IDENTITY_HEADER, "b")][..],
                Some("a"),
            ),
            (&[(IDENTITY_ENDPOINT, "a"), OURS], None),
            (
                &[(IDENTITY_ENDPOINT, "a"), OURS, (KEPT_ENDPOINT, "k")],
                Some("k"),
            ),
            (&[(KEPT_ENDPOINT, "k"), (KEPT_HEADER, "h")], Some("k")),
            (&[], None),
        ] {
            let variable = |name: &str| {
                let mut all = environment.iter();
                let known = all.find(|(known, _)| *known == name);
                known.map(|(_, value)| (*value).to_owned())
            };
            let endpoint = announced(IDENTITY_ENDPOINT, variable);
            assert_eq!(endpoint.as_deref(), expected, "{environment:?}");
        }
    }
}
