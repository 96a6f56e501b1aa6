//! The hosts of Azure DevOps and the Marketplace: the only ones that receive their access tokens.
//!
//! It builds addresses; it never sends anything.

use adieu_transport::may_carry_credentials;
use reqwest::Url;

/// Addresses of the Marketplace and the profile service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    marketplace: Url,
    profile: Url,
    is_public: bool,
}

/// A text is not the address of a host for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAHost {
    /// It is not an absolute address.
    #[error("no absolute address")]
    NotAnAddress,
    /// The token would be sent unencrypted.
    #[error("not HTTPS")]
    NotHttps,
}

/// An organization, or a collection of Azure DevOps Server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Name in the Marketplace.
    pub name: String,
    collection: Url,
    is_public: bool,
}

/// Why a text does not name an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnOrganization {
    /// It is neither a name nor an address.
    #[error("neither a name nor an address")]
    NotAName,
    /// It is an address of another service, which gets no token.
    #[error("an address that is not Azure DevOps'")]
    AnotherHost,
}

impl Hosts {
    /// The hosts of Azure DevOps Services.
    pub fn public() -> Self {
        let url = |text: &str| Url::parse(text).expect("an address written here");
        Self {
            marketplace: url("https://marketplace.visualstudio.com/"),
            profile: url("https://app.vssps.visualstudio.com/"),
            is_public: true,
        }
    }

    /// The hosts of an Azure DevOps Server, whose gallery, collections and profiles are under one address. The
    /// address of the public Marketplace means the public hosts.
    ///
    /// # Errors
    /// The text is not an absolute HTTPS address; plain HTTP is for loopback addresses only.
    pub fn server(text: &str) -> Result<Self, NotAHost> {
        let mut url = Url::parse(text.trim()).map_err(|_| NotAHost::NotAnAddress)?;
        if url.host_str().is_none() {
            return Err(NotAHost::NotAnAddress);
        }
        if !may_carry_credentials(&url) {
            return Err(NotAHost::NotHttps);
        }
        let public = Self::public();
        if url.origin() == public.marketplace.origin() {
            return Ok(public);
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self {
            marketplace: url.clone(),
            profile: url,
            is_public: false,
        })
    }

    /// Whether this is Azure DevOps Services, whose gallery accepts packages as they are.
    pub fn is_public(&self) -> bool {
        self.is_public
    }

    /// The publisher's management page.
    pub fn publisher_page(&self, publisher: &str) -> String {
        at(&self.marketplace, &["manage", "publishers", publisher]).to_string()
    }

    /// An organization by its name or by any of its addresses: `contoso`, `https://dev.azure.com/contoso`,
    /// `https://contoso.visualstudio.com`, or a collection below this server's address.
    ///
    /// # Errors
    /// The text is neither, or is an address that must not receive the token.
    pub fn organization(&self, text: &str) -> Result<Organization, NotAnOrganization> {
        let text = text.trim();
        if !text.contains("://") {
            let text = text.trim_end_matches('/');
            let host = ["dev.azure.com/", "www.dev.azure.com/"]
                .iter()
                .find_map(|host| text.strip_prefix(host))
                .or_else(|| text.strip_suffix(".visualstudio.com"));
            return self.by_name(host.unwrap_or(text));
        }
        let url = Url::parse(text).map_err(|_| NotAnOrganization::NotAName)?;
        let first = || {
            let mut segments = url.path_segments()?;
            segments.next().filter(|name| !name.is_empty())
        };
        if !self.is_public && url.origin() == self.marketplace.origin() {
            let name = url
                .path_segments()
                .and_then(|segments| segments.rev().find(|segment| !segment.is_empty()))
                .ok_or(NotAnOrganization::NotAName)?;
            return self.by_name(name);
        }
        if url.scheme() != "https" || url.port().is_some() || !self.is_public {
            return Err(NotAnOrganization::AnotherHost);
        }
        let host = url.host_str().unwrap_or_default();
        if host == "dev.azure.com" || host.ends_with(".dev.azure.com") {
            return self.by_name(first().ok_or(NotAnOrganization::NotAName)?);
        }
        match host.strip_suffix(".visualstudio.com") {
            Some(name) => self.by_name(name.split('.').next().unwrap_or_default()),
            None => Err(NotAnOrganization::AnotherHost),
        }
    }

    fn by_name(&self, name: &str) -> Result<Organization, NotAnOrganization> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric();
        let bytes = name.as_bytes();
        let is_name = bytes.first().copied().is_some_and(is_letter)
            && bytes
                .iter()
                .all(|byte| is_letter(*byte) || b"-_.".contains(byte))
            && bytes.len() <= 64;
        if !is_name {
            return Err(NotAnOrganization::NotAName);
        }
        let collection = match self.is_public {
            true => Url::parse(&format!("https://dev.azure.com/{name}/"))
                .map_err(|_| NotAnOrganization::NotAName)?,
            false => at(&self.marketplace, &[name]),
        };
        Ok(Organization {
            name: name.to_owned(),
            collection,
            is_public: self.is_public,
        })
    }

    /// The address of each host that is used, to check whether it can be reached.
    pub fn addresses(&self, of_organizations: bool, of_the_marketplace: bool) -> Vec<String> {
        let mut addresses = vec![self.profile.to_string()];
        if self.is_public && of_organizations {
            addresses.push("https://dev.azure.com/".to_owned());
            addresses.push("https://vsaex.dev.azure.com/".to_owned());
        }
        if of_the_marketplace {
            addresses.push(self.marketplace.to_string());
        }
        addresses
    }

    pub(crate) fn gallery(&self, path: &[&str]) -> Url {
        at(&self.marketplace, path)
    }

    pub(crate) fn profile(&self, path: &[&str]) -> Url {
        at(&self.profile, path)
    }
}

