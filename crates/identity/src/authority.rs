//! The authority of a service connection: the only host that may receive its ID token.
//!
//! It builds addresses; it never sends anything.

use adieu_transport::{host, may_carry_credentials};
use reqwest::Url;

/// Base address of a Microsoft Entra cloud, such as `https://login.microsoftonline.com/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority(Url);

/// An Azure cloud with well-known addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AzureCloud {
    /// `AzureCloud`.
    Public,
    /// `AzureUSGovernment`.
    UsGovernment,
    /// `AzureChinaCloud`.
    China,
}

/// The sign-in hosts of each cloud (learn.microsoft.com, "National clouds"). A cloud's first host is its default.
const HOSTS: [(AzureCloud, &str); 4] = [
    (AzureCloud::Public, "login.microsoftonline.com"),
    (AzureCloud::UsGovernment, "login.microsoftonline.us"),
    (AzureCloud::China, "login.chinacloudapi.cn"),
    (AzureCloud::China, "login.partner.microsoftonline.cn"),
];

/// Why a text is not an authority.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAuthority {
    /// The text is not an absolute address.
    #[error("not an absolute address")]
    NotAnAddress,
    /// Credentials would be sent unencrypted.
    #[error("not HTTPS")]
    NotHttps,
    /// AD FS of Azure Stack has no tenants and no federated credentials.
    #[error("AD FS")]
    Adfs,
}

impl Authority {
    /// The well-known authority of a cloud.
    pub fn of(cloud: AzureCloud) -> Self {
        let known = HOSTS.iter().find(|(known, _)| *known == cloud);
        let host = known.map_or(HOSTS[0].1, |(_, host)| host);
        Self(Url::parse(&format!("https://{host}/")).expect("a table of addresses"))
    }

    /// The cloud that this is a well-known authority of.
    pub fn cloud(&self) -> Option<AzureCloud> {
        let host = self.0.host_str()?;
        let known = HOSTS.iter().find(|(_, known)| *known == host);
        known.map(|(cloud, _)| *cloud)
    }

    /// The authority's public metadata (OpenID Connect discovery).
    pub fn discovery_endpoint(&self) -> Url {
        self.below(&["common", "v2.0", ".well-known", "openid-configuration"])
    }

    /// Parses an authority.
    ///
    /// # Errors
    /// The text is not an absolute HTTPS address (plain HTTP is for loopback addresses only), or is an AD FS.
    pub fn parse(text: &str) -> Result<Self, NotAnAuthority> {
        let mut url = Url::parse(text.trim()).map_err(|_| NotAnAuthority::NotAnAddress)?;
        if url.host_str().is_none() {
            return Err(NotAnAuthority::NotAnAddress);
        }
        if !may_carry_credentials(&url) {
            return Err(NotAnAuthority::NotHttps);
        }
        if url.path().trim_matches('/').eq_ignore_ascii_case("adfs") {
            return Err(NotAnAuthority::Adfs);
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// Host and, if it is not the default, port: what a firewall rule needs.
    pub fn host(&self) -> String {
        host(&self.0)
    }

    /// Endpoint that issues a tenant's tokens: `{authority}/{tenant}/oauth2/v2.0/token`.
    pub fn token_endpoint(&self, tenant: &str) -> Url {
        self.below(&[tenant, "oauth2", "v2.0", "token"])
    }

    fn below(&self, path: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_the_token_endpoint_of_every_cloud() {
        for (authority, endpoint) in [
            (
                "https://login.microsoftonline.com/",
                "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token",
            ),
            (
                " https://login.microsoftonline.us",
                "https://login.microsoftonline.us/contoso.com/oauth2/v2.0/token",
            ),
            (
                "https://login.custom.example/base/?x=1#y",
                "https://login.custom.example/base/contoso.com/oauth2/v2.0/token",
            ),
            (
                "http://127.0.0.1:8080/",
                "http://127.0.0.1:8080/contoso.com/oauth2/v2.0/token",
            ),
        ] {
            let built =
                Authority::parse(authority).map(|it| it.token_endpoint("contoso.com").to_string());
            assert_eq!(built.as_deref(), Ok(endpoint));
        }
    }

    #[test]
    fn recognizes_the_authorities_of_each_cloud() {
        for cloud in [
            AzureCloud::Public,
            AzureCloud::UsGovernment,
            AzureCloud::China,
        ] {
            assert_eq!(Authority::of(cloud).cloud(), Some(cloud));
        }
        let cloud = |text| Authority::parse(text).map(|authority| authority.cloud());
        let partner = "https://login.partner.microsoftonline.cn/";
        assert_eq!(cloud(partner), Ok(Some(AzureCloud::China)));
        assert_eq!(cloud("https://login.custom.example/"), Ok(None));
    }

    #[test]
    fn a_tenant_cannot_leave_its_segment() {
        let authority =
            Authority::parse("https://login.microsoftonline.com/").expect("an authority");
        assert_eq!(
            authority.token_endpoint("../x?y#z/").as_str(),
            "https://login.microsoftonline.com/..%2Fx%3Fy%23z%2F/oauth2/v2.0/token"
        );
    }

    #[test]
    fn refuses_what_is_not_an_authority() {
        for (text, reason) in [
            ("login.microsoftonline.com", NotAnAuthority::NotAnAddress),
            ("", NotAnAuthority::NotAnAddress),
            (
                "http://login.microsoftonline.com/",
                NotAnAuthority::NotHttps,
            ),
            ("http://127.0.0.1.example.com/", NotAnAuthority::NotHttps),
            ("ftp://localhost/", NotAnAuthority::NotHttps),
            (
                "https://adfs.local.azurestack.external/adfs/",
                NotAnAuthority::Adfs,
            ),
        ] {
            assert_eq!(Authority::parse(text), Err(reason), "{text}");
        }
    }
}
