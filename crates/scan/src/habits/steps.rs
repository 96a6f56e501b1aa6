//! Steps of a pipeline, as far as replacements need them: where each starts and ends, its task, inputs and
//! environment.
//!
//! It parses lines and their indentation, not all of YAML: what it does not understand has no replacement.

/// Possible first keys of a step.
const KEYS: [&str; 12] = [
    "task",
    "script",
    "bash",
    "pwsh",
    "powershell",
    "checkout",
    "template",
    "publish",
    "download",
    "downloadBuild",
    "getPackage",
    "reviewApp",
];

/// A step.
#[derive(Debug)]
pub(super) struct Step<'a> {
    /// Indexes of its first and last line.
    pub(super) first: usize,
    pub(super) last: usize,
    /// Indentation of its dash.
    pub(super) indent: usize,
    lines: &'a [&'a str],
}

/// A key of a step, its inputs or its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    /// Without quotes. For a block, its lines without indentation, joined by line breaks.
    pub(super) value: String,
    pub(super) is_block: bool,
    /// Indexes of its lines.
    pub(super) first: usize,
    pub(super) last: usize,
}

/// The steps of a file: for each line, the first and last line of its step.
pub(super) fn index(lines: &[&str]) -> Vec<Option<(usize, usize)>> {
    let mut firsts = vec![None; lines.len()];
    let mut lasts = vec![0; lines.len()];
    // A list in a template's parameters has steps as well; text in a script only looks like one.
    let mut open: Option<(usize, usize, bool)> = None;
    for (line, text) in lines.iter().enumerate() {
        let is_blank = text.trim().is_empty();
        let indent = indent_of(text);
        if !is_blank && open.is_some_and(|(_, outer, _)| indent <= outer) {
            open = None;
        }
        if open.is_none_or(|(_, _, is_template)| is_template)
            && let Some(key) = first_key(text)
        {
            open = Some((line, indent, key == "template"));
        }
        if let Some((first, _, _)) = open {
            firsts[line] = Some(first);
            if !is_blank {
                lasts[first] = line;
            }
        }
    }
    let places = firsts.iter().enumerate();
    places
        .map(|(line, first)| {
            let first = (*first)?;
            (line <= lasts[first]).then_some((first, lasts[first]))
        })
        .collect()
}

/// The first key of a step.
fn first_key(text: &str) -> Option<&str> {
    let (key, _) = text.trim_start().strip_prefix("- ")?.split_once(':')?;
    KEYS.contains(&key.trim()).then_some(key.trim())
}

impl<'a> Step<'a> {
    /// The step between these lines.
    pub(super) fn new(lines: &'a [&'a str], (first, last): (usize, usize)) -> Self {
        Self {
            first,
            last,
            indent: indent_of(lines[first]),
            lines,
        }
    }

    /// The task's name and version, such as `AzureCLI@2`.
    pub(super) fn task(&self) -> Option<String> {
        let entries = self.keys();
        let first = entries.first()?;
        (first.name == "task").then(|| first.value.clone())
    }

    /// Its own keys.
    pub(super) fn keys(&self) -> Vec<Entry<'a>> {
        self.entries(self.first, self.last, self.indent + 2)
    }

    /// The keys below a key such as `inputs` or `env`.
    pub(super) fn below(&self, key: &str) -> Vec<Entry<'a>> {
        let keys = self.keys();
        let Some(entry) = keys.iter().find(|entry| entry.name == key) else {
            return Vec::new();
        };
        let inner = (entry.first + 1..=entry.last)
            .map(|line| self.lines[line])
            .find(|line| !line.trim().is_empty());
        match inner {
            Some(inner) => self.entries(entry.first + 1, entry.last, indent_of(inner)),
            None => Vec::new(),
        }
    }

    fn entries(&self, first: usize, last: usize, indent: usize) -> Vec<Entry<'a>> {
        let mut entries: Vec<Entry<'a>> = Vec::new();
        for line in first..=last {
            let text = self.lines[line];
            let is_item = line == self.first && indent == self.indent + 2;
            let is_here = is_item || (indent_of(text) == indent && !text.trim().is_empty());
            let key = text.get(indent..).filter(|_| is_here).unwrap_or_default();
            let parts = key.split_once(':').filter(|(name, _)| is_name(name));
            match parts {
                Some((name, value)) => entries.push(Entry {
                    name: name.trim(),
                    value: scalar(value),
                    is_block: value.trim_start().starts_with(['|', '>']),
                    first: line,
                    last: line,
                }),
                None => {
                    if let Some(entry) = entries.last_mut()
                        && (!text.trim().is_empty() || entry.is_block)
                    {
                        entry.last = line;
                    }
                }
            }
        }
        for entry in entries.iter_mut().filter(|entry| entry.is_block) {
            entry.value = self.block(entry.first + 1, entry.last);
        }
        entries
    }

    /// The lines of a block, without its indentation.
    fn block(&self, first: usize, last: usize) -> String {
        let lines = &self.lines[first.min(last + 1)..=last];
        let filled = lines.iter().filter(|line| !line.trim().is_empty());
        let indent = filled.map(|line| indent_of(line)).min().unwrap_or(0);
        let lines: Vec<&str> = lines
            .iter()
            .map(|line| line.get(indent..).unwrap_or_default())
            .collect();
        lines.join("\n").trim_end().to_owned()
    }
}

fn is_name(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty()
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter))
}

/// A value without quotes and comment.
fn scalar(text: &str) -> String {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some(rest) = text.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or_default().to_owned();
        }
    }
    match text.split_once(" #") {
        Some((value, _)) => value.trim_end().to_owned(),
        None => text.to_owned(),
    }
}

/// Indentation of a line. Tabs do not indent in YAML.
pub(super) fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_step_around_a_line() {
        let text = "\
jobs:
- job: a
  steps:
    - checkout: self
    # a comment
    - task: AzureCLI@2
      displayName: 'A: b'   # c
      inputs:
        azureSubscription: \"my conn\"
        inlineScript: |
          echo a

          - task: not one
      env:
        A: $(B)

    - script: x
";
        let lines: Vec<&str> = text.lines().collect();
        let index = index(&lines);
        let step = Step::new(&lines, index[10].expect("a step"));
        assert_eq!((step.first, step.last, step.indent), (5, 14, 4));
        assert_eq!(step.task().as_deref(), Some("AzureCLI@2"));
        let shown = |entries: Vec<Entry<'_>>| -> Vec<(String, String)> {
            let pair = |entry: Entry<'_>| (entry.name.to_owned(), entry.value);
            entries.into_iter().map(pair).collect()
        };
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            pairs.iter().map(owned).collect()
        };
        assert_eq!(
            shown(step.keys()),
            pairs(&[
                ("task", "AzureCLI@2"),
                ("displayName", "A: b"),
                ("inputs", ""),
                ("env", "")
            ])
        );
        assert_eq!(
            shown(step.below("inputs")),
            pairs(&[
                ("azureSubscription", "my conn"),
                ("inlineScript", "echo a\n\n- task: not one")
            ])
        );
        assert_eq!(shown(step.below("env")), pairs(&[("A", "$(B)")]));
        let firsts: Vec<Option<usize>> = index.iter().map(|step| Some(step.as_ref()?.0)).collect();
        let (other, azure) = ([Some(3), None], [Some(5); 10]);
        let expected = [&[None; 3][..], &other, &azure, &[None, Some(16)]].concat();
        assert_eq!(firsts, expected);
    }
}
