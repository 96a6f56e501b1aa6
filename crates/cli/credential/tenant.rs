//! The tenant to sign in to: the given one, or an organization's own.
//!
//! It never signs in; an organization shows its tenant to everyone.

use adieu_devops::{Hosts, Tenant};
use adieu_transport::Transport;

use crate::failure::Failure;
use crate::organization;
use crate::reporter::{Reporter as _, Terminal};

/// The tenant to sign in to: the given one, or an organization's own.
pub(crate) async fn tenant(
    given: Option<String>,
    organization: Option<&str>,
    transport: &Transport,
) -> Result<Option<String>, Box<Failure>> {
    if let Some(given) = given {
        return if is_tenant(&given) {
            Ok(Some(given))
        } else {
            Err(Failure::NotATenant(given).into())
        };
    }
    let Some(text) = organization else {
        return Ok(None);
    };
    let organization = organization::named(&Hosts::public(), text)?;
    let name = organization.name.clone();
    match organization.tenant(transport).await {
        Ok(Tenant::Entra(tenant)) => Ok(Some(tenant)),
        Ok(Tenant::MicrosoftAccounts) => {
            Terminal.warn(&format!(
                "{name} is not connected to a Microsoft Entra tenant and accepts Microsoft \
                 accounts only; the token is for the identity's own tenant."
            ));
            Ok(None)
        }
        Err(error) => Err(Failure::NoTenant {
            organization: name,
            error,
        }
        .into()),
    }
}

/// Whether a text can be a tenant: a GUID or a domain, but nothing that a tool would treat as a flag.
fn is_tenant(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric();
    text.bytes().next().is_some_and(is_letter)
        && text
            .bytes()
            .all(|byte| is_letter(byte) || b"-.".contains(&byte))
}
