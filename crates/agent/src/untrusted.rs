//! Text of servers, files and users, made harmless for the log.
//!
//! It never changes what a person reads beyond what a command or a terminal would act on.

/// A line longer than this says nothing more to a person. In characters; the web log stops at 1,024.
const LONGEST_LINE: usize = 1000;

/// The text in lines of which the agent takes none as a command.
///
/// The agent looks for `##vso[` anywhere in a line, with .NET's culture-sensitive search, for which
/// characters without a shape do not exist. So these go first, then the marks that open a command
/// (`##vso`, any letter case) or a format (`##[`) become stars, as in the agent's own
/// `StringUtil.DeactivateVsoCommands`. Other control characters become spaces.
#[must_use]
pub fn defused(text: &str) -> Vec<String> {
    text.split(['\n', '\r'])
        .filter(|line| !line.is_empty())
        .map(|text| line(text, LONGEST_LINE))
        .collect()
}

/// The same in one line, and all of it: for what goes to another program, which prints it where it likes.
#[must_use]
pub fn defused_whole(text: &str) -> String {
    let lines: Vec<String> = text
        .split(['\n', '\r'])
        .filter(|line| !line.is_empty())
        .map(|text| line(text, usize::MAX))
        .collect();
    lines.join(" ")
}

/// A JSON document that says the same, in which the agent sees no command: of two `#` side by side, whatever
/// shapeless stands between, the first is written as its number. Nothing is cut, and any reader of JSON reads
/// what was there.
#[must_use]
pub fn defused_json(json: &str) -> String {
    let mut harmless = String::with_capacity(json.len());
    for (index, character) in json.char_indices() {
        let mut after = json[index + character.len_utf8()..].chars();
        let next = after.find(|character| !is_shapeless(*character));
        if character == '#' && next == Some('#') {
            harmless.push_str("\\u0023");
        } else {
            harmless.push(character);
        }
    }
    harmless
}

fn line(line: &str, longest: usize) -> String {
    let mut visible = String::with_capacity(line.len());
    for (count, character) in line
        .chars()
        .filter(|character| !is_shapeless(*character))
        .enumerate()
    {
        if count == longest {
            visible.push('…');
            break;
        }
        visible.push(if is_control(character) {
            ' '
        } else {
            character
        });
    }
    let mut harmless = String::with_capacity(visible.len());
    let mut rest = visible.as_str();
    while let Some(start) = rest.find("##") {
        let (before, mark) = rest.split_at(start);
        harmless.push_str(before);
        let after = &mark[2..];
        let opens = after.starts_with('[')
            || after
                .get(..3)
                .is_some_and(|word| word.eq_ignore_ascii_case("vso"));
        if opens {
            harmless.push_str("**");
            rest = after;
        } else {
            // One mark at a time: `###vso` holds `##vso` too.
            harmless.push('#');
            rest = &mark[1..];
        }
    }
    harmless.push_str(rest);
    harmless
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
    fn leaves_no_command_standing() {
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
            ("", vec![]),
        ] {
            assert_eq!(defused(text), harmless, "{text:?}");
        }
    }

    #[test]
    fn json_says_the_same_without_a_command() {
        for (text, harmless) in [
            ("one # of ##[error]", r#""one # of \u0023#[error]""#),
            ("###vso[a.b]", r#""\u0023\u0023#vso[a.b]""#),
            ("#\u{200b}#vso[a.b]", "\"\\u0023\u{200b}#vso[a.b]\""),
        ] {
            let json = defused_json(&serde_json::Value::from(text).to_string());
            assert_eq!(json, harmless);
            let read: String = serde_json::from_str(&json).expect("JSON");
            assert_eq!(read, text);
        }
    }

    #[test]
    fn cuts_a_line_that_nobody_reads_to_its_end() {
        let cut = defused(&"ä".repeat(5000));
        assert_eq!(cut, [format!("{}…", "ä".repeat(LONGEST_LINE))]);
        let whole = defused_whole(&format!("##vso[a.b]\r\n{}", "ä".repeat(5000)));
        assert_eq!(whole, format!("**vso[a.b] {}", "ä".repeat(5000)));
    }
}
