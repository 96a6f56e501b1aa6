//! The IDs of the identity that signs in, from any source that has them, because tokens may be unreadable.
//!
//! It contacts no service.

use adieu_devops::{ConnectionData, Entitlement, Refusal};
use adieu_identity::{Claims, Token};

/// The IDs that people compare with the pages of Microsoft Entra. Each is unknown if no source has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IdentityIds {
    /// The identity's tenant.
    pub(crate) tenant: Option<String>,
    /// Object ID in that tenant; the enterprise application's, for a service principal.
    pub(crate) object_id: Option<String>,
    /// The application's client ID.
    pub(crate) client_id: Option<String>,
}

impl IdentityIds {
    /// The IDs in a token, if it can be decoded.
    pub(crate) fn of_token(token: &Token) -> Self {
        token
            .claims()
            .map(|claims| Self::from(&claims))
            .unwrap_or_default()
    }

    /// These IDs, completed from `other`.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            tenant: self.tenant.or(other.tenant),
            object_id: self.object_id.or(other.object_id),
            client_id: self.client_id.or(other.client_id),
        }
    }
}

impl From<&Claims> for IdentityIds {
    fn from(claims: &Claims) -> Self {
        Self {
            tenant: claims.tenant.clone(),
            object_id: claims.object_id.clone(),
            client_id: claims.client_id.clone(),
        }
    }
}

/// The IDs that an organization knows of a member.
impl From<&ConnectionData> for IdentityIds {
    fn from(known: &ConnectionData) -> Self {
        Self {
            tenant: known.tenant.clone(),
            object_id: known.object_id.clone(),
            client_id: None,
        }
    }
}

impl From<&Entitlement> for IdentityIds {
    fn from(entitlement: &Entitlement) -> Self {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        Self {
            tenant: None,
            object_id: some(&entitlement.object_id),
            client_id: some(&entitlement.client_id),
        }
    }
}

/// TF401444 names the identity that it refuses.
impl From<&Refusal> for IdentityIds {
    fn from(refusal: &Refusal) -> Self {
        let (tenant, object_id) = refusal.identity().unzip();
        Self {
            tenant,
            object_id,
            client_id: None,
        }
    }
}
