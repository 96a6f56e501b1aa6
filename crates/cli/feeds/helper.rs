//! The programs that package clients run for a credential: this one, under the names that they expect.
//!
//! It answers only for feeds of the step's organizations, keeps nothing, and passes other requests on to a real
//! `keyring`.

mod cargo;
mod docker;
mod keyring;
mod npm_token;
mod nuget;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use adieu_agent::Stream;
use adieu_feeds::{FeedAddress, with_userinfo};
use adieu_identity::Token;
use adieu_secret::Secret;
use serde_json::Value;
use zeroize::Zeroizing;

use super::endpoint::Endpoint;
use super::local;
use super::plan::Plan;
use crate::reporter::Terminal;
use crate::runtime;

/// The user name in an answer. Feeds ignore it.
pub(super) const USER: &str = "adieu";

/// The name under which a client runs this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    /// pip, pipenv, uv and pdm.
    Keyring,
    /// Cargo's credential provider.
    Cargo,
    /// NuGet's plugin, version 2, which dotnet finds on the PATH.
    NuGetPlugin,
    /// NuGet's provider, version 1, which nuget.exe finds in a folder.
    NuGetProvider,
    /// Docker's, podman's and skopeo's.
    Docker,
    /// pnpm's, with an organization in its name, because pnpm passes no arguments.
    NpmToken,
}

impl Name {
    const ALL: [Self; 6] = [
        Self::Keyring,
        Self::Cargo,
        Self::NuGetPlugin,
        Self::NuGetProvider,
        Self::Docker,
        Self::NpmToken,
    ];

    /// The file name.
    pub(crate) fn file_name(self) -> String {
        self.file_name_for("")
    }

    /// The file name for an organization.
    pub(crate) fn file_name_for(self, organization: &str) -> String {
        let (name, is_always_exe) = match self {
            Self::Keyring => ("keyring", false),
            Self::Cargo => (CARGO, false),
            Self::NuGetPlugin => ("nuget-plugin-adieu", false),
            // NuGet recognizes it by its extension on every system.
            Self::NuGetProvider => ("CredentialProvider.Adieu", true),
            Self::Docker => ("docker-credential-adieu", false),
            Self::NpmToken => (NPM_TOKEN, false),
        };
        match is_always_exe || cfg!(windows) {
            true => format!("{name}{organization}.exe"),
            false => format!("{name}{organization}"),
        }
    }

    /// The helper as which this process was started.
    pub(crate) fn of_process(program: Option<&OsString>) -> Option<Self> {
        let name = Path::new(program?).file_name().and_then(OsStr::to_str)?;
        let mut all = Self::ALL.into_iter();
        all.find(|helper| {
            if *helper == Self::NpmToken {
                return name.starts_with(NPM_TOKEN);
            }
            let own = helper.file_name();
            name.eq_ignore_ascii_case(&own)
                || cfg!(windows)
                    && own
                        .strip_suffix(".exe")
                        .is_some_and(|own| name.eq_ignore_ascii_case(own))
        })
    }

    /// Runs the helper.
    pub(crate) fn run(self, arguments: &[OsString]) -> ExitCode {
        match self {
            Self::Keyring => keyring::run(arguments),
            Self::Cargo => cargo::run(),
            Self::NuGetPlugin => nuget::run_plugin(),
            Self::NuGetProvider => nuget::run_provider(arguments),
            Self::Docker => docker::run(arguments),
            Self::NpmToken => npm_token::run(),
        }
    }
}

/// Prefix of the names of pnpm's programs.
pub(crate) const NPM_TOKEN: &str = "adieu-npm-token-";

/// The name of Cargo's provider, which Cargo finds on the PATH.
pub(crate) const CARGO: &str = "cargo-credential-adieu";

/// The folder of this helper, and its plan.
struct ServedFolder {
    folder: PathBuf,
    plan: Plan,
}

/// Why a request has no answer.
enum NoToken {
    /// It does not concern a feed of the step.
    NotOurs,
    /// The job's broker issued none, for this reason.
    Refused(String),
}

impl ServedFolder {
    /// Finds the folder of this helper; `None` if its job has ended.
    fn find() -> Option<Self> {
        let program = std::env::current_exe().ok()?;
        let folder = program.ancestors().nth(2)?.to_owned();
        let plan = Plan::read(&folder)?;
        Some(Self { folder, plan })
    }

    /// A token for an address.
    fn token(&self, address: &str) -> Result<Token, NoToken> {
        let address = with_userinfo(address).map_err(|_| NoToken::NotOurs)?.0;
        self.token_of(&address)
    }

    fn token_of(&self, address: &FeedAddress) -> Result<Token, NoToken> {
        self.token_of_organization(&address.organization)
    }

    fn token_of_organization(&self, organization: &str) -> Result<Token, NoToken> {
        let tenant = self.plan.organizations.get(organization);
        self.ask(tenant.ok_or(NoToken::NotOurs)?.as_deref())
    }

    /// A token for a host, which pip and uv request after an address: only if one token is valid for the whole host.
    fn token_of_host(&self, host: &str) -> Result<Token, NoToken> {
        if host.eq_ignore_ascii_case("pkgs.dev.azure.com") {
            let tenants: Vec<Option<&str>> = self.plan.tenants().into_iter().collect();
            return match tenants.as_slice() {
                [tenant] => self.ask(*tenant),
                _ => Err(NoToken::NotOurs),
            };
        }
        let host = host.to_ascii_lowercase();
        let organization = host.strip_suffix(".pkgs.visualstudio.com");
        self.token_of_organization(organization.unwrap_or_default())
    }

    fn ask(&self, tenant: Option<&str>) -> Result<Token, NoToken> {
        let token = match &self.plan.credential {
            Some(credential) => {
                runtime::block_on(Box::pin(local::token_of_helper(credential, tenant)))
            }
            None => {
                let endpoint = Endpoint::in_folder(&self.folder).map_err(NoToken::Refused)?;
                runtime::block_on(Box::pin(endpoint.token(tenant)))
            }
        };
        match token {
            Ok(token) => token.map_err(NoToken::Refused),
            Err(_) => Err(NoToken::Refused("there is no event loop".to_owned())),
        }
    }
}

/// Writes a line of a protocol, which may contain a token.
fn write(text: &str) -> bool {
    Stream::Output.credential(text).is_ok()
}

/// Writes a document of a protocol on one line.
fn write_json(document: &Value) -> bool {
    write(&Zeroizing::new(document.to_string()))
}

/// Writes a message for a client's log.
fn complain(reason: &str) {
    Terminal.error(&format!("No token for the feed: {reason}"));
}

/// The value that a client reads as a password.
fn password<K: adieu_secret::Kind>(secret: &Secret<K>) -> &str {
    secret.reveal()
}
