//! Text of servers, files and users, made harmless for the log: no command of Azure Pipelines or of GitHub Actions, no
//! credential that was sent.
//!
//! It never changes what a person reads beyond what a command or a terminal would act on.

use adieu_secret::redacted;
use serde_json::Value;

/// A line longer than this says nothing more to a person. In characters; the web log stops at 1,024.
const LONGEST_LINE: usize = 1000;

/// The text in lines of which the agent takes none as a command, each cut at 1,000 characters; blank ones are
/// left out.
///
/// The agent looks for `##vso[` anywhere in a line, with .NET's culture-sensitive search, which skips far more
/// characters than any table of Unicode's lists. So every character that is not ASCII counts as skipped when the
/// marks are looked for that open a command (`##vso`, any letter case) or a format (`##[`); they become stars, as
/// in the agent's own `StringUtil.DeactivateVsoCommands`. Control characters become spaces, and characters
/// without a shape are left out.
#[must_use]
pub fn deactivate_commands(text: &str) -> Vec<String> {
    redacted(text)
        .split(['\n', '\r'])
        .filter(|line| !line.is_empty())
        .map(|text| cut(&visible(text, false)))
        .map(|line| deactivated(&line))
        .collect()
}

/// The same in one line, and all of it: for what goes to another program, which prints it where it likes.
#[must_use]
pub fn deactivate_commands_whole(text: &str) -> String {
    let text = redacted(text);
    let lines: Vec<String> = text
        .split(['\n', '\r'])
        .filter(|line| !line.is_empty())
        .map(|line| deactivated(&visible(line, false)))
        .collect();
    lines.join(" ")
}

/// A JSON document that says the same, but for credentials that were sent, and in which the agent sees no
/// command, in one line. Nothing is cut, and any reader of JSON reads what was there.
#[must_use]
pub fn deactivate_commands_json(document: &Value) -> String {
    let mut document = document.clone();
    redact_strings(&mut document);
    harmless_json(&document.to_string())
}

/// The same over several lines, for people who read it.
pub(crate) fn harmless_json_lines(document: &Value) -> String {
    let mut document = document.clone();
    redact_strings(&mut document);
    harmless_json(&format!("{document:#}"))
}

/// All of a text with its layout: blank lines and tabs stay. Credentials stay as well; see [`redacted`].
pub(crate) fn harmless_text(text: &str) -> String {
    in_lines(text, |line| deactivated(&visible(line, true)))
}

/// The same for a text that can be JSON, in which characters without a shape are part of the values.
pub(crate) fn harmless_document(text: &str) -> String {
    in_lines(text, |line| deactivated(&printable(line, true)))
}

/// To the agent, a carriage return ends a line wherever it is.
fn in_lines(text: &str, harmless: impl Fn(&str) -> String) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .flat_map(|line| line.split('\r'))
        .map(harmless)
        .collect();
    lines.join("\n")
}

/// Of two `#` side by side, whatever the agent skips between them, the first is written as its number.
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

/// One line without the characters that a terminal acts on, and without invisible ones.
fn visible(line: &str, keeps_tabs: bool) -> String {
    let shaped = line.chars().filter(|character| !is_shapeless(*character));
    printable(&shaped.collect::<String>(), keeps_tabs)
}

/// One line without what a terminal acts on.
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

/// The line with stars in place of the two `#` of each mark.
fn deactivated(line: &str) -> String {
    let mut harmless: Vec<char> = line.chars().collect();
    let seen: Vec<(usize, char)> = harmless
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, character)| !is_skipped(*character))
        .map(|(place, character)| (place, character.to_ascii_lowercase()))
        .collect();
    for start in 0..seen.len() {
        let is = |offset: usize, wanted: char| {
            let at = seen.get(start + offset);
            at.is_some_and(|(_, character)| *character == wanted)
        };
        let opens = is(2, '[') || (is(2, 'v') && is(3, 's') && is(4, 'o'));
        if is(0, '#') && is(1, '#') && opens {
            for (place, _) in &seen[start..start + 2] {
                harmless[*place] = '*';
            }
        }
    }
    if let Some([first, second]) = workflow_command(&seen) {
        harmless[first] = '*';
        harmless[second] = '*';
    }
    harmless.into_iter().collect()
}

/// The two colons that open a command of GitHub Actions, where the line is one: `::name::text` behind nothing but
/// spaces (`ActionCommand.TryParseV2` of actions/runner; its older form, `##[name]text`, is one of the agent's as well).
/// The runner compares as the agent does, so that the same characters count as skipped.
fn workflow_command(seen: &[(usize, char)]) -> Option<[usize; 2]> {
    let is_space = |seen: &&(usize, char)| seen.1 == ' ' || seen.1 == '\t';
    let spaces = seen.iter().take_while(is_space).count();
    let line = &seen[spaces..];
    let colons = |two: &[(usize, char)]| two[0].1 == ':' && two[1].1 == ':';
    let opens = line.first_chunk::<2>().filter(|two| colons(*two))?;
    let is_command = line[2..].windows(2).any(colons);
    is_command.then_some([opens[0].0, opens[1].0])
}

/// Whether .NET's search may pass over a character. A tab and a space it does not.
fn is_skipped(character: char) -> bool {
    !character.is_ascii() || (character.is_ascii_control() && character != '\t')
}

fn is_control(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// Unicode's default-ignorable and format characters, with what interlinear annotation and musical
/// notation add.
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
            // Every character that is not ASCII counts as skipped.
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
    fn json_says_the_same_without_a_command() {
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
    fn cuts_a_line_that_is_too_long_to_read() {
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
