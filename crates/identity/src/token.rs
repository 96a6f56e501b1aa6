//! An access token and the moment when it expires; and what a caller asks of any credential.
//!
//! It never asks a service.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use azure_core::credentials::{TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::http::{ClientMethodOptions, Context};
use azure_core::time::OffsetDateTime;

use adieu_secret::{AccessToken, NotAToken};
use adieu_transport::Deadline;

use crate::answers::LAST_MOMENT;
use crate::claims::Claims;
use crate::scope::Scope;

/// An access token and the moment when it expires.
#[derive(Debug)]
pub struct Token {
    /// The token.
    pub value: AccessToken,
    /// When it expires.
    pub expires_on: SystemTime,
}

impl Token {
    /// The same token, which has expired no later than it says itself.
    pub(crate) fn capped_by_its_claim(mut self) -> Self {
        if let Some(claimed) = self.claims().and_then(|claims| claims.expires_on) {
            self.expires_on = self.expires_on.min(moment(claimed));
        }
        self
    }

    /// What the token says of itself, where it can be read.
    #[must_use]
    pub fn claims(&self) -> Option<Claims> {
        Claims::read(self.value.reveal())
    }
}

impl TryFrom<azure_core::credentials::AccessToken> for Token {
    type Error = NotAToken;

    /// Takes what a credential of the Azure SDK gave, if it is a token.
    fn try_from(token: azure_core::credentials::AccessToken) -> Result<Self, NotAToken> {
        Ok(Self {
            value: AccessToken::parse(token.token.secret().to_owned())?,
            expires_on: token.expires_on.into(),
        })
    }
}

impl From<Token> for azure_core::credentials::AccessToken {
    fn from(token: Token) -> Self {
        let expires_on = OffsetDateTime::from(token.expires_on);
        Self::new(token.value.reveal().to_owned(), expires_on)
    }
}

/// What is asked of a credential. Any [`TokenCredential`] understands its scope; those of Adieu also understand what
/// the SDK has no word for, which travels in the context of the call.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// What the token is for.
    pub scope: Scope,
    /// Another tenant than the credential's own, as GUID or domain.
    pub tenant: Option<String>,
    /// All attempts end before it.
    pub deadline: Deadline,
    /// Whether a managed identity that is still being set up is waited for, past the deadline. If not, that is reported
    /// at once ([`Error::settles_within`](crate::Error::settles_within)).
    pub waits: bool,
}

impl TokenRequest {
    /// A token of `scope`, in the credential's own tenant, within half a minute.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            tenant: None,
            deadline: Deadline::start(),
            waits: true,
        }
    }

    /// Asks a credential.
    ///
    /// # Errors
    /// What the credential reports; [`Error::of`](crate::Error::of) finds the facts in it.
    pub async fn send(self, credential: &dyn TokenCredential) -> azure_core::Result<Token> {
        let scope = self.scope.value.clone();
        let options = TokenRequestOptions {
            method_options: ClientMethodOptions {
                context: Context::new().with_value(self),
            },
        };
        let token = credential.get_token(&[&scope], Some(options)).await?;
        Token::try_from(token).map_err(|error| azure_core::Error::new(ErrorKind::Credential, error))
    }

    /// What a caller of [`TokenCredential::get_token`] asks, who may be the Azure SDK.
    #[must_use]
    pub fn read(scopes: &[&str], options: Option<&TokenRequestOptions<'_>>) -> Self {
        let ours = options.and_then(|options| options.method_options.context.value::<Self>());
        ours.cloned().unwrap_or_else(|| {
            Self::new(Scope {
                value: scopes.join(" "),
                audiences: Vec::new(),
            })
        })
    }
}

/// A moment in seconds since 1970, as far away as a date can be.
pub(crate) fn moment(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds.clamp(0, LAST_MOMENT).unsigned_abs())
}
