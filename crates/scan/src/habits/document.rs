//! A text file with the lines and facts that the rules for habits need.

use std::cell::OnceCell;

use super::steps::{self, Step};
use super::variables;

/// Longest line in bytes; longer ones are generated, and people do not edit them.
pub(super) const LONGEST_LINE: usize = 4096;

/// The kind of a file, from its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Yaml,
    Shell,
    PowerShell,
    Batch,
    Npmrc,
    Xml,
    /// Names and values, one per line.
    Settings,
    Docker,
    Terraform,
    Code,
    Git,
}

/// The kind of a file that may contain habits. Documents are left out, because they explain habits.
pub(super) fn kind(path: &str) -> Option<Kind> {
    let name = path
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    Some(match name.as_str() {
        "dockerfile" | "containerfile" => Kind::Docker,
        "makefile" | "jenkinsfile" => Kind::Shell,
        "config" | ".gitmodules" | ".gitconfig" => Kind::Git,
        ".pypirc" | ".env" | "pipfile" => Kind::Settings,
        _ if name.starts_with("dockerfile.") => Kind::Docker,
        _ if name.starts_with("requirements") && extension == "txt" => Kind::Settings,
        _ => match extension {
            "yml" | "yaml" => Kind::Yaml,
            "sh" | "bash" | "zsh" => Kind::Shell,
            "ps1" | "psm1" => Kind::PowerShell,
            "cmd" | "bat" => Kind::Batch,
            "npmrc" => Kind::Npmrc,
            "xml" | "config" | "props" | "targets" => Kind::Xml,
            "env" | "ini" | "conf" | "properties" | "toml" => Kind::Settings,
            "dockerfile" => Kind::Docker,
            "tf" | "tfvars" => Kind::Terraform,
            "json" | "js" | "mjs" | "cjs" | "ts" | "py" | "cs" | "go" | "rb" | "java" | "kt"
            | "gradle" | "groovy" | "http" => Kind::Code,
            _ => return None,
        },
    })
}

/// A file.
pub(super) struct Document<'a> {
    pub(super) kind: Kind,
    pub(super) lines: Vec<&'a str>,
    text: &'a str,
    lowercase: OnceCell<String>,
    steps: OnceCell<Vec<Option<(usize, usize)>>>,
}

/// The source of a token's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// A variable of the pipeline.
    Variable(String),
    /// The job token, which needs no replacement.
    JobToken,
    /// The line does not show it.
    Unknown,
}

impl<'a> Document<'a> {
    pub(super) fn new(kind: Kind, text: &'a str) -> Self {
        let strip = |line: &'a str| line.strip_suffix('\r').unwrap_or(line);
        Self {
            kind,
            lines: text.split('\n').map(strip).collect(),
            text,
            lowercase: OnceCell::new(),
            steps: OnceCell::new(),
        }
    }

    /// Whether the file contains this text, in any letter case.
    pub(super) fn mentions(&self, lowercase: &str) -> bool {
        let text = self
            .lowercase
            .get_or_init(|| self.text.to_ascii_lowercase());
        memchr::memmem::find(text.as_bytes(), lowercase.as_bytes()).is_some()
    }

    /// Whether the file is about Azure DevOps.
    pub(super) fn is_about_azure_devops(&self) -> bool {
        [
            "dev.azure.com",
            "visualstudio.com",
            "/_apis/",
            "collectionuri",
        ]
        .iter()
        .any(|part| self.mentions(part))
    }

    /// The lines around a line, in lowercase.
    pub(super) fn around(&self, line: usize, distance: usize) -> String {
        let first = line.saturating_sub(distance);
        let last = self.lines.len().min(line + distance + 1);
        let lines = self.lines[first..last].iter();
        let lines: Vec<&str> = lines
            .filter(|line| line.len() <= LONGEST_LINE)
            .copied()
            .collect();
        lines.join("\n").to_ascii_lowercase()
    }

    /// Whether a line is a comment.
    pub(super) fn is_comment(&self, line: usize) -> bool {
        let text = self.lines[line].trim_start();
        let marks: &[&str] = match self.kind {
            Kind::Yaml | Kind::Shell | Kind::PowerShell | Kind::Docker | Kind::Settings => &["#"],
            Kind::Terraform => &["#", "//"],
            Kind::Npmrc | Kind::Git => &["#", ";"],
            Kind::Batch => &["::", "rem ", "REM ", "@rem"],
            Kind::Xml => &["<!--"],
            Kind::Code => &["//", "#", "*", "/*"],
        };
        marks.iter().any(|mark| text.starts_with(mark))
    }

    /// The step that contains a line.
    pub(super) fn step(&self, line: usize) -> Option<Step<'_>> {
        let steps = self.steps.get_or_init(|| match self.kind {
            Kind::Yaml => steps::index(&self.lines),
            _ => Vec::new(),
        });
        let place = steps.get(line).copied().flatten()?;
        Some(Step::new(&self.lines, place))
    }

    /// The source of the token in a line of a pipeline.
    pub(super) fn source(&self, line: usize) -> Source {
        let variables = variables::all(self.lines[line]);
        if let Some(found) = variables.iter().find(|found| found.is_macro) {
            return if variables::is_job_token(found.name) {
                Source::JobToken
            } else {
                Source::Variable(found.name.to_owned())
            };
        }
        let about_tokens = |found: &&variables::Variable<'_>| variables::is_token(found.name);
        let Some(found) = variables.iter().find(about_tokens) else {
            return match variables
                .iter()
                .any(|found| variables::is_job_token(found.name))
            {
                true => Source::JobToken,
                false => Source::Unknown,
            };
        };
        let environment = self.step(line).map(|step| step.below("env"));
        let mapped = environment.unwrap_or_default();
        let mapped = mapped.iter().find(|entry| entry.name == found.name);
        let value = mapped.map(|entry| entry.value.clone()).unwrap_or_default();
        match variables::all(&value).first() {
            Some(variable) if variables::is_job_token(variable.name) => Source::JobToken,
            Some(variable) => Source::Variable(variable.name.to_owned()),
            None => Source::Variable(found.name.to_owned()),
        }
    }

    /// A variable's own name, and the names to which `env:` maps it.
    pub(super) fn names(&self, variable: &str) -> Vec<String> {
        let mut names = vec![variable.to_owned()];
        let value = format!("$({variable})");
        for line in &self.lines {
            if let Some((name, mapped)) = line.split_once(':')
                && mapped.trim().trim_matches(['"', '\'']) == value
            {
                names.push(name.trim().to_owned());
            }
        }
        names
    }

    /// Whether the name or a use of a variable shows that its value is base64.
    pub(super) fn is_base64(&self, name: &str) -> bool {
        variables::is_base64(name)
            || self.lines.iter().any(|line| {
                variables::all(line).iter().any(|found| {
                    let before = line[..found.start].trim_end_matches(['"', '\'']);
                    let before = before.to_ascii_lowercase();
                    found.name == name
                        && (before.ends_with("basic ") || before.ends_with(":_password="))
                })
            })
    }

    /// Whether a task in this file already sets a variable to a token.
    pub(super) fn is_supplied(&self, variable: &str) -> bool {
        if !self.mentions("entratoken@1") && !self.mentions("runwithtoken@1") {
            return false;
        }
        let is_line = |line: &&str| {
            let line = line.trim().trim_start_matches("tokens:").trim();
            line.split_once('=').is_some_and(|(name, resource)| {
                name.trim() == variable && !resource.trim().is_empty()
            })
        };
        variable == "AZURE_DEVOPS_TOKEN" || self.lines.iter().any(is_line)
    }
}
