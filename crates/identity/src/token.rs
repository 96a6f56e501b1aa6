//! An access token with its expiry, and a request for one to any credential.
//!
//! It sends nothing itself.

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
    /// The same token, whose expiry is at most that of its `exp` claim.
    pub(crate) fn capped_by_its_claim(mut self) -> Self {
        if let Some(claimed) = self.claims().and_then(|claims| claims.expires_on) {
            self.expires_on = self.expires_on.min(moment(claimed));
        }
        self
    }

    /// The token's claims, if they can be read.
    pub fn claims(&self) -> Option<Claims> {
        Claims::read(self.value.reveal())
    }
}

impl TryFrom<azure_core::credentials::AccessToken> for Token {
    type Error = NotAToken;

    /// Accepts the output of an Azure SDK credential if it has the form of a token.
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

/// A request to a credential. Any [`TokenCredential`] understands its scope; those of Adieu also understand options
/// that the SDK does not have, which are in the context of the call.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// What the token is for.
    pub scope: Scope,
    /// A tenant other than the credential's own, as GUID or domain.
    pub tenant: Option<String>,
    /// The end of all attempts.
    pub deadline: Deadline,
    /// Whether to wait, past the deadline, for a managed identity that is still being set up. Otherwise that is
    /// reported immediately ([`Error::settles_within`](crate::Error::settles_within)).
    pub waits: bool,
}

impl TokenRequest {
    /// A request for a token of `scope`, in the credential's own tenant, within half a minute.
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            tenant: None,
            deadline: Deadline::start(),
            waits: true,
        }
    }

    /// Sends the request to a credential.
    ///
    /// # Errors
    /// The credential's error; [`Error::of`](crate::Error::of) finds the facts in it.
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

    /// Reads a call of [`TokenCredential::get_token`], which may come from the Azure SDK.
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

/// The time at a number of seconds since 1970, limited to the range of dates.
pub(crate) fn moment(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds.clamp(0, LAST_MOMENT).unsigned_abs())
}
