//! Everything that can end a verb without success, with its facts.
//!
//! It has no words; `report.rs` has them.

use adieu_agent::{InputError, TooLong};
use adieu_identity::{Error, NotAnAuthority, NotTheCollection};

use crate::token::LineProblem;

/// A situation that ends a verb.
#[derive(Debug)]
pub(crate) enum Situation {
    /// The system gives the program no event loop.
    NoRuntime(String),
    /// The launcher named a task or a phase that this binary does not have.
    NoSuchTask { name: String, phase: String },
    /// The launcher died.
    LauncherGone,
    /// A variable that every agent sets is not there.
    NotInAPipeline(&'static str),
    /// An input is wrong.
    Input(InputError),
    /// Lines of `tokens` are wrong.
    Tokens(Vec<LineProblem>),
    /// There is nothing to do.
    NothingAsked,
    /// A name for a variable is none.
    VariableName {
        input: &'static str,
        text: String,
        reason: String,
    },
    /// The connection cannot sign in as it is.
    Connection {
        connection: ConnectionFacts,
        problem: ConnectionProblem,
    },
    /// The agent's settings for the network cannot be used.
    Network(NetworkProblem),
    /// No token, for these reasons.
    NoToken {
        connection: ConnectionFacts,
        errors: Vec<(String, Error)>,
    },
    /// A value is longer than a variable may be.
    TooLong(TooLong),
}

/// What a person needs to find a connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConnectionFacts {
    /// Its id.
    pub(crate) id: String,
    /// Page of the project on which it can be changed.
    pub(crate) page: String,
    /// Its scheme, as the agent says.
    pub(crate) scheme: String,
    /// Tenant that is asked.
    pub(crate) tenant: String,
    /// Its client id.
    pub(crate) client_id: String,
    /// Host that signs in.
    pub(crate) authority: String,
}

/// Why a connection cannot sign in.
#[derive(Debug)]
pub(crate) enum ConnectionProblem {
    /// The agent gave the task no such connection.
    NotGiven,
    /// A scheme without an identity of Entra's, such as a publish profile.
    Scheme,
    /// A field is empty.
    Missing(&'static str),
    /// The authority in its data is none.
    Authority {
        text: String,
        reason: NotAnAuthority,
    },
    /// The cloud is not one that has well-known addresses, and its data does not name them.
    Cloud(String),
    /// The job's own token is not in the environment.
    NoJobToken,
    /// The address for ID tokens is not the collection's.
    NotTheCollection(NotTheCollection),
    /// `idToken` is asked of a connection that has none.
    NoIdToken,
}

/// What is wrong with the agent's settings.
#[derive(Debug)]
pub(crate) enum NetworkProblem {
    /// The proxy's address is none.
    Proxy(String),
    /// The client certificate cannot be read or used.
    ClientCertificate(String),
    /// TLS cannot be set up.
    Tls(String),
}
