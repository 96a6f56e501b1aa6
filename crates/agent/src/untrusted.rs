//! Text of servers, files and users, made harmless for the log: without commands of Azure Pipelines or GitHub
//! Actions, and without credentials that were sent.
//!
//! It changes only what a command parser or a terminal would act on.

use adieu_secret::redacted;
use serde_json::Value;

/// Longest line that is useful to a person, in characters; the web log stops at 1,024.
const LONGEST_LINE: usize = 1000;

/// Splits the text into lines that the agent does not take for commands, each at most 1,000 characters long; blank
/// lines are left out.
///
/// The agent looks for `##vso[` anywhere in a line, with .NET's culture-sensitive search, which skips far more
/// characters than Unicode's tables list. So every character outside ASCII counts as skipped when looking for the
/// marks that start a command (`##vso`, in any letter case) or a format (`##[`). The marks become stars, as in the
/// agent's own `StringUtil.DeactivateVsoCommands`; control characters become spaces, and invisible characters are
/// removed.
pub fn deactivate_commands(text: &str) -> Vec<String> {
    redacted(text)
        .split(['\n', '\r'])
        .filter(|line| !line.is_empty())
        .map(|text| cut(&visible(text, false)))
        .map(|line| deactivated(&line))
        .collect()
}

/// Does the same for a whole text as one line, for output that another program prints.
pub fn deactivate_commands_whole(text: &str) -> String {
    let text = redacted(text);
    let lines: Vec<String> = text
        .split(['\n', '\r'])
        .filter(|line| !line.is_empty())
        .map(|line| deactivated(&visible(line, false)))
        .collect();
    lines.join(" ")
}

/// Formats a JSON document as one line in which the agent sees no command. Nothing is cut, and parsing it returns the
/// same values, except credentials that were sent.
pub fn deactivate_commands_json(document: &Value) -> String {
    let mut document = document.clone();
    redact_strings(&mut document);
    harmless_json(&document.to_string())
}

/// Formats a JSON document in several lines, for people.
pub(crate) fn harmless_json_lines(document: &Value) -> String {
    let mut document = document.clone();
    redact_strings(&mut document);
    harmless_json(&format!("{document:#}"))
}

/// The whole text with its layout: blank lines and tabs stay. Credentials stay as well; see [`redacted`].
pub(crate) fn harmless_text(text: &str) -> String {
    in_lines(text, |line| deactivated(&visible(line, true)))
}

/// Does the same for text that may be JSON, where invisible characters are part of the values.
pub(crate) fn harmless_document(text: &str) -> String {
    in_lines(text, |line| deactivated(&printable(line, true)))
}

/// Applies `harmless` to each line. To the agent, a carriage return ends a line anywhere.
fn in_lines(text: &str, harmless: impl Fn(&str) -> String) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .flat_map(|line| line.split('\r'))
        .map(harmless)
        .collect();
    lines.join("\n")
}

/// Escapes the first of two adjacent `#` as `\u0023`, even if characters that the agent skips are between them.
pub(crate) fn harmless_json(json: &str) -> String {
    let mut harmless = String::with_capacity(json.len() + 64);
    for (index, character) in json.char_indices() {
        let mut after = json[index + character.len_utf8()..].chars();
        let next = after.find(|character| !is_skipped(*character));
        if character == '#' && next == Some('#') {
            harmless.push_str("\\u0023");
        } else {
            harmless.push(character);
        }
    }
    harmless
}

