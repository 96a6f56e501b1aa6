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
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use adieu_secret::AccessToken;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::address::{OWN, SHARED, with_userinfo};
use crate::plan::Plan;

/// What a helper cannot do: it has no network and no streams.
pub trait HelperCaller {
    /// A token for feeds in a tenant; `None` means the credential's own. The error is a line for a client's log.
    ///
    /// # Errors
    /// There is none.
    fn token(&self, served: &ServedFolder, tenant: Option<&str>) -> Result<FeedToken, String>;

    /// A credential of a container registry. The error is a line for a client's log.
    ///
    /// # Errors
    /// There is none.
    fn registry_token(
        &self,
        served: &ServedFolder,
        registry: &str,
    ) -> Result<Zeroizing<String>, String>;

    /// Writes a line of a protocol, which may contain a token. Returns whether it was written.
    fn write(&self, line: &str) -> bool;

    /// Reports why there is no token, in the client's log.
    fn report(&self, reason: &str);

    /// The folders of programs.
    fn search_path(&self) -> OsString;
}

/// A token, and when it expires.
#[derive(Debug)]
pub struct FeedToken {
    /// The token.
    pub value: AccessToken,
    /// When it expires.
    pub expires_on: SystemTime,
}

/// The user name in an answer. Feeds ignore it.
pub(crate) const USER: &str = "adieu";

/// The name under which a client runs this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
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
    #[must_use]
    pub fn of_process(program: Option<&OsString>) -> Option<Self> {
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

    /// Runs the helper. `input` is what the client writes.
    pub fn run(
        self,
        arguments: &[OsString],
        input: &mut dyn BufRead,
        caller: &dyn HelperCaller,
    ) -> ExitCode {
        let served = ServedFolder::find();
        let served = Served {
            folder: served.as_ref(),
            caller,
        };
        match self {
            Self::Keyring => keyring::run(arguments, &served),
            Self::Cargo => cargo::run(input, &served),
            Self::NuGetPlugin => nuget::run_plugin(input, &served),
            Self::NuGetProvider => nuget::run_provider(arguments, &served),
            Self::Docker => docker::run(arguments, input, &served),
            Self::NpmToken => npm_token::run(&served),
        }
    }
}

/// Prefix of the names of pnpm's programs.
pub(crate) const NPM_TOKEN: &str = "adieu-npm-token-";

/// The name of Cargo's provider, which Cargo finds on the PATH.
pub(crate) const CARGO: &str = "cargo-credential-adieu";

/// The folder of a helper, and its plan.
#[derive(Debug)]
pub struct ServedFolder {
    /// Its path.
    pub path: PathBuf,
    /// Its plan.
    pub plan: Plan,
}

impl ServedFolder {
    /// Finds the folder of this helper; `None` if its job has ended.
    fn find() -> Option<Self> {
        let program = std::env::current_exe().ok()?;
        let path = program.ancestors().nth(2)?.to_owned();
        let plan = Plan::read(&path)?;
        Some(Self { path, plan })
    }
}

/// Why a request has no answer.
enum NoToken {
    /// It does not concern a feed of the step.
    NotOurs,
    /// There is none, for this reason.
    Refused(String),
}

/// Looks up a token for an address.
type Tokens<'a> = &'a dyn Fn(&str) -> Result<FeedToken, NoToken>;

/// The feeds that a helper serves.
struct Served<'a> {
    folder: Option<&'a ServedFolder>,
    caller: &'a dyn HelperCaller,
}

impl Served<'_> {
    fn plan(&self) -> Result<&Plan, NoToken> {
        let folder = self.folder.ok_or(NoToken::NotOurs)?;
        Ok(&folder.plan)
    }

    /// A token for an address.
    fn token(&self, address: &str) -> Result<FeedToken, NoToken> {
        let (address, _) = with_userinfo(address).map_err(|_| NoToken::NotOurs)?;
        self.token_of_organization(&address.organization)
    }

    fn token_of_organization(&self, organization: &str) -> Result<FeedToken, NoToken> {
        let tenant = self.plan()?.organizations.get(organization);
        self.ask(tenant.ok_or(NoToken::NotOurs)?.as_deref())
    }

    /// A token for a host, which pip and uv request after an address: only if one token is valid for the whole host.
    fn token_of_host(&self, host: &str) -> Result<FeedToken, NoToken> {
        if host.eq_ignore_ascii_case(SHARED) {
            let tenants: Vec<Option<&str>> = self.plan()?.tenants().into_iter().collect();
            return match tenants.as_slice() {
                [tenant] => self.ask(*tenant),
                _ => Err(NoToken::NotOurs),
            };
        }
        let host = host.to_ascii_lowercase();
        let organization = host.strip_suffix(OWN);
        self.token_of_organization(organization.unwrap_or_default())
    }

    fn ask(&self, tenant: Option<&str>) -> Result<FeedToken, NoToken> {
        let folder = self.folder.ok_or(NoToken::NotOurs)?;
        let token = self.caller.token(folder, tenant);
        token.map_err(NoToken::Refused)
    }

    /// Writes a document of a protocol on one line.
    fn write_json(&self, document: &Value) -> bool {
        self.caller.write(&Zeroizing::new(document.to_string()))
    }
}

/// Success, or this code.
fn exit_code(is_written: bool, failure: u8) -> ExitCode {
    match is_written {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(failure),
    }
}
