//! `adieu completions`: the completion scripts of shells, and the answers that they ask for.
//!
//! It has no separate list: the candidates come from the command line's definition.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use adieu_agent::Stream;
use clap::builder::PossibleValue;
use clap::{Arg, Args, Command, ValueEnum};

use crate::failure::Failure;
use crate::reporter::{Reporter as _, Terminal};
use adieu_agent::process_value as variable;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adieu completions bash --install
  adieu completions zsh --install
  adieu completions fish --install
  adieu completions powershell >> $PROFILE")]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
    /// Write the script to the folder from which the shell loads completions
    #[arg(long)]
    install: bool,
}

// The words after `adieu`, the last of which is being typed.
#[derive(Debug, Args)]
pub(crate) struct CompleteArguments {
    #[arg(last = true)]
    words: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

impl Shell {
    /// A few lines that run this binary, so that they work with every version of it.
    fn script(self) -> &'static str {
        match self {
            Self::Bash => {
                r#"_adieu() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("${line%%$'\t'*}"); done \
    < <(adieu complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _adieu adieu
"#
            }
            Self::Zsh => {
                r#"#compdef adieu
_adieu() {
  local -a all
  all=("${(@f)$(adieu complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  all=("${(@)all//:/\\:}")
  all=("${(@)all/$'\t'/:}")
  if [[ -n "${all[1]}" ]]; then _describe adieu all; else _files; fi
}
if [[ "${funcstack[1]}" == _adieu ]]; then _adieu "$@"; else compdef _adieu adieu; fi
"#
            }
            Self::Fish => {
                r#"function __adieu_complete
  set -l answers (adieu complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
  if test -n "$answers[1]"
    printf '%s\n' $answers
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c adieu -f -a '(__adieu_complete)'
"#
            }
            Self::Powershell => {
                r#"Register-ArgumentCompleter -Native -CommandName adieu -ScriptBlock {
  param($word, $ast, $cursor)
  $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if (-not $word) { $words += '' }
  adieu complete -- @words 2>$null | ForEach-Object {
    $value, $text = $_ -split "`t", 2
    if (-not $text) { $text = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $text)
  }
}
"#
            }
        }
    }
}

/// Prints the completion script, or writes it where the shell loads it.
pub(crate) fn run(arguments: &CompletionsArguments) -> Result<ExitCode, Box<Failure>> {
    let script = arguments.shell.script();
    if !arguments.install {
        return Ok(print(script));
    }
    let Some((path, next)) = arguments.shell.place() else {
        return Err(Failure::NoFolderForCompletions.into());
    };
    let written = path
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(&path, script));
    written.map_err(|error| {
        let sentence = format!("{}: {error}", path.display());
        Failure::NotWritten(std::io::Error::new(error.kind(), sentence))
    })?;
    Terminal.say(&format!("Wrote {}. {next}", path.display()));
    Ok(ExitCode::SUCCESS)
}

impl Shell {
    /// The file that the shell loads for this program from the home folder, and the remaining steps.
    fn place(self) -> Option<(PathBuf, &'static str)> {
        let home = || variable("HOME").map(PathBuf::from);
        let xdg = |name: &str, folder: &str| {
            let set = variable(name).map(PathBuf::from);
            set.or_else(|| Some(home()?.join(folder)))
        };
        match self {
            Self::Bash => Some((
                xdg("XDG_DATA_HOME", ".local/share")?.join("bash-completion/completions/adieu"),
                "Open a new shell; bash loads it with the package bash-completion.",
            )),
            Self::Zsh => Some((
                home()?.join(".zfunc/_adieu"),
                "Put these lines into ~/.zshrc, unless they are there: fpath=(~/.zfunc $fpath); \
                 autoload -Uz compinit && compinit",
            )),
            Self::Fish => Some((
                xdg("XDG_CONFIG_HOME", ".config")?.join("fish/completions/adieu.fish"),
                "Open a new shell.",
            )),
            // Only PowerShell itself knows the location of its profile.
            Self::Powershell => None,
        }
    }
}

/// Prints the candidates for the last word, one per line, each with a tab and its description.
pub(crate) fn complete(arguments: &CompleteArguments, command: &Command) -> ExitCode {
    let mut lines = String::new();
    for (value, meaning) in candidates(command, &arguments.words) {
        lines.push_str(&format!("{value}\t{meaning}\n"));
    }
    print(&lines)
}

fn print(text: &str) -> ExitCode {
    match Stream::Output.text(text.trim_end_matches('\n')) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn candidates(root: &Command, words: &[String]) -> Vec<(String, String)> {
    // bash splits `--credential=az` into three words.
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let words: Vec<&str> = match words.as_slice() {
        [before @ .., "="] => [before, &[""]].concat(),
        all => all.iter().copied().filter(|word| *word != "=").collect(),
    };
    let (last, before) = words.split_last().unwrap_or((&"", &[]));
    let mut command = root;
    let mut flag = None;
    for word in before {
        if flag.take().is_some() {
            continue;
        }
        if *word == "--" {
            // The rest is another program's command line.
            return Vec::new();
        }
        if word.starts_with('-') {
            flag = flag_of(command, word);
        } else if let Some(verb) = command.find_subcommand(word) {
            command = verb;
        } else if command.get_positionals().any(Arg::is_trailing_var_arg_set) {
            return Vec::new();
        }
    }
    let found = if let Some(flag) = flag {
        values(flag, "")
    } else if let Some((name, _)) = last.split_once('=') {
        let flag = command.get_opts().find(|flag| is_named(flag, name));
        flag.map(|flag| values(flag, &format!("{name}=")))
            .unwrap_or_default()
    } else if last.starts_with('-') {
        let of_all = root.get_arguments().filter(|flag| flag.is_global_set());
        flags(command.get_arguments().chain(of_all))
    } else {
        let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
        let named = verbs.map(|verb| (verb.get_name().to_owned(), about(verb.get_about())));
        let positional = command.get_positionals().next();
        named
            .chain(positional.map(|one| values(one, "")).unwrap_or_default())
            .collect()
    };
    let fits = |(value, _): &(String, String)| value.starts_with(last);
    found.into_iter().filter(fits).collect()
}

/// The flag whose value the next word is.
fn flag_of<'a>(command: &'a Command, word: &str) -> Option<&'a Arg> {
    if word.contains('=') {
        return None;
    }
    let mut all = command.get_opts();
    all.find(|flag| flag.get_action().takes_values() && is_named(flag, word))
}

fn is_named(flag: &Arg, word: &str) -> bool {
    let long = word.strip_prefix("--");
    let short = word.strip_prefix('-').and_then(|rest| rest.chars().next());
    match long {
        Some(long) => flag.get_long() == Some(long),
        None => short.is_some() && flag.get_short() == short,
    }
}

fn flags<'a>(all: impl Iterator<Item = &'a Arg>) -> Vec<(String, String)> {
    let shown = all.filter(|flag| !flag.is_hide_set());
    let named = shown.filter_map(|flag| {
        let name = format!("--{}", flag.get_long()?);
        Some((name, about(flag.get_help())))
    });
    named
        .chain([("--help".to_owned(), "Print help".to_owned())])
        .collect()
}

fn values(flag: &Arg, before: &str) -> Vec<(String, String)> {
    let shown = flag.get_possible_values().into_iter();
    let shown = shown.filter(|value| !PossibleValue::is_hide_set(value));
    shown
        .map(|value| {
            let name = format!("{before}{}", value.get_name());
            (name, about(value.get_help()))
        })
        .collect()
}

fn about(text: Option<&clap::builder::StyledStr>) -> String {
    let text = text.map(ToString::to_string).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}