fn redact_strings(value: &mut Value) {
    match value {
        Value::String(text) => *text = redacted(text),
        Value::Array(values) => values.iter_mut().for_each(redact_strings),
        Value::Object(fields) => {
            for (name, mut value) in std::mem::take(fields) {
                redact_strings(&mut value);
                fields.insert(redacted(&name), value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// One line without control characters and without invisible ones.
fn visible(line: &str, keeps_tabs: bool) -> String {
    let shaped = line.chars().filter(|character| !is_shapeless(*character));
    printable(&shaped.collect::<String>(), keeps_tabs)
}

/// One line without the characters that a terminal acts on.
fn printable(line: &str, keeps_tabs: bool) -> String {
    line.chars()
        .map(|character| match character {
            '\t' if keeps_tabs => '\t',
            character if is_control(character) => ' ',
            character => character,
        })
        .collect()
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// The line with stars instead of the two `#` of each mark.
fn deactivated(line: &str) -> String {
    let mut harmless: Vec<char> = line.chars().collect();
    let seen: Vec<(usize, char)> = harmless
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, character)| !is_skipped(*character))
        .map(|(index, character)| (index, character.to_ascii_lowercase()))
        .collect();
    for start in 0..seen.len() {
        let is = |offset: usize, wanted: char| {
            let at = seen.get(start + offset);
            at.is_some_and(|(_, character)| *character == wanted)
        };
        let opens = is(2, '[') || (is(2, 'v') && is(3, 's') && is(4, 'o'));
        if is(0, '#') && is(1, '#') && opens {
            for (index, _) in &seen[start..start + 2] {
                harmless[*index] = '*';
            }
        }
    }
    if let Some([first, second]) = workflow_command(&seen) {
        harmless[first] = '*';
        harmless[second] = '*';
    }
    harmless.into_iter().collect()
}

/// Positions of the two colons that open a command of GitHub Actions, if the line is one: `::name::text` after
/// nothing but spaces (`ActionCommand.TryParseV2` of actions/runner; its older form, `##[name]text`, is also one of
/// the agent's). The runner compares as the agent does, so the same characters count as skipped.
fn workflow_command(seen: &[(usize, char)]) -> Option<[usize; 2]> {
    let is_space = |seen: &&(usize, char)| seen.1 == ' ' || seen.1 == '\t';
    let spaces = seen.iter().take_while(is_space).count();
    let line = &seen[spaces..];
    let colons = |two: &[(usize, char)]| two[0].1 == ':' && two[1].1 == ':';
    let opens = line.first_chunk::<2>().filter(|two| colons(*two))?;
    let is_command = line[2..].windows(2).any(colons);
    is_command.then_some([opens[0].0, opens[1].0])
}

/// Whether .NET's search may skip a character. It does not skip tabs and spaces.
fn is_skipped(character: char) -> bool {
    !character.is_ascii() || (character.is_ascii_control() && character != '\t')
}

fn is_control(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// Whether Unicode calls a character default-ignorable or a format character; or it is used for interlinear
/// annotation or musical notation.
fn is_shapeless(character: char) -> bool {
    matches!(character,
        '\u{0}' | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
        | '\u{890}' | '\u{891}' | '\u{8e2}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_no_command_intact() {
        for (text, harmless) in [
            (
                "plain text, 50 % # ## of it",
                vec!["plain text, 50 % # ## of it"],
            ),
            (
                "##vso[task.complete result=Failed]",
                vec!["**vso[task.complete result=Failed]"],
            ),
            ("x ##VSO[a.b]", vec!["x **VSO[a.b]"]),
            ("###vso[a.b]", vec!["#**vso[a.b]"]),
            ("#\u{200b}#\u{ad}v\u{feff}so[a.b]", vec!["**vso[a.b]"]),
            ("#\u{0}#vso[a.b]", vec!["**vso[a.b]"]),
            (
                "a\r##[error]b\n\n##[section]c",
                vec!["a", "**[error]b", "**[section]c"],
            ),
            ("\u{1b}[31mred\u{7}\u{2028}", vec![" [31mred  "]),
            ("##vs", vec!["##vs"]),
            ("##é", vec!["##é"]),
            // Every character outside ASCII counts as skipped.
            ("##é[error]", vec!["**é[error]"]),
            (
                "#ü#\u{ff56}v\u{302}s\u{10ffff}ö\u{378}o[",
                vec!["*ü*\u{ff56}v\u{302}s\u{10ffff}ö\u{378}o["],
            ),
            ("#\u{3099}#\u{1f3fb}[x", vec!["*\u{3099}*\u{1f3fb}[x"]),
            ("#\u{1}#\u{7f}vso[", vec!["# # vso["]),
            ("####[", vec!["##**["]),
            ("# #[ #\t#[", vec!["# #[ # #["]),
            ("::add-mask::x", vec!["**add-mask::x"]),
            (
                " \t::Error file=a,line=1::x::y",
                vec!["  **Error file=a,line=1::x::y"],
            ),
            ("\u{feff}:\u{200b}:error::x", vec!["**error::x"]),
            ("\u{2003}::error::x", vec!["\u{2003}**error::x"]),
            ("x ::error::y", vec!["x ::error::y"]),
            ("a\r::stop-commands::b", vec!["a", "**stop-commands::b"]),
            ("::1 localhost", vec!["::1 localhost"]),
            ("::", vec!["::"]),
            (":::::", vec!["**:::"]),
            ("", vec![]),
        ] {
            assert_eq!(deactivate_commands(text), harmless, "{text:?}");
        }
    }

    #[test]
    fn json_keeps_its_values_without_commands() {
        for (text, harmless) in [
            ("one # of ##[error]", r#""one # of \u0023#[error]""#),
            ("###vso[a.b]", r#""\u0023\u0023#vso[a.b]""#),
            ("#\u{200b}#vso[a.b]", "\"\\u0023\u{200b}#vso[a.b]\""),
            ("#é#[", "\"\\u0023é#[\""),
            ("#\u{1}#[", "\"#\\u0001#[\""),
        ] {
            let json = deactivate_commands_json(&Value::from(text));
            assert_eq!(json, harmless);
            let read: String = serde_json::from_str(&json).expect("JSON");
            assert_eq!(read, text);
        }
    }

    #[test]
    fn truncates_long_lines() {
        let cut = deactivate_commands(&"ä".repeat(5000));
        assert_eq!(cut, [format!("{}…", "ä".repeat(LONGEST_LINE))]);
        let whole = deactivate_commands_whole(&format!("##vso[a.b]\r\n{}", "ä".repeat(5000)));
        assert_eq!(whole, format!("**vso[a.b] {}", "ä".repeat(5000)));
    }

    #[test]
    fn text_keeps_its_layout() {
        let text = "a\n\n  b\tc\r\n##[d]\rx##vso[e.f]\u{1b}[0m\n";
        let shown = "a\n\n  b\tc\n**[d]\nx**vso[e.f] [0m\n";
        assert_eq!(harmless_text(text), shown);
    }
}