impl Organization {
    /// Address that the portal shows.
    pub fn page(&self) -> &str {
        self.collection.as_str()
    }

    pub(crate) fn collection(&self, path: &[&str]) -> Url {
        at(&self.collection, path)
    }

    /// Address of a page in the portal, below the organization or one of its projects.
    pub fn portal(&self, path: &[&str], query: &[(&str, &str)]) -> String {
        let mut url = at(&self.collection, path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url.into()
    }

    /// An address at another host of Azure DevOps Services; an Azure DevOps Server has none of these hosts.
    fn at_host(&self, host: &str, path: &[&str]) -> Option<Url> {
        let mut url = self.is_public.then(|| self.collection.clone())?;
        url.set_host(Some(host)).ok()?;
        Some(at(&url, path))
    }

    /// Classic releases; an Azure DevOps Server has them at the collection's address.
    pub(crate) fn release(&self, path: &[&str]) -> Url {
        let url = self.at_host("vsrm.dev.azure.com", path);
        url.unwrap_or_else(|| self.collection(path))
    }

    /// Installed extensions; an Azure DevOps Server has them at the collection's address.
    pub(crate) fn extension_management(&self, path: &[&str]) -> Url {
        let url = self.at_host("extmgmt.dev.azure.com", path);
        url.unwrap_or_else(|| self.collection(path))
    }

    /// Member entitlements.
    pub(crate) fn entitlements(&self, path: &[&str]) -> Option<Url> {
        self.at_host("vsaex.dev.azure.com", path)
    }

    /// Users and the administration of their tokens.
    pub(crate) fn identity(&self, path: &[&str]) -> Option<Url> {
        self.at_host("vssps.dev.azure.com", path)
    }

    /// The audit log.
    pub(crate) fn audit(&self, path: &[&str]) -> Option<Url> {
        self.at_host("auditservice.dev.azure.com", path)
    }

    /// Packages of feeds; those of an Azure DevOps Server accept no Microsoft Entra token.
    pub(crate) fn packages(&self, path: &[&str]) -> Option<Url> {
        self.at_host("pkgs.dev.azure.com", path)
    }

    /// The host that manages feeds, which is not the host of their packages.
    pub(crate) fn feeds(&self, path: &[&str]) -> Option<Url> {
        self.at_host("feeds.dev.azure.com", path)
    }
}

/// Appends segments to an address. They are escaped, so that a name cannot leave its own segment.
fn at(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_an_organization_by_every_name_it_has() {
        let hosts = Hosts::public();
        for text in [
            "contoso",
            " contoso ",
            "dev.azure.com/contoso",
            "contoso.visualstudio.com",
            "https://dev.azure.com/contoso",
            "https://dev.azure.com/contoso/project/_build",
            "https://contoso.visualstudio.com/DefaultCollection",
            "https://contoso.extmgmt.visualstudio.com",
            "https://extmgmt.dev.azure.com/contoso/",
        ] {
            let organization = hosts.organization(text).expect(text);
            assert_eq!(organization.name, "contoso", "{text}");
            assert_eq!(organization.page(), "https://dev.azure.com/contoso/");
        }
    }

    #[test]
    fn refuses_hosts_that_only_look_like_azure_devops() {
        let hosts = Hosts::public();
        for (text, reason) in [
            ("", NotAnOrganization::NotAName),
            ("my organization", NotAnOrganization::NotAName),
            ("https://dev.azure.com/", NotAnOrganization::NotAName),
            (
                "http://dev.azure.com/contoso",
                NotAnOrganization::AnotherHost,
            ),
            (
                "https://dev.azure.com:8443/contoso",
                NotAnOrganization::AnotherHost,
            ),
            (
                "https://dev.azure.com.example/contoso",
                NotAnOrganization::AnotherHost,
            ),
            (
                "https://visualstudio.com.example",
                NotAnOrganization::AnotherHost,
            ),
            (
                "https://evilvisualstudio.com",
                NotAnOrganization::AnotherHost,
            ),
        ] {
            assert_eq!(hosts.organization(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn a_server_has_its_collections_below_its_own_address() {
        let hosts = Hosts::server("https://tfs.contoso.example/tfs").expect("an address");
        for text in ["Default", "https://tfs.contoso.example/tfs/Default/"] {
            let organization = hosts.organization(text).expect(text);
            assert_eq!(
                organization.page(),
                "https://tfs.contoso.example/tfs/Default"
            );
        }
        assert_eq!(
            hosts.organization("https://dev.azure.com/contoso"),
            Err(NotAnOrganization::AnotherHost)
        );
        assert_eq!(
            Hosts::server("http://tfs.contoso.example"),
            Err(NotAHost::NotHttps)
        );
        assert_eq!(Hosts::server("tfs"), Err(NotAHost::NotAnAddress));
        assert!(
            Hosts::server("https://marketplace.visualstudio.com")
                .is_ok_and(|hosts| hosts.is_public())
        );
    }
}
