//! The Microsoft Entra tenant that an answer of Azure DevOps names.
//!
//! It sends no requests.

use adieu_transport::Answer;

/// The directory of an organization's members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenant {
    /// A Microsoft Entra tenant, as a GUID in lowercase.
    Entra(String),
    /// Microsoft accounts: the organization is not connected to a tenant.
    MicrosoftAccounts,
}

/// The tenant that an answer names. There can be several `X-VSS-ResourceTenant`; like Git Credential Manager, this
/// prefers the challenge, and then takes the first that is not all zeros.
pub(crate) fn in_headers(answer: &Answer) -> Option<Tenant> {
    let values = |name: &str| {
        let values = answer.headers.get_all(name).iter();
        values.filter_map(|value| Some(value.to_str().ok()?.to_owned()))
    };
    let in_challenges =
        values("WWW-Authenticate").filter_map(|challenge| Tenant::in_challenge(&challenge));
    let in_header: Vec<Tenant> = values("X-VSS-ResourceTenant")
        .flat_map(|value| value.split(',').filter_map(tenant).collect::<Vec<_>>())
        .collect();
    let named = in_challenges
        .chain(in_header.iter().cloned())
        .find(|tenant| *tenant != Tenant::MicrosoftAccounts);
    named.or_else(|| in_header.into_iter().next())
}

impl Tenant {
    /// The tenant in a challenge: `Bearer authorization_uri=https://login.microsoftonline.com/<tenant>`, in any
    /// letter case, with either kind of quotes or none, as Git Credential Manager reads it.
    pub fn in_challenge(challenge: &str) -> Option<Self> {
        const PARAMETER: &str = "authorization_uri";
        let lowercase = challenge.to_ascii_lowercase();
        let (_, scheme) = lowercase.split_once("bearer")?;
        let start = lowercase.len() - scheme.len() + scheme.find(PARAMETER)? + PARAMETER.len();
        let value = challenge[start..]
            .trim_start()
            .strip_prefix('=')?
            .trim_start();
        let address = match value.chars().next()? {
            quote @ ('"' | '\'') => value[1..].split(quote).next()?,
            _ => value.split([',', ' ', '\t']).next()?,
        };
        // `https:`, nothing, the host, the tenant; the rest is a path of Microsoft Entra.
        tenant(address.trim().split('/').nth(3)?)
    }
}

/// Reads a GUID; the one with only zeros means no tenant.
fn tenant(text: &str) -> Option<Tenant> {
    let text = text.trim();
    let is_zero = text.bytes().all(|byte| matches!(byte, b'-' | b'0'));
    is_guid(text).then(|| {
        if is_zero {
            Tenant::MicrosoftAccounts
        } else {
            Tenant::Entra(text.to_ascii_lowercase())
        }
    })
}

pub(crate) fn is_guid(text: &str) -> bool {
    text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_tenant_in_either_header() {
        let entra = Some(Tenant::Entra(
            "8d3c0f1e-aaaa-4bbb-8ccc-0123456789ab".to_owned(),
        ));
        for (challenge, expected) in [
            (
                "Bearer authorization_uri=https://login.microsoftonline.com/8D3C0F1E-aaaa-4bbb-8ccc-0123456789ab",
                entra.clone(),
            ),
            (
                "Bearer authorization_uri=\"https://login.microsoftonline.com/8d3c0f1e-aaaa-4bbb-8ccc-0123456789ab/\", x=y",
                entra.clone(),
            ),
            (
                "bearer Authorization_Uri='https://login.microsoftonline.com/8d3c0f1e-aaaa-4bbb-8ccc-0123456789ab'",
                entra.clone(),
            ),
            (
                "BEARER realm=\"x\", AUTHORIZATION_URI = \
                 \"https://login.windows.net/8D3C0F1E-AAAA-4BBB-8CCC-0123456789AB/oauth2/authorize\"",
                entra,
            ),
            (
                "Basic authorization_uri=https://login.windows.net/8d3c0f1e-aaaa-4bbb-8ccc-0123456789ab",
                None,
            ),
            ("bearer authorization_uri", None),
            ("bearer authorization_uri=", None),
            ("bearer authorization_uri='", None),
            (
                "Bearer authorization_uri=https://login.microsoftonline.com/common",
                None,
            ),
            (
                "Basic realm=\"https://tfsprodeus2.app.visualstudio.com/\"",
                None,
            ),
            ("TFS-Federated", None),
        ] {
            assert_eq!(Tenant::in_challenge(challenge), expected, "{challenge}");
        }
        assert_eq!(
            tenant("00000000-0000-0000-0000-000000000000"),
            Some(Tenant::MicrosoftAccounts)
        );
        assert_eq!(tenant(""), None);
        assert_eq!(tenant("contoso.onmicrosoft.com"), None);
    }
}
