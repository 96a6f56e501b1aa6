//! The claims of a token, for people who compare them with a page of the portal.
//!
//! It never verifies a signature, so no decision may depend on a claim.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use zeroize::Zeroizing;

/// The claims that help a person. They are not secret; the signature is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// `iss`.
    #[serde(rename = "iss")]
    pub issuer: Option<String>,
    /// `sub`.
    #[serde(rename = "sub")]
    pub subject: Option<String>,
    /// `aud`, if it is one text.
    #[serde(rename = "aud")]
    pub audience: Option<String>,
    /// `tid`.
    #[serde(rename = "tid")]
    pub tenant: Option<String>,
    /// `oid`: object ID in the tenant's directory, which an enterprise application's page shows.
    #[serde(rename = "oid")]
    pub object_id: Option<String>,
    /// `appid` or, in newer tokens, `azp`: the client ID.
    #[serde(rename = "appid", alias = "azp")]
    pub client_id: Option<String>,
    /// `exp`, seconds since 1970.
    #[serde(rename = "exp")]
    pub expires_on: Option<i64>,
}

impl Claims {
    /// Reads the claims of a JSON Web Token. Returns `None` if the token is opaque or its claims have another form: a
    /// token is meant for its recipient, not for us.
    pub fn read(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (_header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let json = Zeroizing::new(URL_SAFE_NO_PAD.decode(claims).ok()?);
        serde_json::from_slice(&json).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_claims_or_returns_none() {
        let token = |claims: &str| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(
            Claims::read(&token(
                r#"{"iss":"i","sub":"s","aud":"a","exp":5,"other":[]}"#
            )),
            Some(Claims {
                issuer: Some("i".to_owned()),
                subject: Some("s".to_owned()),
                audience: Some("a".to_owned()),
                tenant: None,
                expires_on: Some(5),
                ..Claims::default()
            })
        );
        for opaque in [
            "",
            "a.b",
            "a.b.c",
            "a.b.c.d.e",
            &token("[]"),
            &token(r#"{"exp":"5"}"#),
        ] {
            assert_eq!(Claims::read(opaque), None, "{opaque}");
        }
    }
}
