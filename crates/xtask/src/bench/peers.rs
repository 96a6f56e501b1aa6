//! Command lines and the programs in them: `adieu` is the binary that ships, and `@scanners/bin/rg` a program of the client
//! `scanners` in `clients.md`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::measure::{Environment, Subject};
use crate::{clients, platforms, target};

/// Azure DevOps, for which every program gets a token.
pub(super) const RESOURCE: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// Programs that get one token with an Azure SDK. The credential is an expression of the language.
pub(super) const NODE: &str = "
const identity = require('@azure/identity'), e = process.env;
CREDENTIAL.getToken('499b84ac-1321-427f-aa17-267ca6975798/.default')
  .then(() => {}, (error) => { console.error(error.message); process.exit(1); });
";
pub(super) const PYTHON: &str = "
import os
from azure import identity
e = os.environ
CREDENTIAL.get_token('499b84ac-1321-427f-aa17-267ca6975798/.default')
";

/// Variables of an environment.
pub(super) fn variables<'a>(
    pairs: impl IntoIterator<Item = (&'a str, String)>,
) -> impl Iterator<Item = (String, String)> {
    let pairs = pairs.into_iter();
    pairs.map(|(name, value)| (name.to_owned(), value))
}

/// The packages of a client for Node, as Node finds them.
pub(super) fn modules(client: &str) -> Result<(&'static str, String), String> {
    let modules = clients::install(client)?.join("node_modules");
    Ok(("NODE_PATH", modules.display().to_string()))
}

/// Where command lines run, and the meaning of their words in capitals.
pub(super) struct Setting<'a> {
    pub(super) folder: &'a Path,
    pub(super) environment: Environment,
    pub(super) words: &'a [(&'a str, &'a str)],
}

impl<'a> Setting<'a> {
    pub(super) fn new(folder: &'a Path, words: &'a [(&'a str, &'a str)]) -> Self {
        Self {
            folder,
            environment: Environment::new(),
            words,
        }
    }

    /// A table's subjects: `name: program argument …` on each line.
    pub(super) fn subjects(&self, table: &'static str) -> Result<Vec<Subject<'static>>, String> {
        let lines = table.lines().filter_map(|line| line.split_once(": "));
        lines
            .map(|(name, line)| Ok(Subject::command(name, self.command(line)?)))
            .collect()
    }

    /// The command of one line, without input and output, and with a home folder for measurements.
    pub(super) fn command(&self, line: &str) -> Result<Command, String> {
        let mut words = line.split(' ').map(|word| self.meaning(word));
        let mut command = Command::new(words.next().unwrap_or_else(|| Ok(PathBuf::new()))?);
        for word in words {
            command.arg(word?);
        }
        command
            .current_dir(self.folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", super::folder("home"))
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        Ok(command)
    }

    /// The program or argument that a word means. Clients are installed.
    fn meaning(&self, word: &str) -> Result<PathBuf, String> {
        let of_client = word.strip_prefix('@').and_then(|word| word.split_once('/'));
        let known = self.words.iter().find(|(name, _)| *name == word);
        match (of_client, known) {
            (Some((client, path)), _) => Ok(clients::install(client)?.join(path)),
            (_, Some((_, value))) => Ok(value.into()),
            _ if word == "adieu" => Ok(target().join("release").join(platforms::host()?.1.binary)),
            _ => Ok(word.into()),
        }
    }
}
