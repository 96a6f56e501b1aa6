//! The variables for the clients of `configure`, and the environment of a process that gets them.
//!
//! It never decides what to configure.

use adieu_order::Map;
use adieu_secret::{EndpointSecret, JobToken};

/// Variable that keeps the list of the agent's machine while the pipeline's longer one replaces it.
pub const KEPT_NO_PROXY: &str = "ADIEU_MACHINE_NO_PROXY";

/// An environment variable for later steps or for one script.
pub struct Setting {
    /// Its name, or the start of it.
    pub name: &'static str,
    /// The rest: `_0` of `GIT_CONFIG_KEY_0`.
    pub suffix: String,
    /// Its value.
    pub value: Value,
    /// Whether it stays when its endpoint is gone: other tasks have post-job sections as well, and a client that finds
    /// an empty list of root certificates trusts no server.
    stays: bool,
}

/// The value of a variable.
pub enum Value {
    /// Not secret.
    Plain(String),
    /// The key of an endpoint, or an address that contains it.
    Key(EndpointSecret),
    /// The job token.
    JobToken(JobToken),
}

impl Setting {
    pub(crate) fn new(name: &'static str, value: Value) -> Self {
        Self {
            name,
            suffix: String::new(),
            value,
            stays: false,
        }
    }

    /// The whole name.
    pub fn name(&self) -> String {
        format!("{}{}", self.name, self.suffix)
    }

    /// The same setting, which stays when its endpoint is gone.
    pub(crate) fn staying(mut self) -> Self {
        self.stays = true;
        self
    }

    /// The same setting with a number at the end of its name.
    pub(crate) fn numbered(mut self, index: usize) -> Self {
        self.suffix = format!("_{index}");
        self
    }
}

pub(crate) fn plain(name: &'static str, value: &str) -> Setting {
    Setting::new(name, Value::Plain(value.to_owned()))
}

pub(crate) fn key(name: &'static str, key: &EndpointSecret) -> Setting {
    Setting::new(name, Value::Key(key.duplicate()))
}

/// The existing list of hosts that bypass the proxy, plus this machine. Otherwise Python, JavaScript, az and Rust
/// would send requests for a loopback address, with the key, to a proxy.
pub fn no_proxy(variable: impl Fn(&str) -> Option<String>) -> String {
    // Most tools prefer the lowercase variable.
    let before = variable("no_proxy").or_else(|| variable("NO_PROXY"));
    let before = before.unwrap_or_default();
    let names = before.split(',').map(str::trim);
    let mut names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    // Alone it matches every host; in a list, curl and Python treat it as a name.
    let matches_every_host = names == ["*"];
    for own in ["127.0.0.1", "localhost"] {
        if !matches_every_host && !names.contains(&own) {
            names.push(own);
        }
    }
    names.join(",")
}

/// The settings as environment variables for a child process, which has no other way to get a key.
pub fn environment_of(settings: &[Setting]) -> Map<String, String> {
    let mut environment = Map::new();
    for setting in settings {
        let value = match &setting.value {
            Value::Plain(value) => value.clone(),
            Value::Key(key) => key.reveal().to_owned(),
            Value::JobToken(token) => token.reveal().to_owned(),
        };
        // Tools differ in which of the two they read; Windows has only one.
        if matches!(setting.name, "NO_PROXY" | "HTTPS_PROXY") && !cfg!(windows) {
            environment.insert(setting.name.to_ascii_lowercase(), value.clone());
        }
        environment.insert(setting.name(), value);
    }
    environment
}

/// The names of the settings that are emptied when their endpoint is gone, separated by commas.
pub fn names_to_empty(settings: &[Setting]) -> String {
    let emptied = settings.iter().filter(|setting| !setting.stays);
    let names: Vec<String> = emptied.map(Setting::name).collect();
    names.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_this_machine_past_a_proxy() {
        for (capital, small, expected) in [
            (None, None, "127.0.0.1,localhost"),
            (Some("a, b"), None, "a,b,127.0.0.1,localhost"),
            (Some("a"), Some("c"), "c,127.0.0.1,localhost"),
            (None, Some("localhost,x"), "localhost,x,127.0.0.1"),
            (Some(" * "), None, "*"),
        ] {
            let variable = |name: &str| match name {
                "NO_PROXY" => capital.map(str::to_owned),
                _ => small.map(str::to_owned),
            };
            assert_eq!(no_proxy(variable), expected);
        }
    }
}
