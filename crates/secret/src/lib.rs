//! The one secret type and its kinds: what must never be printed, copied or left in memory.
//!
//! It holds values, knows the forms in which they appear, and removes them from texts; it never writes one anywhere.
//!
//! ```
//! use adieu_secret::IdToken;
//! let token = IdToken::parse("eyJ.eyJ.c2ln".to_owned())?;
//! assert_eq!(format!("{token:?}"), "IdToken(not shown)");
//! assert_eq!(token.reveal(), "eyJ.eyJ.c2ln");
//! # Ok::<(), adieu_secret::NotAToken>(())
//! ```

mod forms;
mod grammar;
mod wire;

use std::fmt;
use std::marker::PhantomData;

use zeroize::Zeroizing;

pub use grammar::{Form, NotAToken};
pub use wire::{Observer, observe_sent, redacted};

/// Implements a `Debug` that prints only the type's name. Traits of rustls and of the Azure SDK require one, although
/// it is never printed, and a derived one would add those of all fields to the binary.
#[macro_export]
macro_rules! debug_by_name {
    ($($type:ty),+) => {$(
        impl ::std::fmt::Debug for $type {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.write_str(stringify!($type))
            }
        }
    )+};
}

/// A value that leaves its type only through [`reveal`](Secret::reveal) and is wiped when dropped.
///
/// It deliberately implements neither `Clone`, `Display`, `Serialize` nor `PartialEq`: reviewers would not notice
/// such a way out.
pub struct Secret<K: Kind> {
    value: Zeroizing<String>,
    kind: PhantomData<K>,
}

/// What a secret is for. Kinds are types, so that one cannot be sent instead of another.
pub trait Kind {
    /// Name that `Debug` prints.
    const NAME: &'static str;
    /// The form of its values.
    const FORM: Form;
}

/// A kind whose values can be any text.
pub trait FreeForm: Kind {}

impl<K: FreeForm> Secret<K> {
    /// Wraps a value.
    pub fn new(value: String) -> Self {
        Self {
            value: Zeroizing::new(value),
            kind: PhantomData,
        }
    }
}

impl<K: Kind> Secret<K> {
    /// Wraps a value that has the form of its kind. There is no other constructor for tokens, so nothing but a token
    /// can become a variable, a header, or a line for git.
    ///
    /// # Errors
    /// The value has another form; it is wiped.
    pub fn parse(value: String) -> Result<Self, NotAToken> {
        let value = Zeroizing::new(value);
        if K::FORM.admits(&value) {
            let kind = PhantomData;
            Ok(Self { value, kind })
        } else {
            Err(NotAToken)
        }
    }

    /// The value itself, for the code that masks it or returns it to the user. A test in `xtask` lists every file
    /// that may call this.
    pub fn reveal(&self) -> &str {
        &self.value
    }

    /// The value itself, for the code that sends it to a service. [`redacted`] finds it from now on, because a
    /// service can echo it. A test in `xtask` lists every file that may call this.
    pub fn reveal_to_wire(&self) -> &str {
        wire::remember(&self.value);
        &self.value
    }

    /// Every form of the value that a log could contain and a masker must know: the value itself, and its base64
    /// forms after any user name.
    pub fn forms_to_mask(&self) -> Vec<Zeroizing<String>> {
        forms::to_mask(&self.value)
    }
}

impl<K: Kind> fmt::Debug for Secret<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}(not shown)", K::NAME)
    }
}

impl AccessToken {
    /// Converts the token, which was requested for Microsoft Graph, so that it can no longer be sent to Azure DevOps.
    pub fn into_graph_token(self) -> GraphToken {
        Secret {
            value: self.value,
            kind: PhantomData,
        }
    }
}

impl JobToken {
    /// The same token for feeds of the job's own organization, which accept it as they accept an access token.
    pub fn for_own_feeds(&self) -> AccessToken {
        Secret {
            value: Zeroizing::new(self.value.to_string()),
            kind: PhantomData,
        }
    }
}

/// The kinds themselves; use the aliases instead.
pub mod kind {
    use super::{Form, FreeForm, Kind};

    macro_rules! kinds {
        ($($name:ident: $form:ident),+ $(,)?) => {$(
            #[doc = concat!("See [`", stringify!($name), "`](super::", stringify!($name), ").")]
            #[derive(Debug)]
            pub enum $name {}
            impl Kind for $name {
                const NAME: &'static str = stringify!($name);
                const FORM: Form = Form::$form;
            }
        )+};
    }

    macro_rules! free_form {
        ($($name:ident),+ $(,)?) => {$(
            kinds!($name: Any);
            impl FreeForm for $name {}
        )+};
    }

    kinds! {
        JobToken: Bearer,
        WorkflowToken: Bearer,
        IdToken: CompactJwt,
        AccessToken: Bearer,
        GraphToken: Bearer,
    }
    free_form! {
        ClientSecret,
        ClientCertificate,
        EndpointSecret,
        GitCredential,
        PrivateKey,
        ProxyPassword,
    }
}

/// The job token (`System.AccessToken`): goes to the collection's host only.
pub type JobToken = Secret<kind::JobToken>;
/// The token with which a GitHub Actions job requests its ID tokens (`ACTIONS_ID_TOKEN_REQUEST_TOKEN`): goes to their
/// issuer's host only.
pub type WorkflowToken = Secret<kind::WorkflowToken>;
/// The federated ID token that Azure DevOps issues, or an assertion that we signed: goes to the connection's
/// authority only.
pub type IdToken = Secret<kind::IdToken>;
/// A Microsoft Entra access token: goes to the hosts of its resource only.
pub type AccessToken = Secret<kind::AccessToken>;
/// A Microsoft Entra access token for Microsoft Graph: goes to `graph.microsoft.com` only.
pub type GraphToken = Secret<kind::GraphToken>;
/// The key of a service principal: goes to the connection's authority only.
pub type ClientSecret = Secret<kind::ClientSecret>;
/// A service principal's certificate with its private key, as PEM: never leaves the process.
pub type ClientCertificate = Secret<kind::ClientCertificate>;
/// The password of the agent's proxy: goes to that proxy only.
pub type ProxyPassword = Secret<kind::ProxyPassword>;
/// The private key of the agent's TLS client certificate, as PEM: never leaves the process.
pub type PrivateKey = Secret<kind::PrivateKey>;
/// The key of a credential endpoint on this machine (`IDENTITY_HEADER`): goes to that endpoint only.
pub type EndpointSecret = Secret<kind::EndpointSecret>;

/// What git sends or stores in its credential protocol, including any password: never leaves the process.
pub type GitCredential = Secret<kind::GitCredential>;

impl EndpointSecret {
    /// A copy of the key. It was created to be passed on, and is useless once its endpoint is gone.
    pub fn duplicate(&self) -> Self {
        Self::new(self.value.to_string())
    }
}
