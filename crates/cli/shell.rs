//! The lines with which a shell sets variables for the programs that it starts.
//!
//! It runs no shell.

use clap::ValueEnum;

/// A shell, by its syntax for setting a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// export NAME=value (bash, zsh, dash)
    Sh,
    /// $env:NAME = 'value'
    Powershell,
    /// set -gx NAME value
    Fish,
    /// set "NAME=value"
    Cmd,
}

impl Shell {
    /// The line that sets a variable.
    pub(crate) fn line(self, name: &str, value: &str) -> String {
        match self {
            Self::Sh => format!("export {name}={}", quoted(value, "'\\''")),
            Self::Powershell => format!("$env:{name} = '{}'", value.replace('\'', "''")),
            Self::Fish => {
                let value = value.replace('\\', "\\\\");
                format!("set -gx {name} {}", quoted(&value, "\\'"))
            }
            // It cannot represent a quote.
            Self::Cmd => format!("set \"{name}={}\"", value.replace(['"', '\n', '\r'], "")),
        }
    }

    /// The line that removes one.
    pub(crate) fn unset(self, name: &str) -> String {
        match self {
            Self::Sh => format!("unset {name}"),
            Self::Powershell => {
                format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue")
            }
            Self::Fish => format!("set -e {name}"),
            Self::Cmd => format!("set \"{name}=\""),
        }
    }
}

/// Quotes a value for a shell, unless it contains no special character.
fn quoted(value: &str, quote: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:,@%+".contains(&byte);
    match !value.is_empty() && value.bytes().all(is_plain) {
        true => value.to_owned(),
        false => format!("'{}'", value.replace('\'', quote)),
    }
}

impl Default for Shell {
    fn default() -> Self {
        if cfg!(windows) {
            Self::Powershell
        } else {
            Self::Sh
        }
    }
}

#[test]
fn a_shell_reads_the_value_that_was_meant() {
    let lines = |value: &str| {
        [Shell::Sh, Shell::Powershell, Shell::Fish, Shell::Cmd].map(|shell| shell.line("A", value))
    };
    assert_eq!(
        lines("http://127.0.0.1:1/a"),
        [
            "export A=http://127.0.0.1:1/a",
            "$env:A = 'http://127.0.0.1:1/a'",
            "set -gx A http://127.0.0.1:1/a",
            "set \"A=http://127.0.0.1:1/a\""
        ]
    );
    assert_eq!(
        lines("/it's $here\\"),
        [
            "export A='/it'\\''s $here\\'",
            "$env:A = '/it''s $here\\'",
            "set -gx A '/it\\'s $here\\\\'",
            "set \"A=/it's $here\\\""
        ]
    );
}
